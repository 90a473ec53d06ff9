import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from benchmarks.profile_scenes import trapezoid
from scripts.lib.moving_profile.dip_mask import dip_mask


def curve(seed, depth, ingress=0.15, length=300, step=0.0):
    """Light curve with noise of 1 about 1000, a dip and a step at four fifths; and the dip."""
    dip = trapezoid(length, ingress=ingress)
    flux = 1000.0 + np.random.default_rng(seed).normal(size=length) - depth * dip
    flux[int(0.8 * length) :] += step
    return flux, dip


@pytest.mark.parametrize("length", [60, 300, 1000])
@pytest.mark.parametrize("ingress", [0.02, 0.15, 0.4])
@pytest.mark.parametrize("step", [0.0, -3.0])
def test_a_deep_dip_is_found_with_its_flanks(length, ingress, step):
    flux, dip = curve(1, 40.0, ingress, length, step)
    flux[length // 2] = np.nan
    found = dip_mask(flux, int(0.8 * length))
    # What is left of the flanks is less than the noise of an integration.
    assert found[40.0 * dip > 1.0].all()
    around = np.flatnonzero(dip > 0)
    assert np.count_nonzero(found) < 1.35 * len(around) + 6
    assert not found[int(0.8 * length) :].any()


def test_a_dip_that_is_as_deep_as_the_noise_is_found():
    flux, dip = curve(2, 1.0)
    found = dip_mask(flux, 240)
    assert found[dip > 0.9].mean() > 0.9
    assert found[dip == 0].mean() < 0.15


def test_two_dips_are_found():
    flux = 1000.0 + np.random.default_rng(3).normal(size=300)
    flux[40:70] -= 30.0
    flux[130:150] -= 10.0
    found = dip_mask(flux, 240)
    assert found[40:70].all()
    assert found[130:150].all()
    assert found.sum() < 70


@pytest.mark.parametrize("step", [-5.0, 0.0])
def test_noise_and_a_step_are_no_dip_but_by_chance(step):
    found = [dip_mask(curve(seed, 0.0, step=step)[0], 240) for seed in range(60)]
    # Some box of any length and place takes 16 off the chi-square in one of twenty curves.
    assert np.mean([mask.any() for mask in found]) < 0.15


@example(575, 2)
@given(st.integers(0, 10_000), st.integers(2, 58))
def test_a_wandering_series_is_never_a_dip_as_a_whole(seed, place):
    flux = np.random.default_rng(seed).normal(size=60).cumsum()
    left = ~dip_mask(1000.0 + flux, place)
    assert left.any()


@pytest.mark.parametrize(
    "flux", [np.zeros(0), np.ones(40), np.full(40, np.nan), np.array([1.0, 2.0, 1.0])]
)
def test_nothing_is_found_in_nothing(flux):
    assert not dip_mask(flux, len(flux) // 2).any()


def test_the_unit_of_the_flux_plays_no_part():
    flux, _ = curve(4, 5.0)
    np.testing.assert_array_equal(dip_mask(flux, 240), dip_mask(1e-9 * flux, 240))
