"""Light curves as plots take them: times, marks and their texts."""

import numpy as np
import pytest

from scripts.lib.report.curves import (
    flag_text,
    group_by_detector,
    make_curves,
    mark_seams_and_jumps,
    point_titles,
    short_label,
    shown_integrations,
    time_scale,
)
from scripts.lib.report.panels import Panel
from scripts.lib.report.scales import Scale
from tests.support.plotted import entries, plotted_curve, plotted_rows


@pytest.mark.parametrize(
    ("times", "hours", "label"),
    [
        ([59000.25, 59000.5], [0.0, 6.0], "Time since BJD 2459000.75000 TDB (h)"),
        ([59000.0, 59000.0625], [0.0, 90.0], "Time since BJD 2459000.50000 TDB (min)"),
        ([59000.0, 59000.0009765625], [0.0, 84.375], "Time since BJD 2459000.50000 TDB (s)"),
        ([59000.25, np.nan], [7.0, 8.0], "Number of the integration"),
    ],
)
def test_curves_are_drawn_against_time_where_it_is_known(times, hours, label):
    metrics = {"detector": "NRS1", "order": 1}
    rows = {"bjd_tdb": np.array(times), "integration": np.array([7, 8])}
    (one,) = make_curves({"light_curves": [metrics]}, {("NRS1", 1): rows}, [{"map": 1}])
    assert one.hours.tolist() == hours
    assert (one.axis_label, one.name, one.metrics) == (label, "NRS1", metrics)
    unit = label.rpartition("(")[2] if "(" in label else None
    assert short_label(one) == (f"Time ({unit}" if unit else label)


def test_a_mark_says_integration_time_value_error_and_flags():
    curve = plotted_curve()
    (title,) = point_titles(curve, np.array([2]), ["flux 1.001000"], ["0.001000"])
    assert title == (
        "integration 3, BJD 2459770.53000, flux 1.001000 ± 0.001000, "
        "more outliers than cosmic rays make"
    )
    assert point_titles(curve, np.array([0]), ["2"], None, " px") == [
        "integration 1, BJD 2459770.51000, 2 px, no flag"
    ]


def test_all_flags_of_an_integration_are_named():
    assert flag_text(5) == "no flux; more than a tenth of the light is missing and was filled in"


def test_marks_are_all_up_to_1500_and_then_fewer_with_all_that_are_flagged():
    assert len(shown_integrations(plotted_curve(count=1500))) == 1500
    quality = np.zeros(4000, int)
    quality[[1, 3998]] = 16
    curve = plotted_curve(count=4000, rows=plotted_rows(4000, quality=quality))
    shown = shown_integrations(curve)
    assert len(shown) == 1334 + 2
    assert {0, 1, 3, 3998} <= set(shown.tolist())


def test_flags_everywhere_do_not_bring_all_marks_back():
    curve = plotted_curve(count=4000, rows=plotted_rows(4000, quality=np.ones(4000, int)))
    assert len(shown_integrations(curve)) == 1334


def test_the_time_axis_holds_all_integrations():
    scale = time_scale(plotted_curve())
    assert (scale.low, scale.high) == pytest.approx((-0.165, 11.165))
    assert time_scale(plotted_curve(count=1)).low == -0.5


def test_seams_and_jumps_are_marked_where_they_are():
    curve = plotted_curve(metrics={"tilt_events": [{"integration": 5}, {"integration": 99}]})
    panel = Panel("", Scale(0.0, 10.0), "x")
    axes = panel.add(50, Scale(0.0, 1.0), "y")
    mark_seams_and_jumps(axes, curve)
    svg = axes.inside.svg()
    # Between the sixth and seventh; the fifth; the last is not in the light curve.
    assert [part.split('"')[1] for part in svg.split("<line")[1:]] == ["220", "160"]
    assert entries(panel) == ["seam of segments", "jump"]


def test_orders_of_a_detector_are_one_group():
    curves = [plotted_curve("NIS", 1), plotted_curve("NIS", 2), plotted_curve("NRS1")]
    assert [len(group) for group in group_by_detector(curves)] == [2, 1]
