"""What kind of file something is, by its first bytes."""

import gzip
import os
import zlib

__all__ = ["describe_format"]

_FORMATS = {
    b"SIMPLE  =": "a FITS file",
    b"#ASDF ": "an ASDF file",
    b"\x89HDF\r\n": "an HDF5 file",
    b"PK\x03\x04": "a ZIP archive",
    b"%PDF": "a PDF",
}
_GZIP, _LONGEST = b"\x1f\x8b", 16


def describe_format(path):
    """
    Say what kind of file something is.

    Parameters
    ----------
    path : str or Path
        The file.

    Returns
    -------
    text : str
        For example ``a FITS file``; empty for text, unknown formats and what cannot be read.
    """
    # Reading of a pipe would wait.
    if not os.path.isfile(path):
        return ""
    try:
        with open(path, "rb") as file:
            start = file.read(_LONGEST)
        if start.startswith(_GZIP):
            with gzip.open(path) as file:
                inside = _named(file.read(_LONGEST))
            return f"{inside}, compressed" if inside else "a compressed file"
    except (OSError, EOFError, zlib.error):
        return ""
    return _named(start)


def _named(start):
    """Name of a format by the first bytes of a file; empty for others."""
    return next((text for magic, text in _FORMATS.items() if start.startswith(magic)), "")
