import errno
import gzip
import json
import logging
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from scripts import doctor
from scripts.lib.doctor.examination import Examination, build_wcs
from scripts.lib.errors import InputError
from scripts.lib.findings import Finding
from scripts.lib.inputs.segments import read_segment
from scripts.lib.segment_data import world_coordinates
from tests.support.builders import write_association, write_exposure, write_segment
from tests.unit.planning.test_machine_needs import configuration, product

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


def report_of(findings):
    keys = {"missing_bytes": 0, "free_bytes": 1, "machine_mb": 1000, "cores": 2, "version": "1"}
    return keys | {
        "output_dir": "results",
        "made": "now",
        "products": [],
        "others": [],
        "findings": findings,
        "verdict": "fine",
    }


def test_page_is_kept_with_its_json(tmp_path):
    finding = Finding("warning", "f", key="KEY", found="1", expected="2", effect="nothing")
    text = doctor.write_report(report_of([finding]), str(tmp_path / "new"))
    assert (tmp_path / "new/doctor.txt").read_text() == text
    content = json.loads((tmp_path / "new/doctor.json").read_text())
    assert content["findings"] == [finding.as_dict()]


def test_page_that_cannot_be_kept(tmp_path, caplog):
    (tmp_path / "file").touch()
    with caplog.at_level(logging.WARNING):
        text = doctor.write_report(report_of([]), str(tmp_path / "file"))
    assert "VERDICT: fine" in text
    assert "the page is not kept" in caplog.text


def job(tmp_path, products, findings=()):
    """Job of the rule."""
    config = configuration() | {"extract_1d": {"skip": True, "soss_atoca": True}}
    params = {
        "products": products,
        "configs": [config for _ in products],
        "references": [{} for _ in products],
        "others": [],
        "findings": list(findings),
        "output_dir": str(tmp_path / "results"),
    }
    return SimpleNamespace(params=SimpleNamespace(**params))


def test_job_without_errors(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("scripts.lib.doctor.examination.build_wcs", lambda *_: [])
    doctor.process(job(tmp_path, [product(tmp_path)]))
    assert "VERDICT: " in capsys.readouterr().out
    content = json.loads((tmp_path / "results/doctor.json").read_text())
    assert content["products"][0]["steps"] == ["outlier_detection"]


def test_job_fails_with_errors(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="doctor: 1 error"):
        doctor.process(job(tmp_path, [], [Finding("error", "f", found="broken")]))
    assert "ERROR    f\n         broken\n" in capsys.readouterr().out


def test_nothing_is_configured(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="doctor: 1 error"):
        doctor.process(job(tmp_path, [], [Finding("note", "f", found="of no weight")]))
    assert "associations: found none" in capsys.readouterr().out


def test_segments_of_no_product_are_listed(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    names = write_exposure(Path(tmp_path))
    write_association(tmp_path / "asn.json", names)
    broken = job(tmp_path, [], [Finding("error", "f", found="broken")])
    broken.params.others = names
    with pytest.raises(InputError):
        doctor.process(broken)
    assert "Segments of no product" in capsys.readouterr().out
