import numpy as np
import pytest

from scripts.lib.light_curves import segment_statistics as module
from scripts.lib.light_curves.segment_statistics import (
    circle,
    count_flags,
    imaging_statistics,
    spectral_statistics,
)
from scripts.lib.segment_data.dq import DO_NOT_USE, OUTLIER
from tests.support.segment_cubes import SHAPE, Cube, cube, region


def flagged():
    """A segment of five integrations with three flagged samples."""
    flags = np.zeros(SHAPE, np.uint32)
    flags[1, 3, 7] = OUTLIER | DO_NOT_USE
    flags[2, 7, 9] = OUTLIER | DO_NOT_USE | 4
    flags[2, 0, 0] = DO_NOT_USE
    return cube(DQ=flags)


@pytest.mark.parametrize("block", [1, 1 << 24])
def test_flags_count_in_every_aperture_that_has_the_pixel(monkeypatch, block):
    monkeypatch.setattr(module, "_BLOCK_BYTES", block)
    arrays = count_flags(flagged(), [region("1", 2, 8), region("2", 6, 12)])
    np.testing.assert_array_equal(arrays["1/outliers"][:, 0], [0, 1, 1, 0, 0])
    np.testing.assert_array_equal(arrays["2/outliers"][:, 0], [0, 0, 1, 0, 0])
    # Row 3 is in the wings of the second, which reach 3 pixels beyond it.
    np.testing.assert_array_equal(arrays["2/outliers"][:, 1], [0, 1, 0, 0, 0])
    # Row 0 is in the wings of the first, and in the background of the second.
    np.testing.assert_array_equal(
        arrays["1/invalid"], [[0] * 3, [1, 0, 0], [1, 1, 0], *[[0] * 3] * 2]
    )
    np.testing.assert_array_equal(
        arrays["2/invalid"], [[0] * 3, [0, 1, 0], [1, 0, 1], *[[0] * 3] * 2]
    )
    assert arrays["1/class_sizes"].tolist() == [6 * 40, 5 * 40, 9 * 40]
    places = {name: np.argwhere(arrays[name]).tolist() for name in ("outlier_map", "invalid_map")}
    assert places == {"outlier_map": [[3, 7], [7, 9]], "invalid_map": [[0, 0], [3, 7], [7, 9]]}


def test_segment_without_an_aperture_still_has_its_flags(caplog):
    arrays = spectral_statistics(flagged(), Cube())
    assert "no aperture is known" in caplog.text
    assert arrays["all/class_sizes"].tolist() == [0, 0, 800]
    assert arrays["all/outliers"].sum(axis=0).tolist() == [0, 0, 2]
    assert arrays["all/pixels"].shape == (0,)


def test_statistics_of_spectra_have_the_pixels_that_are_summed():
    weights = np.zeros((2, *SHAPE[1:]), np.float32)
    weights[0, 2:8, 3:] = 1.0
    weights[1, 15:] = 1.0
    arrays = spectral_statistics(flagged(), Cube(APERTURE=weights))
    assert arrays["across"] == 0
    np.testing.assert_array_equal(arrays["all/aperture"], weights[0])
    np.testing.assert_array_equal(arrays["all/background"], weights[1])
    np.testing.assert_array_equal(arrays["all/pixels"], np.arange(3, 40))
    assert arrays["all/class_sizes"][0] == 6 * 37


class Photometry:
    """Table of a segment's photometry with the aperture on one pixel."""

    def read_columns(self, name, columns):
        return {"aperture_x": np.array([20.0, 20.0, np.nan]), "aperture_y": np.full(3, 10.0)}


RADII = {"radius": 1.5, "radius_inner": 3.0, "radius_outer": 6.0}


def test_statistics_of_images_are_those_of_the_circle():
    arrays = imaging_statistics(cube("NRC_TSIMAGE"), Photometry(), RADII)
    assert arrays["all/aperture"].sum() == pytest.approx(2.25 * np.pi)
    assert arrays["all/aperture"][10, 20] == 1.0
    assert arrays["all/background"].sum() == pytest.approx((36 - 9) * np.pi, rel=0.1)
    np.testing.assert_array_equal(arrays["all/centre"], [20.0, 10.0])
    np.testing.assert_array_equal(arrays["all/radii"], [1.5, 3.0, 6.0])
    assert arrays["all/class_sizes"].sum() == 800


def test_images_that_are_summed_as_a_whole_have_no_circle():
    member = cube("NRC_TSIMAGE")
    member.primary["PUPIL"] = "WLP8"
    member.primary["SUBARRAY"] = "SUB64P"
    arrays = imaging_statistics(member, Photometry(), RADII)
    assert (arrays["all/aperture"] == 1.0).all()
    assert not arrays["all/background"].any()
    assert "all/centre" not in arrays


def test_circle_has_the_area_of_a_circle():
    weights = circle((20, 20), 9.3, 10.1, 3.0)
    assert weights.sum() == pytest.approx(9 * np.pi)
    assert weights.max() == 1.0
