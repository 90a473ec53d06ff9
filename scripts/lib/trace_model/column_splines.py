"""Splines of the profile of every column of an image."""

from dataclasses import dataclass

import numpy as np

from scripts.lib.trace_model.clipping import clipped_mean
from scripts.lib.trace_model.cross_dispersion import pixel_step
from scripts.lib.trace_model.spline_fit import fit_spline

__all__ = ["ColumnSpline", "fit_columns"]

_FEWER_KNOTS = 3
# Pixels, those with the largest model, by which the scale is found.
_BRIGHTEST = 5
_SCALE_DEVIATIONS = 2
_LEAST_POINTS = 10


@dataclass(frozen=True)
class ColumnSpline:
    """
    Profile of one column.

    Attributes
    ----------
    spline : scipy.interpolate.BSpline
        Profile with a sum of about 1.
    bounds : tuple of float
        Smallest and largest coordinate of its points.
    scale : float
        Factor to the values of the column.
    """

    spline: object
    bounds: tuple
    scale: float = np.nan


def fit_columns(flux, coordinate, norms, settings):
    """
    Fit the profile of every column to the pixels of the columns around it.

    Parameters
    ----------
    flux, coordinate : ndarray of float32
        Image and coordinate across (rows, columns); NaN is left out.
    norms : ndarray
        Sums (columns,) by which columns are divided before they are fitted together.
    settings : FitSettings
        Constants of the fits.

    Returns
    -------
    splines : dict of int to ColumnSpline
        By column. A column without enough valid pixels has none; one whose fit fails has the
        spline of the column fitted before it.
    """
    n_knots, least = settings.knots, settings.least_good
    if n_knots is None:
        across = (np.nanmax(coordinate) - np.nanmin(coordinate)) / pixel_step(coordinate)
        n_knots = int(settings.knots_per_pixel * across)
        least = int(settings.good_per_pixel * across)
    with np.errstate(divide="ignore", invalid="ignore"):
        normalised = flux / norms
    good = (np.isfinite(flux) & np.isfinite(coordinate)).sum(axis=0)
    width = flux.shape[1]
    found, latest = {}, None
    for column in range(width) if settings.ascending else range(width - 1, -1, -1):
        if good[column] <= least:
            continue
        # The window ends one column earlier on the right, as in jwst 3.0.0.
        window = slice(max(column - settings.window, 0), min(column + settings.window, width))
        points = _points(coordinate[:, window], normalised[:, window])
        latest = _fit_or_keep(*points, n_knots, settings, latest)
        if latest is not None:
            scale = _scale(latest, flux[:, column], coordinate[:, column])
            found[column] = ColumnSpline(latest.spline, latest.bounds, scale)
    return found


def _points(coordinate, values):
    """Finite pixels of some columns in the order of their coordinate."""
    finite = np.isfinite(coordinate) & np.isfinite(values)
    x, y = coordinate[finite], values[finite]
    order = np.argsort(x)
    return x[order], y[order]


def _fit_or_keep(x, y, n_knots, settings, latest):
    """Spline of some points, or the latest one if it fails."""
    spline = fit_spline(x, y, n_knots, settings) if len(x) >= _LEAST_POINTS else None
    if spline is None and latest is not None:
        return latest
    if spline is None and n_knots > _FEWER_KNOTS and len(x) >= _LEAST_POINTS:
        spline = fit_spline(x, y, n_knots - _FEWER_KNOTS, settings)
    return None if spline is None else ColumnSpline(spline, (np.nanmin(x), np.nanmax(x)))


def _scale(profile, flux, coordinate):
    """Weighted mean ratio of a column and its profile, without outliers of the brightest pixels."""
    lowest, highest = profile.bounds
    inside = np.isfinite(coordinate) & (coordinate >= lowest) & (coordinate <= highest)
    model = profile.spline(coordinate[inside])
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = flux[inside] / model
        weights = np.where(np.isfinite(ratios) & (ratios >= 0) & (model >= 0), model, 0.0)
        count = min(_BRIGHTEST, len(weights))
        brightest = np.partition(weights, -count)[-count]
        mean, deviation = clipped_mean(ratios[(weights >= brightest) & np.isfinite(ratios)])
        weights[np.abs(mean - ratios) > _SCALE_DEVIATIONS * deviation] = 0
        weights /= np.nansum(weights)
        return np.nansum(ratios * weights)
