"""
Checks of the INT_TIMES table of a segment.

Standard library only: the workflow does them for every segment at each start.
"""

from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from math import isfinite, isinf, isnan, prod
from statistics import median, median_low

from scripts.lib.checks.exposure_times import exposure_findings
from scripts.lib.findings import Finding
from scripts.lib.fits.plain_rows import FLOATS, INTEGERS, number_columns, read_columns
from scripts.lib.instruments.modes import mode_of
from scripts.lib.segment_data.integrations import (
    NUMBER,
    TDB,
    UTC,
    first_integration,
    first_row,
    last_integration,
)

__all__ = ["Times", "int_times_findings", "read_times"]

_ROLLOVER = 32767
# In a day the light's way from the barycentre changes by at most 9 s.
_SAME_OFFSET = 0.001
_GAP = 1.5
# From 1995 to 2132, modified Julian dates.
_AGE = (50_000, 100_000)
_KEPT, _IN_ORDER = "the products have these times", "start, mid, end in order"
_LISTED = 3


@dataclass(frozen=True, slots=True)
class Times:
    """
    Rows of INT_TIMES.

    Attributes
    ----------
    numbers : tuple of int
        Column ``integration_number`` of the whole table.
    columns : dict of str to tuple of float
        Times [d] by column, of the rows of the segment alone if the table
        covers it, else of all rows.
    covered : bool
        Whether the table has a row for each integration of the segment.
    """

    numbers: tuple
    columns: dict
    covered: bool


def read_times(path, hdus):
    """
    Read the times of a segment.

    Parameters
    ----------
    path : str or Path
        The file, to be opened; compressed if its name ends in ``.gz``.
    hdus : list of Hdu
        Its header-data units: SCI is a cube.

    Returns
    -------
    times : Times or None
        None if the file has no table with rows and with all columns.

    Raises
    ------
    InputError
        If the file cannot be read.
    """
    table = _table(hdus)
    if table is None or _table_defect(table):
        return None
    rows = read_columns(path, table, (NUMBER, *UTC, *TDB))
    numbers = rows[NUMBER]
    first, last, count = _segment_range(hdus)
    start = first_row(numbers, count, first, last)
    kept = slice(None) if start is None else slice(start, start + count)
    columns = {name: rows[name][kept] for name in (*UTC, *TDB)}
    return Times(numbers, columns, covered=start is not None)


def _table(hdus):
    """First INT_TIMES extension, or None if there is none or it has no rows."""
    table = next((hdu for hdu in hdus if hdu.name == "INT_TIMES"), None)
    return table if table is not None and table.shape and prod(table.shape) else None


def _segment_range(hdus):
    """Numbers of the first and last integration of a segment, and the number of integrations."""
    primary = hdus[0].header
    first, count = first_integration(primary), _cube_shape(hdus)[0]
    # Photometry uses the rows that exist, even if some integrations have none.
    last = first + count - 1 if _is_image(primary) else last_integration(primary, count)
    return first, last, count


def _cube_shape(hdus):
    """Shape of SCI."""
    return next(hdu.shape for hdu in hdus if hdu.name == "SCI")


def _is_image(primary):
    """Whether photometry is made of the segment."""
    return mode_of(primary.get("EXP_TYPE")).is_imaging


def _table_defect(table):
    """Say why a table with rows cannot be read, as found and expected; None if it can."""
    columns, width = number_columns(table)
    letters = dict.fromkeys((*UTC, *TDB), FLOATS) | {NUMBER: INTEGERS}
    missing = [
        name
        for name in (NUMBER, *UTC, *TDB)
        if name not in columns or columns[name][0] not in letters[name]
    ]
    if missing:
        return f"no {', '.join(missing)}", "these columns, a number in each row"
    if width != table.shape[1]:
        return f"rows of {table.shape[1]} bytes", f"{width}, the length of the columns"
    return None


def int_times_findings(path, hdus, times):
    """
    Find what is wrong or unusual about the times of a segment.

    Parameters
    ----------
    path : str
        The file, for the messages.
    hdus : list of Hdu
        Its header-data units: SCI is a cube.
    times : Times or None
        What :func:`read_times` returns for it.

    Returns
    -------
    findings : list of Finding
        An error if the table cannot be read, else warnings; gaps in time are
        notes. A table with fewer rows than the segment is left to
        :func:`~scripts.lib.checks.headers.header_warnings`.
    """
    table = _table(hdus)
    if times is None:
        return [] if table is None else [_table_finding(path, table, hdus[0].header)]
    first = _segment_range(hdus)[0] if times.covered else times.numbers[0]
    return [
        *_number_findings(path, times, hdus),
        *_value_findings(path, times, first),
        *_order_findings(path, times, first),
        *exposure_findings(path, times, hdus),
        *_offset_findings(path, times, first),
    ]


def _table_finding(path, table, primary):
    """Report why a table cannot be read; photometry can do without columns of it."""
    found, expected = _table_defect(table)
    if found.startswith("no ") and _is_image(primary):
        return Finding(
            "warning",
            path,
            key="INT_TIMES",
            found=found,
            expected=expected,
            effect="the fluxes get no times",
        )
    return Finding("error", path, key="INT_TIMES", found=found, expected=expected)


def _number_findings(path, times, hdus):
    """Find numbers that do not count up, and integrations without a row."""
    first, last, count = _segment_range(hdus)
    key, numbers = f"INT_TIMES/{NUMBER}", times.numbers
    warning = partial(Finding, "warning", path, key=key)
    findings = []
    jumps = [(a, b) for a, b in pairwise(numbers) if b != a + 1]
    if jumps:
        before, after = jumps[0]
        why = "; the counter rolled over" if before == _ROLLOVER and after < before else ""
        effect = "rows are taken by their position in the table"
        if not times.covered:
            effect = "the numbers do not lead to the rows"
        others = f" and {_count_text(jumps[1:], 'more jump')}" if jumps[1:] else ""
        found = f"{after} after {before}{others}{why}"
        findings.append(warning(found=found, expected=f"{before + 1}", effect=effect))
    if not times.covered and len(numbers) >= count:
        found = f"{numbers[0]} to {numbers[-1]}"
        effect = "no integration of this file gets a time, they are numbered from 1"
        if _is_image(hdus[0].header):
            effect = "integrations without a row get no time"
        findings.append(warning(found=found, expected=f"{first} to {last}", effect=effect))
    return findings


def _value_findings(path, times, first):
    """Find times that are NaN, infinite, zero or of another age, and starts and ends far from them."""
    findings = []
    for start, mid, end in (UTC, TDB):
        mids = times.columns[mid]
        kinds = [
            ("NaN", "these integrations have no time", isnan),
            ("infinity", "these integrations have no time", isinf),
            ("0", "these integrations get NaN as time", lambda time: time == 0),
        ]
        # Barycentric times of another age are too far from UTC.
        if mid == UTC[1]:
            kinds.append((None, _KEPT, lambda time: isfinite(time) and time and not _of_age(time)))
        if isfinite(sum(mids)):
            # Neither NaN nor infinity, and of zeros alone nothing else.
            kinds = kinds[2:] if any(mids) else kinds[2:3]
        if not (isfinite(sum(mids)) and all(map(_of_age, (min(mids), max(mids))))):
            for what, effect, is_bad in kinds:
                rows = [k for k, time in enumerate(mids) if is_bad(time)]
                findings += _time_findings(path, mid, times, rows, what, effect, first)
        for name in (start, end):
            rows = _far_rows(times.columns[name], mids)
            findings += _time_findings(path, name, times, rows, None, _KEPT, first)
    return findings


def _of_age(time):
    """Whether a time may be that of an observation."""
    return _AGE[0] <= time <= _AGE[1]


def _far_rows(column, mids):
    """Rows whose start or end is not within a day of a mid time that is known."""
    if isfinite(sum(column) + sum(mids)) and (
        min(mids) - 1 <= min(column) and max(column) <= max(mids) + 1 < min(mids) + 2
    ):
        return []
    return [
        k
        for k, (time, mid) in enumerate(zip(column, mids, strict=True))
        if isfinite(mid) and mid and not abs(time - mid) <= 1
    ]


def _time_findings(path, name, times, rows, what, effect, first):
    """Report some rows of a column; none if there are none."""
    if not rows:
        return []
    column = times.columns[name]
    found = what or f"{column[rows[0]]:.6g}"
    found = f"{found} in {len(rows)} of {len(column)} rows ({_first_numbers(rows, first)})"
    expected = "times" if what else "times [MJD] of the integrations"
    return [_warning(path, name, found, expected, effect)]


def _warning(path, name, found, expected, effect):
    """Warning about a column of INT_TIMES."""
    key = f"INT_TIMES/{name}"
    return Finding("warning", path, key=key, found=found, expected=expected, effect=effect)


def _first_numbers(rows, first):
    """Numbers of the first few integrations among some rows, as text."""
    numbers = ", ".join(str(first + k) for k in rows[:_LISTED])
    return f"{numbers}, ..." if len(rows) > _LISTED else numbers


def _count_text(items, noun):
    """Number of items, with the noun in singular or plural."""
    return f"{len(items)} {noun}{'' if len(items) == 1 else 's'}"


def _order_findings(path, times, first):
    """Find ends before starts, times that do not increase or are outside start and end, and gaps."""
    findings = []
    for start, mid, end in (UTC, TDB):
        starts, mids, ends = (times.columns[name] for name in (start, mid, end))
        early = [k for k, (a, c) in enumerate(zip(starts, ends, strict=True)) if c < a]
        if early:
            found = f"{_count_text(early, 'end')} before the start ({_first_numbers(early, first)})"
            findings.append(_warning(path, end, found, _IN_ORDER, _KEPT))
        if not any(mids):
            continue
        back = [k + 1 for k, (a, b) in enumerate(pairwise(mids)) if b <= a]
        if back:
            found = f"{_count_text(back, 'time')} not after the one before ({_first_numbers(back, first)})"
            effect = "light curves are sorted by time; of equal times the first counts"
            findings.append(_warning(path, mid, found, "ascending times", effect))
        outside = [
            k
            for k, (a, b, c) in enumerate(zip(starts, mids, ends, strict=True))
            if a <= c and (a > b or b > c)
        ]
        if outside:
            found = f"{_count_text(outside, 'mid time')} outside start and end ({_first_numbers(outside, first)})"
            findings.append(_warning(path, mid, found, _IN_ORDER, "the mid times count"))
        if mid == UTC[1] and not back:
            findings += _gap_findings(path, mids, first)
    return findings


def _gap_findings(path, mids, first):
    """Find integrations that are further apart than the others."""
    steps = {k: b - a for k, (a, b) in enumerate(pairwise(mids)) if isfinite(b - a)}
    usual = median(steps.values()) if steps else 0
    gaps = [k for k, step in steps.items() if step > _GAP * usual]
    if not gaps:
        return []
    longest = max(steps.values())
    found = f"{_count_text(gaps, 'gap')} of up to {longest * 1440:.2f} min, after {_first_numbers(gaps, first)}"
    expected = f"one integration each {usual * 1440:.2f} min"
    return [
        Finding(
            "note",
            path,
            key=f"INT_TIMES/{UTC[1]}",
            found=found,
            expected=expected,
            effect="the light curve has gaps",
        )
    ]


def _offset_findings(path, times, first):
    """Find starts, mid times and ends whose barycentric time is not as far from UTC as the others'."""
    offsets = [
        [b - a if a and b and isfinite(a + b) else None for a, b in zip(utc, tdb, strict=True)]
        for utc, tdb in zip(
            *([times.columns[name] for name in scale] for scale in (UTC, TDB)), strict=True
        )
    ]
    known = [offset for column in offsets for offset in column if offset is not None]
    if not known or max(known) - min(known) <= _SAME_OFFSET:
        return []
    usual = [
        median_low(found) if (found := [offset for offset in row if offset is not None]) else None
        for row in zip(*offsets, strict=True)
    ]
    findings = []
    for name, column in zip(TDB, offsets, strict=True):
        rows = [
            k
            for k, (offset, typical) in enumerate(zip(column, usual, strict=True))
            if offset is not None and abs(offset - typical) > _SAME_OFFSET
        ]
        if rows:
            found = (
                f"{column[rows[0]]:.4g} d from UTC in {len(rows)} of {len(column)} rows "
                f"({_first_numbers(rows, first)})"
            )
            expected = f"{usual[rows[0]]:.4g} d, as in other columns"
            findings.append(_warning(path, name, found, expected, _KEPT))
    return findings
