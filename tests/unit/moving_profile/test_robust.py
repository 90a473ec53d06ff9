import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from scripts.lib.moving_profile.robust import (
    coarse_median,
    fixed_limit_mean,
    sigma_about,
    sorted_clipped_mean,
)

NAN = np.nan
SMALL = st.one_of(st.just(NAN), st.integers(-50, 50).map(float))


def test_sigma_is_the_scaled_median_absolute_deviation():
    values = np.array([[0.0, 1.0, 3.0, NAN, -1.0]])
    np.testing.assert_allclose(sigma_about(values, np.zeros(1)), [1.4826])


def test_clipped_mean_leaves_out_what_is_far():
    mean, number = sorted_clipped_mean(np.array([[1.0, 2.0, 3.0, 2.0, 900.0], [NAN] * 5]))
    np.testing.assert_array_equal(mean, [2.0, NAN])
    np.testing.assert_array_equal(number, [4, 0])


def test_coarse_median_ignores_a_third_of_outliers():
    rows = np.array([900.0, 1.0, 1.0, 1.0, 900.0, 1.0, 1.0, 1.0, 900.0])
    assert coarse_median(rows) == 1.0


def test_coarse_median_of_two_is_their_mean():
    assert coarse_median(np.array([1.0, 2.0])) == 1.5


def fixed(columns, limit=3.0, lost=(), used=None):
    """Fixed-limit mean of columns of one frame, given as rows of a list."""
    rows = np.array(columns, np.float32).T[:, None, :].copy()
    limits = np.full((rows.shape[0], rows.shape[2]), limit, np.float32)
    number = np.full(rows.shape[2], rows.shape[0]) if used is None else used
    return fixed_limit_mean(rows, limits, number, np.array(lost, dtype=np.int64))


def test_fixed_limits_drop_a_hit():
    mean, number = fixed([[1.0, 2.0, 3.0, 2.0, 2.0, 80.0]])
    assert (mean[0, 0], number[0, 0]) == (2.0, 5)


def test_a_bad_sample_is_not_counted():
    # The third of three rows is bad, and 0 for that.
    mean, number = fixed([[4.0, 6.0, 0.0]], limit=100.0, lost=[2])
    assert (mean[0, 0], number[0, 0]) == (5.0, 2)


def test_a_bad_sample_far_from_the_start_is_taken_off_once():
    mean, number = fixed([[40.0, 41.0, 42.0, 0.0]], lost=[3])
    assert (mean[0, 0], number[0, 0]) == (41.0, 3)


def test_no_good_sample_gives_nan():
    mean, number = fixed([[0.0, 0.0, 0.0]], lost=[0, 1, 2])
    assert np.isnan(mean[0, 0])
    assert number[0, 0] == 0


def test_wrong_limits_are_replaced_by_sorting():
    # All deviate from the start by more than the limit but the two equal ones.
    mean, number = fixed([[0.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0]], limit=0.5)
    assert (mean[0, 0], number[0, 0]) == (30.0, 7)


@given(st.integers(0, 10_000), st.integers(8, 30))
def test_fixed_limits_agree_with_sorting_on_clean_data(seed, rows):
    values = np.random.default_rng(seed).uniform(-1, 1, (3, rows)).astype(np.float32)
    mean, number = fixed(values, limit=10.0)
    np.testing.assert_allclose(mean[0], values.mean(axis=1), atol=1e-6)
    assert (number == rows).all()
