"""Places, limits and numbers of axes, by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.lib.report.scales import Scale, readable, robust_limits, shared_limits, tick_text


def texts(scale, most=6):
    return [text for _, text in scale.ticks(most)]


def test_values_have_places_from_0_to_1():
    np.testing.assert_allclose(Scale(2.0, 6.0).place([2.0, 3.0, 6.0]), [0.0, 0.25, 1.0])
    np.testing.assert_allclose(Scale(1.0, 100.0, "log").place([1.0, 10.0, 100.0]), [0.0, 0.5, 1.0])
    np.testing.assert_allclose(Scale(0.0, 4.0, "root").place([-1.0, 1.0, 9.0]), [0.0, 0.5, 1.0])


def test_what_has_no_logarithm_has_no_place():
    assert np.isnan(Scale(1.0, 10.0, "log").place([0.0, -1.0, np.nan])).all()


@pytest.mark.parametrize(
    ("scale", "expected"),
    [
        (Scale(0.0, 10.0), ["0", "2", "4", "6", "8", "10"]),
        (Scale(-0.3, 0.3), ["−0.3", "−0.2", "−0.1", "0.0", "0.1", "0.2", "0.3"]),
        (Scale(0.0, 1.0, "count"), ["0", "1"]),
        (Scale(1.0, 1000.0, "log"), ["1", "10", "100", "1000"]),
        (Scale(0.02, 0.5, "log"), ["0.02", "0.05", "0.1", "0.2", "0.5"]),
        (Scale(0.001, 1.0, "log"), ["0.001", "0.01", "0.1", "1"]),
        (Scale(100.0, 200.0, "log"), ["100", "120", "140", "160", "180", "200"]),
    ],
)
def test_numbers_are_round_and_plain(scale, expected):
    assert texts(scale) == expected


def test_numbers_of_a_root_are_not_crowded():
    places = [
        float(Scale(0.0, 400.0, "root").place(v)) for v, _ in Scale(0.0, 400.0, "root").ticks(5)
    ]
    assert 3 <= len(places) <= 7
    assert min(np.diff(places)) > 0.15


@given(
    st.floats(-1e6, 1e6),
    st.floats(1e-3, 1e6),
    st.sampled_from(["linear", "count", "root"]),
    st.integers(3, 8),
)
def test_numbers_are_within_the_axis_ascend_and_are_few(low, width, kind, most):
    ticks = Scale(low, low + width, kind).ticks(most)
    values = [value for value, _ in ticks]
    assert values == sorted(values)
    assert len(ticks) <= 2 * most + 1
    slack = 1e-8 * max(width, 1.0) + 1e-9 * abs(low)
    assert all(low - slack <= value <= low + width + slack for value in values)


@pytest.mark.parametrize(
    ("value", "step", "text"),
    [
        (0.0, 0.1, "0.0"),
        (-0.0, 1.0, "0"),
        (-2.0, 0.5, "−2.0"),
        (7e3, 1e3, "7000"),
        (1.0, 5e-7, "1.0000000"),
    ],
)
def test_numbers_have_the_decimals_of_their_step(value, step, text):
    assert tick_text(value, step) == text


@pytest.mark.parametrize(("low", "high"), [(0.0, 0.0), (5.0, 5.0), (3.0, 2.0)])
def test_ends_differ(low, high):
    scale = Scale(low, high)
    assert scale.low < scale.high


@pytest.mark.parametrize(("low", "high"), [(0.0, 10.0), (-1.0, 10.0), (0.0, 0.0), (20.0, 10.0)])
def test_ends_of_a_logarithm_are_positive(low, high):
    scale = Scale(low, high, "log")
    assert 0 < scale.low < scale.high


def test_limits_leave_out_a_few_outliers_and_nan():
    # The 0.5 and 99.5 percentile of 0 to 200 are 1 and 199; 15 % of 198 are 29.7.
    values = np.append(np.arange(201.0), np.nan)
    assert robust_limits(values) == pytest.approx((1.0 - 29.7, 199.0 + 29.7))
    values[200] = 1e9
    assert robust_limits(values) == pytest.approx((1.0 - 29.7, 199.0 + 29.7))


def test_limits_of_one_value_are_apart_and_of_none_are_0_and_1():
    assert robust_limits(np.full(5, 3.0), spread=0.5) == (2.5, 3.5)
    assert robust_limits(np.full(5, 3.0)) == pytest.approx((2.85, 3.15))
    assert robust_limits(np.full(5, np.nan)) == (0.0, 1.0)


def test_panels_share_a_scale_unless_it_hides_what_is_in_one():
    assert shared_limits([]) == []
    assert shared_limits([(0.0, 1.0), (4.0, 5.0)]) == [(0.0, 5.0)] * 2
    # Narrow both, but far apart.
    assert shared_limits([(0.0, 1.0), (4.1, 5.1)]) == [(0.0, 1.0), (4.1, 5.1)]


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ((0.0, 999.0), (1.0, "")),
        ((-3e-10, 1e-10), (1e12, "10⁻¹² ")),
        ((0.0, 4e6), (1e-6, "10⁶ ")),
        ((0.0, 0.0), (1.0, "")),
    ],
)
def test_small_and_large_numbers_get_a_power_of_a_thousand(limits, expected):
    factor, text = readable(limits)
    assert (factor, text) == (pytest.approx(expected[0]), expected[1])
