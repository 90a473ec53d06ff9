"""Robust scatter, and clipped means by sorting or with limits that are known beforehand."""

import numpy as np

from scripts.lib.segment_data.medians import nan_median

__all__ = [
    "SIGMA_OF_MAD",
    "coarse_median",
    "fixed_limit_mean",
    "sigma_about",
    "sorted_clipped_mean",
]

# A standard deviation is this many median absolute deviations of normal noise.
SIGMA_OF_MAD = 1.4826


def sigma_about(values, centre):
    """
    Robust standard deviation along the last axis, leaving out NaN.

    Parameters
    ----------
    values : ndarray of float, shape (..., samples)
        Samples, in any unit.
    centre : ndarray of float, shape (...)
        Value from which the deviations are taken.

    Returns
    -------
    sigma : ndarray of float, shape (...)
        1.4826 times the median absolute deviation; NaN where no sample is finite.
    """
    return SIGMA_OF_MAD * nan_median(np.abs(values - centre[..., None]), axis=-1)


def sorted_clipped_mean(values, limit=3.5, iterations=3):
    """
    Mean along the last axis without the samples far from the median.

    Parameters
    ----------
    values : ndarray of float, shape (..., samples)
        Samples, in any unit; NaN is left out.
    limit : float, optional
        Largest deviation from the median, in robust standard deviations.
    iterations : int, optional
        Number of clips.

    Returns
    -------
    mean : ndarray of float64, shape (...)
        NaN where no sample is finite.
    number : ndarray of int, shape (...)
        Samples in the mean.

    Examples
    --------
    >>> sorted_clipped_mean(np.array([1.0, 2.0, 3.0, 50.0, np.nan]))
    (array(2.), array(3))
    """
    kept = np.array(values, dtype=np.float64)
    for _ in range(iterations):
        centre = nan_median(kept, axis=-1)
        far = np.abs(kept - centre[..., None]) > limit * sigma_about(kept, centre)[..., None]
        if not far.any():
            break
        kept[far] = np.nan
    good = np.isfinite(kept)
    number = np.asarray(good.sum(axis=-1))
    total = np.where(good, kept, 0.0).sum(axis=-1)
    return np.divide(total, number, out=np.full(number.shape, np.nan), where=number > 0), number


def coarse_median(rows):
    """
    Median of three of medians of three, and so on, along the first axis.

    A robust value near the median without sorting: thirds of the rows are
    reduced to their medians until fewer than three are left, the mean of which it is.

    Parameters
    ----------
    rows : ndarray of float, shape (rows, ...)
        Samples, at least one row, without NaN.

    Returns
    -------
    centre : ndarray of float, shape (...)
        The value.

    Examples
    --------
    >>> coarse_median(np.array([1.0, 100.0, 2.0]))
    np.float64(2.0)
    """
    while len(rows) > 2:
        third = len(rows) // 3
        first, second, last = (rows[i * third : (i + 1) * third] for i in range(3))
        middle = np.minimum(np.maximum(first, second), last)
        rows = np.maximum(np.minimum(first, second), middle, out=middle)
    return rows[0] if len(rows) == 1 else (rows[0] + rows[1]) * rows.dtype.type(0.5)


def fixed_limit_mean(rows, limits, used, lost):
    """
    Mean along the first axis of the samples within known limits of a robust start.

    Parameters
    ----------
    rows : ndarray of float32, shape (rows, frames, columns)
        Samples; 0 where one is bad or not used, which must be close to what is usual.
    limits : ndarray of float32, shape (rows, columns)
        Largest deviation from the start; infinite where a sample is not used.
    used : ndarray of int, shape (columns,)
        Number of rows used in each column.
    lost : ndarray of int, shape (n,)
        Flat indices in ``rows`` of the bad samples among those used.

    Returns
    -------
    mean : ndarray of float64, shape (frames, columns)
        NaN where no sample is good.
    number : ndarray of int64, shape (frames, columns)
        Samples in the mean.

    Notes
    -----
    Where fewer than half of the good samples are within the limits, the start
    or the limits are wrong, and `sorted_clipped_mean` takes their part.
    """
    shape = rows.shape[1:]
    deviation = rows - coarse_median(rows)
    np.abs(deviation, out=deviation)
    deviation.reshape(-1)[lost] = 0.0
    far = np.flatnonzero(deviation >= limits[:, None, :])
    size = shape[0] * shape[1]
    good = used - np.bincount(lost % size, minlength=size).reshape(shape)
    number = good - np.bincount(far % size, minlength=size).reshape(shape)
    dropped = np.bincount(far % size, weights=rows.reshape(-1)[far], minlength=size).reshape(shape)
    total = np.add.reduce(rows, axis=0) - dropped
    mean = np.divide(total, number, out=np.full(shape, np.nan), where=number > 0)
    poor = np.nonzero((2 * number < good) & (good > 0))
    if len(poor[0]):
        mean[poor], number[poor] = _sorted_columns(rows, limits, lost, poor)
    return mean, number


def _sorted_columns(rows, limits, lost, chosen):
    """Clipped means by sorting of the chosen (frames, columns)."""
    absent = np.repeat(np.isinf(limits)[:, None, :], rows.shape[1], axis=1)
    absent.reshape(-1)[lost] = True
    return sorted_clipped_mean(np.where(absent[:, *chosen], np.nan, rows[:, *chosen]).T)
