"""
Read the headers of a FITS file with the standard library alone.

Parsing a header must neither import a numerical package nor read data: the
workflow does it for every input file at each start. What a damaged or hostile
file can make it read is limited: a header to the blocks that can be one, at
most ``MOST_BLOCKS``, and what is decompressed to ``MOST_UNPACKED`` bytes.
"""

import errno
import gzip
import os
import re
import stat
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from math import isfinite
from pathlib import Path

from scripts.lib.errors import InputError
from scripts.lib.fits.cards import BLOCK_LENGTH, CARD_LENGTH, padded_length
from scripts.lib.fits.structure import check_structure

__all__ = [
    "MOST_BLOCKS",
    "MOST_UNITS",
    "MOST_UNPACKED",
    "Hdu",
    "NoValue",
    "parse_cards",
    "read_hdu",
    "read_hdus",
]

# Blocks of one header, 36 cards each, and header-data units of one file: ten times those of any product.
MOST_BLOCKS, MOST_UNITS = 1000, 1000
# Bytes that are decompressed to find the headers of a compressed file.
MOST_UNPACKED = 1 << 26
_READ_LENGTH = 10 * BLOCK_LENGTH
# Headers of extensions that are kept parsed, and the longest of them.
_KNOWN_HEADERS, _KNOWN_LENGTH = 64, 2 * BLOCK_LENGTH
_END_CARD = b"END".ljust(CARD_LENGTH)
_CARD = re.compile(
    r"(?:HIERARCH +(?P<long>[^=]*?) *=|(?P<keyword>[A-Za-z0-9_-]{1,8}) *= ) *"
    r"(?:'(?P<string>(?:[^']|'')*)'|(?P<other>[^/]*))"
)
_CONTINUE = re.compile(r"CONTINUE  *'((?:[^']|'')*)'")
_INTEGER = re.compile(r"[+-]?\d+")
_FLOAT = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[EDed][+-]?\d+)?")
_UNPRINTABLE = re.compile(b"[^ -~]")
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
    repeated : tuple of str
        Keywords that have further cards of other content than the first.
    """

    name: str
    version: int
    header: dict
    cards: list
    header_offset: int
    data_offset: int
    data_bytes: int
    shape: tuple
    repeated: tuple = ()


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
        If the file cannot be read, is not FITS, ends before the header or
        the data that it announces are complete, or has more blocks in a header, more units or,
        compressed, more data before the last header than the limits of this module.

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
    return _parse(cards)[0]


def _parse(cards):
    """Values by keyword; keywords that have further cards, and whether one differs from the first."""
    header, further = {}, []
    for k, card in enumerate(cards):
        match = _CARD.match(card)
        if match is None:
            continue
        long, keyword, string, other = match.groups()
        keyword = (long or keyword).upper()
        if keyword in header or keyword in _NO_VALUE:
            further += [(keyword, card)] if keyword in header else []
            continue
        if string is None:
            header[keyword] = _plain_value(other)
        elif card[match.end() :].lstrip()[:1] in ("", "/"):
            header[keyword] = _string_value(string, cards, k + 1)
        else:
            header[keyword] = NoValue(card[10:].strip())
    return header, _repeated(cards, further) if further else {}


def _describe(text, is_extension):
    """Cards of the text of a header, what `_parse` makes of them, and the form of the data."""
    cards = [text[k : k + CARD_LENGTH] for k in range(0, len(text), CARD_LENGTH)]
    header, repeated = _parse(cards)
    if not is_extension and header.get("SIMPLE") is not True:
        msg = f": SIMPLE: found {header.get('SIMPLE')!r}, expected T"
        raise InputError(msg)
    return cards, header, repeated, check_structure("", cards, header, repeated, is_extension)


# Most headers of a segment are those of the other segments of its visit.
_describe_known = lru_cache(_KNOWN_HEADERS)(_describe)


def _repeated(cards, further):
    """Whether one of the further cards of a keyword differs from its first, by keyword."""
    firsts, repeated = {}, {}
    for card in cards:
        firsts.setdefault(card[:8].upper(), card)
    for keyword, card in further:
        repeated[keyword] = repeated.get(keyword) or card != firsts[card[:8].upper()]
    return repeated


def _string_value(string, cards, following):
    """Text of a quoted string and of the CONTINUE cards that follow it."""
    text = string.replace("''", "'").rstrip()
    if not text.endswith("&"):
        return text
    pieces = [text]
    while pieces[-1].endswith("&") and following < len(cards):
        match = _CONTINUE.match(cards[following])
        if match is None:
            break
        pieces[-1] = pieces[-1][:-1]
        pieces.append(match[1].replace("''", "'").rstrip())
        following += 1
    return "".join(pieces)


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
    # A named pipe would wait for a writer.
    with open(path, "rb", buffering=0, opener=_open_at_once) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, "it is no regular file")
        if path.suffix == ".gz":
            with gzip.open(file) as plain:
                yield plain
        else:
            yield file


def _open_at_once(name, flags):
    """Open a file without waiting; its descriptor."""
    return os.open(name, flags | os.O_NONBLOCK)


def _walk(path, file, until):
    """Read header after header, seeking over the data."""
    hdus = []
    offset = 0
    size = os.fstat(file.fileno()).st_size if path.suffix != ".gz" else None
    while size is None or offset < size:
        hdu = read_hdu(path, file, offset, len(hdus))
        if hdu is None:
            break
        hdus.append(hdu)
        if hdu.name == until:
            break
        _check_data(path, file, hdu, size)
        offset = hdu.data_offset + padded_length(hdu.data_bytes)
    if not hdus:
        msg = f"{path}: not a FITS file: it is empty"
        raise InputError(msg)
    return hdus


def read_hdu(path, file, offset, number):
    """
    Read the header at an offset of an open file.

    Parameters
    ----------
    path : str or Path
        The file, for the messages.
    file : file object
        The file, opened for reading bytes.
    offset : int
        Offset of the header [bytes].
    number : int
        Number of the header-data unit in the file, from 0.

    Returns
    -------
    hdu : Hdu or None
        None if there is no header of an extension at the offset.

    Raises
    ------
    InputError
        If the header is damaged, or longer than ``MOST_BLOCKS``; or if it is that of unit
        ``MOST_UNITS``.
    """
    text = _header_text(path, file, offset, number)
    if text is None:
        return None
    if number >= MOST_UNITS:
        msg = f"{path}: found more than {MOST_UNITS} header-data units, expected fewer"
        raise InputError(msg)
    return _hdu(path, text, offset, number)


def _header_text(path, file, offset, number):
    """Return the cards of the header at an offset as one text, or None if no header is there."""
    file.seek(offset)
    data = bytearray(file.read(_READ_LENGTH))
    start = b"XTENSION= " if number else b"SIMPLE  = "
    if not data.startswith(start):
        if number or not data:
            return None
        msg = f"{path}: not a FITS file: it starts with {bytes(data[:10])!r}, expected {start!r}"
        raise InputError(msg)
    searched = 0
    while True:
        end = _find_end(data, searched)
        # What cannot be header is not read through in search of the END card.
        if strange := _UNPRINTABLE.search(data, searched, len(data) if end is None else end):
            found, position = strange[0].decode("latin-1"), offset + strange.start()
            msg = f"{path}: not a FITS file: header of HDU {number}: found {found!r} at byte {position}, expected printable ASCII"
            raise InputError(msg)
        if end is not None:
            return data[:end].decode("latin-1")
        if len(data) >= MOST_BLOCKS * BLOCK_LENGTH:
            msg = f"{path}: header of HDU {number}: found no END card in {MOST_BLOCKS} blocks, expected one"
            raise InputError(msg)
        searched = len(data) // CARD_LENGTH * CARD_LENGTH
        more = file.read(_READ_LENGTH)
        if not more:
            msg = f"{path}: truncated in the header of HDU {number}: no END card in the {len(data)} bytes found"
            raise InputError(msg)
        data += more


def _find_end(data, start):
    """Position of the END card on an 80-byte boundary, or None."""
    position = data.find(_END_CARD, start)
    while position >= 0 and position % CARD_LENGTH:
        position = data.find(_END_CARD, position + 1)
    return position if position >= 0 else None


def _hdu(path, text, offset, number):
    """Header-data unit of the header text found at an offset."""
    location = f"{path}: not a FITS file: header of HDU {number}"
    describe = _describe_known if len(text) <= _KNOWN_LENGTH else _describe
    try:
        cards, header, repeated, structure = describe(text, number > 0)
    except InputError as error:
        msg = f"{location}{error}"
        raise InputError(msg) from None
    # What is known stays as it is.
    cards, header = list(cards), dict(header)
    version = header.get("EXTVER", 1)
    if type(version) is not int:
        found = "none" if version is None else repr(version)
        msg = f"{location}: EXTVER: found {found}, expected a whole number"
        raise InputError(msg)
    name = str(header.get("EXTNAME") or "").upper() if number else "PRIMARY"
    data_offset = offset + padded_length(len(text) + CARD_LENGTH)
    differing = tuple(keyword for keyword, differs in repeated.items() if differs)
    shape, data_bytes = structure
    return Hdu(name, version, header, cards, offset, data_offset, data_bytes, shape, differing)


def _check_data(path, file, hdu, size):
    """Raise if the file ends before the data of a header-data unit do."""
    end = hdu.data_offset + hdu.data_bytes
    if size is None:
        if end > MOST_UNPACKED:
            msg = f"{path}: {hdu.name or 'an unnamed HDU'}: found {hdu.data_bytes} bytes of data before the last header, expected fewer than {MOST_UNPACKED}"
            raise InputError(msg)
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
