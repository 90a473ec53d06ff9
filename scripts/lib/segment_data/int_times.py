"""Times of the integrations of a segment, from its INT_TIMES table."""

import logging

import numpy as np

from scripts.lib.errors import InputError

log = logging.getLogger(__name__)

# Columns of INT_TIMES by the column of the EXTRACT1D table that they fill.
TIME_COLUMNS = {
    "MJD-BEG": "int_start_MJD_UTC",
    "MJD-AVG": "int_mid_MJD_UTC",
    "MJD-END": "int_end_MJD_UTC",
    "TDB-BEG": "int_start_BJD_TDB",
    "TDB-MID": "int_mid_BJD_TDB",
    "TDB-END": "int_end_BJD_TDB",
}


def read_int_times(member):
    """
    Read the INT_TIMES table of a segment.

    Parameters
    ----------
    member : FitsFile
        The segment.

    Returns
    -------
    table : ndarray or None
        Structured array, or None if the file has none.

    Raises
    ------
    InputError
        If it has rows, but not all the columns, or columns that are not
        numbers.
    """
    if "INT_TIMES" not in member:
        return None
    table = member.read_table("INT_TIMES")
    missing = {"integration_number", *TIME_COLUMNS.values()} - set(table.dtype.names or ())
    if len(table) and missing:
        msg = f"{member.path}[INT_TIMES]: found no {', '.join(sorted(missing))}, expected these columns"
        raise InputError(msg)
    kinds = {"integration_number": "iu"} | dict.fromkeys(TIME_COLUMNS.values(), "f")
    for name, kind in kinds.items():
        if len(table) and (table[name].ndim != 1 or table[name].dtype.kind not in kind):
            expected = "whole numbers" if kind == "iu" else "floating-point numbers"
            msg = f"{member.path}[INT_TIMES]: {name}: found type {table.dtype[name]}, expected {expected}"
            raise InputError(msg)
    return table


def first_row(numbers, n_integrations, first, last):
    """
    Find the row of the first integration of a segment in INT_TIMES.

    Parameters
    ----------
    numbers : ndarray
        Column ``integration_number`` (rows,), ascending; of the segment alone
        or of the whole exposure.
    n_integrations : int
        Number of integrations in the data.
    first, last : int or None
        Numbers of the first and last integration in the data (INTSTART, and
        INTEND or else NINTS); if None, 1 and what follows from the number of
        integrations.

    Returns
    -------
    row : int or None
        Row of the first integration; None if the table does not cover all.
    """
    first = 1 if first is None else first
    last = first + n_integrations - 1 if last is None else last
    if n_integrations > len(numbers) or n_integrations == 0:
        return None
    row = int(first - numbers[0])
    covered = row >= 0 and last <= numbers[-1] and row + n_integrations <= len(numbers)
    return row if covered else None


def integration_times(table, n_integrations, first, last):
    """
    Integration numbers and times of the spectra of a segment.

    Parameters
    ----------
    table : ndarray or None
        Structured array INT_TIMES, or None if the file has none.
    n_integrations, first, last
        As for :func:`first_row`.

    Returns
    -------
    times : dict of str to ndarray
        Columns ``INT_NUM`` and those of ``TIME_COLUMNS``, each
        (integrations,), times in days. Where the table does not cover the
        integrations, a warning, numbers from 1 and NaN for the times.
    """
    row = None
    if table is not None:
        row = first_row(table["integration_number"], n_integrations, first, last)
    if row is None:
        found = "no table" if table is None else f"{len(table)} rows"
        if table is not None and len(table):
            numbers = table["integration_number"]
            found += f" for integrations {numbers[0]} to {numbers[-1]}"
        log.warning(
            "INT_TIMES does not cover the %d integrations from %s to %s: found %s; "
            "the spectra get no times and are numbered from 1",
            n_integrations,
            first,
            last,
            found,
        )
        unknown = {name: np.full(n_integrations, np.nan) for name in TIME_COLUMNS}
        return {"INT_NUM": np.arange(1, n_integrations + 1), **unknown}
    rows = table[row : row + n_integrations]
    times = {name: rows[column] for name, column in TIME_COLUMNS.items()}
    return {"INT_NUM": rows["integration_number"], **times}
