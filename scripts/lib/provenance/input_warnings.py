"""What products carry on about warnings of their input."""

import textwrap

__all__ = ["history_of"]

_LENGTH = 72


def history_of(warnings):
    """
    Cut warnings for HISTORY cards.

    Parameters
    ----------
    warnings : iterable of str
        One line each.

    Returns
    -------
    lines : list of str
        Each warning begins with ``input warning:`` and goes on in lines that
        begin with two blanks; what is not ASCII is ``?``, as FITS asks for.
    """
    return [
        line
        for warning in warnings
        for line in textwrap.wrap(
            "input warning: " + _printable(warning), _LENGTH, subsequent_indent="  "
        )
    ]


def _printable(text):
    """Text as FITS allows it in a card."""
    return "".join(letter if " " <= letter <= "~" else "?" for letter in text)
