"""Column background of NIRISS SOSS images."""

import numpy as np

__all__ = ["dark_pixels", "subtract_background"]

_TRACE_WIDTH = 40
_CLIP_SIGMA = 3
_ROWS_OF_ONE_ORDER = 96


def subtract_background(image, masked):
    """
    Subtract the mean of the dark pixels of each column.

    Parameters
    ----------
    image : ndarray
        Data (rows, columns), float32.
    masked : ndarray
        Pixels to leave out, with those that are not finite and the brightest:
        as many as two traces of 40 pixels have, or one in an image of 96 rows.

    Returns
    -------
    image : ndarray
        Difference, float64.
    background : ndarray
        Background (columns,): mean after clipping at three standard
        deviations until nothing changes; 0 where nothing is left.

    References
    ----------
    ``soss_syscor`` of jwst 3.0.0.
    """
    used = dark_pixels(image, masked)
    count = used.sum(axis=0)
    total = np.where(used, image, image.dtype.type(0)).sum(axis=0)
    background = np.where(count > 0, total / np.maximum(count, 1), 0.0)
    return image - background, background


def dark_pixels(image, masked):
    """
    Pixels of which :func:`subtract_background` takes the mean.

    Parameters
    ----------
    image, masked : ndarray
        As there.

    Returns
    -------
    used : ndarray
        Mask (rows, columns).
    """
    traces = 1 if len(image) == _ROWS_OF_ONE_ORDER else 2
    bright = np.nanpercentile(image, 100 * (1 - traces * _TRACE_WIDTH / len(image)))
    with np.errstate(invalid="ignore"):
        used = ~(masked | (image > bright) | ~np.isfinite(image))
    return _clip(image, used)


def _clip(image, used):
    """Pixels that are left when those far from their column's mean are taken out repeatedly."""
    used, columns = used.copy(), np.arange(image.shape[1])
    while len(columns):
        part = used[:, columns]
        values = np.where(part, image[:, columns], 0).astype(float)
        count = np.maximum(part.sum(axis=0), 1)
        mean = values.sum(axis=0) / count
        sigma = np.sqrt((np.where(part, values - mean, 0) ** 2).sum(axis=0) / count)
        low, high = mean - _CLIP_SIGMA * sigma, mean + _CLIP_SIGMA * sigma
        kept = part & (values >= low) & (values <= high)
        used[:, columns] = kept
        columns = columns[(kept != part).any(axis=0)]
    return used
