"""Plots of light curves that are hard to plot: they must not fail, and show what is unusual."""

from types import SimpleNamespace

import numpy as np
import pytest
from scripts.lib.report.curve_plots import (
    light_curve_map,
    make_curves,
    mark_seams_and_jumps,
    noise_spectrum,
    scatter,
)

from scripts.lib.report.plot_style import new_figure

SIGMA = 1e-3


def curve(name="NRS1", **arrays):
    wavelength = np.linspace(2.0, 1.0, 40)
    noise = np.full(40, SIGMA)
    noise[7] = 50 * SIGMA
    found = {
        "wavelength": wavelength,
        "element_noise": noise,
        "element_error": np.full(40, SIGMA),
        "element_photon": np.full(40, 0.9 * SIGMA),
        "map": np.tile(np.arange(40.0), (5, 1)),
    }
    metrics = {"worse_elements": [{"element": 7}], "scatter_ppm": 100.0}
    return SimpleNamespace(
        name=name,
        arrays=found | arrays,
        metrics=metrics,
        hours=np.arange(5.0),
        axis_label="Time (h)",
    )


def test_cross_of_a_bad_column_is_within_the_plot():
    axis = noise_spectrum([curve()]).axes[0]
    crosses = next(line for line in axis.lines if line.get_marker() == "x")
    assert crosses.get_xdata().tolist() == [np.linspace(2.0, 1.0, 40)[7]]
    assert axis.get_ylim()[0] < crosses.get_ydata()[0] < axis.get_ylim()[1]


def test_wavelength_ascends_from_left_to_right():
    image = light_curve_map([curve()]).axes[0].images[0]
    left, right, _, _ = image.get_extent()
    assert (left, right) == (1.0, 2.0)
    np.testing.assert_array_equal(image.get_array()[0], np.arange(39.0, -1.0, -1.0))


def test_curve_without_any_flux_does_not_spoil_the_others():
    lost = curve("NRS2", element_noise=np.full(40, np.nan), map=np.full((5, 40), np.nan))
    limits = noise_spectrum([curve()]).axes[0].get_ylim()
    assert noise_spectrum([lost, curve()]).axes[0].get_ylim() == limits
    scale = light_curve_map([curve()]).axes[0].images[0].get_clim()
    assert light_curve_map([lost, curve()]).axes[0].images[0].get_clim() == scale
    assert noise_spectrum([lost]).axes[0].texts[0].get_text() == "too few integrations with flux"
    assert light_curve_map([lost]).axes[0].images[0].get_clim() == (0.0, 1.0)


@pytest.mark.parametrize(("largest", "scale"), [(2900.0, "linear"), (3100.0, "log")])
def test_scatter_of_very_different_curves_is_logarithmic(largest, scale):
    other = curve("other")
    other.metrics = {"scatter_ppm": largest}
    assert scatter([curve(), other]).axes[0].get_xscale() == scale


def test_seams_and_jumps_are_marked_where_they_are():
    one = curve()
    one.hours = np.arange(6.0)
    one.rows = {"segment": np.array([1, 1, 1, 2, 2, 2]), "integration": np.arange(1, 7)}
    one.metrics["tilt_events"] = [{"integration": 5}, {"integration": 99}]
    _, axes = new_figure(3.0)
    mark_seams_and_jumps(axes[0, 0], one)
    lines = {line.get_label(): line.get_xdata() for line in axes[0, 0].lines}
    # Between the third and fourth; the fifth; the last is not in the light curve.
    assert lines == {"seam": [2.5, 2.5], "jump": [4.0, 4.0]}


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
