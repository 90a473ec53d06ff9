"""What products record of the files that they were made with."""

from hashlib import sha1
from types import SimpleNamespace

from astropy.io import fits
from hypothesis import given
from hypothesis import strategies as st

from scripts.lib.fits.cards import format_card
from scripts.lib.provenance.reference_records import (
    add_records,
    checksum,
    crds_keywords,
    history_lines,
    record_references,
    recorded_texts,
    reference_name,
)

RECORD = "extract1d crds://jwst_miri_extract1d_0006.json sha1 " + 40 * "a"


def job(config=None, **params):
    """The parts of a job that records come from."""
    known = {"reference_names": {}, "parameter_files": []} | params
    return SimpleNamespace(params=SimpleNamespace(**known), config=config)


def test_names():
    assert reference_name("gain", "refs/a.fits", {}) == "a.fits"
    assert reference_name("gain", [], {}) == "N/A"
    assert reference_name("gain", "refs/a.fits", {"gain": "crds://a.fits"}) == "crds://a.fits"
    assert reference_name("extract1d", None, {"extract1d": "tso3flow://X"}) == "tso3flow://X"


def test_checksum_is_that_of_crds(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    assert checksum(tmp_path / "a") == "a9993e364706816aba3e25717850c26c9cd0d89d"


def test_cards_are_cut_at_blanks():
    first, second = history_lines([RECORD])
    assert first.rstrip() == "reference extract1d crds://jwst_miri_extract1d_0006.json sha1"
    assert second == "reference+" + 40 * "a"


@given(st.lists(st.text(st.characters(codec="ascii", categories=("L", "N", "P")), min_size=1)))
def test_long_names_come_back(words):
    cards = [format_card("SIMPLE", True)]
    add_records(cards, [" ".join(words)] if words else [])
    assert all(len(card) == 80 for card in cards)
    assert recorded_texts([cards, cards]) == ([" ".join(words)] if words else [])


def test_records_of_segments_are_taken_once():
    cards = [[], [], []]
    for header, texts in zip(cards, ([RECORD, "gain a"], [RECORD], ["gain b"]), strict=True):
        header.append(format_card("HISTORY", "something else"))
        add_records(header, texts)
    assert recorded_texts(cards) == [RECORD, "gain a", "gain b"]


def test_history_names_files_and_context(tmp_path):
    (tmp_path / "é.json").write_text("{}")
    cards = [format_card("SIMPLE", True), format_card("CRDS_CTX", "jwst_0001.pmap")]
    made = job({"crds_context": "jwst_0002.pmap"}, parameter_files=["pars-x crds://p.asdf sha1 0"])
    record_references(cards, made, {"extract1d": str(tmp_path / "é.json"), "apcorr": []})
    header = fits.Header.fromstring("".join(cards))
    assert header["CRDS_CTX"] == "jwst_0002.pmap"
    digest = sha1(b"{}").hexdigest()
    assert recorded_texts([cards]) == [
        f"extract1d ?.json sha1 {digest}",
        "pars-x crds://p.asdf sha1 0",
    ]


def test_context_is_kept_where_crds_selected_nothing(tmp_path):
    (tmp_path / "a.json").write_text("{}")
    cards = [format_card("CRDS_CTX", "jwst_0001.pmap")]
    given_by_user = {"extract1d": str(tmp_path / "a.json")}
    record_references(cards, job({"crds_context": "jwst_0002.pmap"}), given_by_user)
    assert cards[0] == format_card("CRDS_CTX", "jwst_0001.pmap")
    assert crds_keywords(None, [RECORD]) == {}
    assert crds_keywords("jwst_0002.pmap", [RECORD])["CRDS_CTX"][0] == "jwst_0002.pmap"
