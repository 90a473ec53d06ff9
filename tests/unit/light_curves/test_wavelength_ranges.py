"""Wavelength ranges of light curves, from reference files and from the user."""

import asdf
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.lib.errors import InputError
from scripts.lib.light_curves.wavelength_ranges import read_ranges, wavelength_range


def test_a_reference_is_read(tmp_path):
    rows = [[1, "CLEAR", 0.9, 2.8], [2, "CLEAR", 1, 2]]
    asdf.AsdfFile({"wavelengthrange": rows}).write_to(tmp_path / "a.asdf")
    assert read_ranges(tmp_path / "a.asdf") == [(1, "CLEAR", 0.9, 2.8), (2, "CLEAR", 1.0, 2.0)]


def test_numbers_are_those_of_yaml(tmp_path):
    text = "wavelengthrange: [[1.0, null, 1e-1, .inf], [0x2, 'F', 1, 2]]"
    (tmp_path / "a.asdf").write_text(f"#ASDF 1.0.0\n%YAML 1.1\n---\n{text}\n...\n")
    assert read_ranges(tmp_path / "a.asdf") == [(1, None, 0.1, float("inf")), (2, "F", 1.0, 2.0)]


@pytest.mark.parametrize(
    "tree",
    [
        {},
        {"wavelengthrange": np.ones((1, 4))},
        {"wavelengthrange": 3},
        {"wavelengthrange": [[1, "CLEAR"]]},
    ],
)
def test_other_files_are_no_reference(tmp_path, tree):
    asdf.AsdfFile(tree).write_to(tmp_path / "a.asdf")
    with pytest.raises(InputError, match=r"a\.asdf: .*found no list.*of order, filter") as caught:
        read_ranges(tmp_path / "a.asdf")
    assert "\n" not in str(caught.value)
    (tmp_path / "b.asdf").write_text("SIMPLE")
    with pytest.raises(InputError, match=r"b\.asdf: not a wavelengthrange reference"):
        read_ranges(tmp_path / "b.asdf")


REFERENCE = b"#ASDF 1.0.0\n%YAML 1.1\n---\nwavelengthrange: [[1, CLEAR, 0.9, 2.8]]\n...\n"


@given(st.data())
def test_damage_is_reported_in_one_line(tmp_path_factory, data):
    content = bytearray(REFERENCE)
    for position in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=4)):
        content[position] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.mktemp("damaged") / "a.asdf"
    path.write_bytes(bytes(content))
    rows, message = [], ""
    try:
        rows = read_ranges(path)
    except InputError as error:
        message = str(error)
    assert "\n" not in message
    assert all(isinstance(limit, float) for row in rows for limit in row[2:])


class TestWavelengthRange:
    reference = ((1, "CLEAR", 0.9, 2.8), (2, "CLEAR", 0.6, 0.85), (1, "F277W", 2.4, 3.1))

    def test_without_reference_everything_counts(self):
        lower, upper = wavelength_range(1, "CLEAR", None)
        assert lower < 0.5
        assert upper > 30

    def test_each_order_has_its_own_range(self):
        assert wavelength_range(1, "CLEAR", self.reference) == (0.9, 2.8)
        assert wavelength_range(2, "CLEAR", self.reference) == (0.6, 0.85)

    def test_the_user_wins(self):
        assert wavelength_range(2, "CLEAR", self.reference, min_wavelength=0.7) == (0.7, 0.85)

    def test_a_missing_row_is_an_error(self):
        with pytest.raises(InputError, match="order 3 and filter CLEAR"):
            wavelength_range(3, "CLEAR", self.reference)
