"""Warnings about the input as lines of the HISTORY of products."""

import textwrap

__all__ = ["warning_lines"]

_LENGTH = 72


def warning_lines(warnings):
    """
    Lines of HISTORY cards for warnings.

    Parameters
    ----------
    warnings : iterable of str
        Warnings, one line each.

    Returns
    -------
    lines : list of str
        Lines of at most 72 characters. Each warning begins with ``input
        warning:`` and continues in lines that begin with two blanks;
        characters that FITS does not allow become ``?``.
    """
    return [
        line
        for warning in warnings
        for line in textwrap.wrap(
            "input warning: " + _printable(warning), _LENGTH, subsequent_indent="  "
        )
    ]


def _printable(text):
    """Text with ``?`` for each character that FITS does not allow in a card."""
    return "".join(letter if " " <= letter <= "~" else "?" for letter in text)
