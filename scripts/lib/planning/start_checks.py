"""What a run needs besides its input: folders to write to, clocks that agree, whole products."""

import os
import tempfile
import time
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

from scripts.lib.findings import Finding
from scripts.lib.fits.cards import BLOCK_LENGTH
from scripts.lib.planning.output_folder import existing_folder, refusal

__all__ = ["clock_findings", "cut_products", "input_files", "missing_packages", "refusals"]

# Snakemake starts no job and ends none in less time than this [s].
_SOON = 2.0
_MINUTE, _HOUR = 60, 3600
_FOLDERS = ("", "segments")
# Packages of the setting, or of one of its values, that asks for files of other tools.
_PACKAGES = (("export", None, "h5netcdf"), ("summary_formats", "parquet", "pyarrow"))
_WORK_FOLDERS = (".", ".snakemake", "logs", "benchmarks")
_TEMPORARY = ("TMPDIR", "TEMP", "TMP")


def refusals(output_dir=None):
    """
    Check by writing that the folders of a run accept files.

    Parameters
    ----------
    output_dir : str, optional
        Folder of the products, left out if not given.

    Returns
    -------
    problems : list of Finding
        An error for each folder that refused: the working folder and those of Snakemake and the
        logs in it, the folder of the products and that of the segments, and the one for temporary files.
    """
    folders = [Path(name) for name in _WORK_FOLDERS]
    if output_dir is not None:
        folders += [Path(output_dir, name) for name in _FOLDERS]
    # The scheduler writes there before any job, to wherever the environment says.
    given = [os.environ[name] for name in _TEMPORARY if os.environ.get(name)]
    folders += [Path(name) for name in given if os.path.isdir(name)]
    found = {existing_folder(folder): None for folder in folders}
    found |= {folder: refusal(folder) for folder in found}
    return [problem for problem in found.values() if problem is not None]


def missing_packages(config):
    """
    Say which packages that files for other tools need are not installed.

    Parameters
    ----------
    config : dict
        The configuration.

    Returns
    -------
    messages : list of str
        One line for each; empty if all files that are asked for can be written.
    """
    needed = {
        (setting, package)
        for setting, value, package in _PACKAGES
        if (value in config[setting] if value else config[setting])
    }
    return [
        f"config/{setting}: found no package {package}, expected one: pip install {package}"
        for setting, package in sorted(needed)
        if find_spec(package) is None
    ]


def input_files(products, config):
    """
    List the files that a run reads.

    Parameters
    ----------
    products : list of Product
        The products.
    config : dict
        The configuration.

    Returns
    -------
    paths : list of str
        Segments, associations and the references that the configuration names.
    """
    segments = [segment.path for product in products for segment in product.segments]
    associations = [product.asn_path for product in products if not product.is_group]
    given = []
    for value in (*config["references"].values(), *config["pars"].values()):
        given += value.values() if isinstance(value, dict) else [value]
    return list(dict.fromkeys([*segments, *associations, *filter(None, given)]))


def clock_findings(paths, folder):
    """
    Find input that is newer than anything that could be written now.

    Snakemake takes a product that is older than its input for outdated, and deletes it.

    Parameters
    ----------
    paths : iterable of str
        Input files.
    folder : str or Path
        Folder of the products, whose file system gives its files their times.

    Returns
    -------
    errors : list of Finding
        One for each file that was changed in the future.
    """
    now = _time_of_new_file(folder)
    errors = []
    for path in paths:
        with suppress(OSError):
            ahead = max(os.stat(path).st_mtime, os.lstat(path).st_mtime) - now
            if ahead > _SOON:
                found = f"that it was changed {_duration(ahead)} from now"
                cure = "one in the past: correct the clocks, or `touch` the file"
                effect = "its products would be older than it and be deleted"
                errors.append(
                    Finding("error", path, key="time", found=found, expected=cure, effect=effect)
                )
    return errors


def _time_of_new_file(folder):
    """Time that a file written now gets [s]; on a file system elsewhere by another clock."""
    with (
        suppress(OSError),
        tempfile.NamedTemporaryFile(
            dir=existing_folder(folder), prefix=".clock-", buffering=0
        ) as probe,
    ):
        probe.write(b"\0")
        return os.fstat(probe.fileno()).st_mtime
    return time.time()


def _duration(seconds):
    """Text of a duration."""
    if seconds < _MINUTE:
        return f"{seconds:.0f} s"
    return f"{seconds / _MINUTE:.0f} min" if seconds < 2 * _HOUR else f"{seconds / _HOUR:.0f} h"


def cut_products(folder, names):
    """
    Find products of earlier runs that have lost their end.

    Snakemake looks at the times of files alone, and would go on with them.

    Parameters
    ----------
    folder : str or Path
        Folder of the products.
    names : iterable of str
        File names of products.

    Returns
    -------
    errors : list of Finding
        One for each product that is empty, or whose length no whole FITS file has, or that does not
        end with a line.
    """
    errors = []
    for name in names:
        path = Path(folder, name)
        with suppress(OSError):
            size = os.stat(path).st_size
            if name.endswith(".fits"):
                found = f"{size} bytes" if size % BLOCK_LENGTH or not size else None
                expected = f"whole blocks of {BLOCK_LENGTH} bytes"
            elif name.endswith((".ecsv", ".json", ".html")):
                found = None if _ends_with_line(path) else f"{size} bytes without a last line end"
                expected = "a whole file"
            else:
                continue
            if found:
                effect = "it was cut after the run that made it; remove it, then run again"
                errors.append(
                    Finding(
                        "error",
                        str(path),
                        key="file",
                        found=found,
                        expected=expected,
                        effect=effect,
                    )
                )
    return errors


def _ends_with_line(path):
    """Whether the last byte of a file is a line end."""
    with open(path, "rb", buffering=0) as file:
        if not file.seek(0, os.SEEK_END):
            return False
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"
