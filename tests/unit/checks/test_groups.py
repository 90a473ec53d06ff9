import pytest

from scripts.lib.checks.groups import comparison_findings
from scripts.lib.checks.segments import Facts
from tests.unit.checks.test_headers import segment as plain_segment

KEYWORDS = {"CAL_VER": "1.13.4", "FILTER": "CLEAR", "EFFINTTM": 10.34, "BUNIT": "DN/s"}


def segment(number=1, utc=None, identity=None, keywords=None, **changes):
    """Segment of three integrations, a minute each, with facts."""
    first = 3 * number - 2
    utc = utc or (59000 + first / 1440, 59000 + (first + 2) / 1440)
    facts = Facts(KEYWORDS | (keywords or {}), identity, 1000, utc, utc)
    return plain_segment(number, first, facts=facts, **changes)


def found(*segments):
    findings = comparison_findings("asn.json", list(segments))
    assert all(finding.severity == "warning" and finding.effect for finding in findings)
    return [(finding.path, finding.key, finding.found) for finding in findings]


def test_nothing_unusual():
    nrs2 = [segment(k, detector="NRS2") for k in (1, 2)]
    assert found(segment(1), segment(2), *nrs2) == []


def test_segments_without_facts_are_not_compared():
    assert found(plain_segment(1, 1), segment(2, keywords={"CAL_VER": "1.14.0"})) == []


@pytest.mark.parametrize(
    ("keyword", "value", "text"),
    [
        ("CAL_VER", "1.14.0", "1.13.4 (in 2 of 3), 1.14.0 (in 1 of 3)"),
        ("CRDS_CTX", "jwst_1.pmap", "none (in 2 of 3), jwst_1.pmap (in 1 of 3)"),
        ("FILTER", "F1", "CLEAR (in 2 of 3), F1 (in 1 of 3)"),
        ("BUNIT", "MJy", "DN/s (in 2 of 3), MJy (in 1 of 3)"),
        ("EFFINTTM", 10.35, "10.34 (in 2 of 3), 10.35 (in 1 of 3)"),
    ],
)
def test_mixtures(keyword, value, text):
    odd = segment(2, keywords={keyword: value})
    assert found(segment(1), odd, segment(3)) == [("asn.json", keyword, text)]


def test_last_digits_do_not_count():
    assert found(segment(1), segment(2, keywords={"EFFINTTM": 10.34 + 1e-12})) == []


def test_images_of_another_size():
    odd = segment(2, shape=(3, 4, 6))
    assert found(segment(1), odd) == [(odd.path, "SCI", "images of (4, 6)")]
    assert found(segment(1), segment(1, shape=(3, 4, 6), detector="NRS2")) == []


def test_one_exposure_under_two_names():
    first = segment(1, identity=("01366", "NRS1"))
    copy = segment(1, identity=("01366", "NRS1"), exposure_id="copy", path="copy_calints.fits")
    assert found(first, copy) == [("copy_calints.fits", "EXPOSURE", "integrations 1 to 3")]
    other = segment(1, identity=("01367", "NRS1"), exposure_id="copy")
    assert found(first, other) == []
    later = segment(2, identity=("01366", "NRS1"), exposure_id="copy")
    assert found(first, later) == []


def test_times_that_do_not_go_on():
    early = segment(2, utc=(59000.0, 59000.001))
    assert found(segment(1), early) == [
        (early.path, "INT_TIMES/int_mid_MJD_UTC", "59000.000000 at the start")
    ]


def test_segments_without_times_have_no_order():
    facts = Facts(KEYWORDS, None, 1000, None, None)
    assert found(segment(1), plain_segment(2, 4, facts=facts), segment(3)) == []
