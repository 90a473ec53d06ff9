"""Panels: titles, legends and numbers, and no two texts in one place."""

import re

import numpy as np

from scripts.lib.report.panels import WIDTH
from scripts.lib.report.scales import Scale
from tests.support.plotted import drawn, entries, panel_of, texts_in, titles_in


def test_points_have_titles_errors_and_an_entry_in_the_legend():
    panel, axes = panel_of()
    options = {"titles": ["first", "second"], "errors": np.array([0.1, 0.1])}
    axes.points(np.array([5.0, np.nan]), np.array([0.5, 0.5]), "#123456", "flux", **options)
    svg = drawn(panel)
    assert titles_in(svg) == ["first"]
    assert 'd="M200 60V40"' in svg
    assert entries(panel) == ["flux"]
    assert "flux" in texts_in(svg)


def test_a_label_has_one_entry_whatever_the_number_of_axes():
    panel, axes = panel_of()
    lower = panel.add(50, Scale(0.0, 1.0), "z")
    for place in (axes, lower):
        place.vertical(5.0, "#000", "seam")
    assert texts_in(drawn(panel)).count("seam") == 1


def test_a_map_has_the_scale_of_its_colours_and_no_grid():
    panel, axes = panel_of(colour_bar=True)
    axes.image(np.eye(2), (0.0, 10.0, 0.0, 1.0), Scale(0.0, 30.0), "cividis", "Light")
    svg = drawn(panel)
    assert svg.count("data:image/png;base64,") == 2
    assert "Light" in texts_in(svg)
    assert "30" in texts_in(svg)


def test_numbers_above_are_those_of_the_second_axis():
    panel, _ = panel_of()
    panel.top_axis([(5.0, "2048")], "Pixel")
    assert {"2048", "Pixel"} <= set(texts_in(drawn(panel)))


def test_numbers_that_would_touch_are_left_out():
    panel, _ = panel_of(ticks=[(1.0, "1.00"), (1.1, "1.25"), (6.0, "1.50")])
    texts = texts_in(drawn(panel))
    assert "1.00" in texts
    assert "1.25" not in texts
    assert "1.50" in texts


def test_a_long_legend_has_several_lines_within_the_panel():
    panel, axes = panel_of()
    names = [f"a rather long name of line {k}" for k in range(5)]
    for name in names:
        axes.line(np.array([0.0, 1.0]), np.array([0.0, 1.0]), "#000", name)
    svg = drawn(panel)
    found = re.findall(r'<text x="([\d.]+)" y="([\d.]+)"[^>]*>a rather long', svg)
    assert len(found) == len(set(found)) == 5
    assert all(float(x) + 6 * len(names[0]) < WIDTH + 1 for x, _ in found)
