"""The star of an image: its centre and width, the pixels about it, circles, and holes in it."""

import numpy as np

from scripts.lib.moving_profile.robust import sorted_clipped_mean

__all__ = ["circle", "fill_hole", "find_star"]

_REACH = 8.0
_SHARE = 0.02
_SUBPIXELS = 10


def find_star(image, position=None, half_width=None):
    """
    Centre and width of the brightest star of an image.

    Parameters
    ----------
    image : ndarray of float, shape (y, x)
        Median image, any unit; NaN where there are no data.
    position : tuple of float, optional
        Expected (x, y) [px].
    half_width : float, optional
        Farthest distance of the peak from it along x and y [px].

    Returns
    -------
    x, y, width : float
        Centre and standard deviation of the light [px].
    """
    level = float(np.nan_to_num(sorted_clipped_mean(image.reshape(-1))[0]))
    light = np.nan_to_num(image.astype(np.float64) - level)
    rows, columns = np.ogrid[: image.shape[0], : image.shape[1]]
    smooth = _smooth(light)
    if position is not None and half_width is not None:
        near = (np.abs(columns - position[0]) <= half_width) & (
            np.abs(rows - position[1]) <= half_width
        )
        smooth = np.where(near, smooth, -np.inf) if near.any() else smooth
    y, x = np.unravel_index(int(smooth.argmax()), image.shape)
    threshold, width = _SHARE * light[max(y - 1, 0) : y + 2, max(x - 1, 0) : x + 2].max(), 1.0
    for _ in range(3):
        near = (np.hypot(rows - y, columns - x) <= _REACH) & (light > threshold)
        weight = np.where(near, light, 0.0)
        total = weight.sum()
        if not total > 0:
            break
        x, y = float((weight * columns).sum() / total), float((weight * rows).sum() / total)
        distance = (rows - y) ** 2 + (columns - x) ** 2
        width = float(np.sqrt(0.5 * (weight * distance).sum() / total))
    return float(x), float(y), max(width, 0.5)


def _smooth(light):
    """Sum over 3 by 3 pixels."""
    padded = np.pad(light, 1)
    rows = padded[:-2] + padded[1:-1] + padded[2:]
    return rows[:, :-2] + rows[:, 1:-1] + rows[:, 2:]


def circle(shape, centre, radius):
    """
    Share of each pixel within a circle.

    Parameters
    ----------
    shape : tuple of int
        Shape (y, x) of the image.
    centre : tuple of float
        (x, y) [px].
    radius : float
        Radius [px].

    Returns
    -------
    share : ndarray of float64, shape (y, x)
        From 0 to 1, in steps of a hundredth.

    Examples
    --------
    >>> float(circle((3, 3), (1.0, 1.0), 5.0).sum())
    9.0
    """
    offsets = (np.arange(_SUBPIXELS) + 0.5) / _SUBPIXELS - 0.5
    y = np.arange(shape[0])[:, None] + offsets - centre[1]
    x = np.arange(shape[1])[:, None] + offsets - centre[0]
    share = np.zeros(shape)
    # Row by row: the parts of all pixels have a hundred times the bytes of an image.
    for row in np.flatnonzero(np.abs(y).min(axis=1) <= radius):
        inside = (y[row] ** 2)[:, None, None] + x**2 <= radius**2
        share[row] = inside.mean(axis=(0, 2))
    return share


def fill_hole(image, error, y, x):
    """
    Value and derivatives of a star at a hole, from a log-quadratic surface.

    Parameters
    ----------
    image, error : ndarray of float, shape (y, x)
        Star and its errors; NaN where there are no data.
    y, x : int
        The hole.

    Returns
    -------
    terms : ndarray of float64, shape (7,)
        The value and its coefficients of x, y, squared width, x^2, y^2 and x y, as a
        star that moves has them. Where fewer than 9 of the 5 by 5 pixels about it are
        above two errors, their mean weighted with the inverse distance, and zeros.

    Examples
    --------
    >>> star = np.exp(-0.5 * (np.arange(5.0) - 2) ** 2)
    >>> star = 100 * star * star[:, None]
    >>> star[2, 2] = np.nan
    >>> round(fill_hole(star, np.ones((5, 5)), 2, 2)[0], 6)
    np.float64(100.0)
    """
    rows, columns = (slice(max(c - 2, 0), c + 3) for c in (y, x))
    part = image[rows, columns].astype(np.float64)
    dy, dx = np.mgrid[
        rows.start : rows.start + part.shape[0], columns.start : columns.start + part.shape[1]
    ]
    dy, dx = dy - y, dx - x
    with np.errstate(invalid="ignore"):
        good = part > 2.0 * error[rows, columns]
    terms = np.zeros(7)
    if good.sum() < 9:
        known = np.isfinite(part) & ((dx != 0) | (dy != 0))
        weight = 1.0 / np.hypot(dx, dy)[known] ** 2
        terms[0] = (weight * part[known]).sum() / weight.sum() if known.any() else 0.0
        return terms
    dx, dy, light = dx[good], dy[good], part[good]
    design = np.column_stack([np.ones(len(dx)), dx, dy, dx**2, dy**2, dx * dy])
    a, b, c, d, e, f = np.linalg.lstsq(design * light[:, None], np.log(light) * light, rcond=None)[
        0
    ]
    xx, yy, xy = b**2 + 2.0 * d, c**2 + 2.0 * e, b * c + f
    return np.exp(a) * np.array([1.0, -b, -c, 0.5 * (xx + yy), 0.5 * xx, 0.5 * yy, xy])
