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


def factorise(matrix, symmetric=True):
    """
    LU factorisation of a sparse matrix.

    Parameters
    ----------
    matrix : sparse matrix
        The matrix.
    symmetric : bool, optional
        Whether it is symmetric and positive: pivots are then on the diagonal.

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

    symmetric_options = {
        "permc_spec": "MMD_AT_PLUS_A",
        "diag_pivot_thresh": 0.0,
        "options": {"SymmetricMode": True},
    }
    try:
        return splu(matrix.tocsc(), **(symmetric_options if symmetric else {}))
    except RuntimeError as error:
        raise SingularError(str(error)) from error
