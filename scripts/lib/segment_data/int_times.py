"""Times of a segment's integrations, from its INT_TIMES table."""

import logging

import numpy as np

from scripts.lib.errors import InputError
from scripts.lib.segment_data.integrations import (
    NUMBER,
    TDB,
    UTC,
    first_integration,
    first_row,
    last_integration,
    table_row,
)

__all__ = [
    "TIME_COLUMNS",
    "copy_int_times",
    "integration_times",
    "mid_times",
    "read_int_times",
    "spectrum_times",
]

log = logging.getLogger(__name__)

# Columns of INT_TIMES by the column of the EXTRACT1D table that they fill.
TIME_COLUMNS = dict(
    zip(
        ["MJD-BEG", "MJD-AVG", "MJD-END", "TDB-BEG", "TDB-MID", "TDB-END"],
        (*UTC, *TDB),
        strict=True,
    )
)
# Columns from which photometry takes its times.
_MID_TIMES = (NUMBER, UTC[1], TDB[1])


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
        Structured array, or None if the segment has no such table.

    Raises
    ------
    InputError
        If the table has rows but not all columns, or columns that are not
        numbers.
    """
    if "INT_TIMES" not in member:
        return None
    table = member.read_table("INT_TIMES")
    missing = {NUMBER, *TIME_COLUMNS.values()} - set(table.dtype.names or ())
    if len(table) and missing:
        msg = f"{member.path}[INT_TIMES]: found no {', '.join(sorted(missing))}, expected these columns"
        raise InputError(msg)
    kinds = {NUMBER: "iu"} | dict.fromkeys(TIME_COLUMNS.values(), "f")
    for name, kind in kinds.items():
        if len(table) and (table[name].ndim != 1 or table[name].dtype.kind not in kind):
            expected = "whole numbers" if kind == "iu" else "floating-point numbers"
            msg = f"{member.path}[INT_TIMES]: {name}: found type {table.dtype[name]}, expected {expected}"
            raise InputError(msg)
    return table


def copy_int_times(member, product, names=("INT_TIMES",)):
    """
    Copy a segment's tables of times to a product, byte for byte.

    Parameters
    ----------
    member : FitsFile
        The segment.
    product : ProductWriter
        The open product.
    names : sequence of str, optional
        Extensions to copy; those that are missing are left out.
    """
    for name in names:
        if name in member:
            table = member.hdu(name)
            offset = product.append_hdu(list(table.cards), table.data_bytes)
            product.copy_data(member, table, offset)


def spectrum_times(member):
    """
    Integration numbers and times of a segment's spectra, from the segment's own table.

    Parameters
    ----------
    member : FitsFile
        The segment.

    Returns
    -------
    times : dict of str to ndarray
        As :func:`integration_times` returns them.

    Raises
    ------
    InputError
        As :func:`read_int_times`.
    """
    primary, n_integrations = member.primary, member.shape("SCI")[0]
    first, last = first_integration(primary), last_integration(primary, n_integrations)
    return integration_times(read_int_times(member), n_integrations, first, last)


def integration_times(table, n_integrations, first, last):
    """
    Integration numbers and times of a segment's spectra.

    Parameters
    ----------
    table : ndarray or None
        Structured array INT_TIMES, or None if the segment has no such table.
    n_integrations, first, last : int
        As for :func:`~scripts.lib.segment_data.integrations.first_row`.

    Returns
    -------
    times : dict of str to ndarray
        Columns ``INT_NUM`` and those of ``TIME_COLUMNS``, each
        (integrations,), times in days; NaN where the table has 0. If the table does not cover the
        integrations, numbers from 1, NaN for the times, and a warning is
        logged.
    """
    row = None
    if table is not None:
        row = first_row(table[NUMBER], n_integrations, first, last)
    if row is None:
        found = "no table" if table is None else f"{len(table)} rows"
        if table is not None and len(table):
            numbers = table[NUMBER]
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
    times = {name: _known(rows[column]) for name, column in TIME_COLUMNS.items()}
    return {"INT_NUM": rows[NUMBER], **times}


def mid_times(table, first, n_integrations):
    """
    Mid times of a segment's integrations.

    Parameters
    ----------
    table : ndarray or None
        Structured array INT_TIMES of the segment or of the whole exposure, or
        None if the file has no such table.
    first : int
        Number of the first integration.
    n_integrations : int
        Number of integrations.

    Returns
    -------
    utc, tdb : ndarray of float64, shape (integrations,)
        Middle of each integration as MJD in UTC and, at the barycentre, in
        TDB [d]; NaN where the table has 0, and for integrations without a row, of which a
        warning is logged. Rows are counted from the ``integration_number`` of the first
        one, as in jwst 3.0.0; there a table that does not cover the segment
        is an error.
    """
    times = np.full((2, n_integrations), np.nan)
    covered = np.arange(0)
    kinds = {} if table is None else {name: table.dtype[name].kind for name in table.dtype.names}
    if kinds and len(table) and all(kinds.get(name, "-") in "iuf" for name in _MID_TIMES):
        rows = np.arange(n_integrations) + table_row(first, table[NUMBER])
        covered = np.flatnonzero((rows >= 0) & (rows < len(table)))
        times[:, covered] = [table[name][rows[covered]] for name in _MID_TIMES[1:]]
    if len(covered) < n_integrations:
        log.warning(
            "INT_TIMES: found times of %d integrations, expected %d from number %d on; "
            "the others have no time",
            len(covered),
            n_integrations,
            first,
        )
    times = _known(times)
    return times[0], times[1]


def _known(times):
    """Times with NaN in place of 0, which stands for times that were never computed."""
    return np.where(times == 0, np.nan, times) if (times == 0).any() else times
