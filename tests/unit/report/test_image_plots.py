"""Plots of images: what is drawn is where the arrays say."""

from types import SimpleNamespace

import numpy as np
import pytest

from scripts.lib.report.image_plots import median_frame, outliers, reference


def curve(detector="NRCB1", order=0, **arrays):
    """A light curve of a star at x = 12, y = 10 in 24 rows of 30 pixels."""
    found = {
        "median": np.arange(720.0).reshape(24, 30),
        "unit": np.array("MJy/sr"),
        "outlier_map": np.zeros((24, 30), int),
        "own_outlier_map": np.zeros((24, 30), int),
        "profile": np.full((24, 30), np.nan),
        "noise": np.ones((24, 30)),
        "outlier_fractions": np.array([[0.0, 0.1, 0.2]] * 5),
    }
    star = {"centre": np.array([12.0, 10.0]), "radii": np.array([2.0, 4.0, 6.0])}
    return SimpleNamespace(
        name=f"{detector} order {order}" if order > 1 else detector,
        metrics={"detector": detector, "order": order},
        arrays=found | (arrays or star),
        hours=np.arange(5.0),
        axis_label="Time (h)",
    )


def spectrum(detector="NIS", order=1, **arrays):
    """A light curve of a spectrum in rows 4 to 7."""
    aperture = np.zeros((24, 30))
    aperture[4:8] = 1.0
    background = np.zeros((24, 30))
    background[12:] = 1.0
    trace = np.full(30, 5.5)
    regions = {"aperture": aperture, "background": background, "trace": trace}
    return curve(detector, order, **regions, **arrays)


def labels(axis):
    """Labels of the legend."""
    return axis.get_legend_handles_labels()[1]


def test_star_has_its_circles_and_surroundings():
    axis = median_frame([curve()]).axes[0]
    assert [patch.radius for patch in axis.patches] == [2.0, 4.0, 6.0]
    assert {tuple(patch.center) for patch in axis.patches} == {(12.0, 10.0)}
    assert labels(axis) == ["aperture", "background", "centre"]
    # 2 times the outer radius and 2 pixels, within the image.
    assert axis.get_xlim() == (-0.5, 26.0)
    assert axis.get_ylim() == (-0.5, 23.5)


def test_spectrum_has_its_regions_and_trace():
    axis = median_frame([spectrum()]).axes[0]
    assert labels(axis) == ["aperture", "background", "trace"]
    trace = next(line for line in axis.lines if line.get_label() == "trace")
    np.testing.assert_array_equal(trace.get_ydata(), 5.5)
    np.testing.assert_array_equal(axis.images[0].get_array(), np.arange(720.0).reshape(24, 30))
    assert (axis.get_xlabel(), axis.get_ylabel()) == ("Column x (pixels)", "Row y (pixels)")


def test_spectrum_along_columns_is_transposed():
    axis = median_frame([spectrum(across=np.array(1))]).axes[0]
    np.testing.assert_array_equal(axis.images[0].get_array(), np.arange(720.0).reshape(24, 30).T)
    assert (axis.get_xlabel(), axis.get_ylabel()) == ("Row y (pixels)", "Column x (pixels)")


def test_a_region_of_all_or_no_pixels_has_no_border():
    one = spectrum()
    one.arrays["aperture"] = np.ones((24, 30))
    one.arrays["background"] = np.zeros((24, 30))
    axis = median_frame([one]).axes[0]
    assert labels(axis) == ["trace"]


def test_orders_of_a_detector_share_an_image_and_detectors_do_not():
    figure = median_frame([spectrum(order=1), spectrum(order=2)])
    images = [axis for axis in figure.axes if axis.images]
    assert [labels(axis) for axis in images] == [["order 1", "order 2"]]
    assert images[0].get_title(loc="left") == "NIS"
    figure = median_frame([spectrum("NRS1"), spectrum("NRS2")])
    images = [axis for axis in figure.axes if axis.images]
    assert [axis.get_title(loc="left") for axis in images] == ["NRS1", "NRS2"]


@pytest.mark.parametrize("values", [np.nan, 0.0])
def test_an_image_without_contrast_is_drawn(values):
    one = curve()
    one.arrays["median"] = np.full((24, 30), values)
    low, high = median_frame([one]).axes[0].images[0].get_clim()
    assert low < high


@pytest.mark.parametrize("make", [curve, spectrum])
def test_flags_are_counted_on_the_map_and_in_per_cent_against_time(make):
    one = make()
    one.arrays["outlier_map"][3, 4] = 9
    one.arrays["own_outlier_map"][5, 6] = 8
    figure = outliers([one])
    upper, middle, lower = figure.axes[:3]
    assert upper.images[0].get_array()[3, 4] == 9
    assert middle.images[0].get_array()[5, 6] == 8
    titles = [axis.get_title(loc="left") for axis in (upper, middle)]
    assert titles == [f"{one.name}, archive", f"{one.name}, ours"]
    assert labels(lower) == ["aperture", "wings", "background"]
    for line, percent in zip(lower.lines, (0.0, 10.0, 20.0), strict=True):
        np.testing.assert_allclose(line.get_ydata(), percent)
        np.testing.assert_array_equal(line.get_xdata(), np.arange(5.0))
    assert lower.get_ylim() == (0.0, pytest.approx(24.0))


def test_flags_of_other_integrations_are_not_drawn():
    one = curve()
    one.arrays["outlier_fractions"] = one.arrays["outlier_fractions"][:3]
    lower = outliers([one]).axes[2]
    assert [text.get_text() for text in lower.texts] == ["not known"]
    assert len(lower.lines) == 0


@pytest.mark.parametrize("make", [curve, spectrum])
def test_the_profile_is_drawn_next_to_the_noise_of_the_pixels(make):
    one = make()
    one.arrays["profile"][10, 12] = 0.25
    one.arrays["noise"][4, 5] = 3.0
    one.arrays["noise"][6, 7] = np.nan
    left, right = (axis for axis in reference([one]).axes if axis.images)
    assert left.images[0].get_array()[10, 12] == 0.25
    assert left.images[0].get_clim() == (0.0, 0.25)
    assert right.images[0].get_array()[4, 5] == 3.0
    assert right.images[0].get_array().mask[6, 7]
    assert right.images[0].get_clim()[0] == 1.0


def test_profiles_of_orders_are_drawn_in_one_image():
    first, second = spectrum(order=1), spectrum(order=2)
    first.arrays["profile"][5], second.arrays["profile"][9] = 0.5, 0.25
    left = next(axis for axis in reference([first, second]).axes if axis.images)
    image = left.images[0].get_array()
    assert (image[5, 3], image[9, 3]) == (0.5, 0.25)
    assert image.mask[0, 0]


def test_a_visit_without_a_profile_is_drawn():
    one = curve()
    one.arrays["noise"] = np.full((24, 30), np.nan)
    assert len([axis for axis in reference([one]).axes if axis.images]) == 2
