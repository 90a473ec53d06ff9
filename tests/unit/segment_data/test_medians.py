import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from scripts.lib.segment_data.medians import nan_median

NAN = np.nan


def of_numpy(samples, axis):
    """What `numpy.nanmedian` gives, without its warnings."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)
        return np.nanmedian(samples, axis=axis)


def series(dtype, elements=None):
    """Arrays (times, y, x) with NaN, zeros of both signs and any other numbers."""
    shapes = st.tuples(*[st.integers(1, 9), st.integers(1, 3), st.integers(1, 3)])
    if elements is None:
        # Twice the largest is a number, too: beyond, numpy has inf for short series alone.
        largest = float(np.finfo(dtype).max / 2)
        elements = st.floats(-largest, largest, width=8 * np.dtype(dtype).itemsize)
    return hnp.arrays(dtype, shapes, elements=elements | st.just(NAN))


@given(series(np.float32) | series(np.float64), st.integers(-1, 2))
def test_is_that_of_numpy(samples, axis):
    expected, found = of_numpy(samples, axis), nan_median(samples, axis)
    assert found.dtype == expected.dtype == samples.dtype
    np.testing.assert_array_equal(found, expected)


@given(series(np.float32, st.floats(-(2.0**100), 2.0**100, width=32)))
def test_in_another_type_is_that_of_converted_samples(samples):
    found = nan_median(samples, dtype=np.float64)
    assert found.dtype == np.float64
    np.testing.assert_array_equal(found, of_numpy(samples.astype(np.float64), 0))


@given(series(np.float32))
def test_samples_stay_as_they_are(samples):
    before = samples.copy()
    nan_median(samples, 1)
    np.testing.assert_array_equal(samples, before)


@pytest.mark.parametrize(
    ("samples", "median"),
    [
        ([3.0, NAN, 1.0], 2.0),
        ([5.0, NAN, 1.0, 2.0], 2.0),
        ([NAN, NAN], NAN),
        ([np.inf, 1.0, 2.0], 2.0),
        ([np.inf, np.inf, 2.0], np.inf),
        ([-np.inf, np.inf], NAN),
        ([], NAN),
    ],
)
def test_medians_by_hand(samples, median):
    np.testing.assert_array_equal(nan_median(np.array(samples, np.float32)), np.float32(median))


def test_two_middle_values_are_averaged_in_the_type_of_the_samples():
    samples = np.array([1, 1 + 2**-23, NAN], np.float32)
    assert nan_median(samples) == 1
    assert nan_median(samples, dtype=np.float64) == 1 + 2**-24
