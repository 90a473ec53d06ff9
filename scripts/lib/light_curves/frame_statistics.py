"""Counts of flags by class of pixels, and integrations spread over a series."""

import numpy as np

__all__ = ["CLASSES", "class_counts", "pixel_classes", "spread_indices"]

CLASSES = ("aperture", "wings", "background")
# Width in pixels of the wings on each side of the aperture.
_WING_WIDTH = 3


def spread_indices(length, count):
    """
    Choose evenly spread integrations.

    Parameters
    ----------
    length : int
        Number of integrations.
    count : int
        Largest number of integrations to choose.

    Returns
    -------
    indices : ndarray of int
        Ascending, without repetition.
    """
    return np.unique(np.linspace(0, length - 1, min(count, length)).round().astype(int))


def pixel_classes(aperture):
    """
    Sort pixels into those of the aperture, its wings and the rest.

    Parameters
    ----------
    aperture : ndarray of bool, shape (y, x)
        Pixels in the sum.

    Returns
    -------
    classes : ndarray of bool, shape (3, y, x)
        Pixels in the aperture; not in it but within 3 pixels
        along an axis; all others.
    """
    near = aperture.copy()
    for step in range(1, _WING_WIDTH + 1):
        for axis in (0, 1):
            for rolled, wrapped in ((step, slice(None, step)), (-step, slice(-step, None))):
                shifted = np.roll(aperture, rolled, axis)
                shifted[(wrapped,) if axis == 0 else (slice(None), wrapped)] = False
                near |= shifted
    return np.stack([aperture, near & ~aperture, ~near])


def class_counts(flags, classes):
    """
    Count flagged pixels of each class.

    Parameters
    ----------
    flags : ndarray of bool, shape (integrations, y, x)
        Flagged pixels.
    classes : ndarray of bool, shape (classes, y, x)
        Pixels of each class.

    Returns
    -------
    counts : ndarray of float64, shape (integrations, classes)
        Numbers of flagged pixels.
    """
    matrix = classes.reshape(len(classes), -1).T.astype(np.float32)
    return (flags.reshape(len(flags), -1).astype(np.float32) @ matrix).astype(np.float64)
