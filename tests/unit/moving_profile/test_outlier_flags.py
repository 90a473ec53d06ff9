import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.lib.moving_profile.outlier_flags import (
    OutlierSearch,
    find_outliers,
    threshold_factor,
    window_starts,
)


def plain_outliers(residual, threshold, window):
    """Outliers by the definition, with `numpy.median`."""
    starts = window_starts(len(residual), window)
    medians = np.stack([np.median(residual[s : s + window], axis=0) for s in starts])
    return np.flatnonzero(np.abs(residual - medians.astype(np.float32)) > threshold)


@given(st.integers(0, 10_000), st.integers(7, 60), st.sampled_from([3, 5, 7]), st.floats(0.2, 3.0))
def test_counting_finds_what_medians_find(seed, integrations, window, limit):
    rng = np.random.default_rng(seed)
    residual = rng.standard_t(2, (integrations, 9)).astype(np.float32)
    residual[rng.random(residual.shape) < 0.1] = 0.0
    threshold = np.full(residual.shape, limit, np.float32)
    threshold[rng.random(residual.shape) < 0.1] = np.inf
    starts = window_starts(integrations, window)
    found = find_outliers(residual, threshold, starts, slice(0, integrations), window)
    np.testing.assert_array_equal(found, plain_outliers(residual, threshold, window))


@given(
    st.integers(0, 10_000),
    st.sampled_from([3, 5, 13, 25]),
    st.lists(st.integers(1, 6), min_size=6, max_size=9)
    | st.lists(st.just(4), min_size=9, max_size=30),
)
def test_groups_of_any_size_find_the_same(seed, longest, sizes):
    rng = np.random.default_rng(seed)
    total = sum(sizes)
    residual = rng.standard_t(2, (total, 7)).astype(np.float32)
    threshold = np.full(residual.shape, 2.0, np.float32)
    window = min(longest, total - (total + 1) % 2)
    search = OutlierSearch(total, window, 7, max(sizes), slice(1, total - 1))
    found, first, reached = [], 0, 1
    for size in sizes:
        rooms = search.room(size)
        for room, source in zip(rooms, (residual, threshold), strict=True):
            room[:] = source[first : first + size]
        first += size
        low, high, places, values, _ = search.search(size)
        assert low in (reached, high)
        # As many as share half of their window, but at the end.
        assert (high - low) % ((window + 1) // 2) == 0 or first == total
        reached = max(reached, high)
        frames, pixels = np.divmod(places, 7)
        np.testing.assert_array_equal(values, residual[frames + low, pixels])
        found.append(places + low * 7)
    expected = plain_outliers(residual, threshold, window)
    inside = (expected // 7 >= 1) & (expected // 7 < total - 1)
    np.testing.assert_array_equal(np.concatenate(found), expected[inside])


def test_bad_samples_are_no_outliers_and_hide_none():
    residual = np.zeros((25, 1), np.float32)
    residual[12], residual[10] = 8.0, 0.0
    threshold = np.full((25, 1), 5.0, np.float32)
    threshold[10] = np.inf
    found = find_outliers(residual, threshold, window_starts(25, 25), slice(0, 25), 25)
    np.testing.assert_array_equal(found, [12])


def test_noise_of_the_median_raises_the_threshold():
    assert threshold_factor(5.0, 25) == pytest.approx(5.0 * np.sqrt(1.0 + np.pi / 50.0))
