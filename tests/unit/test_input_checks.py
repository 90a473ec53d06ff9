import pytest

from scripts.lib.errors import InputError
from scripts.lib.fits_headers import Hdu
from scripts.lib.input_checks import (
    check_references,
    group_oddities,
    group_problems,
    header_oddities,
    header_problems,
)
from scripts.lib.segments import Segment, read_segment
from tests.builders import KEYWORDS, write_segment

CUBE = (3, 4, 5)


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
        "oddities": (),
    }
    return Segment(**(fields | changes))


@pytest.mark.parametrize(
    ("keywords", "problem"),
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
        ({"NINTS": 1}, "f: NINTS: found 1, expected 2 or more"),
        ({"NINTS": None}, "f: NINTS: found None, expected the number"),
        ({"NINTS": 3.5}, "f: NINTS: found 3.5, expected the number"),
        ({"NINTS": True}, "f: NINTS: found True, expected the number"),
        ({"EXP_TYPE": None}, "f: EXP_TYPE: found None, expected an exposure type"),
        ({"INTSTART": "one"}, "f: INTSTART: found 'one', expected a whole number"),
        ({"INTEND": 2.0}, "f: INTEND: found 2.0, expected a whole number"),
        ({"EXSEGNUM": True}, "f: EXSEGNUM: found True, expected a whole number"),
    ],
)
def test_keywords(keywords, problem):
    found = header_problems("f", hdus(**keywords))
    assert len(found) == (problem is not None)
    assert not found or found[0].startswith(problem)


@pytest.mark.parametrize(
    ("planes", "problem"),
    [
        ({"SCI": None}, "f: SCI: found 0 extensions, expected one"),
        ({"SCI": (4, 5)}, "f: SCI: found shape (4, 5), expected a cube (integrations, y, x)"),
        ({"SCI": (0, 4, 5)}, "f: SCI: found shape (0, 4, 5), expected a cube (integrations, y, x)"),
        ({"ERR": None}, "f: ERR: found shape None, expected that of SCI, (3, 4, 5)"),
        ({"DQ": (4, 5)}, "f: DQ: found shape (4, 5), expected that of SCI, (3, 4, 5)"),
    ],
)
def test_planes(planes, problem):
    assert header_problems("f", hdus(planes)) == [problem]


def test_several_slits_are_a_problem():
    units = hdus()
    assert header_problems("f", [*units, units[1]]) == ["f: SCI: found 2 extensions, expected one"]


def test_all_problems_of_a_file_are_found():
    found = header_problems("f", hdus({"ERR": None, "DQ": None}, EXP_TYPE=None, NINTS=1))
    assert [line.split(":")[1] for line in found] == [" EXP_TYPE", " NINTS", " ERR", " DQ"]


@pytest.mark.parametrize(
    ("planes", "keywords", "oddities"),
    [
        ({}, {}, []),
        ({}, {"INTSTART": None, "INTEND": None}, []),
        ({}, {"INTEND": 4}, ["INTEND: found 4 with INTSTART 1, expected 3"]),
        ({}, {"INTSTART": 5, "INTEND": 7}, ["NINTS: found 6, expected 7 or more"]),
        ({}, {"TARGNAME": None}, ["TARGNAME: found none, expected the name of the target"]),
        ({"INT_TIMES": (0, 4)}, {}, ["INT_TIMES: found 0 rows, expected 3 or more"]),
        ({"INT_TIMES": None}, {}, ["INT_TIMES: found 0 rows, expected 3 or more"]),
    ],
)
def test_oddities(planes, keywords, oddities):
    units = hdus(planes, **keywords)
    assert header_problems("f", units) == []
    assert header_oddities(units) == oddities


def test_segments_that_follow_each_other_have_no_problems():
    segments = [segment(1, 1), segment(2, 4), segment(3, 7)]
    both = [segment(1, 1, detector=name) for name in ("NRS1", "NRS2")]
    assert group_problems(segments) == group_oddities(segments) == group_problems(both) == []


def test_mixed_exposure_types():
    (problem,) = group_problems([segment(1, 1), segment(2, 4, exp_type="NIS_SOSS")])
    assert problem == (
        "jw1-seg002_nrs1_calints.fits: EXP_TYPE: found NIS_SOSS, "
        "expected NRS_BRIGHTOBJ as in jw1-seg001_nrs1_calints.fits"
    )


def test_same_segment_in_two_files():
    (problem,) = group_problems([segment(1, 1), segment(1, 1, path="other_calints.fits")])
    assert problem.startswith("other_calints.fits: member: found the same exposure, segment and")
    assert "jw1-seg001_nrs1_calints.fits" in problem


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
    problems = group_problems(segments)
    assert [problem.split("_")[0].removeprefix("jw1-") for problem in problems] == offenders
    assert all(": INTSTART: found " in problem for problem in problems)


@pytest.mark.parametrize(
    ("segments", "oddities"),
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
def test_integrations_that_no_segment_holds(segments, oddities):
    found = group_oddities(segments)
    assert len(found) == len(oddities)
    for line, oddity in zip(found, oddities, strict=True):
        assert line.startswith("jw1 NRS1: ")
        assert oddity in line


def test_unreadable_member_is_a_problem(tmp_path):
    write_segment(tmp_path / "a_calints.fits")
    content = (tmp_path / "a_calints.fits").read_bytes()
    (tmp_path / "a_calints.fits").write_bytes(content[:5000])
    found, problems = read_segment("a_calints.fits", tmp_path, "o001")
    assert found is None
    assert len(problems) == 1
    assert "a_calints.fits: truncated in SCI: 6000 bytes expected" in problems[0]


@pytest.fixture(name="config")
def configuration(tmp_path):
    (tmp_path / "apertures.json").write_text('{"apertures": []}')
    references = {"extract1d": "apertures.json", "apcorr": None, "gain": None}
    return {"references": references, "extract_1d": {"skip": False}}


class TestReferences:
    def test_given_files_exist(self, config, tmp_path):
        assert check_references(config, [segment()], tmp_path) == []

    def test_missing_files_are_all_named(self, config, tmp_path):
        config["references"] |= {"gain": "gain.fits", "apcorr": str(tmp_path)}
        with pytest.raises(InputError) as caught:
            check_references(config, [], tmp_path)
        assert str(caught.value).splitlines() == [
            f"config: references/apcorr: found no file {tmp_path}, expected a reference file or null",
            "config: references/gain: found no file gain.fits, expected a reference file or null",
        ]

    def test_files_that_are_no_reference_are_all_named(self, config, tmp_path):
        (tmp_path / "apertures.json").write_text('{"apertures": [')
        (tmp_path / "gain.fits").write_text("SIMPLE")
        config["references"]["gain"] = "gain.fits"
        with pytest.raises(InputError) as caught:
            check_references(config, [], tmp_path)
        first, second = str(caught.value).splitlines()
        place = f"config: references/extract1d: {tmp_path}/apertures.json"
        assert first.startswith(f"{place}: not a JSON file: Expecting value")
        place = f"config: references/gain: {tmp_path}/gain.fits"
        assert second.startswith(f"{place}: not a FITS file")

    def test_files_in_asdf_are_not_opened(self, config, tmp_path):
        (tmp_path / "ranges.asdf").write_text("#ASDF")
        config["references"]["wavelengthrange"] = "ranges.asdf"
        assert check_references(config, [segment()], tmp_path) == []

    def test_spectra_without_apertures_are_odd(self, config, tmp_path):
        config["references"]["extract1d"] = None
        expected = "config: references/extract1d: found null: the aperture is the whole array"
        assert check_references(config, [segment()], tmp_path) == [expected]
        assert check_references(config, [], tmp_path) == []
        config["extract_1d"]["skip"] = True
        assert check_references(config, [segment()], tmp_path) == []
