import logging

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_matrix, eye

from scripts.lib.soss_atoca import SingleOrder
from scripts.lib.soss_detector import build_model, normal_matrix, right_side
from scripts.lib.soss_regularisation import roughness_matrix
from scripts.lib.soss_single import SingleOrderFit, solve_banded
from scripts.lib.soss_solver import NormalEquations, SingularError, factorise, solve_plain
from tests.soss_scene import SHAPE, optics, order_image, scene


def positive(size, seed=0):
    matrix = np.random.default_rng(seed).normal(size=(size, size))
    return matrix @ matrix.T + np.eye(size)


class TestNormalEquations:
    def test_points_without_right_side_stay_unknown(self):
        normal, right = positive(5), np.array([1.0, 0.0, 2.0, 3.0, 0.0])
        found = NormalEquations(csr_matrix(normal), csr_matrix(eye(5)), right).solve(0.5)
        known = [0, 2, 3]
        matrix = (normal + 0.25 * np.eye(5))[np.ix_(known, known)]
        assert_allclose(found[known], np.linalg.solve(matrix, right[known]))
        assert np.isnan(found[[1, 4]]).all()

    def test_a_singular_matrix_has_no_solution(self):
        zero = csr_matrix((3, 3))
        assert np.isnan(NormalEquations(zero, zero, np.ones(3)).solve(1.0)).all()
        with pytest.raises(SingularError):
            factorise(zero)


class TestPlain:
    def test_it_solves(self):
        matrix = positive(6)
        assert_allclose(
            solve_plain(csr_matrix(matrix), np.ones(6)), np.linalg.solve(matrix, np.ones(6))
        )

    def test_singular_equations_get_the_least_squares_solution(self, caplog):
        matrix = csr_matrix(np.diag([2.0, 0.0]))
        with caplog.at_level(logging.WARNING):
            assert_allclose(solve_plain(matrix, np.array([4.0, 0.0])), [2, 0])
        assert "singular" in caplog.text


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
        equations = NormalEquations(
            normal_matrix(model.fit, error),
            roughness_matrix(model.fit.grid),
            right_side(model.fit, error, image / error),
        )
        found = SingleOrderFit(model).solve(image.reshape(-1), error.reshape(-1))
        assert_allclose(found, equations.solve(model.factor), rtol=1e-8)

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
