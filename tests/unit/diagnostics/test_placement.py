import numpy as np
import pytest

from scripts.lib.diagnostics.placement import (
    image_placement,
    placement_findings,
    placement_metrics,
    trace_placement,
)

ROWS, COLUMNS = 40, 64


def trace(centre, width=2.0, background=0.0, slope=0.0):
    """Image of a trace along x, (40, 64)."""
    y = np.arange(ROWS)[:, None] - centre - slope * (np.arange(COLUMNS) - COLUMNS / 2)
    return 100.0 * np.exp(-0.5 * (y / width) ** 2) + background


def box(first, last):
    weights = np.zeros((ROWS, COLUMNS))
    weights[first : last + 1] = 1.0
    return weights


@pytest.mark.parametrize("across", [0, 1])
@pytest.mark.parametrize("background", [0.0, 50.0])
def test_a_trace_in_the_middle_of_its_aperture(across, background):
    image, aperture = trace(20.0, background=background), box(14, 26)
    if across == 1:
        image, aperture = image.T, aperture.T
    found = trace_placement(image, aperture, across)
    assert found["trace_offset_pix"] == pytest.approx(0.0, abs=0.01)
    assert found["aperture_share"] == pytest.approx(1.0, abs=0.01)
    assert list(placement_findings(found | {"aperture_width_pix": 13.0})) == []


@pytest.mark.parametrize("offset", [4, 6, 10, 13])
def test_an_aperture_next_to_the_trace(offset):
    metrics = {"median": trace(20.0, width=2.0), "aperture": box(14 + offset, 26 + offset)}
    found = placement_metrics(metrics | {"across": np.array(0)})
    assert found["trace_offset_pix"] == pytest.approx(-offset, abs=0.1)
    light = trace(20.0, width=2.0)[:, 0]
    share = light[14 + offset : 27 + offset].sum() / light.sum()
    assert found["aperture_share"] == pytest.approx(share, abs=0.01)
    (text,) = placement_findings(found)
    assert text.startswith(
        f"the trace is -{offset}.0 pixels from the middle of the aperture, which"
    )


def test_a_tilted_trace_is_followed():
    found = trace_placement(trace(20.0, slope=0.05), box(14, 26), 0)
    assert found["trace_offset_pix"] == pytest.approx(0.0, abs=0.15)


def test_missing_pixels_and_the_trace_of_another_order_do_not_matter():
    image = trace(12.0) + 3.0 * trace(38.5)
    image[::3, ::2] = np.nan
    found = trace_placement(image, box(7, 17), 0, single=False)
    assert found["trace_offset_pix"] == pytest.approx(0.0, abs=0.3)
    assert found["aperture_share"] is None


def test_without_light_nothing_is_known():
    unknown = {"trace_offset_pix": None, "aperture_share": None}
    assert trace_placement(np.full((ROWS, COLUMNS), np.nan), box(3, 5), 0) == unknown
    assert trace_placement(trace(20.0), np.zeros((ROWS, COLUMNS)), 0) == unknown
    assert trace_placement(trace(20.0), np.zeros((2, 2)), 0) == unknown
    assert list(placement_findings(unknown)) == []


def stars(*positions, flux=1000.0):
    """Image (64, 64) of stars with noise of 1."""
    y, x = np.indices((64, 64))
    image = np.random.default_rng(1).normal(10.0, 1.0, (64, 64))
    for x0, y0 in positions:
        image += flux / (2 * np.pi) * np.exp(-0.5 * ((x - x0) ** 2 + (y - y0) ** 2))
    return image


def test_a_star_in_its_aperture():
    found = image_placement(stars((31, 32)), (31, 32), 3.0, (31.5, 31.5), 41)
    assert found["planned_distance_pix"] == pytest.approx(np.sqrt(0.5))
    assert found["star_significance"] > 100
    assert found["other_light"] is None
    assert list(placement_findings(found | {"aperture_radius_pix": 3.0})) == []


def test_an_aperture_between_two_stars():
    median = stars((24, 32), (38, 32))
    statistics = {"median": median, "aperture": median, "centre": np.array([31, 32])}
    statistics["radii"] = np.array([3.0, 4.0, 5.0])
    found = placement_metrics(statistics, planned=(24, 32), box=41)
    assert found["other_distance_pix"] == pytest.approx(7.0, abs=1.0)
    assert found["planned_distance_pix"] == 7.0
    (text,) = placement_findings(found)
    assert "7.0 pixels from the planned position" in text
    assert text.endswith(
        "another source is in the box in which the star is searched; see "
        "tso_photometry/search_box_width"
    )


def test_a_source_beyond_the_box_does_not_matter():
    found = image_placement(stars((20, 32), (50, 32)), (20, 32), 3.0, (20, 32), 41)
    assert found["other_light"] is None
    found = image_placement(stars((20, 32), (50, 32)), (20, 32), 3.0)
    assert found["other_light"] == pytest.approx(1.0, abs=0.1)


def test_a_detector_without_a_star():
    found = image_placement(stars(), (31, 32), 3.0, (31, 32), 41)
    assert abs(found["star_significance"]) < 5
    (text,) = placement_findings(found)
    assert text.startswith("there is no star in the aperture, 0.0 pixels from the planned position")


def test_an_aperture_far_from_the_planned_position():
    found = image_placement(stars((31, 32)), (31, 32), 3.0, (21, 32), 41)
    (text,) = placement_findings(found | {"aperture_radius_pix": 3.0})
    assert text == "the aperture is 10.0 pixels from the planned position"


def test_images_that_are_summed_as_a_whole_have_no_aperture():
    assert placement_metrics({"median": stars(), "aperture": np.ones((64, 64))}) == {}
