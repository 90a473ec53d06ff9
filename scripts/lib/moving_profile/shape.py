"""Level, position and width of the star in each integration, by least squares on the reference."""

from dataclasses import dataclass

import numpy as np

from scripts.lib.moving_profile.robust import SIGMA_OF_MAD
from scripts.lib.segment_data.medians import nan_median

__all__ = [
    "MOTION",
    "ShapeBasis",
    "fit_shapes",
    "followed_terms",
    "per_level",
    "residual_sigma",
    "spectral_terms",
    "tint",
    "true_width",
]

# Level, x, y and width; what else is fitted is no motion.
MOTION = 4

_PIECE = 2048
# Rejection limits, in standard deviations of the residuals.
_CANDIDATE, _REJECTED, _DISTURBED = 4.0, 6.0, 1.5
_ROUNDS = 3
# Frames from which the usual residual is taken, at least, if there are as many.
_FRAMES_OF_SIGMA = 30
# Motion of a star that is dimmer than that is taken as of this level.
_DIMMEST = 0.05
_FEWEST_LIGHT = 0.2
# Columns with a smaller share of the weight of the brightest do not count as spectrum.
_LIT = 1e-3


@dataclass(frozen=True)
class ShapeBasis:
    """
    Images by which an integration differs from the median one.

    Attributes
    ----------
    images : ndarray of float32, shape (K, pixels)
        The median image of the star, minus its derivatives along x and along y,
        half of its second derivative, and of spectra what `spectral_terms` gives.
    weight : ndarray of float32, shape (pixels,)
        Inverse variance; 0 where a pixel takes no part.
    sigma : float
        Standard deviation of the residuals times the root of the weight.
    """

    images: np.ndarray
    weight: np.ndarray
    sigma: float

    def __post_init__(self):
        weighted = (self.images * self.weight).astype(np.float32)
        normal = np.einsum("kp,lp->kl", weighted.astype(np.float64), self.images.astype(np.float64))
        # A term without any light, such as x of a flat spectrum, has no coefficient.
        normal[np.diag_indices(len(normal))] *= 1.0 + 1e-12
        normal[np.diag_indices(len(normal))] += 1e-30
        object.__setattr__(self, "weighted", weighted)
        object.__setattr__(self, "normal", normal)
        object.__setattr__(self, "root", np.sqrt(self.weight))
        light = self.weighted[0] * self.images[0]
        object.__setattr__(self, "light", light.astype(np.float64))
        inverse = np.linalg.inv(normal)
        leverage = np.einsum("kp,kl,lp->p", weighted, inverse.astype(np.float32), self.images)
        object.__setattr__(self, "leverage", np.sqrt(np.maximum(leverage, 0.0)))


def spectral_terms(model, weight, terms):
    """
    Smooth changes of a spectrum that leave its level.

    A transit is deeper at some wavelengths than at others. Without the star times these in the
    fit it looks like a shift along a spectrum, across a tilted trace, or like a width.

    Parameters
    ----------
    model : ndarray of float, shape (height, x)
        Median image of the star.
    weight : ndarray of float, shape (height, x)
        Inverse variance; 0 where a pixel takes no part.
    terms : int
        Their number, fewer where there are fewer columns with light.

    Returns
    -------
    changes : ndarray of float64, shape (terms, x)
        Polynomials of the column up to that order, 0 where there is no light. The star times
        these are orthogonal to each other and to the star.

    Examples
    --------
    >>> spectral_terms(np.ones((1, 3)), np.ones((1, 3)), 1).round(6)
    array([[-1.224745,  0.      ,  1.224745]])
    """
    light = (weight * model.astype(np.float64) ** 2).sum(axis=0)
    lit = np.flatnonzero(light > _LIT * light.max())
    changes = np.zeros((min(terms, max(len(lit) - 1, 0)), len(light)))
    if len(changes):
        place = 2.0 * (lit - lit[0]) / (lit[-1] - lit[0]) - 1.0
        powers = np.polynomial.legendre.legvander(place, len(changes))
        triangle = np.linalg.qr(powers * np.sqrt(light[lit])[:, None])[1]
        inverse = np.linalg.inv(triangle * np.sign(np.diag(triangle))[:, None])
        changes[:, lit] = (powers @ inverse)[:, 1:].T * np.sqrt(light[lit].sum())
    return changes


def tint(coefficients, changes):
    """
    Spectrum of integrations over that of the median one at their level.

    Parameters
    ----------
    coefficients : ndarray of float64, shape (frames, terms)
        Those of the changes, as of `fit_shapes`; NaN counts as 0.
    changes : ndarray of float64, shape (terms, x)
        As of `spectral_terms`.

    Returns
    -------
    ratio : ndarray of float64, shape (frames, x)
        Positive.

    Examples
    --------
    >>> tint(np.array([[0.1], [np.nan]]), np.array([[-1.0, 1.0]]))
    array([[0.9, 1.1],
           [1. , 1. ]])
    """
    return np.maximum(1.0 + np.einsum("nk,kx->nx", np.nan_to_num(coefficients), changes), _DIMMEST)


def _project(samples, weighted):
    """
    Sums of samples times weighted images, in float64 over pieces of the pixels.

    Parameters
    ----------
    samples : ndarray of float32, shape (frames, pixels)
        Samples.
    weighted : ndarray of float32, shape (K, pixels)
        Images.

    Returns
    -------
    sums : ndarray of float64, shape (frames, K)
        The same bytes for any number of frames, unlike those of a matrix product.
    """
    sums = np.zeros((len(samples), len(weighted)))
    for first in range(0, samples.shape[1], _PIECE):
        piece = slice(first, first + _PIECE)
        sums += np.einsum("np,kp->nk", samples[:, piece], weighted[:, piece])
    return sums


def fit_shapes(samples, lost, basis):
    """
    Fit level, position and width of the star in each integration.

    Parameters
    ----------
    samples : ndarray of float32, shape (frames, pixels)
        Integrations minus background and minus the median image of the star;
        0 where bad.
    lost : tuple of ndarray of int, (frames, pixels)
        The bad samples.
    basis : ShapeBasis
        Images, weights and usual residual.

    Returns
    -------
    coefficients : ndarray of float64, shape (frames, K)
        Level (1 for the median image), x and y [px], change of the squared
        width [px^2], and relative changes of the spectrum; NaN where less than a fifth
        of the weight of the light is valid.
    rejected : tuple of ndarray of int, (frames, pixels)
        Samples that are more than 6 standard deviations from the fit.

    Notes
    -----
    Residuals of all samples are taken once. Samples beyond 4 standard deviations are
    candidates; the two further rounds look at them alone, but for frames in which a
    hit can have moved the residuals of others: these are done in full.
    """
    normal = np.repeat(basis.normal[None], len(samples), axis=0)
    sums = _project(samples, basis.weighted)
    used = basis.weight[lost[1]] > 0
    _take_off(normal, sums, (lost[0][used], lost[1][used]), samples, basis)
    light = basis.light.sum() - np.bincount(
        lost[0], weights=basis.light[lost[1]], minlength=len(samples)
    )
    poor = ~(light >= _FEWEST_LIGHT * basis.light.sum())
    normal[poor] = np.eye(len(basis.images))
    coefficients = np.linalg.solve(normal, sums[..., None])[..., 0]
    coefficients, rejected = _reject(samples, normal, sums, coefficients, lost, basis)
    coefficients[poor] = np.nan
    return per_level(coefficients), rejected


def residual_sigma(samples, coefficients, images, weight):
    """
    Usual residual of fits, in units of the weight's standard deviation.

    Parameters
    ----------
    samples : ndarray of float32, shape (frames, pixels)
        As of `fit_shapes`.
    coefficients : ndarray of float64, shape (frames, K)
        What it found; NaN where it found nothing.
    images, weight : ndarray of float32, shape (K, pixels) and (pixels,)
        As of `ShapeBasis`.

    Returns
    -------
    sigma : float
        1.4826 times the median over the frames of the median absolute residual; over 30 to 59
        of them, at equal distances, where there are more.
    """
    used, sizes = weight > 0, []
    images, root = images[:, used], np.sqrt(weight[used])
    added = np.where(np.isfinite(coefficients), coefficients, 0.0)
    added[:, 1:] *= added[:, :1]
    added[:, 0] -= np.isfinite(coefficients[:, 0])
    some = slice(None, None, max(len(samples) // _FRAMES_OF_SIGMA, 1))
    # One by one: the residuals of all have more bytes than all else.
    for row, found in zip(samples[some], added[some], strict=True):
        left = row[used] - np.einsum("k,kp->p", found, images)
        sizes.append(nan_median(np.abs(left * root), axis=-1))
    return SIGMA_OF_MAD * float(np.nanmedian(sizes))


def true_width(motion):
    """
    Change of the squared width without what a shift adds to it.

    Parameters
    ----------
    motion : ndarray of float64, shape (frames, 4)
        Level, x, y, and the coefficient of half of the second derivative across the trace.

    Returns
    -------
    width : ndarray of float64, shape (frames,)
        The coefficient minus the square of y: that is what the second order of a shift is.
    """
    return motion[:, 3] - motion[:, 2] ** 2


def followed_terms(motion, width_gain):
    """
    What the profile of a spectrum follows.

    Parameters
    ----------
    motion : ndarray of float64, shape (frames, 4)
        Level, x, y and true width; NaN counts as no motion.
    width_gain : float
        Share of the width that is no noise.

    Returns
    -------
    terms : ndarray of float64, shape (frames, 3)
        1, y, and the coefficient of half of the second derivative.

    Examples
    --------
    >>> followed_terms(np.array([[1.0, 0.0, 0.1, 0.5]]), 0.2)
    array([[1.  , 0.1 , 0.11]])
    """
    _, _, y, width = np.nan_to_num(motion).T
    return np.column_stack([np.ones(len(y)), y, y**2 + width_gain * width])


def per_level(coefficients):
    """
    Motion of a star from coefficients of images of unit level.

    Parameters
    ----------
    coefficients : ndarray of float64, shape (frames, K)
        Coefficients of the star, of which 1 is taken off, and of what a unit of
        motion adds to a star of level 1.

    Returns
    -------
    motion : ndarray of float64, shape (frames, K)
        The level, and the motion itself: that of a dimmer star adds less light.

    Examples
    --------
    >>> per_level(np.array([[-0.5, 0.1]]))
    array([[0.5, 0.2]])
    """
    level = coefficients[:, :1] + 1.0
    return np.hstack([level, coefficients[:, 1:] / np.maximum(level, _DIMMEST)])


def _take_off(normal, sums, places, samples, basis):
    """Take samples off the normal equations, in place."""
    if not len(places[0]):
        return
    frames, pixels = places
    images = basis.images[:, pixels].astype(np.float64)
    weighted = basis.weighted[:, pixels] * images[:, None]
    values = basis.weighted[:, pixels] * samples[frames, pixels].astype(np.float64)
    terms = len(images)
    for k in range(terms):
        sums[:, k] -= np.bincount(frames, weights=values[k], minlength=len(sums))
        for j in range(terms):
            normal[:, k, j] -= np.bincount(frames, weights=weighted[k, j], minlength=len(sums))


def _residuals(samples, coefficients, basis):
    """Absolute residuals in units of the weight's standard deviation, (frames, pixels)."""
    residual = np.einsum("nk,kp->np", coefficients.astype(np.float32), basis.images)
    np.subtract(samples, residual, out=residual)
    residual *= basis.root
    return np.abs(residual, out=residual)


def _residuals_at(samples, coefficients, frames, pixels, basis):
    """Absolute residuals of single samples, as of `_residuals`."""
    model = np.add.reduce(coefficients[frames].T * basis.images[:, pixels], axis=0)
    return np.abs(samples[frames, pixels] - model) * basis.root[pixels]


def _reject(samples, normal, sums, coefficients, lost, basis):
    """Rounds of rejection; coefficients and the rejected samples."""
    first, pixels = _candidates(samples, coefficients, lost, basis, np.arange(len(samples)))
    rejected = (first[:0], pixels[:0])
    full = _disturbed(samples, coefficients, first, pixels, basis)
    for _ in range(_ROUNDS - 1):
        if full.any():
            again = _candidates(samples, coefficients, lost, basis, np.flatnonzero(full))
            other = ~full[first]
            first, pixels = (
                np.concatenate(p) for p in ((first[other], again[0]), (pixels[other], again[1]))
            )
        if not len(first):
            break
        residual = _residuals_at(samples, coefficients, first, pixels, basis)
        out = residual > _REJECTED * basis.sigma
        rejected = (first[out], pixels[out])
        touched = full.copy()
        touched[rejected[0]] = True
        equations, right = normal.copy(), sums.copy()
        _take_off(equations, right, rejected, samples, basis)
        coefficients[touched] = np.linalg.solve(equations[touched], right[touched][..., None])[
            ..., 0
        ]
    return coefficients, rejected


def _candidates(samples, coefficients, lost, basis, frames):
    """Good samples far from the fit in some frames."""
    chosen = samples if len(frames) == len(samples) else samples[frames]
    residual = _residuals(chosen, coefficients[frames], basis)
    row = np.full(len(samples), -1)
    row[frames] = np.arange(len(frames))
    known = row[lost[0]] >= 0
    residual[row[lost[0][known]], lost[1][known]] = 0.0
    places = np.flatnonzero(residual > _CANDIDATE * basis.sigma)
    found, pixels = np.divmod(places, samples.shape[1])
    return frames[found], pixels


def _disturbed(samples, coefficients, frames, pixels, basis):
    """Whether the candidates can have moved other residuals of each frame."""
    residual = _residuals_at(samples, coefficients, frames, pixels, basis)
    moved = residual * basis.leverage[pixels]
    total = np.bincount(frames, weights=moved, minlength=len(samples)) * basis.leverage.max()
    return total > _DISTURBED * basis.sigma
