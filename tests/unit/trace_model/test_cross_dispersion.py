import numpy as np
import pytest

from scripts.lib.trace_model.cross_dispersion import (
    CrossProfile,
    cross_profile,
    is_bright,
    pixel_step,
    trim_edges,
)

NAN = np.nan
# Eleven rows at -5 to 5, seven columns alike.
ROWS = np.arange(-5.0, 6.0, dtype=np.float32)
PLACE = np.repeat(ROWS[:, None], 7, axis=1)


def profile(snr, error=None):
    snr = np.asarray(snr, float)
    error = np.ones_like(snr) if error is None else np.asarray(error, float)
    return CrossProfile(np.linspace(-1, 1, len(snr)), error, snr)


def test_step_is_the_median_over_rows():
    place = PLACE.copy()
    place[3, 2] = NAN
    assert pixel_step(place) == pixel_step(-place) == 1


def test_bins_of_half_a_pixel_have_the_medians_of_their_rows():
    flux, error = np.full_like(PLACE, 4), np.full_like(PLACE, 2)
    flux[5] = [0, 8, 8, 8, 8, 8, 100]
    found = cross_profile(flux, error, PLACE)
    np.testing.assert_array_equal(found.coordinate, np.arange(-5, 5, 0.5))
    np.testing.assert_array_equal(found.snr[10:13], [4, NAN, 2])
    np.testing.assert_array_equal(found.error[:3], [2, NAN, 2])


def test_pixels_without_error_do_not_count():
    flux, error = np.full_like(PLACE, 4), np.zeros_like(PLACE)
    assert cross_profile(flux, error, PLACE) is None
    error[5, 0] = 1
    assert np.isfinite(cross_profile(flux, error, PLACE).snr).sum() == 1


@pytest.mark.parametrize(
    ("snr", "threshold", "bright"),
    [([1, 11], 10, True), ([1, 10], 10, False), ([NAN, NAN], 10, False), ([NAN, 1], 0, True)],
)
def test_threshold(snr, threshold, bright):
    assert is_bright(profile(snr), threshold) == bright


def test_nothing_is_bright_without_a_profile_unless_there_is_no_limit():
    assert not is_bright(None, 10)
    assert is_bright(None, 0)


def test_negative_sources():
    assert profile([-6, 20, NAN]).has_negative_source
    assert not profile([-5, 20]).has_negative_source


def test_edges_with_large_errors_are_cut_outwards():
    error = np.ones(41)
    error[[0, 2, 40]] = 100
    snr = np.full(41, 20.0)
    snr[[0, 2, 40]] = 1
    found = CrossProfile(np.linspace(-5, 5, 41), error, snr)
    flux = np.ones_like(PLACE)
    trim_edges(flux, PLACE, found)
    # The inner bad bins are at -4.5 and 5.
    np.testing.assert_array_equal(np.isnan(flux[:, 0]), [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1])


def test_an_image_without_bad_edges_or_light_is_kept():
    flux = np.ones_like(PLACE)
    trim_edges(flux, PLACE, profile([1, 1, 1]))
    trim_edges(flux, PLACE, profile([NAN, NAN]))
    assert np.isfinite(flux).all()
