from types import SimpleNamespace

import numpy as np

from scripts.lib.report.depth_plots import depth_spectrum
from scripts.lib.report.plot_style import CURVE_COLOURS


def curve_of(depths):
    """A light curve with depths of white light and two bins."""
    table = {
        "kind": np.array(["white", "bin", "bin"]),
        "wavelength": np.array([np.nan, 3.0, 4.0]),
        "depth": np.array(depths),
        "depth_error": np.full(3, 1e-4),
    }
    return SimpleNamespace(name="NRS1", arrays={"depths": table})


def test_each_bin_is_a_mark_with_its_depth_and_error():
    (panel,) = depth_spectrum([curve_of([0.01, 0.009, 0.011])])
    svg = panel.drawing("depths").svg(alone=True)
    assert "3.0000 µm, depth 0.9000 ± 0.0100 %" in svg
    assert "4.0000 µm, depth 1.1000 ± 0.0100 %" in svg
    assert "white light" in svg


def test_bins_without_depth_are_not_drawn():
    (panel,) = depth_spectrum([curve_of([np.nan, 0.009, np.nan])])
    svg = panel.drawing("depths").svg(alone=True)
    assert "3.0000 µm" in svg
    assert "4.0000 µm" not in svg
    assert "white light" not in svg


def test_a_curve_keeps_its_colour_where_another_has_no_depths():
    (panel,) = depth_spectrum([curve_of([np.nan] * 3), curve_of([0.01, 0.009, 0.011])])
    svg = panel.drawing("depths").svg(alone=True)
    assert CURVE_COLOURS[1] in svg
    assert CURVE_COLOURS[0] not in svg


def test_nothing_is_drawn_without_depths():
    assert depth_spectrum([curve_of([np.nan] * 3)]) == []
    assert depth_spectrum([SimpleNamespace(name="MIRIMAGE", arrays={})]) == []
