from types import SimpleNamespace

import numpy as np
import pytest

from scripts.lib.moving_profile.band import Band
from scripts.lib.moving_profile.column_profile import (
    column_flux,
    moved_images,
    normalise_columns,
    shift_along,
    without_dark_columns,
)

# Light of three rows, and what motion adds to it.
PROFILE = np.array([0.25, 0.5, 0.25])
SLOPE = np.array([-0.2, 0.0, 0.2])


def columns(light, response=0.0):
    """Light and slope of columns that have a profile in common; response is that of the detector."""
    star = np.array(light)[None, :] * PROFILE[:, None]
    return np.stack([star, np.array(light) * SLOPE[:, None] + response * star])


def test_shares_sum_to_one_and_slopes_to_nothing():
    found = columns(np.full(30, 80.0), response=0.05)
    profile, hole_light = normalise_columns(found, np.zeros((3, 30), dtype=bool))
    np.testing.assert_allclose(profile[0], np.repeat(PROFILE[:, None], 30, axis=1), rtol=1e-6)
    np.testing.assert_allclose(profile[1], np.repeat(SLOPE[:, None], 30, axis=1), atol=1e-7)
    np.testing.assert_array_equal(hole_light, 0.0)


def test_light_that_moves_into_a_hole_is_not_taken_for_response():
    found, holes = columns(np.full(30, 80.0), response=0.05), np.zeros((3, 30), dtype=bool)
    holes[2, 12] = True
    found[:, holes] = 0.0
    profile, hole_light = normalise_columns(found, holes)
    np.testing.assert_allclose(profile[:, :2, 12], [PROFILE[:2], SLOPE[:2]], atol=1e-7)
    np.testing.assert_allclose(hole_light[:, 12], [0.25, 0.2], atol=1e-12)
    np.testing.assert_array_equal(np.delete(hole_light, 12, axis=1), 0.0)


def test_a_column_of_holes_has_no_profile():
    found, holes = columns(np.full(30, 80.0)), np.zeros((3, 30), dtype=bool)
    holes[:, 5] = True
    found[:, holes] = 0.0
    profile, hole_light = normalise_columns(found, holes)
    assert not profile[:, :, 5].any()
    assert hole_light[0, 5] == 1.0


def test_flux_of_a_moved_column_by_hand():
    shape = PROFILE + 0.1 * SLOPE
    profile = np.stack([PROFILE, SLOPE]).astype(np.float32)[:, :, None]
    values = (40.0 * shape).astype(np.float32).reshape(1, 3, 1)
    terms, weight = np.array([[1.0, 0.1]]), np.array([[1.0], [2.0], [1.0]])
    assert abs(column_flux(values, terms, profile, weight)[0, 0] - 40.0) < 1e-4
    values[0, 1] = np.nan
    assert abs(column_flux(values, terms, profile, weight)[0, 0] - 40.0) < 1e-4
    values[:] = np.nan
    assert np.isnan(column_flux(values, terms, profile, weight)).all()
    # Two integrations, the second of which has not moved.
    values = np.stack([40.0 * shape, 50.0 * PROFILE]).astype(np.float32)[:, :, None]
    both = column_flux(values, np.array([[1.0, 0.1], [1.0, 0.0]]), profile, weight)
    np.testing.assert_allclose(both[:, 0], [40.0, 50.0], atol=1e-4)


def test_dark_columns_and_holes_have_no_star():
    profile = np.ones((2, 3, 4), np.float32)
    profile[:, 1, 0] = 0.0
    model, left = without_dark_columns(np.full((3, 4), 5.0), profile, np.array([9, 8, 0.2, 9]), 0.1)
    np.testing.assert_array_equal(model, [[5, 5, 0, 5], [0, 5, 0, 5], [5, 5, 0, 5]])
    np.testing.assert_array_equal(left[0], profile[0] * [1, 1, 0, 1])


def spectrum(noise, seed=1):
    """Light of eight rows: a wave every twelve columns, and errors of the flat field of each pixel."""
    wave = 1000.0 * (1.0 + 0.1 * np.sin(np.arange(600) * np.pi / 6.0))
    profile = np.exp(-0.5 * ((np.arange(8) - 3.5) / 1.5) ** 2)
    flat = 1.0 + noise * np.random.default_rng(seed).standard_normal((8, 600))
    return profile[:, None] / profile.sum() * wave * flat, wave


def test_a_spectrum_without_noise_moves_by_its_slope():
    light, wave = spectrum(0.0)
    found = shift_along(light, np.zeros(light.shape, dtype=bool))
    np.testing.assert_allclose(found, -np.gradient(wave) / wave, atol=1e-9)


@pytest.mark.parametrize("noise", [0.02, 0.05])
def test_a_shift_is_right_however_much_of_the_slopes_is_noise(noise):
    light, wave = spectrum(noise)
    found = shift_along(light, np.zeros(light.shape, dtype=bool))
    # What a shift by one pixel adds, fitted with what was found, is one.
    true = -np.gradient(wave) / wave
    assert (found @ true) / (found @ found) == pytest.approx(1.0, abs=0.03)
    noisy = -np.gradient(light.sum(axis=0)) / light.sum(axis=0)
    assert (noisy @ true) / (noisy @ noisy) < 0.97


def test_holes_and_dark_columns_show_no_slopes():
    light, _ = spectrum(0.0)
    whole = shift_along(light, np.zeros(light.shape, dtype=bool))
    light[:, 300:] = 0.0
    holes = np.zeros(light.shape, dtype=bool)
    holes[3, 100], light[3, 100] = True, 1e6
    found = shift_along(light, holes)
    np.testing.assert_allclose(found[:290], whole[:290], atol=2e-3)
    assert not found[301:].any()
    assert not shift_along(np.zeros((4, 30)), np.zeros((4, 30), dtype=bool)).any()


def test_motion_next_to_a_hole_is_that_of_the_columns_nearby():
    profile = np.exp(-0.5 * ((np.arange(15.0) - 7.0) / 1.2) ** 2)[:, None]
    model, holes = np.repeat(100.0 * profile, 40, axis=1), np.zeros((15, 40), dtype=bool)
    band = Band(np.full(40, 2), 11, (15, 40))
    whole = moved_images(SimpleNamespace(band=band, model=model, holes=holes))
    holes[7, 20], broken = True, model.copy()
    broken[7, 20] = 1e5
    found = moved_images(SimpleNamespace(band=band, model=broken, holes=holes))
    np.testing.assert_allclose(found, whole, atol=1e-9)
    # The trace is straight: nothing changes along it.
    np.testing.assert_allclose(found[1], 0.0, atol=1e-9)
