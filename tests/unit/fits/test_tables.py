import numpy as np
import pytest

from scripts.lib.errors import InputError
from scripts.lib.fits.tables import native_table, table_dtype

HEADER = {
    "TFIELDS": 3,
    "NAXIS1": 4 + 8 * 2 + 3,
    "TTYPE1": "number",
    "TFORM1": "J",
    "TTYPE2": "times",
    "TFORM2": "2D",
    "TTYPE3": "name",
    "TFORM3": "3A",
}


def test_columns_have_the_types_and_lengths_of_their_forms():
    dtype = table_dtype(HEADER)
    assert dtype == np.dtype([("number", ">i4"), ("times", ">f8", (2,)), ("name", "S3")])


def test_the_unsigned_convention_is_undone():
    header = {"TFIELDS": 1, "NAXIS1": 4, "TTYPE1": "flags", "TFORM1": "J", "TZERO1": 2**31}
    stored = np.zeros(3, table_dtype(header))
    stored["flags"] = [-(2**31), 0, 2**31 - 1]
    table = native_table(stored, header)
    assert table["flags"].dtype == np.uint32
    assert table["flags"].tolist() == [0, 2**31, 2**32 - 1]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"TFORM2": None}, "TFORM2: found None, expected a binary table's form"),
        ({"TFORM2": "2Z"}, "TFORM2: found '2Z'"),
        ({"TFORM2": "2PD(3)"}, "TFORM2: found '2PD"),
        ({"TFORM2": 7}, "TFORM2: found 7"),
        ({"TTYPE2": None}, "TTYPE2: found None, expected a name"),
        ({"TTYPE2": "number"}, "TTYPE2: found 'number', expected a name no other column has"),
        ({"TFIELDS": 4}, "TFORM4: found None"),
        ({"TFIELDS": 2}, "NAXIS1: found 23, expected 20, the length of its columns"),
        ({"TFIELDS": 2**31}, "TFIELDS: found 2147483648, expected a count"),
        ({"TFIELDS": None}, "TFIELDS: found None"),
        ({"TFIELDS": "3"}, "TFIELDS: found '3'"),
        ({"TFORM2": "D"}, "NAXIS1: found 23, expected 15"),
        ({"TFORM2": "999999999D"}, "NAXIS1: found 23, expected 7999999999"),
        ({"TZERO1": 7}, "TZERO1: found 7 with TSCAL1 1, expected those of unsigned integers"),
        ({"TZERO2": 2**63}, "TZERO2"),
        ({"TSCAL1": 2}, "TZERO1: found 0 with TSCAL1 2"),
    ],
    ids=str,
)
def test_a_header_of_no_sense_is_named(changed, message):
    with pytest.raises(InputError) as caught:
        table_dtype(HEADER | changed, "a.fits[INT_TIMES]")
    assert str(caught.value).startswith(f"a.fits[INT_TIMES]: {message}")
