"""Plots of noise, by hand."""

import re

import numpy as np
import pytest

from scripts.lib.report.noise_plots import aperture_scan, scatter, time_averaging
from tests.support.plotted import drawn, entries, plotted_curve, texts_in, titles_in

AVERAGING = {
    "integrations": [1, 4],
    "minutes": [5.0, 20.0],
    "rms_ppm": [100.0, 60.0],
    "white_ppm": [100.0, 50.0],
    "beta": [1.0, 1.2],
}
SCAN = {
    "scan_sizes": np.array([0.5, 1.5, 2.5]),
    "scan_scatter": np.array([300.0, 100.0, 120.0]),
    "scan_share": np.array([0.4, 0.9, 1.0]),
    "scan_sample": "150 neighbouring integrations",
    "scan_archive": 1.5,
}


def test_averages_have_titles_and_one_scale():
    metrics = {"time_averaging": AVERAGING, "expected_photon_ppm": 90.0}
    other = AVERAGING | {"rms_ppm": [1000.0, 700.0]}
    curves = [plotted_curve(metrics=metrics), plotted_curve("B", metrics={"time_averaging": other})]
    first, second = time_averaging(curves)
    assert first.axes[0].y == second.axes[0].y
    assert first.axes[0].y.low == pytest.approx(40.0)
    assert (
        titles_in(drawn(first))[1] == "averages of 4 integrations: 60 ppm, 1.20 times white noise"
    )
    assert entries(first) == ["10 to 30 min", "white noise", "photon noise", "measured"]
    assert entries(second) == ["10 to 30 min", "white noise", "measured"]


def test_a_range_that_is_not_in_the_plot_is_not_in_its_legend():
    short = AVERAGING | {"minutes": [0.1, 0.4]}
    (panel,) = time_averaging([plotted_curve(metrics={"time_averaging": short})])
    assert entries(panel) == ["white noise", "measured"]


def test_a_curve_that_is_too_short_has_no_averages():
    assert time_averaging([plotted_curve()]) == []


@pytest.mark.parametrize(("largest", "kind"), [(2900.0, "linear"), (3100.0, "log")])
def test_scatter_of_very_different_curves_is_logarithmic(largest, kind):
    metrics = {"scatter_ppm": largest}
    (panel,) = scatter([plotted_curve(), plotted_curve("other", metrics=metrics)])
    assert panel.axes[0].x.kind == kind


def test_every_bar_has_its_number_within_the_plot():
    metrics = {"scatter_ppm": 125633.0, "archive": {"scatter_ppm": 60.0}}
    (panel,) = scatter([plotted_curve(metrics=metrics)])
    svg = drawn(panel)
    assert {"60", "125633", "NRS1"} <= set(texts_in(svg))
    (place,) = re.findall(r'x="([\d.]+)"[^>]*>125633', svg)
    assert float(place) + 5 + 6.5 * len("125633") < panel.axes[0].width


def test_nothing_is_drawn_without_a_scatter():
    assert scatter([plotted_curve(metrics={"scatter_ppm": None})]) == []


def test_scan_marks_our_scatter_and_the_archives_aperture():
    metrics = {"point_to_point_sigma_ppm": 95.0, "expected_photon_ppm": 80.0}
    (panel,) = aperture_scan([plotted_curve(metrics=metrics, **SCAN)])
    assert entries(panel) == [
        "sum over the aperture",
        "archive's aperture",
        "our light curve",
        "photon noise",
    ]
    assert panel.axes[0].y.low <= 80.0
    assert panel.axes[0].y.high >= 300.0
    assert titles_in(drawn(panel))[1] == "1.5 pixels: 100 ppm"
    assert aperture_scan([plotted_curve()]) == []
