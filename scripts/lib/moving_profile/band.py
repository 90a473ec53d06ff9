"""The band of pixels along a trace: a fixed number of rows in each column."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from scripts.lib.moving_profile.robust import SIGMA_OF_MAD

__all__ = ["Band", "band_of_trace", "find_trace", "trace_width"]


@dataclass(frozen=True)
class Band:
    """
    Rows of each column that hold the star's light.

    Attributes
    ----------
    first : ndarray of int, shape (columns,)
        First row of the band in each column.
    height : int
        Number of rows.
    shape : tuple of int
        Shape (y, x) of the images.
    """

    first: np.ndarray
    height: int
    shape: tuple

    @cached_property
    def rows(self):
        """The rows as a slice where the band is straight, else None."""
        start = int(self.first[0])
        return slice(start, start + self.height) if (self.first == start).all() else None

    @cached_property
    def runs(self):
        """Neighbouring columns with the same rows, as slices of rows and of columns."""
        edges = np.flatnonzero(np.diff(self.first)) + 1
        ends = [0, *edges.tolist(), len(self.first)]
        starts = [int(self.first[column]) for column in ends[:-1]]
        rows = [slice(start, start + self.height) for start in starts]
        return list(zip(rows, map(slice, ends[:-1], ends[1:]), strict=True))

    @cached_property
    def pixels(self):
        """Flat index in the image of each pixel of the band, (height, columns)."""
        rows = self.first + np.arange(self.height)[:, None]
        return rows * self.shape[1] + np.arange(self.shape[1])

    @cached_property
    def position(self):
        """Flat index in the band of each pixel of the image, flattened; -1 outside."""
        position = np.full(self.shape[0] * self.shape[1], -1)
        position[self.pixels.reshape(-1)] = np.arange(self.pixels.size)
        return position

    def gather(self, images):
        """
        Copy the band out of images.

        Parameters
        ----------
        images : ndarray, shape (..., y, x)
            Images.

        Returns
        -------
        band : ndarray, shape (..., height, columns)
            Contiguous copy.
        """
        if self.rows is not None:
            return images[..., self.rows, :].copy()
        flat = images.reshape(*images.shape[:-2], -1)
        return np.take(flat, self.pixels, axis=-1)

    def scatter(self, band, images):
        """
        Copy the band into images, in place.

        Parameters
        ----------
        band : ndarray, shape (..., height, columns)
            Values of the band.
        images : ndarray, shape (..., y, x)
            Images.
        """
        for rows, columns in self.runs:
            images[..., rows, columns] = band[..., columns]

    def subtract(self, band, images):
        """
        Subtract the band from images, in place.

        Parameters
        ----------
        band : ndarray, shape (..., height, columns)
            Values of the band.
        images : ndarray, shape (..., y, x)
            Images.
        """
        for rows, columns in self.runs:
            images[..., rows, columns] -= band[..., columns]

    def inside(self, places):
        """
        Positions within the band of samples of a cube.

        Parameters
        ----------
        places : ndarray of int, shape (n,)
            Flat indices in a cube (frames, y, x).

        Returns
        -------
        frames, pixels : ndarray of int, shape (m,)
            Frame and flat index in the band of those that are in it, in order.
        """
        frames, pixels = np.divmod(places, self.shape[0] * self.shape[1])
        position = self.position[pixels]
        within = position >= 0
        return frames[within], position[within]


def band_of_trace(trace, half_width, shape):
    """
    Band of rows about a trace.

    Parameters
    ----------
    trace : ndarray of float, shape (columns,)
        Row of the trace's centre in each column [px].
    half_width : int
        Rows on either side of the central one.
    shape : tuple of int
        Shape (y, x) of the images.

    Returns
    -------
    band : Band
        Moved inwards where it would leave the image; not higher than it.

    Examples
    --------
    >>> band_of_trace(np.array([0.4, 3.6]), 1, (6, 2)).first
    array([0, 3])
    """
    height = min(2 * half_width + 1, shape[0])
    first = np.clip(np.rint(trace).astype(int) - half_width, 0, shape[0] - height)
    if np.ptp(first) <= 1:
        # A straight band is a slice; one row more holds a trace that crosses a pixel's edge.
        height = min(height + int(np.ptp(first)), shape[0])
        first = np.full(shape[1], min(first.min(), shape[0] - height))
    return Band(first, height, tuple(shape))


def find_trace(image, rounds=5, limit=4.0, reach=6):
    """
    Trace of the star in a spectral image, and its width.

    Parameters
    ----------
    image : ndarray of float, shape (y, x)
        Median image, any unit, level taken off; pixels without data are 0.
    rounds : int, optional
        Number of clips of the fit.
    limit : float, optional
        Largest deviation from the fit, in robust standard deviations (median
        absolute deviations times 1.4826).
    reach : int, optional
        Largest distance of light in the centroids from the brightest row [px].

    Returns
    -------
    trace : ndarray of float64, shape (x,)
        Centre of the light in each column [px], a parabola.
    width : float
        Standard deviation of the light across the trace [px].
    """
    light = np.maximum(np.asarray(image, dtype=np.float64), 0.0)
    rows = np.arange(light.shape[0], dtype=np.float64)[:, None]
    padded = np.pad(light, ((1, 1), (0, 0)))
    smooth = padded[:-2] + padded[1:-1] + padded[2:]
    # The root keeps a hot pixel from deciding. The row with the most light is not the brightest of the
    # median column: where the star is faint, rows of reference pixels are brighter.
    trace = np.sqrt(smooth).sum(axis=1).argmax()
    # First about one row, then about a trace that leaves its neighbourhood.
    for _ in range(2):
        near = light * (np.abs(rows - trace) <= reach)
        bright = _bright_columns(near)
        columns = np.flatnonzero(bright & (near.sum(axis=0) > 0))
        centroid = (rows * near)[:, columns].sum(axis=0) / near[:, columns].sum(axis=0)
        trace = _robust_parabola(columns, centroid, light.shape[1], rounds, limit)
    return trace, _median_width(light, rows - trace, columns, reach)


def trace_width(image, trace, reach):
    """
    Width of a trace that is known.

    Parameters
    ----------
    image : ndarray of float, shape (y, x)
        Median image, as for :func:`find_trace`.
    trace : ndarray of float64, shape (x,)
        Row of the trace's centre in each column [px].
    reach : int
        Largest distance of its light from there [px].

    Returns
    -------
    width : float
        Standard deviation of the light across the trace [px], the median of the bright
        columns; NaN if there is no light.

    Examples
    --------
    >>> trace_width(np.array([[1.0], [2.0], [1.0]]), np.array([1.0]), 1)
    0.7071067811865476
    """
    light = np.maximum(np.asarray(image, dtype=np.float64), 0.0)
    distance = np.arange(light.shape[0], dtype=np.float64)[:, None] - trace
    near = light * (np.abs(distance) <= reach)
    columns = np.flatnonzero(_bright_columns(near) & near.any(axis=0))
    return _median_width(light, distance, columns, reach) if len(columns) else float("nan")


def _median_width(light, distance, columns, reach):
    """Standard deviation of the light about a trace, without what is below 2 % of its peak."""
    core = np.where(np.abs(distance) <= reach, light, 0.0)[:, columns]
    core[core < 0.02 * core.max(axis=0)] = 0.0
    moment = (core * distance[:, columns] ** 2).sum(axis=0) / core.sum(axis=0)
    return float(np.sqrt(np.median(moment)))


def _bright_columns(light, share=0.05):
    """Columns with more than a share of the light of the bright ones."""
    total = light.sum(axis=0)
    return total > share * np.percentile(total, 95.0)


def _robust_parabola(columns, values, size, rounds, limit):
    """Parabola through values at columns without those far from it, at all columns."""
    scale = max(size - 1, 1)
    kept = np.ones(len(columns), dtype=bool)
    for _ in range(rounds):
        degree = min(2, int(kept.sum()) - 1)
        fit = np.polynomial.polynomial.polyfit(columns[kept] / scale, values[kept], degree)
        residual = values - np.polynomial.polynomial.polyval(columns / scale, fit)
        sigma = SIGMA_OF_MAD * np.median(np.abs(residual[kept]))
        within = np.abs(residual) <= limit * sigma + 1e-9
        if (within == kept).all():
            break
        kept = within
    return np.polynomial.polynomial.polyval(np.arange(size) / scale, fit)
