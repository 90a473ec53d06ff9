import tracemalloc
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from scripts.lib.outliers import search
from scripts.lib.outliers.detection import Settings
from scripts.lib.outliers.rolling_median import window_starts
from scripts.lib.outliers.search import flag_rolling, is_outlier, rolling_medians
from scripts.lib.segment_data.dq import DO_NOT_USE, OUTLIER

NAN, INF = np.nan, np.inf
EDGES = st.sampled_from([NAN, INF, -INF, 0.0, 1.0, 2.0, 30.0, float(np.finfo(np.float32).max)])


def flags(sci, err, window=5, snr=5.0, dq=None):
    """Outliers that the search finds in a whole series."""
    dq = np.zeros(sci.shape, np.uint32) if dq is None else dq.copy()
    starts, everything = window_starts(len(sci), window), slice(0, len(sci))
    count = flag_rolling(sci, dq, err, everything, starts, Settings(snr=snr, window=window))
    assert count == np.count_nonzero(dq & OUTLIER)
    return (dq & OUTLIER) > 0


def plain_flags(sci, err, window=5, snr=5.0):
    """Outliers by the definition, one integration at a time."""
    found = np.zeros(sci.shape, bool)
    with np.errstate(invalid="ignore", over="ignore"):
        for t, start in enumerate(window_starts(len(sci), window)):
            median = np.empty(sci.shape[1:])
            np.median(sci[start : start + window], axis=0, out=median)
            limit = np.float32(snr) * np.nan_to_num(err[t])
            found[t] = np.abs(sci[t] - median) > limit
    return found


def noise(shape=(80, 30), seed=1, hits=0.01):
    rng = np.random.default_rng(seed)
    sci = rng.normal(10, 1, shape).astype(np.float32)
    sci[rng.random(shape) < hits] += 30
    return sci, np.ones(shape, np.float32)


@pytest.mark.parametrize("window", [2, 3, 4, 24, 25, 79])
@pytest.mark.parametrize("many", [-1, 1])
def test_few_and_many_candidates_give_what_the_definition_gives(window, many, monkeypatch):
    monkeypatch.setattr(search, "_MANY", many)
    sci, err = noise()
    expected = plain_flags(sci, err, window)
    assert expected.any()
    np.testing.assert_array_equal(flags(sci, err, window), expected)


@given(
    hnp.arrays(np.float32, (12, 2), elements=EDGES),
    hnp.arrays(np.float32, (12, 2), elements=EDGES),
    hnp.arrays(np.uint32, (12, 2), elements=st.sampled_from([0, 0, 0, DO_NOT_USE, 4])),
    st.integers(2, 11),
    st.sampled_from([5.0, 1.0, 0.3]),
    st.sampled_from([-1, 1]),
)
def test_nan_infinity_ties_flags_and_errors_that_are_none(sci, err, dq, window, snr, many):
    masked = np.where(dq == DO_NOT_USE, np.float32(NAN), sci)
    # Of so few samples a single candidate is many.
    with patch.object(search, "_MANY", many):
        found = flags(sci, err, window, snr, dq)
    np.testing.assert_array_equal(found, plain_flags(masked, err, window, snr))


ANY = st.floats(width=32, allow_nan=False)


@given(
    hnp.arrays(np.float32, (9, 1), elements=ANY),
    st.integers(2, 8),
    st.sampled_from([5.0, 1.0, 0.7]),
    st.sampled_from([-1, 1]),
    st.integers(0, 8),
    st.integers(-1, 1),
)
def test_samples_at_the_threshold(sci, window, snr, many, position, ulps):
    """Errors are such that a sample is as far from its median as allowed, or a bit off that."""
    with np.errstate(over="ignore", invalid="ignore"):
        start = window_starts(9, window)[position]
        median = np.median(sci[start : start + window].astype(np.float64), axis=0)
        limit = np.float32(np.abs(sci[position] - median) / snr)
        err = np.full(sci.shape, limit, np.float32)
        err = np.nextafter(err, np.float32(ulps * INF)) if ulps else err
    with patch.object(search, "_MANY", many):
        found = flags(sci, err, window, snr)
    np.testing.assert_array_equal(found, plain_flags(sci, err, window, snr))


@pytest.mark.parametrize("many", [-1, 1])
@pytest.mark.parametrize(
    ("others", "value", "error", "snr"),
    [
        # In float32 the difference is exactly 5 errors, in float64 a little more.
        (-(2.0**-30), 5, 1, 5.0),
        # An infinite error counts as the largest number, of which 0.3 is less than the value.
        (0, np.finfo(np.float32).max, INF, 0.3),
    ],
)
def test_bounds_do_not_hide_what_is_just_beyond(others, value, error, snr, many, monkeypatch):
    monkeypatch.setattr(search, "_MANY", many)
    sci, err = np.full((60, 1), others, np.float32), np.full((60, 1), error, np.float32)
    sci[30] = value
    assert np.flatnonzero(flags(sci, err, 25, snr)).tolist() == [30]


def test_candidates_are_done_in_pieces(monkeypatch):
    monkeypatch.setattr(search, "_MANY", 1)
    monkeypatch.setattr(search, "_SAMPLES_TO_SORT", 60)
    sci, err = noise()
    np.testing.assert_array_equal(flags(sci, err, 25), plain_flags(sci, err, 25))


def test_long_windows_take_no_more_memory(monkeypatch):
    monkeypatch.setattr(search, "_MANY", 1)
    sci, err = noise((800, 100), hits=0)
    # Some 10^7 samples of windows are candidates' windows.
    tracemalloc.start()
    flags(sci, err * np.float32(0.6), 400)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10e6


def test_errors_below_the_noise_make_many_candidates():
    sci, err = noise((60, 50))
    expected = plain_flags(sci, err * np.float32(0.1), 25)
    assert expected.mean() > 0.5
    np.testing.assert_array_equal(flags(sci, err * np.float32(0.1), 25), expected)


def test_median_is_computed_of_candidates_only(monkeypatch):
    counts = []
    medians_at = search._medians_at

    def counted(samples, starts, pixels, window):
        counts.append(len(starts))
        return medians_at(samples, starts, pixels, window)

    monkeypatch.setattr(search, "_medians_at", counted)
    sci, err = np.full((60, 1000), 3, np.float32), np.ones((60, 1000), np.float32)
    sci[30, 7] = 9
    assert np.argwhere(flags(sci, err, 25)).tolist() == [[30, 7]]
    # The hit, and where it is the largest sample that all windows of a group share.
    assert 1 <= sum(counts) < 60


def test_flagged_samples_hide_hits_in_their_windows():
    sci, err = np.full((60, 3), 3, np.float32), np.ones((60, 3), np.float32)
    sci[30] = 99
    dq = np.zeros(sci.shape, np.uint32)
    dq[25, 1] = DO_NOT_USE
    assert np.argwhere(flags(sci, err, 25, dq=dq)).tolist() == [[30, 0], [30, 2]]


LARGEST = np.finfo(np.float32).max


@given(
    sci=hnp.arrays(np.float32, 8, elements=st.floats(width=32)),
    medians=hnp.arrays(np.float32, 8, elements=st.floats(width=32)),
    err=hnp.arrays(np.float32, 8, elements=st.floats(width=32)),
    snr=st.sampled_from([5.0, 0.3, 1.0, 4.7]),
    precision=st.sampled_from([np.float32, np.float64]),
)
def test_outliers_are_those_of_the_formula(sci, medians, err, snr, precision):
    with np.errstate(over="ignore", invalid="ignore"):
        expected = np.abs(sci.astype(precision) - medians) > np.float32(snr) * np.nan_to_num(err)
    np.testing.assert_array_equal(is_outlier(sci, err, medians, snr, precision), expected)


def test_difference_is_taken_in_double_precision():
    """In float32 the difference is exactly 5 errors, in float64 a little more."""
    sci, medians, err = (np.array([v], np.float32) for v in (5, -(2.0**-30), 1))
    assert is_outlier(sci, err, medians, 5.0).tolist() == [True]
    assert is_outlier(sci, err, medians, 5.0, precision=np.float32).tolist() == [False]


@pytest.mark.parametrize(
    ("err", "deviation", "outlier"),
    [
        (1, 5, False),
        (1, np.nextafter(np.float32(5), np.float32(6)), True),
        (1, -6, True),
        (NAN, 0, False),
        (NAN, 1e-30, True),
        (0, 1, True),
        (np.inf, LARGEST, False),
        (-np.inf, 0, True),
        (1, NAN, False),
    ],
)
def test_threshold(err, deviation, outlier):
    arrays = (np.array([value], np.float32) for value in (deviation, err, 0))
    assert is_outlier(*arrays, 5.0).tolist() == [outlier]


@pytest.mark.parametrize("window", [3, 6])
def test_medians_of_all_windows_are_those_of_numpy(window):
    rng = np.random.default_rng(window)
    sci = rng.normal(size=(12, 5000)).astype(np.float32)
    dq = np.zeros(sci.shape, np.uint32)
    dq[4, 7] = 1
    starts = window_starts(12, window)
    found = rolling_medians(sci, dq, starts, Settings(window=window))
    expected = np.array([np.median(sci[k : k + window].astype(float), axis=0) for k in starts])
    expected[(starts <= 4) & (starts + window > 4), 7] = np.nan
    np.testing.assert_array_equal(found, expected.astype(np.float32))


def test_there_are_no_medians_where_all_samples_are_masked():
    sci, dq = np.zeros((5, 2), np.float32), np.zeros((5, 2), np.uint32)
    settings = Settings(window=3, mask=None)
    assert np.isnan(rolling_medians(sci, dq, window_starts(5, 3), settings)).all()
