"""Checks of NIRISS SOSS segments before any job."""

from types import SimpleNamespace

import asdf
import pytest
from astropy.io import fits

from scripts.lib.checks.soss import soss_check
from scripts.lib.fits.headers import read_hdus
from tests.support import soss_files


@pytest.fixture(scope="module", name="folder")
def references(tmp_path_factory):
    folder = tmp_path_factory.mktemp("references")
    soss_files.write_traces(folder / "pastasoss.asdf")
    soss_files.write_profiles(folder / "specprofile.fits")
    soss_files.write_segment(folder / "segment.fits", 2)
    return folder


def errors(folder, segment="segment.fits", skip=False, **files):
    names = {"pastasoss": "pastasoss.asdf", "specprofile": "specprofile.fits"} | files
    given = SimpleNamespace(
        settings=lambda step, path: {"skip": skip},
        reference=lambda kind, path: SimpleNamespace(path=names[kind] and str(names[kind])),
    )
    found = soss_check(folder, given)("x.fits", read_hdus(folder / segment))
    return [str(finding) for finding in found]


def segment_with(folder, tmp_path, **keywords):
    with fits.open(folder / "segment.fits") as hdus:
        hdus[0].header.update(keywords)
        hdus.writeto(tmp_path / "segment.fits")
    return tmp_path / "segment.fits"


def test_a_segment_that_fits_has_no_errors(folder):
    assert errors(folder) == []


@pytest.mark.parametrize("position", [247.0, 245.5])
def test_the_pupil_wheel_must_be_within_bounds(folder, tmp_path, position):
    segment = segment_with(folder, tmp_path, PWCPOS=position)
    expected = f"x.fits: PWCPOS: found {position}, expected 245.54 to 246.04, the bounds of"
    (line,) = errors(folder, segment)
    assert line == f"{expected} pastasoss.asdf"
    assert errors(folder, segment, skip=True) == []


def test_bounds_may_be_written_on_separate_lines(folder, tmp_path):
    path = tmp_path / "pastasoss.asdf"
    path.write_text("#ASDF 1.0.0\n--- \nmeta:\n  pwcpos_bounds:\n  - 245.0\n  - 245.1\n...\n")
    (line,) = errors(folder, pastasoss=path)
    assert "expected 245.0 to 245.1" in line
    path.write_text("#ASDF 1.0.0\n--- \nmeta: {pwcpos_bounds: [245, 246]}\n...\n")
    assert errors(folder, pastasoss=path) == []


def test_bounds_of_an_array_are_left_to_the_job(folder, tmp_path):
    path = tmp_path / "pastasoss.asdf"
    asdf.AsdfFile({"meta": {"pwcpos": 245.7}}).write_to(path)
    assert errors(folder, pastasoss=path) == []


def test_images_must_have_the_shape_of_the_subarray(folder, tmp_path):
    segment = segment_with(folder, tmp_path, SUBARRAY="SUBSTRIP96")
    lines = errors(folder, segment)
    assert "expected (integrations, 96, 2048) for SUBSTRIP96" in lines[0]
    assert "specprofile.fits: ORDER 1: found shape (260, 2052)" in lines[1]


def test_a_missing_order_is_named(folder, tmp_path):
    soss_files.write_traces(tmp_path / "pastasoss.asdf", orders=(1, 3))
    soss_files.write_profiles(tmp_path / "specprofile.fits", orders=(1, 3))
    (line,) = errors(folder, pastasoss=tmp_path / "pastasoss.asdf")
    assert "spectral_order: found [1, 3], expected at least 1 and 2" in line
    (line,) = errors(folder, specprofile=tmp_path / "specprofile.fits")
    assert "ORDER: found [1, 3], expected at least 1 and 2" in line


def test_damaged_numbers_of_references_are_no_tracebacks(folder, tmp_path):
    path = tmp_path / "pastasoss.asdf"
    path.write_text("#ASDF 1.0.0\n--- \nmeta: {pwcpos_bounds: [24-5, 2.4.6]}\n...\n")
    assert errors(folder, pastasoss=path) == []
    soss_files.write_profiles(tmp_path / "specprofile.fits")
    with fits.open(tmp_path / "specprofile.fits", mode="update") as hdus:
        hdus["ORDER", 1].header["ORDER"] = "one"
    (line,) = errors(folder, specprofile=tmp_path / "specprofile.fits")
    assert "ORDER: found [2, 3, one], expected at least 1 and 2" in line


def test_missing_files_are_reported_elsewhere(folder, tmp_path):
    assert errors(folder, pastasoss=None, specprofile=tmp_path / "none.fits") == []
    (tmp_path / "text.fits").write_text("no FITS")
    assert errors(folder, specprofile=tmp_path / "text.fits") == []


@pytest.mark.parametrize("keywords", [{"FILTER": "F277W"}, {"SUBARRAY": "FULL"}])
def test_segments_that_are_not_extracted_are_not_checked(folder, tmp_path, keywords):
    # It gets a message from its job, and the others are extracted all the same.
    assert errors(folder, segment_with(folder, tmp_path, **keywords, PWCPOS=0.0)) == []
