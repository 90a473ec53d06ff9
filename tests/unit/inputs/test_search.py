import errno
import json
import os

import pytest

from scripts.lib.inputs.search import find_files


@pytest.fixture(name="folder")
def download(tmp_path):
    """Files as an archive download leaves them; their content does not matter here."""
    for name in (
        "data/a/x_calints.fits",
        "data/b/y_calints.fits.gz",
        "data/b/z_cal.fits",
        "data/b/y_calints_old.fits",
        "data/.hidden/h_calints.fits",
        "data/results/r_calints.fits",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    (tmp_path / "data" / "level3_asn.json").write_text(json.dumps({"asn_type": "tso3"}))
    (tmp_path / "data" / "level2_asn.json").write_text(json.dumps({"asn_type": "tso-spec2"}))
    (tmp_path / "data" / "list.json").write_text("[1]")
    (tmp_path / "data" / "broken.json").write_text("{")
    return tmp_path


def test_a_folder_is_searched_to_any_depth(folder):
    sources = find_files(["data"], folder, "data/results")
    assert list(sources.segments.values()) == ["data/a/x_calints.fits", "data/b/y_calints.fits.gz"]
    assert list(sources.associations.values()) == ["data/level3_asn.json"]
    assert sources.members == {
        "x_calints.fits": ["data/a/x_calints.fits"],
        "y_calints.fits.gz": ["data/b/y_calints.fits.gz"],
    }
    other, note = sources.findings
    assert str(other) == (
        "data/level2_asn.json: asn_type: found tso-spec2: stage 2 of time series of spectra: "
        "`strun calwebb_spec2` makes the _calints.fits; left out"
    )
    assert other.severity == "note"
    assert str(note) == (
        "data/b/y_calints_old.fits: file name: found y_calints_old.fits, "
        "expected *_calints.fits or *_calints.fits.gz: left out"
    )
    assert note.severity == "note"


def test_the_output_folder_is_searched_if_it_is_no_output_folder(folder):
    found = find_files(["data"], folder).segments.values()
    assert "data/results/r_calints.fits" in found


def test_the_working_directory_can_be_the_folder(folder):
    sources = find_files(["."], folder / "data" / "a")
    assert list(sources.segments.values()) == ["x_calints.fits"]


def test_named_files_are_taken_whatever_the_type_of_the_association(folder):
    sources = find_files(["data/level2_asn.json", "data/*/*_calints.fits*"], folder)
    assert list(sources.associations.values()) == ["data/level2_asn.json"]
    assert len(sources.segments) == 3
    assert sources.findings == []


def test_each_file_counts_once(folder):
    sources = find_files(["data/a", str(folder / "data" / "a" / "*"), "data/./a/*.fits"], folder)
    assert list(sources.segments.values()) == ["data/a/x_calints.fits"]


def test_patterns_without_anything_of_use(folder):
    (folder / "empty").mkdir()
    sources = find_files(["none", "empty", "data/b/*_cal.fits"], folder)
    assert [finding.path for finding in sources.findings] == ["none", "empty", "data/b/*_cal.fits"]
    assert {finding.severity for finding in sources.findings} == {"error"}


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("x_uncal.fits", "x_uncal.fits is raw data: `strun calwebb_detector1`, then `strun"),
        ("x_rate.fits", "x_rate.fits is slopes averaged over time: of its _rateints.fits `strun"),
        ("x_rateints.fits", "x_rateints.fits is slopes of stage 1: `strun calwebb_spec2` or"),
        ("x_cal.fits.gz", "x_cal.fits.gz is an exposure without times: `strun calwebb_spec3` or"),
        ("x_dark.fits", "x_dark.fits is a dark: `strun calwebb_dark`"),
        ("x_crfints.fits", "x_crfints.fits is a segment after stage 3"),
        ("x_x1dints.fits", "x_x1dints.fits is a product of stage 2 or 3"),
    ],
)
def test_files_of_other_stages_are_named_with_their_pipeline(tmp_path, name, sentence):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / name).write_text("")
    for pattern in ("data", f"data/{name}", "data/*"):
        (error,) = find_files([pattern], tmp_path).findings
        assert str(error).startswith(
            f"{pattern}: association: found none, expected an association of type tso3 or segments, "
            f"*_calints.fits or *_calints.fits.gz: {sentence}"
        )


@pytest.mark.parametrize("asn_type", ["spec3", "image3", "ami3", "coron3", "dark"])
def test_a_folder_of_other_associations_names_their_pipelines(tmp_path, asn_type):
    (tmp_path / "asn.json").write_text(json.dumps({"asn_type": asn_type}))
    note, error = find_files(["."], tmp_path).findings
    assert (note.severity, error.severity) == ("note", "error")
    for found in (note, error):
        assert f"`strun calwebb_{asn_type}`" in str(found)


def test_companions_of_macos_are_passed_over_with_a_note(folder):
    for name in ("._x_calints.fits", "._level3_asn.json", ".DS_Store", "Thumbs.db"):
        (folder / "data" / "a" / name).write_bytes(b"\x00\x05\x16\x07")
    sources = find_files(["data/a"], folder)
    assert list(sources.segments.values()) == ["data/a/x_calints.fits"]
    assert [str(finding) for finding in sources.findings] == [
        f"data/a/{name}: file name: found {name}: a companion file of macOS; left out"
        for name in ("._level3_asn.json", "._x_calints.fits")
    ]


def test_a_name_that_looks_like_a_pattern_is_found_by_itself(folder):
    (folder / "visit [1]").mkdir()
    (folder / "visit [1]" / "x_calints.fits").write_text("")
    (folder / "visit 1").mkdir()
    (folder / "visit 1" / "y_calints.fits").write_text("")
    sources = find_files(["visit [1]"], folder)
    assert list(sources.segments.values()) == ["visit [1]/x_calints.fits"]
    (folder / "visit [1]").rename(folder / "other")
    sources = find_files(["visit [1]"], folder)
    assert list(sources.segments.values()) == ["visit 1/y_calints.fits"]


def test_links_to_folders_are_followed_once(folder):
    (folder / "links").mkdir()
    (folder / "links" / "there").symlink_to(folder / "data" / "a")
    (folder / "links" / "back").symlink_to(folder / "links")
    sources = find_files(["links"], folder)
    assert list(sources.segments.values()) == ["links/there/x_calints.fits"]


def test_a_pattern_that_meets_the_output_folder_passes_it_by(folder):
    sources = find_files(["data/*"], folder, "data/results")
    assert "data/results/r_calints.fits" not in sources.segments.values()


def test_folders_that_cannot_be_read_are_reported(folder, monkeypatch):
    scandir = os.scandir

    def refuse(path):
        if str(path).endswith("data/a"):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    errors = [f for f in find_files(["data"], folder).findings if f.severity == "error"]
    assert [str(error) for error in errors] == [
        f"{folder}/data/a: folder: found Permission denied, expected a readable one"
    ]
