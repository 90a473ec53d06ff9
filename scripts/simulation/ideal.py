"""The best extraction that noise allows: profile, background and weights known, and nothing wrong."""

import numpy as np

__all__ = ["ideal_levels"]


def ideal_levels(templates, stars, noise, variance, element_shape):
    """
    Least-squares level of the star in every element of one integration.

    Parameters
    ----------
    templates : ndarray, shape (orders, rows, columns)
        Light of the star out of transit.
    stars : ndarray, shape (orders, rows, columns)
        Light of the star in this integration, in the same unit.
    noise : ndarray, shape (rows, columns)
        Noise of this integration.
    variance : ndarray, shape (rows, columns)
        Expected variance of the noise.
    element_shape : tuple of int
        As of `scripts.simulation.scene.Scene`.

    Returns
    -------
    ndarray, shape (elements,)
        Level of the star over that out of transit, of all elements of the first order, then the next;
        NaN where there is no light. The light of other orders is known too.
    """
    axes = tuple(axis for axis in (1, 2) if element_shape[axis] == 1)
    weights = templates / variance
    light = np.sum(weights * (stars + noise), axis=axes)
    norm = np.sum(weights * templates, axis=axes)
    known = np.divide(light, norm, out=np.full(norm.shape, np.nan), where=norm > 0.0)
    return known.reshape(-1)
