"""The one exception for a user's mistake, and how messages show what a terminal would obey."""

import re

__all__ = ["CONTROLS", "InputError", "printable"]

# Control characters, those that change the direction of text, and halves of surrogate pairs, which
# stand for bytes of file names that are no text. Terminals obey them, or cannot show them.
CONTROLS = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)


def printable(text, kept=""):
    r"""
    Show the characters of a text that a terminal would obey as escapes.

    Parameters
    ----------
    text : str
        Any text, such as one that contains names of files or values of headers.
    kept : str, optional
        Characters that stay, such as line ends.

    Returns
    -------
    text : str
        The text on one line, unless line ends are kept.

    Examples
    --------
    >>> print(printable("seg\x1b[2J001\n.fits"))
    seg\x1b[2J001\n.fits
    """
    return CONTROLS.sub(lambda found: found[0] if found[0] in kept else repr(found[0])[1:-1], text)


class InputError(Exception):
    """
    Something the user gave is wrong: a file, a keyword, a column or a setting.

    The message is shown to the user, without a traceback. It names
    the file, the keyword or column, what was found and what was expected.

    Parameters
    ----------
    *lines : str
        The message; more than one if several things are wrong. Characters that a terminal would
        obey, line ends included, are shown as escapes.
    """

    def __str__(self):
        return "\n".join(printable(str(line)) for line in self.args)
