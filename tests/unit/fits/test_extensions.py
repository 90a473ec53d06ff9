"""Headers of extensions, read back by astropy."""

import numpy as np
import pytest
from astropy.io import fits

from scripts.lib.fits.cards import format_card
from scripts.lib.fits.extensions import (
    column_cards,
    image_cards,
    table_cards,
    table_rows,
    table_shape_cards,
)
from scripts.lib.fits.writer import ProductWriter

PRIMARY = [format_card("SIMPLE", True), format_card("BITPIX", 8), format_card("NAXIS", 0)]


def _written(path, cards, values):
    """HDU that astropy finds after an empty primary one."""
    with ProductWriter(path) as product:
        product.append_hdu([*PRIMARY, format_card("EXTEND", True)])
        product.write(values.view(np.uint8), product.append_hdu(cards, values.nbytes))
    with fits.open(path, memmap=False) as hdus:
        hdus.verify("exception")
        return hdus[1].copy()


@pytest.mark.parametrize(
    ("version", "unit", "expected"), [(None, None, (1, None)), (3, "MJy", (3, "MJy"))]
)
def test_image(tmp_path, version, unit, expected):
    values = np.arange(6, dtype=">f4").reshape(1, 2, 3)
    hdu = _written(tmp_path / "image.fits", image_cards("A", (1, 2, 3), -32, version, unit), values)
    assert np.array_equal(hdu.data, values)
    assert (hdu.ver, hdu.header.get("BUNIT")) == expected
    assert hdu.name == "A"


def test_table(tmp_path):
    columns = {"a": [1.5, np.nan], "b": np.float32([2, 3]), "c": np.array([4, 1 << 40])}
    rows = table_rows(columns)
    cards = table_cards("T", rows, {"a": "d", "b": None}, 2)
    hdu = _written(tmp_path / "table.fits", cards, rows)
    assert hdu.columns.formats == ["D", "E", "K"]
    assert [column.unit for column in hdu.columns] == ["d", None, None]
    assert all(np.array_equal(hdu.data[n], columns[n], equal_nan=True) for n in "abc")
    assert (hdu.name, hdu.ver) == ("T", 2)


def test_columns_of_vectors_and_of_unsigned_numbers(tmp_path):
    rows = np.zeros(2, [("v", ">f8", (3,)), ("flags", ">i4", (2,))])
    rows["v"], rows["flags"] = [[1, 2, 3], [4, 5, 6]], -(2**31) + 7
    cards = [
        *table_shape_cards(rows.dtype, 2),
        *column_cards(1, "v", rows.dtype["v"], "um"),
        *column_cards(2, "flags", rows.dtype["flags"], zero=2**31),
    ]
    hdu = _written(tmp_path / "table.fits", cards, rows)
    assert hdu.columns.formats == ["3D", "2J"]
    assert hdu.columns["v"].unit == "um"
    assert hdu.data["v"].tolist() == rows["v"].tolist()
    assert hdu.data["flags"].tolist() == [[7, 7], [7, 7]]
