import numpy as np
import pytest

from scripts.lib.segment_data.dq import DO_NOT_USE, NON_SCIENCE
from scripts.lib.segment_data.replacers import make_replacer

OPTIONS = {"skip": False, "algorithm": "mingrad", "n_adjacent_cols": 2}


@pytest.fixture(name="planes")
def fixture_planes():
    """An image of ones with a bad pixel inside and one in the corner."""
    science, dq = np.ones((1, 7, 8), np.float32), np.zeros((1, 7, 8), np.uint32)
    for pixel in ((0, 3, 4), (0, 0, 0)):
        science[pixel], dq[pixel] = np.nan, DO_NOT_USE
    return {"SCI": science, "ERR": np.full_like(science, 0.1), "DQ": dq}


def test_nothing_is_replaced_if_the_step_is_skipped():
    assert make_replacer(OPTIONS | {"skip": True}, horizontal=True) is None


def test_mingrad_leaves_the_border(planes):
    replacer = make_replacer(OPTIONS, horizontal=True)
    assert replacer(planes) == {"mingrad": 1, "none": 1}
    assert replacer.is_local
    assert planes["SCI"][0, 3, 4] == 1


def test_reference_pixels_are_not_missed(planes):
    planes["DQ"][0, 0, 0] |= NON_SCIENCE
    assert make_replacer(OPTIONS, horizontal=True)(planes) == {"mingrad": 1, "none": 0}


def test_fit_profile_fills_the_border_too(planes):
    replacer = make_replacer(OPTIONS | {"algorithm": "fit_profile"}, horizontal=True)
    assert replacer(planes) == {"fit_profile": 2, "none": 0}
    assert not replacer.is_local
    np.testing.assert_allclose(planes["SCI"], 1, rtol=1e-4)


def test_mingrad_replaces_what_the_trace_model_leaves(planes):
    trace = np.full((7, 8), np.nan, np.float32)
    trace[0, 0] = 9
    replacer = make_replacer(OPTIONS | {"algorithm": "trace_model"}, True, trace)
    assert not replacer.is_local
    assert replacer(planes) == {"trace_model": 1, "mingrad": 1, "none": 0}
    assert (planes["SCI"][0, 0, 0], planes["SCI"][0, 3, 4]) == (9, 1)


def test_without_a_trace_model_mingrad_replaces_all(planes):
    replacer = make_replacer(OPTIONS | {"algorithm": "trace_model"}, horizontal=True)
    assert replacer.is_local
    assert replacer(planes) == {"mingrad": 1, "none": 1}
