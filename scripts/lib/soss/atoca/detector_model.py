"""
Linear model of NIRISS SOSS images, reduced to columns.

The value of pixel i in column c due to order o is P_o(i) a_o(c), where P is the
spatial profile, a = R f, f the spectrum on a wavelength grid and R a matrix with
a row for each column: integration over the pixel, throughput, wavelength and
convolution. That holds because wavelengths are the same in all rows.
"""

from dataclasses import dataclass

import numpy as np

from scripts.lib.soss.atoca.kernel import convolution_matrix
from scripts.lib.soss.atoca.pixel_integration import column_edges, integration_weights

__all__ = [
    "DetectorModel",
    "OrderOptics",
    "TooFewPixelsError",
    "build_model",
    "column_amplitudes",
    "design_matrix",
    "pixel_matrix",
    "right_side",
]

_FEWEST_PIXELS = 25


class TooFewPixelsError(Exception):
    """A spectral order has too few valid pixels on the wavelength grid."""


@dataclass(frozen=True)
class OrderOptics:
    """
    How one spectral order falls on the detector.

    Attributes
    ----------
    wavelength : ndarray
        Wavelength (columns,) in µm, NaN where there is none.
    profile : ndarray
        Spatial profile (rows, columns).
    throughput : callable or None
        Throughput as a function of wavelength; None is 1.
    kernel : Kernel or None
        Convolution kernel; None is none.
    """

    wavelength: np.ndarray
    profile: np.ndarray
    throughput: object = None
    kernel: object = None


@dataclass(frozen=True)
class DetectorModel:
    """
    Model of one or more spectral orders on a wavelength grid.

    Attributes
    ----------
    grid : ndarray
        Wavelengths (points,) in µm, ascending.
    mask : ndarray
        Pixels (rows, columns) that take no part.
    columns : list of ndarray
        For each order whether a column (columns,) is on the grid.
    bounds : list of tuple
        For each order the part of the grid that it covers.
    kernels : list of csr_matrix
        For each order the convolution to that part.
    projections : list of csr_matrix
        For each order the matrix R (columns, points).
    profiles : list of ndarray
        For each order its profile (rows, columns), float64.
    """

    grid: np.ndarray
    mask: np.ndarray
    columns: list
    bounds: list
    kernels: list
    projections: list
    profiles: list


def build_model(orders, grid, trace_masks, bad=None, threshold=1e-3):
    """
    Build the model of one or more spectral orders.

    Parameters
    ----------
    orders : list of OrderOptics
        The orders.
    grid : ndarray
        Wavelengths in µm; made ascending and unique.
    trace_masks : list of ndarray
        For each order the pixels (rows, columns) to leave out.
    bad : ndarray, optional
        Pixels to leave out for all orders.
    threshold : float, optional
        Where the profiles of all orders are above this, and an order is not
        covered by the grid, pixels are left out.

    Returns
    -------
    model : DetectorModel
        The model.

    Raises
    ------
    TooFewPixelsError
        If an order has fewer than 25 pixels, or no column on the grid.

    References
    ----------
    Darveau-Bernier et al. 2022, PASP 134, 094502; ``ExtractionEngine`` of jwst
    3.0.0, whose numbers these are.
    """
    from scipy.sparse import diags

    grid = grid if (np.diff(grid) > 0).all() else np.unique(grid)
    profiles = [order.profile.astype(np.float64) for order in orders]
    edges = [column_edges(order.wavelength) for order in orders]
    bounds = [(0, len(grid))] * len(orders)
    mask, columns = _masks(grid, bounds, edges, profiles, trace_masks, bad, threshold)
    for covered in columns:
        if (~mask & covered).sum() < _FEWEST_PIXELS:
            msg = f"a spectral order has fewer than {_FEWEST_PIXELS} valid pixels"
            raise TooFewPixelsError(msg)
    bounds = [
        _grid_bounds(grid, order.wavelength[(~mask & covered).any(axis=0)])
        for order, covered in zip(orders, columns, strict=True)
    ]
    mask, columns = _masks(grid, bounds, edges, profiles, trace_masks, bad, threshold)
    kernels, projections = [], []
    for order, part, edge, covered in zip(orders, bounds, edges, columns, strict=True):
        points = grid[slice(*part)]
        throughput = 1.0 if order.throughput is None else order.throughput(grid)[slice(*part)]
        kernels.append(convolution_matrix(order.kernel, grid, part))
        used = covered & (~mask).any(axis=0)
        if not used.any():
            msg = "a spectral order has no column on the wavelength grid"
            raise TooFewPixelsError(msg)
        weights = integration_weights(points, *(limit[used] for limit in edge))
        weights = _spread_rows(weights, np.flatnonzero(used), len(used))
        projections.append((weights @ (diags(throughput * points) @ kernels[-1])).tocsr())
    return DetectorModel(grid, mask, columns, bounds, kernels, projections, profiles)


def _masks(grid, bounds, edges, profiles, trace_masks, bad, threshold):
    """Pixels that take no part, and for each order the columns that the grid covers."""
    columns = [
        ~((lower < grid[first]) | (upper > grid[end - 1]))
        for (first, end), (lower, upper) in zip(bounds, edges, strict=True)
    ]
    mask = np.all(
        [trace | ~covered for trace, covered in zip(trace_masks, columns, strict=True)], axis=0
    )
    if bad is not None:
        mask |= bad
    uncovered = ~np.all(columns, axis=0)
    mask |= uncovered & np.all([profile > threshold for profile in profiles], axis=0)
    return mask, columns


def _grid_bounds(grid, wavelengths):
    """Part of the grid between the least and the greatest of some wavelengths."""
    first = np.searchsorted(grid, wavelengths.min(), side="left")
    return int(first), int(np.searchsorted(grid, wavelengths.max(), side="right"))


def _spread_rows(matrix, rows, n_rows):
    """Sparse matrix with its rows moved to other positions and empty rows between."""
    from scipy.sparse import csr_matrix

    lengths = np.zeros(n_rows, dtype=np.intp)
    lengths[rows] = np.diff(matrix.indptr)
    pointers = np.concatenate(([0], np.cumsum(lengths)))
    return csr_matrix((matrix.data, matrix.indices, pointers), shape=(n_rows, matrix.shape[1]))


def pixel_matrix(model, error):
    """
    Matrix B of the model of a single order, pixel by pixel, divided by the errors.

    Parameters
    ----------
    model : DetectorModel
        Model of one order.
    error : ndarray
        Errors (rows, columns).

    Returns
    -------
    matrix : csr_matrix
        Shape (pixels that are not masked, points).
    """
    from scipy.sparse import diags

    good = ~model.mask
    columns = np.nonzero(good)[1]
    return diags(model.profiles[0][good] / error[good]).dot(model.projections[0][columns])


def design_matrix(model, error):
    """
    Matrix G of the least-squares problem in columns, with G'G = B'B.

    Parameters
    ----------
    model : DetectorModel
        Detector model.
    error : ndarray
        Errors (rows, columns), positive where the model is not masked.

    Returns
    -------
    matrix : csr_matrix
        At most one row for each order and column (rows, points). In each column
        the products of the profiles of the orders, summed over its pixels, are
        factorised (Cholesky).
    """
    from scipy.sparse import diags, vstack

    good = ~model.mask
    scaled = [
        np.where(good, profile, 0.0) / np.where(good, error, 1.0) for profile in model.profiles
    ]
    n_orders = len(scaled)
    products = np.array(
        [[np.einsum("rc,rc->c", first, second) for second in scaled] for first in scaled]
    )
    rows = []
    for i in range(n_orders):
        pivot = np.sqrt(np.maximum(products[i, i], 0.0))
        factors = products[i] / np.where(pivot > 0, pivot, np.inf)
        rows.append(sum(diags(factors[j]) @ model.projections[j] for j in range(i, n_orders)))
        products = products - factors[:, None] * factors[None]
    matrix = vstack(rows).tocsr()
    return matrix[np.diff(matrix.indptr) > 0]


def right_side(model, error, quotient):
    """
    Right side of the least-squares problem, B'(y/error).

    Parameters
    ----------
    model : DetectorModel
        Detector model.
    error, quotient : ndarray
        Errors, and data divided by errors (rows, columns).

    Returns
    -------
    result : ndarray
        Values (points,); exactly 0 at points that no valid pixel reaches.
    """
    good = ~model.mask
    quotient = np.where(good, quotient, 0) / np.where(good, error, 1.0).astype(float)
    return sum(
        projection.T @ np.einsum("rc,rc->c", profile, quotient)
        for projection, profile in zip(model.projections, model.profiles, strict=True)
    )


def column_amplitudes(model, spectrum):
    """
    Amplitude of each order in each column.

    Parameters
    ----------
    model : DetectorModel
        Detector model.
    spectrum : ndarray
        Spectrum (points,) on its grid; NaN where it is not known.

    Returns
    -------
    amplitudes : ndarray
        Values (orders, columns); NaN in columns that are not on the grid or
        touch NaN.
    """
    unknown = np.isnan(spectrum)
    known = np.where(unknown, 0.0, spectrum)
    amplitudes = []
    for projection, covered in zip(model.projections, model.columns, strict=True):
        amplitude = projection @ known
        if unknown.any():
            touched = (projection != 0) @ unknown
            amplitude = np.where(touched, np.nan, amplitude)
        amplitudes.append(np.where(covered, amplitude, np.nan))
    return np.array(amplitudes)
