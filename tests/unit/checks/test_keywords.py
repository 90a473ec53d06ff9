from types import SimpleNamespace

import pytest

from scripts.lib.checks.headers import value_errors
from scripts.lib.fits.headers import NoValue


def errors(name="SCI", **header):
    return [str(p) for p in value_errors("a.fits", [SimpleNamespace(name=name, header=header)])]


@pytest.mark.parametrize(
    "header",
    [
        {"PIXAR_SR": 1e-13, "XREF_SCI": 30, "SRCTYPE": "POINT", "DISPAXIS": 2, "BUNIT": "MJy"},
        {"PIXAR_SR": None, "SRCTYPE": None, "TARGNAME": None},
        {"OTHER": True, "TARG_RA": 0, "SRCXPOS": -0.3, "TARGNAME": ""},
    ],
)
def test_values_that_steps_can_use(header):
    assert errors(**header) == []


@pytest.mark.parametrize(
    ("keyword", "value", "expected"),
    [
        ("TARGNAME", 7, "found 7, expected a text"),
        ("SUBARRAY", True, "found True, expected a text"),
        ("SRCXPOS", "nonsense", "found 'nonsense', expected a number"),
        ("TARG_RA", True, "found True, expected a number"),
        ("PIXAR_SR", "", "found '', expected a number"),
        ("PIXAR_SR", 0, "found 0, expected a number above 0"),
        ("PIXAR_SR", 2, "found 2, expected an area of at most 1 sr"),
        ("EFFINTTM", -1.5, "found -1.5, expected a number above 0"),
        ("XREF_SCI", 1e30, "found 1e+30, expected a place on the detector [pixels]"),
        ("SRCTYPE", "", "found '', expected one of POINT, EXTENDED, UNKNOWN"),
        ("SRCTYPE", 0, "found 0, expected a text"),
        ("DISPAXIS", 3, "found 3, expected one of 1, 2"),
        ("DISPAXIS", True, "found True, expected one of 1, 2"),
    ],
)
def test_a_value_that_no_step_can_use(keyword, value, expected):
    assert errors(**{keyword: value}) == [f"a.fits: {keyword}: {expected}"]
    assert errors("PRIMARY", **{keyword: value}) == [f"a.fits: {keyword}: {expected}"]
    assert errors("ERR", **{keyword: value}) == []


def test_a_card_that_is_no_fits_value_is_one_in_every_extension():
    (error,) = errors("ERR", ANY=NoValue("NaN"), TARGNAME=7)
    expected = "a FITS value: a number, T, F or a text in quotes"
    assert error == f"a.fits: ANY: found NaN, expected {expected}"
