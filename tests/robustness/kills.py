"""
Kill runs of small visits at random moments, run them again, and compare the products.

``python -m tests.robustness.kills`` kills all processes of a run, or one of its jobs, with SIGKILL, at
first runs and at runs that replace products of other settings, in four modes and with reports; the
runs that follow are killed as well, up to five in a row. It ends with code 1 unless the last run makes
the bytes of an undisturbed run, but for the cost of the jobs in reports, and leaves nothing half-written,
and the products of earlier runs were there all the time. ``--first`` continues a campaign.
"""

import argparse
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml

from scripts.simulation.visit import simulate_visit
from tests.robustness.files import VISITS
from tests.support.steps import ROOT

OTHER_SETTINGS = {"outlier_detection": {"snr": 3.0}}
MODES = ("spectra", "images", "grism", "tsimage")
IN_A_ROW = 5
# The table of what the jobs cost, in reports.
_COSTS = re.compile(
    rb"<table(?:(?!</table>).)*?Peak memory of a job(?:(?!</table>).)*</table>", re.DOTALL
)
ENVIRONMENT = {"SOURCE_DATE_EPOCH": "1700000000", "OMP_NUM_THREADS": "1"}


@dataclass(frozen=True)
class Undisturbed:
    """
    Products of undisturbed runs.

    Attributes
    ----------
    folder : Path
        A copy of the visit without products.
    earlier : Path
        A copy with products of other settings.
    products : dict of str to bytes
        Products by name, reports without the cost of the jobs.
    seconds : float
        Time of the processor that a run takes.
    """

    folder: Path
    earlier: Path
    products: dict
    seconds: float


def command(folder, *arguments):
    """Command that runs the workflow in a folder on two cores."""
    snakemake = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile")]
    locations = ["--directory", str(folder), "--configfile", str(folder / "config.yaml")]
    return [*snakemake, *locations, "--cores", "2", *arguments]


def run(folder, *arguments):
    """Run the workflow to its end; return exit code and output."""
    done = subprocess.run(
        command(folder, *arguments),
        env=os.environ | ENVIRONMENT,
        text=True,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    return done.returncode, done.stdout


def products(folder):
    """Bytes of all finished files in the folder of the products, without costs of jobs, by name."""
    results = folder / "results"
    return {
        str(path.relative_to(results)): without_costs(path.read_bytes())
        if path.suffix == ".html"
        else path.read_bytes()
        for path in sorted(results.glob("**/*"))
        if path.is_file()
    }


def without_costs(page):
    """
    Leave the table of costs out of a page.

    Parameters
    ----------
    page : bytes
        A report.

    Returns
    -------
    rest : bytes
        What two runs have in common.
    """
    return _COSTS.sub(b"", page)


def make_undisturbed(home, visit):
    """
    Simulate a visit and process it undisturbed, and with other settings.

    Parameters
    ----------
    home : Path
        Folder to make it in.
    visit : str
        Key of `VISITS`.

    Returns
    -------
    undisturbed : Undisturbed
        Products to compare with after a kill.
    """
    folder = home / "visit"
    simulate_visit(folder, VISITS[visit])
    path = folder / "config.yaml"
    config = yaml.safe_load(path.read_text())
    for name, other in {"first": {}, "earlier": OTHER_SETTINGS}.items():
        shutil.copytree(folder, home / name)
        (home / name / "config.yaml").write_text(yaml.safe_dump(config | other))
        before = sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])
        code, text = run(home / name)
        seconds = sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2]) - before
        if code:
            raise RuntimeError(text)
    shutil.copy(path, home / "earlier")
    return Undisturbed(folder, home / "earlier", products(home / "first"), seconds)


def jobs_of(group):
    """Process numbers of the running jobs of a run, the members of its group that run a script."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().split(b"\0")
            same = os.getpgid(int(process.name)) == group
        except OSError:
            continue
        if same and len(words) > 1 and b".snakemake/scripts/" in words[1]:
            found.append(int(process.name))
    return found


def spent(group):
    """Sum of the processor time of the processes in a group and of their ended children, in seconds."""
    ticks = 0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            # Behind the name in brackets: state, parent, group, ... , own times, those of children.
            fields = (process / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) == group:
            ticks += sum(map(int, fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def kill_run(folder, seconds, whole, rng, options=()):
    """
    Start a run and kill it, or one of its jobs, when it has taken some time of the processor.

    Parameters
    ----------
    folder : Path
        Folder of the visit.
    seconds : float
        Time of the processor after which it is killed, as clocks depend on the load of the machine.
    whole : bool
        Whether the whole run is killed; else the first job that runs from then on.
    rng : Generator
        Chooses among the jobs.
    options : sequence of str
        Options of Snakemake.

    Returns
    -------
    killed : str
        ``run``, ``job`` or ``nothing``, if the run was done before.
    """
    process = subprocess.Popen(
        command(folder, *options),
        env=os.environ | ENVIRONMENT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    killed = "nothing"
    while killed == "nothing" and process.poll() is None:
        if spent(process.pid) < seconds:
            time.sleep(0.05)
        elif whole:
            os.killpg(process.pid, signal.SIGKILL)
            killed = "run"
        elif jobs := jobs_of(process.pid):
            os.kill(int(rng.choice(jobs)), signal.SIGKILL)
            killed = "job"
        else:
            time.sleep(0.02)
    process.wait()
    return killed


def finish(folder):
    """
    Run again as the messages ask for.

    Parameters
    ----------
    folder : Path
        Folder of a run that was killed.

    Returns
    -------
    steps : tuple of str
        The options that were needed, in order.
    text : str
        Output of the last run if it failed, else empty.
    """
    steps, options = [], []
    for _ in range(4):
        code, text = run(folder, *options)
        if code and "cannot be locked" in text:
            steps.append("--unlock")
            run(folder, "--unlock")
        elif code and "--rerun-incomplete" in text and not options:
            steps.append("--rerun-incomplete")
            options.append("--rerun-incomplete")
        else:
            return tuple(steps), text if code else ""
    return tuple(steps), text


def faults_after_kill(folder, earlier, final):
    """Products that a kill has damaged or lost: each is the earlier one or the new one, whole."""
    found, faults = products(folder), []
    for name, content in found.items():
        product = name.removeprefix(".earlier/")
        whole = {earlier.get(product), final.get(product)}
        if not Path(name).name.startswith(".") and product in final and content not in whole:
            faults.append(f"{name} is not whole")
    kept = {name for name in earlier if "/" not in name and name in final}
    faults += [
        f"{name} is lost"
        for name in kept
        if name not in found and found.get(f".earlier/{name}") != earlier[name]
    ]
    return faults


def faults_at_end(folder, final):
    """Differences from the folder of an undisturbed run."""
    found = products(folder)
    faults = [f"{name} differs" for name, content in final.items() if found.get(name) != content]
    faults += [
        f"{name} is left" for name in found if ".part" in name or name.startswith(".earlier/")
    ]
    left = [*folder.glob(".snakemake/locks/*"), *folder.glob(".snakemake/incomplete/*")]
    return faults + [f"{path.relative_to(folder)} is left" for path in left]


def one_trial(number, undisturbed, home, rng):
    """
    Kill a run and those that follow, run to the end, and compare.

    Parameters
    ----------
    number : int
        Number of the trial; of every other one the first run replaces products.
    undisturbed : Undisturbed
        What to compare with.
    home : Path
        Folder to work in.
    rng : Generator
        Chooses the moments, and whether a whole run or a job of it is killed.

    Returns
    -------
    kills : list of str
        ``run`` or ``job``, of each kill.
    summary : tuple of str
        Whether products were replaced, and the options needed to finish.
    faults : list of str
        Faults of the products, one line each.
    """
    again, folder = number % 2 == 1, home / f"trial{number}"
    # Times stay, as Snakemake decides by them.
    shutil.copytree(undisturbed.earlier if again else undisturbed.folder, folder)
    earlier = products(folder) if again else {}
    kills, faults, options, left = [], [], (), undisturbed.seconds
    while len(kills) < IN_A_ROW:
        seconds = rng.uniform(0.2, 0.9) * left
        # What a run has done is not done again; the start, a fifth of a whole run, is.
        left -= max(seconds - 0.2 * undisturbed.seconds, 0)
        killed = kill_run(folder, seconds, rng.random() < 0.5, rng, options)
        if killed == "nothing":
            break
        kills.append(killed)
        faults += faults_after_kill(folder, earlier, undisturbed.products)
        # The last run asks for what it needs; the others are spared the start that removes locks.
        options = ("--nolock", "--rerun-incomplete") if "run" in kills else ()
    steps, text = finish(folder)
    faults += [text] if text else faults_at_end(folder, undisturbed.products)
    shutil.rmtree(folder)
    return kills, ("replacing" if again else "first", " ".join(steps) or "-"), faults


def main(arguments=None):
    """Run the campaign; 1 if any product was lost, damaged or different."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=20220713)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--first", type=int, default=0, help="number of the first trial")
    options = parser.parse_args(arguments)
    counts, failed, number = Counter(), 0, options.first
    with tempfile.TemporaryDirectory() as home:
        made = {}
        while counts.total() < options.kills:
            # Two trials, of both kinds, follow each other in a mode.
            visit = MODES[number // 2 % len(MODES)]
            visit_home = Path(home, visit)
            if visit not in made:
                made[visit] = make_undisturbed(visit_home, visit)
            rng = np.random.default_rng([options.seed, number])
            kills, summary, faults = one_trial(number, made[visit], visit_home, rng)
            counts.update((visit, killed, *summary) for killed in kills)
            failed += bool(faults)
            said = "; ".join(faults) or "as undisturbed"
            words = " ".join((visit, *summary, "killed:", *kills))
            print(f"trial {number}, {counts.total()} kills, {words}: {said}", flush=True)
            number += 1
    print(f"\n{'visit':9}{'killed':9}{'run':11}{'needed to finish':36}kills")
    for (visit, killed, kind, steps), count in sorted(counts.items()):
        print(f"{visit:9}{killed:9}{kind:11}{steps:36}{count:5}")
    print(f"{counts.total()} kills in {number - options.first} trials, {failed} with faults")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
