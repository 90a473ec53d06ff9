"""Judge the products of a corrupted visit by those of the undisturbed one."""

import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from astropy.io import fits
from astropy.table import Table

from scripts.lib.fits.headers import read_hdus
from tests.robustness.files import hdu_of, last_segment

# Corruptions of files that the workflow reads before it starts a job, besides the segments.
READ_AT_START = (
    *("association", "EXTRACT1D", "APCORR", "GAIN", "configuration"),
    *("any association", "any configuration", "any reference", "APCORR values", "GAIN values"),
)
# Corruptions of values that nothing but another measurement could tell from the true ones.
VALUES = (
    *("NaN", "bits, ASDF", "bits, data", "byte order", "planes", "world coordinates"),
    *("APCORR values", "GAIN values", "any pixels", "any coordinates", "any reference"),
    *("any configuration", "APCORR", "GAIN", "EXTRACT1D"),
)
_FLUXES = {"FLUX", "net_aperture_sum", "NET_APERTURE_SUM"}
_OF_INTEGRATIONS = ("EXTRACT1D", "PHOTOMETRY")
# Ends of the names of products that few of the visits get.
_OURS = ("_lc", "_spectra", "_speclc", "_model", "_depths")
_SHOWN = 50


@dataclass(frozen=True)
class Products:
    """
    What the steps made of a visit.

    Attributes
    ----------
    tables : dict of str to dict of str to ndarray
        Columns of each table, by file name, name and version of the table.
    warnings : frozenset of str
        Warnings about the input that the start found.
    recorded : str
        Texts in which the products record warnings, without blanks.
    first_segment : int
        Checksum of the file of the first segment.
    """

    tables: dict
    warnings: frozenset
    recorded: str
    first_segment: int


def read_products(folder, warnings=()):
    """
    Read all numbers of the products in a folder.

    Parameters
    ----------
    folder : Path
        Folder of a visit.
    warnings : iterable of str
        Warnings that the start found.

    Returns
    -------
    products : Products
        The products.
    """
    tables, recorded = {}, []
    for path in sorted((folder / "results").glob("**/*")):
        if not path.is_file() or path.stem.endswith(_OURS):
            continue
        if path.suffix == ".ecsv":
            table = Table.read(path, format="ascii.ecsv")
            tables[path.name] = {name: np.asarray(table[name]) for name in table.colnames}
            recorded += table.meta.get("input_warnings", [])
        if path.suffix == ".fits" and "crfints" not in path.name:
            with fits.open(path) as hdus:
                recorded += map(str, hdus[0].header.get("HISTORY", []))
                for hdu in hdus:
                    if hdu.name == "STEPS":
                        recorded += map(str, hdu.header.get("HISTORY", []))
                    if isinstance(hdu, fits.BinTableHDU) and hdu.name not in ("ASDF", "HDRTAB"):
                        tables[f"{path.name}[{hdu.name}, {hdu.ver}]"] = {
                            name: np.array(hdu.data[name]) for name in hdu.columns.names
                        }
    text = "".join("".join(recorded).split())
    first = min(filter(Path.is_file, folder.glob("*_calints.fits")), default=None)
    checksum = zlib.crc32(first.read_bytes()) if first else 0
    return Products(tables, frozenset(warnings), text, checksum)


def fault(case, folder, found, expected, of_all):
    """
    Find what is wrong with the products of a corrupted visit.

    Parameters
    ----------
    case : Case
        The corruption.
    folder : Path
        The visit.
    found, expected : Products
        Its products, and those of the undisturbed visit.
    of_all : bool
        Whether the products of all segments together were made.

    Returns
    -------
    text : str or None
        None if the products are those of the undisturbed visit, or say what differs, or if the
        damage is in values that only another measurement could tell from the true ones.
    """
    if case.expect == "error":
        return "a product was made"
    new = found.warnings - expected.warnings
    if of_all and (silent := [text for text in new if not _is_recorded(text, found.recorded)]):
        return f"no product records: {silent[0]}"
    made, usual = _by_kind(found.tables), _by_kind(expected.tables)
    tables = usual if of_all else {name: usual[name] for name in usual if "seg002" in name}
    if case.kind not in READ_AT_START and (text := _odd_segments(folder, found, expected)):
        return text
    # A segment's own file copies its times with all their columns.
    own = "EXTRACT1D.FITS[INT_TIMES"
    tables, others = (
        {name: columns for name, columns in part.items() if own not in name.upper()}
        for part in (tables, made)
    )
    others = {name: columns for name, columns in others.items() if of_all or "seg002" in name}
    difference = _difference(others, tables)
    if case.expect == "same" and difference:
        return f"{difference} differs from the undisturbed one"
    if new or found.recorded.count("inputwarning:") > expected.recorded.count("inputwarning:"):
        return None
    if case.kind not in VALUES and difference:
        return f"{difference} differs from the undisturbed one, and nothing says so"
    return _implausible(others, tables)


def _by_kind(tables):
    """Tables without the part of their name that the association gives: its id, or all of a product's."""
    kinds = {}
    for name, columns in tables.items():
        file, bracket, table = name.partition("[")
        parts = file.split("_")
        kept = [*parts[:-2], parts[-1]] if "seg00" in file else parts[-1:]
        kinds["_".join(kept) + bracket + table] = columns
    return kinds


def _is_recorded(warning, recorded):
    """Whether a text of products contains the start of a warning."""
    start = "".join(warning.split())[:_SHOWN]
    return start in recorded or "".join(c if " " <= c <= "~" else "?" for c in start) in recorded


def _odd_segments(folder, found, expected):
    """Fault of the first segment, if its file is as it was, or of the number of rows of the second."""
    first = {name: columns for name, columns in expected.tables.items() if "seg001" in name}
    is_same = found.first_segment == expected.first_segment
    if is_same and (other := _difference({name: found.tables.get(name) for name in first}, first)):
        return f"{other} differs, although another segment was corrupted"
    segment = last_segment(folder)
    stem, rows = segment.name.removesuffix("_calints.fits"), hdu_of(segment, "SCI").shape[0]
    # A copy of the times has as many rows as the table of the segment, and is not made without it.
    times = [hdu.shape[0] for hdu in read_hdus(segment) if hdu.name == "INT_TIMES" and hdu.shape]
    numbers = dict.fromkeys(_OF_INTEGRATIONS, rows) | {"INT_TIMES": times[0] if times else None}
    for name, columns in found.tables.items():
        lengths = {len(column) for column in columns.values()}
        kind = name.partition("[")[2].partition(",")[0]
        if name.startswith(stem) and kind in numbers and lengths != {numbers[kind]}:
            return f"{name}: {lengths} rows, expected {numbers[kind]}"
    return None


def _difference(found, expected):
    """Name the first table or column that differs, NaN being equal to NaN; None if all are equal."""
    for name in (*expected, *found):
        columns, others = expected.get(name), found.get(name)
        if columns is None or others is None or columns.keys() != others.keys():
            return name
        for key, column in columns.items():
            if not np.array_equal(others[key], column, equal_nan=column.dtype.kind == "f"):
                return f"{name}: {key}"
    return None


def _implausible(found, expected):
    """Name a column of fluxes that is far from the undisturbed one, or infinite."""
    for name, columns in found.items():
        for key in set(columns) & _FLUXES:
            values = np.asarray(columns[key], float)
            if np.isinf(values).any():
                return f"{name}: {key}: infinite"
            reference = np.nanmedian(np.abs(expected[name][key])) if name in expected else None
            # Zeros come from zeros, of which the product warns.
            good = np.abs(values[np.isfinite(values) & (values != 0)])
            if len(good) and reference and not 1e-3 < np.median(good) / reference < 1e3:
                return f"{name}: {key}: median {np.median(good):.3g}, undisturbed {reference:.3g}"
    return None
