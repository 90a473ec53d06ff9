import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from scripts.lib.outliers import rolling_median as module
from scripts.lib.outliers.rolling_median import (
    group_length,
    rolling_median,
    rolling_median_block,
    window_starts,
)

WINDOWS = (2, 3, 4, 5, 6, 7, 8, 9, 16, 17, 24, 25, 26, 33)


def plain_medians(frames, window):
    """Median of every full window by `numpy.median`, in float64."""
    out = np.empty((len(frames) - window + 1, frames.shape[1]))
    with np.errstate(invalid="ignore"):
        for t, medians in enumerate(out):
            np.median(frames[t : t + window], axis=0, out=medians)
    return out


def series(times, pixels, seed=0):
    """Frames of normal noise in float32."""
    return np.random.default_rng(seed).normal(size=(times, pixels)).astype(np.float32)


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("more", [0, 1, 5, 40])
def test_medians_are_those_of_numpy(window, more):
    frames = series(window + more, 50, seed=window)
    medians = rolling_median_block(frames, window)
    np.testing.assert_array_equal(medians, plain_medians(frames, window))


@pytest.mark.parametrize("window", [3, 4, 25])
def test_nan_makes_all_its_windows_nan_and_no_other(window):
    times = 2 * window + 20
    frames = series(times, times)
    np.fill_diagonal(frames, np.nan)
    found = np.isnan(rolling_median_block(frames, window))
    start, position = np.indices(found.shape)
    np.testing.assert_array_equal(found, (start <= position) & (position < start + window))


def test_infinities_are_values():
    frames = np.array([[-np.inf, np.inf], [1, np.inf], [np.inf, 2], [np.inf, 3]], np.float32)
    np.testing.assert_array_equal(rolling_median_block(frames, 3), [[1, np.inf], [np.inf, 3]])
    np.testing.assert_array_equal(rolling_median_block(frames, 4), [[np.inf, np.inf]])


def test_middle_of_minus_and_plus_infinity_is_nan():
    frames = np.array([[-np.inf], [np.inf]], np.float32)
    assert np.isnan(rolling_median_block(frames, 2)).all()


def test_even_windows_average_in_float64():
    frames = np.array([[1], [1 + 2**-23]], np.float32)
    medians = rolling_median_block(frames, 2)
    assert medians.dtype == np.float64
    assert medians[0, 0] == 1 + 2**-24


def test_odd_windows_keep_the_type():
    assert rolling_median_block(series(5, 2), 3).dtype == np.float32
    assert rolling_median_block(series(5, 2).astype(np.float64), 3).dtype == np.float64


def test_pixels_are_done_in_pieces(monkeypatch):
    monkeypatch.setattr(module, "PIXELS_AT_A_TIME", 4)
    frames = series(30, 11)
    np.testing.assert_array_equal(rolling_median_block(frames, 5), plain_medians(frames, 5))


def test_result_goes_to_the_given_array():
    frames, out = series(30, 11), np.empty((26, 11), np.float32)
    assert rolling_median_block(frames, 5, out=out) is out
    np.testing.assert_array_equal(out, plain_medians(frames, 5))


def test_input_is_not_changed():
    frames = series(30, 11)
    before = frames.copy()
    rolling_median_block(frames, 25)
    np.testing.assert_array_equal(frames, before)


def test_ends_copy_the_nearest_full_window():
    samples = np.array([5, 1, 2, 9, 3, 4, 8], np.float32)
    np.testing.assert_array_equal(rolling_median(samples, 5), [3, 3, 3, 3, 4, 4, 4])
    np.testing.assert_array_equal(rolling_median(samples, 3), [2, 2, 2, 3, 4, 4, 4])


def test_even_windows_lean_to_the_past():
    samples = np.array([5, 1, 2, 9, 3, 4, 8], np.float32)
    np.testing.assert_array_equal(rolling_median(samples, 4), [3.5, 3.5, 3.5, 2.5, 3.5, 6, 6])


def test_window_of_two_averages_with_the_one_before():
    samples = np.array([1, 3, 11, 5], np.float32)
    np.testing.assert_array_equal(rolling_median(samples, 2), [2, 2, 7, 8])


def test_window_as_long_as_the_series_gives_one_median():
    samples = series(25, 6).reshape(25, 2, 3)
    expected = np.broadcast_to(np.median(samples, axis=0), samples.shape)
    np.testing.assert_array_equal(rolling_median(samples, 25), expected)


@pytest.mark.parametrize(("window", "times"), [(1, 5), (0, 5), (-3, 5), (6, 5)])
def test_impossible_windows_are_refused(window, times):
    with pytest.raises(ValueError, match=f"{times} frames .* {window}"):
        rolling_median_block(series(times, 2), window)


@pytest.mark.parametrize(
    ("window", "group"), [(2, 2), (3, 2), (4, 4), (25, 16), (31, 16), (32, 32)]
)
def test_group_is_the_power_of_two_below(window, group):
    assert group_length(window) == group


def test_window_starts_stay_inside_the_series():
    np.testing.assert_array_equal(window_starts(7, 5), [0, 0, 0, 1, 2, 2, 2])
    np.testing.assert_array_equal(window_starts(7, 4), [0, 0, 0, 1, 2, 3, 3])


SAMPLES = st.floats(width=32, allow_nan=True, allow_infinity=False)


@given(
    frames=hnp.arrays(np.float32, st.tuples(st.integers(9, 30), st.just(3)), elements=SAMPLES),
    window=st.integers(2, 9),
)
def test_any_samples_give_the_medians_of_numpy(frames, window):
    medians = rolling_median_block(frames, window)
    np.testing.assert_array_equal(medians, plain_medians(frames, window))


@given(st.integers(2, 25), st.integers(25, 60), st.integers(0, 1000))
def test_time_reversal_reverses_the_medians(window, times, seed):
    frames = series(times, 4, seed)
    forward = rolling_median_block(frames, window)
    backward = rolling_median_block(frames[::-1], window)
    np.testing.assert_array_equal(forward, backward[::-1])
