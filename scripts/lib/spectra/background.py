"""
Background across dispersion, fitted to every column of every integration.

Arrays have the axis order (integrations, cross-dispersion, dispersion); a
column is the set of pixels across dispersion at one dispersion element.
"""

from dataclasses import dataclass

import numpy as np

__all__ = ["BackgroundModel", "fit_background", "smooth_along_dispersion"]

# Standard error of a median relative to that of a mean.
_MEDIAN_NOISE = 1.2
_LARGEST_CONDITION = 1e10


@dataclass(frozen=True)
class BackgroundModel:
    """
    How to fit the background, and on which rows.

    Attributes
    ----------
    fit : str
        ``poly`` or ``median``.
    order : int
        Order of the polynomial.
    smoothing_length : int
        Length of the boxcar along dispersion [pixels], odd; 0 for none.
    region : ndarray of bool
        Pixels of the background (rows, dispersion).
    region_position : ndarray
        Coordinate (rows,) of the rows of ``region``, -1 to 1 over the image.
    aperture : ndarray
        Weights of the source aperture (aperture rows, dispersion).
    aperture_position : ndarray
        The same coordinate of the rows of ``aperture``.
    """

    fit: str
    order: int
    smoothing_length: int
    region: np.ndarray
    region_position: np.ndarray
    aperture: np.ndarray
    aperture_position: np.ndarray


def fit_background(model, science, variances, any_nan=True):
    """
    Background under the aperture and the variance of its sum.

    Parameters
    ----------
    model : BackgroundModel
        The fit.
    science : ndarray
        Float32 data (integrations, rows, dispersion) of the rows of
        ``model.region``; pixels that are not finite are left out.
    variances : sequence of ndarray
        Variances of the same shape; a pixel is also left out where their sum
        is not finite.
    any_nan : bool or ndarray of bool, optional
        Whether the image of each integration, of which ``science`` may be a
        part, has NaN anywhere; see :func:`smooth_along_dispersion`.

    Returns
    -------
    level : ndarray
        Background (integrations, aperture rows or 1, dispersion): float64, or
        float32 for a median. A column without usable pixels has 0 (or NaN for
        a median).
    level_variances : ndarray
        Variance (variances, integrations, dispersion) of the background
        summed over the aperture, from each of ``variances``.

    Notes
    -----
    Every usable pixel has the same weight. The data may be smoothed along
    dispersion before the fit; variances are not.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        total_variance = sum(variances[1:], start=variances[0])
    usable = np.isfinite(total_variance) & np.isfinite(science)
    smoothed = science
    if model.smoothing_length > 1:
        smoothed = smooth_along_dispersion(science, model.smoothing_length, any_nan)
    if model.fit == "median":
        return _median_background(model, smoothed, usable & model.region, variances)
    used = usable & model.region & np.isfinite(smoothed)
    return _polynomial_background(model, smoothed, used, variances)


def smooth_along_dispersion(images, length, any_nan=True):
    """
    Running mean along dispersion that leaves NaN out.

    Parameters
    ----------
    images : ndarray
        Float32 data (integrations, cross-dispersion, dispersion).
    length : int
        Number of pixels of the mean, odd.
    any_nan : bool or ndarray of bool, optional
        Whether each image (integrations,) has NaN anywhere.

    Returns
    -------
    smoothed : ndarray
        Float32 data of the same shape: mean of the pixels around each pixel
        that are not NaN, with the first and last repeated beyond the edges;
        NaN where all of them are NaN.

    Notes
    -----
    Equal to ``astropy.convolution.convolve`` with a normalized boxcar, boundary
    ``extend`` and NaN interpolated, of one image at a time. For images without
    NaN it adds up the kernel in another order, which can show in the last bit.
    """
    half, n_columns = length // 2, images.shape[-1]
    padded = np.pad(images, [(0, 0), (0, 0), (half, half)], mode="edge").astype(float)
    valid = ~np.isnan(padded)
    padded[~valid] = 0.0
    total, weight = np.zeros(images.shape), np.zeros(images.shape)
    with np.errstate(invalid="ignore"):
        for first in range(length):
            window = (..., slice(first, first + n_columns))
            total += padded[window] * (1.0 / length)
            weight += valid[window] * (1.0 / length)
    weight[~np.broadcast_to(any_nan, len(images))] = np.full(length, 1.0 / length).sum()
    mean = np.divide(total, weight, out=np.full(images.shape, np.nan), where=weight > 0)
    return mean.astype(images.dtype)


def _polynomial_background(model, image, used, variances):
    """Polynomial of every column by least squares."""
    powers = np.vander(model.region_position, model.order + 1, increasing=True)
    aperture_powers = np.vander(model.aperture_position, model.order + 1, increasing=True)
    covariances = _covariances(used, powers)
    values = np.where(used, image, 0.0)
    moments = np.stack([np.einsum("trx,r->tx", values, power) for power in powers.T], axis=-1)
    coefficients = np.einsum("txjk,txj->txk", covariances, moments)
    # Weight of each background pixel in the background summed over the aperture.
    sums = np.stack([power @ model.aperture for power in aperture_powers.T], axis=-1)
    shares = np.einsum("xk,txjk->txj", sums, covariances)
    level = _evaluate(coefficients, aperture_powers)
    return level, _weighted_variances(_evaluate(shares, powers), used, variances)


def _evaluate(coefficients, powers):
    """Polynomials (integrations, dispersion, terms) at the rows of powers; one row if constant."""
    terms = coefficients.shape[-1]
    rows = powers if terms > 1 else powers[:1]
    return sum(
        coefficients[:, np.newaxis, :, term] * rows[:, term, np.newaxis] for term in range(terms)
    )


def _covariances(used, powers):
    """Inverse normal matrix of every column; 0 where it is singular or nearly so."""
    n_integrations, n_rows, n_columns = used.shape
    n_terms = powers.shape[1]
    if n_terms == 1:
        count = used.sum(axis=1, dtype=float)
        inverse = np.divide(1.0, count, out=np.zeros(count.shape), where=count > 0)
        return inverse[..., np.newaxis, np.newaxis]
    patterns, column_patterns = _distinct_patterns(used.transpose(0, 2, 1).reshape(-1, n_rows))
    design = patterns[:, :, np.newaxis] * powers
    matrices = np.einsum("prj,prk->pjk", design, design)
    regular = np.linalg.cond(matrices) < _LARGEST_CONDITION
    inverses = np.zeros(matrices.shape)
    inverses[regular] = np.linalg.inv(matrices[regular])
    return inverses[column_patterns].reshape(n_integrations, n_columns, n_terms, n_terms)


def _distinct_patterns(patterns):
    """Distinct rows of a boolean array, and for each row the index of its like among them."""
    words = -(-patterns.shape[1] // 64)
    bits = np.zeros((len(patterns), 64 * words), dtype=bool)
    bits[:, : patterns.shape[1]] = patterns
    # Comparing integers of 64 bits each is much faster than comparing rows of booleans.
    keys = np.packbits(bits, axis=1).view(np.uint64)
    keys, axis = (keys[:, 0], None) if words == 1 else (keys, 0)
    _, first, number = np.unique(keys, axis=axis, return_index=True, return_inverse=True)
    return patterns[first], number


def _median_background(model, image, counted, variances):
    """Median of every column; its variance that of the mean, scaled."""
    values = np.where(model.region, image, np.float32(np.nan))
    level = _median_across(values)[:, np.newaxis]
    count = counted.sum(axis=1, dtype=float)
    total = model.aperture.sum(axis=0)
    share = np.divide(total, count, out=np.zeros(count.shape), where=count > 0)
    weights = (_MEDIAN_NOISE * share)[:, np.newaxis]
    return level, _weighted_variances(weights, counted, variances)


def _median_across(values):
    """Median along the second axis of the values that are not NaN, in their type."""
    ordered = np.sort(values, axis=1)
    count = np.count_nonzero(~np.isnan(ordered), axis=1)[:, np.newaxis]
    low = np.take_along_axis(ordered, np.maximum(count - 1, 0) // 2, axis=1)
    high = np.take_along_axis(ordered, count // 2, axis=1)
    with np.errstate(over="ignore", invalid="ignore"):
        middle = np.where(count % 2, low, (low + high) / 2)
    return np.where(count > 0, middle, np.float32(np.nan))[:, 0]


def _weighted_variances(weights, used, variances):
    """Sum each variance over the used rows with squared weights (integrations, rows or 1, dispersion)."""
    squared = weights**2
    if weights.shape[1] == 1:
        sums = [np.where(used, variance, 0.0).sum(axis=1, dtype=float) for variance in variances]
        return np.array([squared[:, 0] * total for total in sums])
    return np.array(
        [np.einsum("trx,trx->tx", np.where(used, variance, 0.0), squared) for variance in variances]
    )
