"""Profile of each column of a spectrum: shares of its light, those in holes, and its flux."""

import numpy as np

from scripts.lib.moving_profile.holes import share_of_holes, slope_in_holes

__all__ = ["column_derivatives", "column_flux", "normalise_columns", "without_dark_columns"]


def column_derivatives(model):
    """
    What motion along the columns and width add to an image, from differences of its pixels.

    Parameters
    ----------
    model : ndarray of float, shape (y, x)
        Image of the star.

    Returns
    -------
    moved, widened : ndarray of float, shape (y, x)
        Minus the derivative along y, and half of the second one, 0 in the first and last row.

    Examples
    --------
    >>> moved, widened = column_derivatives(np.array([[0.0], [1.0], [4.0]]))
    >>> moved[:, 0].tolist(), widened[:, 0].tolist()
    ([-1.0, -2.0, -3.0], [0.0, 1.0, 0.0])
    """
    widened = np.zeros_like(model)
    widened[1:-1] = 0.5 * (model[2:] - 2.0 * model[1:-1] + model[:-2])
    return -np.gradient(model, axis=0), widened


def normalise_columns(found, holes):
    """
    Make shares of each column's light from the light of its pixels and its slopes.

    Parameters
    ----------
    found : ndarray of float64, shape (K, height, x)
        Light of each pixel, and what a unit of motion adds to it; 0 in holes. It is
        overwritten.
    holes : ndarray of bool, shape (height, x)
        The holes.

    Returns
    -------
    profile : ndarray of float32, shape (K, height, x)
        Share of the column's light in each pixel, and its slopes; 0 in holes.
    hole_light : ndarray of float64, shape (K, x)
        The same of all holes of a column together, as the neighbouring columns have it. Over
        a column, both together sum to 1, and their slopes to 0: what else a slope has in
        common with the profile is the detector's response to motion.
    """
    hole_light = np.zeros((len(found), found.shape[2]))
    hole_light[0] = share_of_holes(found[0], holes)
    solid = np.maximum(1.0 - hole_light[0], 1e-3)
    total = found[0].sum(axis=0) / solid
    found /= np.where(total > 0, total, np.inf)
    for k in range(1, len(found)):
        found[k] -= found[0] * (found[k].sum(axis=0) / solid)
        hole_light[k] = slope_in_holes(found[k], holes)
        found[k] -= found[0] * (hole_light[k] / solid)
    return found.astype(np.float32), hole_light


def column_flux(values, terms, profile, weight):
    """
    Flux of each column by weighted least squares on its profile.

    Parameters
    ----------
    values : ndarray of float32, shape (integrations, height, x)
        Samples minus background; NaN is left out.
    terms : ndarray of float64, shape (integrations, K)
        Coefficients of the profile's images.
    profile : ndarray of float32, shape (K, height, x)
        Share of the light in each pixel, and its slopes.
    weight : ndarray of float, shape (height, x)
        Inverse variance.

    Returns
    -------
    flux : ndarray of float64, shape (integrations, x)
        NaN where nothing of the profile is good.
    """
    shape = np.einsum("nk,kyx->nyx", terms.astype(np.float32), profile)
    good = np.isfinite(values)
    upper = np.einsum("nyx,nyx,yx->nx", np.where(good, values, 0.0), shape, weight)
    lower = np.einsum("nyx,nyx,yx->nx", np.where(good, shape, 0.0), shape, weight)
    return np.divide(upper, lower, out=np.full(upper.shape, np.nan), where=lower > 0)


def without_dark_columns(model, profile, light, least):
    """
    Leave out holes and columns of hardly any light.

    Parameters
    ----------
    model : ndarray of float, shape (height, x)
        Median image of the star.
    profile : ndarray of float32, shape (K, height, x)
        Shares of the light and their slopes; 0 in holes.
    light : ndarray of float64, shape (x,)
        Light of each column.
    least : float or ndarray of float64, shape (x,)
        Share of the brightest column's light below which one is left out.

    Returns
    -------
    model, profile : ndarray of float32, same shapes
        0 there.

    Examples
    --------
    >>> profile = np.array([[[1.0, 1.0, 0.0]]], np.float32)
    >>> without_dark_columns(np.full((1, 3), 7.0), profile, np.array([9.0, 0.1, 9.0]), 0.1)[0]
    array([[7., 0., 0.]], dtype=float32)
    """
    lit = light >= least * light.max()
    star = np.where(lit & profile[0].astype(bool), model, 0.0).astype(np.float32)
    return star, np.where(lit, profile, np.float32(0.0))
