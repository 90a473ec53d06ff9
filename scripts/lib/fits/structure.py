"""Check the cards of a FITS header that say where its data are and of what form."""

import re
from math import prod
from typing import NamedTuple

from scripts.lib.errors import InputError

__all__ = ["Structure", "check_structure"]

_BITPIX = (8, 16, 32, 64, -32, -64)
_COUNTS = range(1 << 62)
# Cards that describe the data. A second one of a name would count for some readers and not for others.
_UNIQUE = re.compile(
    r"SIMPLE|XTENSION|BITPIX|NAXIS\d*|PCOUNT|GCOUNT|GROUPS|THEAP|EXTNAME|EXTVER|BZERO|BSCALE|TFIELDS"
    r"|(?:TTYPE|TFORM|TDIM|TZERO|TSCAL|TNULL|TUNIT)\d+"
)


class Structure(NamedTuple):
    """
    Form of the data of a header-data unit.

    Attributes
    ----------
    shape : tuple of int
        Shape in numpy order, slowest axis first; empty if there are no data.
    data_bytes : int
        Length of the data without padding [bytes].
    """

    shape: tuple
    data_bytes: int


def check_structure(location, cards, header, repeated, is_extension):
    """
    Check the mandatory cards of a header, and return what they say.

    Parameters
    ----------
    location : str
        File and header, for the messages.
    cards : list of str
        The cards without ``END``.
    header : dict
        Their values by keyword.
    repeated : iterable of str
        Keywords of which there is more than one card.
    is_extension : bool
        False for the primary header.

    Returns
    -------
    structure : Structure
        Form of the data.

    Raises
    ------
    InputError
        If a mandatory card is missing, not in its place, or has a value of another type, or if a
        card that describes the data is repeated.

    References
    ----------
    FITS Standard 4.0, section 4.4.1.
    """
    axes = _whole_number(location, header, "NAXIS", range(1000))
    lengths = [f"NAXIS{k}" for k in range(1, axes + 1)]
    shape = tuple(_whole_number(location, header, name) for name in reversed(lengths))
    width = abs(_whole_number(location, header, "BITPIX", _BITPIX)) // 8
    if is_extension:
        mandatory, counts = (
            ["XTENSION", "BITPIX", "NAXIS", *lengths, "PCOUNT", "GCOUNT"],
            (None, None),
        )
    else:
        # They belong to random groups, but have a meaning without them as well.
        mandatory, counts = ["SIMPLE", "BITPIX", "NAXIS", *lengths], (0, 1)
    parameters, groups = (
        _whole_number(location, header, name, default=default)
        for name, default in zip(("PCOUNT", "GCOUNT"), counts, strict=True)
    )
    if header.get("XTENSION") in ("BINTABLE", "TABLE"):
        mandatory.append("TFIELDS")
        _whole_number(location, header, "TFIELDS", range(1000))
    _check_order(location, cards, mandatory)
    if twice := next((name for name in repeated if _UNIQUE.fullmatch(name)), None):
        msg = f"{location}: {twice}: found it twice, expected it once"
        raise InputError(msg)
    elements = parameters + prod(shape) if shape else 0
    return Structure(shape, width * groups * elements)


def _whole_number(location, header, keyword, allowed=_COUNTS, default=None):
    """Whole number of a keyword; InputError if it is missing or not allowed."""
    value = header.get(keyword, default)
    if type(value) is not int or value not in allowed:
        found = "none" if value is None else repr(value)
        expected = "one of " + ", ".join(map(str, _BITPIX)) if allowed is _BITPIX else "a count"
        msg = f"{location}: {keyword}: found {found}, expected {expected}"
        raise InputError(msg)
    return value


def _check_order(location, cards, mandatory):
    """Raise unless the header starts with these cards."""
    for number, (card, expected) in enumerate(zip(cards, mandatory, strict=False), start=1):
        if card[:8].rstrip() != expected:
            found = card[:8].rstrip() or "none"
            msg = f"{location}: card {number}: found {found}, expected {expected}"
            raise InputError(msg)
