import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.lib.moving_profile.tie import (
    choose_flux,
    scale_errors,
    second_difference_noise,
    shape_terms,
    slow_width,
    tie_flux,
)

NAN = np.nan


def test_terms_are_relative_to_the_median():
    terms, names = shape_terms(np.array([1.0, 2.0, NAN]), np.array([0.0, 0.0, 3.0]))
    assert names == ["x", "y"]
    np.testing.assert_array_equal(terms, [[-0.5, 0.0], [0.5, 0.0], [0.0, 3.0]])


def test_squares_are_added():
    _, names = shape_terms(np.zeros(3), np.zeros(3), squares=True)
    assert names == ["x", "y", "x^2", "y^2", "x y"]


@given(st.integers(0, 1000), st.floats(0.0, 0.5))
def test_a_change_of_shape_is_taken_off_and_the_dip_stays(seed, depth):
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(2, 60))
    dip = np.where(np.arange(60) > 40, 1.0 - depth, 1.0)
    flux = dip * (1.0 + 0.01 * x)
    terms, _ = shape_terms(x, y)
    tied = tie_flux(flux, dip, terms)
    # The ratio 1 / (1 + 0.01 x) is linear to 0.01 % of x^2.
    np.testing.assert_allclose(tied, dip, rtol=2e-3)
    # Of the slope of 0.01 less than 2 % is left: what is far from the line is clipped.
    assert abs(np.polyfit(x, tied / dip, 1)[0]) < 2e-4


def test_an_outlier_of_the_ratio_has_no_part():
    terms, _ = shape_terms(np.linspace(-1, 1, 40), np.zeros(40))
    filled = np.full(40, 2.0)
    filled[7] = 50.0
    np.testing.assert_allclose(tie_flux(np.ones(40), filled, terms), 2.0)


def test_short_series_are_not_tied():
    flux = np.ones(12)
    np.testing.assert_array_equal(tie_flux(flux, 2 * flux, np.zeros((12, 2))), flux)


def test_each_bin_is_tied_by_itself():
    flux = np.ones((30, 2))
    filled = flux * [2.0, 3.0]
    np.testing.assert_allclose(tie_flux(flux, filled, np.zeros((30, 2)))[5], [2.0, 3.0])


def test_a_slow_width_keeps_a_step_and_drops_noise_and_moves_of_the_antenna():
    noise = 0.1 * np.random.default_rng(3).normal(size=300)
    step = np.where(np.arange(300) < 200, 0.0, 2.0)
    width = step + noise
    width[50:52], width[90] = 9.0, NAN
    slow = slow_width(width)
    assert np.abs(slow).max() == 1.0
    # A running median of 25 has a quarter of the noise.
    np.testing.assert_allclose(slow[[49, 50, 90, 180]], 0.0, atol=0.05)
    np.testing.assert_allclose(slow[[210, 299]], 1.0, atol=0.1)
    assert slow[198] < 0.2 < 0.8 < slow[201]


@pytest.mark.parametrize("width", [np.full(30, NAN), np.full(30, 2.0), np.zeros(0), np.zeros(1)])
def test_a_width_that_never_changes_is_no_regressor(width):
    np.testing.assert_array_equal(slow_width(width), 0.0)


@pytest.mark.parametrize("size", [1e-24, 1.0])
def test_a_tilt_event_is_tied_and_the_noise_of_the_width_is_not(size):
    # Photons move flux and width alike; the tilt event takes 1e-3 of the flux and leaves the sum.
    rng = np.random.default_rng(4)
    photons, others = 3e-4 * rng.normal(size=(2, 300))
    event = np.arange(300) >= 240
    width = size * (3.0 * event + photons / 3e-4)
    dip = np.where(np.abs(np.arange(300) - 150) < 45, 0.98, 1.0)
    flux, filled = dip * (1.0 - 1e-3 * event) * (1.0 + others), dip * (1.0 + others + photons)
    tied = tie_flux(flux, filled, np.zeros((300, 0)), slow_width(width))
    rest = tied / dip
    step = rest[event].mean() - rest[~event].mean()
    assert abs(step) < 3.0 * np.std(photons) * np.sqrt(1 / 60 + 1 / 240) < 2e-4
    assert np.std(rest - step * event) < 1.06 * np.std(others)
    assert np.std(tie_flux(flux, filled, width[:, None] / size) / dip) > 1.2 * np.std(others)


@given(st.integers(0, 1000))
def test_a_width_without_influence_is_seldom_followed(seed):
    # The F test lets one in a hundred through; what it then takes off is small.
    rng = np.random.default_rng(seed)
    filled = 1.0 + 1e-3 * rng.normal(size=100)
    tied = tie_flux(np.ones(100), filled, np.zeros((100, 0)), slow_width(rng.normal(size=100)))
    assert np.ptp(tied) < 2e-3


def test_noise_of_second_differences():
    noise = np.random.default_rng(2).normal(size=4000)
    drift = np.linspace(0, 500, 4000)
    assert second_difference_noise(noise + drift) == pytest.approx(1.0, rel=0.05)
    assert np.isnan(second_difference_noise(np.array([1.0, NAN, 2.0])))


def test_a_later_series_must_be_clearly_better():
    noise = np.random.default_rng(2).normal(size=100) * 1e-3
    series = {"largest": 1 + noise, "equal": 1 + 0.995 * noise, "none": np.full(100, NAN)}
    assert choose_flux(series)[0] == "largest"
    assert choose_flux(series | {"better": 1 + 0.9 * noise})[0] == "better"


def test_errors_follow_noise_that_is_clearly_more():
    rng = np.random.default_rng(8)
    flux, error = 1e6 * (1.0 + 3e-4 * rng.normal(size=400)), np.full(400, 200.0)
    error[7] = 300.0
    scaled, factor = scale_errors(flux, error)
    assert factor == pytest.approx(1.5, rel=0.1)
    np.testing.assert_allclose(scaled, error * factor)


def test_errors_stay_where_the_noise_is_theirs():
    factors = []
    for seed in range(100):
        flux = 300.0 * np.random.default_rng(seed).normal(size=300)
        factors.append(scale_errors(flux, np.full(300, 300.0))[1])
    # Of normal noise one in forty is above two standard deviations.
    assert sum(factor > 1.0 for factor in factors) <= 8
    assert max(factors) < 1.25


@pytest.mark.parametrize("flux", [np.full(300, NAN), np.arange(19.0) ** 2])
def test_errors_of_series_that_show_nothing_stay(flux):
    error = np.ones(len(flux))
    scaled, factor = scale_errors(flux, error)
    assert factor == 1.0
    np.testing.assert_array_equal(scaled, error)


@given(st.integers(0, 200))
def test_terms_that_do_nothing_add_no_noise(seed):
    rng = np.random.default_rng(seed)
    flux = 1.0 + 1e-4 * rng.normal(size=60)
    filled = flux + 1e-3 * rng.normal(size=60)
    tied = tie_flux(flux, filled, rng.normal(size=(60, 3)))
    # One series in a hundred passes the test by chance.
    added = np.std(tied / flux)
    assert added < 1e-12 or added > 2e-4


def test_a_dip_of_a_short_series_is_no_noise():
    level = 1.0 - 0.01 * np.clip((15.0 - np.abs(np.arange(60) - 30.0)) / 5.0, 0.0, 1.0)
    flux = level + 1e-4 * np.random.default_rng(1).normal(size=60)
    assert scale_errors(flux, np.full(60, 1e-4))[1] == 1.0
    # The same dip is a small part of a long series.
    longer = np.concatenate([np.ones(200), level, np.ones(200)])
    longer += 1e-4 * np.random.default_rng(1).normal(size=460)
    assert scale_errors(longer, np.full(460, 1e-4))[1] == pytest.approx(1.0, abs=0.1)
