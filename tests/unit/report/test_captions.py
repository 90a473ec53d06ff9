"""Texts of the plots: each plot has them, and they give the values."""

import pytest
from scripts.lib.report.curve_plots import DRAW

from scripts.lib.instruments.branches import PLOTS
from scripts.lib.report.captions import CAPTIONS, TITLES, description

CURVE = {
    "detector": "NRS1",
    "order": 1,
    "scatter_ppm": 150.0,
    "cadence_s": 20.0,
    "ratio_to_photon": 1.25,
    "ratio_to_error": None,
    "beta_10_30_min": None,
    "dip": {"depth_ppm": 10400.4},
    "median_element_ratio_to_photon": 1.125,
    "tilt_events": [{}, {}],
    "flags": {"aperture": {"outlier_fraction": 0.00042}},
}
NOISE = "NRS1: scatter 150 ppm per integration of 20 s, 1.25 times photon noise."
BARE = CURVE | {
    "dip": None,
    "median_element_ratio_to_photon": None,
    "tilt_events": None,
    "flags": {"aperture": {"outlier_fraction": None}},
}


def test_every_plot_has_title_caption_and_drawing():
    plots = {name for names in PLOTS.values() for name in names}
    assert plots == set(TITLES) == set(CAPTIONS) == set(DRAW)


def test_images_have_the_plots_that_need_no_wavelength():
    assert set(PLOTS["spectroscopy"]) - set(PLOTS["imaging"]) == {
        "light_curve_map",
        "noise_spectrum",
    }


@pytest.mark.parametrize(
    ("name", "known", "unknown"),
    [
        (
            "white_light",
            f"A transit or eclipse of 10400 ppm was found. {NOISE}",
            "No transit or eclipse was found.",
        ),
        ("time_averaging", NOISE, NOISE),
        ("noise_spectrum", "The median column has 1.12 times photon noise.", "against wavelength."),
        ("scatter", NOISE, NOISE),
        ("position", "2 sudden jumps were found.", "No sudden jump was found."),
        ("outliers", "0.042 % of the samples in the aperture are flagged.", "against time."),
    ],
)
def test_descriptions_give_the_values_that_are_known(name, known, unknown):
    assert description(name, [CURVE]).endswith(known)
    assert unknown in description(name, [BARE])
    assert not description(name, [BARE]).endswith(" ")


def test_description_is_of_all_light_curves():
    text = description("noise_spectrum", [CURVE, CURVE | {"median_element_ratio_to_photon": 2.0}])
    assert text.endswith("The median column has 1.12 and 2.00 times photon noise.")
