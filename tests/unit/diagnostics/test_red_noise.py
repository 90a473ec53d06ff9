import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import nnls

from scripts.lib.diagnostics.red_noise import RedNoise, expected_averages, nonnegative_squares

COUNT = 256
LINE = np.stack([np.ones(COUNT), np.linspace(-1.0, 1.0, COUNT)], axis=1)


def residuals_of(noise):
    """Residuals of a straight line."""
    return noise - LINE @ np.linalg.lstsq(LINE, noise, rcond=None)[0]


def test_scatter_counts_the_parameters_of_the_fit():
    rng = np.random.default_rng(3)
    noise = RedNoise(LINE)
    values = [
        noise.scatter_and_beta(residuals_of(rng.normal(0.0, 2.0, COUNT)), LINE[:, 0])[0]
        for _ in range(30)
    ]
    assert np.mean(np.square(values)) == pytest.approx(4.0, rel=0.06)


def test_white_noise_has_a_beta_of_one_nearly_always():
    rng, noise = np.random.default_rng(4), RedNoise(LINE)
    step = np.where(np.arange(COUNT) < COUNT // 2, 1.0, -1.0)
    betas = [
        noise.scatter_and_beta(residuals_of(rng.normal(size=COUNT)), step)[1] for _ in range(30)
    ]
    assert np.median(betas) == 1.0
    assert np.mean(betas) < 1.15


def test_noise_that_stays_for_pairs_has_the_beta_of_half_as_many_samples():
    rng, noise = np.random.default_rng(5), RedNoise(LINE)
    step = np.where(np.arange(COUNT) // 64 % 2, 1.0, -1.0)
    pairs = [residuals_of(np.repeat(rng.normal(size=COUNT // 2), 2)) for _ in range(30)]
    betas = [noise.scatter_and_beta(pair, step)[1] for pair in pairs]
    assert np.median(betas) == pytest.approx(np.sqrt(2.0), rel=0.1)


def test_residuals_without_noise_have_no_beta():
    assert RedNoise(LINE).scatter_and_beta(np.zeros(COUNT), LINE[:, 0]) == (0.0, 1.0)


def test_missing_samples_do_not_change_the_scatter():
    rng, noise = np.random.default_rng(6), RedNoise(LINE)
    values = residuals_of(rng.normal(size=COUNT))
    values[::8] = 0.0
    assert noise.scatter_and_beta(values, LINE[:, 0])[0] == pytest.approx(1.0, rel=0.15)


@pytest.mark.parametrize("time", [0.1, 3.0, 64.0])
def test_expected_averages_are_those_of_the_projected_covariance(time):
    basis, sizes = np.linalg.qr(LINE)[0], np.array([1, 2, 7, 40])
    lags, rest = np.arange(COUNT), np.eye(COUNT) - basis @ basis.T
    kernel = np.exp(-lags / time)
    covariance = rest @ kernel[np.abs(lags[:, None] - lags)] @ rest
    expected = []
    for size in sizes:
        starts = range(COUNT - size + 1)
        squares = [covariance[i : i + size, i : i + size].sum() for i in starts]
        expected.append(np.mean(squares) / size)
    np.testing.assert_allclose(expected_averages(kernel, basis, sizes), expected, rtol=1e-9)


@given(st.integers(1, 7), st.integers(3, 20), st.booleans(), st.integers(0, 10**6))
def test_non_negative_squares_are_those_of_scipy(terms, count, alike, seed):
    rng = np.random.default_rng(seed)
    columns, values = rng.normal(size=(count, terms)), rng.normal(size=count)
    if alike:
        columns = np.cumsum(np.abs(columns), axis=1)
    factors = nonnegative_squares(columns, values)
    assert (factors >= 0.0).all()
    least = nnls(columns, values)[1]
    assert np.linalg.norm(values - columns @ factors) == pytest.approx(least, rel=1e-9, abs=1e-9)


def test_non_negative_squares_end_where_a_column_is_lost_in_rounding():
    columns = np.array([[1.0, 0.0], [0.0, 1e-17]])
    factors = nonnegative_squares(columns, np.array([1e-10, 1.0]))
    assert factors[0] == pytest.approx(1e-10)
    assert np.isfinite(factors).all()


def test_non_negative_squares_by_hand():
    # The second column has the opposite sign of what is left, so the first alone is fitted: (1 + 3) / 2.
    columns = np.array([[1.0, 1.0], [1.0, -1.0]])
    np.testing.assert_allclose(nonnegative_squares(columns, np.array([1.0, 3.0])), [2.0, 0.0])
