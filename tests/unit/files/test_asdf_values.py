"""Plain trees of ASDF files, read as asdf reads them."""

import io

import asdf
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from scripts.lib.files.asdf_values import plain_entries

DTYPES = [f"{order}{kind}" for order in "<>" for kind in ("f4", "f8", "i2", "i8", "i1")]
TEXTS = st.text(st.characters(codec="ascii", categories=["L", "N"]), max_size=5)
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-(2**40), 2**40), TEXTS)
NUMBERS = st.floats(allow_nan=False)


def stored(tree, **options):
    """Bytes of an ASDF file."""
    buffer = io.BytesIO()
    asdf.AsdfFile(tree).write_to(buffer, **options)
    return buffer.getvalue()


@given(
    st.lists(SCALARS | NUMBERS, max_size=4),
    st.dictionaries(TEXTS.filter(bool), st.lists(NUMBERS, max_size=3), max_size=3),
    st.lists(
        st.sampled_from(DTYPES).flatmap(
            lambda dtype: arrays.arrays(dtype, arrays.array_shapes(max_dims=3, max_side=4))
        ),
        min_size=1,
        max_size=3,
    ),
)
def test_it_is_what_asdf_reads(values, mapping, columns):
    tree = {"a": values, "b": {"c": mapping, "d": columns}}
    content = stored(tree, all_array_storage="internal")
    found = plain_entries(content, ("a", "b", "z"))
    assert found["a"] == values
    assert found["b"]["c"] == mapping
    assert set(found) == {"a", "b"}
    for array, expected in zip(found["b"]["d"], columns, strict=True):
        assert array.dtype == expected.dtype.newbyteorder("=")
        np.testing.assert_array_equal(array, expected)


@pytest.mark.parametrize(
    ("value", "options"),
    [
        (np.arange(40.0), {"all_array_compression": "zlib"}),
        (np.arange(40.0), {"all_array_storage": "inline"}),
        (np.ma.masked_array(np.arange(40.0), np.arange(40) > 5), {}),
        (np.zeros(30, [("x", "f8")]), {}),
        (1j, {}),
    ],
)
def test_what_is_not_plain_is_left_to_asdf(value, options):
    with pytest.raises(ValueError, match=r"found|unhashable"):
        plain_entries(stored({"a": {"b": [value]}}, **options), ("a",))
    assert plain_entries(stored({"a": value, "b": 1}, **options), ("b",)) == {"b": 1}


def test_an_array_shorter_than_its_shape_is_refused():
    content = stored({"a": np.arange(40.0)})
    with pytest.raises(ValueError, match="reshape"):
        plain_entries(content.replace(b"shape: [40]", b"shape: [41]"), ("a",))


@given(st.data())
def test_damage_is_a_value_error_or_another_value(data):
    content = bytearray(stored({"a": np.arange(3.0), "b": [1, "x"]}))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        found = plain_entries(bytes(content), ("a", "b"))
    except ValueError:
        found = {}
    assert set(found) <= {"a", "b"}
