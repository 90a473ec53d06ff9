import warnings

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table
from astropy.time import Time

from scripts.lib.fits.writer import ProductWriter
from scripts.lib.light_curves.product_header import (
    append_image,
    append_table,
    append_times,
    label_cards,
    primary_cards,
)
from scripts.lib.provenance.reference_records import recorded_texts
from scripts.lib.provenance.software import SOFTWARE


@pytest.fixture(name="hdus")
def product(tmp_path, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    primary = {"TARGNAME": "WASP-0", "FILTER": None, "BITPIX": 99, "NINTS": 3, "CAL_VER": "3.0.0"}
    options = {"BINS": ("of 2 columns", "Bins of wavelength")}
    records = ["gain a.fits sha1 0123456789012345678901234567890123456789"]
    cards = primary_cards("some curves", primary, options, ["the clock is wrong"], records)
    with ProductWriter(tmp_path / "a.fits", checksums=True) as writer:
        writer.append_hdu(cards)
        label = label_cards("", 2)
        columns = {"A": np.array([1.0, 2.0]), "B": np.array([3, 4])}
        append_table(writer, columns, {"A": "um"}, "TABLE", 2, {"A": "the first"}, label)
        append_table(writer, {"A": np.zeros(0)}, {}, "TABLE", 3, {})
        times = {"mjd_utc": [59000.25], "bjd_tdb": [59000.5], "segment": [1], "integration": [7]}
        append_times(writer, times, 1, label)
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
    assert header["DATE"] == "1970-01-01T00:00:00.000"
    assert header["CREATOR"] == SOFTWARE
    history = str(header["HISTORY"])
    assert recorded_texts([[card.image for card in header.cards]]) == [
        "gain a.fits sha1 0123456789012345678901234567890123456789"
    ]
    assert "some curves" in history
    assert "the clock is wrong" in history


def test_tables_have_units_and_labels(hdus):
    table = hdus["TABLE", 2]
    assert table.data["A"].tolist() == [1.0, 2.0]
    assert table.data["B"].tolist() == [3, 4]
    assert table.columns["A"].unit == "um"
    assert table.columns["B"].unit is None
    assert (table.header["DETECTOR"], table.header["SPORDER"]) == ("N/A", 2)
    assert table.header.comments["TTYPE1"] == "the first"
    assert len(hdus["TABLE", 3].data) == 0


def test_times_say_in_their_comments_that_they_are_modified_dates(hdus):
    header = hdus["TIME"].header
    comments = [header.comments[f"TTYPE{number}"] for number in range(1, 5)]
    assert comments == [
        "mid time, UTC: JD - 2400000.5",
        "mid time, TDB, barycentre: BJD - 2400000.5",
        "number of the segment",
        "number in the exposure, from 1",
    ]


def test_times_are_understood_by_readers_of_the_standard(hdus):
    with warnings.catch_warnings():
        # It misses the place of the observatory for UTC.
        warnings.simplefilter("ignore")
        table = Table.read(hdus["TIME"], astropy_native=True)
    assert isinstance(table["BJD_TDB"], Time)
    assert (table["BJD_TDB"].scale, table["BJD_TDB"].mjd.tolist()) == ("tdb", [59000.5])
    assert (table["MJD_UTC"].scale, table["MJD_UTC"].mjd.tolist()) == ("utc", [59000.25])


def test_images_have_units_and_labels(hdus):
    image = hdus["IMAGE", 2]
    assert image.data.tolist() == [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]
    assert image.header["BUNIT"] == "Jy"
    assert image.header["SPORDER"] == 2
    assert hdus["FLAGS"].data.tolist() == [[1, 2, 4]]
    assert "BUNIT" not in hdus["FLAGS"].header
