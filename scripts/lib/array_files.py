"""Files of named arrays that pass between the jobs of a report."""

import os

import numpy as np


def write_arrays(path, arrays):
    """
    Write named arrays, whole or not at all.

    Parameters
    ----------
    path : Path
        File of numpy's format ``.npz``.
    arrays : dict of str to ndarray
        The arrays; no object arrays.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    try:
        with part.open("wb") as file:
            np.savez(file, **arrays)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def read_arrays(path):
    """
    Read all arrays of a file.

    Parameters
    ----------
    path : str or Path
        File that :func:`write_arrays` wrote.

    Returns
    -------
    arrays : dict of str to ndarray
        The arrays.
    """
    with np.load(path, allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


def write_text(path, text):
    """
    Write a text file, whole or not at all.

    Parameters
    ----------
    path : Path
        The file.
    text : str
        Its content.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
