"""Regularised least squares with sparse matrices."""

import logging

import numpy as np

__all__ = [
    "Factors",
    "LeastSquares",
    "RegularisedFit",
    "SingularError",
    "numerical_uncertainty",
    "solve_plain",
]

log = logging.getLogger(__name__)

# Backward error at which a solution is as good as that of the normal equations.
_ACCURATE = 1e-12
_STEPS = 10
# Right sides to solve at a time: with more of them the cache no longer holds the work arrays.
_TOGETHER = 4


class SingularError(Exception):
    """A matrix cannot be factorised."""


class LeastSquares:
    """
    Least-squares problem ``|G x - d|^2 + f^2 |T x|^2`` for any factor f.

    Parameters
    ----------
    design : csr_matrix
        Matrix G (measurements, points).
    roughness : csr_matrix
        Matrix T'T (points, points).
    """

    def __init__(self, design, roughness):
        self.design, self.roughness = design, roughness
        self.transposed = design.T.tocsr()
        self.squares = np.bincount(design.indices, design.data**2, design.shape[1])
        self._order = None

    def factorise(self, matrix):
        """Factorise the sparse equations of one factor, in the order that was found with the first one."""
        factors = Factors(matrix, self._order)
        self._order = factors.order
        return factors

    def fit(self, factor, dense=True):
        """
        Prepare the solution for one factor.

        Parameters
        ----------
        factor : float
            The factor f.
        dense : bool, optional
            Whether to solve the normal equations where the sparse ones are not
            accurate.

        Returns
        -------
        fit : RegularisedFit
            Solves for any data.

        Raises
        ------
        SingularError
            If there is no unique solution.
        """
        return RegularisedFit(self, factor, dense)


class RegularisedFit:
    """
    Solution of a regularised least-squares problem for one factor.

    Instead of the dense normal equations (G'G + f^2 T'T) x = G'd, the sparse ones
    for x and the model y = G x together are solved: f^2 T'T x + G'y = G'd,
    G x - y = 0. What that loses in accuracy, iterative refinement regains. Where
    it does not, as for very small factors, the normal equations are factorised.
    How an ill-posed problem ends depends on the processor: on one its solution
    is inaccurate, on another it overflows. The latter is NaN.

    Parameters
    ----------
    problem : LeastSquares
        The problem.
    factor : float
        The factor f.
    dense : bool
        Whether to solve the normal equations where the sparse ones are not
        accurate.

    Raises
    ------
    SingularError
        If there is no unique solution.
    """

    def __init__(self, problem, factor, dense):
        from scipy.sparse import block_array, eye_array

        self._problem, self._dense = problem, dense
        self._penalty = factor**2 * problem.roughness
        self._diagonal = problem.squares + self._penalty.diagonal()
        self._normal_factors = None
        unit = eye_array(problem.design.shape[0])
        matrix = [[self._penalty, problem.transposed], [problem.design, -unit]]
        self._factors = problem.factorise(block_array(matrix).tocsc())

    def product(self, spectrum):
        """Product of the normal matrix G'G + f^2 T'T with spectra (points, n)."""
        problem = self._problem
        return problem.transposed @ (problem.design @ spectrum) + self._penalty @ spectrum

    def solve(self, right):
        """
        Solve for one or several right sides.

        Parameters
        ----------
        right : ndarray
            Right sides G'd (points,) or (points, n).

        Returns
        -------
        spectrum : ndarray
            Solutions of the same shape; NaN for a right side that is not
            finite, or whose solution overflows.

        Raises
        ------
        SingularError
            If there is no unique or, without normal equations, no accurate
            solution.
        """
        if right.ndim == 1:
            return self.solve(right[:, None])[:, 0]
        spectrum = np.full(right.shape, np.nan)
        finite = np.flatnonzero(np.isfinite(right).all(axis=0))
        for first in range(0, len(finite), _TOGETHER):
            part = finite[first : first + _TOGETHER]
            spectrum[:, part] = self._solve_part(right[:, part])
        return spectrum

    def _solve_part(self, right):
        """Solve for a few right sides."""
        if self._normal_factors is None:
            spectrum, error = self._refined(right)
            if error <= _ACCURATE:
                return spectrum
            if not self._dense:
                msg = f"the equations cannot be solved: their backward error is {error:.1e}"
                raise SingularError(msg)
            log.debug("backward error %.1e: taking the normal equations", error)
            normal = self._problem.transposed @ self._problem.design + self._penalty
            # Symmetric, so rows are columns.
            self._factors, self._normal_factors = None, Factors(normal.T)
        solution = self._normal_factors.solve(right)
        return np.where(np.isfinite(solution).all(axis=0), solution, np.nan)

    def _refined(self, right):
        """Solution of the sparse equations, refined at least once, and its backward error."""
        spectrum, remainder, error = np.zeros_like(right), right, np.inf
        for step in range(_STEPS):
            padded = np.zeros((sum(self._problem.design.shape), right.shape[1]), order="F")
            padded[: len(right)] = remainder
            with np.errstate(over="ignore", invalid="ignore"):
                spectrum = spectrum + self._factors.solve(padded)[: len(right)]
                remainder = right - self.product(spectrum)
                last, error = error, self._backward_error(right, spectrum, remainder)
            if (step and error <= _ACCURATE) or not error < last / 2:
                break
        return spectrum, error

    def _backward_error(self, right, spectrum, remainder):
        """Largest relative error of the equations, over the right sides; infinite if they overflow."""
        scale = np.linalg.norm(right, axis=0)
        scale = scale + np.linalg.norm(self._diagonal[:, None] * spectrum, axis=0)
        errors = np.linalg.norm(remainder, axis=0) / np.where(scale > 0, scale, 1)
        # A scale that overflows would make any remainder look small.
        return float(np.where(np.isfinite(errors) & np.isfinite(scale), errors, np.inf).max())


def numerical_uncertainty(solve, remainder, solution):
    """
    Relative change of a solution when its remainder is solved for in turn.

    Parameters
    ----------
    solve : callable
        Solves the equations for a right side.
    remainder : ndarray
        Right side minus product of matrix and solution (points,).
    solution : ndarray
        The solution (points,).

    Returns
    -------
    uncertainty : float
        About 1e-16 times the condition of the equations: how far another
        order of the same sums, as on another processor, may move the solution.
        Infinite where it overflows or the solution is 0.
    """
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        ratio = float(np.linalg.norm(solve(remainder)) / np.linalg.norm(solution))
    return ratio if np.isfinite(ratio) else np.inf


def solve_plain(matrix, right):
    """
    Solve sparse equations without regularisation.

    Parameters
    ----------
    matrix : csr_matrix
        Square matrix.
    right : ndarray
        Right side (points,).

    Returns
    -------
    solution : ndarray
        Values (points,); the least-squares solution if the matrix is singular.
    uncertainty : ndarray
        Relative change (points,) of each value when the remainder is solved
        for in turn: where it is not small, round-off decides the value, and
        with it the processor. Infinite if the matrix is singular, not finite
        where the solution overflows or is 0.
    """
    import warnings

    from scipy.sparse.linalg import MatrixRankWarning, lsqr, spsolve

    with warnings.catch_warnings(), np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        warnings.simplefilter("error", MatrixRankWarning)
        try:
            solution = spsolve(matrix, right)
            change = spsolve(matrix, right - matrix @ solution)
            return solution, np.abs(change) / np.abs(solution)
        except MatrixRankWarning:
            log.warning("singular equations: taking the least-squares solution")
            return lsqr(matrix, right)[0], np.full(len(right), np.inf)


class Factors:
    """
    LU factorisation of a symmetric sparse matrix with pivots on the diagonal.

    Parameters
    ----------
    matrix : csc_matrix
        The matrix, positive or quasi-definite.
    order : ndarray, optional
        Order of elimination that another matrix with the same elements other
        than 0 got. To find one takes twice as long as to factorise.

    Attributes
    ----------
    order : ndarray
        Order of elimination.
    size : int
        Number of elements of the factors.

    Raises
    ------
    SingularError
        If a pivot is zero.
    """

    def __init__(self, matrix, order=None):
        self._is_ordered = order is not None
        if self._is_ordered:
            matrix = matrix[order][:, order].tocsc()
        self._factors = _factorise(matrix, "NATURAL" if self._is_ordered else "MMD_AT_PLUS_A")
        self.order = order if self._is_ordered else np.argsort(self._factors.perm_c)
        self.size = self._factors.nnz

    def solve(self, right):
        """
        Solve the equations for several right sides.

        Parameters
        ----------
        right : ndarray
            Right sides (points, n).

        Returns
        -------
        solution : ndarray
            Solutions of the same shape.
        """
        if not self._is_ordered:
            return self._factors.solve(right)
        solution = np.empty_like(right)
        solution[self.order] = self._factors.solve(np.asfortranarray(right[self.order]))
        return solution


def _factorise(matrix, ordering):
    """LU factorisation by SuperLU; SingularError if a pivot is zero."""
    from scipy.sparse.linalg import splu

    try:
        return splu(
            matrix,
            permc_spec=ordering,
            diag_pivot_thresh=0.0,
            options={"SymmetricMode": True},
        )
    except RuntimeError as error:
        raise SingularError(str(error)) from error
