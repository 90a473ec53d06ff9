"""Limits, averages and margins of the plots, by hand."""

import numpy as np
import pytest

from scripts.lib.report.plot_style import (
    binned_points,
    colour_scale,
    legend_above,
    name_panel,
    new_figure,
    note,
    robust_limits,
    save,
    time_label,
)


@pytest.mark.parametrize("with_svg", [True, False])
def test_equal_figures_give_equal_files(tmp_path, with_svg):
    for k in (1, 2):
        figure, axes = new_figure(3.0, 1, 2)
        axes[0, 0].plot([1, 2, 3])
        image = axes[0, 1].imshow(np.eye(3))
        colour_scale(figure, axes[0, 1], image, "Number", "neither", whole_numbers=True)
        save(figure, tmp_path / f"{k}.png", tmp_path / f"{k}.svg" if with_svg else None)
    for form in ("png", "svg") if with_svg else ("png",):
        assert (tmp_path / f"1.{form}").read_bytes() == (tmp_path / f"2.{form}").read_bytes()
    assert (tmp_path / "1.svg").exists() == with_svg


def test_margins_are_what_was_asked_for():
    _, axes = new_figure(4.0, 1, 2, width=8.0, margins={"left": 1.0, "right": 0.5})
    first, second = (axis.get_position() for axis in axes[0])
    assert first.x0 * 8.0 == pytest.approx(1.0)
    assert (1.0 - second.x1) * 8.0 == pytest.approx(0.5)
    assert (second.x0 - first.x1) * 8.0 == pytest.approx(0.75)
    assert first.y0 * 4.0 == pytest.approx(0.6)


def test_limits_leave_out_a_few_outliers_and_nan():
    # The 0.5 and 99.5 percentile of 0 to 200 are 1 and 199; 15 % of 198 are 29.7.
    values = np.append(np.arange(201.0), np.nan)
    assert robust_limits(values) == pytest.approx((1.0 - 29.7, 199.0 + 29.7))
    values[200] = 1e9
    assert robust_limits(values) == pytest.approx((1.0 - 29.7, 199.0 + 29.7))


def test_limits_of_one_value_are_apart_and_of_none_are_0_and_1():
    assert robust_limits(np.full(5, 3.0), spread=0.5) == (2.5, 3.5)
    low, high = robust_limits(np.full(5, 3.0))
    assert low < 3.0 < high
    assert robust_limits(np.full(5, np.nan)) == (0.0, 1.0)


def test_averages_of_neighbours():
    # 9 values in 2 bins: 4 in each, and one is left over.
    x, values = binned_points(np.arange(10.0), np.array([1, 2, 3, np.nan, 4, 5, 5, 5, 5, 9]), 2)
    np.testing.assert_array_equal(x, [(0 + 1 + 2 + 4) / 4, (5 + 6 + 7 + 8) / 4])
    np.testing.assert_array_equal(values, [2.5, 5.0])


def test_bins_of_less_than_four_values_are_not_drawn():
    x, values = binned_points(np.arange(7.0), np.arange(7.0), 2)
    assert len(x) == len(values) == 0


def test_legend_has_each_label_once():
    figure, axes = new_figure(3.0, 1, 2)
    for axis in axes[0]:
        axis.plot([1, 2], label="flux")
    axes[0, 1].plot([2, 1], label="model")
    legend_above(figure)
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["flux", "model"]


def test_time_is_named_once_below_all_columns():
    figure, axes = new_figure(3.0, 2, 2)
    time_label(figure, axes, "Time (h)")
    assert figure.get_supxlabel() == "Time (h)"
    assert [axis.get_xlabel() for axis in axes.ravel()] == [""] * 4
    figure, axes = new_figure(3.0, 2, 1)
    time_label(figure, axes, "Time (h)")
    assert [axis.get_xlabel() for axis in axes.ravel()] == ["", "Time (h)"]


def test_an_empty_panel_says_why():
    _, axes = new_figure(3.0)
    name_panel(axes[0, 0], "NRS1")
    note(axes[0, 0], "not known")
    assert axes[0, 0].get_title(loc="left") == "NRS1"
    assert [text.get_text() for text in axes[0, 0].texts] == ["not known"]
    assert len(axes[0, 0].get_xticks()) == 0
