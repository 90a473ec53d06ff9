"""Derivatives of an image of a star, from differences of its pixels."""

import numpy as np

__all__ = ["curvature", "slope"]

# Weights of the pixels on either side in the first and second derivative (Fornberg 1988, Math. Comp. 51, 699). A
# star is hardly wider than a pixel: with one neighbour on each side its slopes come out a fifth too flat.
_FIRST = (3 / 4, -3 / 20, 1 / 60)
_SECOND = (3 / 2, -3 / 20, 1 / 90)


def slope(image, axis):
    """
    First derivative along an axis.

    Parameters
    ----------
    image : ndarray of float64, shape (y, x)
        The image.
    axis : int
        0 for y, 1 for x.

    Returns
    -------
    derivative : ndarray of float64, shape (y, x)
        For each pixel, from three on either side; beyond the ends the last one counts.

    Examples
    --------
    Exact for polynomials of sixth degree, but for the ends:

    >>> slope(np.arange(9.0)[None] ** 3, 1).round(9)[0, 3:6]
    array([27., 48., 75.])
    """
    derivative = np.zeros_like(image)
    for weight, before, after in zip(_FIRST, *_neighbours(image, axis), strict=True):
        derivative += weight * (after - before)
    return derivative


def curvature(image, axis):
    """
    Second derivative along an axis.

    Parameters
    ----------
    image, axis
        As of :func:`slope`.

    Returns
    -------
    derivative : ndarray of float64, shape (y, x)
        As of :func:`slope`.

    Examples
    --------
    >>> curvature(np.arange(9.0)[None] ** 3, 1).round(9)[0, 3:6]
    array([18., 24., 30.])
    """
    derivative = np.zeros_like(image)
    for weight, before, after in zip(_SECOND, *_neighbours(image, axis), strict=True):
        derivative += weight * (before + after - 2.0 * image)
    return derivative


def _neighbours(image, axis):
    """Pixels one to three before and after each."""
    reach, length = len(_FIRST), image.shape[axis]
    margin = [(reach, reach) if k == axis else (0, 0) for k in range(2)]
    padded = np.pad(image, margin, mode="edge")
    steps = range(1, reach + 1)
    return (
        [
            np.take(padded, np.arange(reach + sign * k, reach + sign * k + length), axis)
            for k in steps
        ]
        for sign in (-1, 1)
    )
