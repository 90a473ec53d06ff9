"""Profile of each column of a spectrum: shares of its light, those in holes, and its flux."""

import numpy as np

from scripts.lib.moving_profile.derivatives import curvature, slope
from scripts.lib.moving_profile.holes import fill_columns, share_of_holes, slope_in_holes

__all__ = [
    "column_flux",
    "moved_images",
    "normalise_columns",
    "shift_along",
    "without_dark_columns",
]

# Columns with less light than this share of the brightest have no slope along the dispersion.
_LIT = 0.003
# Degree of what is smooth along the spectrum, and says nothing of a shift.
_SMOOTH = 4


def moved_images(scene):
    """
    The median star in its band, and what motion and width add to it.

    Parameters
    ----------
    scene : object
        ``band``, ``model`` and ``holes`` of the star.

    Returns
    -------
    images : ndarray of float64, shape (4, height, x)
        The star, with holes filled as its neighbours have it; what a shift by one pixel along the
        dispersion adds, as of `shift_along`: the spectrum moves, the trace stays; and what a shift
        along the columns and a unit of squared width add, as of `derivatives`.
    """
    band, holes = scene.band, scene.band.gather(scene.holes)
    light = band.gather(scene.model)
    star, _ = fill_columns(light, holes)
    image = scene.model.astype(np.float64)
    band.scatter(star, image)
    moved, widened = band.gather(-slope(image, 0)), band.gather(0.5 * curvature(image, 0))
    return np.stack([star, shift_along(light, holes) * star, moved, widened])


def shift_along(light, holes):
    """
    Relative change of the light of each column when a spectrum moves by a pixel.

    Parameters
    ----------
    light : ndarray of float, shape (height, x)
        Light in the band; any value in holes.
    holes : ndarray of bool, shape (height, x)
        The holes.

    Returns
    -------
    change : ndarray of float64, shape (x,)
        Minus the relative slope of the spectrum, times its share that is no noise; 0 where there is
        hardly any light.

    Notes
    -----
    What even and uneven rows do not have in common of the slopes, such as errors of the flat field, is noise. A
    shift that is fitted with it comes out too small, by its share of the square of the slopes. Smooth slopes
    do not count: a fit that lets the spectrum change smoothly does not see them.
    """
    parts = [(light[k::step], holes[k::step]) for k, step in ((0, 1), (0, 2), (1, 2))]
    totals = [fill_columns(*part)[1] for part in parts]
    lit = np.flatnonzero(np.all([t > _LIT * t.max(initial=0.0) for t in totals], axis=0))
    change = np.zeros(light.shape[1])
    if len(lit) < 2 * _SMOOTH:
        return change
    slopes = [-np.gradient(total)[lit] / total[lit] for total in totals]
    root = np.sqrt(totals[0][lit])
    place = 2.0 * (lit - lit[0]) / (lit[-1] - lit[0]) - 1.0
    smooth, _ = np.linalg.qr(np.polynomial.legendre.legvander(place, _SMOOTH) * root[:, None])
    whole, even, uneven = (part - smooth @ (smooth.T @ part) for part in np.multiply(slopes, root))
    power = whole @ whole
    change[lit] = slopes[0] * (np.clip(even @ uneven / power, 0.0, 1.0) if power > 0 else 0.0)
    return change


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
    upper, lower = (np.empty((len(values), values.shape[2])) for _ in range(2))
    # One by one: an image stays in the cache, and all shapes together have as many bytes as the samples.
    for row, (samples, mix) in enumerate(zip(values, terms.astype(np.float32), strict=True)):
        shape = np.einsum("k,kyx->yx", mix, profile)
        good = np.isfinite(samples)
        weighted = np.where(good, shape * weight, 0.0)
        upper[row] = np.einsum("yx,yx->x", weighted, np.where(good, samples, 0.0))
        lower[row] = np.einsum("yx,yx->x", weighted, shape)
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
