"""Spectra of the star and of the planet's radius, and the chromatic light curve."""

import numpy as np

from scripts.lib.diagnostics.transit import occulted_fraction, sky_separation

__all__ = ["light_curve", "planet_radius", "star_spectrum", "transit_light"]

_STAR_TEMPERATURE = 5300.0
_SECOND_RADIATION_CONSTANT = 14387.77
_WAVELENGTH_NODES = 24


def star_spectrum(wavelength):
    """
    Flux density of the star per unit of frequency, relative to its value at 2 micron.

    Parameters
    ----------
    wavelength : ndarray
        Wavelength, micron.

    Returns
    -------
    ndarray
        Planck's law at 5300 K times three broad absorption features; NaN where `wavelength` is.
    """
    features = ((2.30, 0.04, 0.06), (4.55, 0.15, 0.08), (8.00, 0.40, 0.03))
    relative = _planck(wavelength) / _planck(np.asarray(2.0))
    for centre, width, depth in features:
        relative = relative * (1.0 - depth * np.exp(-0.5 * ((wavelength - centre) / width) ** 2))
    return relative


def planet_radius(wavelength, radius_ratio):
    """
    Planet's radius against wavelength (stellar radii): a slope and one band at 4.3 micron.

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
    band = 0.02 * np.exp(-0.5 * ((wavelength - 4.3) / 0.12) ** 2)
    return radius_ratio * (1.0 + 0.002 * (wavelength - np.min(wavelength)) + band)


def _limb_darkening(wavelength):
    """
    Quadratic limb-darkening coefficients, weaker at longer wavelengths.

    Parameters
    ----------
    wavelength : float
        Micron.

    Returns
    -------
    tuple of float
        Linear and quadratic coefficient.
    """
    return 0.25 / wavelength**0.8, 0.18 / wavelength**0.5


def light_curve(
    times, span, wavelength, options, radius=planet_radius, node_count=_WAVELENGTH_NODES
):
    """
    Star's light through the transit, relative to the star alone.

    Computed at a few wavelengths between the extremes of `wavelength` and interpolated linearly.

    Parameters
    ----------
    times : ndarray, shape (integrations,)
        Mid times, MJD.
    span : tuple of float
        Start and end of the visit, MJD; the transit is centred in it.
    wavelength : ndarray, shape (dispersion,)
        Wavelength, micron.
    options : VisitOptions
        Depth, impact parameter and length of the transit.
    radius : callable
        Planet's radius against wavelength, as `planet_radius`.
    node_count : int
        Number of wavelengths to compute at.

    Returns
    -------
    ndarray, shape (integrations, dispersion)
        Relative light, 1 outside transit.
    """
    nodes = np.linspace(np.min(wavelength), np.max(wavelength), node_count)
    radii = radius(nodes, options.radius_ratio)
    middle, duration = sum(span) / 2.0, options.transit_fraction * (span[1] - span[0])
    impact = options.impact_parameter
    separation = sky_separation(times, middle, duration, options.radius_ratio, impact)
    at_nodes = np.stack(
        [
            1.0 - occulted_fraction(separation, size, *_limb_darkening(node))
            for node, size in zip(nodes, radii, strict=True)
        ],
        axis=-1,
    )
    position = np.interp(wavelength, nodes, np.arange(node_count))
    lower = np.clip(position.astype(int), 0, node_count - 2)
    share = position - lower
    return at_nodes[:, lower] * (1.0 - share) + at_nodes[:, lower + 1] * share


def transit_light(clock, integrations, wavelength, options, **spectrum):
    """
    Star's light through a transit in the middle of the visit.

    Parameters
    ----------
    clock : Clock
        Times of the integrations.
    integrations : ndarray, shape (integrations,)
        Integration numbers, 1-based.
    wavelength : ndarray, shape (dispersion,)
        Wavelength, micron.
    options : VisitOptions
        The visit and its transit.
    **spectrum
        ``radius`` and ``node_count`` of `light_curve`.

    Returns
    -------
    ndarray, shape (integrations, dispersion)
        Relative light, 1 outside transit.
    """
    span = clock.span(options.total_integrations)
    return light_curve(clock.mid_times(integrations), span, wavelength, options, **spectrum)


def _planck(wavelength):
    """Planck's law per unit of frequency, arbitrary scale."""
    exponent = _SECOND_RADIATION_CONSTANT / (wavelength * _STAR_TEMPERATURE)
    return wavelength**-3.0 / np.expm1(exponent)
