import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from scripts.lib.errors import InputError
from scripts.lib.segment_data.dq import (
    DO_NOT_USE,
    FLAG_NAMES,
    FLUX_ESTIMATED,
    NON_SCIENCE,
    OUTLIER,
    REFERENCE_PIXEL,
    bad_bits,
    unify_nan_and_dq,
)

NAN = np.nan


def floats(*values):
    return np.array(values, np.float32)


def flags(*values):
    return np.array(values, np.uint32)


def test_names_stand_at_their_bits():
    constants = {
        "DO_NOT_USE": DO_NOT_USE,
        "OUTLIER": OUTLIER,
        "NON_SCIENCE": NON_SCIENCE,
        "FLUX_ESTIMATED": FLUX_ESTIMATED,
        "REFERENCE_PIXEL": REFERENCE_PIXEL,
    }
    assert len(FLAG_NAMES) == len(set(FLAG_NAMES)) == 32
    for name, value in constants.items():
        assert 1 << FLAG_NAMES.index(name) == value


def test_names_are_those_of_the_data_models():
    dqflags = pytest.importorskip("stdatamodels.jwst.datamodels.dqflags")
    for bit, name in enumerate(FLAG_NAMES):
        assert dqflags.pixel[name] == 1 << bit


def test_invalid_in_one_plane_is_invalid_in_all():
    sci, err = floats(NAN, 1, 1, 1, 1), floats(2, NAN, 2, 2, 2)
    var, dq = floats(3, 3, NAN, 3, 3), flags(0, 4, 0, 5, 4)
    invalid = unify_nan_and_dq(sci, dq, err, var)
    np.testing.assert_array_equal(invalid, [True, True, True, True, False])
    np.testing.assert_array_equal(dq, [1, 5, 1, 5, 4])
    np.testing.assert_array_equal(sci, [NAN] * 4 + [1])
    np.testing.assert_array_equal(err, [NAN] * 4 + [2])
    np.testing.assert_array_equal(var, [NAN] * 4 + [3])


def test_infinities_stay():
    sci, dq = floats(np.inf, -np.inf), flags(0, 0)
    assert not unify_nan_and_dq(sci, dq, floats(np.inf, 1)).any()
    np.testing.assert_array_equal(sci, [np.inf, -np.inf])
    assert not dq.any()


def test_planes_of_other_shape_take_no_part():
    sci, var = np.ones((2, 2), np.float32), floats(NAN, 1)
    dq = np.zeros((2, 2), np.uint32)
    assert not unify_nan_and_dq(sci, dq, var, None).any()
    np.testing.assert_array_equal(var, [NAN, 1])


def test_dq_of_other_shape_takes_no_part():
    sci, dq = np.ones((2, 2), np.float32), flags(1, 0)
    sci[0, 0] = NAN
    invalid = unify_nan_and_dq(sci, dq)
    np.testing.assert_array_equal(invalid, [[True, False], [False, False]])
    np.testing.assert_array_equal(dq, [1, 0])


def test_dq_may_be_missing():
    sci, err = floats(1, 1), floats(NAN, 1)
    unify_nan_and_dq(sci, None, err)
    np.testing.assert_array_equal(sci, [NAN, 1])


PLANE = hnp.arrays(np.float32, (2, 3), elements=st.sampled_from([NAN, 0.0, 1.0, np.inf]))
DQ = hnp.arrays(np.uint32, (2, 3), elements=st.integers(0, 2**32 - 1))


@given(PLANE, PLANE, PLANE, DQ)
def test_afterwards_nan_and_flag_agree(sci, err, var, dq):
    before = dq.copy()
    unify_nan_and_dq(sci, dq, err, var)
    for plane in (sci, err, var):
        np.testing.assert_array_equal(np.isnan(plane), (dq & DO_NOT_USE) == 1)
    np.testing.assert_array_equal(dq | DO_NOT_USE, before | DO_NOT_USE)
    again = [array.copy() for array in (sci, dq, err, var)]
    unify_nan_and_dq(*again)
    for array, expected in zip(again, (sci, dq, err, var), strict=True):
        np.testing.assert_array_equal(array, expected)


@pytest.mark.parametrize(
    ("good_bits", "bits"),
    [
        ("~DO_NOT_USE", 1),
        ("~DO_NOT_USE+JUMP_DET", 5),
        ("~(DO_NOT_USE | OUTLIER)", 17),
        ("~1", 1),
        ("~do_not_use", 1),
        ("~20", 20),
        ("DO_NOT_USE", 2**32 - 2),
        ("1, 4", 2**32 - 6),
        (4, 2**32 - 5),
        ("0", 2**32 - 1),
        ("~0", 0),
        ("", 0),
        ("None", 0),
        (None, 0),
        ("~REFERENCE_PIXEL", 2**31),
    ],
)
def test_good_bits_determine_the_bad_ones(good_bits, bits):
    assert bad_bits(good_bits) == bits


@pytest.mark.parametrize("good_bits", ["~NO_SUCH_FLAG", "~", "1,", "-1", str(2**32)])
def test_unknown_flags_are_refused(good_bits):
    with pytest.raises(InputError, match=r"good_bits .* is not a DQ flag"):
        bad_bits(good_bits)
