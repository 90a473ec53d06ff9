"""Averages and colours of the plots."""

import numpy as np

from scripts.lib.report import plot_style
from scripts.lib.report.axes import SHAPES
from scripts.lib.report.plot_style import CURVE_COLOURS, CURVE_SHAPES, binned_points


def test_averages_of_neighbours():
    # 9 values in 2 bins: 4 in each, and one is left over.
    x, values = binned_points(np.arange(10.0), np.array([1, 2, 3, np.nan, 4, 5, 5, 5, 5, 9]), 2)
    np.testing.assert_array_equal(x, [(0 + 1 + 2 + 4) / 4, (5 + 6 + 7 + 8) / 4])
    np.testing.assert_array_equal(values, [2.5, 5.0])


def test_bins_of_less_than_four_values_are_not_drawn():
    x, values = binned_points(np.arange(7.0), np.arange(7.0), 2)
    assert len(x) == len(values) == 0


def test_curves_differ_in_colour_and_shape():
    assert len(set(CURVE_COLOURS)) == len(set(CURVE_SHAPES)) == 4
    assert set(CURVE_SHAPES) <= set(SHAPES)
    assert all(len(getattr(plot_style, name)) == 7 for name in ("BLACK", "WHITE", "RED"))
