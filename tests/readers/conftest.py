"""Small visits that the workflow has processed, with files for other tools."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import tso3flow
from scripts.simulation.options import VisitOptions
from scripts.simulation.visit import simulate_visit

ROOT = Path(__file__).resolve().parents[2]
VISITS = {
    "nrs_brightobj": {"frame_size": (16, 128)},
    "mir_lrs_slitless": {},
    "nrc_tsimage": {"frame_size": (32, 32)},
}
SPECTRA = ("nrs_brightobj", "mir_lrs_slitless")


@pytest.fixture(scope="session", autouse=True)
def _packages():
    """Skip all tests without the readers."""
    if importlib.util.find_spec("chromatic") is None:
        pytest.skip("the readers are not installed; `make test-readers` installs them")


@pytest.fixture(scope="session", name="visit")
def process_visits(tmp_path_factory):
    """Function that returns the product of a mode; the command runs the workflow once for each."""
    made = {}

    def visit(mode):
        if mode not in made:
            made[mode] = run(tmp_path_factory.mktemp(mode), mode)
        return made[mode]

    return visit


def run(folder, mode):
    """Simulate a visit and process it."""
    simulate_visit(
        folder, VisitOptions(mode=mode, segment_lengths=(20, 20), seed=1, **VISITS[mode])
    )
    config = folder / "config.yaml"
    settings = yaml.safe_load(config.read_text())
    settings |= {"export": ["eureka", "xarray"], "report": {"skip": True}}
    config.write_text(yaml.safe_dump(settings))
    command = [sys.executable, "-m", "tso3flow", "run", "--cores", "2", "--quiet", "all"]
    done = subprocess.run(
        [*command, "--directory", str(folder), "--configfile", str(config)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return tso3flow.open_product(folder / "results")


@pytest.fixture(name="made")
def product_of_the_mode(visit, request):
    """Product of the mode that a test is parametrised with."""
    return visit(request.param)
