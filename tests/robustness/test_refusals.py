"""What users see when the system refuses: one message, and products as they were."""

import os
import shutil
import subprocess
import sys

import pytest
import yaml

from scripts.simulation.visit import simulate_visit
from tests.robustness.files import VISITS
from tests.robustness.kills import command, products, run
from tests.workflow.test_dag import ARCHIVE_ONLY

pytestmark = pytest.mark.slow


@pytest.fixture(name="done", scope="module")
def processed_visit(tmp_path_factory):
    folder = tmp_path_factory.mktemp("visit")
    simulate_visit(folder, VISITS["images"])
    config = yaml.safe_load((folder / "config.yaml").read_text())
    (folder / "config.yaml").write_text(yaml.safe_dump(config | ARCHIVE_ONLY))
    code, text = run(folder)
    assert code == 0, text
    return folder


@pytest.fixture(name="visit")
def copy_of_processed_visit(done, tmp_path):
    return shutil.copytree(done, tmp_path / "visit")


def errors(text):
    """Lines of the jobs' errors."""
    return [line.split(" ERROR ", 1)[1] for line in text.splitlines() if " ERROR " in line]


def test_a_job_that_cannot_write_keeps_the_earlier_product(visit):
    earlier = products(visit)
    name = min(name for name in earlier if name.endswith("_crfints.fits"))
    # A folder of this name keeps the product from being written.
    (visit / "results" / f".{name}.part").mkdir()
    other = (f"results/{name}", "--configfile", str(visit / "other.yaml"))
    (visit / "other.yaml").write_text("outlier_detection: {snr: 3}\n")
    code, text = run(visit, *other)
    assert code == 1
    assert "Traceback" not in text
    kept_line = (
        f"results: the earlier {name} is kept in results/.earlier until a run makes it again"
    )
    assert errors(text) == [
        f"results/{name}: cannot be written: Is a directory; remove the cause, then run again"
    ]
    assert kept_line in text
    kept = products(visit)
    assert name not in kept
    assert kept[f".earlier/{name}"] == earlier[name]
    code, text = run(visit, *other, "--quiet", "all")
    assert code == 1
    assert kept_line in text.splitlines()
    (visit / "results" / f".{name}.part").rmdir()
    code, text = run(visit, *other)
    assert code == 0, text
    assert products(visit).keys() == earlier.keys()


def test_a_second_run_in_the_same_folder_is_refused(visit):
    # Snakemake locks a folder by these files.
    locks = visit / ".snakemake" / "locks"
    locks.mkdir(parents=True, exist_ok=True)
    for kind in ("input", "output"):
        paths = [str(path.relative_to(visit)) for path in (visit / "results").glob("*")]
        (locks / f"0.{kind}.lock").write_text("\n".join(paths) + "\n")
    earlier = products(visit)
    code, text = run(visit, "--forceall")
    assert code == 1
    assert "Directory cannot be locked" in text
    assert "--unlock" in text
    assert "Traceback" not in text
    assert products(visit) == earlier


@pytest.mark.parametrize("where", [".", "results"])
def test_a_folder_that_cannot_be_written_to_stops_before_any_job(visit, where):
    folder = visit / where
    folder.chmod(0o555)
    # Not even the superuser writes there without his capabilities.
    limited = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"] if os.getuid() == 0 else []
    if limited and not shutil.which("setpriv"):
        pytest.skip("the superuser needs setpriv to be refused anything")
    earlier = products(visit)
    done = subprocess.run(
        [*limited, *command(visit, "--forceall")],
        text=True,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    folder.chmod(0o755)
    assert done.returncode == 1
    assert done.stdout.splitlines()[-1] == (
        f"{folder.resolve()}: folder: found that no file can be written (Permission denied), "
        "expected the right to write and some room"
    )
    assert "Traceback" not in done.stdout
    assert products(visit) == earlier


@pytest.mark.parametrize("quiet", [(), ("--quiet", "all")])
def test_small_disks_fill_up_without_harm(visit, quiet):
    """No file may grow beyond half of a product, as on a disk without room."""
    earlier = products(visit)
    limit = "import resource, runpy, sys; n = int(sys.argv.pop(1)); " + (
        "resource.setrlimit(resource.RLIMIT_FSIZE, (n, n)); "
        "runpy.run_module('snakemake', run_name='__main__', alter_sys=True)"
    )
    size = max(len(data) for data in earlier.values())
    arguments = command(visit, "--forceall", *quiet)[3:]
    done = subprocess.run(
        [sys.executable, "-c", limit, str(size // 2), *arguments],
        text=True,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stdout
    found = errors(done.stdout)
    assert found
    assert all("cannot be written: File too large; raise the limit" in line for line in found)
    if quiet:
        assert "the run has failed; its messages are in " in done.stdout
    kept = products(visit)
    for name, data in earlier.items():
        assert data in (kept.get(name), kept.get(f".earlier/{name}"))
