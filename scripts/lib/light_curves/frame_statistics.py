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


def class_counts(frames, pixels, classes, n_frames):
    """
    Count flagged samples of each integration by class of pixels.

    Parameters
    ----------
    frames, pixels : ndarray of int, shape (n,)
        Integration, and flat index in the image, of each flagged sample.
    classes : ndarray of bool, shape (classes, y, x)
        As of :func:`pixel_classes`; no pixel is in two.
    n_frames : int
        Number of integrations.

    Returns
    -------
    counts : ndarray of int, shape (integrations, classes)
        Number of flagged samples.

    Examples
    --------
    Two of three pixels are flagged in the first of two integrations:

    >>> classes = np.array([[[True, False, False]], [[False, True, False]]])
    >>> class_counts(np.array([0, 0]), np.array([1, 2]), classes, 2)
    array([[0, 1],
           [0, 0]])
    """
    flat = classes.reshape(len(classes), -1)
    # What is in no class counts in one behind them.
    number = np.where(flat.any(axis=0), flat.argmax(axis=0), len(flat))
    size = len(flat) + 1
    cells = frames * size + number[pixels]
    return np.bincount(cells, minlength=n_frames * size).reshape(n_frames, size)[:, :-1]
