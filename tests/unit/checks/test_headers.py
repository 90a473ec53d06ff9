import pytest

from scripts.lib.checks.groups import group_errors, group_warnings
from scripts.lib.checks.headers import header_errors, header_warnings
from scripts.lib.fits.headers import Hdu
from scripts.lib.inputs.segments import Segment, read_segment
from tests.support.builders import KEYWORDS, write_segment

CUBE = (3, 4, 5)
NO_TIMES = "INT_TIMES: found {}, expected 3 rows or more: integrations get numbers, but no times"


def hdus(planes=None, **keywords):
    """Header-data units of a segment: PRIMARY, the planes and INT_TIMES."""
    shapes = {"SCI": CUBE, "ERR": CUBE, "DQ": CUBE, "INT_TIMES": (3, 4)} | (planes or {})
    header = {k: v for k, v in (KEYWORDS | keywords).items() if v is not None}
    units = [Hdu("PRIMARY", 1, header, [], 0, 0, 0, ())]
    return units + [Hdu(n, 1, {}, [], 0, 0, 0, s) for n, s in shapes.items() if s is not None]


def segment(number=1, first=1, nints=3, **changes):
    """A segment that exists in memory only."""
    detector = changes.get("detector", "NRS1")
    stem = f"jw1-seg{number:03d}_{detector.lower()}"
    fields = {
        "path": f"{stem}_calints.fits",
        "stem": stem,
        "name": f"{stem}_o001",
        "exposure_id": "jw1",
        "number": number,
        "detector": detector,
        "exp_type": "NRS_BRIGHTOBJ",
        "first_integration": first,
        "exposure_integrations": 9,
        "shape": (nints, 4, 5),
        "data_bytes": 0,
        "findings": (),
    }
    return Segment(**(fields | changes))


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
        ({"NINTS": 2**31}, "f: NINTS: found 2147483648, expected 2 or more"),
        ({"SRCTYPE": "STAR"}, "f: SRCTYPE: found 'STAR', expected one of POINT"),
    ],
)
def test_keywords(keywords, error):
    found = list(map(str, header_errors("f", hdus(**keywords))))
    assert len(found) == (error is not None)
    assert not found or found[0].startswith(error)


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


def test_what_is_behind_compressed_data_is_not_missed():
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


def test_segments_that_follow_each_other_have_no_errors():
    segments = [segment(1, 1), segment(2, 4), segment(3, 7)]
    both = [segment(1, 1, detector=name) for name in ("NRS1", "NRS2")]
    assert group_errors(segments) == group_warnings("asn", segments) == group_errors(both) == []


def test_mixed_exposure_types():
    (error,) = group_errors([segment(1, 1), segment(2, 4, exp_type="NIS_SOSS")])
    assert str(error) == (
        "jw1-seg002_nrs1_calints.fits: EXP_TYPE: found NIS_SOSS, "
        "expected NRS_BRIGHTOBJ as in jw1-seg001_nrs1_calints.fits"
    )


def test_same_segment_in_two_files():
    (error,) = group_errors([segment(1, 1), segment(1, 1, path="other_calints.fits")])
    assert str(error) == (
        "other_calints.fits: member: found the same exposure, segment and detector as in "
        "jw1-seg001_nrs1_calints.fits, expected each once"
    )


@pytest.mark.parametrize(
    ("starts", "offenders"),
    [
        (((1, 3), (3, 3)), ["seg002"]),
        (((1, 9), (2, 1), (5, 1), (10, 1)), ["seg002", "seg003"]),
        (((4, 3), (1, 4)), ["seg001"]),
    ],
)
def test_overlapping_integrations(starts, offenders):
    segments = [segment(k, *start) for k, start in enumerate(starts, 1)]
    errors = group_errors(segments)
    assert [error.path.split("_")[0].removeprefix("jw1-") for error in errors] == offenders
    assert {error.key for error in errors} == {"INTSTART"}


@pytest.mark.parametrize(
    ("segments", "warnings"),
    [
        ([segment(1, 1), segment(3, 7)], ["found none of 4 to 6, expected 1 to 9"]),
        ([segment(2, 4), segment(3, 7)], ["found none of 1 to 3, expected 1 to 9"]),
        ([segment(1, 1), segment(2, 4)], ["found none of 7 to 9, expected 1 to 9"]),
        (
            [segment(1, 1), segment(2, 4, 6, exposure_integrations=12)],
            ["NINTS: found [9, 12], expected one", "found none of 10 to 12, expected 1 to 12"],
        ),
        ([segment(41, 1846, 4)], ["found none of 1 to 1845, expected 1 to 1849"]),
    ],
)
def test_integrations_that_no_segment_holds(segments, warnings):
    found = group_warnings("asn.json", segments)
    assert len(found) == len(warnings)
    for finding, warning in zip(found, warnings, strict=True):
        assert (finding.severity, finding.path) == ("warning", "asn.json")
        assert finding.key.endswith(" of jw1 NRS1")
        assert warning.removeprefix("NINTS: ") in str(finding)


def test_unreadable_member_is_an_error(tmp_path):
    write_segment(tmp_path / "a_calints.fits")
    content = (tmp_path / "a_calints.fits").read_bytes()
    (tmp_path / "a_calints.fits").write_bytes(content[:5000])
    found, errors = read_segment("a_calints.fits", tmp_path, "o001")
    assert found is None
    assert len(errors) == 1
    assert str(errors[0]).startswith("a_calints.fits: truncated in SCI: 6000 bytes expected")
