import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given
from hypothesis import strategies as st

from scripts.lib.fits.columns import parse_form


@pytest.mark.parametrize(
    ("text", "form", "row_bytes"),
    [
        ("D", (1, "D", ""), 8),
        ("1E  ", (1, "E", ""), 4),
        ("2048D", (2048, "D", ""), 16384),
        ("0J", (0, "J", ""), 0),
        ("12A", (12, "A", ""), 12),
        ("9X", (9, "X", ""), 2),
        ("16X", (16, "X", ""), 2),
        ("1PE(300)", (1, "P", "E(300)"), 8),
        ("QD", (1, "Q", "D"), 16),
        ("2M", (2, "M", ""), 32),
    ],
)
def test_forms_by_hand(text, form, row_bytes):
    assert parse_form(text) == form
    assert parse_form(text).row_bytes == row_bytes


@pytest.mark.parametrize("text", [None, 7, "", " D", "2Z", "-1D", "1.5D", "d", "9999999999D"])
def test_what_is_no_form(text):
    assert parse_form(text) is None


@given(st.lists(st.sampled_from("LXABIJKEDCM"), min_size=1, max_size=6), st.data())
def test_rows_are_as_long_as_those_of_astropy(letters, data):
    forms = [f"{data.draw(st.integers(1, 20))}{letter}" for letter in letters]
    columns = [fits.Column(f"c{k}", form) for k, form in enumerate(forms)]
    table = fits.BinTableHDU.from_columns(columns, nrows=1)
    assert sum(parse_form(form).row_bytes for form in forms) == table.header["NAXIS1"]


def test_of_numbers_the_length_is_that_of_numpy():
    for letter, dtype in {"B": "u1", "I": "i2", "J": "i4", "K": "i8", "E": "f4", "D": "f8"}.items():
        assert parse_form(f"3{letter}").row_bytes == 3 * np.dtype(dtype).itemsize
