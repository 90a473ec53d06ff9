"""Texts of the plots: each plot has them, they give the values, and speak of what is drawn only."""

import numpy as np
import pytest

from scripts.lib.instruments.branches import PLOTS
from scripts.lib.report.captions import TITLES, caption, description
from scripts.lib.report.curves import shown_integrations
from tests.support.plotted import COUNT, plotted_curve, plotted_rows, plotted_star

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
ALL = [name for name in TITLES if name in PLOTS["spectroscopy"]]


def test_every_plot_has_title_and_caption():
    assert {name for names in PLOTS.values() for name in names} == set(TITLES)
    for name in ALL:
        assert caption(name, [plotted_curve()]).endswith(".")


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
        ("flags", "0.042 % of the samples in the aperture are flagged.", "against time."),
        ("outliers", "Where outliers are.", "Where outliers are."),
    ],
)
def test_descriptions_give_the_values_that_are_known(name, known, unknown):
    assert description(name, [CURVE]).endswith(known)
    assert unknown in description(name, [BARE])
    assert not description(name, [BARE]).endswith(" ")


def test_description_is_of_all_light_curves():
    text = description("noise_spectrum", [CURVE, CURVE | {"median_element_ratio_to_photon": 2.0}])
    assert text.endswith("The median column has 1.12 and 2.00 times photon noise.")


def still(count=COUNT, **metrics):
    """A curve of one segment without flags."""
    rows = {"segment": np.ones(count, int), "quality": np.zeros(count, int)}
    return plotted_curve(count=count, rows=plotted_rows(count, **rows), metrics=metrics)


@pytest.mark.parametrize(
    ("name", "sentence", "curve"),
    [
        ("white_light", "Dashed lines: seams", plotted_curve()),
        ("white_light", "Crosses: integrations with a flag", plotted_curve()),
        ("white_light", "Dotted lines: sudden jumps", still(tilt_events=[{"integration": 4}])),
        ("white_light", "Black: means of neighbours", still(240)),
        ("white_light", "every 3rd is drawn, and all that have a flag.", still(4000)),
        ("flags", "Numbers: integrations", still(bursts=[{"integration": 4, "fraction": 0.5}])),
        ("noise_spectrum", "Crosses: columns", still(worse_elements=[{"element": 4}])),
        ("light_curve_map", "Dashed lines: seams", plotted_curve()),
    ],
)
def test_captions_speak_of_what_is_drawn_only(name, sentence, curve):
    assert sentence in caption(name, [curve])
    assert sentence not in caption(name, [still()])


def test_too_many_flags_are_not_said_to_be_drawn():
    rows = plotted_rows(4000, segment=np.ones(4000, int), quality=np.ones(4000, int))
    curve = plotted_curve(count=4000, rows=rows)
    assert len(shown_integrations(curve)) == 1334
    text = caption("position", [curve])
    assert "every 3rd is drawn; flags are more than 1500, and not drawn besides." in text
    assert "all that have a flag" not in text


def test_the_sample_of_the_apertures_is_that_of_each_curve():
    one, other = (plotted_curve() for _ in range(2))
    one.arrays.update(scan_sample="150 neighbouring integrations")
    other.arrays.pop("scan_sample", None)
    # The first curve may have none.
    assert ", in 150 neighbouring integrations." in caption("aperture_scan", [other, one])
    assert ", in 150 neighbouring integrations." in caption("aperture_scan", [one, one])
    other.arrays.update(scan_sample="40 neighbouring integrations")
    object.__setattr__(other, "name", "NRS2")
    text = caption("aperture_scan", [one, other])
    assert f"150 neighbouring integrations ({one.name}), 40 neighbouring" in text
    assert "(NRS2)" in text


def test_captions_of_images_are_those_of_their_branch():
    star, spectrum = caption("cross_section", [plotted_star()]), caption("cross_section", [still()])
    assert "around the star" in star
    assert "across the dispersion" in spectrum
    assert "background region" in caption("median_frame", [plotted_star()])
    bare = plotted_star(background=np.zeros((24, 30)))
    assert "background region" not in caption("median_frame", [bare])


def test_caption_of_the_spectrum_says_which_aperture_correction_there_is():
    assert caption("median_spectrum", [still()]).endswith("without an aperture correction.")
    text = caption("median_spectrum", [still()], "apcorr.fits")
    assert text.endswith("the archive's _x1dints has that of apcorr.fits.")
    # The root of 240 over 1.2533.
    assert "is 12 times smaller" in caption("median_spectrum", [still(240)])
