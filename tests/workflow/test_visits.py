"""Whole runs of the workflow on simulated visits and on files of the instrument teams."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import yaml
from astropy.io import fits
from astropy.table import QTable

from scripts.lib.fits.headers import read_hdus
from scripts.simulation.options import VisitOptions
from scripts.simulation.visit import simulate_visit
from tests.support.steps import process_visit
from tests.workflow.test_dag import ARCHIVE_ONLY

ROOT = Path(__file__).resolve().parents[2]
VISIT = {"mode": "nrs_brightobj", "segment_lengths": (30, 20), "frame_size": (16, 64)}

pytestmark = pytest.mark.slow


def ask_for_archive_products(folder):
    """Let the configuration of a folder ask for the products of the archive alone."""
    with (folder / "config.yaml").open("a", encoding="utf-8") as file:
        file.write(yaml.safe_dump(ARCHIVE_ONLY))


def command(folder, *arguments):
    """Command that runs the workflow in a folder on one core."""
    snakemake = [sys.executable, "-m", "snakemake", "--snakefile", ROOT / "Snakefile", *arguments]
    return [
        *snakemake,
        "--cores",
        "1",
        "--directory",
        folder,
        "--configfile",
        folder / "config.yaml",
    ]


def run(folder, *arguments):
    """Run the workflow and return its output."""
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    done = subprocess.run(command(folder, *arguments), text=True, check=False, **streams)
    assert done.returncode == 0, done.stdout
    return done.stdout


def jobs(printed):
    """Number of jobs of each rule in a table that Snakemake printed."""
    table = printed.split("job  ", 1)[1].split("total", 1)[0].splitlines()[2:]
    return {line.split()[0]: int(line.split()[1]) for line in table if line.strip()}


@pytest.fixture(name="done", scope="module")
def processed_visit(tmp_path_factory):
    """A visit of two segments and two detectors with its products."""
    folder = tmp_path_factory.mktemp("visit")
    simulate_visit(folder, VisitOptions(**VISIT))
    ask_for_archive_products(folder)
    printed = run(folder, "--quiet", "host")
    assert jobs(printed) == {
        "outlier_detection": 4,
        "extract_1d": 4,
        "collect_spectra": 1,
        "white_light": 1,
        "all": 1,
    }
    return folder


@pytest.fixture(name="visit")
def copy_of_processed_visit(done, tmp_path):
    return shutil.copytree(done, tmp_path / "visit", copy_function=shutil.copy2)


def product(folder, kind):
    (path,) = (folder / "results").glob(f"*_{kind}")
    return path


def test_a_second_run_does_nothing(done):
    assert "Nothing to be done" in run(done)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [("*_crfints.fits", "SlitModel"), ("*_x1dints.fits", "TSOMultiSpecModel")],
)
def test_products_open_as_the_data_models_of_jwst(done, pattern, expected):
    from stdatamodels.jwst import datamodels

    paths = list((done / "results").glob(pattern))
    assert paths
    for path in paths:
        with datamodels.open(path) as model:
            model.validate()
            assert type(model).__name__ == expected
            assert model.meta.filename == path.name
            assert model.meta.cal_step.outlier_detection == "COMPLETE"


def test_the_light_curve_shows_the_transit(done):
    curve = QTable.read(product(done, "whtlt.ecsv"))
    truth = np.load(done / "truth.npz")
    for detector in ("NRS1", "NRS2"):
        flux = curve[f"whitelight_flux_{detector}"].value
        expected = truth[f"{detector.lower()}_white_light"]
        depth = expected.min() / expected.max()
        assert depth < 0.995
        ratio = flux / expected
        assert np.std(ratio) / np.mean(ratio) < 0.2 * (1 - depth)


def test_every_integration_has_its_own_time_and_number(done):
    with fits.open(product(done, "x1dints.fits")) as hdus:
        tables = [hdu.data for hdu in hdus if hdu.name == "EXTRACT1D"]
        numbers = [list(table["INT_NUM"]) for table in tables]
        assert numbers == [list(range(1, 31))] * 2 + [list(range(31, 51))] * 2
        assert (np.diff(np.concatenate([tables[0]["MJD-AVG"], tables[2]["MJD-AVG"]])) > 0).all()
        assert [
            list(hdu.data["integration_number"]) for hdu in hdus if hdu.name == "INT_TIMES"
        ] == [list(range(1, 51))] * 2


def test_changed_segments_rerun_their_own_jobs_and_the_fan_in(visit):
    later = time.time()
    for name in ("seg001_nrs2", "seg002_nrs1"):
        (path,) = visit.glob(f"*{name}_calints.fits")
        with fits.open(path, mode="update") as hdus:
            hdus["SCI"].data *= 1.01
        os.utime(path, (later, later))
    expected = {
        "outlier_detection": 2,
        "extract_1d": 2,
        "collect_spectra": 1,
        "white_light": 1,
        "all": 1,
    }
    assert jobs(run(visit, "--dry-run")) == expected


def test_a_changed_parameter_reruns_what_uses_it(visit):
    config = yaml.safe_load((visit / "config.yaml").read_text())
    config["white_light"] = {"min_wavelength": 3.0}
    (visit / "config.yaml").write_text(yaml.safe_dump(config))
    assert jobs(run(visit, "--dry-run")) == {"white_light": 1, "all": 1}


def test_the_order_of_the_members_does_not_matter(done, tmp_path):
    simulate_visit(tmp_path, VisitOptions(**VISIT, reverse_members=True))
    process_visit(tmp_path)
    assert product(tmp_path, "whtlt.ecsv").read_bytes() == product(done, "whtlt.ecsv").read_bytes()
    with (
        fits.open(product(tmp_path, "x1dints.fits")) as ours,
        fits.open(product(done, "x1dints.fits")) as other,
    ):
        for k in range(1, 5):
            assert ours["EXTRACT1D", k].data.tobytes() == other["EXTRACT1D", k].data.tobytes()


def test_memory_does_not_change_the_products(done, tmp_path):
    for path in done.iterdir():
        if path.name not in ("results", ".snakemake", "logs", "benchmarks"):
            (shutil.copytree if path.is_dir() else shutil.copy)(path, tmp_path / path.name)
    process_visit(tmp_path, work_mb=1)
    assert product(tmp_path, "whtlt.ecsv").read_bytes() == product(done, "whtlt.ecsv").read_bytes()


def test_a_killed_run_leaves_no_partial_product_and_resumes(done, tmp_path):
    simulate_visit(
        tmp_path, VisitOptions(**VISIT | {"frame_size": (32, 512), "detectors": ("nrs1",)})
    )
    ask_for_archive_products(tmp_path)
    running = subprocess.Popen(
        command(tmp_path),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    deadline = time.monotonic() + 60
    while not list(tmp_path.glob("results/.*.part")):
        assert time.monotonic() < deadline, "no product was begun"
        assert running.poll() is None, "the run ended before it could be killed"
        time.sleep(0.001)
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    # Files with their final names are whole: reading the headers checks the sizes.
    for path in tmp_path.glob("results/**/*.fits"):
        read_hdus(path)
    assert not list(tmp_path.glob("results/*.ecsv"))
    run(tmp_path, "--unlock")
    run(tmp_path, "--rerun-incomplete")
    assert len(list(tmp_path.glob("results/*_crfints.fits"))) == 2
    assert not list(tmp_path.glob("results/.*.part"))
    QTable.read(product(tmp_path, "whtlt.ecsv"))


@pytest.mark.parametrize(
    ("name", "first", "outliers"),
    [
        ("ERS_NGTS10_2022_new_drift_041_calints.fits", 1847, 457),
        ("ERS_NGTS10_2022_new_drift_041_calints_2022-version.fits", 1846, 2163),
    ],
)
def test_pipeline_made_segments_of_two_generations(shared_data, tmp_path, name, first, outliers):
    """INT_TIMES without rows, DN/s, no TARGNAME, integration numbers that do not agree."""
    (tmp_path / "old_calints.fits").symlink_to(shared_data / "eureka-miri-lrs-sim" / name)
    members = [{"expname": "old_calints.fits", "exptype": "science"}]
    association = {"asn_id": "o001", "products": [{"name": "ngts10", "members": members}]}
    (tmp_path / "asn.json").write_text(json.dumps(association))
    reference = shared_data / "crds-photom-extract1d" / "jwst_miri_extract1d_slitless_withbgr.json"
    config = {"associations": ["asn.json"], "references": {"extract1d": str(reference)}}
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(config))
    printed = run(tmp_path)
    for warning in ("INT_TIMES: found 0 rows", "TARGNAME: found none", "NINTS: found 4"):
        assert warning in printed
    with fits.open(tmp_path / "results" / "old_o001_crfints.fits") as hdus:
        assert ((hdus["DQ"].data & 16) > 0).sum() == outliers
    curve = QTable.read(product(tmp_path, "whtlt.ecsv"))
    assert list(curve["integration_number"]) == [first, first + 1, first + 2, first + 3]
    assert curve.meta["time_base"].startswith("integration number")
    assert curve["whitelight_flux"].unit == "DN / s"
    # A star of constant flux: nothing but the drift and noise of the simulation moves it.
    flux = curve["whitelight_flux"].value
    assert np.ptp(flux) / flux.mean() < 0.01
