"""Equal work makes equal bytes, however it is run."""

import shutil

import pytest
import yaml

from scripts.lib.segment_data.wcs_cache import FOLDER, clear
from scripts.simulation.options import VisitOptions
from scripts.simulation.visit import simulate_visit
from tests.support.steps import process_visit
from tests.workflow.test_dag import ARCHIVE_ONLY, snakemake


def products(folder):
    paths = [path for path in folder.glob("results/**/*") if path.is_file()]
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


@pytest.mark.slow
def test_two_cores_and_one_process_make_the_same_bytes(tmp_path, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    options = {"segment_lengths": (6, 4), "frame_size": (16, 64), "detectors": ("nrs1",)}
    simulate_visit(tmp_path / "one", VisitOptions(mode="nrs_brightobj", **options))
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    process_visit(tmp_path / "one")
    (tmp_path / "two" / "my.yaml").write_text(yaml.safe_dump(ARCHIVE_ONLY))
    done = snakemake(tmp_path / "two", "--cores", "2")
    assert done.returncode == 0, done.stdout
    # Files that jobs pass on to one another are gone after a run.
    clear(tmp_path / "one" / "results" / "segments" / FOLDER)
    made = products(tmp_path / "one")
    assert len(made) == 2 + 2 + 1 + 1
    for name, content in products(tmp_path / "two").items():
        assert made.pop(name) == content, name
    assert not made
