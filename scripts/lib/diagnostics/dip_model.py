"""Light of a dip of free depth, limb darkening and geometry, and its derivatives by them."""

from typing import NamedTuple

import numpy as np

from scripts.lib.diagnostics.transit import disc_light, hidden_light, sky_separation

__all__ = [
    "LARGEST_IMPACT",
    "LIMB",
    "LIMB_PRIOR",
    "FixedDip",
    "FreeDip",
    "Geometry",
    "dip_light",
    "light_and_slopes",
]

# Mean and standard deviation of both coefficients of limb darkening before the data are seen, and their places.
LIMB_PRIOR = (0.2, 0.2)
LIMB = slice(1, 3)
LARGEST_IMPACT = 0.95
# Step of numerical derivatives in units of the parameters' scales.
_STEP = 1e-3
_DEEPEST = 0.5
# Nodes of the light model, whose error is far below the noise of a depth.
_NODES = 30
_FIRST_IMPACT = 0.4
# A first guess that is far too small must be able to grow to some per cent within the steps of a fit.
_LEAST_CHANGE = 1e-3


class Geometry(NamedTuple):
    """
    Where and for how long a disc crosses the star.

    Attributes
    ----------
    mid, duration : float
        Middle, and time from first to fourth contact, in the unit of the times.
    impact, ratio : float
        Impact parameter, and ratio of the radii for which `duration` is meant.
    """

    mid: float
    duration: float
    impact: float
    ratio: float

    def separation(self, times):
        """Distance of the centres in stellar radii at some times (n,)."""
        return sky_separation(times, self.mid, self.duration, self.ratio, self.impact)


class FixedDip:
    """
    Dip of which the geometry is known: its parameters are depth, u1 and u2.

    Parameters
    ----------
    times : ndarray, shape (n,)
        Mid times, ascending, in any unit.
    geometry : Geometry
        Its geometry.
    depth : float
        First guess.

    Attributes
    ----------
    start, scales, lower, upper : ndarray, shape (parameters,)
        First guess, usual change and limits of the parameters.
    """

    def __init__(self, times, geometry, depth):
        self._separation = geometry.separation(times)
        self.start = np.array([depth, LIMB_PRIOR[0], LIMB_PRIOR[0]])
        self.scales = np.array([max(abs(depth), 1e-5), LIMB_PRIOR[1], LIMB_PRIOR[1]])
        self.lower = np.array([-_DEEPEST, -np.inf, -np.inf])
        self.upper = -self.lower

    def terms(self, vector):
        """Hidden light of each term of the law of limb darkening, (n, 3)."""
        return _hidden_terms(self._separation, vector[0])


class FreeDip:
    """
    Dip to search: its parameters are depth, u1, u2, mid, log of the duration, and the square of the impact parameter.

    Parameters
    ----------
    times : ndarray, shape (n,)
        Mid times, ascending, in any unit.
    geometry : Geometry
        First guess; the impact parameter does not matter.
    depth : float
        First guess, above 0.
    impact : float, optional
        Impact parameter, if it is known; its square is no parameter then.
    margin : float, optional
        How far the middle may be before the first or after the last time, over the time between them.

    Attributes
    ----------
    start, scales, lower, upper : ndarray, shape (parameters,)
        First guess, usual change and limits of the parameters.
    """

    def __init__(self, times, geometry, depth, impact=None, margin=0.0):
        self._times, self._impact = times, impact
        first, length = times[0], times[-1] - times[0]
        mid, duration = geometry.mid, geometry.duration
        earliest, latest = first - margin * length, first + (1.0 + margin) * length
        shortest, longest = np.log([0.01 * length, 3.0 * length])
        inf, square, largest = np.inf, _FIRST_IMPACT**2, LARGEST_IMPACT**2
        start = [depth, *[LIMB_PRIOR[0]] * 2, mid, np.log(duration), square]
        scales = [max(depth, _LEAST_CHANGE), *[LIMB_PRIOR[1]] * 2, 0.1 * duration, 0.1, 0.2]
        lower = [1e-7, -inf, -inf, earliest, shortest, 0.0]
        upper = [_DEEPEST, inf, inf, latest, longest, largest]
        count = 6 if impact is None else 5
        self.start, self.scales, self.lower, self.upper = (
            np.array(values[:count]) for values in (start, scales, lower, upper)
        )

    def terms(self, vector):
        """Hidden light of each term of the law of limb darkening, (n, 3)."""
        return _hidden_terms(self.geometry_at(vector).separation(self._times), vector[0])

    def geometry_at(self, vector):
        """Geometry at some parameters."""
        impact = np.sqrt(vector[5]) if self._impact is None else self._impact
        mid, duration = float(vector[3]), float(np.exp(vector[4]))
        return Geometry(mid, duration, float(impact), float(np.sqrt(vector[0])))


def _hidden_terms(separation, depth):
    """Hidden light of each term of the law, (n, 3); negative for a negative depth."""
    ratio = np.sqrt(abs(depth))
    terms = np.zeros((len(separation), 3))
    inside = separation < 1.0 + ratio
    if inside.any():
        terms[inside] = np.sign(depth) * hidden_light(separation[inside], ratio, _NODES)
    return terms


def _remaining_light(terms, vector):
    """Light that is left (n,), and its derivatives by u1 and u2 (n, 2)."""
    law, disc = np.array([1.0, -vector[1], -vector[2]]), disc_light(1.0)
    hidden = terms @ law / (disc @ law)
    return 1.0 - hidden, (terms[:, 1:] - hidden[:, None] * disc[1:]) / (disc @ law)


def dip_light(separation, depth, u1, u2):
    """
    Light that is left of a star behind a disc.

    Parameters
    ----------
    separation : ndarray, shape (n,)
        Distance of the centres in stellar radii.
    depth : float
        Squared ratio of the radii; negative for light that is added.
    u1, u2 : float
        Limb darkening, as of :func:`~scripts.lib.diagnostics.transit.occulted_fraction`.

    Returns
    -------
    light : ndarray, shape (n,)
        1 outside of the dip.

    Examples
    --------
    >>> dip_light(np.array([0.0, 2.0]), 0.01, 0.0, 0.0).round(6)
    array([0.99, 1.  ])
    """
    return _remaining_light(_hidden_terms(separation, depth), np.array([depth, u1, u2]))[0]


def light_and_slopes(model, vector):
    """
    Light that is left, and its derivatives.

    Parameters
    ----------
    model : FixedDip or FreeDip
        The dip.
    vector : ndarray, shape (parameters,)
        Its parameters.

    Returns
    -------
    light : ndarray, shape (n,)
        1 outside of the dip.
    slopes : ndarray, shape (n, parameters)
        Derivatives by all parameters, of the depth and the geometry numerical.
    """
    light, limb = _remaining_light(model.terms(vector), vector)
    columns = []
    for index in range(len(vector)):
        if LIMB.start <= index < LIMB.stop:
            columns.append(limb[:, index - LIMB.start])
            continue
        moved = vector.copy()
        moved[index] += _STEP * model.scales[index]
        after, _ = _remaining_light(model.terms(moved), moved)
        columns.append((after - light) / (moved[index] - vector[index]))
    return light, np.stack(columns, axis=1)
