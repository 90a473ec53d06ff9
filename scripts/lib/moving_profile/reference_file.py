"""References as one file of arrays, with the same bytes for the same references."""

from dataclasses import fields, is_dataclass
from types import UnionType
from typing import get_args
from zipfile import BadZipFile

import numpy as np

from scripts.lib.errors import InputError
from scripts.lib.files.atomic import write_arrays
from scripts.lib.moving_profile.references import ImageReference, SpectralReference

__all__ = ["load_references", "save_references"]

_NAMES, _KIND = "names", "kind"
_CLASSES = {kind.__name__: kind for kind in (SpectralReference, ImageReference)}


def save_references(path, references):
    """
    Write the references of a visit.

    Parameters
    ----------
    path : str or Path
        The file, in numpy's format ``npz``; it appears when it is complete.
    references : dict of str to (SpectralReference or ImageReference)
        Reference of each spectral order, or of the only one.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    arrays = {_NAMES: np.array(list(references), dtype="U32")}
    for name, reference in references.items():
        arrays[f"{name}/{_KIND}"] = np.array(type(reference).__name__)
        arrays |= _flatten(reference, f"{name}/")
    write_arrays(path, arrays)


def load_references(path):
    """
    Read the references of a visit.

    Parameters
    ----------
    path : str or Path
        File of `save_references`.

    Returns
    -------
    references : dict of str to (SpectralReference or ImageReference)
        Equal to those that were written, bit by bit.

    Raises
    ------
    InputError
        If it is no such file.
    """
    try:
        with open(path, "rb") as opened, np.load(opened, allow_pickle=False) as file:
            arrays = dict(file)
        return {name: _load(arrays, f"{name}/") for name in arrays[_NAMES].tolist()}
    except (KeyError, TypeError, ValueError, EOFError, OSError, BadZipFile) as error:
        msg = f"{path}: found no reference of a visit, expected one: remove it to have it made"
        raise InputError(msg) from error


def _load(arrays, prefix):
    """Reference from the arrays whose names start with a prefix."""
    inner = {
        name.removeprefix(prefix): array
        for name, array in arrays.items()
        if name.startswith(prefix)
    }
    return _build(_CLASSES[str(inner.pop(_KIND))], inner)


def _flatten(value, prefix):
    """Arrays of a dataclass and those in it, by dotted names; what is None has none."""
    arrays = {}
    for field in fields(value):
        name, part = prefix + field.name, getattr(value, field.name)
        if is_dataclass(part):
            arrays |= _flatten(part, f"{name}.")
        elif isinstance(part, dict):
            arrays |= {f"{name}.{key}": array for key, array in part.items()}
        elif part is not None:
            arrays[name] = np.asarray(part)
    return arrays


def _build(kind, arrays):
    """Dataclass from arrays by dotted names."""
    return kind(**{field.name: _part(field, arrays) for field in fields(kind)})


def _part(field, arrays):
    """Value of a field."""
    inner = {
        name.removeprefix(f"{field.name}."): array
        for name, array in arrays.items()
        if name.startswith(f"{field.name}.")
    }
    if isinstance(field.type, UnionType) and field.name not in arrays:
        return _build(get_args(field.type)[0], inner) if inner else None
    if is_dataclass(field.type):
        return _build(field.type, inner)
    if field.type is dict:
        return inner
    array = arrays[field.name]
    return array if field.type in (np.ndarray, np.ndarray | None) else _scalar(field.type, array)


def _scalar(kind, array):
    """Python value of an array of one or, of a tuple, more values."""
    return tuple(array.tolist()) if kind is tuple else kind(array.item())
