import os

import numpy as np
import pytest
from astropy.io import fits

from scripts.lib.errors import InputError
from scripts.lib.fits.reader import open_fits

SHAPE = (5, 4, 3)


@pytest.fixture(name="planes")
def make_planes():
    rng = np.random.default_rng(7)
    return {
        "SCI": rng.normal(size=SHAPE).astype(np.float32),
        "ERR": rng.normal(size=SHAPE),
        "DQ": rng.integers(0, 2**32, SHAPE, dtype=np.uint32),
        "WAVELENGTH": rng.normal(size=SHAPE[1:]).astype(np.float32),
    }


@pytest.fixture(name="table")
def make_table():
    table = np.zeros(
        4, [("INT_NUM", "i4"), ("FLUX", "f8", (3,)), ("DQ", "u4", (3,)), ("NAME", "S5")]
    )
    table["INT_NUM"] = [1, 2, 3, 4]
    table["FLUX"] = np.arange(12).reshape(4, 3)
    table["DQ"] = [[0, 1, 2**32 - 1]] * 4
    table["NAME"] = [b"a", b"bc", b"", b"vwxyz"]
    return table


@pytest.fixture(name="path")
def write_file(tmp_path, planes, table):
    hdus = [fits.PrimaryHDU(), *(fits.ImageHDU(data, name=name) for name, data in planes.items())]
    hdus.append(fits.BinTableHDU(table, name="EXTRACT1D"))
    path = tmp_path / "file.fits"
    fits.HDUList(hdus).writeto(path)
    return path


@pytest.mark.parametrize(
    "integrations", [slice(None), slice(1, 3), slice(4, 9), slice(3, 3), slice(0, 4, 2)]
)
@pytest.mark.parametrize("rows", [slice(None), slice(0, 1), slice(2, 4)])
@pytest.mark.parametrize("name", ["SCI", "ERR", "DQ"])
def test_blocks_of_cubes_are_read_native(path, planes, name, integrations, rows):
    with open_fits(path) as file:
        block = file.read(name, integrations, rows)
    assert block.dtype == planes[name].dtype
    assert block.dtype.isnative
    np.testing.assert_array_equal(block, planes[name][integrations, rows])


@pytest.mark.parametrize("name", ["SCI", "DQ"])
@pytest.mark.parametrize("rows", [slice(None), slice(1, 3)])
@pytest.mark.parametrize("numbers", [[], [2], [0, 2, 1], [-1, 0], np.array([1, 2], np.int32)])
def test_integrations_are_read_by_their_numbers(path, planes, name, rows, numbers):
    expected = planes[name][np.asarray(numbers, int), rows]
    with open_fits(path) as file:
        found, turned = file.read(name, numbers, rows), file.read(name, numbers, rows, turned=True)
        stored = file.read_stored(name, numbers, rows)
    assert found.dtype == planes[name].dtype
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(turned, expected.transpose(0, 2, 1))
    assert stored.dtype.byteorder == ">"


@pytest.mark.parametrize("number", [10**6, -(10**6)])
def test_an_integration_that_is_not_there_is_not_read(path, number):
    with open_fits(path) as file, pytest.raises(IndexError):
        file.read("SCI", [number])


@pytest.mark.parametrize("rows", [slice(None), slice(2, 4)])
def test_blocks_are_read_as_stored(path, planes, rows):
    with open_fits(path) as file:
        block = file.read_stored("SCI", slice(1, 3), rows)
    assert block.dtype == ">f4"
    np.testing.assert_array_equal(block, planes["SCI"][1:3, rows])


def test_images_are_read_by_rows(path, planes):
    with open_fits(path) as file:
        np.testing.assert_array_equal(file.read("WAVELENGTH"), planes["WAVELENGTH"])
        np.testing.assert_array_equal(
            file.read("WAVELENGTH", rows=slice(1, 3)), planes["WAVELENGTH"][1:3]
        )


def test_tables_are_read_native_and_unsigned(path, table):
    with open_fits(path) as file:
        read = file.read_table("EXTRACT1D")
        part = file.read_table("EXTRACT1D", rows=slice(1, 3))
    for name in table.dtype.names:
        np.testing.assert_array_equal(read[name], table[name])
        np.testing.assert_array_equal(part[name], table[name][1:3])


def test_single_columns_are_read(path, table):
    with open_fits(path) as file:
        columns = file.read_columns("EXTRACT1D", ["FLUX", "INT_NUM"], rows=slice(2, 4))
    np.testing.assert_array_equal(columns["FLUX"], table["FLUX"][2:])
    np.testing.assert_array_equal(columns["INT_NUM"], table["INT_NUM"][2:])


@pytest.mark.parametrize("gap", [0, 4096, 4097])
def test_columns_are_read_whatever_is_between_them(tmp_path, gap):
    # Behind a gap of more than a page a column is read by itself.
    dtype = [("A", ">i4"), ("GAP", f"S{max(gap, 1)}"), ("B", ">f8", (3,)), ("C", ">i2")]
    table = np.zeros(5, [field for field in dtype if gap or field[0] != "GAP"])
    table["A"], table["C"] = np.arange(5), -np.arange(5)
    table["B"] = np.arange(15.0).reshape(5, 3)
    fits.BinTableHDU(table, name="TABLE").writeto(tmp_path / "table.fits")
    with open_fits(tmp_path / "table.fits") as file:
        reads, read_into = [], file.read_into
        file.read_into = lambda *arguments: reads.append(arguments) or read_into(*arguments)
        read = file.read_columns("TABLE", ["C", "B", "A"], rows=slice(1, None))
        assert len(reads) == 4 * (2 if gap > 4096 else 1)
        none = file.read_columns("TABLE", ["C", "B"], rows=slice(5, None))
    assert list(read) == ["C", "B", "A"]
    for name, values in read.items():
        np.testing.assert_array_equal(values, table[name][1:])
        assert values.dtype.isnative
        assert values.flags.c_contiguous
    assert (none["C"].shape, none["B"].shape) == ((0,), (0, 3))


def test_a_column_without_elements_is_empty(tmp_path):
    columns = (
        fits.Column("EMPTY", "0D", array=np.zeros((3, 0))),
        fits.Column("N", "J", array=[1, 2, 3]),
    )
    fits.BinTableHDU.from_columns(columns, name="TABLE").writeto(tmp_path / "table.fits")
    with open_fits(tmp_path / "table.fits") as file:
        assert file.read_columns("TABLE", ["EMPTY"])["EMPTY"].shape == (3, 0)


def test_a_missing_extension_is_the_users_error(path):
    with open_fits(path) as file, pytest.raises(InputError, match=r"file\.fits.*VAR_FLAT"):
        file.read("VAR_FLAT")


def test_data_with_another_number_of_axes_are_refused(tmp_path):
    line = fits.ImageHDU(np.zeros(5, "f4"), name="LINE")
    nothing = fits.ImageHDU(name="NOTHING")
    fits.HDUList([fits.PrimaryHDU(), line, nothing]).writeto(tmp_path / "a.fits")
    with open_fits(tmp_path / "a.fits") as file:
        for name, found in (("LINE", 1), ("NOTHING", 0)):
            with pytest.raises(
                InputError, match=rf"\[{name}\]: NAXIS: found {found}, expected 2 or"
            ):
                file.read(name)
        with pytest.raises(InputError, match=r"\[LINE\]: NAXIS: found 1, expected 2$"):
            file.read_table("LINE")


def test_scaled_images_are_refused(tmp_path):
    hdu = fits.ImageHDU(np.zeros((2, 2), np.int16), name="SCI")
    hdu.header["BZERO"] = 5.0
    fits.HDUList([fits.PrimaryHDU(), hdu]).writeto(tmp_path / "scaled.fits")
    with open_fits(tmp_path / "scaled.fits") as file, pytest.raises(InputError, match="BZERO=5"):
        file.read("SCI")


def test_extensions_of_one_name_are_found_in_the_order_of_the_file(tmp_path):
    hdus = [fits.ImageHDU(np.full((2, 2), k, "f4"), name="SCI", ver=9 - k) for k in (1, 2)]
    fits.HDUList([fits.PrimaryHDU(), *hdus]).writeto(tmp_path / "a.fits")
    with open_fits(tmp_path / "a.fits") as file:
        assert [file.read("SCI", version=k)[0, 0] for k in (1, 2)] == [1, 2]
        assert [file.header("SCI", k)["EXTVER"] for k in (1, 2)] == [8, 7]
        with pytest.raises(InputError, match=r"a\.fits: extension SCI \(number 3\) is missing"):
            file.hdu("SCI", 3)
        assert "SCI" in file
        assert "ERR" not in file


def test_a_file_that_is_cut_while_it_is_open_is_the_users_error(path, planes):
    with open_fits(path) as file:
        end = file.hdu("SCI").data_offset + 8
        os.truncate(path, end)
        with pytest.raises(InputError, match=rf"ends at byte {end} although its headers promise"):
            file.read("SCI")


def test_bytes_of_an_extension_are_read_without_their_padding(path, planes):
    with open_fits(path) as file:
        assert file.read_bytes("WAVELENGTH") == planes["WAVELENGTH"].astype(">f4").tobytes()
