"""Profile of each column of a spectrum, and how it moves, from the integrations of a reference."""

import numpy as np

from scripts.lib.moving_profile.background import LIMIT
from scripts.lib.moving_profile.column_profile import (
    column_flux,
    moved_images,
    normalise_columns,
)
from scripts.lib.moving_profile.pixel_regression import regress_pixels
from scripts.lib.moving_profile.shape import followed_terms
from scripts.lib.moving_profile.star_motion import derivative_tightness

__all__ = ["fit_profile"]

# Fewer integrations do not show how a profile moves.
_FEWEST_MOVING = 20


def fit_profile(samples, bad, scene, fitted):
    """
    Fit how the light of each column is spread over its pixels, and how that moves.

    Parameters
    ----------
    samples : ndarray of float32, shape (integrations, P)
        Integrations minus background and minus the median image of the star, in the band.
    bad : ndarray of bool, shape (integrations, P)
        Those that are lost.
    scene : object
        ``band``, ``model``, ``holes``, ``weight`` and ``region`` of the star.
    fitted : object
        ``coefficients`` (integrations, 4) of the shapes, NaN where there are none; ``rejected``,
        places (frames, pixels); ``width_gain`` as of `followed_terms`; ``spectrum`` as of `tint`.

    Returns
    -------
    profile : ndarray of float32, shape (K, height, x)
        Profile and its slopes; K is 1 with fewer than 20 integrations.
    response : ndarray of float64, shape (2, x)
        Light of each column at level 1, and its slope with x.
    hole_light : ndarray of float64, shape (K, x)
        Share of the light in holes, as of `normalise_columns`.
    """
    coefficients = fitted.coefficients
    usable = np.where(np.isfinite(coefficients), coefficients, 0.0)
    level = np.where(usable[:, :1] > 0, usable[:, :1], 1.0)
    moving = len(samples) >= _FEWEST_MOVING
    terms = followed_terms(coefficients, fitted.width_gain)[:, : 1 + 2 * moving]
    regressors = level * terms
    holes, model = (scene.band.gather(image) for image in (scene.holes, scene.model))
    values = samples.reshape(-1, *holes.shape) + model
    values.reshape(bad.shape)[bad] = np.nan
    values.reshape(bad.shape)[fitted.rejected] = np.nan
    values[:, holes] = np.nan
    values[~np.isfinite(coefficients[:, 0])] = np.nan
    values /= fitted.spectrum.astype(np.float32)[:, None]
    prior = [image[: terms.shape[1]].reshape(terms.shape[1], -1) for image in _slopes(scene)]
    found = regress_pixels(values.reshape(len(values), -1), regressors, prior=prior)
    found = found.reshape(-1, *holes.shape)
    empty = ~np.isfinite(found).all(axis=0)
    found[:, empty] = 0.0
    profile, hole_light = normalise_columns(found, empty)
    weight = np.where(empty, 0.0, scene.band.gather(scene.weight))
    flux = column_flux(values, terms, profile, weight)
    response = regress_pixels(
        flux / level, np.column_stack([np.ones(len(level)), usable[:, 1]])[:, : 1 + moving]
    )
    full = np.zeros((2, response.shape[1]))
    full[: len(response)] = np.nan_to_num(response)
    return profile, full, hole_light


def _slopes(scene):
    """
    Numerical derivatives of the median star as a prior of the profile.

    Returns the images (3, height, x) and their tightness as `regress_pixels` takes them.
    """
    images = moved_images(scene)[[0, 2, 3]]
    return images, derivative_tightness(images, scene.band.gather(scene.region.limit / LIMIT))
