"""
Weights of the pixels in a box extraction.

All images here have the axis order (cross-dispersion, dispersion); data with
vertical dispersion are transposed before.
"""

import numpy as np

__all__ = [
    "background_profile",
    "centre_across",
    "image_centre",
    "source_profile",
    "wavelength_vector",
]


def source_profile(aperture, wavelength):
    """
    Weights of the pixels in the sum of the spectrum.

    Parameters
    ----------
    aperture : Aperture
        The aperture.
    wavelength : ndarray
        Wavelength image (cross-dispersion, dispersion) [um]; it is the
        argument of polynomial limits, and pixels are not masked by it here.

    Returns
    -------
    weights : ndarray
        Weights 0 to 1 (cross-dispersion, dispersion): the part of each pixel
        inside the limits, where the integer pixel is its centre.
    lower, upper : float
        Mean limits across dispersion [pixels].
    """
    if aperture.source_coefficients is not None:
        regions = _polynomial_limits(aperture, aperture.source_coefficients, wavelength)
    elif aperture.width is not None:
        middle = (aperture.cross_start + aperture.cross_stop) / 2.0
        centre = middle if aperture.trace is None else aperture.trace
        lower = centre - (aperture.width - 1.0) / 2.0
        regions = [(lower, lower + aperture.width - 1)]
    else:
        regions = [(aperture.cross_start, aperture.cross_stop)]
    lowest = min(_mean(low) for low, _ in regions)
    highest = max(_mean(high) for _, high in regions)
    return _weights(aperture, wavelength.shape, regions), lowest, highest


def _mean(limit):
    """Mean of a limit that varies along dispersion; a plain number is returned unchanged."""
    return limit if np.ndim(limit) == 0 else float(np.nanmean(limit))


def background_profile(aperture, wavelength):
    """
    Pixels of the background regions.

    Parameters
    ----------
    aperture, wavelength
        As for :func:`source_profile`.

    Returns
    -------
    region : ndarray of bool
        True in the background regions (cross-dispersion, dispersion); pixels
        only partly inside belong to them, except for a median.
    """
    regions = _polynomial_limits(aperture, aperture.background_coefficients, wavelength)
    partial = aperture.background_fit != "median"
    return _weights(aperture, wavelength.shape, regions, partial) != 0


def _polynomial_limits(aperture, polynomials, wavelength):
    """Limits of every region; those of the reference are at the outer edges of pixels."""
    if aperture.independent_variable.startswith("wavelength"):
        argument = wavelength.astype(float)
    else:
        argument = np.broadcast_to(np.arange(wavelength.shape[1], dtype=float), wavelength.shape)
    values = [_polynomial(terms, argument) for terms in polynomials]
    return [(low + 0.5, high - 0.5) for low, high in zip(values[::2], values[1::2], strict=True)]


def _polynomial(terms, argument):
    """Values of a polynomial; a constant one has its value where the argument is NaN, too."""
    values = np.full(argument.shape, terms[-1])
    for term in terms[-2::-1]:
        values = term + values * argument
    return values


def _weights(aperture, shape, regions, partial=True):
    """Weights of all regions together; where partial pixels overlap the larger weight counts."""
    pixel = np.arange(shape[0])[:, np.newaxis]
    weights = np.zeros(shape)
    for lower, upper in regions:
        weights[np.broadcast_to((pixel >= lower) & (pixel <= upper), shape)] = 1.0
        for distance in (pixel - lower + 1, upper - pixel + 1) if partial else ():
            part = np.broadcast_to(distance, shape)
            inside = (part > 0) & (part < 1) & (weights < part)
            weights[inside] = part[inside]
    weights[:, : int(np.ceil(aperture.dispersion_start))] = 0
    weights[:, int(np.floor(aperture.dispersion_stop)) + 1 :] = 0
    return weights


def wavelength_vector(weights, wavelength):
    """
    Wavelength of each element of the spectrum.

    Parameters
    ----------
    weights : ndarray
        Weights (cross-dispersion, dispersion); 0 where the wavelength is not
        finite.
    wavelength : ndarray
        Wavelength image (cross-dispersion, dispersion) [um].

    Returns
    -------
    vector : ndarray
        Weighted mean across dispersion (dispersion,) [um]; NaN where no pixel
        has a weight.
    """
    used = (weights > 0) & ~np.isnan(wavelength)
    total = np.where(used, weights, 0.0).sum(axis=0)
    product = (np.where(used, wavelength, 0.0).astype(float) * weights).sum(axis=0)
    return np.divide(product, total, out=np.full(total.shape, np.nan), where=total > 0)


def centre_across(weights):
    """
    Weighted mean pixel across dispersion of one column of weights.

    Parameters
    ----------
    weights : ndarray
        Weights (cross-dispersion,).

    Returns
    -------
    centre : float
        Mean pixel; that of all pixels if none has a weight.
    """
    weights = weights if weights.sum() else np.ones(len(weights))
    return float(np.average(np.arange(len(weights)), weights=weights))


def image_centre(weights):
    """
    Weighted mean position in an image of weights.

    Parameters
    ----------
    weights : ndarray
        Weights, two-dimensional, not all 0.

    Returns
    -------
    first, second : float
        Mean index along the first and the second axis.
    """
    first, second = np.indices(weights.shape)
    return (
        float(np.average(first, weights=weights)),
        float(np.average(second, weights=weights)),
    )
