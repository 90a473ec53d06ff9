"""Integrals of a function on a wavelength grid over the pixels of a NIRISS SOSS order."""

import numpy as np

__all__ = ["column_edges", "integration_weights"]


def column_edges(wavelength):
    """
    Wavelengths at the edges of the columns.

    Parameters
    ----------
    wavelength : ndarray
        Wavelength (columns,) in the middle, monotonic; NaN and negative
        values are skipped.

    Returns
    -------
    lower, upper : ndarray
        Half way to the neighbouring columns, mirrored at the ends; 0 where the
        wavelength is not valid.
    """
    valid = np.isfinite(wavelength) & (wavelength >= 0)
    middle = wavelength[valid]
    half = np.diff(middle) / 2
    left, right = np.zeros(len(wavelength)), np.zeros(len(wavelength))
    left[valid] = middle - np.insert(half, 0, half[0])
    right[valid] = middle + np.append(half, half[-1])
    return (left, right) if middle[0] <= middle[-1] else (right, left)


def integration_weights(grid, lower, upper):
    """
    Weights of the grid points in the integral over pixels.

    Parameters
    ----------
    grid : ndarray
        Ascending wavelengths (points,).
    lower, upper : ndarray
        Edges (pixels,) of pixels within the grid.

    Returns
    -------
    weights : csr_matrix
        Weights (pixels, points) of a trapezoidal rule with interpolated ends.

    Notes
    -----
    The sum starts one point early, at the last but one below the lower edge,
    unless a point lies exactly on that; the end interval is extrapolated. Where
    that point would be before the grid, the weights of the others follow from
    its position all the same. Both as in ``ExtractionEngine.get_w`` of jwst 3.0.0.
    """
    from scipy.sparse import csr_matrix

    low = np.searchsorted(grid, lower, side="right") - 1
    high = np.searchsorted(grid, upper) - 1
    first = np.where(grid[low] == lower, low, low - 1)
    span = max(int((high - first).max()) + 1, 4)
    points = first[:, None] + np.arange(span)
    points[points > high[:, None]] = -1
    weights = _end_weights(grid, points, lower, upper, low, high)
    pixels, positions = np.nonzero(points >= 0)
    values = weights[pixels, positions] / 2.0
    return csr_matrix((values, (pixels, points[pixels, positions])), shape=(len(lower), len(grid)))


def _end_weights(grid, points, lower, upper, low, high):
    """
    Twice the weights of the points of each pixel, case by case of their number.

    With points x0 .. xm of a pixel from a to b, the trapezoidal rule gives each point the lengths
    of the intervals on both its sides (twice the weight). Only the ends differ: the first interval
    counts from a, the last to b. Where an end point lies outside the pixel (``early``: x0 < a,
    ``late``: xm > b), the function at the edge is interpolated between that point and the next, so
    the outer point gets the fraction ``inside / step`` of the end interval and the next one the
    rest. The cases:

    - two points: both end intervals are the same one, scaled to the pixel's width;
    - three: the middle point belongs to both ends;
    - four: each of the inner two borders on one end, with one full interval between them;
    - more: points that border on neither end have the full intervals on both sides.
    """
    pixels, steps = np.arange(len(points)), np.diff(grid)
    count = (points >= 0).sum(axis=1)
    value = grid[points]
    weights = np.zeros(points.shape)
    # All cases: the outer points, as if they were within the pixel.
    weights[:, 0] = value[:, 1] - lower
    weights[pixels, count - 1] = upper - value[pixels, count - 2]

    two = count == 2
    early, late = two & (points[:, 0] != low), two & (points[:, 1] != high)
    weights[early, 1] += lower[early] - value[early, 0]
    weights[late, 0] += value[late, 1] - upper[late]
    weights[two] *= ((upper - lower)[two] / steps[points[two, 0]])[:, None]

    # Three or more: the neighbours of the outer points take their share of the end intervals.
    more = np.flatnonzero(count >= 3)
    n = count[more]
    weights[more, 1] = value[more, 1] - lower[more]
    weights[more, n - 2] += upper[more] - value[more, n - 2]
    early = more[points[more, 0] != low[more]]
    inside, outside = value[early, 1] - lower[early], lower[early] - value[early, 0]
    step = steps[points[early, 0]]
    weights[early, 0] *= inside / step
    weights[early, 1] += inside * outside / step
    late = more[points[more, n - 1] != high[more]]
    n = count[late]
    inside, outside = upper[late] - value[late, n - 2], value[late, n - 1] - upper[late]
    step = steps[points[late, n - 2]]
    weights[late, n - 1] *= inside / step
    weights[late, n - 2] += inside * outside / step

    # Four or more: they also have a full interval on their inner side.
    more = np.flatnonzero(count >= 4)
    n = count[more]
    weights[more, 1] += value[more, 2] - value[more, 1]
    weights[more, n - 2] += value[more, n - 2] - value[more, n - 3]
    # More than four: the points that border on no end.
    position = np.arange(points.shape[1])
    inner = (position >= 2) & (position < count[:, None] - 2)
    row, column = np.nonzero((count > 4)[:, None] & inner)
    weights[row, column] = steps[points[row, column] - 1] + steps[points[row, column]]
    return weights
