"""Plots of light curves that are hard to plot: they must not fail, and show what is odd."""

from types import SimpleNamespace

import numpy as np
import pytest

from scripts.lib.report.curve_plots import light_curve_map, noise_spectrum, scatter
from scripts.lib.report.plot_style import colour_scale, new_figure, save

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
