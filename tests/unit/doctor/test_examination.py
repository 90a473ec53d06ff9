import errno
import gzip
from dataclasses import replace
from types import SimpleNamespace

import pytest

from scripts.lib.doctor.examination import Examination, build_wcs
from scripts.lib.inputs.segments import read_segment
from scripts.lib.segment_data import world_coordinates
from tests.support.builders import write_segment

NAME = "jw00001003001_04101_00001-seg001_mirimage_calints.fits"


@pytest.fixture(name="segment")
def segment_of_zeros(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_segment(tmp_path / NAME, NINTS=3)
    return read_segment(NAME, ".")[0]


def examined(segment, needs=False):
    """Findings about one segment without its world coordinates: severity, key, found."""
    examination = Examination(builds_wcs=False)
    examination.examine(segment, needs)
    examination.finish()
    return [(f.severity, f.key, f.found) for f in examination.findings]


def test_data_and_coordinates_are_examined(segment):
    result = examined(segment)
    assert ("warning", "SCI", "one value in all pixels in 3 of 3 integrations (1, 2, 3)") in result
    assert ("warning", "ERR", "no positive pixel in 3 of 3 integrations (1, 2, 3)") in result
    assert result[-1] == ("warning", "ASDF", "an ASDF file without a complete tree")
    assert examined(segment, needs=True)[-1][0] == "error"


def test_file_that_ends_early_meanwhile(segment, tmp_path):
    content = (tmp_path / NAME).read_bytes()
    (tmp_path / NAME).write_bytes(content[:9000])
    ((severity, key, found),) = examined(segment)
    assert (severity, key) == ("error", "")
    assert found.startswith("truncated in ")


def packed(segment, tmp_path, content):
    (tmp_path / f"{NAME}.gz").write_bytes(content)
    return replace(segment, path=f"{NAME}.gz", facts=None)


def test_compressed_segment(segment, tmp_path):
    content = gzip.compress((tmp_path / NAME).read_bytes())
    examination = Examination(builds_wcs=False)
    known = examination.examine(packed(segment, tmp_path, content), False)
    assert known.facts.file_bytes == len(content)
    assert known.facts.utc == segment.facts.utc
    plain = [finding[1:] for finding in examined(segment)]
    assert [(finding.key, finding.found) for finding in examination.findings] == plain


def test_damaged_compressed_segment(segment, tmp_path):
    content = gzip.compress((tmp_path / NAME).read_bytes())
    ((severity, _, found),) = examined(packed(segment, tmp_path, content[:-100]))
    assert (severity, "ends early" in found or "end early" in found) == ("error", True)


def test_compressed_segment_without_room_to_unpack_it(segment, tmp_path, monkeypatch):
    def refuse(_source, _target):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("scripts.lib.doctor.examination.unpack", refuse)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    content = gzip.compress((tmp_path / NAME).read_bytes())
    ((severity, key, found),) = examined(packed(segment, tmp_path, content))
    assert (severity, key) == ("warning", "file")
    assert found == f"that it cannot be unpacked in {tmp_path} (No space left on device)"


def test_compressed_segment_of_a_truncated_file(segment, tmp_path):
    content = gzip.compress((tmp_path / NAME).read_bytes()[:9000])
    ((severity, _, found),) = examined(packed(segment, tmp_path, content))
    assert (severity, found.startswith("truncated in ")) == ("error", True)


def test_compressed_segment_with_wrong_headers(segment, tmp_path):
    write_segment(tmp_path / "wrong.fits", NINTS=3, planes={"ERR": None})
    content = gzip.compress((tmp_path / "wrong.fits").read_bytes())
    assert ("error", "ERR") in [f[:2] for f in examined(packed(segment, tmp_path, content))]


@pytest.mark.parametrize(
    ("error", "found"),
    [(ValueError("two\nlines"), "ValueError (two)"), (KeyError(), "KeyError ()")],
)
def test_coordinates_that_other_packages_cannot_build(monkeypatch, error, found):
    def fail(_):
        raise error

    monkeypatch.setattr(world_coordinates, "read_wcs", fail)
    (finding,) = build_wcs("f", SimpleNamespace(path="f"), needs=True)
    assert (finding.severity, finding.found) == ("error", found)
