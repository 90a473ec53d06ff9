"""Trace model of a segment: its median image, fitted and drawn."""

from dataclasses import dataclass

import numpy as np

from scripts.lib.segment_data.medians import nan_median
from scripts.lib.segment_data.wcs_cache import Floats
from scripts.lib.segment_data.world_coordinates import WorldCoordinates
from scripts.lib.trace_model.clipping import clipped_mean
from scripts.lib.trace_model.column_splines import fit_columns
from scripts.lib.trace_model.cross_dispersion import cross_profile, is_bright, trim_edges
from scripts.lib.trace_model.fit_settings import fit_settings
from scripts.lib.trace_model.spatial_coordinate import spatial_coordinate
from scripts.lib.trace_model.trace_image import compact_part, draw_profiles

__all__ = ["TraceModel", "fit_segment", "fit_trace", "median_images"]

# Copies of a slab during its median: as read, in order of the samples, and their positions.
_COPIES = 6


@dataclass(frozen=True)
class TraceModel:
    """
    Model of the spectrum's trace.

    Attributes
    ----------
    used : ndarray of float32
        Image (y, x); NaN outside compact sources.
    full : ndarray of float32
        Image (y, x) of all fits; NaN where there is none.
    """

    used: np.ndarray
    full: np.ndarray


def fit_segment(member, options, memory_mb, results=None):
    """
    Fit a trace model to the median image of a segment.

    Parameters
    ----------
    member : FitsFile
        Segment (integrations, y, x) whose trace can be modelled, by `why_no_trace_model`.
    options : dict
        ``fit_threshold``, ``slope_limit`` and ``psf_optimal`` of adaptive_trace_model.
    memory_mb : float
        Memory for the samples of which medians are taken.
    results : ResultCache, optional
        Stored results of the world coordinates.

    Returns
    -------
    model : TraceModel
        The model.

    Raises
    ------
    InputError
        If the world coordinates have no coordinate across the spectrum.

    Notes
    -----
    As ``adaptive_trace_model`` of jwst 3.0.0, which dies on a segment of one integration; here it
    is fitted like any other.
    """
    settings, shape = fit_settings(member.primary), member.shape("SCI")[1:]
    flux, error = median_images(member, memory_mb)
    coordinates = WorldCoordinates(member, results)
    place = coordinates.evaluate(Floats(shape), spatial_coordinate, shape, settings.turned)
    return fit_trace(flux, error, place, settings, options)


def median_images(member, memory_mb):
    """
    Medians over time of data and errors.

    Parameters
    ----------
    member : FitsFile
        Segment (integrations, y, x).
    memory_mb : float
        Memory for the samples read at a time.

    Returns
    -------
    flux, error : ndarray of float32
        Medians (y, x) that leave out NaN.
    """
    n_integrations, height, width = member.shape("SCI")
    row_bytes = 4 * n_integrations * width
    step = max(1, int(memory_mb * 1e6 / (_COPIES * row_bytes)))
    images = np.empty((2, height, width), np.float32)
    for top in range(0, height, step):
        rows = slice(top, min(top + step, height))
        for image, name in zip(images, ("SCI", "ERR"), strict=True):
            samples = member.read(name, rows=rows).astype(np.float32, copy=False)
            image[rows] = nan_median(samples)
    return images


def fit_trace(flux, error, coordinate, settings, options):
    """
    Fit a trace model to an image.

    Parameters
    ----------
    flux, error : ndarray of float32
        Image and errors (y, x).
    coordinate : ndarray
        Coordinate across the spectrum (y, x); NaN where nothing is to be fitted.
    settings : FitSettings
        Constants of the fits.
    options : dict
        As for :func:`fit_segment`.

    Returns
    -------
    model : TraceModel
        NaN everywhere if the light is below the threshold.
    """
    threshold, least_slope = options["fit_threshold"], options["slope_limit"]
    if options["psf_optimal"]:
        threshold = least_slope = 0
    if settings.turned:
        flux, error, coordinate = (np.rot90(image) for image in (flux, error, coordinate))
    region = np.isfinite(coordinate)
    # A negative background would turn the signs of the normalised profiles.
    level = min(np.float32(np.nan_to_num(clipped_mean(flux[region])[0])), np.float32(0))
    splines, coordinate = _fit_region(flux - level, error, coordinate, settings, threshold)
    full, slopes = draw_profiles(splines, coordinate)
    used = full
    if least_slope > 0:
        used = np.full_like(full, np.nan)
        if splines:
            n_bins = len(np.unique(splines[min(splines)].spline.t)) - 1
            compact = compact_part(slopes, coordinate, n_bins, least_slope, settings.pad)
            used[compact] = full[compact]
    if settings.turned:
        used, full = (np.ascontiguousarray(np.rot90(image, k=-1)) for image in (used, full))
    return TraceModel(used + level, full + level)


def _fit_region(flux, error, coordinate, settings, threshold):
    """Splines by column, and the coordinate in single precision, of the pixels that have one."""
    region = np.isfinite(coordinate)
    # Memory order as of the image: numpy sums in that order.
    images = [np.full_like(flux, np.nan) for _ in range(3)]
    for part, image in zip(images, (flux, error, coordinate), strict=True):
        part[region] = image[region]
    flux, error, coordinate = images
    profile = cross_profile(flux, error, coordinate)
    if not is_bright(profile, threshold):
        return {}, coordinate
    if profile is not None:
        trim_edges(flux, coordinate, profile)
        profile = cross_profile(flux, error, coordinate)
        if not is_bright(profile, threshold):
            return {}, coordinate
    if profile is not None and profile.has_negative_source:
        norms = np.sum(flux, where=flux > 0, axis=0)
    else:
        norms = np.nansum(flux, axis=0)
    return fit_columns(flux, coordinate, norms, settings), coordinate
