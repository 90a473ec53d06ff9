import logging

import numpy as np
import pytest

from scripts.lib.errors import InputError
from scripts.lib.spectra.apertures import (
    Aperture,
    boxcar_length,
    make_aperture,
    shift_aperture,
    whole_array,
)

SHAPE = (6, 20)


def make(entry, options=None, axis=1, shape=SHAPE, exp_type="NRS_BRIGHTOBJ", source="POINT"):
    return make_aperture({"id": "S1", **entry}, shape, axis, options or {}, exp_type, source)


def test_whole_array_has_no_background():
    aperture = whole_array(SHAPE)
    assert (aperture.cross_start, aperture.cross_stop) == (0, 5)
    assert (aperture.dispersion_start, aperture.dispersion_stop) == (0, 19)
    assert not aperture.subtract_background
    assert not aperture.use_source_position


def test_limits_default_to_the_array():
    assert make({}).cross_stop == 5
    assert make({}).dispersion_stop == 19


def test_limits_follow_the_direction_of_dispersion():
    entry = {"xstart": 1, "xstop": 2, "ystart": 3, "ystop": 4.5}
    horizontal, vertical = make(entry), make(entry, axis=2)
    assert (horizontal.dispersion_start, horizontal.dispersion_stop) == (1, 2)
    assert (horizontal.cross_start, horizontal.cross_stop) == (3, 4.5)
    assert (vertical.dispersion_start, vertical.dispersion_stop) == (3, 4.5)
    assert (vertical.cross_start, vertical.cross_stop) == (1, 2)


@pytest.mark.parametrize(
    ("entry", "options", "exp_type", "source", "follows"),
    [
        ({}, {}, "NRS_BRIGHTOBJ", "POINT", True),
        ({}, {}, "MIR_LRS-SLITLESS", "POINT", False),
        ({"use_source_posn": False}, {}, "NRS_BRIGHTOBJ", "POINT", False),
        ({"use_source_posn": True}, {}, "NRC_TSGRISM", "POINT", True),
        ({"use_source_posn": True}, {}, "NRS_BRIGHTOBJ", "EXTENDED", False),
        ({"use_source_posn": True}, {}, "NRS_BRIGHTOBJ", None, False),
        ({"use_source_posn": False}, {"use_source_posn": True}, "NRS_BRIGHTOBJ", "EXTENDED", True),
        ({"use_source_posn": True}, {"use_source_posn": False}, "NRS_BRIGHTOBJ", "POINT", False),
    ],
)
def test_precedence_of_the_source_position(entry, options, exp_type, source, follows):
    assert make(entry, options, exp_type=exp_type, source=source).use_source_position is follows


@pytest.mark.parametrize(
    ("entry", "options", "subtracts"),
    [
        ({}, {}, False),
        ({"bkg_coeff": [[0], [3]]}, {}, True),
        ({"bkg_coeff": [[0], [3]]}, {"subtract_background": False}, False),
        ({}, {"subtract_background": True}, False),
    ],
)
def test_background_needs_regions(entry, options, subtracts):
    assert make(entry, options).subtract_background is subtracts


@pytest.mark.parametrize(
    ("entry", "options", "model"),
    [
        ({}, {}, ("poly", 0)),
        ({"bkg_fit": "median", "bkg_order": 2}, {}, ("median", 2)),
        ({"bkg_fit": "median"}, {"bkg_fit": "poly", "bkg_order": 1}, ("poly", 1)),
        ({"bkg_order": 3}, {"bkg_fit": "mean", "bkg_order": 2}, ("poly", 0)),
        ({"bkg_order": 3}, {"bkg_order": 0}, ("poly", 0)),
    ],
)
def test_background_model(entry, options, model):
    aperture = make({"bkg_coeff": [[0], [3]], **entry}, options)
    assert (aperture.background_fit, aperture.background_order) == model


def test_an_unused_background_model_is_not_checked():
    assert not make({"bkg_fit": "spline"}).subtract_background


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"xstart": "3"}, "xstart.*'3'.*a number"),
        ({"extract_width": True}, "extract_width"),
        ({"ystop": float("inf")}, "ystop.*inf"),
        ({"ystop": 10**400}, "ystop"),
        ({"extract_width": -1e30}, "extract_width.*-1e.30.*from -1e.06 to 1e.06"),
        ({"smoothing_length": 100001}, "smoothing_length.*from -10000 to 10000"),
        ({"bkg_coeff": [[0], [3]], "bkg_order": 101}, "bkg_order.*101.*from 0 to 100"),
        ({"bkg_coeff": [[0], [3]], "bkg_order": -1}, "bkg_order.*-1"),
        ({"bkg_coeff": [[0], [float("nan")]]}, "bkg_coeff.*nan"),
        ({"bkg_coeff": [[0], [3]], "bkg_order": float("inf")}, "bkg_order"),
        ({"src_coeff": [[1.0]]}, "src_coeff.*in turn"),
        ({"src_coeff": [[1.0], []]}, "src_coeff"),
        ({"src_coeff": 3}, "src_coeff"),
        ({"bkg_coeff": [["a"], [1]]}, "bkg_coeff"),
        ({"bkg_coeff": [[0], [3]], "bkg_fit": "mean"}, "bkg_fit.*'mean'"),
        ({"bkg_coeff": [[0], [3]], "bkg_order": 1.5}, "bkg_order"),
    ],
)
def test_refuses_wrong_values(entry, message):
    with pytest.raises(InputError, match=message):
        make(entry)


@pytest.mark.parametrize(
    ("asked", "used"), [(0, 0), (1, 0), (2, 0), (-3, 0), (3, 3), (4, 3), (7.4, 7), (8, 7), (2.6, 3)]
)
def test_smoothing_length_is_odd(asked, used, caplog):
    with caplog.at_level(logging.WARNING):
        assert boxcar_length(asked) == used
    assert bool(caplog.records) is (asked != used)


def test_smoothing_of_the_user_comes_first():
    assert make({"smoothing_length": 9}, {"smoothing_length": 5}).smoothing_length == 5
    assert make({"smoothing_length": 9}).smoothing_length == 9


def test_shift_moves_everything_across_dispersion():
    polynomials = ((1.0, 0.5), (4.0,))
    aperture = Aperture(
        *(0, 9, 2, 6), polynomials, polynomials, trace=np.array([3.0, np.nan]), width=3
    )
    moved = shift_aperture(aperture, 1.5)
    assert (moved.dispersion_start, moved.dispersion_stop) == (0, 9)
    assert (moved.cross_start, moved.cross_stop) == (3.5, 7.5)
    assert moved.source_coefficients == ((2.5, 0.5), (5.5,))
    assert moved.background_coefficients == ((2.5, 0.5), (5.5,))
    np.testing.assert_array_equal(moved.trace, [4.5, np.nan])
    assert shift_aperture(aperture, 1.5, shift_trace=False).trace is aperture.trace
    assert aperture.source_coefficients == polynomials
