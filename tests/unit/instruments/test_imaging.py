"""Subarrays of the imaging modes."""

import pytest

from scripts.lib.fits.headers import Hdu
from scripts.lib.instruments.imaging import (
    array_corner,
    extension_header,
    gain_corner,
    gain_section,
    sums_whole_array,
)

SHAPE = (32, 30)
SEGMENT = {"SUBSTRT1": 101, "SUBSTRT2": 201}


def gain_hdus(shape=(2048, 2048), corner=(1, 1), instrument="NIRCAM"):
    """Headers of a gain reference with the corner (x, y)."""
    primary = {"INSTRUME": instrument}
    if corner:
        primary |= {"SUBSTRT1": corner[0], "SUBSTRT2": corner[1]}
    return [
        Hdu("PRIMARY", 1, primary, [], 0, 0, 0, ()),
        Hdu("SCI", 1, {"EXTVER": 1}, [], 0, 0, 0, shape),
        Hdu("SCI", 2, {"EXTVER": 2}, [], 0, 0, 0, shape),
    ]


@pytest.mark.parametrize(
    ("pupil", "subarray", "whole"),
    [("WLP8", "SUB64P", True), ("WLP8", "SUB160P", False), ("CLEAR", "SUB64P", False)],
)
def test_only_the_weak_lens_in_the_smallest_array_is_summed_whole(pupil, subarray, whole):
    assert sums_whole_array({"PUPIL": pupil, "SUBARRAY": subarray}) is whole


def test_the_section_of_a_full_frame_starts_at_the_corner_of_the_segment():
    assert gain_section(SEGMENT, SHAPE, gain_hdus()) == (slice(200, 232), slice(100, 130))


def test_the_section_of_a_subarray_is_counted_from_its_own_corner():
    reference = gain_hdus((50, 60), (91, 190))
    assert gain_section(SEGMENT, SHAPE, reference) == (slice(11, 43), slice(10, 40))


@pytest.mark.parametrize(
    ("instrument", "shape", "start"),
    [
        ("NIRCAM", (2048, 2048), (1, 1)),
        ("MIRI", (1024, 1032), (1, 1)),
        ("MIRI", (2048, 2048), None),
        ("NIRCAM", (64, 64), None),
    ],
)
def test_only_a_full_frame_has_a_known_corner_without_keywords(instrument, shape, start):
    assert gain_corner(gain_hdus(shape, None, instrument)) == start
    assert gain_corner(gain_hdus(shape, (5, 9), instrument)) == (9, 5)


@pytest.mark.parametrize(
    ("keywords", "corner"),
    [
        (SEGMENT, (201, 101)),
        ({"SUBSTRT1": 101}, None),
        ({"SUBSTRT1": "101", "SUBSTRT2": 201}, None),
        ({}, None),
    ],
)
def test_a_corner_is_two_whole_numbers_row_first(keywords, corner):
    assert array_corner(keywords) == corner


def test_the_first_extension_of_a_name_counts():
    assert extension_header(gain_hdus(), "SCI") == {"EXTVER": 1}
    assert extension_header(gain_hdus(), "ERR") == {}
