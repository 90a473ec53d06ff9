import pytest

from scripts.lib.doctor.records import segment_record, utc_text, verdict
from scripts.lib.findings import Finding
from scripts.lib.inputs.segments import read_segment
from tests.support.builders import write_segment

NAME = "jw00001003001_04101_00001-seg002_mirimage_calints.fits"


@pytest.mark.parametrize(
    ("mjd", "text"),
    [
        (0.0, "1858-11-17 00:00:00"),
        (59000.5, "2020-05-31 12:00:00"),
        (1e9, "1000000000.0"),
    ],
)
def test_times_are_written_as_dates_where_a_calendar_reaches(mjd, text):
    assert utc_text(mjd) == text


@pytest.mark.parametrize(
    ("severities", "line"),
    [
        ([], "all well: a run can start"),
        (["note"], "all well: a run can start"),
        (["warning"], "1 warning: a run can start; read the warnings first"),
    ],
)
def test_verdict_without_errors(severities, line):
    assert (
        verdict([Finding(severity, "f.fits", key="KEY", found="1") for severity in severities])
        == line
    )


def test_an_error_outweighs_warnings():
    findings = [
        Finding(severity, f"{number}.fits", key="KEY", found="1")
        for number, severity in enumerate(("warning", "error", "error"))
    ]
    assert verdict(findings).startswith("2 errors and 1 warning: a run would stop or fail")


def test_record_of_a_segment_counts_its_integrations_in_the_exposure(tmp_path):
    write_segment(tmp_path / NAME, INTSTART=4, NINTS=6, EXSEGNUM=2, INSTRUME="MIRI")
    record = segment_record(read_segment(NAME, tmp_path)[0])
    assert record["file"] == NAME
    assert (record["segment"], record["exposure_integrations"]) == (2, 6)
    assert (record["first_integration"], record["last_integration"]) == (4, 6)
    assert record["shape"] == [3, 4, 5]
    assert record["instrument"] == "MIRI"
    assert record["cal_ver"] is None
