"""Background of the median image of a visit's spectra: a level for each column, and a slope along them."""

import numpy as np

from scripts.lib.moving_profile.background import FEWEST_PIXELS
from scripts.lib.moving_profile.robust import SIGMA_OF_MAD, sorted_clipped_mean

__all__ = ["static_background", "static_level"]

# Median level over its error from which a gradient is taken for one of light, not of the readout.
_LIGHT = 10.0


def static_level(image, used):
    """
    Background of a median image in each column.

    Parameters
    ----------
    image : ndarray of float32, shape (y, x)
        Median image; NaN where there are no data.
    used : ndarray of bool, shape (y, x)
        Pixels of the background.

    Returns
    -------
    level : ndarray of float64, shape (x,)
        Clipped mean of each column; of all pixels where fewer than 6 are good, and
        0 where there are none at all.
    """
    columns = np.where(used, image, np.nan).T
    level, number = sorted_clipped_mean(columns)
    whole = np.nan_to_num(sorted_clipped_mean(columns.reshape(-1))[0])
    return np.where(number >= FEWEST_PIXELS, level, whole)


def static_background(image, used):
    """
    Background of a median image in each pixel: a level for each column, and a slope along them.

    A star that is not in the middle of the background would keep some of it in its light
    without the slope, and a dip would be too shallow.

    Parameters
    ----------
    image : ndarray of float32, shape (y, x)
        Median image; NaN where there are no data.
    used : ndarray of bool, shape (y, x)
        Pixels of the background.

    Returns
    -------
    background : ndarray of float64, shape (y, x)
        Level of `static_level` plus the slope times the distance to the mean row of the column's
        pixels. The slope is proportional to the level where that is light, the same for all columns
        otherwise: that of Theil and Sen through the medians of the rows, which neither a companion in some of them
        nor wings on both sides of the star change much. Beyond the rows that are used, it is constant.
    """
    if not used.any():
        return np.zeros(image.shape)
    level = static_level(image, used)
    good = used & np.isfinite(image)
    lines = np.arange(len(image), dtype=float)[:, None]
    number = good.sum(axis=0)
    measured = number >= FEWEST_PIXELS
    if np.count_nonzero(good[:, measured].any(axis=1)) < FEWEST_PIXELS:
        return np.repeat(level[None], len(image), axis=0)
    middle = np.where(good, lines, 0.0).sum(axis=0) / np.maximum(number, 1)
    away = np.where(good & measured, image - level, np.nan)
    unit = _gradient_unit(level[measured], away[:, measured])
    scale = level if unit is None else np.full(len(level), unit)
    rows = np.flatnonzero(np.isfinite(away).any(axis=1))
    places = np.where(np.isfinite(away), lines - middle, np.nan)[rows]
    slope = _theil_sen(np.nanmedian(places, axis=1), np.nanmedian(away[rows] / scale, axis=1))
    lowest = np.where(good, lines, np.inf).min(axis=0)
    highest = np.where(good, lines, -np.inf).max(axis=0)
    distance = np.where(measured, np.clip(lines, lowest, highest) - middle, 0.0)
    return level + slope * scale * distance


def _gradient_unit(level, away):
    """None where the level of all columns is light to which a slope is proportional, else 1."""
    sigma = SIGMA_OF_MAD * np.nanmedian(np.abs(away))
    pixels = np.isfinite(away).sum(axis=0)
    bright = level > _LIGHT * sigma / np.sqrt(pixels)
    return None if bright.all() else 1.0


def _theil_sen(places, values):
    """Median of the slopes between all pairs of points; 0 without two places."""
    first, second = np.triu_indices(len(places), 1)
    step = places[second] - places[first]
    apart = step != 0.0
    if not apart.any():
        return 0.0
    return float(np.median((values[second] - values[first])[apart] / step[apart]))
