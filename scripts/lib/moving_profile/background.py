"""Background of each integration: one number for each column, or for the frame, and row stripes."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from scripts.lib.moving_profile.robust import fixed_limit_mean

__all__ = [
    "FEWEST_PIXELS",
    "LIMIT",
    "Background",
    "ColumnRegion",
    "Stripes",
    "column_background",
    "row_stripes",
    "star_level",
    "subtract_background",
]

# Deviations beyond this many errors are no background.
LIMIT = 3.5
# Fewer pixels of a column say nothing about its background.
FEWEST_PIXELS = 6


@dataclass(frozen=True)
class ColumnRegion:
    """
    Pixels from which the background of each column is measured.

    Attributes
    ----------
    used : ndarray of bool, shape (y, x)
        The pixels.
    limit : ndarray of float32, shape (y, x)
        Largest deviation from the start: 3.5 times noise factor and usual error.
    mode : str
        ``column``: a level for each column, the frame's where fewer than 6
        pixels of the column are good. ``frame``: one for all. ``none``: 0.
    light : ndarray of float32 or None, shape (y, x)
        Median image of the star, with its wings in the region: their dip in a transit is no
        change of the background. None to take no notice of it.
    """

    used: np.ndarray
    limit: np.ndarray
    mode: str = "column"
    light: np.ndarray | None = None

    @cached_property
    def rows(self):
        """Rows that have a pixel of the region."""
        return np.flatnonzero(self.used.any(axis=1))

    @cached_property
    def mask(self):
        """1 for pixels of the region, (rows, 1, x)."""
        return self.used[self.rows][:, None, :].astype(np.float32)

    @cached_property
    def wings(self):
        """The star's light in the region, (rows, 1, x)."""
        return np.where(self.used, self.light, np.float32(0.0))[self.rows][:, None, :]

    @cached_property
    def limits(self):
        """Limits of the rows, infinite outside the region."""
        inside = np.where(self.used, self.limit, np.inf)[self.rows]
        return inside.astype(np.float32)

    @cached_property
    def number(self):
        """Pixels of the region in each column."""
        return self.used.sum(axis=0)

    @cached_property
    def row_of(self):
        """Index of each row of the image among those of the region, -1 outside."""
        index = np.full(self.used.shape[0], -1)
        index[self.rows] = np.arange(len(self.rows))
        return index

    @cached_property
    def whole(self):
        """Whether every pixel of the rows is used."""
        return bool(self.used[self.rows].all())


def column_background(difference, bad, region, level=None):
    """
    Background of each column, or one for all columns.

    Parameters
    ----------
    difference : ndarray of float32, shape (frames, y, x)
        Integrations minus the median one; 0 where bad.
    bad : ndarray of int64
        Flat indices of the bad samples.
    region : ColumnRegion
        Where to measure it.
    level : ndarray of float64, shape (frames,), optional
        Level of the star, as of `star_level`, to take its wings off; 0 by default.

    Returns
    -------
    level : ndarray of float32, shape (frames, x)
        Background; 0 where there is nothing to measure it from.
    number : ndarray of float64, shape (frames, x)
        Samples from which it is; infinite where it is not measured, so that
        its variance counts as none.
    """
    frames, width = len(difference), difference.shape[2]
    if region.mode == "none" or not len(region.rows):
        return np.zeros((frames, width), np.float32), np.full((frames, width), np.inf)
    rows = np.ascontiguousarray(difference[:, region.rows].transpose(1, 0, 2))
    if not region.whole:
        rows *= region.mask
    lost = _lost(bad, region, difference.shape)
    if level is not None:
        rows -= region.wings * level.astype(np.float32)[:, None]
        rows.reshape(-1)[lost] = 0.0
    mean, number = fixed_limit_mean(rows, region.limits, region.number, lost)
    weighted = np.where(number > 0, np.nan_to_num(mean) * number, 0.0)
    total = number.sum(axis=1)
    frame = np.divide(weighted.sum(axis=1), total, out=np.zeros(frames), where=total > 0)
    few = (number < FEWEST_PIXELS) | (region.mode == "frame")
    level = np.where(few, frame[:, None], mean)
    number = np.where(few, np.where(total > 0, total, np.inf)[:, None], number)
    return level.astype(np.float32), number


def _lost(bad, region, shape):
    """Flat indices of the bad samples in the region's rows, as (rows, frames, x)."""
    size = shape[1] * shape[2]
    frames, pixels = np.divmod(bad, size)
    inside = region.used.reshape(-1)[pixels]
    frames, pixels = frames[inside], pixels[inside]
    rows, columns = np.divmod(pixels, shape[2])
    return (region.row_of[rows] * shape[0] + frames) * shape[2] + columns


@dataclass(frozen=True)
class Stripes:
    """
    Columns from which the stripes along the rows are measured.

    Attributes
    ----------
    columns : ndarray of int
        Columns with hardly any light.
    model : ndarray of float32, shape (y, x)
        Median image of the star.
    weight : ndarray of float32, shape (y, x)
        1 where the star's level is fitted, 0 elsewhere.
    limit : ndarray of float32, shape (y, x)
        Largest deviation from the start.
    good : ndarray of bool, shape (y, x)
        Pixels with data.
    gain : ndarray of float64, shape (y, y)
        Weights of the measured rows in the best estimate of each stripe.
    rest : ndarray of float64, shape (y, y)
        Covariance of what is left of the stripes.
    """

    columns: np.ndarray
    model: np.ndarray
    weight: np.ndarray
    limit: np.ndarray
    good: np.ndarray
    gain: np.ndarray
    rest: np.ndarray

    @cached_property
    def star(self):
        """The star's median image where its level is fitted, 0 elsewhere."""
        return self.model * self.weight

    @cached_property
    def parts(self):
        """Constants of the dark columns, columns first: model, limits, number of pixels, use."""
        use = self.good[:, self.columns].T
        limits = np.where(use, self.limit[:, self.columns].T, np.inf).astype(np.float32)
        model = np.ascontiguousarray(self.model[:, self.columns].T)
        return model, limits, use.sum(axis=0), use[:, None, :].astype(np.float32)


def star_level(samples, bad, image):
    """
    Level of the star by unweighted least squares on its median image.

    Parameters
    ----------
    samples : ndarray of float32, shape (frames, y, x)
        Integrations minus the median one and their background; 0 where bad.
    bad : ndarray of int64
        Flat indices of the bad samples.
    image : ndarray of float32, shape (y, x)
        The star's median image; 0 where it is not fitted.

    Returns
    -------
    level : ndarray of float64, shape (frames,)
        Difference to the level of the median image, for which it is 0.
    """
    star = image.reshape(-1)
    flat = samples.reshape(len(samples), -1)
    sums = np.zeros(len(samples))
    for first in range(0, flat.shape[1], 2048):
        piece = slice(first, first + 2048)
        sums += np.einsum("np,p->n", flat[:, piece], star[piece])
    square = star.astype(np.float64) ** 2
    frames, pixels = np.divmod(bad, flat.shape[1])
    norm = square.sum() - np.bincount(frames, weights=square[pixels], minlength=len(flat))
    return np.divide(sums, norm, out=np.zeros(len(flat)), where=norm > 0)


def row_stripes(samples, bad, level, stripes):
    """
    Measure the stripes along the rows in the dark columns.

    Parameters
    ----------
    samples : ndarray of float32, shape (frames, y, x)
        Integrations minus the median one and their background; 0 where bad.
    bad : ndarray of int64
        Flat indices of the bad samples.
    level : ndarray of float64, shape (frames,)
        Level of the star, as of `star_level`: the dip of what little light the
        dark columns have must not be taken for stripes.
    stripes : Stripes
        The dark columns.

    Returns
    -------
    rows : ndarray of float64, shape (frames, y)
        Stripe of each row, before it is multiplied by the gain; 0 where
        nothing measures it.
    number : ndarray of int64, shape (frames, y)
        Samples from which it is.
    """
    model, limits, number, use = stripes.parts
    dark = np.ascontiguousarray(samples[:, :, stripes.columns].transpose(2, 0, 1))
    dark -= model[:, None, :] * level.astype(np.float32)[:, None]
    dark *= use
    lost = _lost_in_columns(bad, stripes, samples.shape)
    dark.reshape(-1)[lost] = 0.0
    mean, counted = fixed_limit_mean(dark, limits, number, lost)
    return np.nan_to_num(mean), counted


def _lost_in_columns(bad, stripes, shape):
    """Flat indices of the bad samples in the dark columns, as (columns, frames, y)."""
    index = np.full(shape[2], -1)
    index[stripes.columns] = np.arange(len(stripes.columns))
    frames, pixels = np.divmod(bad, shape[1] * shape[2])
    rows, columns = np.divmod(pixels, shape[2])
    inside = (index[columns] >= 0) & stripes.good[rows, columns]
    frames, rows, columns = frames[inside], rows[inside], index[columns[inside]]
    return (columns * shape[0] + frames) * shape[1] + rows


@dataclass(frozen=True)
class Background:
    """
    Background of integrations.

    Attributes
    ----------
    parts : list of ndarray of float32, shape (frames, 1, x) or (frames, y, 1)
        What was subtracted, in that order.
    number : ndarray of float64, shape (frames, x)
        As of `column_background`.
    """

    parts: list
    number: np.ndarray

    @property
    def level(self):
        """Background of each column, (frames, x)."""
        return sum(part[:, 0] for part in self.parts if part.shape[1] == 1)


def subtract_background(difference, bad, region, stripes=None):
    """
    Subtract the background of each integration, in place.

    Parameters
    ----------
    difference : ndarray of float32, shape (frames, y, x)
        Integrations minus the median one; 0 where bad, before and after.
    bad : ndarray of int64
        Flat indices of the bad samples.
    region : ColumnRegion
        Where to measure it.
    stripes : Stripes, optional
        Where to measure stripes along the rows, if there are any.

    Returns
    -------
    background : Background
        What was subtracted.
    """
    star = None if region.light is None else star_level(difference, bad, region.light)
    level, number = column_background(difference, bad, region, star)
    parts = [level[:, None, :]]
    difference -= parts[0]
    if stripes is not None:
        difference.reshape(-1)[bad] = 0.0
        rows, _ = row_stripes(difference, bad, star_level(difference, bad, stripes.star), stripes)
        best = np.einsum("yk,nk->ny", stripes.gain, rows)
        parts.append(best.astype(np.float32)[:, :, None])
        difference -= parts[1]
        difference.reshape(-1)[bad] = 0.0
        rest, number = column_background(difference, bad, region, star)
        parts.append(rest[:, None, :])
        difference -= parts[2]
    difference.reshape(-1)[bad] = 0.0
    return Background(parts, number)
