"""
Measure what the report adds to a visit of 2000 integrations.

``python -m benchmarks.report_cost`` simulates a visit of NIRSpec, processes it without and with the report in
turn, and prints wall and processor time of all runs and the medians of what the report adds.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import pandas as pd
import yaml

from benchmarks.run import run_workflow
from benchmarks.visits import Visit, prepare

__all__ = ["added", "main", "measure_runs"]

VISIT = Visit("BOTS", "nrs_brightobj", (500,) * 4, (32, 512), detectors=2)
_SIDES = {"without": {"skip": True}, "with": {"skip": False}}


def measure_runs(folder, repeats, cores):
    """
    Process a prepared visit without and with the report in turn.

    Parameters
    ----------
    folder : Path
        Its folder.
    repeats : int
        Runs of each.
    cores : int
        Cores to use.

    Returns
    -------
    runs : pandas.DataFrame
        ``side``, ``seconds``, ``cpu_seconds`` and ``report``, processor time of the report's job, of each run.
    """
    config = yaml.safe_load((folder / "config.yaml").read_text())
    for side, report in _SIDES.items():
        text = yaml.safe_dump(config | {"report": report})
        (folder / f"{side}.yaml").write_text(text)
    rows = []
    for _ in range(repeats):
        for side in _SIDES:
            cost = run_workflow(folder, cores, f"{side}.yaml")
            report = cost.pop("steps").get("report_visit", 0.0)
            rows.append({"side": side, **cost, "report": report})
            print(rows[-1], flush=True)
    return pd.DataFrame(rows)


def added(runs):
    """
    Compare the medians of both sides.

    Parameters
    ----------
    runs : pandas.DataFrame
        As of `measure_runs`.

    Returns
    -------
    ratios : dict of str to float
        What the report adds to ``seconds`` and ``cpu_seconds``, over those without it.

    Examples
    --------
    >>> rows = [("without", 10.0, 20.0), ("with", 11.0, 22.0), ("without", 12.0, 20.0), ("with", 99.0, 23.0)]
    >>> added(pd.DataFrame(rows, columns=["side", "seconds", "cpu_seconds"])).values()
    dict_values([4.0, 0.125])
    """
    medians = runs.groupby("side")[["seconds", "cpu_seconds"]].median()
    return (medians.loc["with"] / medians.loc["without"] - 1.0).to_dict()


def main(arguments=None):
    """Simulate, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--folder", type=Path, help="keep the visit there")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="report_cost_") as scratch:
        folder = (options.folder or Path(scratch, "visit")).resolve()
        prepare(VISIT, folder)
        ratios = added(measure_runs(folder, options.repeats, options.cores))
    for name, ratio in ratios.items():
        print(f"the report adds {ratio:.1%} to {name.replace('_', ' ')}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
