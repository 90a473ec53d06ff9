import subprocess
import sys

import pytest

from scripts.lib.checks.photometry import (
    aperture_errors,
    gain_errors,
    option_errors,
    segment_errors,
)
from scripts.lib.fits.headers import Hdu
from tests.support.imaging_segments import OPTIONS, PRIMARY, SCI

SHAPE = (32, 30)


def hdu(name, header, shape=()):
    return Hdu(name, 1, header, [], 0, 0, 0, shape)


def segment_hdus(primary=None, err="MJy/sr", **sci):
    """Headers of a segment; None leaves a keyword out."""
    headers = [PRIMARY | (primary or {}), SCI | sci, {"BUNIT": err}]
    headers = [{k: v for k, v in header.items() if v is not None} for header in headers]
    cube = (5, *SHAPE)
    return [hdu("PRIMARY", headers[0]), hdu("SCI", headers[1], cube), hdu("ERR", headers[2], cube)]


def gain_hdus(shape=(2048, 2048), corner=(1, 1), instrument="NIRCAM"):
    """Headers of a gain reference with the corner (x, y)."""
    primary = {"INSTRUME": instrument}
    if corner:
        primary |= {"SUBSTRT1": corner[0], "SUBSTRT2": corner[1]}
    return [hdu("PRIMARY", primary), hdu("SCI", {}, shape)]


def errors(hdus, gain=None, **options):
    gain_path = "gain.fits" if gain else None
    found = segment_errors("seg.fits", hdus, OPTIONS | options, gain_path, gain)
    assert all(error.severity == "error" for error in found)
    return list(map(str, found))


def test_nothing_but_the_standard_library_is_imported():
    code = (
        "import sys, scripts.lib.checks.photometry as checks;"
        "assert not {'numpy', 'astropy', 'scipy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


class TestSegment:
    def test_no_errors(self):
        assert errors(segment_hdus()) == []
        assert errors(segment_hdus(BUNIT="DN/s"), gain_hdus()) == []
        assert errors(segment_hdus(BUNIT="mJy", PIXAR_SR=None)) == []

    @pytest.mark.parametrize("keyword", ["XREF_SCI", "YREF_SCI", "BUNIT", "PIXAR_SR"])
    @pytest.mark.parametrize("value", [None, True, " "])
    def test_keyword_of_the_samples(self, keyword, value):
        (line,) = errors(segment_hdus(**{keyword: value}))
        assert line.startswith(f"seg.fits: {keyword} in SCI: found {value!r}, expected the ")

    def test_nan_is_no_position(self):
        (line,) = errors(segment_hdus(XREF_SCI=float("nan")))
        assert "XREF_SCI in SCI: found nan" in line

    def test_position_in_the_array(self):
        rows, columns = SHAPE
        assert errors(segment_hdus(XREF_SCI=0.5, YREF_SCI=rows + 0.5)) == []
        first, second = errors(segment_hdus(XREF_SCI=columns + 0.6, YREF_SCI=0))
        expected = f"expected a position in the array, 0.5 to {columns}.5"
        assert first == f"seg.fits: XREF_SCI in SCI: found {columns + 0.6}, {expected}"
        assert "YREF_SCI in SCI: found 0, expected a position in the array" in second

    def test_unit_of_the_errors(self):
        (line,) = errors(segment_hdus(err=None))
        assert line == "seg.fits: BUNIT in ERR: found None, expected the unit of the samples"

    def test_time_of_an_integration(self):
        (line,) = errors(segment_hdus({"EFFINTTM": None}, BUNIT="DN/s"), gain_hdus())
        assert line == "seg.fits: EFFINTTM: found None, expected the time of an integration [s]"
        assert errors(segment_hdus({"EFFINTTM": None})) == []

    def test_no_gain(self):
        (line,) = errors(segment_hdus(BUNIT="DN/s"))
        assert line == (
            "config: references/gain: found null, expected a gain reference: "
            "seg.fits has BUNIT DN/s"
        )

    def test_gain_of_a_wrong_shape(self):
        (line,) = errors(segment_hdus(BUNIT="DN/s"), gain_hdus((32, 30)))
        assert line.startswith("gain.fits: SCI: found shape (32, 30) with corner SUBSTRT1=1")

    def test_a_gain_that_is_not_used_is_not_checked(self):
        assert errors(segment_hdus(), gain_hdus((3,))) == []

    def test_aperture(self):
        (line,) = errors(segment_hdus(), radius=15.5)
        assert line.startswith("seg.fits: tso_photometry/radius: found 15.5, expected at most 15:")

    def test_the_aperture_does_not_matter_if_the_whole_array_is_summed(self):
        assert (
            errors(segment_hdus({"PUPIL": "WLP8"}), radius=60, radius_inner=70, radius_outer=80)
            == []
        )

    def test_settings(self):
        (line,) = errors(segment_hdus(), radius_inner=9)
        assert line.startswith("config: tso_photometry/radius_inner: found 9, expected less than")

    def test_all_at_once(self):
        lines = errors(segment_hdus(XREF_SCI=None, BUNIT=None), radius=-1)
        assert len(lines) == 3


class TestOptions:
    @pytest.mark.parametrize("name", ["radius", "radius_inner", "radius_outer"])
    @pytest.mark.parametrize("value", [0, -1, float("nan"), float("inf"), "3", None])
    def test_radii(self, name, value):
        (line,) = map(str, option_errors(OPTIONS | {name: value}))
        assert (
            line
            == f"config: tso_photometry/{name}: found {value!r}, expected a positive number of pixels"
        )

    @pytest.mark.parametrize("name", ["search_box_width", "fit_box_width"])
    @pytest.mark.parametrize("value", [0, -3, 2.5, "11"])
    def test_boxes(self, name, value):
        (line,) = map(str, option_errors(OPTIONS | {name: value}))
        assert (
            line
            == f"config: tso_photometry/{name}: found {value!r}, expected a positive whole number of pixels"
        )

    @pytest.mark.parametrize("inner", [9.0, 12])
    def test_inverted_annulus(self, inner):
        (error,) = option_errors(OPTIONS | {"radius_inner": inner})
        assert (error.path, error.key) == ("config", "tso_photometry/radius_inner")
        assert error.text.endswith(f": found {inner!r}, expected less than radius_outer, 9.0")


class TestAperture:
    def test_as_large_as_the_array(self):
        assert aperture_errors("f", {"radius": 15, "radius_inner": 40}, SHAPE) == []

    def test_annulus_beyond_the_array(self):
        (line,) = map(str, aperture_errors("f", {"radius": 3, "radius_inner": 44}, SHAPE))
        assert line.startswith("f: tso_photometry/radius_inner: found 44, expected less than 43.9:")

    def test_annulus_beyond_the_corner_furthest_from_the_star(self):
        options = {"radius": 3, "radius_inner": 36, "search_box_width": 5}
        found = aperture_errors("f", options | {"centroid_source": False}, (40, 40), (20.5, 20.5))
        assert [error.expected for error in found] == ["less than 28.3"]
        found = aperture_errors("f", options | {"centroid_source": True}, (40, 40), (20.5, 20.5))
        assert [error.expected for error in found] == ["less than 31.8"]
        found = aperture_errors("f", options | {"centroid_source": False}, (40, 40), (1, 1))
        assert found == []


class TestGain:
    def test_covered(self):
        assert gain_errors("g", PRIMARY, SHAPE, gain_hdus()) == []
        assert gain_errors("g", PRIMARY, SHAPE, gain_hdus((50, 60), (91, 190))) == []

    @pytest.mark.parametrize(
        ("corner", "shape"),
        [
            ((102, 190), (99, 99)),
            ((91, 202), (99, 99)),
            ((91, 190), (42, 60)),
            ((91, 190), (50, 39)),
        ],
    )
    def test_not_covered(self, corner, shape):
        (line,) = map(str, gain_errors("g", PRIMARY, SHAPE, gain_hdus(shape, corner)))
        assert line.startswith(f"g: SCI: found shape {shape} with corner SUBSTRT1={corner[0]}")
        assert line.endswith("expected to cover (32, 30) from SUBSTRT1=101, SUBSTRT2=201 on")

    @pytest.mark.parametrize("shape", [(), (2048,), (4, 2048, 2048)])
    def test_no_image(self, shape):
        (line,) = map(str, gain_errors("g", PRIMARY, SHAPE, gain_hdus(shape)))
        assert line == f"g: SCI: found shape {shape}, expected an image (y, x)"

    @pytest.mark.parametrize(
        ("instrument", "shape", "is_known"),
        [("NIRCAM", (2048, 2048), True), ("NIRCAM", (64, 64), False)],
    )
    def test_only_a_full_frame_needs_no_corner(self, instrument, shape, is_known):
        found = gain_errors("g", PRIMARY, SHAPE, gain_hdus(shape, None, instrument))
        assert [error.key for error in found] == ([] if is_known else ["SUBSTRT1, SUBSTRT2"])

    def test_segment_without_a_corner(self):
        (line,) = map(str, gain_errors("g", {}, SHAPE, gain_hdus()))
        assert line.startswith("g: SUBSTRT1, SUBSTRT2: found none in the segment")
