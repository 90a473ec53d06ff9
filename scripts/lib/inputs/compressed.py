"""Unpack compressed segments and check the unpacked files."""

import gzip
import os
import zlib

from scripts.lib.checks.headers import header_errors, header_warnings
from scripts.lib.checks.segments import check_segment
from scripts.lib.errors import InputError
from scripts.lib.findings import Finding, stop_at_errors
from scripts.lib.fits.cards import BLOCK_LENGTH, padded_length
from scripts.lib.fits.headers import MOST_BLOCKS, read_hdu, read_hdus

__all__ = ["check_headers", "check_unpacked", "unpack"]

_PIECE_LENGTH = 1 << 20


def unpack(source, plain):
    """
    Decompress a FITS file piece by piece, up to the end that its headers announce.

    Parameters
    ----------
    source : str or Path
        The compressed file.
    plain : file object
        Empty file, opened for writing and reading bytes. Of what follows the last
        header-data unit it gets a few megabytes at most.

    Raises
    ------
    InputError
        If the compressed file cannot be read, is truncated, does not have its checksum, or has
        headers that cannot be read.
    OSError
        If the plain file cannot be written.

    Notes
    -----
    Memory is that of a piece, 1 MB.
    """
    end, number, size, start = MOST_BLOCKS * BLOCK_LENGTH, 0, 0, 0
    for piece in _pieces(source):
        plain.write(piece)
        size += len(piece)
        while size >= end:
            # Here is the next header, or nothing of the file any more.
            hdu = read_hdu(source, plain, start, number)
            if hdu is None:
                return
            start = hdu.data_offset + padded_length(hdu.data_bytes)
            end, number = start + MOST_BLOCKS * BLOCK_LENGTH, number + 1
            plain.seek(0, os.SEEK_END)


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
