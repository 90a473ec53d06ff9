"""What level and motion of a star add to its image."""

import numpy as np

from scripts.lib.moving_profile.derivatives import curvature, slope
from scripts.lib.moving_profile.stamp_shape import motion_terms

__all__ = ["derivative_tightness", "moved_wings", "numerical_terms", "star_level"]

# Relative uncertainty of numerical derivatives of a star that is not much wider than a pixel, and of a pixel
# where one happens to be 0, that of this share of its light.
_DERIVATIVES, _LEAST = 0.15, 0.3


def star_level(coefficients, light):
    """
    Light of the star in the stamp.

    Parameters
    ----------
    coefficients : ndarray of float64, shape (frames, 4)
        Level, x, y and width; a level of NaN counts as 1.
    light : ndarray of float64, shape (K,)
        As of `ImageReference`.

    Returns
    -------
    level : ndarray of float64, shape (frames, 1)
        The light.
    """
    level = np.where(np.isfinite(coefficients[:, 0]), coefficients[:, 0], 1.0)
    factor = np.add.reduce(motion_terms(coefficients, len(light)) * light, axis=1)
    return (level * factor)[:, None]


def moved_wings(coefficients, wings):
    """
    What level and motion of the star add to the median about the stamp.

    Parameters
    ----------
    coefficients : ndarray of float64, shape (frames, 4)
        Level, x, y and width; NaN counts as those of the median.
    wings : ndarray of float64, shape (4, A)
        As of `ImageReference`.

    Returns
    -------
    added : ndarray of float64, shape (frames, A)
        Too faint for the profile, but not for the search for outliers.
    """
    level = np.where(np.isfinite(coefficients[:, :1]), coefficients[:, :1], 1.0)
    terms = level * motion_terms(coefficients, len(wings))
    terms[:, 0] -= 1.0
    return np.einsum("nk,kp->np", terms, wings)


def numerical_terms(star):
    """
    What motion adds to a star, from differences of its pixels.

    Parameters
    ----------
    star : ndarray of float64, shape (y, x)
        The star.

    Returns
    -------
    images : ndarray of float64, shape (11, y, x)
        The star and its coefficients of the terms of `motion_terms`: those of its
        Taylor series, with derivatives as of `derivatives`.
    """
    star = star.astype(np.float64)

    def along(image, axis):
        """What a star adds that moves by +1."""
        return -slope(image, axis)

    x, y, xx, yy = along(star, 1), along(star, 0), curvature(star, 1), curvature(star, 0)
    squares = [0.5 * xx, 0.5 * yy, along(x, 0)]
    cubes = [along(xx, 1) / 6.0, along(yy, 0) / 6.0, 0.5 * along(xx, 0), 0.5 * along(yy, 1)]
    return np.stack([star, x, y, 0.5 * (xx + yy), *squares, *cubes])


def derivative_tightness(images, error, least=0.0):
    """
    How tightly numerical derivatives hold the coefficients of a profile.

    Little motion in a sample says little about slopes, and an integration that moves more, as with
    the antenna, would get their noise instead.

    Parameters
    ----------
    images : ndarray of float64, shape (K, ...)
        The star, and numerical derivatives of it.
    error : ndarray of float, shape (...)
        Error of a sample.
    least : float, optional
        Least uncertainty of a derivative.

    Returns
    -------
    tightness : ndarray of float64, shape (K, ...)
        Squared ratio of the error to the uncertainty of each image, as `regress_pixels` takes it; 0 for the star itself, and
        where nothing is known. Where a derivative happens to be 0, its uncertainty is that of a share of the light.
    """
    uncertain = _DERIVATIVES * np.maximum(np.abs(images), _LEAST * np.abs(images[:1]))
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        tightness = (error / np.maximum(uncertain, least)) ** 2
    tightness[0] = 0.0
    return np.nan_to_num(tightness, posinf=0.0)
