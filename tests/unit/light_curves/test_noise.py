import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.lib.light_curves import noise

WHITE = np.random.default_rng(5).standard_normal(20000)


@pytest.mark.parametrize(
    ("estimate", "factor"),
    [
        (noise.mad_sigma, 1.0),
        (noise.point_to_point_sigma, 1.0),
        (noise.clipped_sigma, 1.0),
        (noise.difference_mad, 0.9539),
        (noise.second_difference_mad, 0.8261),
    ],
)
def test_estimates_of_white_noise_have_the_factor_they_state(estimate, factor):
    assert estimate(3e-4 * WHITE) == pytest.approx(3e-4 * factor, rel=0.03)


def test_hand_computed_deviations():
    values = np.array([1.0, 3.0, 2.0, 6.0])
    assert noise.difference_mad(values) == 2.0  # of 2, 1, 4
    assert noise.second_difference_mad(values) == 2.0  # of 1.5 and 2.5
    assert noise.mad_sigma(values) == pytest.approx(1.482602 * 1.0)  # of 1.5, 0.5, 0.5, 3.5


@pytest.mark.parametrize(
    "estimate", [noise.mad_sigma, noise.point_to_point_sigma, noise.clipped_sigma]
)
def test_nan_and_lone_outliers_do_not_count(estimate):
    values = WHITE.copy()
    values[::50] = np.nan
    values[25::500] = 100.0
    assert estimate(values) == pytest.approx(1.0, rel=0.03)


@pytest.mark.parametrize(
    "estimate",
    [noise.mad_sigma, noise.point_to_point_sigma, noise.clipped_sigma, noise.difference_mad],
)
def test_nothing_has_no_scatter(estimate):
    assert np.isnan(estimate(np.array([])))
    assert np.isnan(estimate(np.full(5, np.nan)))


@given(st.floats(1e-6, 1e3), st.floats(-1e3, 1e3))
def test_scatter_scales_and_does_not_shift(scale, offset):
    values = WHITE[:200]
    assert noise.point_to_point_sigma(scale * values + offset) == pytest.approx(
        scale * noise.point_to_point_sigma(values), rel=1e-6
    )


def test_bin_sizes_start_at_one_and_leave_four_bins():
    sizes = noise.bin_sizes(100)
    assert sizes[0] == 1
    assert sizes[-1] == 25
    assert (np.diff(sizes) > 0).all()
    assert noise.bin_sizes(3).tolist() == [1]


def test_time_averaging_of_alternating_residuals():
    residuals = np.tile([1.0, -1.0], 50)
    measured, white, beta = noise.time_averaging(residuals, np.zeros((100, 0)), np.array([1, 2]))
    assert measured.tolist() == [1.0, 0.0]
    np.testing.assert_allclose(white, [1.0, np.sqrt(0.5)])
    assert beta.tolist() == [1.0, 0.0]


def fitted(x, flux, degree):
    jacobian = np.stack([x**k for k in range(degree + 1)], axis=1)
    return flux - jacobian @ np.linalg.lstsq(jacobian, flux, rcond=None)[0], jacobian


def test_beta_of_white_noise_is_one_whatever_a_fit_takes_away():
    x, betas = np.linspace(-1, 1, 500), []
    for start in range(0, 20000, 500):
        residuals, jacobian = fitted(x, WHITE[start : start + 500], 4)
        betas.append(noise.time_averaging(residuals, jacobian, np.array([1, 20, 80]))[2])
    np.testing.assert_allclose(np.mean(betas, axis=0), 1.0, atol=0.05)


def test_beta_of_red_noise():
    red = np.convolve(WHITE, np.ones(100) / 10.0, mode="same")[:4000]
    residuals, jacobian = fitted(np.linspace(-1, 1, 4000), red, 1)
    _, _, beta = noise.time_averaging(residuals, jacobian, np.array([20]))
    assert beta[0] == pytest.approx(np.sqrt(20.0), rel=0.15)


def test_columns_that_say_the_same_count_once():
    x = np.linspace(-1, 1, 50)
    jacobian = np.stack([np.ones(50), x, 2 * x, np.zeros(50)], axis=1)
    basis = noise.orthonormal_basis(jacobian)
    assert basis.shape == (50, 2)
    np.testing.assert_allclose(basis.T @ basis, np.eye(2), atol=1e-12)


def test_beta_between_needs_enough_bins():
    durations, beta = np.array([5.0, 15.0, 25.0]), np.array([1.0, 2.0, 4.0])
    assert noise.beta_between(durations, beta, np.array([60, 20, 12]), 10, 30)[0] == 3.0
    assert noise.beta_between(durations, beta, np.array([60, 20, 5]), 10, 30)[0] == 2.0
    assert noise.beta_between(durations, beta, np.array([6, 2, 1]), 10, 30) == (None, None)


def test_correlation_finds_a_slope_and_ignores_common_trends():
    x = WHITE[:500] * 0.01
    flux = 0.02 * x + 1e-5 * WHITE[500:1000]
    coefficient, slope, significance = noise.correlation(flux, x)
    assert coefficient > 0.99
    assert slope == pytest.approx(0.02, rel=0.01)
    assert significance > 100
    trend = np.linspace(0, 1, 500)
    coefficient, _, _ = noise.correlation(trend + flux, 3 * trend + WHITE[1000:1500] * 0.01)
    assert abs(coefficient) < 0.2


@pytest.mark.parametrize("other", [np.full(500, 2.0), np.full(500, np.nan)])
def test_no_correlation_with_what_does_not_vary(other):
    assert noise.correlation(WHITE[:500], other) == (None, None, None)
