import numpy as np
import pytest
from astropy.io import fits

from scripts.lib.fits.cards import header_bytes
from scripts.lib.spectra.table import (
    CALIBRATED_UNITS,
    COUNT_RATE_UNITS,
    fill_rows,
    row_dtype,
    table_cards,
)

VECTORS = [
    *("WAVELENGTH", "FLUX", "FLUX_ERROR", "FLUX_VAR_POISSON", "FLUX_VAR_RNOISE", "FLUX_VAR_FLAT"),
    *("SURF_BRIGHT", "SB_ERROR", "SB_VAR_POISSON", "SB_VAR_RNOISE", "SB_VAR_FLAT", "DQ"),
    *("BACKGROUND", "BKGD_ERROR", "BKGD_VAR_POISSON", "BKGD_VAR_RNOISE", "BKGD_VAR_FLAT"),
    "NPIXELS",
]
TIMES = ["MJD-BEG", "MJD-AVG", "MJD-END", "TDB-BEG", "TDB-MID", "TDB-END"]
NAMES = ["INT_NUM", *VECTORS, "N_ALONGDISP", "SEGMENT", *TIMES]


def columns(n_integrations=2, n_elements=3):
    """Column k holds 1000 k + 10 integration + element."""
    values = {}
    for k, name in enumerate(VECTORS):
        elements = np.arange(n_elements) + 10.0 * np.arange(n_integrations)[:, np.newaxis]
        values[name] = 1000.0 * k + elements
    values |= {name: 0.5 + np.arange(n_integrations) for name in TIMES}
    return values | {"INT_NUM": np.arange(n_integrations) + 1, "SEGMENT": 4}


def as_hdu(rows, units=CALIBRATED_UNITS, **keywords):
    """Table as astropy reads it."""
    header = header_bytes(table_cards(len(rows), 3, units, keywords))
    data = rows.tobytes()
    return fits.BinTableHDU.fromstring(header + data + bytes(-len(data) % 2880), uint=True)


def test_layout():
    dtype = row_dtype(3)
    assert list(dtype.names) == NAMES
    assert dtype.itemsize == 4 + 17 * 3 * 8 + 3 * 4 + 4 + 4 + 6 * 8
    assert dtype["FLUX"] == np.dtype((">f8", 3))
    assert dtype["DQ"] == np.dtype((">i4", 3))


def test_astropy_reads_the_values_back():
    given = columns()
    table = as_hdu(fill_rows(given, 3)).data
    assert table.dtype["FLUX"].shape == (3,)
    for name in (*VECTORS, *TIMES, "INT_NUM"):
        np.testing.assert_array_equal(table[name], given[name], err_msg=name)
    np.testing.assert_array_equal(table["SEGMENT"], 4)
    np.testing.assert_array_equal(table["N_ALONGDISP"], 3)
    assert table["DQ"].dtype == np.uint32
    assert table["N_ALONGDISP"].dtype == np.uint32


def test_a_vector_of_the_spectrum_serves_all_integrations():
    given = columns() | {"WAVELENGTH": np.array([1.0, 2.0, 3.0])}
    rows = fill_rows(given, 3)
    np.testing.assert_array_equal(rows["WAVELENGTH"], [[1, 2, 3]] * 2)


@pytest.mark.parametrize(
    ("units", "flux", "variance", "brightness", "brightness_variance"),
    [
        (CALIBRATED_UNITS, "Jy", "Jy^2", "MJy/sr", "MJy^2 / sr^2"),
        (COUNT_RATE_UNITS, "DN/s", "DN^2 / s^2", "DN/s", "DN^2 / s^2"),
    ],
)
def test_units(units, flux, variance, brightness, brightness_variance):
    found = as_hdu(fill_rows(columns(), 3), units).columns
    expected = dict.fromkeys(("INT_NUM", "DQ", "NPIXELS", "N_ALONGDISP", "SEGMENT"))
    expected |= {"WAVELENGTH": "um", "FLUX": flux, "FLUX_ERROR": flux} | dict.fromkeys(TIMES, "d")
    expected |= {f"FLUX_VAR_{kind}": variance for kind in ("POISSON", "RNOISE", "FLAT")}
    for name in ("SURF_BRIGHT", "SB_ERROR", "BACKGROUND", "BKGD_ERROR"):
        expected[name] = brightness
    for prefix in ("SB", "BKGD"):
        for kind in ("POISSON", "RNOISE", "FLAT"):
            expected[f"{prefix}_VAR_{kind}"] = brightness_variance
    assert {column.name: column.unit for column in found} == expected


def test_keywords_in_order_without_those_that_are_none():
    hdu = as_hdu(
        fill_rows(columns(), 3),
        PA_APER=1.5,
        SLTNAME="S1600A1",
        SRCNAME=None,
        EXTRXSTR=2,
        WAVECOR=True,
    )
    added = list(hdu.header)[list(hdu.header).index("EXTNAME") :]
    assert added == ["EXTNAME", "EXTVER", "SLTNAME", "EXTRXSTR", "WAVECOR", "PA_APER"]
    assert hdu.header["SLTNAME"] == "S1600A1"
    assert hdu.header["WAVECOR"] is True
    assert hdu.header.comments["PA_APER"] == "[deg] Position angle of aperture used"


def test_no_integrations():
    rows = fill_rows(columns(n_integrations=0), 3)
    assert len(as_hdu(rows).data) == 0
