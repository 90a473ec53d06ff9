"""Files of named arrays that pass between the jobs of a report."""

import numpy as np

from scripts.lib.files.atomic import whole_file


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
    with whole_file(path) as part, part.open("wb") as file:
        np.savez(file, **arrays)


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
    with whole_file(path) as part:
        part.write_text(text, encoding="utf-8")
