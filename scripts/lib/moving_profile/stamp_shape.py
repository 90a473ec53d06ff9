"""Level, position and width of a star in images, by least squares with rejection in each one."""

import numpy as np

from scripts.lib.moving_profile.robust import sigma_about
from scripts.lib.moving_profile.shape import per_level

__all__ = [
    "LIMIT",
    "fit_motion",
    "fit_stamps",
    "free_share",
    "held_share",
    "motion_errors",
    "motion_terms",
]

# Standard deviations beyond which a sample takes no part, and how many more before motion is known.
LIMIT, _COARSE = 5.0, 4.0
_ROUNDS = 8
_FEWEST_LIGHT, _FEWEST_SHARE = 0.2, 0.01


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


def fit_motion(samples, good, images, weight, tightness=0.0, limit=LIMIT):
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
    tightness : float, optional
        Inverse variance of the width, which is expected to be 0.

    Returns
    -------
    coefficients, kept : ndarray
        As of `fit_stamps`: of a second fit, from which the squares and cubes of the
        motion that the first one found were taken off.
    """
    straight = samples - images[0]
    coefficients, kept = fit_stamps(straight, good, images[:4], weight, tightness, _COARSE * limit)
    if len(images) <= 4:
        return coefficients, kept
    level = np.nan_to_num(coefficients[:, :1])
    curves = level * motion_terms(coefficients, len(images))[:, 4:]
    curved = np.einsum("nk,kp->np", curves, images[4:])
    return fit_stamps(straight - curved, good, images[:4], weight, tightness, limit)


def fit_stamps(samples, good, images, weight, tightness=0.0, limit=LIMIT):
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
    tightness : float, optional
        Inverse variance of the last coefficient, which is expected to be 0.

    Returns
    -------
    coefficients : ndarray of float64, shape (frames, K)
        Level (1 for the median star), x, y, width; NaN where less than a fifth of the
        weight of the light is good.
    kept : ndarray of bool, shape (frames, pixels)
        Samples that were good and are within 5 robust standard deviations of a fit without
        them, where they take part in it.

    Notes
    -----
    Stamps are small: the fit follows a bright pixel, so that residuals are compared with
    what its leverage leaves of its noise; and a hit moves the residuals of all pixels, so
    that only the largest of an image, and those more than half as large, are left out at
    a time, and all are looked at again.
    """
    equations = _Equations(images, weight, tightness)
    used, kept = weight > 0, good & (weight > 0)
    light = np.einsum("np,p->n", kept.astype(np.float64), equations.products[0])
    poor = ~(light >= _FEWEST_LIGHT * equations.products[0].sum())
    found, todo = np.zeros((len(samples), len(images))), np.arange(len(samples))
    for _ in range(_ROUNDS):
        found[todo] = equations.solve(samples[todo], kept[todo], poor[todo])
        size = equations.sizes(samples[todo], kept[todo], found[todo])
        largest = np.where(kept[todo], size, 0.0).max(axis=1, keepdims=True)
        most = np.where(kept[todo], np.maximum(limit, 0.5 * largest), limit)
        again = good[todo] & used & (size <= most)
        changed = (again != kept[todo]).any(axis=1)
        kept[todo] = again
        todo = todo[changed]
        if not len(todo):
            break
    found[poor] = np.nan
    return per_level(found), kept | (good & ~used)


def free_share(images, weight, tightness=0.0):
    """
    Share of each pixel's noise that a fit does not follow.

    Parameters
    ----------
    images, weight, tightness
        As of `fit_stamps`.

    Returns
    -------
    share : ndarray of float64, shape (pixels,)
        Standard deviation of the residuals over that of the samples, at least 0.1.
    """
    return _Equations(images, weight, tightness).share


def motion_errors(images, weight):
    """
    Errors of what is fitted to a star of level 1 with all samples good, without a tightness.

    Parameters
    ----------
    images, weight
        As of `fit_motion`.

    Returns
    -------
    errors : ndarray of float64, shape (4,)
        Of level, x, y and width, in units of the weights.

    Examples
    --------
    >>> motion_errors(np.eye(4), np.array([1.0, 4.0, 16.0, 25.0])).round(6)
    array([1.  , 0.5 , 0.25, 0.2 ])
    """
    return np.sqrt(np.diag(_Equations(images[:4], weight, 0.0).inverse))


def held_share(images, weight, tightness):
    """
    Share of a width that is left of it by a tightness.

    Parameters
    ----------
    images, weight, tightness
        As of `fit_motion`.

    Returns
    -------
    share : float
        From 0 to 1: 1 if nothing holds the width.

    Examples
    --------
    >>> round(held_share(np.eye(4), np.array([1.0, 4.0, 16.0, 25.0]), 75.0), 6)
    0.25
    """
    information = motion_errors(images, weight)[3] ** -2.0
    return float(information / (information + tightness))


class _Equations:
    """Normal equations of fits to the same images, with any samples left out."""

    def __init__(self, images, weight, tightness):
        terms = len(images)
        self.pairs = [(k, j) for k in range(terms) for j in range(k, terms)]
        self.products = np.stack([weight * images[k] * images[j] for k, j in self.pairs])
        self.images, self.weighted, self.root = images, weight * images, np.sqrt(weight)
        self.used, self.tightness = weight > 0, tightness
        self.inverse = np.linalg.inv(self._normal(self.products.sum(axis=1)[None])[0])
        leverage = np.einsum("kp,kl,lp->p", self.weighted, self.inverse, images)
        # Of a pixel that no other checks nothing is known.
        self.share = np.sqrt(np.clip(1.0 - leverage, _FEWEST_SHARE, 1.0))

    def _normal(self, sums):
        """Normal matrices (frames, K, K) from sums of the products (frames, pairs)."""
        terms = len(self.images)
        normal = np.empty((len(sums), terms, terms))
        for index, (k, j) in enumerate(self.pairs):
            normal[:, k, j] = normal[:, j, k] = sums[:, index]
        normal[:, range(terms), range(terms)] *= 1.0 + 1e-12
        normal[:, range(terms), range(terms)] += 1e-30
        normal[:, -1, -1] += self.tightness
        return normal

    def solve(self, samples, kept, poor):
        """Coefficients (frames, K) of the kept samples; of no meaning where poor."""
        normal = self._normal(np.einsum("np,jp->nj", kept.astype(np.float64), self.products))
        normal[poor] = np.eye(len(self.images))
        right = np.einsum("np,kp->nk", np.where(kept, samples, 0.0), self.weighted)
        return np.linalg.solve(normal, right[..., None])[..., 0]

    def sizes(self, samples, kept, found):
        """Absolute residuals in robust standard deviations of what is left of the noise."""
        residual = np.abs(samples - np.einsum("nk,kp->np", found, self.images)) * self.root
        size = np.where(kept, residual / self.share, np.nan)[:, self.used]
        sigma = sigma_about(size, np.zeros(len(size)))
        # The fit does not follow a sample that is left out, but is less certain there.
        expected = np.where(kept, self.share, 1.0 / self.share) * sigma[:, None]
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(residual > 0, residual / expected, 0.0)
