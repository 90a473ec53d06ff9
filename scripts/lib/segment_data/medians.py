"""Medians that leave out NaN, equal to those of numpy but faster."""

import numpy as np

__all__ = ["nan_median"]


def nan_median(samples, axis=0, dtype=None):
    """
    Median along an axis, leaving out NaN.

    Parameters
    ----------
    samples : ndarray of float32 or float64
        Samples in any order.
    axis : int, optional
        Axis of the median.
    dtype : dtype, optional
        Type of the medians, in which the two middle values of an even number
        are averaged; that of the samples if not given.

    Returns
    -------
    medians : ndarray
        Medians, without the axis; bit-equal to `numpy.nanmedian`, applied to
        the samples in ``dtype`` if it is given. NaN where all samples are
        NaN; infinite where the sum of the two middle values is.

    Examples
    --------
    >>> nan_median(np.array([[1.0, 4.0], [np.nan, 2.0], [3.0, 7.0]]))
    array([2., 4.])
    """
    ordered = np.array(np.moveaxis(samples, axis, -1), order="C")
    ordered.sort(axis=-1)
    length = ordered.shape[-1]
    if not length:
        return np.full(ordered.shape[:-1], np.nan, dtype or ordered.dtype)
    counts = np.full(ordered.shape[:-1], length)
    # NaN is sorted to the end.
    if np.isnan(ordered[..., -1]).any():
        counts -= np.count_nonzero(np.isnan(ordered), axis=-1)
    lower, upper = (
        np.take_along_axis(ordered, index[..., None], axis=-1)[..., 0].astype(
            dtype or ordered.dtype
        )
        for index in (np.maximum(counts - 1, 0) // 2, np.minimum(counts // 2, length - 1))
    )
    with np.errstate(over="ignore", invalid="ignore"):
        return (lower + upper) / lower.dtype.type(2)
