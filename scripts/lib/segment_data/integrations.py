"""
Numbers of a segment's integrations in its exposure, and their rows in INT_TIMES.

Standard library only: the workflow checks every segment at each start.
"""

__all__ = [
    "EXPOSURE",
    "NUMBER",
    "TDB",
    "UTC",
    "exposure_key",
    "first_integration",
    "first_row",
    "last_integration",
    "segment_number",
    "table_row",
]

NUMBER = "integration_number"
UTC = ("int_start_MJD_UTC", "int_mid_MJD_UTC", "int_end_MJD_UTC")
TDB = ("int_start_BJD_TDB", "int_mid_BJD_TDB", "int_end_BJD_TDB")

# Keywords that identify an exposure in the archive; numbers of integrations are unique in it only.
EXPOSURE = ("PROGRAM", "OBSERVTN", "VISIT", "VISITGRP", "SEQ_ID", "ACT_ID", "EXPOSURE")


def exposure_key(primary):
    """
    Identify the exposure of a segment.

    Parameters
    ----------
    primary : dict
        Keywords of the segment's primary header.

    Returns
    -------
    key : tuple or None
        Values of ``EXPOSURE``; None if any is missing.
    """
    values = tuple(primary.get(keyword) for keyword in EXPOSURE)
    return None if None in values else values


def first_integration(primary):
    """
    Number of the first integration of a segment.

    Parameters
    ----------
    primary : dict
        Keywords of the segment's primary header.

    Returns
    -------
    first : int
        INTSTART, or 1 if it is missing.
    """
    first = primary.get("INTSTART")
    return 1 if first is None else first


def last_integration(primary, n_integrations):
    """
    Number of the last integration of a segment, as the extraction of spectra uses it.

    Parameters
    ----------
    primary : dict
        Keywords of the segment's primary header.
    n_integrations : int
        Number of integrations in the data.

    Returns
    -------
    last : int
        INTEND, else NINTS, else the number that follows from the first.
    """
    following = first_integration(primary) + n_integrations - 1
    known = (primary.get(keyword) for keyword in ("INTEND", "NINTS"))
    return next((last for last in known if last is not None), following)


def segment_number(primary):
    """
    Number of a segment in its exposure.

    Parameters
    ----------
    primary : dict
        Keywords of the segment's primary header.

    Returns
    -------
    number : int
        EXSEGNUM, or 1 if it is missing.
    """
    number = primary.get("EXSEGNUM")
    return 1 if number is None else number


def table_row(first, numbers):
    """
    Row of an integration in INT_TIMES.

    Parameters
    ----------
    first : int
        Number of the integration.
    numbers : sequence of int
        Column ``integration_number``, one row or more, ascending; of the
        segment alone or of the whole exposure.

    Returns
    -------
    row : int
        Row, counted only from the first number, as in jwst 3.0.0; it may be
        outside the table.
    """
    return int(first) - int(numbers[0])


def first_row(numbers, n_integrations, first, last):
    """
    Find the row of the first integration of a segment in INT_TIMES.

    Parameters
    ----------
    numbers : sequence of int
        As for :func:`table_row`, or empty.
    n_integrations : int
        Number of integrations in the data.
    first, last : int
        Numbers of the first and last integration in the data.

    Returns
    -------
    row : int or None
        Row of the first integration; None if the table does not cover all integrations.
    """
    if n_integrations > len(numbers) or n_integrations == 0:
        return None
    row = table_row(first, numbers)
    covered = row >= 0 and last <= numbers[-1] and row + n_integrations <= len(numbers)
    return row if covered else None
