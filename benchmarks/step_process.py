"""Steps of the workflow run in processes of their own, without Snakemake."""

import importlib
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from unittest.mock import patch

import yaml

ROOT = Path(__file__).resolve().parents[1]
WORK_MB = 512
_FILES = {
    "outlier_detection": ("calints", "crfints"),
    "extract_1d": ("segment", "spectra"),
    "tso_photometry": ("segment", "photometry"),
}
# Functions that hold a step's arithmetic, and neither read nor write.
_ARITHMETIC = {"outlier_detection": "detect_outliers"}


class _Named(dict):
    """Names of a job that scripts read as attributes, or with ``get``."""

    def __getattr__(self, name):
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


class _Outputs(_Named):
    """Output files of a job; of those that no option asks for, the name is empty."""

    def __missing__(self, name):
        return ""


def run_step(step, inputs, output, threads=1, references=None, first=False):
    """
    Run a step on some files, one after the other, in a process of its own.

    Parameters
    ----------
    step : str
        Name of the step.
    inputs : list of Path
        Segments.
    output : Path
        File that the step writes, in each run again.
    threads : int, optional
        Threads that it may use.
    references : dict, optional
        Reference files by their name in the rule.
    first : bool, optional
        Whether each segment is the first of its exposure, whose world coordinates are not in the cache yet.

    Returns
    -------
    cost : dict
        Of the last run, without the start of the process: ``cpu_seconds``, of them
        ``user_seconds`` outside the system, ``seconds`` by the clock, and the CPU seconds of the
        ``arithmetic`` alone where that is one function; ``peak_mb`` of the process.
    """
    job = {"step": step, "inputs": [str(path) for path in inputs], "output": str(output)}
    job |= {"threads": threads, "references": references or {}, "first": first}
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.step_process", json.dumps(job)],
        cwd=ROOT,
        env=os.environ | {"OMP_NUM_THREADS": str(threads)},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


def _run_here(job):
    """Run the step of a job on all its inputs; cost of the last run."""
    from scripts.lib.jobs.memory import keep_freed_memory, peak_memory_mb
    from scripts.lib.segment_data.wcs_cache import FOLDER, clear

    keep_freed_memory()
    module = importlib.import_module(f"scripts.{job['step']}")
    given, made = _FILES[job["step"]]
    defaults = yaml.safe_load((ROOT / "config.yaml").read_text())
    params = {
        "options": defaults[job["step"]],
        "adaptive_trace_model": defaults["adaptive_trace_model"],
        "pixel_replace": defaults["pixel_replace"],
        "asn_pool": "",
        "asn_table": "",
        "apertures": None,
        "reference_names": {},
        "parameter_files": [],
        "input_warnings": [],
    }
    references = {kind: [] for kind in ("extract1d", "apcorr", "psf", "gain")} | job["references"]
    for path in job["inputs"]:
        if job["first"]:
            clear(Path(job["output"]).parent / FOLDER)
        work = _Named(
            input=_Named({given: path, **references}),
            output=_Outputs({made: job["output"]}),
            params=_Named(params),
            resources=_Named(work_mb=WORK_MB),
            threads=job["threads"],
            config=defaults,
        )
        cost = _timed(module, work, _ARITHMETIC.get(job["step"]))
    return cost | {"peak_mb": peak_memory_mb()}


def _timed(module, work, arithmetic):
    """Call ``process`` of a step; its cost, with that of one function in it."""
    spent = 0.0

    def counted(*arguments):
        nonlocal spent
        started = time.thread_time()
        result = function(*arguments)
        spent += time.thread_time() - started
        return result

    name = arithmetic or "process"
    function = getattr(module, name)
    before, started = resource.getrusage(resource.RUSAGE_SELF), time.monotonic()
    with patch.object(module, name, counted):
        module.process(work)
    after, ended = resource.getrusage(resource.RUSAGE_SELF), time.monotonic()
    user, system = (
        getattr(after, part) - getattr(before, part) for part in ("ru_utime", "ru_stime")
    )
    cost = {"cpu_seconds": user + system, "user_seconds": user, "seconds": ended - started}
    return cost | ({"arithmetic": spent} if arithmetic else {})


if __name__ == "__main__":
    print(json.dumps(_run_here(json.loads(sys.argv[1]))))
