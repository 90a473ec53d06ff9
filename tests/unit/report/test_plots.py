"""Every plot of a report can be drawn, and has its texts."""

import pytest

from scripts.lib.instruments.branches import PLOTS
from scripts.lib.report.plots import DRAW
from tests.support.plotted import drawn, plotted_curve, plotted_star


def test_every_plot_has_a_function():
    assert {name for names in PLOTS.values() for name in names} == set(DRAW)
    assert [name for name in DRAW if name in PLOTS["spectroscopy"]] == list(PLOTS["spectroscopy"])


@pytest.mark.parametrize("name", DRAW)
@pytest.mark.parametrize("make", [plotted_curve, plotted_star])
def test_a_plot_is_drawn_with_all_texts_escaped(name, make):
    if name not in PLOTS["imaging" if make is plotted_star else "spectroscopy"]:
        return
    for panel in DRAW[name]([make("<b>&")]):
        svg = drawn(panel)
        assert "<b>" not in svg
        assert panel.title == "" or "&lt;b&gt;&amp;" in svg
