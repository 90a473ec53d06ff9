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


def mid_times(table, first, n_integrations):
    """
    Mid times of the integrations of a segment.

    Parameters
    ----------
    table : ndarray or None
        Structured array INT_TIMES of the segment or of the whole exposure, or
        None if there is none.
    first : int or None
        Number of the first integration (INTSTART); None counts as 1.
    n_integrations : int
        Number of integrations.

    Returns
    -------
    utc, tdb : ndarray of float64, shape (integrations,)
        Middle of each integration as MJD in UTC and, at the barycentre, in
        TDB [d]; NaN, with a warning, where the table has none. Rows are
        counted from the ``integration_number`` of the first one, as in jwst
        3.0.0, where a table that does not cover the segment is an error.
    """
    times = np.full((2, n_integrations), np.nan)
    first = 1 if first is None else first
    covered = np.arange(0)
    kinds = {} if table is None else {name: table.dtype[name].kind for name in table.dtype.names}
    if kinds and len(table) and all(kinds.get(name, "-") in "iuf" for name in _TIMES):
        rows = np.arange(n_integrations) + first - int(table["integration_number"][0])
        covered = np.flatnonzero((rows >= 0) & (rows < len(table)))
        times[:, covered] = [table[name][rows[covered]] for name in _TIMES[1:]]
    if len(covered) < n_integrations:
        log.warning(
            "INT_TIMES: found times of %d integrations, expected %d from number %d on; "
            "the others have no time",
            len(covered),
            n_integrations,
            first,
        )
    return times[0], times[1]


_TIMES = ("integration_number", "int_mid_MJD_UTC", "int_mid_BJD_TDB")
