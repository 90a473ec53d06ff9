"""Warnings about the input as lines of the HISTORY of products."""

import textwrap

__all__ = ["new_warnings", "recorded_warnings", "warning_lines"]

_LENGTH = 72
_FIRST, _NEXT = "input warning: ", "  "


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
        for line in textwrap.wrap(_FIRST + _printable(warning), _LENGTH, subsequent_indent=_NEXT)
    ]


def recorded_warnings(cards):
    """
    Restore warnings from the HISTORY of a header.

    Parameters
    ----------
    cards : list of str
        Cards of the header.

    Returns
    -------
    warnings : list of str
        Each warning once, in order, with single blanks.
    """
    texts, continues = [], False
    for card in cards:
        line = card[8:].rstrip() if card.startswith("HISTORY") else ""
        if line.startswith(_FIRST):
            texts.append(line.removeprefix(_FIRST))
            continues = True
        elif continues and line.startswith(_NEXT):
            texts[-1] += f" {line.strip()}"
        else:
            continues = False
    return list(dict.fromkeys(" ".join(text.split()) for text in texts))


def new_warnings(cards, known):
    """
    Warnings of a header that are not known otherwise.

    Parameters
    ----------
    cards : list of str
        Cards of the header.
    known : iterable of str
        Warnings that are known.

    Returns
    -------
    warnings : list of str
        The others, as of :func:`recorded_warnings`.
    """
    old = set(recorded_warnings([f"HISTORY {line}" for line in warning_lines(known)]))
    return [text for text in recorded_warnings(cards) if text not in old]


def _printable(text):
    """Text with ``?`` for each character that FITS does not allow in a card."""
    return "".join(letter if " " <= letter <= "~" else "?" for letter in text)
