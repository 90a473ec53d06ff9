import pytest

from scripts.lib.errors import InputError
from scripts.lib.findings import Finding, error_lines, stop_at_errors, summary_lines, warning_lines


def warning(path, key="NINTS", severity="warning"):
    return Finding(severity, path, key=key, found="4", expected="5 or more")


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        ({"key": "NINTS"}, "f: NINTS: found 4"),
        ({"key": "NINTS", "expected": "5"}, "f: NINTS: found 4, expected 5"),
        ({"key": "NINTS", "effect": "left out"}, "f: NINTS: found 4: left out"),
        (
            {"key": "NINTS", "expected": "5", "effect": "left out"},
            "f: NINTS: found 4, expected 5: left out",
        ),
        ({"found": "not a FITS file"}, "f: not a FITS file"),
    ],
)
def test_line(fields, line):
    finding = Finding("error", "f", **{"found": "4"} | fields)
    assert str(finding) == line
    assert f"f: {finding.text}" == line


def test_all_but_severity_and_file_is_given_by_name():
    with pytest.raises(TypeError, match="positional"):
        Finding("error", "f", "NINTS", found="4")
    with pytest.raises(TypeError, match="found"):
        Finding("error", "f", key="NINTS")


def test_fields_for_json():
    assert warning("f").as_dict() == {
        "severity": "warning",
        "path": "f",
        "key": "NINTS",
        "found": "4",
        "expected": "5 or more",
        "effect": "",
    }


def test_error_of_a_reader():
    error = InputError("/far/f: truncated in SCI")
    assert str(Finding.from_error("f", error, "/far/f")) == "f: truncated in SCI"
    assert str(Finding.from_error("/far/f", error)) == "/far/f: truncated in SCI"


def test_only_errors_stop_and_each_is_reported_once():
    stop_at_errors([warning("f"), warning("g", severity="note")])
    errors = [warning("f", severity="error"), warning("f", "ERR", "error")]
    with pytest.raises(InputError) as caught:
        stop_at_errors([warning("f"), *errors, *errors])
    assert str(caught.value).splitlines() == [
        "f: NINTS: found 4, expected 5 or more",
        "f: ERR: found 4, expected 5 or more",
    ]


def test_one_line_for_each_severity_and_key():
    findings = [warning("f"), warning("g"), warning("g"), warning("h", severity="note")]
    assert summary_lines(findings) == [
        "f: NINTS: found 4, expected 5 or more (and 1 more)",
        "h: NINTS: found 4, expected 5 or more",
    ]
    messages = [Finding("error", name, found=f"{name} is truncated") for name in "fg"]
    assert len(summary_lines(messages)) == 2


def test_products_carry_warnings_without_folders():
    findings = [warning("data/f.fits"), warning("data/g.fits", severity="note")]
    assert warning_lines(findings) == ["f.fits: NINTS: found 4, expected 5 or more"]


def test_no_part_of_a_finding_is_more_than_one_line_or_obeyed_by_a_terminal():
    hostile = "a\x1b[2J\nb"
    parts = dict.fromkeys(("key", "found", "expected", "effect"), hostile)
    finding = Finding("error", hostile, **parts)
    shown = r"a\x1b[2J\nb"
    assert str(finding) == f"{shown}: {shown}: found {shown}, expected {shown}: {shown}"
    with pytest.raises(InputError) as caught:
        stop_at_errors([finding])
    assert str(caught.value) == str(finding)


def test_a_finding_of_an_error_starts_after_the_name_of_the_file_whatever_it_is():
    finding = Finding.from_error("a\nb", InputError("a\nb: cannot be read"))
    assert finding.found == "cannot be read"


def test_thousands_of_errors_of_one_kind_are_a_count():
    errors = [warning(f"{k}.fits", severity="error") for k in range(50_000)]
    lines = error_lines([*errors, warning("other", key="SCI", severity="error"), warning("x")])
    assert len(lines) == 21
    assert lines[0] == "0.fits: NINTS: found 4, expected 5 or more"
    assert lines[19] == "19.fits: NINTS: found 4, expected 5 or more (and 49,980 more)"
    assert lines[20].startswith("other: SCI")


def test_a_value_that_fills_screens_is_cut():
    finding = Finding("error", "a", key="b", found="x" * 1_000_000)
    assert str(finding) == f"a: b: found {'x' * 1000}... (1000000 characters)"
