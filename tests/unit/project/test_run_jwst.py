"""Jobs of the reference pipeline, without the pipeline."""

import json
from pathlib import Path

import pytest

from tests.oracle.run_jwst import complete_steps, main, run_jobs


class FakePipeline:
    """Stand-in for the pipeline class; it fails if white_light is to be skipped."""

    calls: list = []  # noqa: RUF012 - reset by the fixture

    @classmethod
    def call(cls, association, steps, output_dir, configure_log):
        cls.calls.append((association, steps, output_dir, Path.cwd()))
        if steps["white_light"].get("skip"):
            raise ValueError("no light")


@pytest.fixture
def pipeline():
    FakePipeline.calls = []
    return FakePipeline


def test_every_reference_is_overridden():
    complete = complete_steps({}, Path("/data/a_asn.json"), [])
    overrides = {name for step in complete.values() for name in step}
    assert {"override_extract1d", "override_gain", "override_psf"} <= overrides
    assert {value for step in complete.values() for value in step.values()} == {"N/A"}


def test_parameters_are_merged_and_paths_made_absolute(tmp_path):
    given = {"extract_1d": {"override_extract1d": "references/x.json", "apply_apcorr": False}}
    complete = complete_steps(given, tmp_path / "a_asn.json", ["photom"])
    assert complete["extract_1d"]["override_extract1d"] == str(tmp_path / "references" / "x.json")
    assert complete["extract_1d"]["override_apcorr"] == "N/A"
    assert complete["extract_1d"]["apply_apcorr"] is False
    assert complete["photom"]["skip"] is True
    assert given["extract_1d"]["override_extract1d"] == "references/x.json"


def test_jobs_run_in_their_output_folder_and_survive_each_other(tmp_path, pipeline):
    (tmp_path / "steps.json").write_text(json.dumps({"outlier_detection": {"snr": "4.0 4.0"}}))
    jobs = [
        {"asn": "a_asn.json", "output": "one", "skip": ["white_light"]},
        {"asn": "a_asn.json", "output": "two", "steps": "steps.json"},
    ]
    results = run_jobs(pipeline, jobs, tmp_path)
    assert [result["error"] for result in results] == ["ValueError: no light", None]
    assert [call[3] for call in pipeline.calls] == [tmp_path / "one", tmp_path / "two"]
    assert pipeline.calls[1][0] == str(tmp_path / "a_asn.json")
    assert pipeline.calls[1][1]["outlier_detection"] == {"snr": "4.0 4.0"}


def test_an_association_or_jobs_are_needed():
    with pytest.raises(SystemExit, match="2"):
        main([])
