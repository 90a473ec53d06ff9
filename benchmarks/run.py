"""
Measure the workflow beside jwst on the same simulated visits.

``python -m benchmarks.run`` simulates the visits (kept in a folder for the next
time), copies them once to warm the cache, then runs jwst and the workflow in
turn, and prints medians and ratios. ``make bench`` calls it.
"""

import argparse
import json
import os
import platform
import shutil
import statistics
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path

import yaml

from benchmarks.measure import measure, step_costs
from scripts.simulate_visit import VisitOptions, simulate_visit

ROOT = Path(__file__).resolve().parents[1]
ORACLE = ROOT / ".venv-oracle" / "bin" / "python"
STEPS = ("outlier_detection", "extract_1d", "tso_photometry")


@dataclass(frozen=True)
class Visit:
    """A simulated visit: its name in tables and the options of the simulator."""

    name: str
    options: dict

    @property
    def integrations(self):
        """Integrations of all detectors together."""
        detectors = 2 if self.options["mode"] == "nrs_brightobj" else 1
        return sum(self.options["segment_lengths"]) * detectors


VISITS = (
    Visit(
        "BOTS 2x600 x (32x512)",
        {"mode": "nrs_brightobj", "segment_lengths": (600, 600), "frame_size": (32, 512)},
    ),
    Visit(
        "LRS 4x500 x (416x72)",
        {"mode": "mir_lrs_slitless", "segment_lengths": (500,) * 4, "frame_size": (416, 72)},
    ),
    Visit(
        "TSGRISM 4x150 x (64x2048)",
        {"mode": "nrc_tsgrism", "segment_lengths": (150,) * 4, "frame_size": (64, 2048)},
    ),
    Visit(
        "TSIMAGE 4000 x (64x64)",
        {"mode": "nrc_tsimage", "segment_lengths": (2000, 2000), "frame_size": (64, 64)},
    ),
)


def prepare(visit, folder):
    """
    Simulate a visit unless the folder has it.

    Parameters
    ----------
    visit : Visit
        The visit.
    folder : Path
        Where to.
    """
    stamp = folder / "options.json"
    text = json.dumps(visit.options)
    if stamp.exists() and stamp.read_text() == text:
        return
    shutil.rmtree(folder, ignore_errors=True)
    # In a process of its own: a child's peak memory starts from that of its parent.
    arguments = (folder, VisitOptions(**visit.options))
    simulation = get_context("spawn").Process(target=simulate_visit, args=arguments)
    simulation.start()
    simulation.join()
    if simulation.exitcode:
        msg = f"{folder}: the simulation failed"
        raise RuntimeError(msg)
    stamp.write_text(text)


def run_workflow(folder, cores):
    """
    Run the whole workflow from nothing.

    Parameters
    ----------
    folder : Path
        Folder of the visit.
    cores : int
        Cores it may use.

    Returns
    -------
    cost : dict
        Seconds, CPU seconds, peak memory of the largest process [MB], and CPU
        seconds by step.
    """
    for name in ("results", "logs", "benchmarks", ".snakemake"):
        shutil.rmtree(folder / name, ignore_errors=True)
    command = [sys.executable, "-m", "snakemake", "--snakefile", ROOT / "Snakefile"]
    command += ["--cores", cores, "--directory", folder, "--configfile", folder / "config.yaml"]
    cost = measure(command, folder / "workflow.log")
    return cost | {"steps": step_costs(folder / "logs")}


def run_peer(folder):
    """
    Run jwst on the association, its import included.

    Parameters
    ----------
    folder : Path
        Folder of the visit.

    Returns
    -------
    cost : dict
        As of :func:`run_workflow`; the steps' CPU seconds exclude the import.
    """
    shutil.rmtree(folder / "peer", ignore_errors=True)
    association = yaml.safe_load((folder / "config.yaml").read_text())["associations"][0]
    command = [ORACLE, ROOT / "tests/oracle/run_jwst.py", folder / association, folder / "peer"]
    command += ["--parameters", folder / "steps.json", "--report", folder / "peer.json"]
    cost = measure(command, folder / "peer.log", OMP_NUM_THREADS="1")
    (outcome,) = json.loads((folder / "peer.json").read_text())
    return cost | {"steps": outcome["step_cpu_seconds"]}


def copy_inputs(folder):
    """Seconds of a plain copy of the segments, the floor of what reads and writes them."""
    target = folder / "copy"
    target.mkdir(exist_ok=True)
    command = ["cp", *folder.glob("*_calints.fits"), target]
    cost = measure(command, folder / "copy.log")
    shutil.rmtree(target)
    return cost


def median_cost(costs):
    """
    Median of each figure over several runs.

    Parameters
    ----------
    costs : list of dict
        Costs of single runs.

    Returns
    -------
    cost : dict
        The same keys.
    """
    first = costs[0]
    figures = {k: statistics.median(c[k] for c in costs) for k in first if k != "steps"}
    steps = first.get("steps", {})
    return figures | {"steps": {k: statistics.median(c["steps"][k] for c in costs) for k in steps}}


def compare(visit, folder, repeats, cores):
    """
    Measure one visit: copy, jwst and workflow in turn.

    Parameters
    ----------
    visit : Visit
        The visit.
    folder : Path
        Its folder.
    repeats : int
        Runs of each.
    cores : int
        Cores of the workflow.

    Returns
    -------
    result : dict
        Medians of each side, and all single runs.
    """
    prepare(visit, folder)
    runs = {"copy": [], "jwst": [], "workflow": []}
    copy_inputs(folder)
    for _ in range(repeats):
        runs["copy"].append(copy_inputs(folder))
        runs["jwst"].append(run_peer(folder))
        runs["workflow"].append(run_workflow(folder, cores))
    medians = {side: median_cost(costs) for side, costs in runs.items()}
    return {"visit": visit.name, "integrations": visit.integrations, **medians, "runs": runs}


def table(results):
    """
    Lay out results as Markdown.

    Parameters
    ----------
    results : list of dict
        Results of :func:`compare`.

    Returns
    -------
    text : str
        One line for each visit, then one for each step.
    """
    lines = [
        "| visit | jwst s | tso3flow s | ratio | CPU ratio | cp s | jwst MB | tso3flow MB |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for r in results:
        ours, peer = r["workflow"], r["jwst"]
        lines.append(
            f"| {r['visit']} | {peer['seconds']:.1f} | {ours['seconds']:.1f} "
            f"| {peer['seconds'] / ours['seconds']:.1f} "
            f"| {peer['cpu_seconds'] / ours['cpu_seconds']:.1f} "
            f"| {r['copy']['seconds']:.2f} | {peer['peak_mb']:.0f} | {ours['peak_mb']:.0f} |"
        )
    lines += ["", "| step, CPU ms an integration | jwst | tso3flow | ratio |", "|---|---|---|---|"]
    for r in results:
        for step in STEPS:
            peer, ours = (r[side]["steps"].get(step) for side in ("jwst", "workflow"))
            if peer and ours:
                scale = 1000 / r["integrations"]
                lines.append(
                    f"| {r['visit']}: {step} | {peer * scale:.2f} | {ours * scale:.3f} "
                    f"| {peer / ours:.1f} |"
                )
    return "\n".join(lines)


def main():
    """Measure the chosen visits, print the table and write the results."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--folder", type=Path, default=ROOT / "benchmarks" / "visits")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--cores", type=int, default=os.cpu_count())
    parser.add_argument("visits", nargs="*", help="first words of names of visits (default: all)")
    arguments = parser.parse_args()
    results = []
    for visit in VISITS:
        short = visit.name.split()[0]
        if arguments.visits and short not in arguments.visits:
            continue
        folder = arguments.folder.resolve() / short.lower()
        results.append(compare(visit, folder, arguments.repeats, arguments.cores))
        print(table(results[-1:]), flush=True)
    machine = {"cores": arguments.cores, "processor": platform.processor() or platform.machine()}
    output = {"date": datetime.now(UTC).isoformat(), **machine, "results": results}
    path = arguments.folder / "results.json"
    path.write_text(json.dumps(output, indent=2))
    print(f"\n{table(results)}\n\n{path}")
    return 0


if __name__ == "__main__":
    started = time.monotonic()
    code = main()
    print(f"{time.monotonic() - started:.0f} s")
    sys.exit(code)
