from dataclasses import replace

import numpy as np
import pytest

from benchmarks.profile_scenes import QUIET, spectral_scene
from scripts.lib.moving_profile.reference_spectra import SpectralOptions, spectral_reference
from scripts.lib.moving_profile.sample import consecutive_pairs, sample_integrations

MOVING = replace(QUIET, jitter=5.0)


def reference_of(scene, **options):
    """Reference of a visit."""
    sample = sample_integrations(len(scene.planes))
    given = scene.planes[sample]
    return spectral_reference(given, consecutive_pairs(sample), SpectralOptions(**options))


@pytest.fixture(scope="module")
def reference():
    return reference_of(spectral_scene((28, 120), 100, seed=1, trouble=MOVING, electrons=1e7))


def test_profile_of_each_column_sums_to_one_and_its_slopes_to_nothing(reference):
    sums = reference.profile.sum(axis=1)
    np.testing.assert_allclose(sums[0], 1.0, atol=1e-5)
    np.testing.assert_allclose(sums[1:], 0.0, atol=1e-4)


def test_slope_of_the_profile_is_its_derivative(reference):
    mean = reference.profile.mean(axis=2)
    rows = slice(2, -2)
    expected = -np.gradient(mean[0])
    # The trace is tilted by one pixel, and the pixels are not much smaller than the star.
    assert np.corrcoef(mean[1][rows], expected[rows])[0, 1] > 0.98


def test_a_dip_and_its_colour_are_not_in_the_profile():
    deep, none = (
        reference_of(spectral_scene((28, 120), 100, seed=1, trouble=MOVING, depth=depth))
        for depth in (0.3, 0.0)
    )
    error = 1.0 / np.sqrt(100 * 1e7 / 120)
    np.testing.assert_allclose(deep.profile[0], none.profile[0], atol=6 * error)


def test_a_pixel_with_noise_of_its_own_counts_less():
    planes = spectral_scene((28, 60), 150, seed=1, trouble=QUIET).planes
    quiet = spectral_reference(planes, np.arange(149))
    jumps = 4.0 * np.random.default_rng(2).normal(size=150).astype(np.float32)
    planes.sci[:, 14, 30] += jumps * planes.err[:, 14, 30]
    noisy = spectral_reference(planes, np.arange(149))
    ratio = noisy.weight / quiet.weight
    row = 14 - noisy.band.first[30]
    assert ratio[row, 30] == pytest.approx(1.0 / 17.0, rel=0.4)
    ratio[row, 30] = 1.0
    # Of the others the median of the noise, which is 1, hardly differs.
    np.testing.assert_allclose(ratio, 1.0, rtol=0.02)


def test_trace_width_and_band_are_found(reference):
    np.testing.assert_allclose(reference.trace, 13.7 + 0.5 * np.linspace(-1, 1, 120), atol=0.05)
    assert reference.width == pytest.approx(1.05, abs=0.1)
    assert reference.lit.all()
    assert not reference.region.used[13].any()


def test_columns_without_light_are_dark():
    scene = spectral_scene((28, 400), 60, seed=1, trouble=QUIET, dark_columns=0.3)
    reference = reference_of(scene)
    assert reference.lit[:200].all()
    assert not reference.lit[-100:].any()


def test_stripes_need_dark_columns():
    trouble = replace(QUIET, stripes=3.0)
    with_dark = spectral_scene((28, 400), 60, seed=1, trouble=trouble, dark_columns=0.3)
    without = spectral_scene((28, 120), 60, seed=1, trouble=trouble)
    reference = reference_of(with_dark, stripes=True)
    assert (np.diag(reference.stripes.gain) > 0.8).all()
    assert reference.common_variance(reference.lit) > 0.0
    assert reference_of(without, stripes=True).stripes is None
    assert reference_of(with_dark).common_variance(reference.lit) == 0.0


def test_no_stripes_give_no_gain():
    scene = spectral_scene((28, 400), 100, seed=1, trouble=QUIET, dark_columns=0.3)
    assert (reference_of(scene, stripes=True).stripes.gain < 0.3).all()


def test_a_given_trace_is_taken():
    scene = spectral_scene((28, 120), 40, seed=1, trouble=QUIET)
    trace = np.full(120, 13.7)
    reference = reference_of(scene, trace=trace, half_width=6)
    np.testing.assert_array_equal(reference.trace, trace)
    assert reference.band.height == 13


def test_excluded_pixels_are_no_background():
    scene = spectral_scene((28, 120), 40, seed=1, trouble=QUIET)
    excluded = np.zeros((28, 120), dtype=bool)
    excluded[:5] = True
    assert not reference_of(scene, excluded=excluded).region.used[:5].any()


def test_a_hot_pixel_in_the_trace_is_a_hole():
    scene = spectral_scene((28, 120), 40, seed=1, trouble=QUIET)
    scene.planes.sci[:, 13, 60] += 4000.0
    reference = reference_of(scene)
    pixel = reference.band.position[13 * 120 + 60]
    assert reference.weight.reshape(-1)[pixel] == 0.0
    assert reference.hole_light[0, 60] == pytest.approx(0.35, abs=0.05)
    np.testing.assert_allclose(
        reference.response[0][60], reference.response[0][[59, 61]].mean(), rtol=0.05
    )


def test_a_hot_pixel_has_no_noise_of_motion_and_transit():
    scene = spectral_scene((28, 120), 100, seed=1, trouble=MOVING, depth=0.1)
    scene.planes.sci[:, 15, 60] += 4000.0
    reference = reference_of(scene)
    assert reference.lit_holes.tolist() == [reference.band.position[15 * 120 + 60]]
    assert reference.noise[15, 60] < 1.3 * reference.noise_factor
