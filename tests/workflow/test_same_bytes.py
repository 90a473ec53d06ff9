"""Equal work makes equal bytes, however it is run."""

import shutil

import pytest
import yaml

from scripts.lib.segment_data.wcs_cache import FOLDER, clear
from scripts.simulation.options import VisitOptions
from scripts.simulation.visit import simulate_visit
from tests.support.steps import process_visit, report_inputs
from tests.workflow.test_dag import snakemake


def products(folder):
    paths = [path for path in folder.glob("results/**/*") if path.is_file()]
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


@pytest.mark.slow
def test_two_cores_and_one_process_make_the_same_bytes(tmp_path, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    options = {"segment_lengths": (6, 4), "frame_size": (16, 64), "detectors": ("nrs1",)}
    simulate_visit(tmp_path / "one", VisitOptions(mode="nrs_brightobj", **options))
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    changes = {"report": {"skip": True}, "improved": {"save_masks": True}}
    for folder in ("one", "two"):
        config = tmp_path / folder / "config.yaml"
        config.write_text(yaml.safe_dump(yaml.safe_load(config.read_text()) | changes))
    report_inputs(tmp_path / "one", process_visit(tmp_path / "one"))
    done = snakemake(tmp_path / "two", "--cores", "2")
    assert done.returncode == 0, done.stdout
    # Files that jobs pass on to one another are gone after a run.
    clear(tmp_path / "one" / "results" / "segments" / FOLDER)
    made = products(tmp_path / "one")
    # Of each segment outliers of both kinds, spectra, model and statistics; one reference; products.
    assert len(made) == 2 * 5 + 1 + 6
    for name, content in products(tmp_path / "two").items():
        assert made.pop(name) == content, name
    assert not made
