import numpy as np
import pytest

from scripts.lib.light_curves.jumps import (
    clip_outliers,
    find_jump,
    find_shape_jumps,
    jump_significance,
    measure_jump,
    window_length,
)

NAN = np.nan


def noise(n=300, sigma=1.0, seed=0):
    return sigma * np.random.default_rng(seed).standard_normal(n)


def jumping(n=300, position=120, height=5.0):
    return noise(n) + np.where(np.arange(n) >= position, height, 0.0)


@pytest.mark.parametrize(("length", "window"), [(10, 4), (60, 4), (150, 10), (900, 60), (9000, 60)])
def test_window_is_a_fifteenth_within_limits(length, window):
    assert window_length(length) == window


def test_step_is_the_difference_of_the_means_on_both_sides():
    step, _ = jump_significance(np.array([0.0, 0.0, 1.0, 3.0, 3.0]), 2)
    # Means of two: 0, 0.5, 2 and 3; within two of the ends there is none.
    np.testing.assert_array_equal(step, [0.0, 0.0, 2.0, 2.5, 0.0])


def test_series_shorter_than_two_windows_has_no_jump():
    step, significance = jump_significance(np.array([0.0, 9.0, 9.0]), 2)
    assert not step.any()
    assert not significance.any()


def test_strongest_jump_is_at_the_first_value_after_it():
    assert find_jump(jumping(), 6.0) == pytest.approx(120, abs=1)
    assert find_jump(noise(), 6.0) is None


def test_no_jump_is_looked_for_around_a_known_one():
    values = jumping() + np.where(np.arange(300) >= 220, -3.0, 0.0)
    first = find_jump(values, 4.0)
    assert first == pytest.approx(120, abs=1)
    assert find_jump(values, 4.0, [first]) == pytest.approx(220, abs=2)


def test_lone_outliers_are_pulled_in_and_jumps_stay():
    values = jumping()
    values[50] = 1000.0
    clipped = clip_outliers(values)
    assert abs(clipped[50]) < 4.0
    kept = np.arange(300) != 50
    np.testing.assert_array_equal(clipped[kept][100:], values[kept][100:])


def test_a_measured_step_leaves_out_nan_and_outliers():
    values = np.array([1.0, 1.2, 0.8, 1.0, NAN, 3.0, 3.2, 50.0, 2.8, 3.0])
    step, error = measure_jump(values, 5, 5)
    assert step == pytest.approx(2.0)
    doubled = measure_jump(values, 5, 5, inflation=2.0)
    assert doubled == pytest.approx((2.0, 2.0 * error))


@pytest.mark.parametrize("position", [0, 2, 8])
def test_a_side_of_less_than_three_values_gives_no_step(position):
    assert np.isnan(measure_jump(np.arange(10.0), position, 5)).all()


@pytest.mark.parametrize("position", [100, 150, 220])
@pytest.mark.parametrize("height", [-0.1, 0.1])
def test_jump_of_a_width_is_found_on_a_slow_drift(position, height):
    x = np.linspace(-1, 1, 300)
    values = 2.0 + 0.3 * x + 0.5 * x**2 + noise(sigma=0.02)
    values += np.where(np.arange(300) >= position, height, 0.0)
    values[10] = NAN
    found = find_shape_jumps(values, 5.0)
    assert found[0][0] == pytest.approx(position, abs=1)
    assert found[0][1] == pytest.approx(height, abs=0.02)
    assert found[0][2] > 5.0


def test_a_drift_alone_has_no_jumps():
    x = np.linspace(-1, 1, 300)
    assert find_shape_jumps(2.0 + 0.3 * x + 0.5 * x**2 + noise(sigma=0.02), 8.0) == []
    assert find_shape_jumps(np.full(300, NAN), 8.0) == []
