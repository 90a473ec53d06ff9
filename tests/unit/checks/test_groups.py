from dataclasses import replace

import pytest

from scripts.lib.checks.groups import comparison_findings, group_errors, group_warnings
from scripts.lib.checks.segments import HeaderFacts
from scripts.lib.inputs.segments import Segment

KEYWORDS = {"CAL_VER": "1.13.4", "FILTER": "CLEAR", "EFFINTTM": 10.34, "BUNIT": "DN/s"}


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


def full_segment(number=1, utc=None, identity=None, keywords=None, **changes):
    """Segment of three integrations, a minute each, with facts."""
    first = 3 * number - 2
    utc = utc or (59000 + first / 1440, 59000 + (first + 2) / 1440)
    facts = HeaderFacts(KEYWORDS | (keywords or {}), identity, 1000, utc, utc)
    return segment(number, first, facts=facts, **changes)


def found(*segments):
    findings = comparison_findings("asn.json", list(segments))
    assert all(finding.severity == "warning" and finding.effect for finding in findings)
    return [(finding.path, finding.key, finding.found) for finding in findings]


def test_nothing_unusual():
    nrs2 = [full_segment(k, detector="NRS2") for k in (1, 2)]
    assert found(full_segment(1), full_segment(2), *nrs2) == []


def test_segments_without_facts_are_not_compared():
    assert found(segment(1, 1), full_segment(2, keywords={"CAL_VER": "1.14.0"})) == []


@pytest.mark.parametrize(
    ("keyword", "value", "text"),
    [
        ("CAL_VER", "1.14.0", "1.13.4 (in 2 of 3), 1.14.0 (in 1 of 3)"),
        ("CRDS_CTX", "jwst_1.pmap", "none (in 2 of 3), jwst_1.pmap (in 1 of 3)"),
        ("FILTER", "F1", "CLEAR (in 2 of 3), F1 (in 1 of 3)"),
        ("EFFINTTM", 10.35, "10.34 (in 2 of 3), 10.35 (in 1 of 3)"),
    ],
)
def test_mixtures(keyword, value, text):
    other = full_segment(2, keywords={keyword: value})
    assert found(full_segment(1), other, full_segment(3)) == [("asn.json", keyword, text)]


def test_images_of_several_detectors():
    parts = [full_segment(1, detector=name) for name in ("NRCA1", "NRCA3")]
    assert found(*parts) == []
    images = [replace(part, exp_type="NRC_TSIMAGE") for part in parts]
    assert found(*images) == [("asn.json", "DETECTOR", "NRCA1 (in 1 of 2), NRCA3 (in 1 of 2)")]


def test_last_digits_do_not_count():
    assert found(full_segment(1), full_segment(2, keywords={"EFFINTTM": 10.34 + 1e-12})) == []


def test_images_of_another_size():
    other = full_segment(2, shape=(3, 4, 6))
    assert found(full_segment(1), other) == [(other.path, "SCI", "images of (4, 6)")]
    assert found(full_segment(1), full_segment(1, shape=(3, 4, 6), detector="NRS2")) == []


def test_one_exposure_under_two_names():
    first = full_segment(1, identity=("01366", "NRS1"))
    copy = full_segment(1, identity=("01366", "NRS1"), exposure_id="copy", path="copy_calints.fits")
    assert found(first, copy) == [("copy_calints.fits", "EXPOSURE", "integrations 1 to 3")]
    other = full_segment(1, identity=("01367", "NRS1"), exposure_id="copy")
    assert found(first, other) == []
    later = full_segment(2, identity=("01366", "NRS1"), exposure_id="copy")
    assert found(first, later) == []


def test_times_that_do_not_go_on():
    early = full_segment(2, utc=(59000.0, 59000.001))
    assert found(full_segment(1), early) == [
        (early.path, "INT_TIMES/int_mid_MJD_UTC", "59000.000000 at the start")
    ]


@pytest.mark.parametrize("minutes", [0.6, 2, 600])
def test_a_segment_whose_times_are_shifted_as_a_whole(minutes):
    start = 59000 + (4 + minutes) / 1440
    late = full_segment(2, utc=(start, start + 2 / 1440))
    message = (late.path, "INT_TIMES/int_mid_MJD_UTC", f"{start:.6f} at the start")
    assert found(full_segment(1), late) == [message]
    # The segment after it begins before it ends, or too soon.
    assert len(found(full_segment(1), late, full_segment(3))) == 2


def test_integrations_that_no_segment_holds_take_their_time():
    assert found(full_segment(1), full_segment(3)) == []
    near = full_segment(2, utc=(59000 + 4.4 / 1440, 59000 + 6.4 / 1440))
    assert found(full_segment(1), near) == []


def test_segments_of_one_integration_have_no_step():
    single = [full_segment(k, shape=(1, 4, 5), utc=(59000 + k**2,) * 2) for k in (1, 2)]
    assert found(*single) == []


@pytest.mark.parametrize(
    ("keyword", "usual", "other"),
    [
        ("YREF_SCI", 16.5, 7),
        ("SRCXPOS", -0.1, 0.2),
        ("DITH_RA", 10.0, 10.00001),
        ("PWCPOS", 245.8, 245.7),
    ],
)
def test_a_segment_that_is_measured_in_another_place(keyword, usual, other):
    first, second, third = (full_segment(number) for number in (1, 2, 3))
    for part, value in ((first, usual), (second, other), (third, usual)):
        part.facts.positions[keyword] = value
    assert found(first, second, third) == [(second.path, keyword, f"{other:.9g}")]
    # Another exposure may be elsewhere, and the last digits of a position are those of a machine.
    assert found(first, replace(second, exposure_id="jw2"), third) == []
    second.facts.positions[keyword] = usual + 1e-7
    assert found(first, second, third) == []


def test_segments_without_times_have_no_order():
    facts = HeaderFacts(KEYWORDS, None, 1000, None, None)
    assert found(full_segment(1), segment(2, 4, facts=facts), full_segment(3)) == []


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


@pytest.mark.parametrize("name", ["wasp39_o001", "WASP39_o001"])
def test_two_files_of_one_base_name_are_two_segments_and_cannot_share_their_products(name):
    first = segment(path="nrs1/wasp39_calints.fits", name="wasp39_o001")
    second = segment(path="nrs2/wasp39_calints.fits", name=name, detector="NRS2")
    (error,) = group_errors([first, second])
    assert str(error) == (
        "nrs2/wasp39_calints.fits: file name: found that of nrs1/wasp39_calints.fits, "
        "expected another, as products are named after it; rename one of the two"
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
