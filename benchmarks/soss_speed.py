"""
Measure the extraction of NIRISS SOSS by the workflow and jwst on the same simulated segments.

``python -m benchmarks.soss_speed`` extracts two segments of different lengths with each side and
splits the CPU time of the extraction (imports excluded) into the cost of a segment once and the
cost of each integration. With ``--defaults`` it measures the workflow alone at the default
tolerance of the grid and with the search of the regularisation factor.
"""

import argparse
import json
import logging
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import yaml

from benchmarks.measure import measure

ROOT = Path(__file__).resolve().parents[1]
ORACLE = ROOT / ".venv-oracle" / "bin" / "python"
LENGTHS = (2, 6)
REFERENCES = ("pastasoss", "specprofile", "speckernel", "photom")


class _Clock(logging.Handler):
    """CPU seconds of this process at each message, and the size of the wavelength grid."""

    def __init__(self):
        super().__init__(logging.INFO)
        self.moments, self.texts = {}, []

    def emit(self, record):
        """Keep the message and its moment."""
        text = record.getMessage()
        self.texts.append(text)
        for name in ("common models", "integrations extracted"):
            if name in text:
                self.moments[name] = time.process_time()


def extract_segment(folder, options):
    """
    Extract the segment of a folder in this process.

    Parameters
    ----------
    folder : Path
        Folder of a simulated visit of one segment.
    options : dict
        Parameters of ``extract_1d``.

    Returns
    -------
    cost : dict
        CPU ``seconds`` in all, ``once`` and ``each`` integration, peak memory ``peak_mb``, points
        of the wavelength ``grid``, and the ``messages``.
    """
    from scripts import extract_soss
    from scripts.lib.jobs.memory import peak_memory_mb
    from tests.support.steps import read_config, run_step

    config = read_config(folder)
    (segment,) = folder.glob("*_calints.fits")
    references = {name: str(folder / config["references"][name]) for name in REFERENCES}
    clock = _Clock()
    logging.getLogger("scripts").addHandler(clock)
    logging.getLogger("scripts").setLevel(logging.INFO)
    started = time.process_time()
    run_step(
        extract_soss.process,
        {"options": config["extract_1d"] | options, "pixel_replace": config["pixel_replace"]},
        config["max_memory_mb"],
        segment=segment,
        out_spectra=folder / "spectra.fits",
        **references,
    )
    tuned, done = (clock.moments[name] for name in ("common models", "integrations extracted"))
    length = json.loads((folder / "truth.json").read_text())["options"]["integrations"]
    grid = next(text for text in clock.texts if text.startswith("wavelength grid"))
    return {
        "seconds": done - started,
        "once": tuned - started,
        "each": (done - tuned) / length,
        "peak_mb": peak_memory_mb(),
        "grid": int(grid.split(",")[-1].split()[0]),
        "messages": clock.texts,
    }


def run_ours(folder, options):
    """Cost of the workflow's step on the segment of a folder, in a process of its own."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(extract_segment, folder, options).result()


def run_jwst(folder, options):
    """
    Cost of jwst on the visit of a folder.

    Returns
    -------
    cost : dict
        As of :func:`benchmarks.measure.measure`; ``seconds`` are the CPU seconds of its step.
    """
    steps = json.loads((folder / "steps.json").read_text())
    steps.setdefault("extract_1d", {}).update(options)
    (folder / "steps_speed.json").write_text(json.dumps(steps))
    association = yaml.safe_load((folder / "config.yaml").read_text())["associations"][0]
    command = [ORACLE, ROOT / "tests/oracle/run_jwst.py", folder / association, folder / "jwst"]
    command += ["--parameters", folder / "steps_speed.json", "--report", folder / "jwst.json"]
    cost = measure(command, folder / "jwst.log", OMP_NUM_THREADS="1")
    (outcome,) = json.loads((folder / "jwst.json").read_text())
    if outcome["error"]:
        raise RuntimeError(outcome["error"])
    return cost | {"seconds": outcome["step_cpu_seconds"]["extract_1d"]}


def split_cost(costs):
    """Seconds spent once and for each integration, from the costs of segments of two lengths."""
    (short, first), (long, second) = sorted(costs.items())
    each = (second - first) / (long - short)
    return first - short * each, each


def simulate(folder):
    """Folders of the simulated visits by length, made unless they exist."""
    folders = {length: folder / f"soss{length}" for length in LENGTHS}
    for length, visit in folders.items():
        if not (visit / "config.yaml").exists():
            command = [sys.executable, "-m", "scripts.simulation", visit, "--mode", "nis_soss"]
            command += ["--integrations", str(length), "--segments", "1"]
            measure(command, folder / f"simulate{length}.log")
    return folders


def compare(folders, options):
    """
    Measure both sides with the same parameters.

    Parameters
    ----------
    folders : dict of int to Path
        Visits by their number of integrations.
    options : dict
        Parameters of ``extract_1d``.

    Returns
    -------
    result : dict
        ``ours`` and ``jwst``: costs by length; ``once`` and ``each``: seconds of (jwst, ours).
    """
    ours = {length: run_ours(folder, options) for length, folder in folders.items()}
    jwst = {length: run_jwst(folder, options) for length, folder in folders.items()}
    once, each = split_cost({length: cost["seconds"] for length, cost in jwst.items()})
    longest = ours[max(ours)]
    return {
        "options": options,
        "grid": longest["grid"],
        "once": (once, longest["once"]),
        "each": (each, longest["each"]),
        "ours": ours,
        "jwst": jwst,
    }


def describe(result):
    """One line of the table of results."""
    (jwst_once, once), (jwst_each, each) = result["once"], result["each"]
    peak = [max(cost["peak_mb"] for cost in result[side].values()) for side in ("jwst", "ours")]
    return (
        f"| {result['options']['soss_rtol']:g} | {result['grid']} "
        f"| {jwst_once:.1f} | {once:.2f} | {jwst_once / once:.1f} "
        f"| {jwst_each * 1000:.0f} | {each * 1000:.1f} | {jwst_each / each:.0f} "
        f"| {peak[0]:.0f} | {peak[1]:.0f} |"
    )


def main():
    """Measure, print a table in Markdown and write the results."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--folder", type=Path, default=ROOT / "benchmarks" / "visits")
    parser.add_argument("--rtol", type=float, nargs="*", default=[0.1, 0.01])
    parser.add_argument("--tikfac", type=float, default=1e-9)
    parser.add_argument("--defaults", action="store_true", help="the workflow at the defaults")
    arguments = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"
    arguments.folder.mkdir(parents=True, exist_ok=True)
    folders = simulate(arguments.folder.resolve())
    results, output = [], arguments.folder / "soss_speed.json"
    print(f"load average {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores; CPU seconds")
    if arguments.defaults:
        cost = run_ours(folders[max(folders)], {})
        print(
            f"defaults, jwst not run: grid {cost['grid']}, once {cost['once']:.2f} s, "
            f"each integration {cost['each'] * 1000:.1f} ms, peak {cost['peak_mb']:.0f} MB"
        )
        results.append({"options": {}, "ours": cost})
    if arguments.rtol:
        print(
            "| rtol | grid | jwst once s | tso3flow once s | ratio | jwst each ms "
            "| tso3flow each ms | ratio | jwst MB | tso3flow MB |\n|---|---|---|---|---|---|---|---|---|---|"
        )
    for rtol in arguments.rtol:
        results.append(compare(folders, {"soss_rtol": rtol, "soss_tikfac": arguments.tikfac}))
        print(describe(results[-1]), flush=True)
    output.write_text(json.dumps({"load": os.getloadavg(), "results": results}, indent=2))
    print(f"load average {os.getloadavg()[0]:.1f}; {output}")


if __name__ == "__main__":
    main()
