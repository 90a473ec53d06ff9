"""Products written by block, read back and compared byte for byte."""

import os

import numpy as np
import pytest
from astropy.io import fits

from scripts.lib.fits import writer
from scripts.lib.fits.cards import format_card
from scripts.lib.fits.extensions import image_cards
from scripts.lib.fits.reader import open_fits
from scripts.lib.fits.writer import ProductWriter

SHAPE = (5, 4, 3)
PRIMARY = [format_card("SIMPLE", True), format_card("BITPIX", 8), format_card("NAXIS", 0)]


@pytest.fixture(name="path")
def write_file(tmp_path):
    rng = np.random.default_rng(7)
    planes = {
        "SCI": rng.normal(size=SHAPE).astype(np.float32),
        "ERR": rng.normal(size=SHAPE),
        "DQ": rng.integers(0, 2**32, SHAPE, dtype=np.uint32),
        "WAVELENGTH": rng.normal(size=SHAPE[1:]).astype(np.float32),
    }
    table = np.zeros(4, [("INT_NUM", "i4"), ("FLUX", "f8", (3,)), ("NAME", "S5")])
    table["FLUX"] = rng.normal(size=(4, 3))
    hdus = [fits.PrimaryHDU(), *(fits.ImageHDU(data, name=name) for name, data in planes.items())]
    hdus.append(fits.BinTableHDU(table, name="EXTRACT1D"))
    path = tmp_path / "file.fits"
    fits.HDUList(hdus).writeto(path)
    return path


def write_copy(path, source, row_step):
    with open_fits(source) as file, ProductWriter(path) as product:
        for hdu in file.hdus:
            offset = product.append_hdu(hdu.cards, hdu.data_bytes)
            if len(hdu.shape) != 3 or hdu.name == "EXTRACT1D":
                product.copy_data(file, hdu, offset)
                continue
            for row in range(0, SHAPE[1], row_step):
                for first in range(0, SHAPE[0], 2):
                    block = file.read(hdu.name, slice(first, first + 2), slice(row, row + row_step))
                    product.write_block(block, offset, SHAPE, first, row)


@pytest.mark.parametrize("row_step", [1, 3, 4])
def test_copying_by_block_is_the_identity(path, tmp_path, row_step):
    write_copy(tmp_path / "copy.fits", path, row_step)
    assert (tmp_path / "copy.fits").read_bytes() == path.read_bytes()


def test_a_product_is_absent_until_complete(tmp_path):
    target = tmp_path / "new" / "product.fits"
    with ProductWriter(target) as product:
        product.append_hdu([format_card("SIMPLE", True)])
        assert not target.exists()
    assert target.exists()


def test_a_failure_leaves_the_earlier_product_and_no_rest(tmp_path):
    target = tmp_path / "product.fits"
    target.write_bytes(b"earlier")
    with pytest.raises(ValueError, match="does not fit"), ProductWriter(target) as product:
        product.append_hdu([format_card("HISTORY", "x" * 99)])
    assert os.listdir(tmp_path) == ["product.fits"]
    assert target.read_bytes() == b"earlier"


def test_data_longer_than_a_piece_are_copied_and_written_whole(tmp_path, path, monkeypatch):
    monkeypatch.setattr(writer, "_COPY_LENGTH", 7)
    monkeypatch.setattr(writer, "PIECE_LENGTH", 16)
    write_copy(tmp_path / "copy.fits", path, 3)
    assert (tmp_path / "copy.fits").read_bytes() == path.read_bytes()


def test_data_that_are_not_written_are_zero_up_to_a_whole_block(tmp_path):
    with ProductWriter(tmp_path / "a.fits") as product:
        product.append_hdu(PRIMARY)
        offset = product.append_hdu(image_cards("SCI", (2, 1, 2), -32), 16)
        product.write_block(np.array([[[1, 2]]], np.float32), offset, (2, 1, 2), integration=1)
    content = (tmp_path / "a.fits").read_bytes()
    assert len(content) == 3 * 2880
    assert offset == 2 * 2880
    assert content[offset:] == bytes(8) + np.array([1, 2], ">f4").tobytes() + bytes(2880 - 16)


@pytest.mark.parametrize("data", [b"", np.zeros(0)])
def test_nothing_can_be_written(tmp_path, data):
    with ProductWriter(tmp_path / "a.fits") as product:
        product.write(data, product.append_hdu(PRIMARY))
    assert (tmp_path / "a.fits").stat().st_size == 2880
