"""The shape of a transit is fitted within its bounds, and never less probable than the first guess."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scripts.lib.diagnostics.light_curve_model import (
    Fit,
    _refine_transit,
    find_inliers,
    fit_light_curve,
    jacobian,
)
from scripts.lib.diagnostics.transit_search import Transit, baseline_columns

X = np.linspace(-1.0, 1.0, 400)


def sum_of_squares(transit, flux):
    """What is left of a light curve after a transit with its best straight line."""
    columns = baseline_columns(X, "line", 0.0) * transit.light(X)[:, None]
    rest = flux - columns @ np.linalg.lstsq(columns, flux, rcond=None)[0]
    return rest @ rest


def refine(transit, flux):
    """The transit that is fitted, starting from this one."""
    fit = Fit(X, np.ones(len(X), bool), transit=transit)
    _refine_transit(fit, X, flux)
    return fit.transit


@pytest.mark.parametrize("start", [(0.0, 0.6, 0.08), (0.15, 0.9, 0.15), (0.08, 0.75, 0.11)])
def test_the_transit_in_the_data_is_found(start):
    truth = Transit(0.1, 0.7, 0.12, 0.3, 0.3, 0.2)
    found = refine(Transit(*start), truth.light(X) * (1.0 + 1e-3 * X))
    assert (found.mid, found.duration) == pytest.approx((0.1, 0.7), abs=2e-3)
    assert found.ratio == pytest.approx(0.12, abs=2e-3)
    np.testing.assert_allclose(found.light(X), truth.light(X), atol=1e-4)


def test_an_eclipse_has_no_limb_darkening():
    truth = Transit(0.0, 0.8, 0.1, 0.3, 0.0, 0.0)
    found = refine(Transit(0.05, 0.7, 0.09), truth.light(X))
    assert (found.u1, found.u2) == pytest.approx((0.0, 0.0), abs=0.02)
    np.testing.assert_allclose(found.light(X), truth.light(X), atol=1e-4)


@given(st.floats(-1.2, 1.2), st.floats(0.05, 2.0), st.floats(0.005, 0.4), st.integers(0, 99))
@settings(max_examples=20)
def test_is_never_less_probable_than_the_start_and_within_the_bounds(mid, duration, ratio, seed):
    flux = 1.0 + 1e-3 * np.random.default_rng(seed).standard_normal(len(X))
    start = Transit(mid, duration, ratio)
    found = refine(start, flux)
    # The limb darkening of the start, (0.2, 0.1), is half a standard deviation of the prior off: 0.25 in chi-square.
    assert sum_of_squares(found, flux) <= sum_of_squares(start, flux) * (1 + 0.26 / len(X))
    assert abs(found.mid) <= 1.5
    assert 0.02 * (1 - 1e-9) <= found.duration <= 6.0 * (1 + 1e-9)
    assert 1e-7 * (1 - 1e-9) <= found.ratio**2 <= 0.5 * (1 + 1e-9)
    assert 0.0 <= found.impact <= 0.95


def test_a_transit_outside_of_the_data_does_no_harm():
    # None of the parameters has an effect.
    flux = 1.0 + 1e-3 * np.random.default_rng(1).standard_normal(len(X))
    found = refine(Transit(1.4, 0.1, 0.1), flux)
    assert np.isfinite(found.to_vector()).all()


@pytest.mark.parametrize("seed", range(3))
def test_a_transit_with_few_points_is_fitted_no_worse_than_by_the_truth(seed):
    # With seed 1 a fit that starts from a small impact parameter alone ends in a worse minimum.
    x = np.linspace(-1.0, 1.0, 40)
    truth = Transit(0.1, 0.45, 0.12, 0.3, 0.0, 0.0).light(x)
    flux = truth + 1e-4 * np.random.default_rng(seed).standard_normal(len(x))
    fit = fit_light_curve(x, flux)
    found, best = (((flux - model)[fit.valid] ** 2).sum() for model in (fit.smooth, truth))
    # No limb darkening is one standard deviation of the prior off in both coefficients: 2 in chi-square.
    assert found < best * (1.0 + 2.0 / len(x))


def test_a_light_curve_without_flux_has_no_fit():
    assert fit_light_curve(np.arange(30.0), np.full(30, np.nan)) is None


def test_outliers_and_nan_are_no_inliers():
    flux = np.tile([1.0, 1.1], 50)
    flux[[20, 60]] = np.nan, 5.0
    assert np.flatnonzero(~find_inliers(flux)).tolist() == [20, 60]


def test_a_deep_dip_of_few_integrations_is_no_outlier():
    flux = np.where(np.abs(np.arange(20) - 10.5) < 2, 0.98, 1.0)
    flux += 3e-4 * np.random.default_rng(1).standard_normal(20)
    assert find_inliers(flux).all()
    assert fit_light_curve(np.arange(20.0), flux).transit is not None


@pytest.mark.parametrize(("position", "fitted"), [(201, 200), (207, 207)])
def test_a_jump_near_a_seam_is_moved_to_it(position, fitted):
    flux = 1.0 + 5e-4 * np.random.default_rng(2).standard_normal(len(X))
    flux += np.where(np.arange(len(X)) >= position, 5e-3, 0.0)
    fit = fit_light_curve(X, flux, seams=[200])
    assert fit.jumps == [fitted]
    assert fit.steps == pytest.approx([5e-3], rel=0.05)
    assert fit.transit is None


def test_derivatives_of_a_straight_line_are_one_and_time():
    flux = 1.0 + 1e-3 * X + 1e-5 * np.random.default_rng(3).standard_normal(len(X))
    fit = fit_light_curve(X, flux)
    np.testing.assert_allclose(jacobian(fit), np.stack([np.ones(len(X)), X], axis=1)[fit.valid])
