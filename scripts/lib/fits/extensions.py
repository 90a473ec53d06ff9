"""Format the headers of image and table extensions."""

import numpy as np

from scripts.lib.fits.cards import format_card

__all__ = ["column_cards", "image_cards", "table_cards", "table_rows", "table_shape_cards"]

_COLUMN_FORMATS = {"f8": "D", "f4": "E", "i8": "K", "i4": "J"}


def image_cards(name, shape, bitpix, version=None, unit=None):
    """
    Header of an image extension.

    Parameters
    ----------
    name : str
        Name of the extension (EXTNAME).
    shape : tuple of int
        Shape in numpy order.
    bitpix : int
        Type of the values (BITPIX).
    version : int, optional
        Number among the extensions of this name (EXTVER).
    unit : str, optional
        Unit of the values.

    Returns
    -------
    cards : list of str
        Cards without END.
    """
    axes = [
        format_card(f"NAXIS{axis}", length, f"length of data axis {axis}")
        for axis, length in enumerate(reversed(shape), start=1)
    ]
    cards = [
        format_card("XTENSION", "IMAGE", "Image extension"),
        format_card("BITPIX", bitpix, "array data type"),
        format_card("NAXIS", len(shape), "number of array dimensions"),
        *axes,
        format_card("PCOUNT", 0, "number of parameters"),
        format_card("GCOUNT", 1, "number of groups"),
        *_name_cards(name, version),
    ]
    return cards if unit is None else [*cards, format_card("BUNIT", unit, "unit of the values")]


def table_shape_cards(dtype, n_rows):
    """
    First cards of the header of a binary table.

    Parameters
    ----------
    dtype : dtype
        Structured type of a row.
    n_rows : int
        Number of rows.

    Returns
    -------
    cards : list of str
        Cards before those of the columns, up to TFIELDS.
    """
    return [
        format_card("XTENSION", "BINTABLE", "binary table extension"),
        format_card("BITPIX", 8, "array data type"),
        format_card("NAXIS", 2, "number of array dimensions"),
        format_card("NAXIS1", dtype.itemsize, "length of dimension 1"),
        format_card("NAXIS2", n_rows, "length of dimension 2"),
        format_card("PCOUNT", 0, "number of group parameters"),
        format_card("GCOUNT", 1, "number of groups"),
        format_card("TFIELDS", len(dtype.names), "number of table fields"),
    ]


def table_rows(columns):
    """
    Put columns into the rows of a table.

    Parameters
    ----------
    columns : dict of str to array_like
        Columns of equal length (rows,), one or more.

    Returns
    -------
    rows : ndarray
        Structured big-endian array (rows,).
    """
    columns = {name: np.asarray(values) for name, values in columns.items()}
    types = [(name, values.dtype.newbyteorder(">")) for name, values in columns.items()]
    rows = np.empty(len(next(iter(columns.values()))), types)
    for name, values in columns.items():
        rows[name] = values
    return rows


def table_cards(name, rows, units, version=None, comments=None):
    """
    Header of a binary table of plain columns.

    Parameters
    ----------
    name : str
        Name of the extension (EXTNAME).
    rows : ndarray
        Structured array of float64, float32 and int64.
    units : dict of str to str
        Unit of each column that has one.
    version : int, optional
        Number among the extensions of this name (EXTVER).
    comments : dict of str to str, optional
        What each column is, for the comment of its TTYPE.

    Returns
    -------
    cards : list of str
        Cards without END.
    """
    comments = comments or {}
    cards = [*table_shape_cards(rows.dtype, len(rows)), *_name_cards(name, version)]
    for number, column in enumerate(rows.dtype.names, start=1):
        cards += column_cards(
            number,
            column,
            rows.dtype[column],
            units.get(column),
            comment=comments.get(column, ""),
        )
    return cards


def column_cards(number, name, dtype, unit=None, zero=None, comment=""):
    """
    Cards of one column of a binary table.

    Parameters
    ----------
    number : int
        Number of the column, from 1.
    name : str
        Name of the column.
    dtype : dtype
        Type of its value in a row: float64, float32, int64, int32 or a vector of them.
    unit : str, optional
        Unit of the column.
    zero : int, optional
        Number subtracted from unsigned integers before they were stored (TZERO).
    comment : str, optional
        What the column is; cut where the card ends.

    Returns
    -------
    cards : list of str
        Cards without END.
    """
    letter, length = _COLUMN_FORMATS[dtype.base.str[1:]], dtype.shape[0] if dtype.shape else ""
    cards = [
        format_card(f"TTYPE{number}", name, comment),
        format_card(f"TFORM{number}", f"{length}{letter}"),
    ]
    if unit is not None:
        cards.append(format_card(f"TUNIT{number}", unit))
    if zero is not None:
        cards.append(format_card(f"TZERO{number}", zero))
    if dtype.shape:
        cards.append(format_card(f"TDIM{number}", f"({length})"))
    return cards


def _name_cards(name, version):
    """Cards of an extension's name, and of its number if it has one."""
    cards = [format_card("EXTNAME", name, "extension name")]
    return cards if version is None else [*cards, format_card("EXTVER", version, "extension value")]
