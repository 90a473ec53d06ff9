import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given
from hypothesis import strategies as st

from scripts.lib.photometry.table import (
    BACKGROUND_COLUMNS,
    COLUMNS,
    META_KEYWORDS,
    make_table,
    read_photometry,
    write_photometry,
)

META = dict.fromkeys(META_KEYWORDS) | {
    "instrument": "NIRCAM",
    "target_name": "Barnard's star",
    "apertures": "A sentence that is longer than what one card of a FITS header can hold: 80 characters.",
}


def table(rows=3, names=COLUMNS, **kwargs):
    """Table whose column k is k + 0.1, in a random order of columns."""
    columns = {name: np.full(rows, k + 0.1) for k, name in enumerate(COLUMNS) if name in names}
    return make_table(dict(reversed(columns.items())), "electron", META, **kwargs)


def test_columns_are_put_in_order():
    assert list(table().columns) == list(COLUMNS)


def test_units():
    units = table().units
    assert units["MJD"] is units["BJD_TDB"] is None
    assert units["aperture_sum"] == units["psf_flux"] == units["annulus_mean"] == "electron"
    assert units["psf_width_x"] == units["aperture_y"] == "pix"
    assert units["aperture_dec_icrs"] == "deg"


def test_a_background_that_was_not_measured_has_no_unit():
    units = table(has_background=False).units
    assert {name for name, unit in units.items() if unit is None} == {
        *BACKGROUND_COLUMNS,
        "MJD",
        "BJD_TDB",
    }


class TestFile:
    def test_back_as_it_was(self, tmp_path):
        written = table()
        written.columns["aperture_sum"] = np.array([1.5, np.nan, 1e-40], np.float32)
        write_photometry(tmp_path / "t.fits", written)
        read = read_photometry(tmp_path / "t.fits")
        assert list(read.columns) == list(written.columns)
        for name, values in written.columns.items():
            assert read.columns[name].dtype == values.dtype
            np.testing.assert_array_equal(read.columns[name], values)
        assert read.units == written.units
        assert list(read.meta.items()) == list(written.meta.items())

    @pytest.mark.parametrize("rows", [0, 1])
    def test_few_rows(self, tmp_path, rows):
        write_photometry(tmp_path / "t.fits", table(rows))
        assert len(read_photometry(tmp_path / "t.fits").columns["MJD"]) == rows

    def test_missing_columns(self, tmp_path):
        write_photometry(tmp_path / "t.fits", table(names=["MJD", "aperture_sum"]))
        assert list(read_photometry(tmp_path / "t.fits").columns) == ["MJD", "aperture_sum"]

    def test_other_software_reads_it(self, tmp_path):
        write_photometry(tmp_path / "t.fits", table())
        with fits.open(tmp_path / "t.fits") as hdus:
            hdus.verify("exception")
            assert hdus[0].header["APERTURE"] == META["apertures"]
            assert hdus["PHOTOMETRY"].columns["psf_flux"].unit == "electron"
            np.testing.assert_array_equal(hdus["PHOTOMETRY"].data["psf_flux"], 20.1)

    @given(value=st.floats())
    def test_every_number(self, tmp_path_factory, value):
        path = tmp_path_factory.getbasetemp() / "number.fits"
        written = table(1, ["MJD"])
        written.columns["MJD"][:] = value
        write_photometry(path, written)
        np.testing.assert_array_equal(read_photometry(path).columns["MJD"], [value])
