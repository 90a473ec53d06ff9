"""
Measure the workflow and jwst on the same simulated visits.

``python -m benchmarks.run [VISIT ...]`` simulates the visits (kept in a folder for the next time)
and runs cp, jwst, the workflow, and the workflow with reports in turn; the files are in the
system's cache. The results of each visit replace its former ones in ``results.json``, so visits
can be measured one by one. ``--table`` prints all results; ``make bench`` measures all.
"""

import argparse
import compileall
import json
import os
import shutil
import sys
import tempfile
from datetime import UTC, datetime
from math import prod
from pathlib import Path

import pandas as pd

from benchmarks.measure import machine, measure, step_costs
from benchmarks.step_process import run_step
from benchmarks.tables import draw_visits, machine_line, own_table, step_table, visit_table
from benchmarks.visits import VISITS, association, prepare
from scripts.lib.fits.reader import open_fits

ROOT = Path(__file__).resolve().parents[1]
ORACLE = ROOT / ".venv-oracle" / "bin" / "python"
RESULTS = ROOT / "benchmarks" / "results.json"
FIGURE = ROOT / "benchmarks" / "speed.png"


def run_workflow(folder, cores, config="benchmark.yaml"):
    """
    Run the whole workflow from nothing.

    Parameters
    ----------
    folder : Path
        Folder of the visit.
    cores : int
        Cores it may use.
    config : str, optional
        Configuration in the folder.

    Returns
    -------
    cost : dict
        Seconds, CPU seconds, peak memory of the largest process [MB], and CPU
        seconds by step, imports included.
    """
    for name in ("results", "logs", "benchmarks", ".snakemake"):
        shutil.rmtree(folder / name, ignore_errors=True)
    os.sync()
    command = [sys.executable, "-m", "snakemake", "--snakefile", ROOT / "Snakefile"]
    command += ["--cores", cores, "--directory", folder, "--configfile", folder / config]
    cost = measure(command, folder / "workflow.log")
    return cost | {"steps": step_costs(folder / "logs")}


def run_jwst(folder, cores):
    """
    Run jwst on the association, its import included.

    Parameters
    ----------
    folder : Path
        Folder of the visit.
    cores : int
        Threads that its linear algebra may use.

    Returns
    -------
    cost : dict
        As of :func:`run_workflow`; the steps' CPU seconds exclude the import.

    Raises
    ------
    RuntimeError
        If the run fails.
    """
    shutil.rmtree(folder / "jwst", ignore_errors=True)
    os.sync()
    command = [ORACLE, ROOT / "tests/oracle/run_jwst.py", association(folder), folder / "jwst"]
    command += ["--parameters", folder / "benchmark_steps.json", "--report", folder / "jwst.json"]
    cost = measure(command, folder / "jwst.log", OMP_NUM_THREADS=str(cores))
    (outcome,) = json.loads((folder / "jwst.json").read_text())
    if outcome["error"]:
        raise RuntimeError(outcome["error"])
    return cost | {"steps": outcome["step_cpu_seconds"]}


def run_copy(folder):
    """Cost of a plain copy of the segments, a lower limit of reading and writing them."""
    target = folder / "copy"
    target.mkdir(exist_ok=True)
    os.sync()
    cost = measure(["cp", *folder.glob("*_calints.fits"), target], folder / "copy.log")
    shutil.rmtree(target)
    return cost


def run_in_turn(folder, repeats, cores):
    """
    Measure one visit on all sides in turn.

    Parameters
    ----------
    folder : Path
        Its folder.
    repeats : int
        Runs of each side.
    cores : int
        Cores to use.

    Returns
    -------
    runs : dict of str to list of dict
        Costs of all single runs by side.
    """
    run_copy(folder)
    runs = {"copy": [], "jwst": [], "workflow": [], "report": []}
    for _ in range(repeats):
        runs["copy"].append(run_copy(folder))
        runs["jwst"].append(run_jwst(folder, cores))
        runs["workflow"].append(run_workflow(folder, cores))
        runs["report"].append(run_workflow(folder, cores, "benchmark_report.yaml"))
    return runs


def run_warm_steps(folder, repeats):
    """
    Cost of our steps on the first segment in processes that have done another one before.

    Parameters
    ----------
    folder : Path
        Folder of a visit.
    repeats : int
        Runs of each step.

    Returns
    -------
    costs : dict of str to dict
        Medians for each step: ``cpu_seconds`` of an integration without imports, with reading and
        writing the files and with the world coordinates, as the first segment of an exposure has
        to build them; of outlier_detection without files, ``arithmetic``, and ``to_copy``, its wall time over that
        of cp of the segment.
    """
    source = sorted(folder.glob("*_calints.fits"))[0]
    with open_fits(source) as segment:
        length, exp_type = segment.shape("SCI")[0], segment.primary["EXP_TYPE"]
    last = {"NRC_TSIMAGE": "tso_photometry", "NIS_SOSS": None}.get(exp_type, "extract_1d")
    apertures = list(folder.glob("references/*extract1d.json"))
    references = {"extract1d": str(apertures[0])} if apertures else {}
    costs = {"outlier_detection": [], **({last: []} if last else {})}
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        flagged, made = Path(scratch) / "crfints.fits", Path(scratch) / "made.fits"
        for _ in range(repeats):
            copy = measure(["cp", source, made], made.with_suffix(".log"))["seconds"]
            os.sync()
            cost = run_step("outlier_detection", [source] * 2, flagged)
            costs["outlier_detection"].append(cost | {"to_copy": cost["seconds"] / copy})
            os.sync()
            if last:
                cost = run_step(last, [flagged] * 2, made, references=references, first=True)
                costs[last].append(cost)
    per = pd.Series({"cpu_seconds": length, "arithmetic": length, "to_copy": 1})
    return {
        step: (pd.DataFrame(runs).median() / per).dropna().to_dict() for step, runs in costs.items()
    }


def compare(visit, folder, repeats, cores):
    """
    Measure a visit.

    Parameters
    ----------
    visit : Visit
        The visit.
    folder : Path
        Its folder.
    repeats, cores
        As for :func:`run_in_turn`.

    Returns
    -------
    result : dict
        All single ``runs``; ``warm`` as of :func:`run_warm_steps`; title and numbers of
        integrations and of samples; and the date, machine and load at the start.
    """
    result = {"title": visit.title, "integrations": visit.integrations}
    result |= {"samples": visit.integrations * prod(visit.frame)}
    result |= {"date": datetime.now(UTC).isoformat(timespec="seconds")}
    result |= {"machine": machine(cores), "load": os.getloadavg()[0]}
    prepare(visit, folder)
    # jwst was compiled when pip installed it.
    compileall.compile_dir(ROOT / "scripts", quiet=1)
    runs = run_in_turn(folder, repeats, cores)
    return result | {"runs": runs, "warm": run_warm_steps(folder, max(repeats, 3))}


def show(results):
    """Print the tables of some results."""
    tables = (make(results) for make in (machine_line, visit_table, step_table, own_table))
    print("\n\n".join(tables), flush=True)


def main():
    """Measure the chosen visits, print the tables, write the results and draw the figure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--folder", type=Path, default=ROOT / "benchmarks" / "visits")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--figure", type=Path, default=FIGURE)
    parser.add_argument("--repeats", type=int, default=3, help="runs of each side (default: 3)")
    parser.add_argument("--cores", type=int, default=os.cpu_count())
    parser.add_argument("--divide", type=int, default=1, help="shorten all segments by this")
    parser.add_argument("--simulate", action="store_true", help="only simulate the visits")
    parser.add_argument("--table", action="store_true", help="only print the stored results")
    parser.add_argument("visits", nargs="*", metavar="VISIT", help=f"of {', '.join(VISITS)}")
    arguments = parser.parse_args()
    if unknown := set(arguments.visits) - set(VISITS):
        parser.error(f"{', '.join(sorted(unknown))}: expected {', '.join(VISITS)}")
    folder = arguments.folder.resolve()
    measured = json.loads(arguments.results.read_text()) if arguments.results.exists() else {}
    for name in [] if arguments.table else arguments.visits or VISITS:
        visit = VISITS[name].divided(arguments.divide)
        if arguments.simulate:
            prepare(visit, folder / name.lower())
            continue
        measured[name] = compare(visit, folder / name.lower(), arguments.repeats, arguments.cores)
        arguments.results.write_text(json.dumps(measured, indent=1) + "\n")
        show([measured[name]])
    results = [measured[name] for name in VISITS if name in measured]
    if results and not arguments.simulate:
        show(results)
        draw_visits(results, arguments.figure)
    return 0


if __name__ == "__main__":
    sys.exit(main())
