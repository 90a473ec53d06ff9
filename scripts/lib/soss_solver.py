"""Regularised normal equations with sparse matrices."""

import logging

import numpy as np

log = logging.getLogger(__name__)


class NormalEquations:
    """
    Equations (N + f^2 R) x = b, solved for the points where b is not zero.

    Parameters
    ----------
    normal, roughness : csr_matrix
        Symmetric matrices N and R (points, points).
    right : ndarray
        Right side b (points,).
    """

    def __init__(self, normal, roughness, right):
        self._valid = np.flatnonzero(right)
        self._size = len(right)
        self._normal, self._roughness = (
            matrix[self._valid][:, self._valid] for matrix in (normal, roughness)
        )
        self._right = right[self._valid]

    def solve(self, factor):
        """
        Solve for one regularisation factor.

        Parameters
        ----------
        factor : float
            The factor f.

        Returns
        -------
        solution : ndarray
            Values (points,); NaN where the right side is zero, and everywhere
            if the matrix is singular.
        """
        solution = np.full(self._size, np.nan)
        try:
            factored = factorise(self._normal + factor**2 * self._roughness)
        except SingularError:
            return solution
        solution[self._valid] = factored.solve(self._right)
        return solution


class SingularError(Exception):
    """A matrix cannot be factorised."""


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
    """
    import warnings

    from scipy.sparse.linalg import MatrixRankWarning, lsqr, spsolve

    with warnings.catch_warnings():
        warnings.simplefilter("error", MatrixRankWarning)
        try:
            return spsolve(matrix, right)
        except MatrixRankWarning:
            log.warning("singular equations: taking the least-squares solution")
            return lsqr(matrix, right)[0]


def factorise(matrix):
    """
    LU factorisation of a symmetric positive sparse matrix.

    Parameters
    ----------
    matrix : sparse matrix
        The matrix.

    Returns
    -------
    factors : SuperLU
        Has a method ``solve``.

    Raises
    ------
    SingularError
        If a pivot is zero.
    """
    from scipy.sparse.linalg import splu

    try:
        return splu(
            matrix.tocsc(),
            permc_spec="MMD_AT_PLUS_A",
            diag_pivot_thresh=0.0,
            options={"SymmetricMode": True},
        )
    except RuntimeError as error:
        raise SingularError(str(error)) from error
