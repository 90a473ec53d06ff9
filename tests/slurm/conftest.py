"""A Slurm for the tests of this folder, and the table of its jobs at their end."""

import hashlib
import importlib.util
import shutil

import pytest
import yaml

from scripts.simulation.options import VisitOptions
from scripts.simulation.visit import simulate_visit
from tests.slurm.cluster import Cluster, run, stop_begun
from tests.workflow.test_dag import ARCHIVE_ONLY

_LINES = pytest.StashKey[list]()


@pytest.fixture(scope="session", autouse=True)
def _plugins():
    """Skip all tests without Snakemake's plugins."""
    if importlib.util.find_spec("snakemake_executor_plugin_slurm") is None:
        pytest.skip(
            "Snakemake's plugins for clusters are not installed; `make test-slurm` installs them"
        )


@pytest.fixture(scope="session", name="cluster")
def slurm(tmp_path_factory):
    """A running Slurm."""
    cluster = Cluster(tmp_path_factory.mktemp("slurm"))
    reason = cluster.start()
    if reason:
        pytest.skip(reason)
    yield cluster
    cluster.stop()


@pytest.fixture(scope="session", name="reference")
def processed_on_one_core(tmp_path_factory):
    """The visit of `make demo` with the products that one core makes."""
    folder = tmp_path_factory.mktemp("one_core")
    simulate_visit(folder, VisitOptions(mode="nrs_brightobj"))
    config = yaml.safe_load((folder / "config.yaml").read_text())
    (folder / "config.yaml").write_text(yaml.safe_dump(config | ARCHIVE_ONLY))
    run(folder, "--cores", "1")
    return folder


@pytest.fixture(name="visit")
def unprocessed_visit(reference, tmp_path):
    """The same visit without products."""
    made = shutil.ignore_patterns("results", ".snakemake", "logs", "benchmarks", "run.log")
    return shutil.copytree(reference, tmp_path / "visit", ignore=made, copy_function=shutil.copy2)


@pytest.fixture(name="same_products")
def compare_with_one_core(reference):
    """Function that compares the products in a folder with those of one core, byte by byte."""

    def compare(folder):
        assert digests(folder) == digests(reference)
        assert not list(folder.glob("results/**/.*.part"))

    return compare


def digests(folder):
    """Checksum of every product in a folder."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.glob("results/**/*"))
        if path.is_file()
    }


@pytest.fixture(name="report", autouse=True)
def jobs_of_the_test(request):
    """Function that adds a fault to the table, to which the test's jobs are added at its end."""
    lines = request.config.stash.setdefault(_LINES, [])
    cluster = request.getfixturevalue("cluster") if "cluster" in request.fixturenames else None
    before = set(cluster.jobs()) if cluster else set()
    lines.append(request.node.name)
    yield lambda fault: lines.append(f"     FAULT: {fault}")
    stop_begun()
    if cluster:
        cluster.settle()
        lines += cluster.table(sorted(set(cluster.jobs()) - before))


def pytest_terminal_summary(terminalreporter, config):
    """Write the jobs and faults of all tests."""
    lines = config.stash.get(_LINES, [])
    if lines:
        terminalreporter.section("jobs: state, elapsed, MaxRSS of requested memory, time limit")
        for line in lines:
            terminalreporter.write_line(line)
        faults = sum("FAULT:" in line for line in lines)
        terminalreporter.write_line(f"{faults} faults injected")
