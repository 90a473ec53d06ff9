"""Medians that leave out NaN, equal to those of numpy but quicker."""

import numpy as np


def nan_median(samples):
    """
    Median along the first axis, leaving out NaN.

    Parameters
    ----------
    samples : ndarray of float32, shape (integrations, pixels)
        Samples in any order.

    Returns
    -------
    medians : ndarray of float32, shape (pixels,)
        Bit-equal to `numpy.nanmedian`: an even number's two middle values
        are averaged in float32. NaN where all samples are NaN.
    """
    ordered = np.sort(samples.T, axis=1)
    counts = ordered.shape[1] - np.count_nonzero(np.isnan(ordered), axis=1, keepdims=True)
    lower = np.take_along_axis(ordered, np.maximum(counts - 1, 0) // 2, axis=1)[:, 0]
    upper = np.take_along_axis(ordered, np.minimum(counts // 2, len(samples) - 1), axis=1)[:, 0]
    with np.errstate(over="ignore", invalid="ignore"):
        return (lower + upper) / samples.dtype.type(2)
