import gzip
import io
import os
import string
import time

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given
from hypothesis import strategies as st

from scripts.lib.errors import InputError
from scripts.lib.fits import headers
from scripts.lib.fits.headers import (
    MOST_BLOCKS,
    MOST_UNITS,
    MOST_UNPACKED,
    NoValue,
    parse_cards,
    read_hdus,
)

PRINTABLE = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=200)
VALUES = st.one_of(
    PRINTABLE,
    st.booleans(),
    st.integers(-(2**63), 2**63),
    st.floats(allow_nan=False, allow_infinity=False),
    st.none(),
)
KEYWORDS = st.text(string.ascii_uppercase + string.digits + "_-", min_size=1, max_size=8).filter(
    lambda name: name not in fits.Card._commentary_keywords | {"END", "CONTINUE", "SIMPLE"}
)


def cards_of(text):
    return [text[k : k + 80] for k in range(0, len(text), 80)]


def card(text):
    return [f"{text:<80s}"]


@pytest.fixture(name="path")
def fits_file(tmp_path):
    primary = fits.PrimaryHDU()
    primary.header.update({f"KEY{k}": k for k in range(400)})
    cube = fits.ImageHDU(np.zeros((2, 3, 5), "f4"), name="sci")
    small = fits.ImageHDU(np.zeros((3, 5), "i2"))
    table = fits.BinTableHDU(np.zeros(4, [("a", "i4"), ("b", "f8", (3,))]), name="EXTRACT1D", ver=2)
    strings = fits.BinTableHDU.from_columns(
        [fits.Column("v", "PJ()", array=np.array([[1, 2], [3]], object))], name="VARIABLE"
    )
    path = tmp_path / "file.fits"
    fits.HDUList([primary, cube, small, table, strings]).writeto(path)
    return path


@given(st.dictionaries(KEYWORDS, VALUES, max_size=5))
def test_values_that_astropy_wrote_are_read_back(values):
    written = fits.Header()
    for keyword, value in values.items():
        written[keyword] = value
    cards = cards_of(written.tostring(endcard=False, padding=False))
    header = parse_cards(cards)
    # What astropy reads is the reference for floats only: it writes 16 digits of
    # them, and reads a string back wrongly if a quote in it comes before a slash.
    floats = fits.Header.fromstring("".join(cards))
    for keyword, value in values.items():
        expected = value.rstrip() if isinstance(value, str) else value
        expected = floats[keyword] if isinstance(value, float) else expected
        assert header[keyword] == expected
        assert type(header[keyword]) is type(expected)
    assert list(header) == list(values)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("KEY     =              1.5D+03", 1500.0),
        ("KEY     =               -2d-1 / comment", -0.2),
        ("KEY     =                  .5", 0.5),
        ("KEY     =                  5.", 5.0),
        ("KEY     =                  +7", 7),
        ("KEY     = T/comment", True),
        ("KEY     =                    F", False),
        ("KEY     =", None),
        ("KEY     =                      / no value", None),
        ("KEY     = 'it''s / not a comment' / it's", "it's / not a comment"),
        ("KEY     = '  leading blanks stay   '", "  leading blanks stay"),
        ("KEY     = ''", ""),
        ("KEY     = 'no CONTINUE&'", "no CONTINUE&"),
        ("KEY     = (1.0, 2.0)", "(1.0, 2.0)"),
        ("KEY     = 12:30:00", NoValue("12:30:00")),
        ("KEY     = NaN", NoValue("NaN")),
        ("KEY     = 'text' rest", NoValue("'text' rest")),
        ("KEY     = 'text", NoValue("'text")),
        ("KEY     = 1E999", NoValue("1E999")),
    ],
)
def test_value_of_one_card(text, value):
    parsed = parse_cards(card(text))["KEY"]
    assert parsed == value
    assert type(parsed) is type(value)


def test_cards_without_a_value_are_left_out():
    texts = ["COMMENT = 'no keyword'", "HISTORY = 1", "", "KEY       3", "CONTINUE  'alone'"]
    assert parse_cards([c for text in texts for c in card(text)]) == {}


def test_first_of_repeated_keywords_counts():
    assert parse_cards(card("KEY     = 1") + card("KEY     = 2")) == {"KEY": 1}


def test_hierarch_keyword():
    assert parse_cards(card("HIERARCH ESO DET Gain = 2.5 / e/DN")) == {"ESO DET GAIN": 2.5}


def test_long_string_over_three_cards():
    cards = (
        card("KEY     = 'one &'") + card("CONTINUE  'two''s &'") + card("CONTINUE  'three' / end")
    )
    assert parse_cards([*cards, *card("NEXT    = 1")]) == {"KEY": "one two's three", "NEXT": 1}


@pytest.mark.parametrize("compressed", [False, True])
def test_units_are_those_of_astropy(path, compressed):
    if compressed:
        packed = path.with_suffix(".fits.gz")
        packed.write_bytes(gzip.compress(path.read_bytes()))
    hdus = read_hdus(packed if compressed else path)
    with fits.open(path) as expected:
        assert [hdu.header_offset for hdu in hdus] == [hdu.fileinfo()["hdrLoc"] for hdu in expected]
        assert [hdu.data_offset for hdu in hdus] == [hdu.fileinfo()["datLoc"] for hdu in expected]
        assert ["".join(hdu.cards) for hdu in hdus] == [
            hdu.header.tostring(endcard=False, padding=False) for hdu in expected
        ]
    assert [hdu.name for hdu in hdus] == ["PRIMARY", "SCI", "", "EXTRACT1D", "VARIABLE"]
    assert [hdu.version for hdu in hdus] == [1, 1, 1, 2, 1]
    assert [hdu.shape for hdu in hdus] == [(), (2, 3, 5), (3, 5), (4, 28), (2, 8)]
    assert [hdu.data_bytes for hdu in hdus] == [0, 120, 30, 112, 16 + 12]
    assert hdus[0].header["KEY399"] == 399


@given(st.data())
def test_cut_file_is_an_error_or_shorter_by_whole_units(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "cut.fits"
    whole = b"".join(
        [_unit(b"SIMPLE  =                    T", 0), _unit(b"XTENSION= 'IMAGE   '", 700)]
    )
    path.write_bytes(whole)
    hdus = read_hdus(path)
    path.write_bytes(whole[: data.draw(st.integers(0, len(whole) - 1))])
    try:
        found = read_hdus(path)
    except InputError:
        return
    assert found == hdus[: len(found)]
    last = found[-1]
    assert not last.data_bytes or path.stat().st_size >= last.data_offset + last.data_bytes


def _unit(first, length):
    """A header and its data of bytes, padded to blocks."""
    texts = [first, b"BITPIX  = 8", f"NAXIS   = {int(length > 0)}".encode()]
    texts += [f"NAXIS1  = {length}".encode()] if length else []
    texts += [b"PCOUNT  = 0", b"GCOUNT  = 1"] if first.startswith(b"XTENSION") else []
    header = b"".join(text.ljust(80) for text in [*texts, b"END"])
    return header.ljust(2880) + b"\1" * length + b"\0" * (-length % 2880)


def test_truncated_data_are_named_with_their_bytes(path):
    expected = read_hdus(path)[3]
    end = expected.data_offset + expected.data_bytes
    path.write_bytes(path.read_bytes()[: end - 1])
    with pytest.raises(
        InputError, match=rf"file\.fits: truncated in EXTRACT1D: {end} bytes .* {end - 1} found"
    ):
        read_hdus(path)


def test_truncated_compressed_data_are_named_with_their_bytes(path):
    expected = read_hdus(path)[3]
    end = expected.data_offset + expected.data_bytes
    packed = path.with_suffix(".gz")
    packed.write_bytes(gzip.compress(path.read_bytes()[: end - 1]))
    with pytest.raises(InputError, match=f"truncated in EXTRACT1D: {end} bytes .* {end - 1} found"):
        read_hdus(packed)


def test_truncated_header_is_named_with_its_bytes(path):
    offset = read_hdus(path)[1].header_offset
    path.write_bytes(path.read_bytes()[: offset + 100])
    with pytest.raises(InputError, match="header of HDU 1: no END card in the 100 bytes found"):
        read_hdus(path)


def counted_reads(monkeypatch):
    """Numbers of bytes that are read from plain files from now on."""
    lengths = []

    class Counted(io.FileIO):
        def read(self, size=-1):
            data = super().read(size)
            lengths.append(len(data))
            return data

    def count(path, mode, buffering, opener):
        return Counted(path, mode, opener=opener)

    monkeypatch.setattr(headers, "open", count, raising=False)
    return lengths


def test_a_lost_end_card_does_not_read_the_data(path, monkeypatch):
    content = path.read_bytes()
    start = content.index(b"XTENSION")
    end = content.index(b"END".ljust(80), start)
    pixels = b"\x3f\x80\0\0" * (1 << 20)
    path.write_bytes(content[:end] + b"EN@".ljust(80) + content[end + 80 :] + pixels)
    lengths = counted_reads(monkeypatch)
    with pytest.raises(InputError, match=r"header of HDU 1: found .* at byte .*printable ASCII"):
        read_hdus(path)
    assert sum(lengths) < 200_000


def test_a_header_without_end_is_read_up_to_the_limit(tmp_path, monkeypatch):
    path = tmp_path / "file.fits"
    path.write_bytes(_unit(b"SIMPLE  =                    T", 0)[:240] + b" " * (20 << 20))
    lengths = counted_reads(monkeypatch)
    with pytest.raises(InputError, match="header of HDU 0: found no END card in 1000 blocks"):
        read_hdus(path)
    assert sum(lengths) == MOST_BLOCKS * 2880


def test_long_strings_of_many_cards_take_linear_time():
    cards = [*card("KEY     = '&'"), *card("CONTINUE  '" + "x" * 66 + "&'") * 36_000]
    started = time.process_time()
    assert len(parse_cards(cards)["KEY"]) == 66 * 36_000 + 1
    assert time.process_time() - started < 2


def test_files_of_too_many_units_are_refused(tmp_path):
    path = tmp_path / "file.fits"
    extension = _unit(b"XTENSION= 'IMAGE   '", 0)
    primary = _unit(b"SIMPLE  =                    T", 0)
    path.write_bytes(primary + extension * (MOST_UNITS - 1))
    assert len(read_hdus(path)) == MOST_UNITS
    path.write_bytes(primary + extension * MOST_UNITS)
    with pytest.raises(InputError, match="found more than 1000 header-data units"):
        read_hdus(path)


def test_compressed_data_before_a_header_are_limited(tmp_path):
    path = tmp_path / "file.fits.gz"
    length = str(MOST_UNPACKED).encode()
    primary = _unit(b"SIMPLE  =                    T", 9).replace(
        (b"NAXIS1  = 9").ljust(30), (b"NAXIS1  = " + length).ljust(30)
    )
    path.write_bytes(gzip.compress(primary + bytes(1 << 20), 1))
    with pytest.raises(InputError, match=f"PRIMARY: found {MOST_UNPACKED} bytes of data before"):
        read_hdus(path)


def test_a_pipe_is_no_file(tmp_path):
    os.mkfifo(tmp_path / "file.fits")
    with pytest.raises(InputError, match="cannot be read: it is no regular file"):
        read_hdus(tmp_path / "file.fits")


def test_missing_padding_is_no_error(path):
    last = read_hdus(path)[-1]
    path.write_bytes(path.read_bytes()[: last.data_offset + last.data_bytes])
    assert read_hdus(path)[-1] == last


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not a FITS file: it is empty"),
        (b"{}", "not a FITS file: it starts with"),
        (
            _unit(b"SIMPLE  =                    T", 0).replace(b"BITPIX", b"BYTPIX"),
            "header of HDU 0: BITPIX: found none, expected one of 8, 16",
        ),
        (
            _unit(b"SIMPLE  =                    T", 9).replace(b"NAXIS1 ", b"NAXES1 "),
            "HDU 0: NAXIS1: found none, expected a count",
        ),
        (
            _unit(b"SIMPLE  =                    T", 9).replace(b"= 8", b"= x"),
            "not a FITS file: header of HDU 0: BITPIX: found 'x'",
        ),
        *[
            (
                _unit(b"SIMPLE  =                    T / " + strange, 0),
                "header of HDU 0: found '.*' at byte 33, expected printable ASCII",
            )
            for strange in (b"\xa0", b"\0", b"\n")
        ],
        (_unit(b"SIMPLE  =                    F", 9), "HDU 0: SIMPLE: found False, expected T"),
        *[
            (
                _unit(b"SIMPLE  =                    T", 9).replace(
                    b"NAXIS1  = 9".ljust(15), card.ljust(15)
                ),
                f"HDU 0: NAXIS1: found {found}, expected a count",
            )
            for card, found in (
                (b"NAXIS1  = -9", "-9"),
                (b"NAXIS1  = 9.0", "9.0"),
                (b"NAXIS1  = 1E999", "'1E999'"),
                (b"NAXIS1  = T", "True"),
            )
        ],
    ],
)
def test_other_content_is_no_fits(tmp_path, content, message):
    path = tmp_path / "file.fits"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message) as caught:
        read_hdus(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    "content", [b"no gzip", gzip.compress(b"SIMPLE  =" * 999, mtime=0)[:20]], ids=["plain", "cut"]
)
def test_damaged_compression_is_an_input_error(tmp_path, content):
    path = tmp_path / "file.fits.gz"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"file\.fits\.gz"):
        read_hdus(path)


def test_missing_file_is_an_input_error(tmp_path):
    with pytest.raises(InputError, match=r"none\.fits: cannot be read: No such file"):
        read_hdus(tmp_path / "none.fits")


def test_simulated_products_of_jwst_are_read_like_astropy(shared_data):
    paths = list((shared_data / "eureka-miri-lrs-sim").glob("*.fits"))
    assert paths
    for path in paths:
        with fits.open(path) as expected:
            for hdu, reference in zip(read_hdus(path), expected, strict=True):
                assert hdu.name == reference.name
                assert hdu.data_offset == reference.fileinfo()["datLoc"]
                values = {k: v for k, v in reference.header.items() if k not in ("", "COMMENT")}
                assert hdu.header == {
                    k: None if isinstance(v, fits.card.Undefined) else v for k, v in values.items()
                }
