import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from scripts.lib.soss.atoca.detector_model import (
    TooFewPixelsError,
    build_model,
    column_amplitudes,
    column_edges,
    design_matrix,
    integration_weights,
    pixel_matrix,
    right_side,
)
from tests.support.soss_scene import SHAPE, optics, scene

GRID = np.arange(0.7, 2.81, 0.004)


def red_model(bad=None):
    whole = scene((1, 2))
    return build_model([optics(1), optics(2)], GRID, [whole.outside(1), whole.outside(2)], bad)


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


class TestModel:
    def test_pixels_outside_the_apertures_take_no_part(self):
        model, whole = red_model(), scene((1, 2))
        assert model.mask[whole.outside(1) & whole.outside(2)].all()
        assert not model.mask.all()

    def test_columns_beyond_the_grid_are_not_covered(self):
        model = build_model([optics(1)], GRID[GRID < 2.0], [scene((1,)).outside(1)])
        wavelength = optics(1).wavelength
        assert not model.columns[0][wavelength > 1.99].any()
        assert model.columns[0][(wavelength > 0.9) & (wavelength < 1.95)].all()

    def test_an_order_without_pixels_is_an_error(self):
        with pytest.raises(TooFewPixelsError, match="fewer than 25"):
            build_model([optics(3)], np.linspace(2, 3, 50), [np.zeros(SHAPE, bool)])

    def test_an_unsorted_grid_is_sorted(self):
        outside = [scene((1,)).outside(1)]
        one, two = (build_model([optics(1)], grid, outside) for grid in (GRID, GRID[::-1]))
        assert_array_equal(one.grid, two.grid)

    def test_the_amplitude_is_the_light_in_the_column(self):
        model = build_model([optics(1)], GRID, [scene((1,)).outside(1)])
        amplitude = column_amplitudes(model, np.ones(len(GRID)))[0]
        middle = slice(20, 100)
        wavelength = optics(1).wavelength[middle]
        step = -np.diff(optics(1).wavelength)[0]
        expected = optics(1).throughput(wavelength) * wavelength * step
        assert_allclose(amplitude[middle], expected, rtol=0.15)

    def test_unknown_points_make_their_columns_unknown(self):
        model = build_model([optics(1)], GRID, [scene((1,)).outside(1)])
        values = np.ones(len(GRID))
        values[200] = np.nan
        amplitude = column_amplitudes(model, values)[0]
        unknown = np.isnan(amplitude) & model.columns[0]
        assert 1 <= unknown.sum() <= 3
        near = np.abs(optics(1).wavelength - GRID[200]) < 0.03
        assert (unknown <= near).all()


def test_normal_equations_are_those_of_the_pixels():
    generator = np.random.default_rng(5)
    error = generator.uniform(1, 2, SHAPE)
    quotient = generator.normal(size=SHAPE)
    bad = generator.random(SHAPE) < 0.1
    model = build_model([optics(1)], GRID, [scene((1,)).outside(1)], bad)
    pixels = pixel_matrix(model, error).toarray()
    design = design_matrix(model, error)
    assert_allclose((design.T @ design).toarray(), pixels.T @ pixels, atol=1e-15)
    assert_allclose(right_side(model, error, quotient), quotient[~model.mask] @ pixels, atol=1e-15)


def test_two_orders_share_their_pixels():
    error, model = np.ones(SHAPE), red_model()
    good = ~model.mask
    columns = np.nonzero(good)[1]
    pixels = sum(
        profile[good][:, None] * projection.toarray()[columns]
        for profile, projection in zip(model.profiles, model.projections, strict=True)
    )
    design = design_matrix(model, error)
    assert_allclose((design.T @ design).toarray(), pixels.T @ pixels, atol=1e-15)
