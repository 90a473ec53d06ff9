"""Light curve of a planet in front of a limb-darkened star."""

from functools import cache

import numpy as np

__all__ = ["disc_light", "hidden_light", "occulted_fraction", "sky_separation"]

_NODES = 100


def sky_separation(times, mid_time, duration, radius_ratio, impact):
    """
    Distance between the centres of planet and star for a planet on a straight chord.

    Parameters
    ----------
    times : ndarray, shape (integrations,)
        Times, in the unit of `mid_time` and `duration`.
    mid_time : float
        Middle of the transit.
    duration : float
        Time from first to fourth contact; 0 puts the planet next to the star at all times.
    radius_ratio, impact : float
        Planet's radius and impact parameter in stellar radii.

    Returns
    -------
    ndarray, shape (integrations,)
        Separation in stellar radii.
    """
    chord = np.sqrt(max((1.0 + radius_ratio) ** 2 - impact**2, 0.0))
    if duration <= 0.0 or chord == 0.0:
        return np.full(np.shape(times), 2.0 + radius_ratio)
    along = 2.0 * chord / duration * (np.asarray(times, dtype=float) - mid_time)
    return np.hypot(along, impact)


def occulted_fraction(separation, radius_ratio, u1, u2):
    """
    Part of the star's light hidden by an opaque disc.

    Parameters
    ----------
    separation : ndarray, shape (integrations,)
        Distance of the centres in stellar radii.
    radius_ratio : float
        Planet's radius in stellar radii.
    u1, u2 : float
        Coefficients of the quadratic law I(mu) = 1 - u1 (1 - mu) - u2 (1 - mu)^2.

    Returns
    -------
    ndarray, shape (integrations,)
        Hidden light over total light, 0 outside transit, `radius_ratio` squared for a planet
        well inside a uniform star.
    """
    law = np.array([1.0, -u1, -u2])
    return hidden_light(separation, radius_ratio) @ law / (disc_light(1.0) @ law)


def hidden_light(separation, radius_ratio, nodes=_NODES):
    """
    Light that an opaque disc hides, for each term of the quadratic law of limb darkening.

    It is the integral over the star's radius r of the term times the arc of the circle r that the
    planet covers, 2 r arccos((r^2 + d^2 - k^2) / (2 r d)) (Mandel & Agol 2002, ApJ 580, L171; the
    same integral as in Kreidberg 2015, PASP 127, 1161), taken by Gauss-Legendre quadrature with
    the nodes crowded at both ends, where the arc's slope is infinite.

    Parameters
    ----------
    separation : ndarray, shape (integrations,)
        Distance of the centres in stellar radii.
    radius_ratio : float
        Planet's radius in stellar radii.
    nodes : int, optional
        Nodes of the quadrature; its error is below 1e-9 of the star's light with 30.

    Returns
    -------
    ndarray, shape (integrations, 3)
        Integrals of 1, 1 - mu and (1 - mu)^2 over the hidden area.
    """
    distance = np.asarray(separation, dtype=float)[..., None]
    inner = np.clip(np.abs(distance - radius_ratio), 0.0, 1.0)
    outer = np.clip(distance + radius_ratio, 0.0, 1.0)
    half = (outer - inner) / 2.0
    places, weights = _quadrature(nodes)
    angle = (places + 1.0) * np.pi / 2.0
    radius = inner + half * (1.0 - np.cos(angle))
    step = half * np.sin(angle) * np.pi / 2.0 * weights
    with np.errstate(divide="ignore", invalid="ignore"):
        cosine = (radius**2 + distance**2 - radius_ratio**2) / (2.0 * radius * distance)
    arc = np.arccos(np.clip(np.nan_to_num(cosine, nan=-1.0), -1.0, 1.0))
    annuli = 2.0 * radius * arc * step
    dim = 1.0 - np.sqrt(np.clip(1.0 - radius**2, 0.0, 1.0))
    terms = (np.sum(annuli * term, axis=-1) for term in (1.0, dim, dim**2))
    return np.stack(list(terms), axis=-1) + disc_light(
        np.clip(radius_ratio - distance[..., 0], 0.0, 1.0)
    )


@cache
def _quadrature(nodes):
    """Places from -1 to 1 and weights of a Gauss-Legendre quadrature."""
    return np.polynomial.legendre.leggauss(nodes)


def disc_light(radius):
    """
    Light of the star inside a radius, for each term of the law: the integrals of 2 pi r.

    Parameters
    ----------
    radius : float or ndarray, shape (integrations,)
        Radius over that of the star.

    Returns
    -------
    ndarray, shape (3,) or (integrations, 3)
        Integrals of 1, 1 - mu and (1 - mu)^2.
    """
    rest = 1.0 - np.square(radius)
    plain = 1.0 - rest
    linear = plain - 2.0 / 3.0 * (1.0 - rest**1.5)
    square = 2.0 * linear - plain + (1.0 - rest**2) / 2.0
    return np.pi * np.stack([plain, linear, square], axis=-1)
