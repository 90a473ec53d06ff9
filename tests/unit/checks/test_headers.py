from types import SimpleNamespace

import pytest

from scripts.lib.checks.headers import header_errors, header_warnings, value_errors
from scripts.lib.fits.headers import Hdu, NoValue
from tests.support.builders import KEYWORDS

CUBE = (3, 4, 5)
NO_TIMES = (
    "INT_TIMES: found {}, expected 3 rows or more: integrations get numbers, but no times, "
    "and no rows in the white light if others have times"
)


def hdus(planes=None, **keywords):
    """Header-data units of a segment: PRIMARY, the planes and INT_TIMES."""
    shapes = {"SCI": CUBE, "ERR": CUBE, "DQ": CUBE, "INT_TIMES": (3, 4)} | (planes or {})
    header = {k: v for k, v in (KEYWORDS | keywords).items() if v is not None}
    units = [Hdu("PRIMARY", 1, header, [], 0, 0, 0, ())]
    return units + [Hdu(n, 1, {}, [], 0, 0, 0, s) for n, s in shapes.items() if s is not None]


@pytest.mark.parametrize(
    ("keywords", "error"),
    [
        ({}, None),
        ({"TSOVISIT": False, "EXP_TYPE": "NRC_TSGRISM"}, None),
        ({"TSOVISIT": None, "EXP_TYPE": "NRS_BRIGHTOBJ"}, None),
        ({"EXP_TYPE": "MIR_LRS-FIXEDSLIT"}, None),
        ({"NINTS": 2}, None),
        (
            {"TSOVISIT": None},
            "f: TSOVISIT: found None with EXP_TYPE MIR_LRS-SLITLESS, expected True",
        ),
        (
            {"TSOVISIT": False, "EXP_TYPE": "NRC_IMAGE"},
            "f: TSOVISIT: found False with EXP_TYPE NRC",
        ),
        (
            {"EXP_TYPE": "MIR_MRS"},
            "f: EXP_TYPE: found MIR_MRS, expected one of NRC_TSIMAGE, MIR_IMAGE, MIR_LRS-SLITLESS, ",
        ),
        ({"EXP_TYPE": "NIS_SOSS", "TSOVISIT": False}, "f: TSOVISIT: found False with EXP_TYPE NIS"),
        ({"NINTS": 1}, "f: NINTS: found 1, expected 2 or more"),
        ({"NINTS": None}, "f: NINTS: found None, expected the number"),
        ({"NINTS": 3.5}, "f: NINTS: found 3.5, expected the number"),
        ({"NINTS": True}, "f: NINTS: found True, expected the number"),
        ({"EXP_TYPE": None}, "f: EXP_TYPE: found None, expected an exposure type"),
        ({"INTSTART": "one"}, "f: INTSTART: found 'one', expected a whole number"),
        ({"INTEND": 2.0}, "f: INTEND: found 2.0, expected a whole number"),
        ({"EXSEGNUM": True}, "f: EXSEGNUM: found True, expected a whole number"),
        ({"EXSEGNUM": 2**31}, "f: EXSEGNUM: found 2147483648, expected a whole number from 1"),
        ({"INTSTART": -7}, "f: INTSTART: found -7, expected a whole number from 1"),
        ({"INTSTART": ""}, "f: INTSTART: found '', expected a whole number from 1"),
        ({"INTEND": False}, "f: INTEND: found False, expected a whole number from 1"),
        ({"NINTS": 2**31}, "f: NINTS: found 2147483648, expected 2 or more"),
        ({"SRCTYPE": "STAR"}, "f: SRCTYPE: found 'STAR', expected one of POINT"),
    ],
)
def test_keywords(keywords, error):
    found = list(map(str, header_errors("f", hdus(**keywords))))
    assert len(found) == (error is not None)
    assert not found or found[0].startswith(error)


@pytest.mark.parametrize(
    ("keywords", "effect"),
    [
        ({"EXP_TYPE": "MIR_MRS"}, "time series of the MIRI MRS are not supported"),
        ({"EXP_TYPE": "NRS_FIXEDSLIT"}, "time series of other types have no pipeline"),
        ({"EXP_TYPE": "NRC_TSGRISM", "PUPIL": "GDHS0"}, "NIRCam DHS is not supported"),
    ],
)
def test_modes_that_are_not_supported_are_named(keywords, effect):
    (error,) = header_errors("f", hdus(**keywords))
    assert error.effect == effect


@pytest.mark.parametrize(
    ("planes", "error"),
    [
        ({"SCI": None}, "f: SCI: found 0 extensions, expected one"),
        ({"SCI": (4, 5)}, "f: SCI: found shape (4, 5), expected a cube (integrations, y, x)"),
        ({"SCI": (0, 4, 5)}, "f: SCI: found shape (0, 4, 5), expected a cube (integrations, y, x)"),
        ({"ERR": None}, "f: ERR: found shape None, expected that of SCI, (3, 4, 5)"),
        ({"DQ": (4, 5)}, "f: DQ: found shape (4, 5), expected that of SCI, (3, 4, 5)"),
    ],
)
def test_planes(planes, error):
    assert list(map(str, header_errors("f", hdus(planes)))) == [error]


def test_extensions_behind_compressed_data_are_not_missed():
    units = hdus({"ERR": None, "DQ": None, "INT_TIMES": None})
    assert header_errors("f", units, complete=False) == []
    assert header_warnings("f", units, complete=False) == []


def test_several_slits_are_an_error():
    units = hdus()
    (error,) = header_errors("f", [*units, units[1]])
    assert str(error) == "f: SCI: found 2 extensions, expected one"


def test_all_errors_of_a_file_are_found():
    found = header_errors("f", hdus({"ERR": None, "DQ": None}, EXP_TYPE=None, NINTS=1))
    assert [error.key for error in found] == ["EXP_TYPE", "NINTS", "ERR", "DQ"]


@pytest.mark.parametrize(
    ("planes", "keywords", "warnings"),
    [
        ({}, {}, []),
        ({}, {"INTSTART": None, "INTEND": None}, []),
        (
            {},
            {"INTEND": 4},
            ["INTEND: found 4 with INTSTART 1, expected 3: integrations are counted from INTSTART"],
        ),
        (
            {},
            {"INTSTART": 5, "INTEND": 7},
            [
                "NINTS: found 6, expected 7 or more: it is unknown whether segments are missing at the end"
            ],
        ),
        (
            {},
            {"TARGNAME": None},
            ["TARGNAME: found none, expected the name of the target: the products name none"],
        ),
        ({"INT_TIMES": (0, 4)}, {}, [NO_TIMES.format("0 rows")]),
        ({"INT_TIMES": None}, {}, [NO_TIMES.format("none")]),
    ],
)
def test_warnings_of_a_file_that_can_be_processed(planes, keywords, warnings):
    units = hdus(planes, **keywords)
    assert header_errors("f", units) == []
    found = header_warnings("f", units)
    assert [finding.text for finding in found] == warnings
    assert {(finding.severity, finding.path) for finding in found} <= {("warning", "f")}


def value_messages(name="SCI", **header):
    return [
        str(found)
        for found in value_errors(
            "a.fits", [SimpleNamespace(name=name, header=header, repeated=())]
        )
    ]


@pytest.mark.parametrize(
    "header",
    [
        {"PIXAR_SR": 1e-13, "XREF_SCI": 30, "SRCTYPE": "POINT", "DISPAXIS": 2, "BUNIT": "MJy"},
        {"PIXAR_SR": None, "SRCTYPE": None, "TARGNAME": None},
        {"OTHER": True, "TARG_RA": 0, "SRCXPOS": -0.3, "TARGNAME": ""},
    ],
)
def test_values_that_steps_can_use(header):
    assert value_messages(**header) == []


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
        ("XREF_SCI", 1e30, "found 1e+30, expected a position on the detector [pixels]"),
        ("SRCTYPE", "", "found '', expected one of POINT, EXTENDED, UNKNOWN"),
        ("SRCTYPE", 0, "found 0, expected a text"),
        ("DISPAXIS", 3, "found 3, expected one of 1, 2"),
        ("SPORDER", 1_000_000_000, "found 1000000000, expected a whole number from -10 to 10"),
        ("SPORDER", 1.5, "found 1.5, expected a whole number from -10 to 10"),
        ("DISPAXIS", True, "found True, expected one of 1, 2"),
    ],
)
def test_a_value_that_no_step_can_use(keyword, value, expected):
    assert value_messages(**{keyword: value}) == [f"a.fits: {keyword}: {expected}"]
    assert value_messages("PRIMARY", **{keyword: value}) == [f"a.fits: {keyword}: {expected}"]
    assert value_messages("ERR", **{keyword: value}) == []


def test_a_card_that_is_no_fits_value_is_one_in_every_extension():
    (error,) = value_messages("ERR", ANY=NoValue("NaN"), TARGNAME=7)
    expected = "a FITS value: a number, T, F or a text in quotes"
    assert error == f"a.fits: ANY: found NaN, expected {expected}"


@pytest.mark.parametrize(
    "name", ["SCI", "ERR", "DQ", "VAR_POISSON", "VAR_RNOISE", "VAR_FLAT", "INT_TIMES", "ASDF"]
)
def test_a_second_extension_of_a_name_is_refused_even_if_it_is_equal(name):
    extra = Hdu(name, 2, {}, [], 0, 0, 0, CUBE)
    units = [*hdus({name: CUBE}), extra]
    assert [str(found) for found in header_errors("f", units)] == [
        f"f: {name}: found 2 extensions, expected one"
    ]


@pytest.mark.parametrize("extension", ["PRIMARY", "SCI"])
@pytest.mark.parametrize("keyword", ["PIXAR_SR", "EXP_TYPE", "DISPAXIS", "NINTS", "BUNIT"])
def test_a_keyword_of_two_values_is_refused(extension, keyword):
    unit = Hdu(extension, 1, {}, [], 0, 0, 0, (), repeated=("OTHER", keyword))
    assert [str(found) for found in value_errors("f", [unit])] == [
        f"f: {keyword}: found it twice with different content, expected it once"
    ]


IN_ORDER = "the segments are in the order of EXSEGNUM"


@pytest.mark.parametrize(
    ("mode", "number", "expected"),
    [
        ("NRS_BRIGHTOBJ", 2, []),
        ("NRS_BRIGHTOBJ", None, [("none", "the column SEGMENT of the spectra has 1")]),
        ("NRS_BRIGHTOBJ", 0, [("0", "the column SEGMENT of the spectra has 0")]),
        ("NRS_BRIGHTOBJ", 3, [("3", f"{IN_ORDER}; the column SEGMENT of the spectra has 3")]),
        ("NRC_TSIMAGE", 2, []),
        ("NRC_TSIMAGE", None, []),
        ("NRC_TSIMAGE", 3, [("3", IN_ORDER)]),
    ],
)
def test_a_number_of_a_segment_that_is_not_in_its_name(mode, number, expected):
    segment = hdus(EXSEGNUM=number, EXP_TYPE=mode)
    found = header_warnings("dir-seg9/a-seg002_nrs1_calints.fits", segment)
    numbers = [(one.found, one.effect) for one in found if one.key == "EXSEGNUM"]
    assert numbers == expected
