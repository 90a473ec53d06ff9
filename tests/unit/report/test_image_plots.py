"""Plots of images: what is drawn is where the arrays say."""

import re

import numpy as np
import pytest

from scripts.lib.report.image_plots import (
    cross_section,
    median_frame,
    outliers,
    reference,
    tilt_frames,
)
from tests.support.plotted import (
    ELEMENTS,
    ROWS,
    drawn,
    entries,
    plotted_curve,
    plotted_star,
    texts_in,
    titles_in,
)


def test_star_has_its_circles_and_surroundings():
    (panel,) = median_frame([plotted_star()])
    assert entries(panel) == ["aperture", "background", "centre"]
    # 2 times the outer radius and 2 pixels, within the image.
    axes = panel.axes[0]
    assert (axes.x.low, axes.x.high, axes.y.low, axes.y.high) == (-0.5, 26.5, -0.5, 23.5)
    radii = [float(r) for r in re.findall(' r="([^"]+)"', axes.inside.svg())]
    assert radii == pytest.approx([size * axes.width / 27.0 for size in (2.0, 4.0, 6.0)], rel=1e-3)
    # Pixels are square.
    assert axes.width / 27.0 == pytest.approx(axes.height / 24.0)


def test_spectrum_has_its_regions_and_trace():
    (panel,) = median_frame([plotted_curve()])
    assert entries(panel) == ["aperture", "background", "trace"]
    texts = texts_in(drawn(panel))
    assert {"Column x (pixels)", "Row y (pixels)", "Median (MJy/sr)"} <= set(texts)


def test_spectrum_along_columns_is_transposed():
    arrays = {"across": np.array(1)}
    names = ("median", "aperture", "background", "noise", "profile")
    arrays |= {name: plotted_curve().arrays[name].T for name in names}
    (panel,) = median_frame([plotted_curve(**arrays)])
    assert panel.x.high == ELEMENTS - 0.5
    assert {"Row y (pixels)", "Column x (pixels)"} <= set(texts_in(drawn(panel)))


def test_colours_reach_the_brightest_of_the_aperture():
    one = plotted_curve()
    one.arrays["median"][20] = 99.0
    (panel,) = median_frame([one])
    assert panel.axes[0].colours[0].high == pytest.approx(1.1)


@pytest.mark.parametrize("values", [np.nan, 0.0])
def test_an_image_without_contrast_is_drawn(values):
    (panel,) = median_frame([plotted_star(median=np.full((ROWS, 30), values))])
    scale = panel.axes[0].colours[0]
    assert scale.low < scale.high


def test_orders_of_a_detector_share_an_image_and_detectors_do_not():
    (panel,) = median_frame([plotted_curve("NIS", 1), plotted_curve("NIS", 2)])
    assert entries(panel) == ["order 1", "order 2"]
    panels = median_frame([plotted_curve("NRS1"), plotted_curve("NRS2")])
    assert [panel.title for panel in panels] == ["NRS1", "NRS2"]


def test_a_cut_through_a_trace_has_three_parts_and_the_aperture():
    (panel,) = cross_section([plotted_curve()])
    assert entries(panel) == ["aperture", "background", "first third", "middle third", "last third"]
    titles = titles_in(drawn(panel))
    assert "+0 rows: 1 of the peak" in titles
    # A Gaussian of 1.5 pixels: exp(-0.5 (3 / 1.5)^2).
    assert "+3 rows: 0.135 of the peak" in titles


def test_a_cut_without_a_background_region_is_less_its_farthest_rows():
    one = plotted_curve(background=np.zeros((ROWS, ELEMENTS)))
    one.arrays["median"] = one.arrays["median"] + 50.0
    (panel,) = cross_section([one])
    assert "+3 rows: 0.135 of the peak" in titles_in(drawn(panel))


def test_a_cut_through_a_star_is_against_the_distance():
    (panel,) = cross_section([plotted_star()])
    assert entries(panel) == ["background", "aperture", "pixels"]
    assert "column 12, row 10: 1 of the peak" in titles_in(drawn(panel))


@pytest.mark.parametrize("make", [plotted_curve, plotted_star])
def test_without_light_there_is_no_cut(make):
    shape = make().arrays["median"].shape
    assert cross_section([make(median=np.full(shape, np.nan))]) == []
    assert cross_section([make(median=np.zeros(shape))]) == []


def test_an_image_that_is_summed_as_a_whole_has_no_cut():
    arrays = {"trace": None, "aperture": np.ones((ROWS, ELEMENTS))}
    assert cross_section([plotted_curve("NRCB1", 0, **arrays)]) == []
    (panel,) = median_frame([plotted_curve("NRCB1", 0, **arrays)])
    assert entries(panel) == ["background"]


def test_flags_are_counted_on_maps_of_one_scale():
    one = plotted_curve()
    one.arrays["outlier_map"][3] = 9
    one.arrays["own_outlier_map"][5, 6] = 8
    first, second = outliers([one])
    assert (first.title, second.title) == ("NRS1, archive's flags", "NRS1, our outliers")
    scales = [panel.axes[0].colours[0] for panel in (first, second)]
    assert scales[0] == scales[1]
    assert (scales[0].low, scales[0].high, scales[0].kind) == (0.0, 9.0, "count")


@pytest.mark.parametrize("make", [plotted_curve, plotted_star])
def test_the_profile_is_drawn_next_to_the_noise_of_the_pixels(make):
    one = make()
    one.arrays["profile"][10, 12] = 0.25
    one.arrays["noise"][4:10] = 3.0
    profile, noise = reference([one])
    assert profile.axes[0].colours[0].high == 0.25
    assert (noise.axes[0].colours[0].low, noise.axes[0].colours[0].high) == (1.0, 3.0)


def test_profiles_of_orders_are_drawn_in_one_image():
    first, second = plotted_curve("NIS", 1), plotted_curve("NIS", 2)
    first.arrays["profile"][5], second.arrays["profile"][9] = 0.5, 0.25
    assert len(reference([first, second])) == 2


def test_a_visit_without_a_profile_has_no_such_plot():
    assert reference([plotted_curve()]) == []


def test_frames_at_a_jump_are_drawn_with_their_difference():
    before, after = np.zeros((2, ROWS, ELEMENTS))
    before[10], after[11] = 5.0, 5.0
    tilts = [{"integration": 4 + k, "before": before, "after": after} for k in range(3)]
    panels = tilt_frames([plotted_curve(tilts=tilts)])
    assert [panel.title for panel in panels[:3]] == [
        "NRS1, integration 4: before",
        "NRS1, integration 4: after",
        "NRS1, integration 4: after − before",
    ]
    assert len(panels) == 6
    scale = panels[2].axes[0].colours[0]
    assert scale.low == -scale.high
    assert tilt_frames([plotted_curve()]) == []
