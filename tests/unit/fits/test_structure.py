"""The cards that say where the data are: each once, in order, typed."""

import numpy as np
import pytest
from astropy.io import fits

from scripts.lib.errors import InputError
from scripts.lib.fits.headers import read_hdus


@pytest.fixture(name="path")
def image_and_table(tmp_path):
    path = tmp_path / "file.fits"
    table = fits.BinTableHDU(np.zeros(4, [("a", "i4"), ("b", "f8")]), name="TIMES")
    image = fits.ImageHDU(np.zeros((2, 3, 5), "f4"), name="SCI")
    fits.HDUList([fits.PrimaryHDU(), image, table]).writeto(path)
    return path


def change(path, hdu, old, new):
    """Replace the text of one card of a header, or add it where there was none."""
    unit, content = read_hdus(path)[hdu], path.read_bytes()
    cards = [card for card in unit.cards if card.strip()]
    found = [k for k, card in enumerate(cards) if old and card.startswith(old)]
    if found:
        cards[found[0] : found[0] + 1] = [new.ljust(80)] if new else []
    else:
        cards.append(new.ljust(80))
    header = "".join([*cards, "END".ljust(80)]).encode().ljust(2880)
    path.write_bytes(content[: unit.header_offset] + header + content[unit.data_offset :])


@pytest.mark.parametrize("hdu", [0, 1, 2], ids=["primary", "image", "table"])
@pytest.mark.parametrize("keyword", ["BITPIX", "NAXIS", "NAXIS1", "PCOUNT", "GCOUNT", "EXTNAME"])
def test_a_second_card_is_refused_whatever_it_says(path, hdu, keyword):
    before = next((c for c in read_hdus(path)[hdu].cards if c.startswith(f"{keyword:8}")), None)
    if before is None:
        change(path, hdu, "", f"{keyword:8}= 1")
    unit = read_hdus(path)[hdu]
    start = unit.header_offset + 80 * len(unit.cards)
    card = (before or f"{keyword:8}= 1").ljust(80) + "END".ljust(80)
    content = path.read_bytes()
    path.write_bytes(content[:start] + card.encode() + content[start + 160 :])
    with pytest.raises(InputError, match=f"HDU {hdu}: .*{keyword}"):
        read_hdus(path)


@pytest.mark.parametrize("keyword", ["TFIELDS", "TFORM1", "TTYPE2", "XTENSION"])
def test_a_second_card_of_a_table_is_refused(path, keyword):
    change(path, 2, "", f"{keyword:8}= 1")
    with pytest.raises(InputError, match=f"HDU 2: {keyword}: found it twice, expected it once"):
        read_hdus(path)


@pytest.mark.parametrize(
    ("hdu", "old", "new", "text"),
    [
        (0, "BITPIX", "", "HDU 0: BITPIX: found none"),
        (0, "NAXIS ", "NAXIS   = 'x'", "HDU 0: NAXIS: found 'x', expected a count"),
        (1, "PCOUNT", "PCOUNT  =", "HDU 1: PCOUNT: found none, expected a count"),
        (1, "GCOUNT", "GCOUNT  =", "HDU 1: GCOUNT: found none, expected a count"),
        (1, "GCOUNT", "", "HDU 1: GCOUNT: found none, expected a count"),
        (1, "GCOUNT", "GCOUNT  = -1", "HDU 1: GCOUNT: found -1, expected a count"),
        (1, "BITPIX", "BITPIX  = 7", "HDU 1: BITPIX: found 7, expected one of 8"),
        (1, "NAXIS2", "NAXIS2  = T", "HDU 1: NAXIS2: found True, expected a count"),
        (2, "TFIELDS", "", "HDU 2: TFIELDS: found none, expected a count"),
        (2, "TFIELDS", "TFIELDS = 1000", "HDU 2: TFIELDS: found 1000, expected a count"),
    ],
)
def test_cards_that_are_missing_or_senseless_are_named(path, hdu, old, new, text):
    change(path, hdu, old, new)
    with pytest.raises(InputError, match=text):
        read_hdus(path)


def test_cards_in_another_order_are_named(path):
    unit, content = read_hdus(path)[1], path.read_bytes()
    cards = list(unit.cards)
    cards[1], cards[2] = cards[2], cards[1]
    start = unit.header_offset
    path.write_bytes(content[:start] + "".join(cards).encode() + content[start + 80 * len(cards) :])
    with pytest.raises(InputError, match="HDU 1: card 2: found NAXIS, expected BITPIX"):
        read_hdus(path)
