"""Image of the profiles of all columns, and the part of it that is a compact source."""

import numpy as np

from scripts.lib.trace_model.cross_dispersion import pixel_step

__all__ = ["compact_part", "draw_profiles"]

# Fewer steep pixels are no source.
_LEAST_STEEP = 50
_LEAST_PEAK = 0.2


def draw_profiles(splines, coordinate):
    """
    Evaluate the profiles of all columns.

    Parameters
    ----------
    splines : dict of int to ColumnSpline
        Profiles by column.
    coordinate : ndarray of float32
        Coordinate across (rows, columns).

    Returns
    -------
    image : ndarray of float32
        Scaled profiles (rows, columns); NaN outside the bounds of a profile, at its first and
        last pixel, and where there is none.
    slopes : ndarray
        Absolute differences of the unscaled profiles from one pixel to the next; 0 where not known.
    """
    image = np.full(coordinate.shape, np.nan, np.float32)
    slopes = np.zeros(coordinate.shape)
    for column, profile in splines.items():
        values = coordinate[:, column]
        lowest, highest = profile.bounds
        rows = np.flatnonzero((values >= lowest) & (values <= highest))
        if not len(rows):
            continue
        fitted = profile.spline(values[rows])
        fitted[[0, -1]] = np.nan
        image[rows, column] = profile.scale * fitted
        slopes[rows[1:-1], column] = np.nan_to_num(np.abs(np.diff(fitted)[:-1]))
    return image, slopes


def compact_part(slopes, coordinate, n_bins, least_slope, pad):
    """
    Find the pixels of compact sources.

    Parameters
    ----------
    slopes : ndarray
        Slopes of the profiles (rows, columns).
    coordinate : ndarray of float32
        Coordinate across (rows, columns).
    n_bins : int
        Number of bins, half a pixel wide around coordinate 0, in which steep pixels are counted.
    least_slope : float
        Slope above which a pixel is steep.
    pad : int
        Pixels on each side of a source.

    Returns
    -------
    compact : ndarray of bool
        Pixels (rows, columns) around the bins that are peaks of at least a fifth of the
        highest; none if there are fewer than 50 steep pixels.
    """
    from scipy.signal import find_peaks

    compact = np.zeros(coordinate.shape, bool)
    steep = coordinate[slopes > least_slope]
    if len(steep) < _LEAST_STEEP:
        return compact
    step = pixel_step(coordinate)
    reach = step * n_bins / 4
    with np.errstate(invalid="ignore"):
        density, _ = np.histogram(steep, bins=n_bins, range=(-reach, reach), density=True)
        peaks, _ = find_peaks(density / density.max(), height=_LEAST_PEAK)
    edges = np.arange(n_bins) * step / 2 - reach
    for place in edges[peaks]:
        compact |= (coordinate > place - pad * step) & (coordinate <= place + pad * step)
    return compact
