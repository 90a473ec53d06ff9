import numpy as np
import pytest

from scripts.lib.segment_data.dq import DO_NOT_USE, FLUX_ESTIMATED, NON_SCIENCE
from scripts.lib.segment_data.trace_replacement import replace_by_trace

NAN = np.nan


@pytest.fixture(name="planes")
def fixture_planes():
    """Two integrations whose errors are the column; the pixels (1, 2) and (3, 3) of the first are bad."""
    science = np.ones((2, 5, 6), np.float32)
    error = np.broadcast_to(np.arange(6, dtype=np.float32), science.shape).copy()
    planes = {"SCI": science, "ERR": error, "VAR_FLAT": error**2}
    for plane in planes.values():
        plane[0, [1, 3], [2, 3]] = NAN
    planes["DQ"] = np.zeros(science.shape, np.uint32)
    planes["DQ"][0, [1, 3], [2, 3]] = DO_NOT_USE | NON_SCIENCE
    return planes


def trace():
    """A model of the rows 0 to 2."""
    model = np.full((5, 6), NAN, np.float32)
    model[:3] = 7
    return model


def test_pixels_with_a_model_get_its_value(planes):
    assert replace_by_trace(planes, trace(), True) == 1
    assert planes["SCI"][0, 1, 2] == 7
    assert np.isnan(planes["SCI"][0, 3, 3])
    assert (planes["SCI"][1] == 1).all()
    assert planes["DQ"][0, 1, 2] == NON_SCIENCE | FLUX_ESTIMATED
    assert planes["DQ"][0, 3, 3] == DO_NOT_USE | NON_SCIENCE


def test_errors_are_interpolated_along_the_dispersion(planes):
    planes["ERR"][0, 1, 4] = 40
    replace_by_trace(planes, trace(), True)
    assert planes["ERR"][0, 1, 2] == 2
    assert planes["VAR_FLAT"][0, 1, 2] == 4


def test_vertical_dispersion_is_the_transposed_image(planes):
    turned = {name: plane.swapaxes(1, 2).copy() for name, plane in planes.items()}
    replace_by_trace(planes, trace(), True)
    replace_by_trace(turned, trace().T, False)
    for name, plane in planes.items():
        np.testing.assert_array_equal(turned[name].swapaxes(1, 2), plane)


def test_errors_at_the_end_of_a_row_are_those_next_to_them(planes):
    planes["SCI"][1, 0, 4:] = NAN
    replace_by_trace(planes, trace(), True)
    np.testing.assert_array_equal(planes["ERR"][1, 0], [0, 1, 2, 3, 3, 3])


def test_a_row_without_errors_stays_nan(planes):
    planes["ERR"][0, 1] = NAN
    replace_by_trace(planes, trace(), True)
    assert np.isnan(planes["ERR"][0, 1]).all()


def test_only_variances_of_integrations_with_new_pixels_are_squared_roots(planes):
    planes["VAR_FLAT"][:, 4] = np.float32(1.1)
    planes["VAR_FLAT"][:, 4, 1] = np.float32(0.3)
    before = planes["VAR_FLAT"].copy()
    replace_by_trace(planes, trace(), True)
    np.testing.assert_array_equal(planes["VAR_FLAT"][1], before[1])
    np.testing.assert_array_equal(planes["VAR_FLAT"][0, 4], np.square(np.sqrt(before[0, 4])))


def test_planes_of_another_shape_are_not_changed(planes):
    planes["VAR_FLAT"] = np.ones((5, 6), np.float32)
    assert replace_by_trace(planes, trace(), True) == 1
