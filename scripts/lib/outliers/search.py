"""
Find samples far from their rolling median, computing it only where necessary.

Consecutive windows share samples. Where they share more than half of a window,
the median of each lies between the smallest and the largest shared sample. A
sample that is close enough to both bounds is no outlier, whatever its median.
In good data this decides 99 samples of 100. For the others medians are computed:
of their windows alone or, if they are many, of all windows of the group.
"""

import numpy as np

from scripts.lib.outliers.rolling_median import rolling_median_block
from scripts.lib.segment_data.dq import DO_NOT_USE, OUTLIER

__all__ = ["PIXELS_AT_A_TIME", "flag_rolling", "is_outlier", "rolling_medians"]

_FLAGGED = OUTLIER | DO_NOT_USE
# Pixels that are searched at a time: the arrays of a group of windows then stay in the cache.
PIXELS_AT_A_TIME = 4096
# Fraction of undecided samples above which all medians of a group are computed.
_MANY = 0.05
# Samples of single windows that are copied at a time, 12 bytes each: long windows have many.
_SAMPLES_TO_SORT = 1 << 18
# Frames that are masked at a time: their flags then stay in the cache.
_FRAMES_TO_MASK = 16


def is_outlier(sci, err, medians, snr, precision=np.float64):
    """
    Mark samples that differ from their median by more than ``snr`` errors.

    Parameters
    ----------
    sci : ndarray of float32
        Samples, in any unit.
    err : ndarray of float32, shape of ``sci``
        Their errors. NaN counts as 0, an infinite one as the largest number.
    medians : ndarray of float32 or float64, shape of ``sci``
        Median of each sample.
    snr : float
        Threshold.
    precision : dtype, optional
        Type in which the difference is computed; the threshold is float32.

    Returns
    -------
    outliers : ndarray of bool
        True where ``|sci - medians| > snr * err``; never where a sample or
        its median is NaN.

    Notes
    -----
    Rounding to float32 keeps order, so a difference below the threshold in
    float32 is not above it in float64. Only the others are computed again.

    Examples
    --------
    >>> samples = np.array([10, 14, 16, np.nan], np.float32)
    >>> is_outlier(samples, np.ones(4, np.float32), np.full(4, 10, np.float32), snr=5.0)
    array([False, False,  True, False])
    """
    with np.errstate(over="ignore", invalid="ignore"):
        threshold = _threshold(err, snr)
        deviation = np.subtract(sci, medians)
        outliers = np.abs(deviation, out=deviation) >= threshold
        outliers |= np.isnan(threshold)
        if outliers.any():
            near = np.nonzero(outliers)
            difference = np.abs(np.subtract(sci[near], medians[near], dtype=precision))
            outliers[near] = difference > snr * np.nan_to_num(err[near])
    return outliers


def _threshold(err, snr):
    """Largest deviation of samples that are no outliers; NaN where the error is."""
    threshold = err * snr
    if snr <= 1:
        np.minimum(threshold, snr * np.finfo(err.dtype).max, out=threshold)
    return threshold


def flag_rolling(sci, dq, err, tested, starts, settings):
    """
    Flag outliers from the rolling median, in place.

    Parameters
    ----------
    sci : ndarray of float32, shape (frames, pixels)
        Samples of the integrations to test and of all others in their windows.
    dq : ndarray of uint32, shape (frames, pixels)
        DQ flags; outliers get ``OUTLIER`` and ``DO_NOT_USE``.
    err : ndarray of float32, shape (tested, pixels)
        Errors of the integrations to test.
    tested : slice
        Frames to test.
    starts : ndarray of int, shape (tested,)
        Frame at which the window of each of them starts, ascending.
    settings : Settings
        Threshold ``snr`` and length ``window``; samples with one of the DQ
        bits ``mask`` count as NaN, all samples if it is None. A sample with
        NaN in its window is no outlier.

    Returns
    -------
    count : int
        Number of outliers.

    Notes
    -----
    Memory besides the arguments is 16 KiB for each frame, and up to 300 KiB
    for each sample of a window if many samples are undecided.

    Examples
    --------
    One pixel in five integrations, windows of three:

    >>> from scripts.lib.outliers.detection import Settings
    >>> from scripts.lib.outliers.rolling_median import window_starts
    >>> sci = np.array([[10], [11], [30], [10], [11]], np.float32)
    >>> dq, err = np.zeros((5, 1), np.uint32), np.ones((5, 1), np.float32)
    >>> flag_rolling(sci, dq, err, slice(0, 5), window_starts(5, 3), Settings(window=3))
    1
    >>> dq.ravel()
    array([ 0,  0, 17,  0,  0], dtype=uint32)
    """
    if settings.mask is None:
        return 0
    count, groups = 0, _groups(starts, settings.window)
    for left in range(0, sci.shape[1], PIXELS_AT_A_TIME):
        pixels = slice(left, left + PIXELS_AT_A_TIME)
        samples = _mask_flagged(sci[:, pixels], dq[:, pixels], settings.mask)
        for group in groups:
            found = _group_outliers(
                samples, samples[tested][group], err[group, pixels], starts[group], settings
            )
            flags = dq[tested, pixels][group]
            flags[found] |= _FLAGGED
            count += len(found[0])
    return count


def rolling_medians(sci, dq, starts, settings):
    """
    Rolling median of every integration, which :func:`flag_rolling` computes only where it must.

    Parameters
    ----------
    sci, dq, starts, settings
        As for :func:`flag_rolling`.

    Returns
    -------
    medians : ndarray of float32, shape (tested, pixels)
        NaN where a sample of the window is NaN or masked.
    """
    medians = np.full((len(starts), sci.shape[1]), np.nan, np.float32)
    if settings.mask is None:
        return medians
    for left in range(0, sci.shape[1], PIXELS_AT_A_TIME):
        pixels = slice(left, left + PIXELS_AT_A_TIME)
        samples = _mask_flagged(sci[:, pixels], dq[:, pixels], settings.mask)
        medians[:, pixels] = rolling_median_block(samples, settings.window)[starts]
    return medians


def _groups(starts, window):
    """Slices of the integrations whose windows share more than half of their samples."""
    groups, first = [], 0
    while first < len(starts):
        last = int(np.searchsorted(starts, starts[first] + (window + 1) // 2))
        groups.append(slice(first, last))
        first = last
    return groups


def _mask_flagged(samples, dq, bits):
    """Copy of samples with NaN where a DQ bit is set."""
    masked = np.array(samples, order="C")
    if bits:
        for first in range(0, len(masked), _FRAMES_TO_MASK):
            frames = slice(first, first + _FRAMES_TO_MASK)
            masked[frames].reshape(-1)[np.flatnonzero((dq[frames] & bits) != 0)] = np.nan
    return masked


def _group_outliers(samples, tested, err, starts, settings):
    """Positions (frames, pixels) of the outliers of integrations whose windows share samples."""
    low, high, window = starts[0], starts[-1], settings.window
    shared = samples[high : low + window]
    with np.errstate(over="ignore", invalid="ignore"):
        distance = tested - np.minimum.reduce(shared, axis=0)
        np.fmax(distance, np.maximum.reduce(shared, axis=0) - tested, out=distance)
        near = distance < _threshold(err, settings.snr)
    positions = np.flatnonzero(~near)
    # The distance is NaN if the sample is, or a shared one and so all medians: no outlier.
    positions = positions[~np.isnan(distance.reshape(-1)[positions])]
    if len(positions) > _MANY * near.size:
        medians = rolling_median_block(samples[low : high + window], window)[starts - low]
        return np.nonzero(is_outlier(tested, err, medians, settings.snr))
    rows, columns = np.unravel_index(positions, near.shape)
    medians = _medians_at(samples, starts[rows], columns, window)
    outliers = is_outlier(tested[rows, columns], err[rows, columns], medians, settings.snr)
    return rows[outliers], columns[outliers]


def _medians_at(samples, starts, pixels, window):
    """Median of single windows, as `numpy.median` gives it: NaN where any sample is NaN."""
    step = max(_SAMPLES_TO_SORT // window, 1)
    parts = [slice(first, first + step) for first in range(0, max(len(starts), 1), step)]
    medians = [_sorted_medians(samples, starts[part], pixels[part], window) for part in parts]
    return np.concatenate(medians)


def _sorted_medians(samples, starts, pixels, window):
    """Medians of single windows from sorted copies of them."""
    values = samples[starts[:, None] + np.arange(window), pixels[:, None]]
    values.sort(axis=1)
    # NaN is sorted to the end.
    incomplete = np.isnan(values[:, -1])
    medians = values[:, window // 2]
    if window % 2 == 0:
        with np.errstate(invalid="ignore"):
            medians = (medians.astype(np.float64) + values[:, window // 2 - 1]) * 0.5
    medians[incomplete] = np.nan
    return medians
