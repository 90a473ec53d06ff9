"""Measure a star in each image of a series."""

import logging
from dataclasses import dataclass, fields

import numpy as np

from scripts.lib.jobs.progress import Progress
from scripts.lib.photometry.centroids import background_levels, centres_of_mass, source_disc
from scripts.lib.photometry.circular_apertures import Ring, ring_sums
from scripts.lib.photometry.gaussian_fit import FWHM_TO_SIGMA, cut_out, fit_gaussian
from scripts.lib.photometry.table import BACKGROUND_COLUMNS

__all__ = [
    "Settings",
    "aperture_centre",
    "locate",
    "measure",
    "measure_apertures",
    "measure_whole_array",
]

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Settings:
    """
    Parameters of the photometry; lengths in pixels.

    Attributes
    ----------
    radius : float
        Radius of the aperture.
    radius_inner, radius_outer : float
        Radii of the background annulus. The inner one is also the radius of
        the disc around the star that is left out of the background of its
        centroid.
    centroid_source : bool
        Whether the star is located; else its planned position is used.
    search_box_width, fit_box_width : int
        Widths of the boxes of the first and second centroid.
    moving_centroid : bool
        Whether the aperture follows the centroid of each integration; else it
        is at the median of all.
    """

    radius: float = 3.0
    radius_inner: float = 4.0
    radius_outer: float = 5.0
    centroid_source: bool = True
    search_box_width: int = 41
    fit_box_width: int = 11
    moving_centroid: bool = False

    @classmethod
    def from_options(cls, options):
        """Take the settings from a section of the configuration; even boxes are made odd."""
        values = {field.name: options.get(field.name, field.default) for field in fields(cls)}
        values |= {name: float(value) for name, value in values.items() if "radius" in name}
        for name in ("search_box_width", "fit_box_width"):
            width = int(values[name])
            values[name] = max(width - (width + 1) % 2, 1)
            if values[name] != width:
                log.warning("%s: found %d, which is even; using %d", name, width, values[name])
        return cls(**values)


def locate(series, planned, settings):
    """
    Measure the position and the width of the star in every integration.

    The first pass looks for the star around its planned position, the second
    measures it in a smaller box around the median of the first.

    Parameters
    ----------
    series : ImageSeries
        The images.
    planned : tuple of float
        Planned position (x, y) [pixels from 0].
    settings : Settings
        Parameters.

    Returns
    -------
    columns : dict of str to ndarray
        ``centroid_x``, ``centroid_y`` (integrations,) [pixels], NaN where an
        integration has no centroid; unless the first pass finds nothing, also
        ``psf_width_x``, ``psf_width_y`` (standard deviation) [pixels] and
        ``psf_flux``, NaN where the fit fails.
    """
    centres = np.full((series.shape[0], 2), np.nan)
    for block, *parts in _background_blocks(series, planned, settings):
        found = centres_of_mass(*parts, *planned, settings.search_box_width)
        centres[block] = np.column_stack(found)
    if not np.isfinite(centres).any(axis=0).all():
        return {"centroid_x": centres[:, 0], "centroid_y": centres[:, 1]}
    x, y, flux, x_fwhm, y_fwhm = _fit_star(series, np.nanmedian(centres, axis=0), settings)
    return {
        "centroid_x": x,
        "centroid_y": y,
        "psf_width_x": x_fwhm * FWHM_TO_SIGMA,
        "psf_width_y": y_fwhm * FWHM_TO_SIGMA,
        "psf_flux": flux,
    }


def _fit_star(series, guess, settings):
    """Centroid (x, y) near a guess, flux and FWHM (x, y) of the star, (5, integrations)."""
    measured = np.full((5, series.shape[0]), np.nan)
    single, width, progress = 0, settings.fit_box_width, Progress(log, series.shape[0])
    for block, images, bad, levels in _background_blocks(series, guess, settings):
        centres = np.array(centres_of_mass(images, bad, levels, *guess, width))
        found = np.flatnonzero(np.isfinite(centres).all(axis=0))
        windows = cut_out(images[found], bad[found], levels[found], *centres[:, found], width)
        fitted, count = fit_gaussian(windows)
        measured[:2, block] = centres
        measured[2:, block.start + found] = fitted.T
        single += count
        progress.update(block.stop)
    log.info(
        "%d integrations: %d without a centroid, %d without a fitted width, %d fitted one by one",
        series.shape[0],
        np.count_nonzero(np.isnan(measured[0])),
        np.count_nonzero(np.isnan(measured[2])),
        single,
    )
    return measured


def _background_blocks(series, position, settings):
    """Blocks with their images, bad pixels and background levels outside the star."""
    outside = ~source_disc(series.shape[1:], *position, settings.radius_inner)
    for block in series.blocks():
        images = series.plane("SCI", block)
        yield block, images, series.bad(block, images), background_levels(images, outside)


def aperture_centre(columns, planned, moving):
    """
    Position of the aperture in every integration.

    Parameters
    ----------
    columns : dict of str to ndarray
        ``centroid_x``, ``centroid_y`` (integrations,) [pixels]; empty if the
        star was not located.
    planned : tuple of float
        Planned position [pixels], used if no integration has a centroid.
    moving : bool
        Whether the aperture follows the centroids.

    Returns
    -------
    x, y : float or ndarray
        The position; arrays (integrations,) only if it moves.
    """
    x, y = columns.get("centroid_x"), columns.get("centroid_y")
    if x is None:
        return planned
    if np.isnan(x).all() or np.isnan(y).all():
        log.warning("the star has no centroid in any integration; using its planned position")
        return planned
    if moving:
        return x, y
    return float(np.nanmedian(x)), float(np.nanmedian(y))


def measure_apertures(series, x, y, settings):
    """
    Aperture photometry with the background from an annulus.

    Parameters
    ----------
    series : ImageSeries
        The images.
    x, y : ndarray of float64, shape (integrations,)
        Centre of the aperture [pixels]; NaN gives NaN.
    settings : Settings
        Parameters.

    Returns
    -------
    columns : dict of str to ndarray
        Sums, background and net flux with their errors, float64
        (integrations,); NaN where no sample is left.
    """
    rings = Ring(settings.radius), Ring(settings.radius_outer, settings.radius_inner)
    sums = np.empty((6, series.shape[0]))
    for block in series.blocks():
        images, errors = series.plane("SCI", block), series.plane("ERR", block)
        sums[:3, block] = ring_sums(images, errors, rings[0], x[block], y[block])
        sums[3:, block] = ring_sums(images, errors, rings[1], x[block], y[block])
    aperture_sum, aperture_error, area, annulus_sum, annulus_error, annulus_area = sums
    mean, mean_error = annulus_sum / annulus_area, annulus_error / annulus_area
    background, background_error = mean * area, mean_error * area
    return {
        "aperture_sum": aperture_sum,
        "aperture_sum_err": aperture_error,
        "annulus_sum": annulus_sum,
        "annulus_sum_err": annulus_error,
        "annulus_mean": mean,
        "annulus_mean_err": mean_error,
        "aperture_bkg": background,
        "aperture_bkg_err": background_error,
        "net_aperture_sum": aperture_sum - background,
        "net_aperture_sum_err": np.sqrt(aperture_error**2 + background_error**2),
    }


def measure_whole_array(series):
    """
    Sum of all samples of each image, without a background.

    Parameters
    ----------
    series : ImageSeries
        The images.

    Returns
    -------
    columns : dict of str to ndarray
        Columns of :func:`measure_apertures`: sums and net fluxes are float32,
        as `numpy.nansum` adds them, the background is float64 and NaN. An
        image without a sample has NaN, where jwst 3.0.0 has 0.
    """
    total, error = np.empty((2, series.shape[0]), np.float32)
    for block in series.blocks():
        planes = (series.plane(name, block) for name in ("SCI", "ERR"))
        images, errors = (plane.reshape(len(plane), -1) for plane in planes)
        with np.errstate(over="ignore", invalid="ignore"):
            total[block] = np.nansum(images, axis=1)
            error[block] = np.sqrt(np.nansum(errors**2, axis=1))
        empty = np.isnan(images).all(axis=1)
        total[block][empty] = error[block][empty] = np.nan
    columns = dict.fromkeys(BACKGROUND_COLUMNS, np.full(series.shape[0], np.nan))
    for prefix in ("", "net_"):
        columns |= {f"{prefix}aperture_sum": total, f"{prefix}aperture_sum_err": error}
    return columns


def measure(series, planned, settings, whole_array=False):
    """
    Photometry of a series of images.

    Parameters
    ----------
    series : ImageSeries
        The images.
    planned : tuple of float
        Planned position (x, y) of the star [pixels from 0].
    settings : Settings
        Parameters.
    whole_array : bool, optional
        Whether the whole array is summed instead of an aperture.

    Returns
    -------
    columns : dict of str to ndarray
        All columns of the table except times and sky coordinates.

    Notes
    -----
    Reads the series three times and keeps one block of it in memory, so only
    the columns grow with the number of integrations.
    """
    columns = locate(series, planned, settings) if settings.centroid_source else {}
    centre = aperture_centre(columns, planned, settings.moving_centroid)
    x, y = (np.broadcast_to(value, series.shape[0]).astype(np.float64) for value in centre)
    log.info("aperture centre: x = %.3f, y = %.3f", np.nanmedian(x), np.nanmedian(y))
    sums = measure_whole_array(series) if whole_array else measure_apertures(series, x, y, settings)
    return columns | sums | {"aperture_x": x, "aperture_y": y}
