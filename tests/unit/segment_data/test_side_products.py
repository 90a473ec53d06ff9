from contextlib import ExitStack

import numpy as np
import pytest
from astropy.io import fits

from scripts.lib.fits.reader import open_fits
from scripts.lib.segment_data.side_products import CubeWriter, write_image, write_segment
from tests.support.spectral_segments import row_images
from tests.support.spectral_segments import write_segment as make_segment


@pytest.fixture(name="segment")
def fixture_segment(tmp_path):
    planes = row_images() | {"WAVELENGTH": np.ones((6, 5), "f4")}
    return make_segment(tmp_path / "segment.fits", planes)


def mark(planes):
    """Stand for a replacer."""
    planes["SCI"][:, 2, 2] = 7
    planes["DQ"][:, 2, 2] = 1 << 28


@pytest.mark.parametrize("memory_mb", [64, 1e-4])
def test_replaced_planes_and_everything_else_copied(tmp_path, segment, memory_mb):
    with open_fits(segment) as member:
        write_segment(member, tmp_path / "x.fits", {"S_PXREPL": "COMPLETE"}, memory_mb, mark)
    with fits.open(segment) as before, fits.open(tmp_path / "x.fits") as after:
        assert [hdu.name for hdu in after] == [hdu.name for hdu in before]
        assert after[0].header["S_PXREPL"] == "COMPLETE"
        assert after[0].header["FILENAME"] == "x.fits"
        expected = before["SCI"].data.copy()
        expected[:, 2, 2] = 7
        np.testing.assert_array_equal(after["SCI"].data, expected)
        assert (after["DQ"].data[:, 2, 2] == 1 << 28).all()
        assert after["DQ"].data.dtype == np.uint32
        np.testing.assert_array_equal(after["VAR_FLAT"].data, before["VAR_FLAT"].data)


def test_the_trace_model_follows_the_wavelengths(tmp_path, segment):
    trace = np.full((6, 5), 3, np.float32)
    with open_fits(segment) as member:
        write_segment(member, tmp_path / "x.fits", {}, 64, trace=trace)
    with fits.open(tmp_path / "x.fits") as product:
        names = [hdu.name for hdu in product]
        assert names[names.index("WAVELENGTH") + 1] == "TRACEMODEL"
        assert product["TRACEMODEL"].data.dtype == ">f4"
        np.testing.assert_array_equal(product["TRACEMODEL"].data, trace)


def test_an_image_has_the_header_of_the_segment(tmp_path, segment):
    with open_fits(segment) as member:
        write_image(member, tmp_path / "x.fits", np.eye(3, dtype=np.float32))
        write_image(member, tmp_path / "none.fits", None)
    with fits.open(tmp_path / "x.fits") as product, fits.open(tmp_path / "none.fits") as none:
        assert product[0].header["DETECTOR"] == "NRS1"
        assert (product["SCI"].header["SLTNAME"], product["SCI"].header["NAXIS"]) == ("S1600A1", 2)
        np.testing.assert_array_equal(product["SCI"].data, np.eye(3))
        assert len(none) == 1


@pytest.mark.parametrize("is_turned", [False, True])
def test_cubes_are_written_block_by_block(tmp_path, segment, is_turned):
    cube = np.arange(90, dtype=np.float32).reshape(3, 6, 5)
    turned = cube.swapaxes(1, 2) if is_turned else cube
    with open_fits(segment) as member, ExitStack() as stack:
        assert CubeWriter.opened(stack, "", member) is None
        writer = CubeWriter.opened(stack, tmp_path / "x.fits", member, is_turned)
        writer.write(turned[:2], 0)
        writer.write(turned[2:], 2)
    with fits.open(tmp_path / "x.fits") as product:
        assert product[0].header["DATAMODL"] == "CubeModel"
        assert product[0].header["FILENAME"] == "x.fits"
        np.testing.assert_array_equal(product["SCI"].data, cube)
