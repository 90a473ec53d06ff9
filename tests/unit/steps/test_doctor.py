import json
import logging
from pathlib import Path
from types import SimpleNamespace

import pytest

from scripts import doctor
from scripts.lib.errors import InputError
from scripts.lib.findings import Finding
from tests.support.builders import write_association, write_exposure
from tests.unit.planning.test_machine_needs import configuration, product


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
        "loose_segments": [],
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
    broken.params.loose_segments = names
    with pytest.raises(InputError):
        doctor.process(broken)
    assert "Segments of no product" in capsys.readouterr().out
