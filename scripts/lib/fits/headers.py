"""
Read the headers of a FITS file with the standard library alone.

Parsing a header must neither import a numerical package nor read data: the
workflow does it for every input file at each start.
"""

import gzip
import os
import re
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from math import isfinite, prod
from pathlib import Path

from scripts.lib.errors import InputError
from scripts.lib.fits.cards import BLOCK_LENGTH, CARD_LENGTH, padded_length

__all__ = ["Hdu", "NoValue", "parse_cards", "read_hdus"]

_BITPIX = (8, 16, 32, 64, -32, -64)
_READ_LENGTH = 10 * BLOCK_LENGTH
_END_CARD = b"END".ljust(CARD_LENGTH)
_CARD = re.compile(
    r"(?:HIERARCH +(?P<long>[^=]*?) *=|(?P<keyword>[A-Za-z0-9_-]{1,8}) *= ) *"
    r"(?:'(?P<string>(?:[^']|'')*)'|(?P<other>[^/]*))"
)
_CONTINUE = re.compile(r"CONTINUE  *'((?:[^']|'')*)'")
_INTEGER = re.compile(r"[+-]?\d+")
_FLOAT = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[EDed][+-]?\d+)?")
_UNPRINTABLE = re.compile("[^ -~]")
_COMPLEX = re.compile(r"\(.*\)")
_WORDS = {"T": True, "F": False, "": None}
_NO_VALUE = frozenset(("COMMENT", "HISTORY"))


class NoValue(str):
    """Text of a card that is neither quoted nor a FITS value, such as NaN."""


@dataclass(frozen=True, slots=True)
class Hdu:
    """
    One header-data unit of a FITS file.

    Attributes
    ----------
    name : str
        ``EXTNAME`` in capitals, empty if there is none; ``PRIMARY`` for the first.
    version : int
        ``EXTVER``, 1 if there is none.
    header : dict of str to (str, bool, int, float or None)
        Value of each keyword, the first if a keyword is repeated; None if
        the card has no value. Text that is no FITS value is a `NoValue`.
    cards : list of str
        The cards, 80 characters each, without ``END``.
    header_offset, data_offset : int
        Offset in bytes of the header and of the data.
    data_bytes : int
        Length of the data in bytes without padding.
    shape : tuple of int
        Shape of the array in numpy order, slowest axis first; empty if there
        are no data. A table is (rows, bytes in a row).
    """

    name: str
    version: int
    header: dict
    cards: list
    header_offset: int
    data_offset: int
    data_bytes: int
    shape: tuple


def read_hdus(path, until=None):
    """
    Read all headers of a FITS file, skipping the data.

    Parameters
    ----------
    path : str or Path
        The file; one whose name ends in ``.gz`` is decompressed.
    until : str, optional
        Name of the extension to stop at, without checking that its data are complete: no more
        of a compressed file is then read than necessary.

    Returns
    -------
    hdus : list of Hdu
        Header-data units in the order of the file.

    Raises
    ------
    InputError
        If the file cannot be read, is not FITS, or ends before the header or
        the data that it announces are complete.

    References
    ----------
    FITS Standard 4.0, sections 3 and 4.
    """
    path = Path(path)
    try:
        with _open(path) as file:
            return _walk(path, file, until)
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        msg = f"{path}: cannot be read: {reason}"
        raise InputError(msg) from error


def parse_cards(cards):
    """
    Parse header cards into a dictionary.

    Parameters
    ----------
    cards : list of str
        Cards of 80 characters.

    Returns
    -------
    header : dict of str to (str, bool, int, float or None)
        As :attr:`Hdu.header`: trailing blanks of strings removed, strings
        that ``CONTINUE`` joined; comments left out.
    """
    header = {}
    for k, card in enumerate(cards):
        match = _CARD.match(card)
        if match is None:
            continue
        long, keyword, string, other = match.groups()
        keyword = (long or keyword).upper()
        if keyword in header or keyword in _NO_VALUE:
            continue
        if string is None:
            header[keyword] = _plain_value(other)
        elif card[match.end() :].lstrip()[:1] in ("", "/"):
            header[keyword] = _string_value(string, cards, k + 1)
        else:
            header[keyword] = NoValue(card[10:].strip())
    return header


def _string_value(string, cards, following):
    """Text of a quoted string and of the CONTINUE cards that follow it."""
    text = string.replace("''", "'").rstrip()
    while text.endswith("&") and following < len(cards):
        match = _CONTINUE.match(cards[following])
        if match is None:
            break
        text = text[:-1] + match[1].replace("''", "'").rstrip()
        following += 1
    return text


def _plain_value(text):
    """Logical, number, None or text of a value that is not quoted."""
    text = text.strip()
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        number = float(text.upper().replace("D", "E"))
        return number if isfinite(number) else NoValue(text)
    if text in _WORDS:
        return _WORDS[text]
    return text if _COMPLEX.fullmatch(text) else NoValue(text)


@contextmanager
def _open(path):
    """Open a plain or gzip-compressed file for reading bytes."""
    with path.open("rb", buffering=0) as file:
        if path.suffix == ".gz":
            with gzip.open(file) as plain:
                yield plain
        else:
            yield file


def _walk(path, file, until):
    """Read header after header, seeking over the data."""
    hdus = []
    offset = 0
    size = os.fstat(file.fileno()).st_size if path.suffix != ".gz" else None
    while size is None or offset < size:
        text = _header_text(path, file, offset, len(hdus))
        if text is None:
            break
        hdu = _hdu(path, text, offset, len(hdus))
        hdus.append(hdu)
        if hdu.name == until:
            break
        _check_data(path, file, hdu, size)
        offset = hdu.data_offset + padded_length(hdu.data_bytes)
    if not hdus:
        msg = f"{path}: not a FITS file: it is empty"
        raise InputError(msg)
    return hdus


def _header_text(path, file, offset, number):
    """Return the cards of the header at an offset as one text, or None if no header is there."""
    file.seek(offset)
    data = file.read(_READ_LENGTH)
    start = b"XTENSION= " if number else b"SIMPLE  = "
    if not data.startswith(start):
        if number or not data:
            return None
        msg = f"{path}: not a FITS file: it starts with {data[:10]!r}, expected {start!r}"
        raise InputError(msg)
    end = _find_end(data)
    while end is None:
        more = file.read(_READ_LENGTH)
        if not more:
            msg = f"{path}: truncated in the header of HDU {number}: no END card in the {len(data)} bytes found"
            raise InputError(msg)
        searched = len(data) // CARD_LENGTH * CARD_LENGTH
        data += more
        end = _find_end(data, searched)
    return data[:end].decode("latin-1")


def _find_end(data, start=0):
    """Position of the END card on an 80-byte boundary, or None."""
    position = data.find(_END_CARD, start)
    while position >= 0 and position % CARD_LENGTH:
        position = data.find(_END_CARD, position + 1)
    return position if position >= 0 else None


def _hdu(path, text, offset, number):
    """Header-data unit of the header text found at an offset."""
    cards = [text[k : k + CARD_LENGTH] for k in range(0, len(text), CARD_LENGTH)]
    location = f"{path}: not a FITS file: header of HDU {number}"
    if strange := _UNPRINTABLE.search(text):
        msg = f"{location}: found {strange[0]!r} at byte {offset + strange.start()}, expected printable ASCII"
        raise InputError(msg)
    header = parse_cards(cards)
    if not number and header.get("SIMPLE") is not True:
        msg = f"{location}: SIMPLE: found {header.get('SIMPLE')!r}, expected T"
        raise InputError(msg)
    axes = _whole_number(location, header, "NAXIS", None, range(1000))
    shape = tuple(_whole_number(location, header, f"NAXIS{k}", None) for k in range(axes, 0, -1))
    elements = _whole_number(location, header, "PCOUNT", 0) + prod(shape) if shape else 0
    groups = _whole_number(location, header, "GCOUNT", 1)
    data_bytes = (
        abs(_whole_number(location, header, "BITPIX", None, _BITPIX)) // 8 * groups * elements
    )
    version = _whole_number(location, header, "EXTVER", 1, None)
    if "TFIELDS" in header:
        _whole_number(location, header, "TFIELDS", None, range(1000))
    name = str(header.get("EXTNAME") or "").upper() if number else "PRIMARY"
    data_offset = offset + padded_length(len(text) + CARD_LENGTH)
    return Hdu(name, version, header, cards, offset, data_offset, data_bytes, shape)


def _whole_number(location, header, keyword, default, allowed=range(1 << 62)):
    """Whole number of a keyword; InputError if it is not allowed, or missing and has no default."""
    value = header.get(keyword)
    if value is None and default is not None:
        return default
    if type(value) is not int or (allowed is not None and value not in allowed):
        found = "none" if value is None else repr(value)
        expected = "one of " + ", ".join(map(str, _BITPIX)) if allowed is _BITPIX else "a count"
        msg = f"{location}: {keyword}: found {found}, expected {expected}"
        raise InputError(msg)
    return value


def _check_data(path, file, hdu, size):
    """Raise if the file ends before the data of a header-data unit do."""
    end = hdu.data_offset + hdu.data_bytes
    if size is None:
        # The size of compressed data is known only at their end, so look at the last byte.
        file.seek(end - 1)
        found = end if file.read(1) else file.seek(0, os.SEEK_END)
    else:
        found = size
    if hdu.data_bytes and found < end:
        msg = (
            f"{path}: truncated in {hdu.name or 'an unnamed HDU'}: "
            f"{end} bytes expected up to the end of its data, {found} found"
        )
        raise InputError(msg)
