"""Background level and centre of mass of a star in every image of a time series."""

import numpy as np

from scripts.lib.segment_data.medians import nan_median

__all__ = ["background_levels", "centres_of_mass", "group_by_count", "source_disc"]

# A box whose sum is smaller has no centre of mass (photutils.centroids.centroid_com).
_SMALLEST_TOTAL = 1e-30


def source_disc(shape, x, y, radius):
    """
    Mark the pixels that a star covers.

    Parameters
    ----------
    shape : tuple of int
        Shape (y, x) of an image.
    x, y : float
        Position of the star [pixels].
    radius : float
        Radius of the disc [pixels].

    Returns
    -------
    disc : ndarray of bool, shape (y, x)
        True where the centre of the pixel is nearer to the star than ``radius``.
    """
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    return (columns - x) ** 2 + (rows - y) ** 2 < radius**2


def group_by_count(good):
    """
    Group integrations by their number of good pixels, for work on whole arrays.

    Parameters
    ----------
    good : ndarray of bool, shape (integrations, pixels)
        Pixels to use.

    Yields
    ------
    rows : ndarray of int
        Integrations with the same number of good pixels.
    count : int
        Number of good pixels. ``values[rows][good[rows]].reshape(-1, count)``
        are then the good values of these integrations, in order.
    """
    counts = np.count_nonzero(good, axis=1)
    for count in np.unique(counts):
        yield np.flatnonzero(counts == count), int(count)


def background_levels(images, outside):
    """
    Median of the pixels outside the star in each image.

    Parameters
    ----------
    images : ndarray of float32, shape (integrations, y, x)
        Images in any unit.
    outside : ndarray of bool, shape (y, x)
        Pixels to use, whatever their DQ; NaN values are left out.

    Returns
    -------
    levels : ndarray of float32, shape (integrations,)
        Medians, bit-equal to `numpy.nanmedian`: for an even number of pixels
        the two middle values are averaged in float32. NaN where no pixel is
        left.
    """
    samples = np.take(images.reshape(len(images), -1), np.flatnonzero(outside), axis=1)
    return nan_median(samples, axis=1)


def centres_of_mass(images, bad, levels, x, y, width):
    """
    Centre of mass of a star within a box, in each image.

    Parameters
    ----------
    images : ndarray of float32, shape (integrations, y, x)
        Images in any unit.
    bad : ndarray of bool, shape of ``images``
        Pixels that count as 0. Infinite values also count as 0; negative ones are used.
    levels : ndarray of float32, shape (integrations,)
        Background of each image, subtracted in float32.
    x, y : float
        Centre of the box [pixels].
    width : int
        Width of the box [pixels], odd. The box is centred to whole pixels and
        cut at the edges of the image.

    Returns
    -------
    x_centres, y_centres : ndarray of float64, shape (integrations,)
        Centres of mass [pixels]; NaN where the box has no good pixel or a sum
        of 0, or the centre of mass is outside the image. All NaN if the
        centre of the box is outside the image.

    Notes
    -----
    Bit-equal to `photutils.centroids.centroid_sources` as jwst 3.0.0 uses it.
    """
    height, length = images.shape[1:]
    centres = np.full((2, len(images)), np.nan)
    if not (0 <= x <= length - 1 and 0 <= y <= height - 1):
        return centres[0], centres[1]
    rows, columns = _box(y, width, height), _box(x, width, length)
    used = ~bad[:, rows, columns]
    with np.errstate(invalid="ignore"):
        box = (images[:, rows, columns] - levels[:, None, None]).astype(np.float64)
    usable = used.any(axis=(1, 2))
    box[~(used & np.isfinite(box))] = 0.0
    totals = _sums(box)
    usable &= np.abs(totals) >= _SMALLEST_TOTAL
    x_offsets, y_offsets = np.arange(box.shape[2]), np.arange(box.shape[1])[:, None]
    centres[0, usable] = _sums(x_offsets * box[usable]) / totals[usable] + columns.start
    centres[1, usable] = _sums(y_offsets * box[usable]) / totals[usable] + rows.start
    x_centres, y_centres = centres
    outside = ~((x_centres >= 0) & (x_centres < length) & (y_centres >= 0) & (y_centres < height))
    centres[:, outside] = np.nan
    return x_centres, y_centres


def _box(centre, width, length):
    """Pixels of a box along one axis."""
    first = int(np.ceil(centre - width / 2.0))
    return slice(max(first, 0), min(first + width, length))


def _sums(boxes):
    """Sum over each box, in the order in which numpy adds one box alone."""
    return boxes.reshape(len(boxes), boxes.shape[1] * boxes.shape[2]).sum(axis=1)
