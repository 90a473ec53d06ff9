import numpy as np
import pytest
from astropy.io import fits

from scripts.lib.fits.writer import ProductWriter
from scripts.lib.light_curves.product_header import (
    append_image,
    append_table,
    label_cards,
    primary_cards,
)


@pytest.fixture(name="hdus")
def product(tmp_path):
    primary = {"TARGNAME": "WASP-0", "FILTER": None, "BITPIX": 99, "NINTS": 3, "CAL_VER": "3.0.0"}
    options = {"BINS": ("of 2 columns", "Bins of wavelength")}
    with ProductWriter(tmp_path / "a.fits") as writer:
        writer.append_hdu(primary_cards("some curves", primary, options, ["the clock is wrong"]))
        label = label_cards("", 2)
        columns = {"A": np.array([1.0, 2.0]), "B": np.array([3, 4])}
        append_table(writer, columns, {"A": "um"}, "TABLE", 2, label)
        append_table(writer, {"A": np.zeros(0)}, {}, "TABLE", 3)
        offset = append_image(writer, "IMAGE", (2, 3), -64, 2, "Jy", label)
        writer.write(np.arange(6, dtype=">f8").view(np.uint8), offset)
        offset = append_image(writer, "FLAGS", (1, 3), 8, 1, None)
        writer.write(np.array([1, 2, 4], np.uint8), offset)
    with fits.open(tmp_path / "a.fits") as opened:
        opened.verify("exception")
        yield opened


def test_primary_header_says_what_was_observed_and_how(hdus):
    header = hdus[0].header
    assert (header["TARGNAME"], header["CAL_VER"]) == ("WASP-0", "3.0.0")
    assert (header["BITPIX"], header["BINS"]) == (8, "of 2 columns")
    assert header.comments["BINS"] == "Bins of wavelength"
    assert (header["TIMEUNIT"], header["TIMEOFF"]) == ("d", 2400000.5)
    assert "FILTER" not in header
    assert "NINTS" not in header
    history = str(header["HISTORY"])
    assert "some curves" in history
    assert "the clock is wrong" in history


def test_tables_have_units_and_labels(hdus):
    table = hdus["TABLE", 2]
    assert table.data["A"].tolist() == [1.0, 2.0]
    assert table.data["B"].tolist() == [3, 4]
    assert table.columns["A"].unit == "um"
    assert table.columns["B"].unit is None
    assert (table.header["DETECTOR"], table.header["SPORDER"]) == ("N/A", 2)
    assert len(hdus["TABLE", 3].data) == 0


def test_images_have_units_and_labels(hdus):
    image = hdus["IMAGE", 2]
    assert image.data.tolist() == [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]
    assert image.header["BUNIT"] == "Jy"
    assert image.header["SPORDER"] == 2
    assert hdus["FLAGS"].data.tolist() == [[1, 2, 4]]
    assert "BUNIT" not in hdus["FLAGS"].header
