import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from scripts.lib.soss.atoca.detector_model import (
    TooFewPixelsError,
    build_model,
    column_amplitudes,
    design_matrix,
    pixel_matrix,
    right_side,
)
from tests.support.soss_scene import SHAPE, optics, scene

GRID = np.arange(0.7, 2.81, 0.004)


def joint_model(bad=None):
    whole = scene((1, 2))
    return build_model([optics(1), optics(2)], GRID, [whole.outside(1), whole.outside(2)], bad)


class TestModel:
    def test_pixels_outside_the_apertures_take_no_part(self):
        model, whole = joint_model(), scene((1, 2))
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
    error, model = np.ones(SHAPE), joint_model()
    good = ~model.mask
    columns = np.nonzero(good)[1]
    pixels = sum(
        profile[good][:, None] * projection.toarray()[columns]
        for profile, projection in zip(model.profiles, model.projections, strict=True)
    )
    design = design_matrix(model, error)
    assert_allclose((design.T @ design).toarray(), pixels.T @ pixels, atol=1e-15)
