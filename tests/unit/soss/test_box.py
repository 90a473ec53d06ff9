import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from scripts.lib.soss.box import blank_empty, box_weights, nearest_errors


class TestWeights:
    def test_partly_covered_pixels_count_by_their_part(self):
        # Width 4 around row 5.25 covers 3.25 to 7.25; pixel 3 ends at 3.5, pixel 7 starts at 6.5.
        weights = box_weights(np.array([5.25]), 4.0, (10, 2))
        assert_allclose(weights[:, 0], [0, 0, 0, 0.25, 1, 1, 1, 0.75, 0, 0])
        assert_array_equal(weights[:, 1], 0)

    @given(st.floats(10, 20), st.floats(1, 15))
    def test_inside_the_image_they_sum_to_the_width(self, centre, width):
        assert_allclose(box_weights(np.array([centre]), width, (31, 1)).sum(), width)

    def test_a_box_beyond_the_edge_is_cut(self):
        assert_allclose(box_weights(np.array([0.0]), 4.0, (10, 1)).sum(), 2.5)


def test_columns_without_pixels_are_nan():
    flux, error, npixels = blank_empty(np.zeros(2), np.zeros(2), np.array([0.0, 1.0]))
    assert_array_equal(flux, [np.nan, 0])
    assert_array_equal(error, [np.nan, 0])
    assert_array_equal(npixels, [0, 1])


class TestNearestErrors:
    def test_the_nearer_neighbour_gives_the_error(self):
        data, errors = np.array([3.0, 1.0, 2.0]), np.array([30.0, 10.0, 20.0])
        found = nearest_errors(np.array([0.0, 1.2, 1.9, 9.0]), data, errors)
        assert_array_equal(found, [10, 10, 20, 30])

    def test_of_equally_near_ones_the_lower(self):
        assert nearest_errors(np.array([1.5]), np.array([2.0, 1.0]), np.array([20.0, 10.0])) == [10]

    def test_without_valid_pixels_there_is_none(self):
        assert np.isnan(nearest_errors(np.array([1.0]), np.array([]), np.array([]))).all()
