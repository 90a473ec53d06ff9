"""Unpack compressed segments and check the unpacked files."""

import gzip
import os
import zlib

from scripts.lib.checks.headers import header_errors, header_warnings
from scripts.lib.checks.segments import check_segment
from scripts.lib.errors import InputError
from scripts.lib.files.atomic import open_part
from scripts.lib.findings import Finding, stop_at_errors
from scripts.lib.fits.headers import read_hdus

__all__ = ["check_headers", "check_unpacked", "unpack"]

_PIECE_LENGTH = 1 << 20


def unpack(source, target):
    """
    Decompress a file piece by piece.

    Parameters
    ----------
    source : str or Path
        The compressed file.
    target : str or Path
        Where to write.

    Raises
    ------
    InputError
        If the compressed file cannot be read, is truncated, or does not have
        its checksum.
    OSError
        If the target cannot be written.

    Notes
    -----
    Memory is that of a piece, 1 MB.
    """
    with open_part(target, "wb") as plain:
        for piece in _pieces(source):
            plain.write(piece)


def _pieces(source):
    """Yield the decompressed content of a file; InputError where it cannot be read."""
    try:
        with gzip.open(source) as file:
            while piece := file.read(_PIECE_LENGTH):
                yield piece
    except EOFError as error:
        size = os.path.getsize(source)
        msg = f"{source}: file: found {size} bytes that end early, expected a complete .gz file"
        raise InputError(msg) from error
    except (gzip.BadGzipFile, zlib.error) as error:
        msg = f"{source}: file: found damaged data ({error}), expected a sound .gz file"
        raise InputError(msg) from error
    except OSError as error:
        # Python does not name the file in an I/O error.
        msg = f"{source}: cannot be read: {error.strerror or error}"
        raise InputError(msg) from error


def check_headers(source, path):
    """
    Check all headers of an unpacked segment, most of which were unknown before.

    Parameters
    ----------
    source : str
        The compressed file, for the messages.
    path : str or Path
        The unpacked one.

    Returns
    -------
    facts : HeaderFacts or None
        None if the headers have errors.
    findings : list of Finding
        Errors, warnings and notes.

    Raises
    ------
    InputError
        If the headers cannot be read; the message names the unpacked file.
    """
    hdus = read_hdus(path)
    if errors := header_errors(source, hdus):
        return None, errors
    facts, findings = check_segment(source, path, hdus)
    return facts, [*header_warnings(source, hdus), *findings]


def check_unpacked(source, path):
    """
    Make sure that an unpacked segment can be processed.

    Parameters
    ----------
    source : str
        The compressed file, for the messages.
    path : str or Path
        The unpacked one.

    Returns
    -------
    findings : list of Finding
        Warnings and notes.

    Raises
    ------
    InputError
        With one line for each error that prevents processing.
    """
    try:
        _, findings = check_headers(source, path)
    except InputError as error:
        raise InputError(str(Finding.from_error(source, error, path))) from error
    stop_at_errors(findings)
    return findings
