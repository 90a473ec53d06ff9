import numpy as np
import pytest
from astropy.io import fits

from scripts.lib.errors import InputError
from scripts.lib.fits_blocks import open_fits
from scripts.lib.wcs import (
    bounding_box,
    cross_dispersion_scale,
    read_wcs,
    sky_position,
    wavelength_image,
)
from tests.spectral_segments import linear_wcs, write_segment


def test_reads_the_wcs_of_a_file(tmp_path):
    with open_fits(write_segment(tmp_path / "segment.fits")) as member:
        wcs = read_wcs(member)
    assert wcs(20, 3) == linear_wcs()(20, 3)


def test_says_that_there_is_no_extension(tmp_path):
    path = write_segment(tmp_path / "segment.fits", wcs=False)
    with open_fits(path) as member, pytest.raises(InputError, match="extension ASDF is missing"):
        read_wcs(member)


def test_says_that_there_is_no_wcs_in_it(tmp_path):
    import asdf

    asdf.AsdfFile({"meta": {"telescope": "JWST"}}).write_to(tmp_path / "tree.asdf")
    content = np.frombuffer((tmp_path / "tree.asdf").read_bytes(), np.uint8)[None]
    column = fits.Column("ASDF_METADATA", f"{content.shape[1]}B", array=content)
    path = tmp_path / "segment.fits"
    fits.HDUList([fits.PrimaryHDU(), fits.BinTableHDU.from_columns([column], name="ASDF")]).writeto(
        path
    )
    with (
        open_fits(path) as member,
        pytest.raises(InputError, match=r"ASDF\].*no world coordinates"),
    ):
        read_wcs(member)


@pytest.mark.parametrize(
    ("old", "new"), [(b"#ASDF", b"#ASDX"), (b"meta:", b"meta\0"), (b"!transform", b"!trans\xffrm")]
)
def test_says_that_the_tree_is_damaged(tmp_path, old, new):
    path = write_segment(tmp_path / "segment.fits")
    content = path.read_bytes()
    assert old in content
    path.write_bytes(content.replace(old, new, 1))
    with open_fits(path) as member, pytest.raises(InputError) as caught:
        read_wcs(member)
    assert str(caught.value).startswith(f"{path}[ASDF]: world coordinates (meta.wcs): cannot be")
    assert "\n" not in str(caught.value)


def test_the_whole_image_where_no_range_is_given():
    assert bounding_box(linear_wcs(), (6, 20)) == ((-0.5, 19.5), (-0.5, 5.5))


def test_range_is_x_before_y():
    wcs = linear_wcs()
    wcs.bounding_box = ((1, 10), (2, 4))
    assert bounding_box(wcs, (6, 20)) == ((1, 10), (2, 4))


def test_wavelengths_inside_the_range():
    wcs = linear_wcs()
    wcs.bounding_box = ((1, 3), (-0.5, 1.5))
    nan = np.nan
    expected = [[nan, 1.1, 1.2, 1.3], [nan, 1.1, 1.2, 1.3], [nan] * 4]
    np.testing.assert_allclose(wavelength_image(wcs, (3, 4)), expected, rtol=1e-15)


def test_sky_position():
    wcs = linear_wcs()
    assert sky_position(wcs, 2.0, 500.0) == pytest.approx((30.5, -4.5))
    wcs.bounding_box = ((1, 3), (-0.5, 1.5))
    assert sky_position(wcs, 2.0, 500.0) is None


@pytest.mark.parametrize(
    ("axis", "expected"), [(1, 3.6 * np.hypot(1, np.cos(np.radians(5)))), (2, 0.0)]
)
def test_scale_is_that_across_dispersion(axis, expected):
    scale = cross_dispersion_scale(linear_wcs(), (30.0, -5.0), 2.0, axis)
    assert scale == pytest.approx(expected, rel=1e-5)
