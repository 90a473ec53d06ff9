"""The EXTRACT1D reference file; standard library only, so that it can be checked before any job."""

import json
from contextlib import contextmanager
from math import isfinite

from scripts.lib.errors import InputError
from scripts.lib.files.formats import describe_format
from scripts.lib.files.limited import read_limited
from scripts.lib.instruments.modes import mode_of

__all__ = [
    "ApertureError",
    "background_fit",
    "check_entry",
    "find_entries",
    "name_file_in_errors",
    "number",
    "polynomials",
    "read_reference",
    "select_entry",
    "slit_name",
    "subtracts_background",
]

_ANY = "ANY"
_NUMBERS = ("xstart", "xstop", "ystart", "ystop", "extract_width", "smoothing_length")
_FITS = ("poly", "median")
# Files of CRDS have a few kilobytes.
_MOST_BYTES = 1 << 22
# Larger numbers of pixels have no meaning, and would need too much memory and time.
_LARGEST, _LONGEST_BOXCAR, _HIGHEST_ORDER = 1e6, 1e4, 100


class ApertureError(InputError):
    """An aperture is wrong; the message does not name the file, see :func:`name_file_in_errors`."""


@contextmanager
def name_file_in_errors(path):
    """
    Put the name of the file before messages about its apertures.

    Parameters
    ----------
    path : str, Path or None
        The reference file; None for apertures that are not from a file.

    Raises
    ------
    InputError
        In place of an :class:`ApertureError`.
    """
    try:
        yield
    except ApertureError as error:
        msg = f"{path or 'EXTRACT1D reference'}: {error}"
        raise InputError(msg) from error


def read_reference(path):
    """
    Read an EXTRACT1D reference file.

    Parameters
    ----------
    path : str or Path
        JSON file.

    Returns
    -------
    entries : list of dict
        Its ``apertures``.

    Raises
    ------
    InputError
        If the file is not JSON or has no list ``apertures``.
    """
    try:
        reference = json.loads(read_limited(path, _MOST_BYTES).decode("utf-8"))
    except OSError as error:
        msg = f"{path}: cannot be read: {error.strerror}"
        raise InputError(msg) from error
    except (ValueError, RecursionError) as error:
        what = describe_format(path)
        msg = f"{path}: not a JSON file{f' but {what}' if what else f': {error}'}"
        raise InputError(msg) from error
    entries = reference.get("apertures") if isinstance(reference, dict) else None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        msg = f"{path}: not an EXTRACT1D reference: no list of objects under the key 'apertures'"
        raise InputError(msg)
    return entries


def slit_name(exp_type, header):
    """
    Name of a segment's apertures in the reference.

    Parameters
    ----------
    exp_type : str
        ``EXP_TYPE``.
    header : dict
        Keywords of SCI.

    Returns
    -------
    name : str or None
        Name of the slit, or the exposure type of slitless data.
    """
    return header.get("SLTNAME") if mode_of(exp_type).is_named_by_slit else exp_type


def find_entries(entries, name):
    """
    Find the apertures of a slit, of all spectral orders, in an EXTRACT1D reference.

    Parameters
    ----------
    entries : list of dict
        All apertures.
    name : str or None
        From :func:`slit_name`.

    Returns
    -------
    found : list of dict
        One or more, in file order.

    Raises
    ------
    ApertureError
        If no aperture has this name.
    """
    found = []
    for entry in entries:
        identifier = entry.get("id", "dummy")
        if identifier == "dummy" or (identifier not in (name, _ANY) and name != _ANY):
            continue
        if entry.get("region_type", "target") == "target":
            found.append(entry)
    if not found:
        known = ", ".join(str(entry.get("id")) for entry in entries) or "none"
        msg = f"id of apertures: found {known}, expected {name!r} or {_ANY!r}"
        raise ApertureError(msg)
    return found


def select_entry(entries, name, order):
    """
    Find the aperture of a slit and spectral order in an EXTRACT1D reference.

    Parameters
    ----------
    entries : list of dict
        Apertures in file order; the first that fits is taken.
    name : str or None
        From :func:`slit_name`.
    order : int
        Spectral order.

    Returns
    -------
    entry : dict or None
        The aperture; None if the name is known but not in this order.

    Raises
    ------
    ApertureError
        If no aperture has this name.
    """
    fitting = (
        entry
        for entry in find_entries(entries, name)
        if entry.get("spectral_order", order) in (order, _ANY)
    )
    return next(fitting, None)


def check_entry(entry, options):
    """
    Check that the values of an aperture can be used.

    Parameters
    ----------
    entry : dict
        The aperture.
    options : dict
        Options of the step extract_1d.

    Raises
    ------
    ApertureError
        If a value is of the wrong type or not one of those allowed.
    """
    for key in _NUMBERS:
        number(entry, key, None)
    polynomials(entry, "src_coeff")
    if subtracts_background(polynomials(entry, "bkg_coeff"), options):
        background_fit(entry, options)


def number(entry, key, default):
    """
    Look up a number of an aperture.

    Parameters
    ----------
    entry : dict
        The aperture.
    key : str
        Its key.
    default : float or None
        Value for a missing key or null.

    Returns
    -------
    value : float or None
        The number, or the default.

    Raises
    ------
    ApertureError
        If the value is not a number, or is too large, or is a width of 0 or less.
    """
    value = entry.get(key)
    if value is None:
        return default
    if type(value) not in (int, float):
        raise _value_error(entry, key, value, "a number")
    largest = _LONGEST_BOXCAR if key == "smoothing_length" else _LARGEST
    if not abs(value) <= largest:
        raise _value_error(entry, key, value, f"a number from -{largest:g} to {largest:g}")
    if key == "extract_width" and value <= 0:
        raise _value_error(entry, key, value, "a number above 0")
    return value


def polynomials(entry, key):
    """
    Look up the polynomials of an aperture's limits.

    Parameters
    ----------
    entry : dict
        The aperture.
    key : str
        ``src_coeff`` or ``bkg_coeff``.

    Returns
    -------
    polynomials : tuple of tuple of float, or None
        Coefficients, constant term first, of lower and upper limits in turn;
        None if the aperture has none.

    Raises
    ------
    ApertureError
        If the value is not such a list.
    """
    lists = entry.get(key)
    if lists is None:
        return None
    try:
        found = tuple(tuple(float(value) for value in values) for values in lists)
    except (TypeError, ValueError, OverflowError):
        found = ()
    is_finite = all(values and all(map(isfinite, values)) for values in found)
    if not found or len(found) % 2 or not is_finite:
        raise _value_error(
            entry, key, lists, "lists of coefficients, of lower and upper limits in turn"
        )
    return found


def subtracts_background(background, options):
    """Return whether a background is subtracted: if it has regions, unless the user forbids it."""
    return background is not None and options.get("subtract_background") is not False


def background_fit(entry, options):
    """
    Find the kind and order of the fit of the background.

    Parameters
    ----------
    entry : dict
        The aperture.
    options : dict
        Options of the step extract_1d; ``bkg_fit`` and ``bkg_order`` win over
        those of the aperture. A ``mean`` is the polynomial of order 0.

    Returns
    -------
    fit : str
        ``poly`` or ``median``.
    order : int
        Order of the polynomial.

    Raises
    ------
    ApertureError
        If the aperture has an unknown kind, or an order out of range.
    """
    fit, order = options.get("bkg_fit"), options.get("bkg_order")
    if fit == "mean":
        return "poly", 0
    if fit is None:
        fit = "poly" if entry.get("bkg_fit") is None else entry["bkg_fit"]
    if order is None:
        order = number(entry, "bkg_order", 0)
    if fit not in _FITS:
        raise _value_error(entry, "bkg_fit", fit, " or ".join(map(repr, _FITS)))
    if order not in range(_HIGHEST_ORDER + 1):
        expected = f"a whole number from 0 to {_HIGHEST_ORDER}"
        raise _value_error(entry, "bkg_order", order, expected)
    return fit, int(order)


def _value_error(entry, key, found, expected):
    """Make an error about a value of an aperture."""
    msg = f"{key} of aperture {entry.get('id')!r}: found {found!r}, expected {expected}"
    return ApertureError(msg)
