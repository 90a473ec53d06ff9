import numpy as np
import pytest

from benchmarks.profile_scenes import fit_depth, trapezoid
from scripts.lib.moving_profile.steps import remove_steps

NAN = np.nan
NOISE = 3e-4
# A width that never changes.
STILL = np.zeros(300)


def visit(seed, place=None, height=0.0, depth=0.02, ingress=0.15, integrations=300):
    """Light curve with a dip and a step, and two terms of which one has a step at its place."""
    rng = np.random.default_rng(seed)
    dip = trapezoid(integrations, ingress=ingress)
    flux = 1e6 * (1.0 - depth * dip) * (1.0 + NOISE * rng.normal(size=integrations))
    terms = 0.01 * rng.normal(size=(integrations, 2))
    if place is not None:
        flux[place:] *= 1.0 + height
        terms[place:, 1] += 0.1
    return flux, terms, dip


@pytest.mark.parametrize("place", [40, 150, 240])
def test_a_step_is_removed_in_and_out_of_the_dip(place):
    flux, terms, dip = visit(1, place, -2e-3)
    corrected, (step,) = remove_steps(flux, terms, STILL, [place])
    assert step.integration == place
    assert abs(step.height + 2e-3) < 3.0 * step.error < 6e-4
    assert step.probability < 1e-3
    depth, error, scatter = fit_depth(corrected, dip)
    assert abs(depth - 0.02) < 4.0 * error
    assert scatter < 1.2 * NOISE < 0.7 * fit_depth(flux, dip)[2]


@pytest.mark.parametrize("ingress", [0.011, 0.05, 0.15, 0.4])
@pytest.mark.parametrize("offset", [-5, -1, 0, 1, 2, 4, 9])
def test_an_ingress_is_never_removed(ingress, offset):
    # It begins at integration 105; something moves at the same time or nearly.
    flux, terms, _ = visit(2, ingress=ingress)
    first = int(np.argmax(trapezoid(300) > 0))
    place = first + offset
    terms[place:, 1] += 0.1
    corrected, steps = remove_steps(flux, terms, STILL, [place])
    assert steps == []
    np.testing.assert_array_equal(corrected, flux)


def test_a_sudden_dip_is_no_step_where_nothing_moves():
    flux, terms, _ = visit(3, depth=0.0)
    flux[120:180] *= 0.98
    corrected, steps = remove_steps(flux, terms, STILL, [120, 180])
    assert steps == []
    np.testing.assert_array_equal(corrected, flux)


def test_steps_that_may_be_noise_stay():
    for seed in range(100):
        flux, terms, _ = visit(seed, 200, 0.0)
        corrected, steps = remove_steps(flux, terms, STILL, [200])
        assert steps == []
        np.testing.assert_array_equal(corrected, flux)


def test_two_steps_are_removed_and_missing_integrations_stay():
    flux, terms, dip = visit(5, 60, 3e-3)
    flux[230:] *= 1.0 - 3e-3
    terms[230:, 0] -= 0.1
    flux[62], terms[228] = NAN, NAN
    corrected, steps = remove_steps(flux, terms, STILL, [230, 60])
    assert [step.integration for step in steps] == [60, 230]
    np.testing.assert_array_equal(np.isnan(corrected), np.isnan(flux))
    assert fit_depth(corrected, dip)[2] < 1.25 * NOISE


@pytest.mark.parametrize("candidates", [[], [0], [299], [1, 2, 3]])
def test_nothing_to_measure_leaves_all_as_it_is(candidates):
    flux, terms, _ = visit(6)
    corrected, steps = remove_steps(flux, terms, STILL, candidates)
    assert steps == []
    np.testing.assert_array_equal(corrected, flux)


def tilted(seed, height, depth=0.02):
    """Light curve with a dip and a step of so many of its noise, and the width, at integration 240."""
    flux, _, dip = visit(seed, 240, height * NOISE, depth)
    width = np.random.default_rng(seed + 1000).normal(size=300)
    width[240:] += 3.0
    return flux, np.zeros((300, 0)), width, dip


@pytest.mark.parametrize("depth", [0.0, 3e-4, 0.02])
@pytest.mark.parametrize("height", [-0.8, -2.0])
def test_a_small_step_of_a_tilt_event_is_removed_and_leaves_no_bias(height, depth):
    pulls, before = [], []
    for seed in range(30):
        flux, terms, width, dip = tilted(seed, height, depth)
        corrected, _ = remove_steps(flux, terms, width, [240])
        for series, found in ((corrected, pulls), (flux, before)):
            measured, error, _ = fit_depth(series, dip)
            found.append((measured - depth) / error)
    assert np.mean(before) < -1.2
    assert abs(np.mean(pulls)) < 0.5
    # A fit with a step of its own would have 1.12.
    assert np.std(pulls) < 1.5


def test_a_tilt_event_without_a_step_costs_little():
    taken = []
    for seed in range(30):
        flux, terms, width, _ = tilted(seed, 0.0)
        _, steps = remove_steps(flux, terms, width, [240])
        taken += [step.height / NOISE for step in steps]
        assert all(abs(step.height) < 3.0 * step.error for step in steps)
    # The error of a step is a quarter of the noise of an integration.
    assert len(taken) < 20
    assert np.sqrt(np.sum(np.square(taken)) / 30) < 0.25


def test_nothing_steps_where_only_noise_moves():
    for seed in range(50):
        flux, _, _ = visit(seed)
        rng = np.random.default_rng(seed)
        terms, width = rng.normal(size=(300, 2)), rng.normal(size=300)
        corrected, steps = remove_steps(flux, terms, width, [60, 150, 240])
        assert steps == []
        np.testing.assert_array_equal(corrected, flux)
