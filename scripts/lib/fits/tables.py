"""Convert rows of FITS binary tables to numpy's structured arrays."""

import numpy as np

from scripts.lib.errors import InputError
from scripts.lib.fits.columns import parse_form

__all__ = ["UNSIGNED", "native_table", "table_dtype"]

# Unsigned type for each signed one in which FITS stores it.
UNSIGNED = {np.dtype(">i2"): np.uint16, np.dtype(">i4"): np.uint32, np.dtype(">i8"): np.uint64}
_TABLE_DTYPES = {"L": "i1", "B": "u1", "I": ">i2", "J": ">i4", "K": ">i8", "E": ">f4", "D": ">f8"}


def table_dtype(header, location="table"):
    """
    Structured type of a binary table's rows as stored.

    Parameters
    ----------
    header : dict
        Keywords of the table extension.
    location : str, optional
        File and extension, named in messages.

    Returns
    -------
    dtype : dtype
        Big-endian structured type, one field for each column.

    Raises
    ------
    InputError
        If a column has no name or a form that is not supported, or the
        columns together are not as long as a row.
    """
    fields, width = [], 0
    for k in range(1, _table_number(header, "TFIELDS", location) + 1):
        text, name = header.get(f"TFORM{k}"), header.get(f"TTYPE{k}")
        form = parse_form(text)
        if form is None or form.rest or form.letter not in ("A", *_TABLE_DTYPES):
            msg = f"{location}: TFORM{k}: found {text!r}, expected a binary table's form such as 1D"
            raise InputError(msg)
        if not isinstance(name, str) or not name or name in (field[0] for field in fields):
            msg = f"{location}: TTYPE{k}: found {name!r}, expected a name no other column has"
            raise InputError(msg)
        length, is_text = form.count, form.letter == "A"
        base = f"S{length}" if is_text else _TABLE_DTYPES[form.letter]
        zero, scale = header.get(f"TZERO{k}") or 0, header.get(f"TSCAL{k}") or 1
        if scale != 1 or (zero and zero != _unsigned_zero(np.dtype(base))):
            msg = f"{location}: TZERO{k}: found {zero} with TSCAL{k} {scale}, expected those of unsigned integers or none"
            raise InputError(msg)
        fields.append((name, base) if is_text or length == 1 else (name, base, (length,)))
        width += form.row_bytes
    row = _table_number(header, "NAXIS1", location)
    # Checked before the type is made: numpy has no types of more than 2 GB.
    if width != row:
        msg = f"{location}: NAXIS1: found {row}, expected {width}, the length of its columns"
        raise InputError(msg)
    return np.dtype(fields)


def _unsigned_zero(dtype):
    """TZERO of unsigned integers that are stored as this type; None if FITS stores none as it."""
    return 1 << (8 * dtype.itemsize - 1) if dtype in UNSIGNED else None


def _table_number(header, keyword, location):
    """Count that a table's header must have."""
    value = header.get(keyword)
    if type(value) is not int or value not in range(1 << 31):
        msg = f"{location}: {keyword}: found {value!r}, expected a count"
        raise InputError(msg)
    return value


def native_table(stored, header):
    """
    Copy a table into native byte order, applying the unsigned convention.

    Parameters
    ----------
    stored : ndarray
        Rows as stored, of the type that `table_dtype` gives.
    header : dict
        Keywords of the table extension.

    Returns
    -------
    table : ndarray
        Native structured array; columns with TZERO are unsigned.
    """
    zeros = [header.get(f"TZERO{k}") or 0 for k in range(1, header["TFIELDS"] + 1)]
    fields = []
    for (name, _), zero in zip(stored.dtype.fields.items(), zeros, strict=True):
        base, shape = stored.dtype[name].base, stored.dtype[name].shape
        native = np.dtype(UNSIGNED[base]) if zero else base.newbyteorder("=")
        fields.append((name, native, shape))
    table = np.empty(stored.shape, fields)
    for (name, *_), zero in zip(fields, zeros, strict=True):
        values = stored[name].astype(stored[name].dtype.newbyteorder("="))
        table[name] = (
            values.view(table.dtype[name].base) ^ table.dtype[name].base.type(zero)
            if zero
            else values
        )
    return table
