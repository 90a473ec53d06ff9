"""Checksums, as astropy computes them."""

import numpy as np
from astropy.io import fits
from hypothesis import given
from hypothesis import strategies as st

from scripts.lib.fits import writer
from scripts.lib.fits.cards import format_card, header_bytes
from scripts.lib.fits.checksums import checksum_cards, data_sum, placeholder_cards
from scripts.lib.fits.extensions import image_cards
from scripts.lib.fits.writer import ProductWriter

PRIMARY = [format_card("SIMPLE", True), format_card("BITPIX", 8), format_card("NAXIS", 0)]


def test_sum_carries_what_is_above_32_bits_to_the_lowest_bit():
    assert data_sum(b"") == 0
    assert data_sum(bytes([255] * 4 + [0, 0, 0, 1])) == 1
    assert data_sum(bytes([0, 0, 0, 5]), start=2**32 - 1) == 5


@given(st.binary(max_size=50), st.binary(max_size=50))
def test_sum_in_parts_is_that_of_the_whole(one, other):
    one, other = one[: len(one) // 4 * 4], other[: len(other) // 4 * 4]
    assert data_sum(other, data_sum(one)) == data_sum(one + other)


@given(st.integers(0, 2**32 - 1), st.text("abcXYZ019", max_size=60))
def test_a_header_with_its_checksum_and_data_adds_up_to_nothing(total, text):
    header = header_bytes([*PRIMARY, format_card("COMMENT", text), *placeholder_cards()])
    stored = header
    for placeholder, card in checksum_cards(header, total).items():
        stored = stored.replace(placeholder.encode(), card.encode())
    assert len(stored) == len(header)
    assert data_sum(stored, total) == 2**32 - 1
    value = fits.Header.fromstring(stored.decode())["CHECKSUM"]
    assert len(value) == 16
    assert value.isalnum()


def test_astropy_agrees_on_files_of_several_blocks(tmp_path, monkeypatch):
    monkeypatch.setattr(writer, "_COPY_LENGTH", 2880)
    values = np.random.default_rng(3).normal(size=(40, 30)).astype(">f8")
    path = tmp_path / "a.fits"
    with ProductWriter(path, checksums=True) as product:
        product.append_hdu([*PRIMARY, format_card("EXTEND", True)])
        offset = product.append_hdu(image_cards("A", values.shape, -64), values.nbytes)
        product.append_hdu(image_cards("EMPTY", (2, 3), 8), 6)
        product.write(values.view(np.uint8), offset)
    with fits.open(path, checksum=True, memmap=False) as hdus:
        assert [hdu.verify_checksum() for hdu in hdus] == [1, 1, 1]
        assert [hdu.verify_datasum() for hdu in hdus] == [1, 1, 1]
        assert np.array_equal(hdus["A"].data, values)
    data = bytearray(path.read_bytes())
    data[offset] ^= 1
    path.write_bytes(data)
    with fits.open(path, memmap=False) as hdus:
        assert hdus["A"].verify_datasum() == 0
