"""Format and replace single FITS header cards, keeping all others unchanged."""

__all__ = [
    "BLOCK_LENGTH",
    "CARD_LENGTH",
    "format_card",
    "header_bytes",
    "padded_length",
    "remove_card",
    "set_card",
]

CARD_LENGTH = 80
BLOCK_LENGTH = 2880


def padded_length(length):
    """
    Length of a header or of data with its padding.

    Parameters
    ----------
    length : int
        Length without padding [bytes].

    Returns
    -------
    length : int
        Length rounded up to a multiple of 2880 [bytes].
    """
    return -(-length // BLOCK_LENGTH) * BLOCK_LENGTH


def format_card(keyword, value, comment=""):
    """
    Format one fixed-format FITS header card.

    Parameters
    ----------
    keyword : str
        Keyword of at most eight characters; ``HISTORY`` and ``COMMENT`` take
        the value as free text.
    value : str, bool, int or float
        Value of the keyword.
    comment : str, optional
        Comment; cut where the card ends.

    Returns
    -------
    card : str
        The card, 80 characters.

    Raises
    ------
    ValueError
        If the text of the value does not fit the card.

    References
    ----------
    FITS Standard 4.0, section 4.2.
    """
    if keyword in ("HISTORY", "COMMENT"):
        card = f"{keyword:<8s}{value}"
    else:
        card = f"{keyword:<8s}= {_format_value(value)}"
    if len(card) > CARD_LENGTH:
        msg = f"the value of {keyword} does not fit a FITS card: {value!r}"
        raise ValueError(msg)
    if comment and keyword not in ("HISTORY", "COMMENT"):
        card = f"{card} / {comment}"
    return f"{card[:CARD_LENGTH]:<{CARD_LENGTH}s}"


def _format_value(value):
    """Text of a value in fixed format: strings left-, all else right-justified."""
    if isinstance(value, str):
        quoted = value.replace("'", "''")
        return f"'{quoted:<8s}'".ljust(20)
    if isinstance(value, bool):
        return f"{'T' if value else 'F':>20s}"
    if isinstance(value, float):
        text = repr(value).upper()
        return f"{text:>20s}"
    return f"{value:>20d}"


def set_card(cards, keyword, value, comment="", after=""):
    """
    Replace the card of a keyword, or add it.

    Parameters
    ----------
    cards : list of str
        Cards of one header without ``END``; changed in place.
    keyword : str
        Keyword; ``HISTORY`` is always added, at the end.
    value : str, bool, int or float
        New value. A string too long for one card becomes a ``CONTINUE``
        sequence.
    comment : str, optional
        Comment of a new card; a replaced card keeps its own, if it has one.
    after : str, optional
        A new card is put after the last card whose keyword starts with this.

    Raises
    ------
    ValueError
        If a value that cannot be continued, such as that of ``HISTORY``, does not fit a card.
    """
    first = None if keyword == "HISTORY" else _index(cards, keyword)
    if first is None:
        last = max(
            (i for i, card in enumerate(cards) if after and card.startswith(after)), default=None
        )
        index = len(cards) if last is None else _sequence_end(cards, last)
        cards[index:index] = _format_cards(keyword, value, comment)
        return
    comment = _comment(cards[first]) or comment
    cards[first : _sequence_end(cards, first)] = _format_cards(keyword, value, comment)


def remove_card(cards, keyword):
    """
    Remove the first card of a keyword with its CONTINUE cards, in place; without one, nothing.

    Parameters
    ----------
    cards : list of str
        Cards of one header.
    keyword : str
        Keyword.
    """
    first = _index(cards, keyword)
    if first is not None:
        del cards[first : _sequence_end(cards, first)]


def _index(cards, keyword):
    """Index of the first card of a keyword, or None."""
    start = f"{keyword:<8s}= "
    return next((i for i, card in enumerate(cards) if card.startswith(start)), None)


def _sequence_end(cards, first):
    """Index after a card and the CONTINUE cards that belong to it."""
    end = first + 1
    while end < len(cards) and cards[end].startswith("CONTINUE"):
        end += 1
    return end


def _comment(card):
    """Comment of a card, or an empty string."""
    value = card[10:].lstrip()
    if value.startswith("'"):
        close = 1
        while (close := value.find("'", close)) >= 0 and value[close : close + 2] == "''":
            close += 2
        value = value[close + 1 :] if close >= 0 else ""
    return value.partition("/")[2].strip()


def _format_cards(keyword, value, comment):
    """Format the cards of one keyword, long strings by the CONTINUE convention."""
    if (
        not isinstance(value, str)
        or keyword in ("HISTORY", "COMMENT")
        or len(value.replace("'", "''")) <= 68
    ):
        return [format_card(keyword, value, comment)]
    pieces = _pieces(value, 67)
    texts = [f"{keyword:<8s}= '{pieces[0]}&'", *(f"CONTINUE  '{piece}&'" for piece in pieces[1:])]
    texts[-1] = texts[-1][:-2] + "'"
    return [f"{text:<{CARD_LENGTH}s}" for text in texts]


def _pieces(value, length):
    """Cut a string into quoted pieces of at most ``length``, never inside a doubled quote."""
    pieces = [""]
    for character in value.replace("'", "\0"):
        text = "''" if character == "\0" else character
        if len(pieces[-1]) + len(text) > length:
            pieces.append("")
        pieces[-1] += text
    return pieces


def header_bytes(cards):
    """
    Bytes of a header: the cards, ``END``, padded to whole FITS blocks.

    Parameters
    ----------
    cards : list of str
        Cards of 80 characters without ``END``.

    Returns
    -------
    data : bytes
        The header, a multiple of 2880 bytes.
    """
    text = "".join(cards) + f"{'END':<{CARD_LENGTH}s}"
    return text.ljust(padded_length(len(text))).encode("ascii")
