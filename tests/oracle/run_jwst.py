"""Run the ``calwebb_tso3`` of ``jwst`` on associations, offline.

Every reference type of every step is overridden with "N/A" unless the parameters name a file, so
nothing is asked of CRDS. Needs the environment of ``tests/oracle/requirements.txt``.

One association::

    python run_jwst.py ASSOCIATION OUTPUT --parameters steps.json

Several in one process, the import of ``jwst`` being slow::

    python run_jwst.py --jobs jobs.json

with ``[{"asn": ..., "output": ..., "steps": {...} or "steps.json", "skip": ["step", ...]}, ...]``.
Reference files (``override_*``) given as relative paths are relative to the association.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import json
import logging
import os
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

REFERENCES_OF_STEP = {
    "tso_photometry": ("gain",),
    "extract_1d": ("extract1d", "apcorr", "pastasoss", "specprofile", "speckernel", "psf"),
    "photom": ("photom", "area"),
    "white_light": ("wavelengthrange",),
}

Steps = dict[str, dict[str, Any]]


def load_pipeline(cache: Path) -> type:
    """Import the pipeline class with everything that would call CRDS out of the way.

    Parameters
    ----------
    cache : Path
        Empty folder that stands for the CRDS cache.

    Returns
    -------
    type
        ``jwst.pipeline.Tso3Pipeline``.
    """
    os.environ["CRDS_PATH"] = str(cache)
    os.environ["CRDS_SERVER_URL"] = "https://localhost:9/unreachable"
    os.environ["STPIPE_DISABLE_CRDS_STEPPARS"] = "true"
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    from jwst.pipeline import Tso3Pipeline
    from stpipe import crds_client

    crds_client.get_context_used = lambda observatory: "offline"
    # The pipeline lists gain and readnoise, which nothing uses and nothing can override.
    Tso3Pipeline.prefetch_references = False
    return Tso3Pipeline


def complete_steps(steps: Steps, association: Path, skip: list[str]) -> Steps:
    """Step parameters with an override for every reference type.

    Parameters
    ----------
    steps : dict
        Parameters by step; not changed.
    association : Path
        Relative override paths are relative to its folder.
    skip : list of str
        Steps to skip.

    Returns
    -------
    dict
        Parameters for ``Tso3Pipeline.call``.
    """
    complete: Steps = {
        step: {f"override_{kind}": "N/A" for kind in kinds}
        for step, kinds in REFERENCES_OF_STEP.items()
    }
    for step, parameters in steps.items():
        complete.setdefault(step, {}).update(parameters)
    for step in skip:
        complete.setdefault(step, {})["skip"] = True
    for parameters in complete.values():
        for name, value in parameters.items():
            if name.startswith("override_") and value != "N/A":
                parameters[name] = str((association.parent / value).resolve())
    return complete


def read_steps(source: Steps | str | None, folder: Path) -> Steps:
    """Step parameters of a job: given directly, in a JSON file, or none."""
    if source is None:
        return {}
    if isinstance(source, dict):
        return source
    return json.loads((folder / source).read_text())


def run_jobs(pipeline: type, jobs: list[dict[str, Any]], folder: Path) -> list[dict[str, Any]]:
    """Run associations one after the other.

    Parameters
    ----------
    pipeline : type
        The pipeline class.
    jobs : list of dict
        Keys ``asn`` and ``output``, optionally ``steps`` and ``skip``.
    folder : Path
        Relative paths of the jobs are relative to it.

    Returns
    -------
    list of dict
        Per job ``asn``, ``output``, ``error`` (None or the traceback's last line), ``seconds`` and
        ``step_cpu_seconds``.
    """
    results = []
    costs = _measure_steps(pipeline)
    for job in jobs:
        association = (folder / job["asn"]).resolve()
        output = (folder / job["output"]).resolve()
        output.mkdir(parents=True, exist_ok=True)
        steps = read_steps(job.get("steps"), folder)
        start = time.perf_counter()
        error = None
        costs.clear()
        try:
            with _working_directory(output):
                complete = complete_steps(steps, association, job.get("skip", []))
                pipeline.call(
                    str(association), steps=complete, output_dir=str(output), configure_log=False
                )
        except Exception as problem:
            logging.getLogger(__name__).error("%s", traceback.format_exc())
            error = f"{type(problem).__name__}: {problem}"
        seconds = time.perf_counter() - start
        outcome = {"asn": str(association), "output": str(output), "error": error}
        results.append({**outcome, "seconds": seconds, "step_cpu_seconds": dict(costs)})
    return results


def _measure_steps(pipeline: type) -> dict[str, float]:
    """Make the work of the steps, and the files of the pipeline, add their CPU time to a dictionary.

    Files are ``read`` and ``write SUFFIX``; they are no part of the steps.
    """
    costs: dict[str, float] = {}

    def measured(name: str, function: Any) -> Any:
        @functools.wraps(function)
        def wrapper(*arguments: Any, **named: Any) -> Any:
            start = time.process_time()
            try:
                return function(*arguments, **named)
            finally:
                key = name.format(suffix=named.get("suffix"))
                costs[key] = costs.get(key, 0.0) + time.process_time() - start

        return wrapper

    for name, step in getattr(pipeline, "step_defs", {}).items():
        step.process = measured(name, step.process)
    for name, method in (("read", "prepare_output"), ("write {suffix}", "save_model")):
        if hasattr(pipeline, method):
            setattr(pipeline, method, measured(name, getattr(pipeline, method)))
    return costs


@contextlib.contextmanager
def _working_directory(folder: Path) -> Iterator[None]:
    """Run with a folder as the working directory."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def _configure_logging(path: Path | None, verbose: bool) -> None:
    """Errors (or everything) to stderr, and everything to a file when one is named."""
    console = logging.StreamHandler()
    console.setLevel(logging.INFO if verbose else logging.ERROR)
    handlers: list[logging.Handler] = [console]
    if path is not None:
        handlers.append(logging.FileHandler(path, mode="w"))
    logging.basicConfig(
        level=logging.INFO, handlers=handlers, format="%(levelname)s %(name)s: %(message)s"
    )
    logging.captureWarnings(True)
    if not verbose:
        warnings.simplefilter("ignore")


def main(arguments: list[str] | None = None) -> int:
    """Run the command; the number of jobs that failed is the exit code, 1 at most."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("association", nargs="?", type=Path)
    parser.add_argument("output", nargs="?", type=Path)
    parser.add_argument("--parameters", type=Path, help="JSON file of step parameters")
    parser.add_argument("--skip", action="append", default=[], help="step to skip; repeatable")
    parser.add_argument("--jobs", type=Path, help="JSON list of jobs instead of one association")
    parser.add_argument("--report", type=Path, help="write a JSON list of the jobs' outcomes")
    parser.add_argument("--log", type=Path, help="write the pipeline's log")
    parser.add_argument("--verbose", action="store_true", help="the pipeline's log to stderr too")
    chosen = parser.parse_args(arguments)
    if chosen.jobs is None and (chosen.association is None or chosen.output is None):
        parser.error("an association and an output folder are needed, or --jobs")
    _configure_logging(chosen.log, chosen.verbose)
    folder = Path.cwd()
    if chosen.jobs is None:
        steps = str(chosen.parameters) if chosen.parameters else None
        jobs = [
            {
                "asn": str(chosen.association),
                "output": str(chosen.output),
                "steps": steps,
                "skip": chosen.skip,
            }
        ]
    else:
        jobs = json.loads(chosen.jobs.read_text())
        folder = chosen.jobs.resolve().parent
    with tempfile.TemporaryDirectory() as cache:
        results = run_jobs(load_pipeline(Path(cache)), jobs, folder)
    if chosen.report is not None:
        chosen.report.write_text(json.dumps(results, indent=2) + "\n")
    return int(any(result["error"] for result in results))


if __name__ == "__main__":
    sys.exit(main())
