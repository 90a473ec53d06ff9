"""Sums over circular apertures and annuli with the exact overlap of circle and pixels."""

from dataclasses import dataclass
from math import ceil, floor

import numpy as np

from scripts.lib.centroids import equal_counts


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
    x, y : ndarray of float64, shape (centres,)
        Its centres [pixels].
    place : tuple of slice
        Rows and columns of the window.

    Returns
    -------
    weights : ndarray of float64, shape (centres, pixels)
        Fraction of the area of each pixel that is in the ring, row by row.
    central : ndarray of bool, shape (centres, pixels)
        Whether the centre of the pixel is in the ring.
    """
    rows, columns = place
    x_edges = np.arange(columns.start, columns.stop + 1) - 0.5 - x[:, None]
    y_edges = np.arange(rows.start, rows.stop + 1) - 0.5 - y[:, None]
    weights = circle_overlap(x_edges, y_edges, ring.outer)
    central = _centre_inside(x_edges, y_edges, ring.outer)
    if ring.inner:
        weights -= circle_overlap(x_edges, y_edges, ring.inner)
        central &= ~_centre_inside(x_edges, y_edges, ring.inner)
    return weights.reshape(len(x), -1), central.reshape(len(x), -1)


def circle_overlap(x_edges, y_edges, radius):
    """
    Area that pixels have in common with a circle.

    Parameters
    ----------
    x_edges, y_edges : ndarray of float64, shape (circles, columns + 1), (circles, rows + 1)
        Edges of the pixels, from the centre of the circle.
    radius : float
        Its radius.

    Returns
    -------
    area : ndarray of float64, shape (circles, rows, columns)
        The area: exactly 0 of pixels outside, exactly 1 of those inside.

    Notes
    -----
    The area between a pixel's boundary and the centre, within the circle, is
    summed along its four sides, as in the area of a polygon. A side is common
    to two pixels, in opposite directions.
    """
    x, y = x_edges[:, None, :], y_edges[:, :, None]
    below = _area_under(x[..., :-1], x[..., 1:], y, radius)
    left = -_area_under(y[:, :-1], y[:, 1:], x, radius)
    area = below[:, :-1] - below[:, 1:] + left[:, :, 1:] - left[:, :, :-1]
    x_near, x_far = _distances(x_edges)
    y_near, y_far = _distances(y_edges)
    nearest = np.hypot(x_near[:, None, :], y_near[:, :, None])
    farthest = np.hypot(x_far[:, None, :], y_far[:, :, None])
    return np.where(nearest >= radius, 0.0, np.where(farthest <= radius, 1.0, area))


def _distances(edges):
    """Distance from 0 to the nearest and the farthest point of each pixel along one axis."""
    low, high = edges[:, :-1], edges[:, 1:]
    return np.maximum(np.maximum(low, -high), 0.0), np.maximum(-low, high)


def _area_under(start, end, height, radius):
    """Signed area between the centre and a side from (start, height) to (end, height), in the circle."""
    half = np.sqrt(np.maximum(radius**2 - height**2, 0.0))
    entry, leave = np.clip(-half, start, end), np.clip(half, start, end)
    angles = _angle(start, entry, height) + _angle(leave, end, height)
    return 0.5 * (radius**2 * angles - height * (leave - entry))


def _angle(start, end, height):
    """Angle from (start, height) to (end, height) as seen from the centre."""
    return np.arctan2(height * (start - end), start * end + height**2)


def _centre_inside(x_edges, y_edges, radius):
    """Tell which pixels have their centre nearer than the radius."""
    x, y = x_edges[:, None, :-1] + 0.5, y_edges[:, :-1, None] + 0.5
    return x**2 + y**2 < radius**2


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
        centres = np.unique(np.column_stack([x[chosen], y[chosen]]), axis=0, return_inverse=True)
        weights, central = (
            values[centres[1].ravel()] for values in overlap(ring, *centres[0].T, place)
        )
        samples = [plane[:, *place][chosen].reshape(len(chosen), -1) for plane in (images, errors)]
        results[:, chosen] = _window_sums(*samples, weights, central)
    return tuple(results)


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
