"""Wavelength ranges over which light curves are summed."""

from scripts.lib.errors import InputError
from scripts.lib.files.asdf_values import plain_entries
from scripts.lib.files.limited import read_limited

__all__ = ["read_ranges", "wavelength_range"]

# Files of CRDS have a few kilobytes.
_MOST_BYTES = 1 << 24
_WIDEST = (-1.0, 1.0e10)


def wavelength_range(order, filter_name, reference, min_wavelength=None, max_wavelength=None):
    """
    Wavelength range of one spectral order.

    Parameters
    ----------
    order : int
        Spectral order.
    filter_name : str
        Filter.
    reference : list of (order, filter, min, max) or None
        Rows of the wavelengthrange reference file.
    min_wavelength, max_wavelength : float, optional
        User's limits [um]; they win over the reference.

    Returns
    -------
    limits : tuple of float
        Lower and upper limit [um]. Each order has its own. (jwst 3.0.0 keeps
        the range of the first order for all.)

    Raises
    ------
    InputError
        If the reference does not have exactly one row for the order and filter.
    """
    lower, upper = _WIDEST
    if reference is not None:
        rows = [row for row in reference if row[0] == order and row[1] == filter_name]
        if len(rows) != 1:
            msg = f"wavelengthrange: {len(rows)} rows for order {order} and filter {filter_name}; expected one"
            raise InputError(msg)
        lower, upper = rows[0][2:]
    return (
        lower if min_wavelength is None else min_wavelength,
        upper if max_wavelength is None else max_wavelength,
    )


def read_ranges(path):
    """
    Read a wavelengthrange reference file.

    Parameters
    ----------
    path : str or Path
        ASDF file; its ranges are plain lists in the tree.

    Returns
    -------
    rows : list of tuple
        Order, filter, shortest and longest wavelength [um].

    Raises
    ------
    InputError
        If the file is not such a reference.
    """
    try:
        rows = plain_entries(read_limited(path, _MOST_BYTES), ("wavelengthrange",)).get(
            "wavelengthrange"
        )
        if not isinstance(rows, list) or not rows:
            msg = "no such entry, or an empty one"
            raise ValueError(msg)
        return [(order, name, float(low), float(high)) for order, name, low, high in rows]
    except (OSError, ValueError, TypeError) as error:
        reason = (str(error).splitlines() or [""])[0]
        msg = (
            f"{path}: not a wavelengthrange reference: found no list wavelengthrange of order, filter, "
            f"shortest and longest wavelength ({reason}), expected one"
        )
        raise InputError(msg) from error
