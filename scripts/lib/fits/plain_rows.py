"""Read rows of FITS binary tables with the standard library alone."""

import gzip
import struct
import zlib
from pathlib import Path

from scripts.lib.errors import InputError
from scripts.lib.fits.columns import parse_form

__all__ = ["FLOATS", "INTEGERS", "number_columns", "read_columns"]

_TABLE_AXES = 2
# Rows of two million integrations.
_MOST_BYTES = 1 << 27
# Codes of the module struct by type letter of TFORMn.
_CODES = {"B": "B", "I": "h", "J": "i", "K": "q", "E": "f", "D": "d"}
# Type letters of whole and of floating-point numbers.
INTEGERS, FLOATS = "BIJK", "ED"


def number_columns(table):
    """
    Find the columns of a table that hold one number in each row.

    Parameters
    ----------
    table : Hdu
        Header-data unit of the table.

    Returns
    -------
    columns : dict
        Type letter of ``TFORMn``, one of ``BIJKED``, and offset in the row [bytes] by the name
        of the column; empty if the unit is no binary table.
    length : int
        Length of a row, the sum of all its columns [bytes]; 0 if the unit is no binary table.
    """
    header, columns, offset = table.header, {}, 0
    if header.get("XTENSION") != "BINTABLE" or len(table.shape) != _TABLE_AXES:
        return columns, offset
    fields = header.get("TFIELDS")
    for k in range(1, (fields if isinstance(fields, int) else 0) + 1):
        form = parse_form(header.get(f"TFORM{k}"))
        if form is None:
            continue
        if form.letter in _CODES and form.count == 1:
            columns[header.get(f"TTYPE{k}")] = (form.letter, offset)
        offset += form.row_bytes
    return columns, offset


def read_columns(path, table, names):
    """
    Read columns of one number in each row.

    Parameters
    ----------
    path : str or Path
        The file, plain or compressed by gzip.
    table : Hdu
        Header-data unit of the table.
    names : iterable of str
        Names of columns that :func:`number_columns` finds.

    Returns
    -------
    rows : dict
        Tuple of numbers of each column, as stored: ``TSCALn`` and ``TZEROn`` are not applied.

    Raises
    ------
    InputError
        If the file cannot be read, ends before the table does, or has more than 128 MB in it.
    """
    columns, (n_rows, row_bytes) = number_columns(table)[0], table.shape
    names = sorted(names, key=lambda name: columns[name][1])
    form, end = ">", 0
    for name in names:
        letter, offset = columns[name]
        form += f"{offset - end}x{_CODES[letter]}"
        end = offset + struct.calcsize(f">{_CODES[letter]}")
    form += f"{row_bytes - end}x"
    if n_rows * row_bytes > _MOST_BYTES:
        msg = f"{path}: {table.name}: found {n_rows} rows of {row_bytes} bytes, expected at most {_MOST_BYTES} bytes"
        raise InputError(msg)
    content = _read_bytes(Path(path), table.data_offset, n_rows * row_bytes, table.name)
    return dict(zip(names, zip(*struct.iter_unpack(form, content), strict=True), strict=True))


def _read_bytes(path, offset, length, name):
    """Read a part of a plain or compressed file."""
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb", buffering=0) as file:
            file.seek(offset)
            content = file.read(length)
    except (OSError, EOFError, zlib.error) as error:
        msg = f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}"
        raise InputError(msg) from error
    if len(content) != length:
        msg = f"{path}: truncated in {name}: {length} bytes expected, {len(content)} found"
        raise InputError(msg)
    return content
