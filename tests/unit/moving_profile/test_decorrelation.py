import numpy as np
import pytest

from benchmarks.profile_scenes import trapezoid
from scripts.lib.moving_profile.decorrelation import decorrelate
from scripts.lib.moving_profile.tie import shape_terms

NAN = np.nan


def series(seed, response=0.0, integrations=300):
    """Light curve with a dip, motion with a drift, and the terms."""
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(2, integrations)) + np.linspace(-2, 2, integrations)
    dip = 1.0 - 0.02 * trapezoid(integrations)
    flux = 1e6 * dip * (1.0 + response * x) * (1.0 + 3e-4 * rng.normal(size=integrations))
    return flux, dip, *shape_terms(x, y)


def test_a_response_to_motion_is_taken_off():
    flux, dip, terms, names = series(1, response=1e-3)
    found = decorrelate(flux, terms, names)
    assert found.applied
    assert found.probability < 1e-6
    assert found.coefficients["x"] == pytest.approx(1e-3, rel=0.15)
    assert np.std(found.corrected / dip) < 0.35 * np.std(flux / dip)


def test_without_a_response_nothing_is_done():
    results = [decorrelate(flux, *rest) for flux, _, *rest in map(series, range(100, 200))]
    # One in a hundred is expected.
    assert sum(found.applied for found in results) <= 4
    kept = next(found for found in results if not found.applied)
    assert any(np.array_equal(kept.corrected, series(seed)[0]) for seed in range(100, 200))


def test_probabilities_are_even_without_a_response():
    chances = [decorrelate(f, *rest).probability for f, _, *rest in map(series, range(100, 300))]
    assert np.mean(chances) == pytest.approx(0.5, abs=0.09)


def test_slow_motion_alike_the_dip_does_not_change_it():
    rng = np.random.default_rng(4)
    dip = 1.0 - 0.02 * trapezoid(300)
    x = 100.0 * (dip - 1.0) + 0.1 * rng.normal(size=300)
    flux = dip * (1.0 + 3e-4 * rng.normal(size=300))
    terms, names = shape_terms(x, rng.normal(size=300))
    found = decorrelate(flux, terms, names)
    depth = 1.0 - np.mean(found.corrected[140:160]) / np.mean(found.corrected[:60])
    assert depth == pytest.approx(0.02, abs=0.002)


@pytest.mark.parametrize("flux", [np.full(300, NAN), np.ones(12)])
def test_nothing_to_fit_leaves_all_as_it_is(flux):
    terms, names = shape_terms(np.arange(float(len(flux))) ** 2, np.zeros(len(flux)))
    found = decorrelate(flux, terms, names)
    assert not found.applied
    np.testing.assert_array_equal(found.corrected, flux)


def test_missing_integrations_stay_missing():
    flux, _, terms, names = series(1, response=1e-3)
    flux[50] = NAN
    found = decorrelate(flux, terms, names)
    assert found.applied
    np.testing.assert_array_equal(np.isnan(found.corrected), np.isnan(flux))
