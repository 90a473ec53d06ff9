"""Column background of NIRISS SOSS images."""

import numpy as np

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
    traces = 1 if len(image) == _ROWS_OF_ONE_ORDER else 2
    bright = np.nanpercentile(image, 100 * (1 - traces * _TRACE_WIDTH / len(image)))
    with np.errstate(invalid="ignore"):
        used = ~(masked | (image > bright) | ~np.isfinite(image))
    used = _clip(image, used)
    count = used.sum(axis=0)
    total = np.where(used, image, image.dtype.type(0)).sum(axis=0)
    background = np.where(count > 0, total / np.maximum(count, 1), 0.0)
    return image - background, background


def _clip(image, used):
    """Pixels that are left when those far from their column's mean are taken out repeatedly."""
    values = np.where(used, image, 0).astype(float)
    while True:
        count = np.maximum(used.sum(axis=0), 1)
        mean = np.where(used, values, 0).sum(axis=0) / count
        deviation = np.where(used, values - mean, 0)
        sigma = np.sqrt((deviation**2).sum(axis=0) / count)
        low, high = mean - _CLIP_SIGMA * sigma, mean + _CLIP_SIGMA * sigma
        kept = used & (values >= low) & (values <= high)
        if (kept == used).all():
            return used
        used = kept
