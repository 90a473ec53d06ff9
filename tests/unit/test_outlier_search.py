import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from scripts.lib import outlier_search
from scripts.lib.dq import DO_NOT_USE, OUTLIER
from scripts.lib.outlier_search import flag_rolling
from scripts.lib.rolling_median import window_starts
from scripts.outlier_detection import Settings

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
    monkeypatch.setattr(outlier_search, "_MANY", many)
    sci, err = noise()
    expected = plain_flags(sci, err, window)
    assert expected.any()
    np.testing.assert_array_equal(flags(sci, err, window), expected)


@given(
    hnp.arrays(np.float32, (9, 2), elements=EDGES),
    hnp.arrays(np.float32, (9, 2), elements=EDGES.filter(lambda value: not value < 0)),
    st.integers(2, 8),
)
def test_nan_infinity_and_zero_errors(sci, err, window):
    np.testing.assert_array_equal(flags(sci, err, window), plain_flags(sci, err, window))


def test_errors_below_the_noise_make_many_candidates():
    sci, err = noise((60, 50))
    expected = plain_flags(sci, err * np.float32(0.1), 25)
    assert expected.mean() > 0.5
    np.testing.assert_array_equal(flags(sci, err * np.float32(0.1), 25), expected)


def test_median_is_computed_of_candidates_only(monkeypatch):
    asked = []
    medians_at = outlier_search._medians_at

    def counted(samples, starts, pixels, window):
        asked.append(len(starts))
        return medians_at(samples, starts, pixels, window)

    monkeypatch.setattr(outlier_search, "_medians_at", counted)
    sci, err = np.full((60, 1000), 3, np.float32), np.ones((60, 1000), np.float32)
    sci[30, 7] = 9
    assert np.argwhere(flags(sci, err, 25)).tolist() == [[30, 7]]
    # The hit, and where it is the largest sample that all windows of a group share.
    assert 1 <= sum(asked) < 60


def test_flagged_samples_hide_hits_in_their_windows():
    sci, err = np.full((60, 3), 3, np.float32), np.ones((60, 3), np.float32)
    sci[30] = 99
    dq = np.zeros(sci.shape, np.uint32)
    dq[25, 1] = DO_NOT_USE
    assert np.argwhere(flags(sci, err, 25, dq=dq)).tolist() == [[30, 0], [30, 2]]
