"""Process a corrupted visit and judge what comes out."""

import filecmp
import logging
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
import traceback
import warnings
import zlib
from contextlib import chdir, contextmanager, suppress
from dataclasses import dataclass

import numpy as np
import yaml

from scripts.lib.errors import CONTROLS, InputError
from scripts.lib.jobs.job import describe_failure
from scripts.simulation.visit import simulate_visit
from tests.robustness.files import SETTINGS, VISITS, last_segment
from tests.robustness.judgement import READ_AT_START, fault, read_products
from tests.robustness.start import start_run
from tests.support.steps import ROOT, make_products, make_report, report_inputs
from tests.workflow.test_dag import ARCHIVE_ONLY

# Of the processor, and of the clock: the machine may be shared.
CPU_SECONDS, SECONDS = 60, 1200
PLAN_SECONDS = 60
MEMORY = 6 << 30
GOOD = ("refused", "failed", "product")
# Of so many cases one is processed with all segments, planned by Snakemake, or gets a report.
WHOLE_EVERY, PLANNED_EVERY, REPORT_EVERY = 4, 12, 48
_MOST_LINES, _LONGEST_LINE = 60, 2000
CANARY = "canary"


@dataclass(frozen=True)
class Outcome:
    """
    Outcome of a case.

    Attributes
    ----------
    case : Case
        The case.
    result : str
        ``refused`` before any job, ``failed`` in a job with a message,
        ``product``; or a fault: ``wrong``, ``traceback``, ``hang``.
    message : str
        Message to the user, or a description of the fault.
    seconds : float
        Time it took.
    """

    case: object
    result: str
    message: str
    seconds: float

    @property
    def is_good(self):
        """Whether the case ended as it should."""
        return self.result in GOOD


class Hang(BaseException):
    """The time of a case is over."""


def make_visits(home, names=tuple(VISITS)):
    """
    Simulate the visits and process them undisturbed.

    Parameters
    ----------
    home : Path
        Folder to make them in, one folder each.
    names : sequence of str
        Keys of `VISITS`.

    Returns
    -------
    expected : dict of str to Products
        Products of each visit.
    """
    expected = {}
    (home / CANARY).write_text(CANARY)
    for name in names:
        simulate_visit(home / name, VISITS[name])
        path = home / name / "config.yaml"
        path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | SETTINGS.get(name, {})))
        done = home / f"{name}-done"
        shutil.copytree(home / name, done)
        with chdir(done), _quiet():
            started = start_run()
            make_products(done, started.config, started.product, warnings=started.warnings)
        expected[name] = read_products(done, started.warnings)
    return expected


def attempt(case, seed, home, expected, whole=False):
    """
    Corrupt a copy of a visit, process it, and judge the outcome.

    Parameters
    ----------
    case : Case
        The corruption.
    seed : int
        Seed of the campaign.
    home : Path
        Folder with the simulated visits.
    expected : dict of str to Products
        Products of the undisturbed visits.
    whole : bool
        Whether all segments are processed; else those that were not corrupted keep their files, but
        for one case of `WHOLE_EVERY`.

    Returns
    -------
    outcome : Outcome
        The outcome.
    """
    number = zlib.crc32(f"{case.kind} {case.name} {case.visit}".encode())
    rng = np.random.default_rng([seed, number])
    folder = home / f"case-{number:08x}"
    shutil.copytree(home / case.visit, folder)
    started = time.monotonic()
    try:
        did = case.corrupt(folder, rng) or ""
        whole = whole or number % WHOLE_EVERY == 0 or _others_differ(home / case.visit, folder)
        if not whole:
            _take_over(home / f"{case.visit}-done", folder)
        result, message = _judged(case, folder, expected[case.visit], (whole, number))
        if result in GOOD and (text := _fault_of_rest(home, folder, message)):
            result, message = "wrong", text
        if result not in GOOD and did:
            message = f"{did}: {message}"
        return Outcome(case, result, message.replace(f"{folder}/", ""), time.monotonic() - started)
    finally:
        shutil.rmtree(folder)


def _others_differ(source, folder):
    """Whether any input but the last segment was changed."""
    last, names = last_segment(source).name, {path.name for path in source.glob("**/*")}
    if names != {path.name for path in folder.glob("**/*")}:
        return True
    names -= {last, "truth.npz"}
    return any(
        not _is_equal(path, folder / path.relative_to(source))
        for path in source.glob("**/*")
        if path.is_file() and path.name in names
    )


def _is_equal(first, second):
    """Whether two paths lead to regular files of equal content."""
    with suppress(OSError):
        return second.is_file() and filecmp.cmp(first, second, shallow=False)
    return False


def _take_over(done, folder):
    """Give a visit the files of segments that a run made of the same segments."""
    segments = folder / "results" / "segments"
    segments.mkdir(parents=True)
    for path in (*done.glob("results/*seg001*"), *done.glob("results/segments/*seg001*")):
        os.link(path, folder / path.relative_to(done))
    evaluations = done / "results" / "segments" / ".evaluations"
    if evaluations.is_dir():
        shutil.copytree(evaluations, segments / evaluations.name)


def _judged(case, folder, expected, how):
    """Process a visit and judge its products: result, and message, traceback or fault."""
    (whole, number), started = how, None
    if case.kind in READ_AT_START and number % PLANNED_EVERY == 0:
        result, message = _plan(folder)
        if result != "product":
            return result, message
    try:
        with chdir(folder), _limited(), _quiet():
            started = start_run()
            _make(started, folder, whole, number)
    except InputError as error:
        return "failed" if started else "refused", str(error)
    except Hang:
        return "hang", f"not done after {CPU_SECONDS} s of the processor or {SECONDS} s"
    except Exception as error:
        message = describe_failure(error)
        if message is None or isinstance(error, MemoryError):
            return "traceback", "".join(traceback.format_exception(error)[-6:])
        return "failed", message
    try:
        found = read_products(folder, started.warnings)
        message = fault(case, folder, found, expected, whole) or ""
    except Exception as error:
        message = f"a product cannot be read: {type(error).__name__}: {error}"
    return "wrong" if message else "product", message


def _make(started, folder, whole, number):
    """Make the products, and of some visits the report."""
    product = started.product
    made = () if whole else [s.name for s in product.segments if "seg001" in s.name]
    make_products(folder, started.config, product, made=made, warnings=started.warnings)
    is_soss = product.exp_type == "NIS_SOSS"
    if whole and number % (REPORT_EVERY * (4 if is_soss else 1)) == 0:
        inputs, params = report_inputs(folder, product)
        params["input_warnings"] = started.warnings
        stem = folder / "results" / product.name
        make_report(str(stem), inputs, params)
        page = stem.with_name(f"{stem.name}_report.html").read_text(encoding="utf-8")
        if raw := CONTROLS.search(page.replace("\n", "")):
            msg = f"the report has the control character {raw[0]!r}"
            raise AssertionError(msg)


def _fault_of_rest(home, folder, message):
    """What is wrong besides the products: files that are left, texts that a terminal would obey."""
    if rest := [path.name for path in folder.glob("**/.*.part") if not path.is_symlink()]:
        return f"left {rest}"
    if (home / CANARY).read_text() != CANARY:
        (home / CANARY).write_text(CANARY)
        return "a file outside of the visit was changed"
    if raw := CONTROLS.search(message.replace("\n", "")):
        return f"the message has the control character {raw[0]!r}"
    lines = message.splitlines()
    if len(lines) > _MOST_LINES or any(len(line) > _LONGEST_LINE for line in lines):
        return f"a message of {len(lines)} lines, {len(message)} characters"
    return None


def _plan(folder):
    """Let Snakemake plan a visit as the user would: result and message."""
    text = "".join(f"\n{section}: {{skip: true}}\n" for section in ARCHIVE_ONLY)
    (folder / "archive.yaml").write_text(text)
    command = [sys.executable, "-m", "snakemake", "--snakefile", ROOT / "Snakefile", "--dry-run"]
    try:
        done = subprocess.run(
            [*command, "--quiet", "rules", "host", "--configfile", "archive.yaml"],
            cwd=folder,
            text=True,
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=PLAN_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return "hang", f"not planned after {PLAN_SECONDS} s"
    # Snakemake shortens tracebacks of its own files.
    is_traceback = "Traceback" in done.stdout or '\n  File "' in done.stdout
    result = "traceback" if is_traceback else "refused" if done.returncode else "product"
    return result, done.stdout.strip()


@contextmanager
def _limited():
    """Raise Hang when the time is over; let no allocation take the machine's memory."""

    def stop(_number, _frame):
        raise Hang

    limits = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, limits[1]))
    timers = {
        signal.SIGALRM: (signal.ITIMER_REAL, SECONDS),
        signal.SIGPROF: (signal.ITIMER_PROF, CPU_SECONDS),
    }
    former = {number: signal.signal(number, stop) for number in timers}
    for timer, seconds in timers.values():
        signal.setitimer(timer, seconds)
    try:
        yield
    finally:
        for number, (timer, _) in timers.items():
            signal.setitimer(timer, 0)
            signal.signal(number, former[number])
        resource.setrlimit(resource.RLIMIT_AS, limits)


@contextmanager
def _quiet():
    """Drop log messages and warnings."""
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(logging.NOTSET)
