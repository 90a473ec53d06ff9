"""The demo's visit on a real Slurm: as it should go, and with faults on the way."""

import os
import re
import shutil
import signal
import subprocess
import time

import pytest

from tests.slurm.cluster import LOOPBACK, ROOT, begin, finish, run, wait_for

pytestmark = pytest.mark.slurm

SEGMENTS = 4
STEPS = {"outlier_detection": SEGMENTS, "extract_1d": SEGMENTS}
PRODUCT = {"collect_spectra": 1, "white_light": 1}


def planned(printed):
    """Number of jobs of each rule in a table that Snakemake printed, without ``all``."""
    table = printed.split("job  ", 1)[1].split("total", 1)[0].splitlines()[2:]
    jobs = {line.split()[0]: int(line.split()[1]) for line in table if line.strip()}
    del jobs["all"]
    return jobs


def states(cluster, before):
    """How often each state occurs among the jobs since."""
    jobs = cluster.jobs()
    found = [jobs[number]["JobState"] for number in jobs if number not in before]
    return {state: found.count(state) for state in found}


def test_two_cores_make_the_products_of_one(visit, same_products):
    assert planned(run(visit, "--cores", "2")) == STEPS | PRODUCT
    same_products(visit)


def test_a_normal_run(cluster, visit, same_products):
    before = cluster.jobs()
    assert planned(run(visit, *LOOPBACK)) == STEPS | PRODUCT
    same_products(visit)
    # Two segments share an allocation, with both their jobs.
    assert states(cluster, before) == {"COMPLETED": SEGMENTS // 2 + 2}
    for number, job in cluster.jobs().items():
        if number not in before:
            taken, asked = cluster.peaks[number], job["MinMemoryNode"]
            assert asked.endswith("M")
            assert 0 < taken < float(asked[:-1])
    assert "Nothing to be done" in run(visit, *LOOPBACK)


def test_a_job_killed_for_its_memory_is_retried_with_more(
    cluster, reference, tmp_path, same_products, report
):
    visit = shutil.copytree(reference, tmp_path / "visit", copy_function=shutil.copy2)
    next(visit.glob("results/*_x1dints.fits")).unlink()
    before = cluster.jobs()
    report("collect_spectra gets 250 MB, too little, at its first attempt")
    too_little = "collect_spectra:mem_mb=250 if attempt == 1 else 400 * attempt"
    assert planned(run(visit, *LOOPBACK, "--set-resources", too_little)) == PRODUCT
    new = {number: job for number, job in cluster.jobs().items() if number not in before}
    first, second, _ = (new[number] for number in sorted(new))
    assert (first["MinMemoryNode"], second["MinMemoryNode"]) == ("250M", "800M")
    assert first["JobState"] in ("FAILED", "OUT_OF_MEMORY", "CANCELLED")
    assert second["JobState"] == "COMPLETED"
    logs = (cluster.base / "log" / "slurmd.log").read_text()
    assert re.search(r"exceeded memory limit|Exceeded job memory limit", logs, re.IGNORECASE)
    same_products(visit)


def test_a_running_job_is_cancelled(cluster, visit, same_products, report):
    before = cluster.jobs()
    running = begin(visit, *LOOPBACK)
    number = cluster.wait_for_state("RUNNING", before)
    wait_for(lambda: list(visit.glob("logs/outlier_detection/*.log")), "the job to work")
    report(f"scancel {number}")
    subprocess.run(["scancel", str(number)], check=True)
    finish(visit, running)
    same_products(visit)
    assert states(cluster, before) == {"CANCELLED": 1, "COMPLETED": SEGMENTS // 2 + 2}


def test_slurmd_dies_and_comes_back(cluster, visit, same_products, report):
    before = cluster.jobs()
    running = begin(visit, *LOOPBACK)
    cluster.wait_for_state("RUNNING", before)
    wait_for(lambda: list(visit.glob("logs/outlier_detection/*.log")), "the job to work")
    report("slurmd killed, started again after 5 s")
    os.kill(cluster.pid("slurmd"), signal.SIGKILL)
    time.sleep(5)
    subprocess.run(["slurmd"], check=True)
    finish(visit, running)
    same_products(visit)


def test_the_node_dies_and_comes_back(cluster, visit, same_products, report):
    before = cluster.jobs()
    running = begin(visit, *LOOPBACK)
    cluster.wait_for_state("RUNNING", before)
    wait_for(lambda: list(visit.glob("logs/outlier_detection/*.log")), "the job to work")
    report("slurmd and all processes of its job killed, slurmd started again")
    on_the_node = [cluster.pid("slurmd"), *job_processes(visit, except_for=running.pid)]
    for pid in on_the_node:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    subprocess.run(["slurmd"], check=True)
    finish(visit, running)
    same_products(visit)


def job_processes(visit, except_for):
    """Process ids of Slurm's job managers and of the processes in the visit, without one session."""
    table = subprocess.run(
        ["ps", "-e", "-o", "pid=,sid=,args="], capture_output=True, text=True, check=True
    )
    found = []
    for line in table.stdout.splitlines():
        pid, session, arguments = line.split(maxsplit=2)
        of_a_job = arguments.startswith("slurmstepd: [") or str(visit) in arguments
        if of_a_job and int(session) != except_for:
            found.append(int(pid))
    return found


def test_snakemake_dies_and_goes_on(cluster, visit, same_products, report):
    before = cluster.jobs()
    running = begin(visit, *LOOPBACK)
    wait_for(lambda: "Finished jobid" in (visit / "run.log").read_text(), "the first jobs to end")
    cluster.wait_for_state("RUNNING", before)
    report("Snakemake killed, its jobs cancelled, and started again")
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    done = set(re.findall(r"Finished jobid: (\d+)", (visit / "run.log").read_text()))
    left = [n for n, job in cluster.jobs().items() if job["JobState"] in ("RUNNING", "PENDING")]
    subprocess.run(["scancel", *map(str, left)], check=True)
    wait_for(lambda: not set(states(cluster, before)) & {"RUNNING", "COMPLETING"}, "no job to run")
    kept = {path: path.stat().st_mtime_ns for path in visit.glob("results/**/*.fits")}
    run(visit, "--unlock")
    again = planned(run(visit, *LOOPBACK))
    assert sum(again.values()) == sum((STEPS | PRODUCT).values()) - len(done)
    same = [path for path, time in kept.items() if path.stat().st_mtime_ns == time]
    assert len(same) >= len(done)
    same_products(visit)


def test_another_scheduler(visit, same_products, tmp_path, monkeypatch):
    """The profile for PBS, with stand-ins for its commands that run a job at once."""
    commands = {
        "qsub": '#!/bin/sh\nfor script; do :; done\nnumber=$(ls "$PBS_JOBS" | wc -l)\n'
        'echo "$@" > "$PBS_JOBS/$number"\nsh "$script" > /dev/null 2>&1\n'
        'echo "job_state = F\nExit_status = $?" >> "$PBS_JOBS/$number"\necho $number\n',
        "qstat": '#!/bin/sh\ncat "$PBS_JOBS/$2"\n',
    }
    (tmp_path / "jobs").mkdir()
    (tmp_path / "bin").mkdir()
    for name, text in commands.items():
        (tmp_path / "bin" / name).write_text(text)
        (tmp_path / "bin" / name).chmod(0o755)
    monkeypatch.setenv("PBS_JOBS", str(tmp_path / "jobs"))
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    profile = ROOT / "workflow/profiles/cluster-generic"
    printed = run(visit, "--workflow-profile", profile, "--default-resources", "queue=long")
    assert planned(printed) == STEPS | PRODUCT
    same_products(visit)
    asked = [(tmp_path / "jobs" / str(number)).read_text() for number in range(3)]
    assert all(re.search(r"-q long .*mem=\d+mb -l walltime=\d+ ", text) for text in asked)
