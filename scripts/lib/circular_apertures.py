"""Sums over circular apertures and annuli with the exact overlap of circle and pixels."""

from dataclasses import dataclass
from math import ceil, floor

import numpy as np

from scripts.lib.centroids import equal_counts

_BY_CENTRE, _EXACT = 0, 1


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


def window(ring, x, y, shape):
    """
    Part of an image that a ring can touch.

    Parameters
    ----------
    ring : Ring
        The aperture.
    x, y : float
        Its centre [pixels].
    shape : tuple of int
        Shape (y, x) of the image.

    Returns
    -------
    rows, columns : slice
        The window, cut at the edges of the image; without pixels if the ring
        is beyond them.
    """
    return _range(y, ring.outer, shape[0]), _range(x, ring.outer, shape[1])


def _range(centre, radius, length):
    """Pixels of one axis within a radius of a centre."""
    first, end = floor(centre - radius + 0.5), ceil(centre + radius + 0.5)
    first = min(max(first, 0), length)
    return slice(first, max(min(end, length), first))


def overlap(ring, x, y, place):
    """
    Overlap of a ring with the pixels of a window.

    Parameters
    ----------
    ring : Ring
        The aperture.
    x, y : float
        Its centre [pixels].
    place : tuple of slice
        Rows and columns of the window.

    Returns
    -------
    weights : ndarray of float64, shape (pixels,)
        Fraction of the area of each pixel that is in the ring, row by row.
    central : ndarray of bool, shape (pixels,)
        Whether the centre of the pixel is in the ring.
    """
    return _overlap(ring, x, y, place, _EXACT), _overlap(ring, x, y, place, _BY_CENTRE) != 0


def _overlap(ring, x, y, place, method):
    """Overlap of a ring with each pixel of a window by one of the methods of photutils."""
    from photutils.geometry import circular_overlap_grid

    rows, columns = place
    size = (columns.stop - columns.start, rows.stop - rows.start)
    if 0 in size:
        return np.zeros(0)
    x_edges = (columns.start - 0.5 - x, columns.stop - 0.5 - x)
    y_edges = (rows.start - 0.5 - y, rows.stop - 0.5 - y)
    grid = circular_overlap_grid(*x_edges, *y_edges, *size, ring.outer, method, 1)
    if ring.inner:
        grid -= circular_overlap_grid(*x_edges, *y_edges, *size, ring.inner, method, 1)
    return grid.ravel()


def ring_sums(images, errors, ring, x, y):
    """
    Sum images over an aperture or annulus.

    Parameters
    ----------
    images : ndarray of float32, shape (integrations, y, x)
        Images in any unit. Samples that are NaN or infinite are left out,
        whatever their DQ; nothing makes up for them.
    errors : ndarray of float32, shape of ``images``
        Their errors. The square is taken in float32.
    ring : Ring
        The aperture.
    x, y : ndarray of float64, shape (integrations,)
        Its centre in each image [pixels].

    Returns
    -------
    total : ndarray of float64, shape (integrations,)
        Sum of the samples times the fraction of their pixel that is in the
        ring; NaN where there is no sample or the centre is NaN.
    error : ndarray of float64, shape (integrations,)
        Root of the sum of squared errors times the same fraction.
    area : ndarray of float64, shape (integrations,)
        Sum of the fractions [pixels]; NaN where no pixel with its centre in
        the ring is left.

    Notes
    -----
    Bit-equal to `photutils.aperture.ApertureStats` as jwst 3.0.0 uses it
    (``sum``, ``sum_err``, ``sum_aper_area``), whose exact overlap is used.
    """
    results = np.full((3, len(images)), np.nan)
    groups = {}
    for k in np.flatnonzero(np.isfinite(x) & np.isfinite(y)):
        place = window(ring, float(x[k]), float(y[k]), images.shape[1:])
        groups.setdefault(
            (place[0].start, place[0].stop, place[1].start, place[1].stop), []
        ).append(k)
    for (first_row, end_row, first_column, end_column), chosen in groups.items():
        place = (slice(first_row, end_row), slice(first_column, end_column))
        weights, central = _weights(ring, x[chosen], y[chosen], place)
        samples = [plane[:, *place][chosen].reshape(len(chosen), -1) for plane in (images, errors)]
        results[:, chosen] = _window_sums(*samples, weights, central)
    return tuple(results)


def _weights(ring, x, y, place):
    """Overlap in each integration, (1 or integrations, pixels): one row if the centre stays."""
    if (x == x[0]).all() and (y == y[0]).all():
        x, y = x[:1], y[:1]
    overlaps = [
        overlap(ring, *centre, place) for centre in zip(x.tolist(), y.tolist(), strict=True)
    ]
    weights, central = zip(*overlaps, strict=True)
    return np.array(weights), np.array(central)


def _window_sums(samples, errors, weights, central):
    """Sum, error and area from the samples of one window, each (integrations, pixels)."""
    good = np.isfinite(samples)
    used = good & (weights != 0)
    area = np.where(good, weights, 0.0).sum(axis=1)
    area[~(good & central).any(axis=1)] = np.nan
    with np.errstate(invalid="ignore", over="ignore"):
        weighted = samples.astype(np.float64) * weights
        variances = errors**2 * weights
    total, variance = (_sums_of_used(values, used) for values in (weighted, variances))
    return total, np.sqrt(variance), area


def _sums_of_used(values, used):
    """Sum over the used pixels alone, so that they are added in the order of a lone image."""
    total = np.full(len(values), np.nan)
    for rows, count in equal_counts(used):
        if count:
            total[rows] = values[rows][used[rows]].reshape(-1, count).sum(axis=1)
    return total
