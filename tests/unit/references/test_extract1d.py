import json

import pytest

from scripts.lib.errors import InputError
from scripts.lib.references.extract1d import (
    ApertureError,
    check_entry,
    name_file_in_errors,
    number,
    read_reference,
    select_entry,
    slit_name,
)


def test_reads_apertures(tmp_path):
    path = tmp_path / "reference.json"
    path.write_text(json.dumps({"reftype": "EXTRACT1D", "apertures": [{"id": "S1"}]}))
    assert read_reference(path) == [{"id": "S1"}]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "not a JSON file"),
        ("[" * 100_000, "not a JSON file"),
        ("[]", "apertures"),
        ('{"apertures": {}}', "apertures"),
        ('{"apertures": [1]}', "apertures"),
    ],
)
def test_refuses_other_files(tmp_path, content, message):
    path = tmp_path / "reference.json"
    path.write_text(content)
    with pytest.raises(InputError, match=message):
        read_reference(path)


def test_slits_of_nirspec_and_modes_of_others_have_apertures():
    assert slit_name("NRS_BRIGHTOBJ", {"SLTNAME": "S1600A1"}) == "S1600A1"
    assert slit_name("NRS_BRIGHTOBJ", {}) is None
    assert slit_name("NRC_TSGRISM", {"SLTNAME": "S1600A1"}) == "NRC_TSGRISM"


def test_refuses_a_missing_file(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        read_reference(tmp_path / "none.json")


ENTRIES = [
    {"xstart": 0},
    {"id": "dummy"},
    {"id": "S1", "region_type": "background", "n": 0},
    {"id": "S1", "spectral_order": 2, "n": 1},
    {"id": "S1", "spectral_order": 1, "n": 2},
    {"id": "S1", "n": 3},
    {"id": "S2", "spectral_order": "ANY", "n": 4},
]


@pytest.mark.parametrize(
    ("name", "order", "number"), [("S1", 1, 2), ("S1", 2, 1), ("S1", 3, 3), ("S2", -1, 4)]
)
def test_takes_the_first_aperture_of_name_and_order(name, order, number):
    assert select_entry(ENTRIES, name, order)["n"] == number


def test_any_stands_for_every_name():
    entry = {"id": "ANY"}
    assert select_entry([{"id": "S2"}, entry, {"id": "S1"}], "S1", 1) is entry
    assert select_entry([entry], None, 1) is entry
    assert select_entry([{"id": "S2"}], "ANY", 1) == {"id": "S2"}


def test_knows_a_name_whose_order_is_missing():
    assert select_entry([{"id": "S1", "spectral_order": 2}], "S1", 1) is None


def test_a_message_names_the_apertures_that_were_found():
    with pytest.raises(InputError, match=r"None, dummy, S1.*'S9'"):
        select_entry(ENTRIES, "S9", 1)
    with pytest.raises(InputError, match="found none"):
        select_entry([], "S9", 1)


@pytest.mark.parametrize(("path", "start"), [("a.json", "a.json"), (None, "EXTRACT1D reference")])
def test_errors_about_apertures_get_the_name_of_the_file(path, start):
    with pytest.raises(InputError) as caught, name_file_in_errors(path):
        number({"id": "S1", "ystop": "3"}, "ystop", 0)
    assert str(caught.value) == f"{start}: ystop of aperture 'S1': found '3', expected a number"
    with pytest.raises(InputError, match=r"^b\.fits: truncated$"), name_file_in_errors(path):
        raise InputError("b.fits: truncated")


@pytest.mark.parametrize("width", [0, -1, -0.5])
def test_a_width_of_nothing_is_refused(width):
    with pytest.raises(ApertureError, match=f"extract_width .* found {width}, expected a number a"):
        check_entry({"id": "S1", "extract_width": width}, {})
    assert number({"extract_width": 0.5}, "extract_width", None) == 0.5
