"""The shape of a dip is fitted within its bounds, and never worse than the first guess."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scripts.lib.diagnostics.light_curve_model import Fit, _refine
from scripts.lib.diagnostics.transit_search import Dip, baseline_columns

X = np.linspace(-1.0, 1.0, 400)


def sum_of_squares(dip, flux):
    """What is left of a light curve after a dip with its best straight line."""
    columns = baseline_columns(X, "line", 0.0) * dip.light(X)[:, None]
    rest = flux - columns @ np.linalg.lstsq(columns, flux, rcond=None)[0]
    return rest @ rest


def refined(dip, flux):
    """The dip that is fitted, starting from this one."""
    fit = Fit(X, np.ones(len(X), bool), dip=dip)
    _refine(fit, X, flux)
    return fit.dip


@pytest.mark.parametrize("start", [(0.0, 0.6, 0.08), (0.15, 0.9, 0.15), (0.08, 0.75, 0.11)])
def test_finds_the_dip_that_is_there(start):
    truth = Dip(0.1, 0.7, 0.12, 0.3, 0.3, 0.2)
    found = refined(Dip(*start), truth.light(X) * (1.0 + 1e-3 * X))
    assert (found.mid, found.duration) == pytest.approx((0.1, 0.7), abs=2e-3)
    assert found.ratio == pytest.approx(0.12, abs=2e-3)
    np.testing.assert_allclose(found.light(X), truth.light(X), atol=1e-4)


def test_an_eclipse_ends_on_the_bound_of_limb_darkening():
    # Of a uniform disc, u1 is 0, and more than 0 from the start on.
    truth = Dip(0.0, 0.8, 0.1, 0.3, 0.0, 0.0)
    found = refined(Dip(0.05, 0.7, 0.09), truth.light(X))
    assert 0.0 <= found.u1 < 0.02
    np.testing.assert_allclose(found.light(X), truth.light(X), atol=1e-4)


@given(st.floats(-1.2, 1.2), st.floats(0.05, 2.0), st.floats(0.005, 0.4), st.integers(0, 99))
@settings(max_examples=20)
def test_is_never_worse_than_the_start_and_within_the_bounds(mid, duration, ratio, seed):
    flux = 1.0 + 1e-3 * np.random.default_rng(seed).standard_normal(len(X))
    start = Dip(mid, duration, ratio)
    found = refined(start, flux)
    assert sum_of_squares(found, flux) <= sum_of_squares(start, flux) * (1 + 1e-9)
    assert abs(found.mid) <= 1.5
    assert 0.02 * (1 - 1e-9) <= found.duration <= 6.0 * (1 + 1e-9)
    assert 1e-3 <= found.ratio <= 0.5
    assert 0.0 <= found.impact <= 0.95


def test_a_dip_outside_of_the_data_does_no_harm():
    # None of the parameters has an effect.
    flux = 1.0 + 1e-3 * np.random.default_rng(1).standard_normal(len(X))
    found = refined(Dip(1.4, 0.1, 0.1), flux)
    assert np.isfinite(found.vector()).all()
