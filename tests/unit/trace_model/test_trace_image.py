import numpy as np

from scripts.lib.trace_model.column_splines import ColumnSpline
from scripts.lib.trace_model.trace_image import compact_part, draw_profiles

PLACE = np.repeat(np.arange(-5.0, 6.0, dtype=np.float32)[:, None], 4, axis=1)


def square(x):
    """Stand for a spline."""
    return np.asarray(x, float) ** 2


def test_profiles_are_scaled_within_their_bounds_but_for_the_ends():
    image, slopes = draw_profiles({1: ColumnSpline(square, (-3, 3), 10.0)}, PLACE)
    assert image.dtype == np.float32
    expected = [40, 10, 0, 10, 40]
    np.testing.assert_array_equal(image[3:8, 1], expected)
    assert np.isfinite(image).sum() == 5
    # Between the first pixel, which is NaN, and the next there is no slope.
    np.testing.assert_array_equal(slopes[2:9, 1], [0, 0, 3, 1, 1, 3, 0])
    assert slopes[:, [0, 2, 3]].max() == 0


def test_profiles_out_of_the_image_are_left_out():
    image, _ = draw_profiles({0: ColumnSpline(square, (20, 30), 1.0)}, PLACE)
    assert np.isnan(image).all()


def test_compact_sources_are_padded_peaks():
    place = np.repeat(np.arange(-10.0, 10.0, dtype=np.float32)[:, None], 60, axis=1)
    slopes = np.zeros(place.shape)
    slopes[12] = 0.2
    compact = compact_part(slopes, place, 40, 0.1, 1)
    # The row at 2 is in the bin from 2.
    np.testing.assert_array_equal(np.flatnonzero(compact[:, 0]), [12, 13])
    assert (compact == compact[:, :1]).all()


def test_few_steep_pixels_are_no_source():
    place = np.repeat(np.arange(-10.0, 10.0, dtype=np.float32)[:, None], 49, axis=1)
    slopes = np.zeros(place.shape)
    slopes[12] = 0.2
    assert not compact_part(slopes, place, 40, 0.1, 1).any()


def test_steep_pixels_far_from_the_middle_are_no_source():
    place = np.repeat(np.arange(100.0, 120.0, dtype=np.float32)[:, None], 60, axis=1)
    assert not compact_part(np.ones(place.shape), place, 40, 0.1, 1).any()
