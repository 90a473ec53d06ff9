from hypothesis import given
from hypothesis import strategies as st

from scripts.lib.fits.cards import format_card
from scripts.lib.provenance.input_warnings import warning_lines


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
