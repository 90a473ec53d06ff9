"""
Arithmetic of the workflow on plain arrays, as one uses it in a notebook.

The first axis is time, NaN is a missing sample, units are those of the arrays.
"""

from typing import NamedTuple

import numpy as np

from scripts.lib.diagnostics.light_curve_model import fit_light_curve, jacobian
from scripts.lib.errors import InputError
from scripts.lib.light_curves import noise
from scripts.lib.light_curves.element_sums import Groups, sum_groups
from scripts.lib.outliers.blocks import Block
from scripts.lib.outliers.detection import Settings, detect_outliers
from scripts.lib.photometry.circular_apertures import Ring, ring_sums
from scripts.lib.segment_data.dq import DO_NOT_USE, OUTLIER
from scripts.lib.spectra import sums

__all__ = [
    "ApertureSums",
    "Photometry",
    "aperture_photometry",
    "flag_outliers",
    "noise_report",
    "sum_aperture",
    "white_light",
]

_PPM, _DAY_MINUTES = 1e6, 1440.0


class ApertureSums(NamedTuple):
    """
    Spectra of a series of frames.

    Attributes
    ----------
    flux : ndarray of float64, shape (integrations, columns)
        Weighted sums; NaN without valid pixels.
    error : ndarray of float64, shape (integrations, columns)
        Their errors.
    npixels : ndarray of float64, shape (integrations, columns)
        Sum of the weights of the valid pixels.
    """

    flux: np.ndarray
    error: np.ndarray
    npixels: np.ndarray


class Photometry(NamedTuple):
    """
    Aperture photometry of a series of images.

    Attributes
    ----------
    flux : ndarray of float64, shape (integrations,)
        Net flux: sum in the aperture less the background.
    error : ndarray of float64, shape (integrations,)
        Its error.
    background : ndarray of float64, shape (integrations,)
        Background of a pixel, 0 without an annulus.
    """

    flux: np.ndarray
    error: np.ndarray
    background: np.ndarray


def flag_outliers(data, error, *, snr=5.0, window=25, bad=None):
    """
    Flag samples that are far from their median in time, as `jwst` 3.0.0 does.

    Parameters
    ----------
    data, error : array_like, shape (integrations, ...)
        Samples and their errors in one unit; computed in float32.
    snr : float, optional
        Deviation in errors above which a sample is an outlier.
    window : int, optional
        Integrations of the running median; from the length of the series on one median of all of
        it is used, as with 1.
    bad : array_like of bool, shape of ``data``, optional
        Samples that are missing, additional to NaN.

    Returns
    -------
    outliers : ndarray of bool, shape of ``data``
        The outliers. As in `jwst`, a sample with a missing one in its running median is not tested,
        nor is a missing one.

    Raises
    ------
    InputError
        If shapes differ, or ``snr`` or ``window`` is no positive number.

    Examples
    --------
    >>> data = np.array([10.0, 11.0, 30.0, 10.0, 11.0])
    >>> flag_outliers(data, np.ones(5), window=3)
    array([False, False,  True, False, False])
    """
    data, error = (np.asarray(values, np.float32) for values in (data, error))
    bad = np.zeros(data.shape, bool) if bad is None else np.asarray(bad, bool)
    _check_shapes("error", error, data.shape)
    _check_shapes("bad", bad, data.shape)
    _check(data.ndim > 0, "data", data.shape, "integrations along the first axis")
    _check(snr > 0, "snr", snr, "a positive number")
    _check(window == int(window) and window > 0, "window", window, "a number of integrations")
    length = len(data)
    shape = (length, 1, data[:1].size)
    planes = {
        "SCI": data.reshape(shape).copy(),
        "ERR": error.reshape(shape).copy(),
        "DQ": np.where(bad | np.isnan(data), DO_NOT_USE, 0).astype(np.uint32).reshape(shape),
    }
    whole = slice(0, length)
    detect_outliers(
        planes, Block(slice(0, 1), whole, whole), length, Settings(float(snr), int(window))
    )
    return ((planes["DQ"] & OUTLIER) != 0).reshape(data.shape)


def sum_aperture(frames, error, aperture, *, background=None):
    """
    Sum frames of a spectrum across the dispersion, which is along the last axis.

    Parameters
    ----------
    frames, error : array_like, shape (integrations, rows, columns)
        Samples and their errors.
    aperture : array_like, shape (rows, columns) or (rows, 1)
        Fraction of each pixel that is in the aperture, or True and False.
    background : array_like, shape (integrations, columns) or (integrations, 1), optional
        Level of a pixel that is subtracted; its error is not added.

    Returns
    -------
    spectra : ApertureSums
        A missing sample is left out, so that its light is missing: look at ``npixels``.

    Raises
    ------
    InputError
        If shapes do not fit.

    Examples
    --------
    The second row is half in the aperture, and has a missing sample:

    >>> frames = np.array([[[4.0, 5.0], [2.0, np.nan], [7.0, 7.0]]])
    >>> spectra = sum_aperture(frames, np.full((1, 3, 2), 0.1), [[1.0], [0.5], [0.0]])
    >>> spectra.flux
    array([[5., 5.]])
    >>> spectra.npixels
    array([[1.5, 1. ]])
    """
    frames, error = (np.asarray(values, float) for values in (frames, error))
    _check(frames.ndim == 3, "frames", frames.shape, "(integrations, rows, columns)")
    _check_shapes("error", error, frames.shape)
    weights = _spread("aperture", aperture, frames.shape[1:])
    level = None
    if background is not None:
        level = _spread("background", background, (len(frames), frames.shape[2]))[:, None]
    known = None if level is None else np.zeros((1, len(frames), frames.shape[2]))
    found = sums.sum_aperture(frames, [error**2], weights, level, known)
    return ApertureSums(found.flux, np.sqrt(found.variances[0]), found.npixels)


def white_light(wavelength, flux, error, *, low=-np.inf, high=np.inf):
    """
    Sum spectra over wavelength; a missing element is no dip.

    Parameters
    ----------
    wavelength : array_like, shape (elements,)
        Wavelengths.
    flux, error : array_like, shape (integrations, elements)
        Spectra and their errors.
    low, high : float, optional
        Inclusive range of wavelengths.

    Returns
    -------
    flux, error : ndarray of float64, shape (integrations,)
        The sum times the ratio of the median spectrum's light to that of the elements present, and
        its error; NaN where these have less than half of the light.

    Raises
    ------
    InputError
        If shapes differ, or no element is in the range.

    Examples
    --------
    In the second spectrum an element with a quarter of the light is missing:

    >>> spectra = np.array([[2.0, 6.0], [np.nan, 6.0], [2.0, 6.0]])
    >>> flux, error = white_light([1.0, 2.0], spectra, np.ones((3, 2)))
    >>> flux
    array([8., 8., 8.])
    """
    wavelength, flux, error = (np.asarray(values, float) for values in (wavelength, flux, error))
    _check(flux.ndim == 2, "flux", flux.shape, "(integrations, elements)")
    _check_shapes("error", error, flux.shape)
    _check_shapes("wavelength", wavelength, flux.shape[1:])
    used = (wavelength >= low) & (wavelength <= high)
    _check(used.any(), "low, high", (low, high), "a range that holds elements")
    known = np.isfinite(flux).any(axis=0)
    template = np.full(len(wavelength), np.nan)
    template[known] = np.nanmedian(flux[:, known], axis=0)
    ones, nothing = np.ones_like(flux), np.zeros_like(flux)
    values = {"flux": flux, "filled": flux, "error": error, "photon_error": error}
    values |= {"valid": ones, "background": nothing}
    found = sum_groups(values, template, Groups.from_numbers(np.where(used, 0, -1)))
    return found["flux"][:, 0], found["error"][:, 0]


def aperture_photometry(images, error, x, y, radius, *, annulus=None):
    """
    Sum images in a circle, with the background from a ring, as `jwst` 3.0.0 does.

    Parameters
    ----------
    images, error : array_like, shape (integrations, rows, columns)
        Samples and their errors; computed in float32.
    x, y : array_like, shape (integrations,) or numbers
        Centre [px], from 0 in the middle of the first pixel.
    radius : float
        Radius of the circle [px].
    annulus : tuple of float, optional
        Inner and outer radius of the ring [px]; without it no background is subtracted.

    Returns
    -------
    photometry : Photometry
        NaN where the centre is, or no sample is left. A missing sample is left out, so that its
        light is missing.

    Raises
    ------
    InputError
        If shapes do not fit, or radii are not positive and ascending.

    Examples
    --------
    A background of 1 under a star of 100 in one pixel:

    >>> images = np.ones((1, 15, 15))
    >>> images[0, 7, 7] += 100.0
    >>> found = aperture_photometry(images, np.full(images.shape, 0.1), 7, 7, 3.0, annulus=(4, 6))
    >>> found.flux.round(6), found.background.round(6)
    (array([100.]), array([1.]))
    """
    images, error = (np.asarray(values, np.float32) for values in (images, error))
    _check(images.ndim == 3, "images", images.shape, "(integrations, rows, columns)")
    _check_shapes("error", error, images.shape)
    x, y = (_spread(name, values, images.shape[:1]) for name, values in (("x", x), ("y", y)))
    _check(radius > 0, "radius", radius, "a positive number")
    total, total_error, area = ring_sums(images, error, Ring(float(radius)), x, y)
    if annulus is None:
        return Photometry(total, total_error, np.zeros(len(images)))
    inner, outer = map(float, annulus)
    _check(0 < inner < outer, "annulus", annulus, "two ascending radii")
    around, around_error, around_area = ring_sums(images, error, Ring(outer, inner), x, y)
    background = around / around_area
    net_error = np.hypot(total_error, around_error / around_area * area)
    return Photometry(total - background * area, net_error, background)


def noise_report(time, flux, error=None):
    """
    Measure the noise of a light curve about a quick model of baseline and transit.

    Parameters
    ----------
    time : array_like, shape (integrations,)
        Mid times [d], ascending.
    flux : array_like, shape (integrations,)
        Flux in any unit; NaN is left out.
    error : array_like, shape (integrations,), optional
        Errors of the flux.

    Returns
    -------
    report : dict
        ``scatter_ppm``, ``point_to_point_sigma_ppm``, ``mad_sigma_ppm``, ``mad_diff_ppm``,
        ``mad_second_ppm``, ``beta_10_30_min``, ``baseline``, ``jumps``, ``depth_ppm`` (None without
        a transit or eclipse), and ``expected_ppm`` and ``ratio`` of the scatter to it (None without
        errors), as defined in docs/reference/diagnostics.md: jumps are named, and count as noise.

    Raises
    ------
    InputError
        If shapes differ or fewer than 20 integrations have flux.

    Examples
    --------
    White noise of 200 ppm:

    >>> rng = np.random.default_rng(3)
    >>> report = noise_report(np.arange(500) / 1440.0, 7.0 + 14e-4 * rng.normal(size=500))
    >>> round(report["scatter_ppm"], -1), report["depth_ppm"]
    (200.0, None)
    """
    time, flux = np.asarray(time, float), np.asarray(flux, float)
    _check(flux.ndim == 1, "flux", flux.shape, "(integrations,)")
    _check_shapes("time", time, flux.shape)
    known = flux[np.isfinite(flux)]
    _check(len(known) >= 20, "flux", len(known), "20 integrations with flux or more")
    median = np.median(known)
    _check(median > 0, "flux", median, "a positive median")
    relative = flux / median
    fit = fit_light_curve(time, relative)
    _check(fit is not None, "flux", len(known), "20 integrations without outliers or more")
    expected = None
    if error is not None:
        error = np.asarray(error, float)
        _check_shapes("error", error, flux.shape)
        expected = float(_PPM * np.nanmedian(error / np.abs(flux)))
    report = _scatter(time, relative, fit)
    depth = None if fit.transit is None else float(_PPM * (1.0 - fit.light.min()))
    report |= {"baseline": fit.baseline, "jumps": list(fit.jumps), "depth_ppm": depth}
    return report | {
        "expected_ppm": expected,
        "ratio": report["scatter_ppm"] / expected if expected else None,
    }


def _scatter(time, relative, fit):
    """Scatter of a light curve about its model by several definitions, and how it averages; jumps count as noise."""
    residuals = (relative / fit.smooth - 1.0)[fit.valid]
    residuals -= np.median(residuals)
    derivatives = jacobian(fit)
    parameters = noise.orthonormal_basis(derivatives).shape[1]
    sizes = noise.bin_sizes(len(residuals))
    _, _, beta = noise.time_averaging(residuals, derivatives, sizes)
    minutes = sizes * float(np.nanmedian(np.diff(time))) * _DAY_MINUTES
    mean, _ = noise.beta_between(minutes, beta, len(residuals) // sizes, 10.0, 30.0)
    return {
        "scatter_ppm": _PPM * noise.clipped_sigma(residuals, parameters),
        "point_to_point_sigma_ppm": _PPM * noise.point_to_point_sigma(residuals),
        "mad_sigma_ppm": _PPM * noise.mad_sigma(residuals),
        "mad_diff_ppm": _PPM * noise.difference_mad(relative),
        "mad_second_ppm": _PPM * noise.second_difference_mad(relative),
        "beta_10_30_min": mean,
    }


def _check(holds, name, found, expected):
    """Raise an InputError unless a condition holds."""
    if not holds:
        msg = f"{name}: found {found}, expected {expected}"
        raise InputError(msg)


def _check_shapes(name, values, shape):
    """Raise an InputError unless an array has a shape."""
    _check(values.shape == shape, name, f"shape {values.shape}", f"shape {shape}")


def _spread(name, values, shape):
    """Array of a shape from one that can be spread over it."""
    values = np.asarray(values, float)
    try:
        return np.broadcast_to(values, shape)
    except ValueError:
        msg = f"{name}: found shape {values.shape}, expected shape {shape}"
        raise InputError(msg) from None
