"""Star and planet seen by NIRISS SOSS: spectrum with narrow lines, radius with broad bands."""

from functools import partial

import numpy as np

from scripts.simulation import star
from scripts.simulation.star import light_curve, star_spectrum

__all__ = ["flux_density", "planet_radius", "transit_depth", "transit_light"]

_NODES = 200
# Wavelengths (micron) of Na I, H I, K I and Ca II.
_LINES = (
    0.5893,
    0.6563,
    0.7682,
    0.8498,
    0.8542,
    0.8662,
    1.0049,
    1.0938,
    1.2818,
    1.6407,
    1.7362,
    1.8751,
    1.9451,
    2.1661,
    2.6259,
    2.7575,
)
_LINE_DEPTH = 0.25
_LINE_WIDTH = 1.2e-3
# Centre and width (micron) and relative rise of the radius: Na, K and water.
_BANDS = (
    (0.589, 0.02, 0.02),
    (0.768, 0.02, 0.025),
    (0.94, 0.03, 0.008),
    (1.14, 0.04, 0.012),
    (1.40, 0.06, 0.025),
    (1.87, 0.08, 0.022),
    (2.68, 0.15, 0.030),
)


def flux_density(wavelength):
    """
    Flux density of the star per unit of frequency, relative to about 1 at 2 micron.

    Parameters
    ----------
    wavelength : ndarray
        Wavelength, micron.

    Returns
    -------
    ndarray
        The spectrum of all modes with lines a few pixels wide.
    """
    spectrum = star_spectrum(wavelength)
    for centre in _LINES:
        distance = (wavelength - centre) / _LINE_WIDTH
        spectrum = spectrum * (1.0 - _LINE_DEPTH * np.exp(-0.5 * distance**2))
    return spectrum


def planet_radius(wavelength, radius_ratio):
    """
    Planet's radius against wavelength (stellar radii): scattering and bands of an atmosphere.

    Parameters
    ----------
    wavelength : ndarray
        Wavelengths, micron.
    radius_ratio : float
        Radius at the shortest wavelength, stellar radii.

    Returns
    -------
    ndarray
        Radii, of the same shape.
    """
    rise = 0.01 * (wavelength / 0.6) ** -2.0
    for centre, width, height in _BANDS:
        rise = rise + height * np.exp(-0.5 * ((wavelength - centre) / width) ** 2)
    return radius_ratio * (1.0 + rise)


transit_light = partial(star.transit_light, radius=planet_radius, node_count=_NODES)


def transit_depth(wavelength, options):
    """
    Star's light that is hidden in the middle of the transit, limb darkening included.

    Parameters
    ----------
    wavelength : ndarray, shape (elements,)
        Wavelength, micron.
    options : VisitOptions
        The visit and its transit.

    Returns
    -------
    ndarray, shape (elements,)
        Share of the light.
    """
    middle = np.zeros(1)
    return 1.0 - light_curve(middle, (-1.0, 1.0), wavelength, options, planet_radius, _NODES)[0]
