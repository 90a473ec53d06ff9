import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.lib.references.aperture_limits import follows_source, regions_beyond
from scripts.lib.spectra.aperture_weights import (
    background_profile,
    centre_across,
    source_profile,
)
from scripts.lib.spectra.apertures import make_aperture, shift_aperture


@pytest.mark.parametrize(
    ("option", "source_type", "given_value", "exp_type", "follows"),
    [
        (None, "POINT", None, "NRS_BRIGHTOBJ", True),
        (None, "POINT", None, "NRC_TSGRISM", False),
        (None, "POINT", False, "NRS_BRIGHTOBJ", False),
        (None, "EXTENDED", True, "NRS_BRIGHTOBJ", False),
        (True, "EXTENDED", None, "NRC_TSGRISM", True),
        (False, "POINT", True, "NRS_BRIGHTOBJ", False),
    ],
)
def test_the_option_wins_then_the_source_the_reference_and_the_mode(
    option, source_type, given_value, exp_type, follows
):
    entry, options = {"use_source_posn": given_value}, {"use_source_posn": option}
    assert follows_source(entry, options, exp_type, source_type) is follows


def test_a_background_beyond_the_array_is_found():
    entry = {"xstart": 0, "xstop": 9, "bkg_coeff": [[24.5], [30.5]]}
    assert regions_beyond(entry, 1, (16, 10), {}) == [("bkg_coeff", 25.0, 30.0, 16)]
    assert regions_beyond(entry, 1, (32, 10), {}) == []
    assert regions_beyond(entry, 1, (16, 10), {"position_offset": -10}) == []
    assert regions_beyond(entry, 1, (16, 10), {"subtract_background": False}) == []


def test_one_of_two_background_regions_in_the_array_suffices():
    entry = {"bkg_coeff": [[24.5], [30.5], [1.5], [3.5]]}
    assert regions_beyond(entry, 1, (16, 10), {}) == []


def test_an_aperture_that_an_offset_moves_off_the_array_is_found_along_its_axis():
    entry = {"xstart": 30, "xstop": 41}
    assert regions_beyond(entry, 2, (416, 72), {"position_offset": 300}) == [
        ("xstart/xstop", 330.0, 341.0, 72)
    ]
    entry = {"xstart": 80, "xstop": 90}
    assert regions_beyond(entry, 1, (16, 72), {}) == [("xstart/xstop", 80, 90, 72)]


def test_regions_that_no_source_on_the_array_moves_onto_it_are_found():
    background = {"ystart": 0, "ystop": 15, "extract_width": 5, "bkg_coeff": [[24.5], [30.5]]}
    assert regions_beyond(background, 1, (16, 10), {}, True) == [("bkg_coeff", 25.0, 30.0, 16)]
    assert regions_beyond(background, 1, (24, 10), {}, True) == []
    aperture = {"ystart": 50, "ystop": 55}
    assert regions_beyond(aperture, 1, (16, 10), {}, True) == [("ystart/ystop", 50.0, 55.0, 16)]
    aperture = {"src_coeff": [[49.5], [55.5]]}
    assert regions_beyond(aperture, 1, (16, 10), {}, True) == [("src_coeff", 50.0, 55.0, 16)]
    assert regions_beyond({"ystart": 17, "ystop": 20}, 1, (16, 10), {}, True) == []


@given(st.tuples(*[st.integers(-20, 20)] * 4), st.integers(0, 5), st.integers(-12, 12))
def test_regions_beyond_for_any_source_are_so_for_each(limits, row, offset):
    entry = {
        "src_coeff": [[limits[0] / 2], [limits[1] / 2, 0.5]],
        "bkg_coeff": [[limits[2] / 2], [limits[3] / 2]],
    }
    shape, options = (6, 4), {"position_offset": offset}
    beyond = {key for key, *_ in regions_beyond(entry, 1, shape, options, True)}
    aperture, wavelength = make_aperture(entry, shape, 1, {}, "ANY", "POINT"), np.ones(shape)
    for column in range(shape[1]):
        middle = centre_across(source_profile(aperture, wavelength)[0][:, column])
        moved = shift_aperture(aperture, row - middle + offset)
        if "src_coeff" in beyond:
            assert not source_profile(moved, wavelength)[0].any()
        if "bkg_coeff" in beyond:
            assert not background_profile(moved, wavelength).any()


def test_limits_that_depend_on_wavelength_are_left_to_the_step():
    entry = {"independent_var": "wavelength", "src_coeff": [[90.0, 1.0], [99.0, 1.0]]}
    assert regions_beyond(entry, 1, (16, 10), {}) == []
    entry = {"independent_var": "wavelength", "src_coeff": [[90.0], [99.0]]}
    assert regions_beyond(entry, 1, (16, 10), {}) == [("src_coeff", 90.5, 98.5, 16)]


LIMIT = st.integers(-40, 40).map(lambda number: number / 2)


@given(st.tuples(LIMIT, LIMIT), st.tuples(LIMIT, LIMIT), LIMIT, st.sampled_from(["poly", "median"]))
def test_regions_beyond_are_those_without_any_weight(source, background, offset, fit):
    entry = {
        "src_coeff": [[source[0], 0.25], [source[1], 0.25]],
        "bkg_coeff": [[background[0]], [background[1]]],
        "bkg_fit": fit,
    }
    shape, options = (6, 4), {"position_offset": offset}
    aperture = make_aperture(entry, shape, 1, options, "NRC_TSGRISM", "POINT")
    aperture, wavelength = shift_aperture(aperture, offset), np.ones(shape)
    expected = []
    if not source_profile(aperture, wavelength)[0].any():
        expected.append("src_coeff")
    if not background_profile(aperture, wavelength).any():
        expected.append("bkg_coeff")
    assert [key for key, *_ in regions_beyond(entry, 1, shape, options)] == expected


@given(LIMIT, st.integers(1, 9), LIMIT)
def test_a_width_beyond_the_array_is_found(middle, width, offset):
    entry = {"ystart": middle - 1, "ystop": middle + 1, "extract_width": width}
    shape, options = (6, 4), {"position_offset": offset}
    aperture = make_aperture(entry, shape, 1, options, "NRC_TSGRISM", "POINT")
    weights = source_profile(shift_aperture(aperture, offset), np.ones(shape))[0]
    beyond = regions_beyond(entry, 1, shape, options)
    assert [key for key, *_ in beyond] == ([] if weights.any() else ["ystart/ystop/extract_width"])
