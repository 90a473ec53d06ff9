"""Sums over circular apertures and annuli with the exact overlap of circle and pixels."""

from dataclasses import dataclass

import numpy as np

from scripts.lib.photometry.centroids import group_by_count
from scripts.lib.photometry.circle_overlap import circular_overlap_grid

__all__ = ["Ring", "overlap", "ring_sums", "windows"]


@dataclass(frozen=True)
class Ring:
    """
    A circular aperture or an annulus.

    Attributes
    ----------
    outer : float
        Radius [pixels].
    inner : float
        Inner radius [pixels]; 0 for a circular aperture.
    """

    outer: float
    inner: float = 0.0


def windows(ring, x, y, shape):
    """
    Windows of an image that contain a ring around each centre.

    Parameters
    ----------
    ring : Ring
        The aperture.
    x, y : ndarray of float64, shape (centres,)
        Centres of the ring [pixels]; finite.
    shape : tuple of int
        Shape (y, x) of the image.

    Returns
    -------
    limits : ndarray of int, shape (centres, 4)
        First row and row after the last, first column and column after the
        last; without pixels where the ring is outside the image.
    """
    limits = []
    for centre, length in zip((y, x), shape, strict=True):
        first = np.clip(np.floor(centre - ring.outer + 0.5), 0, length)
        end = np.clip(np.ceil(centre + ring.outer + 0.5), first, length)
        limits += [first, end]
    return np.column_stack(limits).astype(int)


def overlap(ring, x, y, window):
    """
    Overlap of a ring with the pixels of a window.

    Parameters
    ----------
    ring : Ring
        The aperture.
    x, y : float
        Centre of the ring [pixels].
    window : tuple of slice
        Rows and columns of the window.

    Returns
    -------
    weights : ndarray of float64, shape (pixels,)
        Fraction of the area of each pixel that is in the ring, row by row.
    central : ndarray of bool, shape (pixels,)
        Whether the centre of the pixel is in the ring.
    """
    rows, columns = window
    size = (columns.stop - columns.start, rows.stop - rows.start)
    if 0 in size:
        return np.zeros(0), np.zeros(0, dtype=bool)
    x_edges = (columns.start - 0.5 - x, columns.stop - 0.5 - x)
    y_edges = (rows.start - 0.5 - y, rows.stop - 0.5 - y)
    circle_overlap = circular_overlap_grid()
    grids = []
    for exact in (True, False):
        grid = circle_overlap(*x_edges, *y_edges, *size, ring.outer, exact, 1)
        if ring.inner:
            grid -= circle_overlap(*x_edges, *y_edges, *size, ring.inner, exact, 1)
        grids.append(grid.ravel())
    return grids[0], grids[1] != 0


def ring_sums(images, errors, ring, x, y):
    """
    Sum images over an aperture or annulus.

    Parameters
    ----------
    images : ndarray of float32, shape (integrations, y, x)
        Images in any unit. Samples that are NaN or infinite are left out,
        whatever their DQ; the sums are not corrected for them.
    errors : ndarray of float32, shape of ``images``
        Errors of the samples; they are squared in float32.
    ring : Ring
        The aperture.
    x, y : ndarray of float64, shape (integrations,)
        Centre of the ring in each image [pixels].

    Returns
    -------
    total : ndarray of float64, shape (integrations,)
        Sum of the samples times the fraction of their pixel that is in the
        ring; NaN where no sample is left or the centre is NaN.
    error : ndarray of float64, shape (integrations,)
        Root of the sum of squared errors times the same fraction.
    area : ndarray of float64, shape (integrations,)
        Sum of the fractions [pixels]; NaN where no sample is left whose pixel
        has its centre in the ring.

    Notes
    -----
    Bit-equal to ``sum``, ``sum_err`` and ``sum_aper_area`` of
    `photutils.aperture.ApertureStats` as jwst 3.0.0 uses it.

    Examples
    --------
    A circle of one pixel's radius has the area pi; of the second image its central pixel is missing:

    >>> images = np.ones((2, 5, 5), np.float32)
    >>> images[1, 2, 2] = np.nan
    >>> centre = np.full(2, 2.0)
    >>> total, error, area = ring_sums(images, np.ones_like(images), Ring(1.0), centre, centre)
    >>> total.round(3)
    array([3.142, 2.142])
    >>> (error**2).round(3)
    array([3.142, 2.142])
    """
    results = np.full((3, len(images)), np.nan)
    centred = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    limits = windows(ring, x[centred], y[centred], images.shape[1:])
    limits, numbers = np.unique(limits, axis=0, return_inverse=True)
    for number, (first_row, end_row, first_column, end_column) in enumerate(limits.tolist()):
        chosen = centred[numbers.ravel() == number]
        window = slice(first_row, end_row), slice(first_column, end_column)
        samples, sigmas = (
            plane[:, *window][chosen].reshape(len(chosen), -1) for plane in (images, errors)
        )
        weights, central = _weights(ring, x[chosen], y[chosen], window)
        results[:, chosen] = _window_sums(samples, sigmas, weights, central)
    return tuple(results)


def _weights(ring, x, y, window):
    """Overlap in each integration, (integrations, pixels); computed once for equal centres."""
    centres, which = np.unique(np.column_stack([x, y]), axis=0, return_inverse=True)
    overlaps = [overlap(ring, *centre, window) for centre in centres.tolist()]
    return (np.array(values)[which.ravel()] for values in zip(*overlaps, strict=True))


def _window_sums(samples, errors, weights, central):
    """Sum, error and area from the samples of one window, each (integrations, pixels)."""
    good = np.isfinite(samples)
    used = good & (weights != 0)
    area = np.where(good, weights, 0.0).sum(axis=1)
    area[~(good & central).any(axis=1)] = np.nan
    with np.errstate(invalid="ignore", over="ignore"):
        weighted = samples.astype(np.float64) * weights
        variances = errors**2 * weights
    total, variance = (_sum_used(values, used) for values in (weighted, variances))
    return total, np.sqrt(variance), area


def _sum_used(values, used):
    """Sum only the used pixels, so that they are added in the order of a single image."""
    total = np.full(len(values), np.nan)
    for rows, count in group_by_count(used):
        if count:
            total[rows] = values[rows][used[rows]].reshape(-1, count).sum(axis=1)
    return total
