"""Process a corrupted visit and judge what comes out."""

import logging
import resource
import shutil
import signal
import subprocess
import sys
import time
import traceback
import warnings
import zlib
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from astropy.io import fits
from astropy.table import Table

from scripts.lib.errors import InputError
from scripts.lib.jobs.job import describe_failure
from scripts.simulation.visit import simulate_visit
from tests.robustness.files import VISITS, hdu_of, last_segment
from tests.support.steps import ROOT, process_visit
from tests.workflow.test_dag import ARCHIVE_ONLY

SECONDS = 20
PLAN_SECONDS = 60
MEMORY = 6 << 30
# Corruptions of files that the workflow reads before it starts a job, besides the segments.
READ_AT_START = ("association", "EXTRACT1D", "APCORR", "GAIN", "configuration")
# Corruptions of values that nothing but another measurement could tell from the true ones.
VALUES = (
    *("NaN", "bits, ASDF", "bits, data", "byte order", "planes", "variances", "world coordinates"),
    *("APCORR values", "GAIN values"),
)
GOOD = ("refused", "failed", "product")


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
    expected : dict of str to dict
        Arrays of each visit's products, as of `read_products`.
    """
    expected = {}
    for name in names:
        simulate_visit(home / name, VISITS[name])
        done = home / f"{name}-done"
        shutil.copytree(home / name, done)
        process_visit(done)
        expected[name] = read_products(done)
    return expected


def read_products(folder):
    """
    Read all numbers of the products in a folder.

    Parameters
    ----------
    folder : Path
        Folder of a visit.

    Returns
    -------
    products : dict of str to dict of str to ndarray
        Columns of each table, by file name, name and version of the table.
    """
    products = {}
    for path in sorted((folder / "results").glob("**/*")):
        if path.suffix == ".ecsv":
            table = Table.read(path, format="ascii.ecsv")
            columns = {name: np.asarray(table[name]) for name in table.colnames}
            products[path.name] = columns
        if path.suffix == ".fits" and "crfints" not in path.name:
            with fits.open(path) as hdus:
                for hdu in hdus:
                    if isinstance(hdu, fits.BinTableHDU) and hdu.name not in ("ASDF", "HDRTAB"):
                        products[f"{path.name}[{hdu.name}, {hdu.ver}]"] = {
                            name: np.array(hdu.data[name]) for name in hdu.columns.names
                        }
    return products


def attempt(case, seed, home, expected):
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
    expected : dict
        Products of the undisturbed visits.

    Returns
    -------
    outcome : Outcome
        The outcome.
    """
    label = f"{case.kind} {case.name} {case.visit}".encode()
    rng = np.random.default_rng([seed, zlib.crc32(label)])
    folder = home / f"case-{zlib.crc32(label):08x}"
    shutil.copytree(home / case.visit, folder)
    started = time.monotonic()
    try:
        case.corrupt(folder, rng)
        result, message, is_warned = _process(case, folder)
        if result == "product":
            try:
                message = _fault(case, folder, expected[case.visit], is_warned) or ""
            except Exception as error:
                message = f"a product cannot be read: {type(error).__name__}: {error}"
            result = "wrong" if message else "product"
        rest = [path.name for path in folder.glob("**/.*.part")]
        if rest and result in GOOD:
            result, message = "wrong", f"left {rest}"
        return Outcome(case, result, message.replace(f"{folder}/", ""), time.monotonic() - started)
    finally:
        shutil.rmtree(folder)


def _process(case, folder):
    """Process a visit: result, the message or traceback, and whether it was warned of."""
    if case.kind in READ_AT_START:
        try:
            planned = _plan(folder)
        except subprocess.TimeoutExpired:
            return "hang", f"not planned after {PLAN_SECONDS} s", False
        if planned.returncode:
            # Snakemake shortens tracebacks of its own files.
            is_traceback = "Traceback" in planned.stdout or '\n  File "' in planned.stdout
            result = "traceback" if is_traceback else "refused"
            return result, planned.stdout.strip(), False
    try:
        with _limited(), _quiet():
            product = process_visit(folder)
    except InputError as error:
        begun = (folder / "results" / "segments").exists()
        return "failed" if begun else "refused", str(error), False
    except Hang:
        return "hang", f"not done after {SECONDS} s", False
    except Exception as error:
        message = describe_failure(error)
        if message is None or isinstance(error, MemoryError):
            return "traceback", "".join(traceback.format_exception(error)[-6:]), False
        return "failed", message, False
    findings = [*product.findings, *(f for s in product.segments for f in s.findings)]
    return "product", "", any(finding.severity == "warning" for finding in findings)


def _plan(folder):
    """Let Snakemake plan a visit as the user would."""
    text = "".join(f"\n{section}: {{skip: true}}\n" for section in ARCHIVE_ONLY)
    (folder / "archive.yaml").write_text(text)
    command = [sys.executable, "-m", "snakemake", "--snakefile", ROOT / "Snakefile", "--dry-run"]
    return subprocess.run(
        [*command, "--quiet", "rules", "host", "--configfile", "archive.yaml"],
        cwd=folder,
        text=True,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=PLAN_SECONDS,
    )


@contextmanager
def _limited():
    """Raise Hang when the time is over; let no allocation take the machine's memory."""

    def stop(_number, _frame):
        raise Hang

    limits = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, limits[1]))
    former = signal.signal(signal.SIGALRM, stop)
    signal.alarm(SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, former)
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


def _fault(case, folder, expected, is_warned):
    """Fault of the products, or None; after a warning, fluxes may be far off."""
    if case.expect == "error":
        return "a product was made"
    found = read_products(folder)
    if case.kind in READ_AT_START:
        return None
    first = {name: columns for name, columns in expected.items() if "seg001" in name}
    if not _same({name: found.get(name) for name in first}, first):
        return "the first segment differs, although the second was corrupted"
    rows = hdu_of(last_segment(folder), "SCI").shape[0]
    for name, columns in found.items():
        if "seg002" in name and (lengths := {len(column) for column in columns.values()}) != {rows}:
            return f"{name}: {lengths} rows for {rows} integrations"
    # A segment's own file copies its times with all their columns.
    own = "extract1d.fits[INT_TIMES"
    found = {name: columns for name, columns in found.items() if own not in name}
    expected = {name: columns for name, columns in expected.items() if own not in name}
    if case.expect == "same" and not _same(found, expected):
        return "the products differ from undisturbed ones"
    if is_warned:
        return None
    if case.kind not in VALUES and not _same(found, expected):
        return "the products differ from undisturbed ones, and nothing says so"
    return _implausible(found, expected)


def _same(found, expected):
    """Whether tables are equal, NaN included."""
    if found.keys() != expected.keys():
        return False
    return all(
        found[name] is not None
        and found[name].keys() == columns.keys()
        and all(
            np.array_equal(found[name][key], column, equal_nan=column.dtype.kind == "f")
            for key, column in columns.items()
        )
        for name, columns in expected.items()
    )


def _implausible(found, expected):
    """Name a column of fluxes that is far from the undisturbed one, or infinite."""
    for name, columns in found.items():
        for key in set(columns) & {"FLUX", "net_aperture_sum", "NET_APERTURE_SUM"}:
            values = np.asarray(columns[key], float)
            if np.isinf(values).any():
                return f"{name}: {key}: infinite"
            reference = np.nanmedian(np.abs(expected[name][key])) if name in expected else None
            # Zeros come from zeros, of which the product warns.
            good = np.abs(values[np.isfinite(values) & (values != 0)])
            if len(good) and reference and not 1e-3 < np.median(good) / reference < 1e3:
                return f"{name}: {key}: median {np.median(good):.3g}, undisturbed {reference:.3g}"
    return None
