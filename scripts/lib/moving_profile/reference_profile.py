"""Profile of each column of a spectrum, and how it moves, from the integrations of a reference."""

import numpy as np

from scripts.lib.moving_profile.holes import share_of_holes
from scripts.lib.moving_profile.reference_sample import regress_pixels

__all__ = ["fit_profile", "without_dark_columns"]

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
        ``band``, ``model``, ``holes`` and ``weight`` of the star.
    fitted : tuple
        Coefficients (integrations, 4) of the shapes, NaN where there are none, and the places
        (frames, pixels) of rejected samples.

    Returns
    -------
    profile : ndarray of float32, shape (K, height, x)
        Profile and its slopes; K is 1 with fewer than 20 integrations.
    response : ndarray of float64, shape (2, x)
        Light of each column at level 1, and its slope with x.
    hole_light : ndarray of float64, shape (x,)
        Share of the light in holes.
    """
    coefficients, rejected = fitted
    usable = np.where(np.isfinite(coefficients), coefficients, 0.0)
    level = np.where(usable[:, :1] > 0, usable[:, :1], 1.0)
    moving = len(samples) >= _FEWEST_MOVING
    regressors = level * np.column_stack([np.ones(len(level)), usable[:, 2:]][: 1 + moving])
    holes, model = (scene.band.gather(image) for image in (scene.holes, scene.model))
    values = samples.reshape(-1, *holes.shape) + model
    values.reshape(bad.shape)[bad] = np.nan
    values.reshape(bad.shape)[rejected] = np.nan
    values[:, holes] = np.nan
    values[~np.isfinite(coefficients[:, 0])] = np.nan
    found = regress_pixels(values.reshape(len(values), -1), regressors)
    found = found.reshape(-1, *holes.shape)
    empty = ~np.isfinite(found).all(axis=0)
    found[:, empty] = 0.0
    hole_light = share_of_holes(found[0], empty)
    total = found[0].sum(axis=0) / np.maximum(1.0 - hole_light, 1e-3)
    found /= np.where(total > 0, total, np.inf)
    # Motion changes no column's flux: what a slope has in common with the profile is response.
    common = found[1:].sum(axis=1) / np.maximum(1.0 - hole_light, 1e-3)
    found[1:] -= found[0] * common[:, None, :]
    profile = found.astype(np.float32)
    weight = np.where(empty, 0.0, scene.band.gather(scene.weight))
    flux = _column_flux(values, usable, profile, weight)
    response = regress_pixels(
        flux / level, np.column_stack([np.ones(len(level)), usable[:, 1]])[:, : 1 + moving]
    )
    full = np.zeros((2, response.shape[1]))
    full[: len(response)] = np.nan_to_num(response)
    return profile, full, hole_light


def _column_flux(values, coefficients, profile, weight):
    """Flux of each column by weighted least squares on its profile, (integrations, x); NaN if none."""
    terms = np.column_stack([np.ones(len(values)), coefficients[:, 2:]])[:, : len(profile)]
    shape = np.einsum("nk,kyx->nyx", terms.astype(np.float32), profile)
    good = np.isfinite(values)
    upper = np.einsum("nyx,nyx,yx->nx", np.where(good, values, 0.0), shape, weight)
    lower = np.einsum("nyx,nyx,yx->nx", np.where(good, shape, 0.0), shape, weight)
    return np.divide(upper, lower, out=np.full(upper.shape, np.nan), where=lower > 0)


def without_dark_columns(scene, profile, response, least):
    """
    Leave out holes and columns of hardly any light.

    Parameters
    ----------
    scene : object
        ``band`` and ``model`` of the star.
    profile, response : ndarray
        As of :func:`fit_profile`.
    least : float or ndarray of float, shape (x,)
        Light from which on a column has a flux of its own.

    Returns
    -------
    model : ndarray of float32, shape (height, x)
        Median image of the star in the band; 0 there.
    profile : ndarray of float32, shape (K, height, x)
        The profile; 0 there.
    """
    lit = response[0] >= least
    model = np.where(lit & profile[0].astype(bool), scene.band.gather(scene.model), 0.0)
    return model.astype(np.float32), np.where(lit, profile, np.float32(0.0))
