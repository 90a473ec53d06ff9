from hypothesis import given
from hypothesis import strategies as st

from scripts.lib.fits.cards import format_card
from scripts.lib.provenance.input_warnings import new_warnings, recorded_warnings, warning_lines


def test_long_warnings_go_on_in_further_lines():
    lines = warning_lines(["NINTS: found 4", "a.fits: INT_TIMES: " + "none " * 20])
    assert lines[:2] == [
        "input warning: NINTS: found 4",
        "input warning: a.fits: INT_TIMES: none none none none none none none",
    ]
    assert len(lines) == 3
    assert lines[2].startswith("  none none")


def test_no_warning_is_no_line():
    assert warning_lines([]) == []


@given(st.lists(st.text(max_size=200)))
def test_every_line_fits_a_card(warnings):
    for line in warning_lines(warnings):
        assert format_card("HISTORY", line).isascii()


@given(st.lists(st.text(min_size=1, max_size=300), max_size=4))
def test_warnings_are_restored_from_cards(warnings):
    cards = [f"HISTORY {line:<72s}" for line in warning_lines(warnings)]
    cards.insert(0, f"{'HISTORY   not a warning':<80s}")
    expected = [
        " ".join("".join(c if " " <= c <= "~" else "?" for c in w).split()) for w in warnings
    ]
    found = recorded_warnings(cards)
    # A word that is longer than a card is broken.
    assert ["".join(text.split()) for text in found] == [
        "".join(text.split()) for text in dict.fromkeys(expected) if text
    ]
    assert new_warnings(cards, warnings) == []
    assert new_warnings(cards, warnings[1:]) in ([], found[:1])
