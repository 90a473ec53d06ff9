"""What fluxes depend on is the same in all segments, or the product is refused before any job."""

import pytest

from scripts.lib.checks.flux_keywords import flux_keyword_errors, flux_keywords
from scripts.lib.inputs.products import survey
from tests.support.plans import make_segment
from tests.support.spectral_segments import write_segment

PRIMARY = {"EXP_TYPE": "MIR_IMAGE", "INSTRUME": "MIRI", "EFFINTTM": 5.0, "S_PHOTOM": "COMPLETE"}
SCIENCE = {"BUNIT": "MJy/sr", "PIXAR_SR": 2.5e-13, "DISPAXIS": 1, "SPORDER": 1, "XREF_SCI": 30.0}


def errors(count=3, **changed):
    made = []
    for number in range(1, count + 1):
        changes = changed if number == count else {}
        headers = [
            {k: v for k, v in (known | changes).items() if v is not None}
            for known in (PRIMARY, SCIENCE)
        ]
        made.append(make_segment(number, flux_keywords=flux_keywords(*headers)))
    return [(f.severity, f.path, f.key, f.found, f.expected) for f in flux_keyword_errors(made)]


def test_equal_segments_have_none():
    assert errors() == []
    assert errors(1, PIXAR_SR=None) == []


@pytest.mark.parametrize(
    ("keyword", "value", "found", "usual"),
    [
        ("PIXAR_SR", None, "none", "2.5e-13"),
        ("PIXAR_SR", 2.4e-13, "2.4e-13", "2.5e-13"),
        ("BUNIT", "DN/s", "DN/S", "MJY/SR"),
        ("BUNIT", None, "none", "MJY/SR"),
        ("DISPAXIS", 2, "2", "1"),
        ("DISPAXIS", None, "none", "1"),
        ("SPORDER", None, "none", "1"),
        ("SRCTYPE", "POINT", "POINT", "none"),
        ("SLTNAME", "S200A1", "S200A1", "none"),
        ("S_PHOTOM", "SKIPPED", "none", "COMPLETE"),
        ("EFFINTTM", 6.0, "6.0", "5.0"),
        ("INSTRUME", None, "none", "MIRI"),
        ("XREF_SCI", None, "none", "a number"),
        ("SRCXPOS", 0.1, "a number", "none"),
        ("PWCPOS", 245.8, "a number", "none"),
    ],
)
def test_a_segment_that_differs_is_named(keyword, value, found, usual):
    path = make_segment(3).path
    expected = f"{usual} as in 2 of 3 segments"
    assert errors(**{keyword: value}) == [("error", path, keyword, found, expected)]


@pytest.mark.parametrize(
    ("keyword", "value"),
    [("PIXAR_SR", 2.5000001e-13), ("XREF_SCI", 31.0), ("BUNIT", "mJy/SR "), ("TARGNAME", "x")],
)
def test_differences_without_meaning_are_none(keyword, value):
    assert errors(**{keyword: value}) == []


def test_integration_times_count_only_where_fluxes_are_made_of_them():
    spectra = PRIMARY | {"EXP_TYPE": "NRS_BRIGHTOBJ"}
    assert flux_keywords(spectra, SCIENCE) == flux_keywords(spectra | {"EFFINTTM": 7.0}, SCIENCE)


def test_a_light_curve_of_two_calibrations_is_refused_before_any_job(tmp_path):
    stem = "jw00001003001_04101_00001-seg00{}_nrs1_calints.fits"
    numbers = {"EXSEGNUM": 1, "INTSTART": 1, "INTEND": 3}
    write_segment(tmp_path / stem.format(1), primary={"TSOVISIT": True} | numbers)
    write_segment(tmp_path / stem.format(2), primary={"INTSTART": 4, "INTEND": 6}, PIXAR_SR=None)
    products, findings = survey(["."], tmp_path)
    assert products == []
    assert [f.key for f in findings if f.severity == "error"] == ["PIXAR_SR"]
