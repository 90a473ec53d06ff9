"""Cost of whole processes as the operating system accounts for it."""

import os
import platform
import re
import subprocess
import time
from pathlib import Path

COST = re.compile(r"CPU (\d+\.\d+) s, peak memory (\d+) MB")


def measure(command, log, **environment):
    """
    Run a command and measure it with all processes that it starts.

    Parameters
    ----------
    command : list
        Program and arguments.
    log : Path
        File for its output.
    **environment
        Environment variables to set. ``PYTHONDONTWRITEBYTECODE`` is left out: as by default,
        Python keeps what it has compiled.

    Returns
    -------
    cost : dict
        ``seconds``, ``cpu_seconds`` and ``peak_mb`` of the largest process.

    Raises
    ------
    RuntimeError
        If the command fails.
    """
    variables = os.environ | environment
    variables.pop("PYTHONDONTWRITEBYTECODE", None)
    started = time.perf_counter()
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(part) for part in command],
            stdout=output,
            stderr=subprocess.STDOUT,
            env=variables,
        )
        _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        msg = f"{command[0]} ended with {process.returncode}; see {log}"
        raise RuntimeError(msg)
    cpu_seconds = usage.ru_utime + usage.ru_stime
    # Linux counts ru_maxrss in units of 1024 bytes.
    return {"seconds": seconds, "cpu_seconds": cpu_seconds, "peak_mb": usage.ru_maxrss * 1024 / 1e6}


def step_costs(logs):
    """
    CPU time of the workflow's steps, imports included.

    Parameters
    ----------
    logs : Path
        Folder of the jobs' logs, one folder for each rule.

    Returns
    -------
    seconds : dict of str to float
        CPU seconds of all jobs of each step together; the extraction of NIRISS
        SOSS counts as ``extract_1d``, as in jwst.
    """
    seconds = {}
    for path in logs.glob("*/*.log"):
        found = COST.findall(path.read_text())
        if found:
            rule = path.parent.name.replace("extract_soss", "extract_1d")
            seconds[rule] = seconds.get(rule, 0.0) + float(found[-1][0])
    return seconds


def machine(cores):
    """Name of the processor, and how many of its cores are used."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{cores} cores, {names[0] if names else platform.machine()}"
