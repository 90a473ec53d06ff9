"""Level, position and width of a star in images, by least squares with rejection in each one."""

import numpy as np

from scripts.lib.moving_profile.robust import sigma_about
from scripts.lib.moving_profile.shape import per_level

__all__ = ["fit_motion", "fit_stamps", "motion_terms"]

_ROUNDS, _REJECTED = 3, 6.0
_FEWEST_LIGHT = 0.2


def motion_terms(coefficients, terms):
    """
    Regressors of a profile that moves.

    Parameters
    ----------
    coefficients : ndarray of float64, shape (frames, 4)
        Level, x, y and width; NaN counts as 0.
    terms : int
        Number of regressors: 11, or 1 for a static profile.

    Returns
    -------
    regressors : ndarray of float64, shape (frames, terms)
        1, x, y, width, x^2, y^2, x y, x^3, y^3, x^2 y, x y^2.
    """
    x, y, width = np.nan_to_num(coefficients[:, 1:]).T
    squares, cubes = [x * x, y * y, x * y], [x**3, y**3, x * x * y, x * y * y]
    return np.column_stack([np.ones(len(x)), x, y, width, *squares, *cubes])[:, :terms]


def fit_motion(samples, good, images, weight):
    """
    Fit level, position and width, with what is not linear in them.

    Parameters
    ----------
    samples : ndarray of float64, shape (frames, pixels)
        Stamps minus background; any finite value where bad.
    good : ndarray of bool, shape (frames, pixels)
        Whether a sample takes part.
    images : ndarray of float64, shape (K, pixels)
        The star of level 1 and its coefficients of `motion_terms`; the first four are fitted.
    weight : ndarray of float64, shape (pixels,)
        Inverse variance; 0 where a pixel takes no part.

    Returns
    -------
    coefficients, kept : ndarray
        As of `fit_stamps`: of a second fit, from which the squares and cubes of the
        motion that the first one found were taken off.
    """
    straight = samples - images[0]
    coefficients, kept = fit_stamps(straight, good, images[:4], weight)
    if len(images) <= 4:
        return coefficients, kept
    level = np.nan_to_num(coefficients[:, :1])
    curves = level * motion_terms(coefficients, len(images))[:, 4:]
    curved = np.einsum("nk,kp->np", curves, images[4:])
    return fit_stamps(straight - curved, good, images[:4], weight)


def fit_stamps(samples, good, images, weight):
    """
    Fit level, position and width of the star in each image.

    Parameters
    ----------
    samples : ndarray of float64, shape (frames, pixels)
        Stamps minus background and median star; any finite value where bad.
    good : ndarray of bool, shape (frames, pixels)
        Whether a sample takes part.
    images : ndarray of float64, shape (K, pixels)
        The median star, and what one pixel of x and y, and of the squared width, add to it.
    weight : ndarray of float64, shape (pixels,)
        Inverse variance; 0 where a pixel takes no part.

    Returns
    -------
    coefficients : ndarray of float64, shape (frames, K)
        Level (1 for the median star), x, y, width; NaN where less than a fifth of the
        weight of the light is good.
    kept : ndarray of bool, shape (frames, pixels)
        Samples that were good and are within 6 robust standard deviations of the fit,
        where they take part in it.

    Notes
    -----
    Stamps are small: a hit moves the residuals of all pixels, so that all are looked
    at again in each of three rounds, with the deviation of each image.
    """
    terms = len(images)
    pairs = [(k, j) for k in range(terms) for j in range(k, terms)]
    products = np.stack([weight * images[k] * images[j] for k, j in pairs])
    weighted, root = weight * images, np.sqrt(weight)
    used, kept = weight > 0, good & (weight > 0)
    light = np.einsum("np,p->n", kept.astype(np.float64), products[0])
    poor = ~(light >= _FEWEST_LIGHT * products[0].sum())
    for _ in range(_ROUNDS):
        mask = kept.astype(np.float64)
        sums = np.einsum("np,jp->nj", mask, products)
        normal = np.empty((len(samples), terms, terms))
        for index, (k, j) in enumerate(pairs):
            normal[:, k, j] = normal[:, j, k] = sums[:, index]
        right = np.einsum("np,kp->nk", np.where(kept, samples, 0.0), weighted)
        normal[poor] = np.eye(terms)
        normal[:, range(terms), range(terms)] *= 1.0 + 1e-12
        normal[:, range(terms), range(terms)] += 1e-30
        found = np.linalg.solve(normal, right[..., None])[..., 0]
        residual = (samples - np.einsum("nk,kp->np", found, images)) * root
        size = np.where(kept, residual, np.nan)[:, used]
        sigma = sigma_about(size, np.zeros(len(size)))
        with np.errstate(invalid="ignore"):
            again = good & used & (np.abs(residual) <= _REJECTED * sigma[:, None])
        if (again == kept).all():
            break
        kept = again
    found[poor] = np.nan
    return per_level(found), kept | (good & ~used)
