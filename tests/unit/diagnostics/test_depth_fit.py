from dataclasses import replace

import numpy as np
import pytest

from benchmarks.depths_truth import CASES, pulls, statistics
from scripts.lib.diagnostics.depth_fit import fit_depth, fit_geometry
from scripts.lib.diagnostics.dip_fit import Curve
from scripts.lib.diagnostics.dip_model import Geometry, dip_light

TIMES = np.linspace(0.0, 0.2, 240)
GEOMETRY = Geometry(0.1, 0.08, 0.3, 0.1)
LINE = np.stack([np.ones(240), TIMES - 0.1], axis=1)


def curve_of(depth, noise=1e-7, limb=(0.2, 0.2)):
    """A dip on a slope."""
    flux = dip_light(GEOMETRY.separation(TIMES), depth, *limb) * (3.0 + 0.5 * TIMES)
    flux += 3.0 * noise * np.random.default_rng(2).normal(size=240)
    return Curve(TIMES, flux, np.ones(240), LINE)


@pytest.mark.parametrize("depth", [0.01, 0.0004, -0.0004])
def test_depth_of_a_known_geometry_is_found_whatever_limb_and_baseline(depth):
    fit, _ = fit_depth(curve_of(depth, limb=(0.5, 0.1)), GEOMETRY, 0.012)
    assert fit.converged
    assert fit.depth == pytest.approx(depth, rel=2e-3)


def test_geometry_and_depth_are_found_together():
    off = Geometry(0.103, 0.085, 0.0, 0.1)
    fit = fit_geometry(curve_of(0.01, 1e-6), off, 0.012)
    assert fit.converged
    assert fit.depth == pytest.approx(0.01, abs=4.0 * fit.error)
    assert fit.geometry.mid == pytest.approx(0.1, abs=1e-5)
    assert fit.geometry.duration == pytest.approx(0.08, abs=1e-4)
    assert fit.geometry.impact == pytest.approx(0.3, abs=0.02)


def test_samples_without_weight_do_not_count():
    curve = curve_of(0.01, 1e-5)
    flux, weights = curve.flux.copy(), curve.weights.copy()
    flux[100:110], weights[100:110] = 7.0, 0.0
    fit, _ = fit_depth(replace(curve, flux=flux, weights=weights), GEOMETRY, 0.01)
    assert fit.depth == pytest.approx(0.01, abs=5.0 * fit.error)
    assert fit.error < 1e-4


def test_error_scales_with_the_noise_and_not_with_the_scale_of_the_weights():
    errors = [fit_depth(curve_of(0.01, noise), GEOMETRY, 0.01)[0].error for noise in (1e-6, 2e-6)]
    assert errors[1] / errors[0] == pytest.approx(2.0, rel=0.02)
    curve = curve_of(0.01, 1e-6)
    heavier = replace(curve, weights=5.0 * curve.weights)
    assert fit_depth(heavier, GEOMETRY, 0.01)[0].error == pytest.approx(errors[0], rel=1e-3)


@pytest.mark.parametrize("name", ["bin, white noise", "bin, correlated over 5"])
def test_pulls_of_bins_have_no_bias_and_unit_width(name):
    # 40 curves: the mean is known to 0.16, the width to 0.11; `benchmarks.depths_truth` takes 200.
    mean, width, largest, known = statistics(pulls(CASES[name], range(40))[0])
    assert known == 40
    assert abs(mean) < 0.45
    assert 0.7 < width < 1.3
    assert largest < 4.0


def test_white_light_agrees_with_the_truth_within_its_errors():
    mean, _, largest, known = statistics(pulls(CASES["white light, white noise"], range(4))[0])
    assert known == 4
    assert largest < 3.5
    assert abs(mean) < 1.5
