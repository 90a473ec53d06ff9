"""Numbers of tables, read without numpy and compared with those that astropy wrote."""

import gzip
from dataclasses import replace

import numpy as np
import pytest
from astropy.io import fits

from scripts.lib.errors import InputError
from scripts.lib.fits.headers import read_hdus
from scripts.lib.fits.plain_rows import FLOATS, INTEGERS, number_columns, read_columns

TABLE = np.zeros(
    3,
    [
        ("name", "S3"),
        ("byte", "u1"),
        ("short", "i2"),
        ("vector", "f8", (2,)),
        ("int", "i4"),
        ("long", "i8"),
        ("single", "f4"),
        ("flag", "?"),
        ("double", "f8"),
    ],
)
NUMBERS = {"byte": [0, 7, 255], "short": [-(2**15), 0, 1], "int": [-(2**31), 3, 2**31 - 1]}
NUMBERS |= {"long": [-(2**63), 4, 2**63 - 1], "single": [1.5, -0.25, np.inf]}
NUMBERS["double"] = [1 / 3, 1e300, -np.inf]
for column, values in NUMBERS.items():
    TABLE[column] = values


@pytest.fixture(name="path")
def write_table(tmp_path):
    hdus = [fits.PrimaryHDU(), fits.BinTableHDU(TABLE, name="INT_TIMES")]
    fits.HDUList(hdus).writeto(tmp_path / "a.fits")
    return tmp_path / "a.fits"


def last_unit(path):
    """Last header-data unit of a file."""
    return read_hdus(path)[-1]


def test_columns_of_one_number_are_found_with_their_offsets(path):
    columns, length = number_columns(last_unit(path))
    assert columns == {
        "byte": ("B", 3),
        "short": ("I", 4),
        "int": ("J", 22),
        "long": ("K", 26),
        "single": ("E", 34),
        "double": ("D", 39),
    }
    assert length == TABLE.dtype.itemsize == 47
    assert {letter for letter, _ in columns.values()} == {*INTEGERS, *FLOATS}


def test_an_image_has_no_columns(tmp_path):
    fits.ImageHDU(np.zeros((2, 3), "f4")).writeto(tmp_path / "a.fits")
    assert number_columns(last_unit(tmp_path / "a.fits")) == ({}, 0)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("names", [list(NUMBERS), list(NUMBERS)[::-1], ["long"], ["double"]])
def test_numbers_are_those_that_were_written(path, packed, names):
    table = last_unit(path)
    if packed:
        path = path.with_name("a.fits.gz")
        path.write_bytes(gzip.compress(path.with_name("a.fits").read_bytes()))
    rows = read_columns(path, table, names)
    assert rows == {name: tuple(NUMBERS[name]) for name in names}


def test_a_table_without_its_last_byte_is_named(path):
    table = last_unit(path)
    end = table.data_offset + table.data_bytes
    path.write_bytes(path.read_bytes()[: end - 1])
    with pytest.raises(
        InputError, match=r"a\.fits: truncated in INT_TIMES: 141 bytes expected, 140 found"
    ):
        read_columns(path, table, ["long"])


@pytest.mark.parametrize("content", [b"no gzip", gzip.compress(bytes(9000), mtime=0)[:30]])
def test_a_file_that_cannot_be_read_is_named(path, content):
    table, packed = last_unit(path), path.with_name("a.fits.gz")
    packed.write_bytes(content)
    with pytest.raises(InputError, match=r"a\.fits\.gz: cannot be read: "):
        read_columns(packed, table, ["long"])


def test_a_table_that_no_exposure_has_is_not_read(path):
    table = replace(last_unit(path), shape=(1 << 23, 47))
    with pytest.raises(InputError, match=r"INT_TIMES: found 8388608 rows of 47 bytes, expected at"):
        read_columns(path, table, ["long"])
