from types import SimpleNamespace

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given
from hypothesis import strategies as st
from scipy.interpolate import RectBivariateSpline, interp1d

from scripts.lib.errors import InputError
from scripts.lib.spectra.aperture_correction import (
    ApertureCorrection,
    check_phases,
    check_sizes,
    correction_by_phase,
    correction_by_size,
    read_row,
    select_row,
)
from tests.support.spectral_segments import linear_wcs

MIRI = {"EXP_TYPE": "MIR_LRS-SLITLESS", "INSTRUME": "MIRI", "SUBARRAY": "SLITLESSPRISM"}
NIRSPEC = {
    "EXP_TYPE": "NRS_BRIGHTOBJ",
    "INSTRUME": "NIRSPEC",
    "FILTER": "F290LP",
    "GRATING": "G395H",
}


def f4(*values):
    return np.array(values, np.float32)


def by_size(**replaced):
    """Correction 1 + wavelength / size on wavelengths 4, 8 and sizes 2, 4, with padding."""
    row = {
        "wavelength": f4(4, 8, 0),
        "nelem_wl": 2,
        "size": np.array([2, 4, 0], np.uint8),
        "nelem_size": 2,
        "apcorr": np.array([[3, 2, 0], [5, 3, 0], [0, 0, 0]], np.float32),
    }
    return row | replaced


def by_phase(**replaced):
    """Correction 1 + wavelength + size at phase 0, 2 more at phase 1."""
    wavelength, size = f4(1, 2, 3), f4(2, 4)
    at_zero = 1 + wavelength[np.newaxis] + size[:, np.newaxis]
    row = {
        "pixphase": f4(0, 1),
        "wavelength": wavelength,
        "size": np.repeat(size[:, np.newaxis], 3, axis=1),
        "apcorr": np.stack([at_zero, at_zero + 2], axis=-1),
    }
    return row | replaced


def extraction(**replaced):
    values = {"wavelength": np.array([2.0, 2.5]), "position": (30.0, -5.0), "dispersion_axis": 1}
    values |= {"name": "S1600A1", "coordinates": SimpleNamespace(evaluate=evaluate_linear)}
    return SimpleNamespace(**values | replaced)


def evaluate_linear(_form, function, *arguments):
    """Evaluate a function of linear world coordinates."""
    return function(linear_wcs(), *arguments)


def write(path, columns, unit="pixels"):
    table = fits.BinTableHDU.from_columns(
        [
            fits.Column(name, form, array=np.array(values), dim=dim)
            for name, form, dim, values in columns
        ],
        name="APCORR",
    )
    if unit:
        table.header["SIZEUNIT"] = unit
    fits.HDUList([fits.PrimaryHDU(), table]).writeto(path)
    return path


def nirspec_file(path, unit="pixels", scale=1.0):
    row = by_phase()
    return write(
        path,
        [
            ("filter", "12A", None, ["F290LP", "F290LP"]),
            ("grating", "15A", None, ["g395h", "G395H"]),
            ("slit", "15A", None, ["S1600A1", "S200A1"]),
            ("wavelength", "3E", "(3)", [row["wavelength"]] * 2),
            ("size", "6E", "(3,2)", [row["size"] * scale] * 2),
            ("pixphase", "2E", "(2)", [row["pixphase"]] * 2),
            ("apcorr", "12E", "(2,3,2)", [row["apcorr"]] * 2),
        ],
        unit,
    )


@pytest.mark.parametrize(
    ("wavelength", "size", "expected"),
    [
        (4, 2, 3),
        (8, 4, 3),
        (6, 2, 4),
        (4, 3, 2.5),
        (6, 3, 3.25),
        (2, 3, 2.5),
        (99, 3, 4),
        (4, 0, 3),
        (4, 99, 2),
    ],
)
def test_bilinear_and_constant_beyond_the_table(wavelength, size, expected):
    npixels = np.array([[size]], float)
    assert correction_by_size(by_size(), npixels, np.array([wavelength])) == [[expected]]


def test_wavelengths_in_any_order():
    row = by_size(wavelength=f4(8, 4, 0), apcorr=by_size()["apcorr"][[1, 0, 2]])
    assert correction_by_size(row, np.array([[2.0]]), np.array([5.0])) == [[3.5]]


@pytest.mark.parametrize(
    "replaced", [{"nelem_size": 1}, {"nelem_wl": 1}, {"size": np.array([4, 2, 0], np.uint8)}]
)
def test_refuses_a_table_that_cannot_be_interpolated(replaced):
    with pytest.raises(InputError, match="ascend"):
        correction_by_size(by_size(**replaced), np.array([[2.0]]), np.array([5.0]))


@given(st.lists(st.floats(0, 20), min_size=1, max_size=8), st.integers(0, 99))
def test_equals_a_bilinear_spline(sizes, seed):
    rng = np.random.default_rng(seed)
    known, grid = np.sort(rng.random(5)) + np.arange(5), np.array([1, 3, 4, 8, 13])
    table = rng.random((5, 5)).astype(np.float32)
    row = {"wavelength": known, "nelem_wl": 5, "size": grid, "nelem_size": 5, "apcorr": table}
    wavelength = rng.uniform(-1, 7, len(sizes))
    spline = RectBivariateSpline(grid, known, table.T, kx=1, ky=1)
    result = correction_by_size(row, np.array([sizes]), wavelength)
    np.testing.assert_allclose(result[0], spline.ev(sizes, wavelength), rtol=1e-12)


def test_phase_in_the_middle_of_the_pixel():
    npixels, wavelength = np.array([2.0, 3.0, 99.0]), np.array([1.0, 2.5, 3.0])
    np.testing.assert_allclose(
        correction_by_phase(by_phase(), npixels, wavelength), [5.0, 7.5, 9.0], rtol=1e-7
    )


def test_no_correction_where_the_table_has_none():
    npixels = np.full(3, 3.0)
    outside = correction_by_phase(by_phase(), npixels, np.array([0.9, 2.0, 3.1]))
    np.testing.assert_array_equal(outside != 1, [False, True, False])
    zero = by_phase(apcorr=np.zeros((2, 3, 2), np.float32))
    for row in (
        zero,
        by_phase(wavelength=f4(1, 2, 2)),
        by_phase(pixphase=f4(0.6, 1)),
        by_phase(size=by_phase()["size"][::-1]),
        by_phase(size=by_phase()["size"][:1], apcorr=by_phase()["apcorr"][:1]),
    ):
        np.testing.assert_array_equal(correction_by_phase(row, npixels, np.full(3, 2.0)), 1)


def test_equals_a_spline_at_each_wavelength():
    rng = np.random.default_rng(0)
    known = f4(3.0, 2.0, 1.0, 4.0)
    sizes = (np.array([2, 4, 7])[:, np.newaxis] * (1 + known / 20)).astype(np.float32)
    table = rng.random((3, 4, 3)).astype(np.float32)
    row = {"pixphase": f4(0, 0.4, 1), "wavelength": known, "size": sizes, "apcorr": table}
    wavelength, npixels = rng.uniform(1, 4, 20), rng.uniform(0, 10, 20)
    result = correction_by_phase(row, npixels, wavelength)
    order = np.argsort(known)
    at_phase = interp1d(row["pixphase"], table)(0.5)[:, order]
    for wl, size, value in zip(wavelength, npixels, result, strict=True):
        size_at = interp1d(known, sizes)(wl)
        spline = RectBivariateSpline(known[order], size_at, at_phase.T, kx=1, ky=1)
        assert value == pytest.approx(spline(wl, size).item(), rel=1e-12)


def test_selects_one_row_whatever_the_case():
    table = np.array([(b"FULL ", 1), (b"SlitlessPrism", 2)], [("SUBARRAY", "S15"), ("n", "i4")])
    assert select_row(table, {"subarray": "SLITLESSPRISM"})["n"] == 2
    with pytest.raises(InputError, match=r"0 rows for.*BRIGHTSKY"):
        select_row(table, {"subarray": "BRIGHTSKY"})
    with pytest.raises(InputError, match="2 rows"):
        select_row(table[[0, 0]], {"subarray": "FULL"})
    with pytest.raises(InputError, match=r"'slit'.*missing.*subarray"):
        select_row(table, {"slit": "S1600A1"})


def test_reads_arrays_in_their_shape(tmp_path):
    row, unit = read_row(
        nirspec_file(tmp_path / "apcorr.fits", unit=None),
        {"filter": "f290lp", "grating": "G395H", "slit": "S1600A1"},
    )
    assert unit == "pixels"
    assert row["apcorr"].shape == (2, 3, 2)
    np.testing.assert_array_equal(row["apcorr"], by_phase()["apcorr"])


def test_refuses_a_table_without_corrections(tmp_path):
    path = write(tmp_path / "apcorr.fits", [("subarray", "9A", None, ["FULL"])])
    with pytest.raises(InputError, match=r"apcorr.*size.*wavelength.*missing"):
        read_row(path, {"subarray": "FULL"})


def test_a_row_that_is_missing_is_told_with_the_file(tmp_path):
    path = nirspec_file(tmp_path / "apcorr.fits", unit=None)
    with pytest.raises(
        InputError, match=r"apcorr\.fits\[APCORR\]: found 0 rows for .*, expected 1"
    ):
        read_row(path, {"filter": "CLEAR"})


def test_first_integration_decides_for_nirspec(tmp_path):
    correct = ApertureCorrection(nirspec_file(tmp_path / "apcorr.fits"), NIRSPEC, extraction())
    first = correct(np.array([[2.0, 2.0], [4.0, 4.0]]))
    np.testing.assert_allclose(first, [6.0, 6.5], rtol=1e-7)
    assert correct(np.array([[4.0, 4.0]])) is first


def test_sizes_in_arcsec_become_pixels(tmp_path):
    # One row is 0.001 deg in both coordinates at declination -5.
    scale = 3.6 * np.hypot(1, np.cos(np.radians(5)))
    path = nirspec_file(tmp_path / "apcorr.fits", "arcsec", scale)
    correct = ApertureCorrection(path, NIRSPEC, extraction())
    np.testing.assert_allclose(correct(np.array([[3.0, 3.0]])), [7.0, 7.5], rtol=1e-5)


def test_sizes_in_arcsec_need_a_position(tmp_path):
    path = nirspec_file(tmp_path / "apcorr.fits", "arcsec")
    with pytest.raises(InputError, match="sky position"):
        ApertureCorrection(path, NIRSPEC, extraction(position=None))


def test_every_integration_has_its_own_correction_for_miri(tmp_path):
    row = by_size()
    path = write(
        tmp_path / "apcorr.fits",
        [
            ("subarray", "15A", None, ["FULL", "SLITLESSPRISM"]),
            ("wavelength", "3E", "(3)", [row["wavelength"]] * 2),
            ("nelem_wl", "I", None, [2, 2]),
            ("size", "3B", "(3)", [row["size"]] * 2),
            ("nelem_size", "I", None, [2, 2]),
            ("apcorr", "9E", "(3,3)", [row["apcorr"]] * 2),
        ],
    )
    correct = ApertureCorrection(path, MIRI, extraction(wavelength=np.array([4.0, 6.0])))
    np.testing.assert_array_equal(correct(np.array([[2.0, 2.0], [3, 4]])), [[3, 4], [2.5, 2.5]])


def test_refuses_modes_without_correction(tmp_path):
    path = nirspec_file(tmp_path / "apcorr.fits")
    with pytest.raises(InputError, match="NRC_TSGRISM"):
        ApertureCorrection(path, {"EXP_TYPE": "NRC_TSGRISM", "INSTRUME": "NIRCAM"}, extraction())


def replaced(row, name, value):
    """A row with one value of a column replaced."""
    values = np.array(row[name], float)
    values.flat[0] = value
    return row | {name: values}


@pytest.mark.parametrize("value", [-1.0, 0.0, np.nan, np.inf])
@pytest.mark.parametrize("name", ["wavelength", "size", "apcorr"])
def test_values_of_a_table_are_finite_and_positive(name, value):
    check_sizes(by_size())
    check_phases(by_phase())
    message = rf"t: {name}: found .* in element 1.*, expected numbers"
    with pytest.raises(InputError, match=message):
        check_sizes(replaced(by_size(), name, value), "t")
    if value == 0:
        check_phases(replaced(by_phase(), name, value), "t")
        return
    with pytest.raises(InputError, match=message):
        check_phases(replaced(by_phase(), name, value), "t")


@pytest.mark.parametrize(("check", "row"), [(check_sizes, by_size()), (check_phases, by_phase())])
def test_a_correction_that_leaves_no_flux_is_refused(check, row):
    check(replaced(row, "apcorr", 0.02))
    with pytest.raises(InputError, match=r"t: apcorr: found 1e-30 .*, expected numbers from 0.01"):
        check(replaced(row, "apcorr", 1e-30), "t")


@pytest.mark.parametrize(("check", "row"), [(check_sizes, by_size()), (check_phases, by_phase())])
def test_factors_are_at_most_ten_thousand(check, row):
    check(replaced(row, "apcorr", 10_000), "t")
    with pytest.raises(InputError, match=r"t: apcorr: found 10001\.0 .*and at most 10000"):
        check(replaced(row, "apcorr", 10_001), "t")


@pytest.mark.parametrize("count", [-1, 0, 1, 4])
@pytest.mark.parametrize("name", ["nelem_wl", "nelem_size"])
def test_used_lengths_are_within_the_table(name, count):
    with pytest.raises(InputError, match=f"{name}: found {count}, expected a number from 2 to 3"):
        check_sizes(by_size(**{name: count}))


@pytest.mark.parametrize(
    ("check", "row"),
    [
        (check_sizes, by_size(apcorr=np.ones(9))),
        (check_sizes, by_size(wavelength=np.ones((3, 3)))),
        (check_sizes, {"wavelength": f4(1, 2), "apcorr": np.ones((2, 2))}),
        (check_phases, by_phase(apcorr=np.ones((2, 3, 3)))),
        (check_phases, by_phase(size=np.ones((3, 2)))),
        (check_phases, by_phase(pixphase=f4(1, 0))),
        (check_phases, by_phase(pixphase=f4(0, np.nan))),
        (check_phases, by_phase(apcorr=np.ones(12))),
    ],
)
def test_columns_of_other_shapes_are_named(check, row):
    with pytest.raises(InputError, match=r"APCORR table: .*: found .*, expected"):
        check(row)


@pytest.mark.parametrize("text", ["(2,3,3)", "(2,x)", "()", "3,2)", "(-2,-3)"])
def test_a_shape_that_does_not_fit_is_named(tmp_path, text):
    path = nirspec_file(tmp_path / "apcorr.fits")
    content = path.read_bytes()
    assert content.count(b"'(2,3,2) '") == 1
    path.write_bytes(content.replace(b"'(2,3,2) '", f"'{text}'".encode().ljust(10)))
    keys = {"filter": "F290LP", "grating": "G395H", "slit": "S1600A1"}
    with pytest.raises(InputError, match=r"APCORR\]: TDIM7: found .* for 12 values"):
        read_row(path, keys)


def test_a_table_without_rows_is_named(tmp_path):
    table = fits.BinTableHDU(np.zeros(0, [("slit", "S15")]), name="APCORR")
    fits.HDUList([fits.PrimaryHDU(), table]).writeto(tmp_path / "a.fits")
    with pytest.raises(InputError, match="found 0 rows for"):
        read_row(tmp_path / "a.fits", {"slit": "S1600A1"})
