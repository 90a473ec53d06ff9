import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_array_equal
from scipy.ndimage import median_filter

from scripts.lib.segment_data.dq import REFERENCE_PIXEL
from scripts.lib.soss.masks import (
    fill_integration,
    fill_values,
    settle_masks,
    summarise,
    typical_image,
)

SERIES = hnp.arrays(
    np.float32,
    st.tuples(st.integers(1, 12), st.integers(1, 5)),
    elements=st.floats(-100, 100, width=32) | st.just(np.float32(np.nan)),
)


@given(SERIES)
def test_running_medians_are_those_of_scipy(series):
    medians = np.nan_to_num(np.full(series.shape[1], 7.0, np.float32))
    window = min(len(series), 9)
    filled = np.where(np.isfinite(series), series, medians)
    expected = median_filter(filled, window, axes=(0,))
    times, pixels = np.indices(series.shape).reshape(2, -1)
    found = fill_values(series, medians, times, pixels, window)
    assert_array_equal(found.reshape(series.shape), expected)


def cube(n_integrations=11, shape=(5, 6)):
    generator = np.random.default_rng(0)
    science = generator.normal(10, 1, (n_integrations, *shape)).astype("f4")
    error = generator.uniform(0.5, 1, science.shape).astype("f4")
    dq = np.zeros(science.shape, np.uint32)
    bad = generator.random(science.shape) < 0.2
    bad[:, 2, 3] = True
    science[bad], error[bad], dq[bad] = np.nan, np.nan, 1
    dq[:, 4] |= REFERENCE_PIXEL
    return science, error, dq


def summarised(planes, slab_rows):
    science, error, dq = planes

    def read(rows):
        return science[:, rows].copy(), error[:, rows].copy(), dq[:, rows].copy()

    return summarise(read, science.shape, slab_rows)


class TestSummary:
    def test_it_does_not_depend_on_the_rows_read_at_a_time(self):
        one, many = (summarised(cube(), rows) for rows in (5, 2))
        for name in ("median_error", "mean", "masked", "reference_pixels"):
            assert_array_equal(getattr(one, name), getattr(many, name))
        for integration in range(11):
            values = [
                dict(zip(*summary.fills.for_integration(integration), strict=True))
                for summary in (one, many)
            ]
            assert values[0] == values[1]

    def test_pixels_that_are_never_valid(self):
        summary = summarised(cube(), 3)
        assert summary.masked[2, 3]
        assert summary.masked.sum() == 1
        assert summary.median_error[2, 3] == np.inf
        assert summary.mean[2, 3] == 0

    def test_reference_pixels_have_infinite_errors(self):
        summary = summarised(cube(), 3)
        assert summary.reference_pixels[4].all()
        assert np.isinf(summary.median_error[4]).all()
        assert not summary.reference_pixels[:4].any()

    def test_a_sample_gets_the_running_median_and_ten_times_the_median_error(self):
        science = np.arange(5, dtype="f4")[:, None, None] * np.ones((1, 1, 2), "f4")
        error, dq = np.full_like(science, 2), np.zeros(science.shape, np.uint32)
        science[2, 0, 1] = np.nan
        summary = summarised((science, error, dq), 1)
        fill_integration(science[2], error[2], summary, 2)
        # The missing sample counts as the median 2 of 0, 1, 3, 4.
        assert_array_equal(science[2], [[2, 2]])
        assert_array_equal(error[2], [[2, 20]])

    def test_pixels_never_valid_are_zero(self):
        planes = cube()
        summary = summarised(planes, 3)
        fill_integration(planes[0][0], planes[1][0], summary, 0)
        assert planes[0][0, 2, 3] == 0
        assert np.isinf(planes[1][0, 2, 3])
        assert np.isfinite(planes[0][0]).all()


class TestTypicalImage:
    def test_it_is_the_same_in_every_run(self):
        summary = summarised(cube(), 3)
        assert_array_equal(typical_image(summary, 11), typical_image(summary, 11))

    def test_noise_is_that_of_one_integration(self):
        generator = np.random.default_rng(1)
        science = generator.normal(0, 2, (20, 60, 60)).astype("f4")
        planes = science, np.full_like(science, 2), np.zeros(science.shape, np.uint32)
        image = typical_image(summarised(planes, 60), 20)
        assert image.dtype == np.float32
        assert image.std() == pytest.approx(2, rel=0.05)


class TestMasks:
    def test_unexpected_invalid_pixels_become_masked_and_no_longer_reference(self):
        image = np.array([[1.0, np.nan, np.nan]])
        masked, reference = np.array([[False, False, True]]), np.array([[True, True, True]])
        found = settle_masks(image, np.ones((1, 3)), masked, reference)
        assert_array_equal(found[0], [[False, True, True]])
        assert_array_equal(found[1], [[True, False, False]])

    def test_reference_pixels_stay_where_all_invalid_pixels_are_masked(self):
        image = np.array([[1.0, np.nan]])
        masked, reference = np.array([[False, True]]), np.array([[False, True]])
        found = settle_masks(image, np.ones((1, 2)), masked, reference)
        assert_array_equal(found[1], reference)
