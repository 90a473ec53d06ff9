import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from scripts.lib.soss.atoca.detector_model import build_model, design_matrix, right_side
from scripts.lib.soss.atoca.regularisation import roughness_matrix
from scripts.lib.soss.atoca.single_order import SingleOrderFit, solve_banded
from scripts.lib.soss.atoca.solver import LeastSquares
from scripts.lib.soss.atoca.tuning import SingleOrder
from tests.support.soss_scene import SHAPE, optics, order_image, scene


def positive(size, seed=0):
    matrix = np.random.default_rng(seed).normal(size=(size, size))
    return matrix @ matrix.T + np.eye(size)


class TestBanded:
    @given(st.integers(1, 3), st.integers(4, 12), st.integers(0, 1000))
    def test_it_is_the_dense_solution_of_the_points_reached(self, halfwidth, size, seed):
        generator = np.random.default_rng(seed)
        matrix = positive(size, seed)
        distance = np.abs(np.subtract.outer(np.arange(size), np.arange(size)))
        matrix = np.where(distance <= halfwidth, matrix, 0) + 30 * size * np.eye(size)
        right = np.where(generator.random(size) < 0.3, 0.0, 1.0)
        band = np.zeros((halfwidth + 1, size))
        for offset in range(halfwidth + 1):
            band[offset, : size - offset] = np.diagonal(matrix, -offset)
        known = np.flatnonzero(right)
        found = solve_banded(band, right)
        expected = np.linalg.solve(matrix[np.ix_(known, known)], right[known])
        assert_allclose(found[known], expected)
        assert np.isnan(np.delete(found, known)).all()

    def test_a_matrix_that_is_not_positive_has_no_solution(self):
        assert np.isnan(solve_banded(np.array([[-1.0, 1.0], [0.0, 0.0]]), np.ones(2))).all()

    def test_a_solution_that_overflows_is_none(self):
        band = np.array([[1e-300, 1.0], [0.0, 0.0]])
        assert np.isnan(solve_banded(band, np.array([1e300, 1.0]))).all()


class TestSingleOrder:
    def fit(self, factor=1e-3):
        grid = np.arange(0.62, 0.97, 0.0011)
        whole = scene()
        fit, rebuild = (
            build_model([optics(3)], grid, [mask]) for mask in (whole.outside(3), whole.outside_all)
        )
        return SingleOrder(fit, rebuild, factor)

    def test_it_is_the_solution_of_the_normal_equations(self):
        model, image = self.fit(), order_image(3)
        error = np.random.default_rng(1).uniform(1, 2, SHAPE)
        right = right_side(model.fit, error, image / error)
        reached = np.flatnonzero(right)
        design = design_matrix(model.fit, error)[:, reached]
        roughness = roughness_matrix(model.fit.grid)[reached][:, reached]
        expected = np.full(len(right), np.nan)
        expected[reached] = LeastSquares(design, roughness).fit(model.factor).solve(right[reached])
        found = SingleOrderFit(model).solve(image.reshape(-1), error.reshape(-1))
        assert_allclose(found, expected, rtol=1e-8)

    def test_pixels_without_a_positive_error_are_left_out(self):
        single, image, error = SingleOrderFit(self.fit()), order_image(3).copy(), np.ones(SHAPE)
        error[45, 50] = 0
        expected = single.solve(image.reshape(-1), error.reshape(-1))
        image[45, 50] = 1e6
        assert_array_equal(single.solve(image.reshape(-1), error.reshape(-1)), expected)

    def test_its_model_is_the_image(self):
        model, image = self.fit(1e-6), order_image(3)
        single = SingleOrderFit(model)
        amplitude = single.amplitude(single.solve(image.reshape(-1), np.ones(image.size)))
        rebuilt = model.rebuild.profiles[0] * amplitude
        inside = slice(20, 95)
        assert np.isfinite(amplitude[inside]).all()
        assert_allclose(rebuilt[:, inside], image[:, inside], atol=1e-2 * image.max())
