"""The fit of a dip goes downhill, ends at the best, and says when it did not."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from scripts.lib.diagnostics import dip_fit
from scripts.lib.diagnostics.dip_fit import Curve, minimise, state_at
from scripts.lib.diagnostics.dip_model import FixedDip, FreeDip, Geometry, dip_light

TIMES = np.linspace(-1.0, 1.0, 200)
GEOMETRY = Geometry(0.1, 0.8, 0.3, 0.1)
LINE = np.stack([np.ones(200), TIMES], axis=1)
SIGMA = 3e-4


def curve_of(seed=1, depth=0.01, geometry=GEOMETRY):
    """A dip of a star with the limb darkening of the prior's mean, on a slope, with noise."""
    flux = dip_light(geometry.separation(TIMES), depth, 0.2, 0.2) * (1.0 + 0.01 * TIMES)
    flux += np.random.default_rng(seed).normal(0.0, SIGMA, 200)
    return Curve(TIMES, flux, np.ones(200), LINE)


@given(st.floats(-0.9, 0.9), st.floats(0.1, 2.0), st.floats(1e-4, 0.1), st.floats(0.0, 0.9))
@example(0.114, 0.2336, 0.015, 0.7576)
@settings(max_examples=30)
def test_no_fit_is_less_probable_than_its_start(mid, duration, depth, impact):
    # From the example, undamped steps end with more than four times its chi-square.
    curve = curve_of()
    model = FreeDip(TIMES, GEOMETRY, 0.01)
    start = state_at(model, curve, np.array([depth, 0.2, 0.2, mid, np.log(duration), impact**2]))
    found, _ = minimise(model, curve, SIGMA, start)
    assert found.misfit(SIGMA) <= start.misfit(SIGMA)
    assert (model.lower <= found.vector).all()
    assert (found.vector <= model.upper).all()


@pytest.mark.parametrize("seed", range(4))
def test_at_the_end_no_parameter_would_gain_by_a_small_change(seed):
    curve = curve_of(seed)
    model = FixedDip(TIMES, GEOMETRY, 0.02)
    found, converged = minimise(model, curve, SIGMA, state_at(model, curve, model.start))
    assert converged
    errors = np.sqrt(np.diag(found.covariance(SIGMA)))[:3]
    assert found.vector[0] == pytest.approx(0.01, abs=5.0 * errors[0])
    for index, error in enumerate(errors):
        for sign in (-1.0, 1.0):
            moved = found.vector + 0.2 * sign * error * (np.arange(3) == index)
            assert state_at(model, curve, moved).misfit(SIGMA) > found.misfit(SIGMA)


def test_a_search_in_which_no_step_leads_downhill_has_not_converged(monkeypatch):
    def misled(model, curve, vector):
        """State whose slopes have the wrong sign."""
        state = state_at(model, curve, vector)
        signs = np.where(np.arange(state.jacobian.shape[1]) < len(vector), -1.0, 1.0)
        return replace(state, jacobian=state.jacobian * signs)

    curve, model = curve_of(), FreeDip(TIMES, GEOMETRY, 0.01)
    start = misled(model, curve, np.array([0.008, 0.2, 0.2, 0.05, np.log(0.7), 0.1]))
    monkeypatch.setattr(dip_fit, "state_at", misled)
    found, converged = minimise(model, curve, SIGMA, start)
    assert not converged
    assert found.misfit(SIGMA) <= start.misfit(SIGMA)


@pytest.mark.parametrize("ratio", [0.01, 0.001])
def test_a_dip_that_starts_far_too_shallow_grows(ratio):
    curve = curve_of()
    model = FreeDip(TIMES, GEOMETRY, ratio**2)
    start = np.array([ratio**2, 0.2, 0.2, 0.1, np.log(0.8), 0.09])
    found, _ = minimise(model, curve, SIGMA, state_at(model, curve, start))
    assert found.vector[0] == pytest.approx(0.01, rel=0.05)


def test_a_fit_that_a_limit_holds_has_not_converged():
    # The middle of this dip is before the first integration.
    geometry = Geometry(-1.3, 1.4, 0.3, 0.1)
    curve = curve_of(geometry=geometry)
    guess = Geometry(-0.9, 0.8, 0.3, 0.1)
    held = FreeDip(TIMES, guess, 0.01, 0.3)
    found, converged = minimise(held, curve, SIGMA, state_at(held, curve, held.start))
    assert not converged
    assert found.vector[3] == -1.0
    free = FreeDip(TIMES, guess, 0.01, 0.3, margin=0.25)
    found, _ = minimise(free, curve, SIGMA, state_at(free, curve, free.start))
    assert found.vector[3] == pytest.approx(-1.3, abs=0.05)
