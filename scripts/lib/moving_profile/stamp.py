"""The star of an image: its centre and width, the pixels about it, circles, and holes in it."""

import numpy as np

from scripts.lib.moving_profile.robust import sorted_clipped_mean

__all__ = ["circle", "fill_holes", "find_star"]

_REACH = 8.0
_SHARE = 0.02
_SUBPIXELS = 10
# Reach of the pixels that fill a hole [px], length over which they are alike in widths of the star,
# and relative error of each by the flat field.
_NEAR, _SMOOTH, _FLAT = 4.5, 1.4, 1e-3


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


def fill_holes(images, known, holes, error, width):
    """
    Fill holes of a star, and of images of its motion, from the pixels about them.

    Parameters
    ----------
    images : ndarray of float64, shape (K, y, x)
        The star, and what motion adds to it; any value where it is not known.
    known : ndarray of bool, shape (y, x)
        Pixels with a value.
    holes : ndarray of bool, shape (y, x)
        Pixels to fill.
    error : ndarray of float, shape (y, x)
        Errors of the star; without NaN where it is known.
    width : float
        Its standard deviation [px].

    Returns
    -------
    filled : ndarray of float64, shape (K, y, x)
        Sums of the known pixels within 4.5 px with the weights of a Gaussian process as
        smooth as the star, the same for all images; 0 where none are known.

    Notes
    -----
    Light that optics have made has no structure finer than the star itself, so that its
    neighbours determine a pixel. A surface fitted to them is good for one shape of star
    only, and its slopes would be those of a star the level of which is known, while levels
    that are fitted without the pixel may follow the motion.

    Examples
    --------
    >>> star = np.exp(-0.5 * (np.arange(9.0) - 4) ** 2 / 1.5**2)
    >>> star = 100 * star * star[:, None]
    >>> known = star < 100
    >>> round(float(fill_holes(star[None], known, ~known, np.full((9, 9), 0.01), 1.5)[0, 4, 4]))
    100
    """
    filled, length = np.where(known, images, 0.0), _SMOOTH * max(width, 0.8)
    for y, x in np.argwhere(holes):
        rows, columns = (
            slice(max(c - int(_NEAR), 0), min(c + int(_NEAR) + 1, size))
            for c, size in zip((y, x), holes.shape, strict=True)
        )
        dy, dx = np.mgrid[rows, columns].astype(np.float64)
        dy, dx = dy - y, dx - x
        near = known[rows, columns] & (np.hypot(dx, dy) <= _NEAR)
        if not near.any():
            continue
        dy, dx, light = dy[near], dx[near], images[0][rows, columns][near]
        noise = np.hypot(error[rows, columns][near], _FLAT * light)
        noise /= max(light.max(), noise.max())
        distance = (dx[:, None] - dx) ** 2 + (dy[:, None] - dy) ** 2
        alike = np.exp(-0.5 * distance / length**2) + np.diag(noise**2)
        weights = np.linalg.solve(alike, np.exp(-0.5 * (dx**2 + dy**2) / length**2))
        filled[:, y, x] = images[:, rows, columns][:, near] @ weights
    return filled
