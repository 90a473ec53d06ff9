import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from scripts.lib.soss.atoca.pixel_integration import column_edges, integration_weights


class TestColumnEdges:
    @pytest.mark.parametrize("direction", [1, -1])
    def test_edges_lie_half_way_and_are_mirrored_at_the_ends(self, direction):
        lower, upper = column_edges(np.array([1.0, 2.0, 4.0])[::direction])
        assert_allclose(lower[::direction], [0.5, 1.5, 3.0])
        assert_allclose(upper[::direction], [1.5, 3.0, 5.0])

    def test_invalid_columns_are_skipped_and_zero(self):
        lower, upper = column_edges(np.array([np.nan, 1.0, 2.0, np.nan, 4.0]))
        assert_allclose(lower, [0, 0.5, 1.5, 0, 3.0])
        assert_allclose(upper, [0, 1.5, 3.0, 0, 5.0])


class TestWeights:
    @pytest.mark.parametrize(
        ("lower", "upper", "expected"),
        [
            # The lower edge on a point: that is the first; the last is the one below the upper edge.
            (2.0, 5.0, {2: 0.5, 3: 1.5, 4: 1.0}),
            # Else the sum starts one point before the last one below the lower edge.
            (2.5, 5.5, {1: 0.125, 2: -0.125, 3: 1.0, 4: 1.25, 5: 0.75}),
            (2.5, 3.5, {1: 0.125, 2: 0.125, 3: 0.75}),
            (2.25, 2.75, {1: -0.0625, 2: 0.75}),
        ],
    )
    def test_points_and_weights(self, lower, upper, expected):
        weights = integration_weights(np.arange(8.0), np.array([lower]), np.array([upper]))
        assert dict(zip(weights.indices.tolist(), weights.data, strict=True)) == expected

    @given(st.floats(3, 10), st.floats(2, 6))
    def test_a_constant_is_integrated_exactly(self, lower, width):
        grid = np.cumsum(np.linspace(0.4, 0.7, 60))
        weights = integration_weights(grid, np.array([lower]), np.array([lower + width]))
        assert_allclose(weights.sum(), width)

    def test_pixels_have_as_many_points_as_they_touch(self):
        weights = integration_weights(np.arange(20.0), np.array([3.5, 8.2]), np.array([6.5, 9.1]))
        assert_array_equal(np.diff(weights.indptr), [5, 3])
