"""A Slurm of one node, and runs of the workflow on it."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
CANNOT_RUN = 77
# Options that the profile leaves to the user, and faster polling than a real cluster should have.
LOOPBACK = (
    "--workflow-profile",
    ROOT / "workflow/profiles/slurm",
    "--default-resources",
    "slurm_partition=main",
    "--group-components",
    "small_segments=2",
    "--slurm-no-account",
    "--slurm-status-command",
    "squeue",
    "--latency-wait",
    "10",
    "--slurm-init-seconds-before-status-checks",
    "2",
)
_FIELDS = ("JobId", "JobState", "RunTime", "Comment", "MinMemoryNode", "NumCPUs", "TimeLimit")
_TICK = 0.5
_begun = []


class Cluster:
    """
    The daemons of a Slurm, and the largest memory of its jobs as seen while they run [MB].

    Parameters
    ----------
    base : Path
        Folder of their state and logs.
    """

    def __init__(self, base):
        self.base = base
        self.peaks = defaultdict(float)
        self._stop = threading.Event()
        self._watch = threading.Thread(target=self._sample, daemon=True)

    def start(self):
        """Start the daemons; return the reason why they cannot run here, or an empty text."""
        done = subprocess.run(
            [HERE / "slurm_up.sh", self.base], capture_output=True, text=True, check=False
        )
        if done.returncode == CANNOT_RUN:
            return done.stdout.strip().splitlines()[-1]
        if done.returncode:
            subprocess.run([HERE / "slurm_down.sh", self.base], check=False)
            raise RuntimeError(done.stdout + done.stderr)
        self._watch.start()
        return ""

    def settle(self):
        """Cancel all jobs and start a slurmd if there is none, for the next test."""
        subprocess.run(["scancel", "--user", "root"], check=True)
        if not Path(f"/proc/{self.pid('slurmd')}").exists():
            subprocess.run(["slurmd"], check=True)

    def stop(self):
        """Stop the daemons."""
        self._stop.set()
        self._watch.join()
        subprocess.run([HERE / "slurm_down.sh", self.base], check=True)

    def pid(self, daemon):
        """Process id of a daemon."""
        return int((self.base / f"{daemon}.pid").read_text())

    def jobs(self):
        """Properties of all jobs by number; without accounting the controller knows them."""
        text = _output("scontrol", "show", "job", "--oneliner")
        jobs = {}
        for line in text.splitlines():
            fields = dict(word.split("=", 1) for word in line.split() if "=" in word)
            if fields.get("JobId"):
                jobs[int(fields["JobId"])] = {name: fields.get(name, "") for name in _FIELDS}
        return jobs

    def wait_for_state(self, state, known=(), timeout=120):
        """Wait for a job that was not known to reach a state and return its number."""
        return wait_for(
            lambda: next(
                (
                    number
                    for number, job in self.jobs().items()
                    if number not in known and job["JobState"] == state
                ),
                None,
            ),
            f"a job that is {state}",
            timeout,
        )

    def table(self, numbers):
        """Lines that describe jobs."""
        jobs = self.jobs()
        return [
            f"{number:4d} {jobs[number]['Comment'][:42]:42s} {jobs[number]['JobState']:11s} "
            f"{jobs[number]['RunTime']:>9s} {self.peaks[number]:6.0f} MB "
            f"of {jobs[number]['MinMemoryNode']:>6s} {jobs[number]['TimeLimit']:>9s}"
            for number in numbers
        ]

    def _sample(self):
        """Note the memory of the jobs that run, summed over those of their steps that do."""
        while not self._stop.wait(1):
            running = _output("squeue", "-h", "-t", "RUNNING", "-o", "%A").split()
            if not running:
                continue
            memories = _output(
                "sstat", "-a", "-P", "-n", "-o", "JobID,MaxRSS", "-j", ",".join(running)
            )
            now = defaultdict(float)
            for line in memories.splitlines():
                step, _, size = line.partition("|")
                now[int(step.partition(".")[0])] += _megabytes(size) if size else 0
            for number, memory in now.items():
                self.peaks[number] = max(self.peaks[number], memory)


def _megabytes(size):
    """Memory in MB of Slurm's notation."""
    units = {"K": 1e-3, "M": 1, "G": 1e3}
    return float(size[:-1]) * units[size[-1]] if size[-1] in units else float(size) / 1e6


def _output(*command):
    """Output of a command, nothing if it fails."""
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def wait_for(condition, what, timeout=120):
    """Wait until a condition returns a true value, and return it."""
    deadline = time.monotonic() + timeout
    while not (found := condition()):
        if time.monotonic() > deadline:
            msg = f"waited {timeout} s for {what}"
            raise TimeoutError(msg)
        time.sleep(_TICK)
    return found


def begin(folder, *arguments):
    """Start Snakemake in a folder, its output in ``run.log``; it runs in a session of its own."""
    command = [sys.executable, "-m", "snakemake", "--snakefile", ROOT / "Snakefile"]
    with (folder / "run.log").open("w") as log:
        running = subprocess.Popen(
            [*command, "--directory", folder, "--configfile", folder / "config.yaml", *arguments],
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            # Products state the time of this instead of that of their making.
            env=os.environ | {"SOURCE_DATE_EPOCH": "1700000000"},
        )
    _begun.append(running)
    return running


def stop_begun():
    """Kill the runs that have not ended."""
    while _begun:
        running = _begun.pop()
        if running.poll() is None:
            os.killpg(running.pid, signal.SIGKILL)
            running.wait()


def finish(folder, running, timeout=400):
    """Wait for Snakemake to end well and return its output."""
    code = running.wait(timeout)
    printed = (folder / "run.log").read_text()
    assert code == 0, printed
    return printed


def run(folder, *arguments):
    """Run Snakemake in a folder and return its output."""
    return finish(folder, begin(folder, *arguments))
