"""Axes: what is drawn is where the values say."""

import re

import numpy as np

from scripts.lib.report.panels import Panel
from scripts.lib.report.scales import Scale
from tests.support.plotted import drawn, entries, panel_of, texts_in


def test_values_are_where_the_scales_say():
    _, axes = panel_of()
    x, y = axes.places([0.0, 5.0, 10.0], [0.0, 0.25, 1.0])
    np.testing.assert_allclose(x, [0.0, 200.0, 400.0])
    np.testing.assert_allclose(y, [100.0, 75.0, 0.0])


def test_points_that_are_all_unknown_leave_no_entry():
    panel, axes = panel_of()
    axes.points(np.array([1.0]), np.array([np.nan]), "#123456", "flux")
    axes.line(np.array([1.0]), np.array([np.nan]), "#123456", "model")
    axes.bar(np.nan, 0.5, 5.0, "#123456", "bar")
    assert entries(panel) == []


def test_lines_bands_and_bars_have_their_places():
    _, axes = panel_of()
    axes.band(np.array([0.0, 5.0, np.nan]), np.zeros(3), np.ones(3), "#111")
    axes.horizontal(0.25, "#222")
    axes.span(2.0, 4.0, "#333")
    axes.bar(5.0, 0.5, 10.0, "#444")
    svg = axes.inside.svg()
    assert 'd="M0 100L200 100L200 0L0 0Z"' in svg
    assert 'y1="75" y2="75"' in svg
    assert '<rect x="80" width="80" y="0" height="100"' in svg
    assert '<rect fill="#444" x="0" width="200" y="45" height="10"' in svg


def test_the_border_of_a_mask_is_along_its_pixels():
    panel = Panel("", Scale(-0.5, 3.5), "x")
    axes = panel.add(40, Scale(-0.5, 3.5), "y")
    mask = np.zeros((4, 4), bool)
    mask[1, 1:3] = True
    axes.outline(mask, "#000", "region")
    (path,) = re.findall('<path [^>]*d="([^"]*)"', axes.inside.svg())
    assert sorted(path.split("M")[1:]) == sorted(
        ["100 30L300 30", "100 20L300 20", "100 30L100 20", "300 30L300 20"]
    )
    axes.outline(np.ones((4, 4), bool), "#000", "all")
    axes.outline(np.zeros((4, 4), bool), "#000", "nothing")
    assert entries(panel) == ["region"]


def test_a_circle_has_its_radius_in_pixels_of_the_plot():
    panel = Panel("", Scale(0.0, 40.0), "x")
    axes = panel.add(400, Scale(0.0, 40.0), "y")
    axes.circle((20.0, 10.0), 4.0, "#000", "aperture")
    assert 'cx="200" cy="300" r="40"' in axes.inside.svg()


def test_axes_without_data_say_why():
    panel, axes = panel_of()
    axes.note("too few integrations")
    assert "too few integrations" in texts_in(drawn(panel))
