"""Plots against wavelength that are hard to plot: they must not fail, and show what is unusual."""

import numpy as np
import pytest

from scripts.lib.report.spectrum_plots import (
    binned_light_curves,
    light_curve_map,
    median_spectrum,
    noise_spectrum,
)
from tests.support.plotted import (
    COUNT,
    ELEMENTS,
    SIGMA,
    drawn,
    entries,
    plotted_curve,
    texts_in,
    titles_in,
)

LOST = {"spectrum": np.full(ELEMENTS, np.nan), "element_noise": np.full(ELEMENTS, np.nan)}


def test_spectrum_has_unit_error_and_titles():
    (panel,) = median_spectrum([plotted_curve()])
    assert panel.axes[0].y_label == "Flux (Jy)"
    assert entries(panel) == ["error of an integration", "median spectrum"]
    titles = titles_in(drawn(panel))
    assert len(titles) == ELEMENTS
    assert titles[0] == "pixel 0, 2.0000 µm, 4 ± 0.004 Jy"


def test_small_fluxes_have_a_power_of_ten():
    (panel,) = median_spectrum([plotted_curve(spectrum=np.full(ELEMENTS, 4e-9), flux_unit="MJy")])
    assert panel.axes[0].y_label == "Flux (10⁻⁹ MJy)"
    assert titles_in(drawn(panel))[0] == "pixel 0, 2.0000 µm, 4 ± 0.004 10⁻⁹ MJy"


def test_cross_of_a_bad_column_is_within_the_plot():
    noise = np.full(ELEMENTS, SIGMA)
    noise[7] = 50 * SIGMA
    metrics = {"worse_elements": [{"element": 7}]}
    (panel,) = noise_spectrum([plotted_curve(metrics=metrics, element_noise=noise)])
    assert "bad columns" in entries(panel)
    wavelength = np.linspace(2.0, 1.0, ELEMENTS)[7]
    (title,) = titles_in(drawn(panel))
    assert title == f"bad column: pixel 7, {wavelength:.4f} µm, 50000 ppm"


@pytest.mark.parametrize("draw", [median_spectrum, noise_spectrum, light_curve_map])
def test_curve_without_any_flux_is_left_out(draw):
    lost = plotted_curve("NRS2", map=np.full((COUNT, ELEMENTS), np.nan), **LOST)
    assert draw([lost]) == []
    (panel,) = draw([lost, plotted_curve()])
    assert panel.title == "NRS1"


def test_compared_noise_has_one_scale():
    first, second = noise_spectrum([plotted_curve(), plotted_curve("NRS2")])
    assert first.axes[0].y == second.axes[0].y


def places(panel):
    """Wavelengths and pixels at the axes of a map, and where they are."""
    below = {text: value for value, text in panel._ticks}
    return below, {text: value for value, text in panel.above[0]}


def test_wavelength_ascends_from_left_to_right_and_pixels_are_above():
    (panel,) = light_curve_map([plotted_curve()])
    below, above = places(panel)
    assert below["1.0"] == pytest.approx(0.0)
    assert below["2.0"] == pytest.approx(ELEMENTS - 1.0)
    assert above["0"] == pytest.approx(ELEMENTS - 1.0)
    assert above["30"] == pytest.approx(ELEMENTS - 31.0)
    assert "seam of segments" in entries(panel)
    assert "Time (h)" in texts_in(drawn(panel))


def test_wavelengths_are_where_they_are_of_unequal_steps():
    wavelength = np.linspace(1.0, 3.0, ELEMENTS) ** 2
    (panel,) = light_curve_map([plotted_curve(wavelength=wavelength)])
    below, _ = places(panel)
    # The root of 4 is in the middle of 1 and 3.
    assert below["4"] == pytest.approx((ELEMENTS - 1) / 2.0, abs=0.1)


def test_colours_are_those_of_the_bright_part():
    shown = np.ones((COUNT, ELEMENTS))
    shown[:, :5], shown[::2, 5:] = 7.0, 0.5
    light = np.full(ELEMENTS, 4.0)
    light[:5] = 0.01
    (panel,) = light_curve_map([plotted_curve(map=shown, spectrum=light)])
    scale = panel.axes[0].colours[0]
    assert (scale.low, scale.high) == (0.5, 1.0)


def test_maps_that_are_compared_have_one_scale():
    other = plotted_curve("NRS2", map=2.0 * plotted_curve().arrays["map"])
    first, second = light_curve_map([plotted_curve(), other])
    assert first.axes[0].colours[0] == second.axes[0].colours[0]


def bins_of(curve, factor):
    """Bins in which the light curve has a factor at some integration."""
    flux = np.tile(curve.rows["flux_norm"][:, None], (1, 4))
    flux[4, 2] *= factor
    return {
        "wavelength": np.array([1.0, 1.2, 1.4, 1.6]),
        "flux": flux,
        "level": np.ones(4),
        "pixel": np.arange(4.0),
    }


def test_bins_are_drawn_with_and_without_white_light():
    curve = plotted_curve()
    curve.arrays["binned"] = bins_of(curve, 1.5)
    whole, rest = binned_light_curves([curve])
    assert (whole.title, rest.title) == ("NRS1, 4 bins", "NRS1, white light divided out")
    scale = rest.axes[0].colours[0]
    # Nothing is left but the one value, which does not set the scale.
    assert scale.low < 0.0 < scale.high < 1e3
    assert binned_light_curves([plotted_curve()]) == []
