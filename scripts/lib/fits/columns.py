"""Parse the forms of the columns of FITS binary tables (``TFORMn``) with the standard library."""

import re
from typing import NamedTuple

__all__ = ["Form", "parse_form"]

_FORM = re.compile(r"(\d{0,9})([LXBIJKAEDCMPQ])(.*?) *")
_ELEMENT_BYTES = {
    "L": 1,
    "A": 1,
    "B": 1,
    "I": 2,
    "J": 4,
    "K": 8,
    "E": 4,
    "D": 8,
    "C": 8,
    "M": 16,
    "P": 8,
    "Q": 16,
}


class Form(NamedTuple):
    """
    Form of a column.

    Attributes
    ----------
    count : int
        Number of elements in a row; for the letter X, number of bits.
    letter : str
        Type of an element.
    rest : str
        Text after the letter; for arrays of variable length their type and largest length.
    """

    count: int
    letter: str
    rest: str

    @property
    def row_bytes(self):
        """Length of the column in a row [bytes]."""
        if self.letter == "X":
            return -(-self.count // 8)
        return self.count * _ELEMENT_BYTES[self.letter]


def parse_form(text):
    """
    Parse the form of a column.

    Parameters
    ----------
    text : object
        Value of ``TFORMn``.

    Returns
    -------
    form : Form or None
        Form; None if the value is not the form of a binary table's column.

    References
    ----------
    FITS Standard 4.0, section 7.3.1.

    Examples
    --------
    >>> parse_form("2048D").row_bytes
    16384
    """
    match = _FORM.fullmatch(text) if isinstance(text, str) else None
    return None if match is None else Form(int(match[1] or 1), match[2], match[3])
