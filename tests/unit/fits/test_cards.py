import pytest
from astropy.io import fits
from hypothesis import given
from hypothesis import strategies as st

from scripts.lib.fits.cards import format_card, header_bytes, padded_length, remove_card, set_card
from scripts.lib.fits.headers import parse_cards

TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=150).map(str.rstrip)
VALUES = st.one_of(
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    TEXT,
)


def parse(cards):
    """Astropy's reading, but for the values: it cuts strings in which a quote precedes a slash."""
    header = fits.Header.fromstring("".join(cards))
    for keyword, value in parse_cards(cards).items():
        header[keyword] = value
    return header


@given(VALUES)
def test_what_was_set_is_read_back(value):
    cards = []
    set_card(cards, "THE_KEY", value)
    assert all(len(card) == 80 for card in cards)
    read = parse(cards)["THE_KEY"]
    assert read == value
    assert isinstance(read, type(value))


@given(st.lists(VALUES, min_size=2, max_size=4))
def test_replacing_leaves_one_card_and_keeps_the_neighbours(values):
    cards = [format_card("BEFORE", 1, "first"), format_card("AFTER", 2, "last")]
    for value in values:
        set_card(cards, "THE_KEY", value, after="BEFORE")
    header = parse(cards)
    assert list(header) == ["BEFORE", "THE_KEY", "AFTER"]
    assert header["THE_KEY"] == values[-1]
    assert (header["BEFORE"], header["AFTER"]) == (1, 2)


def test_a_replaced_card_keeps_its_comment():
    cards = [format_card("CAL_VER", "1.2'/3", "Software / version")]
    set_card(cards, "CAL_VER", "3.0.0", "unused")
    assert parse(cards).comments["CAL_VER"] == "Software / version"
    assert parse(cards)["CAL_VER"] == "3.0.0"


def test_a_new_card_goes_behind_its_family():
    cards = [
        format_card("S_WCS", "COMPLETE"),
        format_card("S_FLAT", "COMPLETE"),
        format_card("X", 1),
    ]
    set_card(cards, "S_OUTLIR", "COMPLETE", after="S_")
    assert list(parse(cards)) == ["S_WCS", "S_FLAT", "S_OUTLIR", "X"]


def test_history_is_added_each_time():
    cards = []
    set_card(cards, "HISTORY", "one")
    set_card(cards, "HISTORY", "two")
    assert list(parse(cards)["HISTORY"]) == ["one", "two"]


def test_text_that_does_not_fit_a_card_is_refused():
    with pytest.raises(ValueError, match="does not fit"):
        format_card("HISTORY", "x" * 73)


@pytest.mark.parametrize(("count", "length"), [(0, 2880), (35, 2880), (36, 5760)])
def test_headers_fill_whole_blocks(count, length):
    data = header_bytes([format_card("KEY", k) for k in range(count)])
    assert len(data) == length
    assert data.decode().split("END")[1].strip() == ""


@pytest.mark.parametrize(
    ("length", "padded"), [(0, 0), (1, 2880), (2879, 2880), (2880, 2880), (2881, 5760)]
)
def test_lengths_are_rounded_up_to_whole_blocks(length, padded):
    assert padded_length(length) == padded


@given(TEXT, VALUES)
def test_a_removed_card_leaves_the_others(text, value):
    cards = []
    for keyword, content in (("FIRST", value), ("S_REGION", text), ("LAST", text)):
        set_card(cards, keyword, content)
    others = []
    for keyword, content in (("FIRST", value), ("LAST", text)):
        set_card(others, keyword, content)
    remove_card(cards, "S_REGION")
    remove_card(cards, "NONE")
    assert cards == others
