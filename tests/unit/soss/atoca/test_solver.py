import logging

import numpy as np
import pytest
import scipy.sparse.linalg
from numpy.testing import assert_allclose
from scipy.sparse import csc_matrix, csr_matrix, diags_array

from scripts.lib.soss.atoca import solver
from scripts.lib.soss.atoca.regularisation import first_difference, roughness_matrix
from scripts.lib.soss.atoca.solver import (
    Factors,
    LeastSquares,
    SingularError,
    numerical_uncertainty,
    solve_plain,
)


def positive(size, seed=0):
    matrix = np.random.default_rng(seed).normal(size=(size, size))
    return matrix @ matrix.T + np.eye(size)


class TestRegularised:
    def problem(self, points=40, measurements=12):
        """Sums over a few neighbouring points each, and a slope to penalise."""
        design = diags_array(
            [np.full(points, 1.0), np.full(points - 1, 2.0), np.full(points - 2, 0.5)],
            offsets=[0, 1, 2],
            shape=(points, points),
        ).tocsr()[:: points // measurements]
        return LeastSquares(design, roughness_matrix(np.arange(points, dtype=float)))

    def test_one_measurement_of_a_constant(self):
        # |x0 + x1 - 4|^2 + f^2 |x1 - x0|^2 is least, and 0, for x0 = x1 = 2.
        problem = LeastSquares(csr_matrix([[1.0, 1.0]]), csr_matrix([[1.0, -1.0], [-1.0, 1.0]]))
        assert_allclose(problem.fit(0.1).solve(np.array([4.0, 4.0])), [2, 2])

    @pytest.mark.parametrize("factor", [1e-2, 1.0, 1e2])
    def test_it_is_the_solution_of_the_stacked_equations(self, factor):
        problem = self.problem()
        slopes = first_difference(np.arange(40.0)).toarray()
        data = np.random.default_rng(1).normal(size=(problem.design.shape[0], 6))
        stacked = np.vstack([problem.design.toarray(), factor * slopes])
        expected = np.linalg.lstsq(stacked, np.vstack([data, np.zeros((39, 6))]), rcond=None)[0]
        found = problem.fit(factor).solve(problem.design.T @ data)
        assert_allclose(found, expected, atol=1e-7)
        assert_allclose(problem.fit(factor).solve(problem.design.T @ data[:, 0]), expected[:, 0])

    def test_the_order_of_elimination_is_found_once(self, monkeypatch):
        problem, orderings, splu = self.problem(), [], scipy.sparse.linalg.splu
        monkeypatch.setattr(
            "scipy.sparse.linalg.splu",
            lambda *args, permc_spec, **options: (
                orderings.append(permc_spec) or splu(*args, permc_spec=permc_spec, **options)
            ),
        )
        right = problem.design.T @ np.arange(6.0 * len(problem.design.indptr[1:])).reshape(-1, 6)
        for factor in (0.1, 0.2, 0.3):
            found = problem.fit(factor).solve(right)
            normal = problem.design.T @ problem.design + factor**2 * problem.roughness
            assert_allclose(found, np.linalg.solve(normal.toarray(), right), rtol=1e-8)
        assert orderings == ["MMD_AT_PLUS_A", "NATURAL", "NATURAL"]

    def test_a_good_order_of_elimination_is_as_good_again(self):
        # An arrow: eliminated first, its tip would fill the whole matrix.
        arrow = np.diag(np.full(30, 40.0))
        arrow[0], arrow[:, 0] = 1, 1
        arrow[0, 0] = 40
        first = Factors(csc_matrix(arrow))
        assert first.size == Factors(csc_matrix(2 * arrow), first.order).size < 250
        assert Factors(csc_matrix(arrow), np.arange(30)).size > 800
        right = np.arange(60.0).reshape(30, 2)
        solution = Factors(csc_matrix(arrow), first.order).solve(right)
        assert_allclose(arrow @ solution, right, atol=1e-12)

    def test_the_product_is_that_of_the_normal_matrix(self):
        problem, spectrum = self.problem(), np.arange(40.0) ** 2
        normal = problem.design.T @ problem.design + 0.09 * problem.roughness
        assert_allclose(problem.fit(0.3).product(spectrum), normal @ spectrum)

    def test_where_refinement_does_not_help_the_normal_equations_are_solved(self, monkeypatch):
        problem = self.problem()
        right = problem.design.T @ np.ones(problem.design.shape[0])
        expected = problem.fit(0.1).solve(right)
        monkeypatch.setattr(solver, "_ACCURATE", -1.0)
        fit = problem.fit(0.1)
        assert_allclose(fit.solve(right), expected, rtol=1e-9)
        # They stay in use for other data.
        monkeypatch.undo()
        assert_allclose(fit.solve(2 * right), 2 * expected, rtol=1e-9)

    def test_where_they_are_not_wanted_there_is_no_solution(self):
        problem = self.problem(points=400, measurements=100)
        right = problem.design.T @ np.ones(problem.design.shape[0])
        assert np.isfinite(problem.fit(1e-2, dense=False).solve(right)).all()
        with pytest.raises(SingularError):
            problem.fit(1e-9, dense=False).solve(right)

    def test_equations_that_overflow_are_not_accurate(self):
        # G'd, and with it the scale of the errors, is finite; its square is not.
        problem = LeastSquares(csr_matrix([[1e-100]]), csr_matrix([[0.0]]))
        with pytest.raises(SingularError, match="backward error is inf"):
            problem.fit(1.0, dense=False).solve(np.array([1e200]))

    @pytest.mark.parametrize("bad", [np.inf, np.nan])
    def test_a_right_side_that_is_not_finite_has_no_solution_and_harms_no_other(self, bad):
        problem = LeastSquares(csr_matrix([[2.0]]), csr_matrix([[0.0]]))
        found = problem.fit(1.0).solve(np.array([[8.0, bad, 4.0]]))
        assert_allclose(found, [[2, np.nan, 1]])

    def test_a_solution_that_overflows_is_none(self):
        # x = 1e200 / 1e-200, of the normal equations.
        problem = LeastSquares(csr_matrix([[1e-100]]), csr_matrix([[0.0]]))
        assert np.isnan(problem.fit(1.0).solve(np.array([1e200]))).all()

    def test_a_singular_matrix_has_no_solution(self):
        problem = LeastSquares(csr_matrix((1, 3)), csr_matrix((3, 3)))
        with pytest.raises(SingularError):
            problem.fit(1.0).solve(np.ones(3))


class TestPlain:
    def test_it_solves(self):
        matrix = positive(6)
        found, uncertainty = solve_plain(csr_matrix(matrix), np.ones(6))
        assert_allclose(found, np.linalg.solve(matrix, np.ones(6)))
        assert uncertainty.max() < 1e-12

    def test_singular_equations_get_the_least_squares_solution(self, caplog):
        matrix = csr_matrix(np.diag([2.0, 0.0]))
        with caplog.at_level(logging.WARNING):
            found, uncertainty = solve_plain(matrix, np.array([4.0, 0.0]))
        assert_allclose(found, [2, 0])
        assert np.isinf(uncertainty).all()
        assert "singular" in caplog.text

    def test_values_that_round_off_decides_are_uncertain(self):
        # The first two unknowns are known by their sum alone, but for a part in 1e16.
        matrix = csr_matrix([[1.0, 1.0, 0.0], [1.0, 1.0 + 2**-52, 0.0], [0.0, 0.0, 3.0]])
        found, uncertainty = solve_plain(matrix, np.array([0.1, 0.3, 6.0]))
        assert found[2] == 2
        assert uncertainty[2] < 1e-15
        assert (uncertainty[:2] > 1e-4).all()

    def test_a_solution_that_overflows_is_not_certain(self):
        found, uncertainty = solve_plain(csr_matrix(np.diag([1e-300, 1.0])), np.array([1e300, 3.0]))
        assert np.isinf(found[0])
        assert not uncertainty[0] <= 1
        assert (found[1], uncertainty[1]) == (3, 0)


class TestUncertainty:
    def test_it_is_the_relative_change_by_the_remainder(self):
        solution, remainder = np.array([3.0, 4.0]), np.array([0.0, 0.1])
        assert numerical_uncertainty(lambda side: 10 * side, remainder, solution) == 0.2

    @pytest.mark.parametrize("solution", [[0.0, 0.0], [np.inf, 1.0], [np.nan, 1.0]])
    def test_it_is_infinite_without_a_solution(self, solution):
        solved = numerical_uncertainty(lambda _: np.array(solution), np.ones(2), np.array(solution))
        assert solved == np.inf
