"""Predicted memory and time of jobs against the records of a run."""

import csv

import pytest
import yaml

from scripts.lib.planning.resources import peak_mb, request_minutes, seconds
from scripts.simulation.options import VisitOptions
from scripts.simulation.visit import simulate_visit
from tests.support.builders import load_products
from tests.support.steps import read_config
from tests.workflow.test_dag import snakemake

pytestmark = pytest.mark.slow


@pytest.fixture(name="records")
def records_of_a_run(tmp_path):
    """Step, segments, largest memory [MB] and time [s] of each job of a visit that was run."""
    options = {"segment_lengths": (200, 100), "frame_size": (32, 512), "detectors": ("nrs1",)}
    simulate_visit(tmp_path, VisitOptions(mode="nrs_brightobj", **options))
    (tmp_path / "my.yaml").write_text(yaml.safe_dump({"report": {"skip": True}}))
    done = snakemake(tmp_path, "--cores", "1")
    assert done.returncode == 0, done.stdout
    (product,) = load_products(read_config(tmp_path)["associations"], tmp_path)
    by_name = {segment.name: [segment] for segment in product.segments}
    found = []
    for path in tmp_path.glob("benchmarks/*/*.tsv"):
        with path.open() as file:
            (record,) = csv.DictReader(file, delimiter="\t")
        segments = by_name.get(path.stem, product.segments)
        found.append((path.parent.name, segments, float(record["max_rss"]), float(record["s"])))
    return found


def test_records_stay_below_the_predictions_but_not_far(records):
    start = 30
    used = {}
    steps = {"outlier_detection", "extract_1d", "collect_spectra", "model_segment"}
    assert {step for step, *_ in records} == steps
    for step, segments, memory, time in records:
        predicted = peak_mb(step, segments, max_memory_mb=512)
        assert memory < predicted, step
        used[step] = max(memory / predicted, used.get(step, 0))
        assert time < start + seconds(step, segments) < 60 * request_minutes(step, segments), step
    # Snakemake looks every half second only, and may miss the peak of a short job.
    assert max(used.values()) > 1 / 2, used
