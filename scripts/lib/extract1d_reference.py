"""The EXTRACT1D reference file; standard library only, so that it can be checked before any job."""

import json
from pathlib import Path

from scripts.lib.errors import InputError

_ANY = "ANY"


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
        reference = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        msg = f"{path}: cannot be read: {error.strerror}"
        raise InputError(msg) from error
    except (ValueError, RecursionError) as error:
        msg = f"{path}: not a JSON file: {error}"
        raise InputError(msg) from error
    entries = reference.get("apertures") if isinstance(reference, dict) else None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        msg = f"{path}: not an EXTRACT1D reference: no list of objects under the key 'apertures'"
        raise InputError(msg)
    return entries


def slit_name(exp_type, header):
    """
    Name by which the reference knows the apertures of a segment.

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
    return header.get("SLTNAME") if exp_type == "NRS_BRIGHTOBJ" else exp_type


def select_entry(entries, name, order):
    """
    Find the aperture of a slit and spectral order in an EXTRACT1D reference.

    Parameters
    ----------
    entries : list of dict
        Apertures in file order; the first that fits is taken.
    name : str or None
        As :func:`slit_name` tells it.
    order : int
        Spectral order.

    Returns
    -------
    entry : dict or None
        The aperture; None if the name is known but not in this order.

    Raises
    ------
    InputError
        If no aperture is of this name.
    """
    known = False
    for entry in entries:
        identifier = entry.get("id", "dummy")
        if identifier == "dummy" or (identifier not in (name, _ANY) and name != _ANY):
            continue
        if entry.get("region_type", "target") != "target":
            continue
        known = True
        if entry.get("spectral_order", order) in (order, _ANY):
            return entry
    if known:
        return None
    found = ", ".join(str(entry.get("id")) for entry in entries) or "none"
    msg = f"EXTRACT1D reference: no aperture of id {name!r} (or {_ANY!r}); ids found: {found}"
    raise InputError(msg)
