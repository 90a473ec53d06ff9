"""Checksums of headers and data in FITS files (CHECKSUM and DATASUM)."""

import numpy as np

from scripts.lib.fits.cards import format_card

__all__ = ["checksum_cards", "data_sum", "placeholder_cards"]

_COMMENTS = {"CHECKSUM": "checksum of the whole HDU", "DATASUM": "checksum of the data"}
# Characters between digits and letters, which the text of a checksum must not have.
_EXCLUDED = {*range(0x3A, 0x41), *range(0x5B, 0x61)}
_ALL_ONES = (1 << 32) - 1


def data_sum(data, start=0):
    """
    Sum of bytes as DATASUM defines it: of 32-bit big-endian integers, in ones' complement.

    Parameters
    ----------
    data : bytes-like
        The bytes, a multiple of four.
    start : int, optional
        Sum of what is before them.

    Returns
    -------
    total : int
        The sum, 32 bits.

    References
    ----------
    FITS Standard 4.0, section 4.4.2.7 and appendix J.

    Examples
    --------
    >>> data_sum(bytes([0, 0, 0, 1, 0, 0, 1, 0]))
    257
    >>> data_sum(bytes([255, 255, 255, 255, 0, 0, 0, 2]))
    2
    """
    total = start + int(np.frombuffer(data, ">u4").sum(dtype=np.uint64))
    while total >> 32:
        total = (total & _ALL_ONES) + (total >> 32)
    return total


def placeholder_cards():
    """
    Cards that keep the place of the checksums of a header.

    Returns
    -------
    cards : list of str
        CHECKSUM, whose value must be zeros while it is computed, and DATASUM.
    """
    values = {"CHECKSUM": "0" * 16, "DATASUM": "0" * 10}
    return [format_card(name, value, _COMMENTS[name]) for name, value in values.items()]


def checksum_cards(header, data_total):
    """
    Checksums of a header with its data.

    Parameters
    ----------
    header : bytes
        The header with its padding and :func:`placeholder_cards`.
    data_total : int
        :func:`data_sum` of the data with their padding.

    Returns
    -------
    cards : dict of str to str
        By their placeholders, the cards that take their places.
    """
    without, total = placeholder_cards()
    with_sum = format_card("DATASUM", str(data_total), _COMMENTS["DATASUM"])
    header = header.replace(total.encode(), with_sum.encode())
    text = _encode(_ALL_ONES ^ data_sum(header, data_total))
    return {without: format_card("CHECKSUM", text, _COMMENTS["CHECKSUM"]), total: with_sum}


def _encode(value):
    """Sixteen letters and digits whose sum is a 32-bit number."""
    letters = bytearray(16)
    for index, byte in enumerate(value.to_bytes(4, "big")):
        parts = [byte // 4 + ord("0")] * 4
        parts[0] += byte % 4
        while not _EXCLUDED.isdisjoint(parts):
            for low, high in ((0, 1), (2, 3)):
                if parts[low] in _EXCLUDED or parts[high] in _EXCLUDED:
                    parts[low] += 1
                    parts[high] -= 1
        letters[index::4] = parts
    return (letters[-1:] + letters[:-1]).decode()
