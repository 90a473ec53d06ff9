"""Model of one spectral order of NIRISS SOSS on its own, fitted to each integration."""

import numpy as np

from scripts.lib.soss.atoca.detector_model import column_amplitudes
from scripts.lib.soss.atoca.regularisation import roughness_matrix

__all__ = ["SingleOrderFit", "solve_banded"]


class SingleOrderFit:
    """
    Regularised least-squares fit of one order.

    The normal matrix is banded: without convolution a column touches only the
    few grid points inside it.

    Parameters
    ----------
    model : SingleOrder
        Models of the fitted and of all pixels, and the regularisation factor.
    """

    def __init__(self, model):
        from scipy.sparse import csr_matrix

        fit, self._rebuild = model.fit, model.rebuild
        self._pixels = np.flatnonzero(~fit.mask)
        n_columns = fit.mask.shape[1]
        columns, positions = self._pixels % n_columns, np.arange(len(self._pixels))
        profile = fit.profiles[0].reshape(-1)[self._pixels]
        shape = n_columns, len(positions)
        self._profile_sums = csr_matrix((profile, (columns, positions)), shape=shape)
        self._square_sums = csr_matrix((profile**2, (columns, positions)), shape=shape)
        self._spread = fit.projections[0].T.tocsr()
        self._squares, self._halfwidth = _column_squares(fit.projections[0])
        roughness = roughness_matrix(fit.grid)
        self._roughness = np.zeros((self._halfwidth + 1, len(fit.grid)))
        for offset in range(2):
            self._roughness[offset, : len(fit.grid) - offset] = (
                model.factor** 2 * roughness.diagonal(offset)
            )

    def solve(self, image, error):
        """
        Fit the spectrum to one integration.

        Parameters
        ----------
        image, error : ndarray
            Data and errors (pixels of the image,); pixels whose error is not
            positive are left out.

        Returns
        -------
        spectrum : ndarray
            Spectrum (points,); NaN at points that no valid pixel reaches.
        """
        error = error[self._pixels].astype(float)
        precision = np.where(error > 0, 1.0 / np.where(error > 0, error, 1.0), 0.0)
        quotient = image[self._pixels] * precision
        right = self._spread @ (self._profile_sums @ (quotient * precision))
        columns = self._square_sums @ precision**2
        band = (self._squares @ columns).reshape(self._roughness.shape) + self._roughness
        return solve_banded(band, right)

    def amplitude(self, spectrum):
        """Amplitude (columns,) of the model of all pixels; NaN where it is not known."""
        return column_amplitudes(self._rebuild, spectrum)[0]


def _column_squares(projection):
    """
    Matrix from weights of the columns to the band of the normal matrix.

    Returns the matrix (band x points, columns) and the half width of the band.
    """
    from scipy.sparse import csr_matrix

    entries = projection.tocoo()
    order = np.lexsort((entries.col, entries.row))
    rows, points, values = entries.row[order], entries.col[order], entries.data[order]
    n_points, parts, offset = projection.shape[1], [], 0
    while offset < len(rows):
        same = rows[offset:] == rows[: len(rows) - offset]
        if not same.any():
            break
        first, second = points[: len(points) - offset][same], points[offset:][same]
        product = values[: len(values) - offset][same] * values[offset:][same]
        parts.append(((second - first) * n_points + first, rows[offset:][same], product))
        offset += 1
    elements, columns, products = (np.concatenate(part) for part in zip(*parts, strict=True))
    halfwidth = max(int(elements.max()) // n_points, 1)
    shape = (halfwidth + 1) * n_points, projection.shape[0]
    return csr_matrix((products, (elements, columns)), shape=shape), halfwidth


def solve_banded(band, right):
    """
    Solve symmetric banded equations for the points where the right side is not zero.

    Parameters
    ----------
    band : ndarray
        Diagonal and lower diagonals (halfwidth + 1, points); changed in place.
    right : ndarray
        Right side (points,).

    Returns
    -------
    solution : ndarray
        Values (points,); NaN at the other points, and everywhere if the matrix
        is not positive or the solution overflows.
    """
    from scipy.linalg import LinAlgError, solveh_banded

    unreached = right == 0
    for offset in range(len(band)):
        coupled = unreached[: len(right) - offset] | unreached[offset:]
        band[offset, : len(right) - offset][coupled] = 1.0 if offset == 0 else 0.0
    try:
        solution = solveh_banded(band, right, lower=True, check_finite=False)
    except LinAlgError:
        return np.full(len(right), np.nan)
    if not np.isfinite(solution).all():
        return np.full(len(right), np.nan)
    solution[unreached] = np.nan
    return solution
