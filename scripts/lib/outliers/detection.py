"""Detect and flag the outliers of a segment in time."""

from dataclasses import dataclass

import numpy as np

from scripts.lib.outliers.blocks import is_rolling
from scripts.lib.outliers.rolling_median import window_starts
from scripts.lib.outliers.search import flag_rolling, is_outlier, rolling_medians
from scripts.lib.segment_data.dq import DO_NOT_USE, OUTLIER
from scripts.lib.segment_data.impossible_values import unify_and_count
from scripts.lib.segment_data.medians import nan_median

__all__ = ["Settings", "detect_outliers", "flag_global", "mask_bits", "median_images"]


@dataclass(frozen=True)
class Settings:
    """
    Parameters of outlier detection.

    Attributes
    ----------
    snr : float
        Threshold in errors.
    window : int
        Integrations in the window of the rolling median.
    mask : int or None
        DQ bits with which a sample counts as NaN in the rolling median; None
        if every sample does.
    """

    snr: float = 5.0
    window: int = 25
    mask: int | None = DO_NOT_USE


def mask_bits(bits, maskpt, any_good):
    """
    DQ bits with which a sample counts as NaN in the rolling median.

    Parameters
    ----------
    bits : int
        DQ bits that make a sample bad: its weight is 0, that of others 1.
    maskpt : float
        Fraction of the mean positive weight below which a sample is masked.
    any_good : bool
        Whether any sample of the series has a positive weight.

    Returns
    -------
    mask : int or None
        ``bits``; 0 if nothing is masked, as when no sample is good (the mean
        weight is then NaN); None if all samples are.

    Examples
    --------
    >>> mask_bits(1, 0.7, any_good=True), mask_bits(1, 0.7, any_good=False)
    (1, 0)
    """
    if not any_good or not maskpt > 0:
        return 0
    return bits if maskpt <= 1 else None


def flag_global(sci, dq, err, settings):
    """
    Flag outliers from one median of all integrations, in place.

    The median leaves out NaN but, unlike the rolling one, no flagged samples.

    Parameters
    ----------
    sci, err : ndarray of float32, shape (integrations, pixels)
        Samples and errors of the whole series.
    dq : ndarray of uint32, shape (integrations, pixels)
        DQ flags; outliers get ``OUTLIER`` and ``DO_NOT_USE``.
    settings : Settings
        Parameters.

    Returns
    -------
    count : int
        Number of outliers.

    Examples
    --------
    The median of 10, 11, 10 and 30 is 10.5:

    >>> sci = np.array([[10], [11], [10], [30]], np.float32)
    >>> dq = np.zeros((4, 1), np.uint32)
    >>> flag_global(sci, dq, np.ones((4, 1), np.float32), Settings(snr=5.0))
    1
    >>> dq.ravel()
    array([ 0,  0,  0, 17], dtype=uint32)
    """
    medians, count = nan_median(sci), 0
    for samples, flags, errors in zip(sci, dq, err, strict=True):
        where = np.flatnonzero(
            is_outlier(samples, errors, medians, settings.snr, precision=np.float32)
        )
        flags[where] |= OUTLIER | DO_NOT_USE
        count += len(where)
    return count


def detect_outliers(planes, block, series, settings, impossible=None):
    """
    Flag outliers in a block of a cube and make NaN and DQ agree, in place.

    Parameters
    ----------
    planes : dict of str to ndarray
        SCI (float32) and DQ (uint32) of the frames of the block, (frames, y, x);
        ERR and any variances (float32, variances also as stored in FITS) of
        the integrations to test, (tested, y, x).
    block : Block
        Frames and integrations to test; other frames are not changed.
    series : int
        Integrations in the whole series.
    settings : Settings
        Parameters. With a window above 1 and below the length of the series
        the rolling median is used, else the median of all integrations.
    impossible : Counter, optional
        Gets the errors and variances that cannot be, as of
        :func:`~scripts.lib.segment_data.impossible_values.unify_and_count`.

    Returns
    -------
    count : int
        Number of outliers in the integrations tested.

    Examples
    --------
    One pixel in five integrations: the third is an outlier, the last bad before, and both become NaN:

    >>> from scripts.lib.outliers.blocks import plan_blocks
    >>> sci = np.array([10, 11, 30, 10, 11], np.float32).reshape(5, 1, 1)
    >>> dq = np.array([0, 0, 0, 0, 1], np.uint32).reshape(5, 1, 1)
    >>> planes = {"SCI": sci, "DQ": dq, "ERR": np.ones((5, 1, 1), np.float32)}
    >>> detect_outliers(planes, plan_blocks((5, 1, 1), 25, 5)[0], 5, Settings(window=25))
    1
    >>> dq.ravel()
    array([ 0,  0, 17,  0,  1], dtype=uint32)
    >>> sci.ravel()
    array([10., 11., nan, 10., nan], dtype=float32)
    """
    flat = {name: plane.reshape(len(plane), -1) for name, plane in planes.items()}
    sci, dq, err = flat["SCI"], flat["DQ"], flat["ERR"]
    if is_rolling(settings.window, series):
        starts = window_starts(series, settings.window)[block.integrations] - block.frames.start
        count = flag_rolling(sci, dq, err, block.tested, starts, settings)
    else:
        count = flag_global(sci, dq, err, settings)
    flat |= {"SCI": sci[block.tested], "DQ": dq[block.tested]}
    found = unify_and_count({name: plane.reshape(-1) for name, plane in flat.items()})
    if impossible is not None:
        impossible.update(found)
    return count


def median_images(planes, block, series, settings):
    """
    Medians with which the samples of a block are compared.

    Parameters
    ----------
    planes, block, series, settings
        As for :func:`detect_outliers`, before it changes them.

    Returns
    -------
    medians : ndarray of float32
        Medians (tested, y, x); one median of all integrations is repeated.

    Examples
    --------
    >>> from scripts.lib.outliers.blocks import plan_blocks
    >>> sci = np.array([10, 11, 30, 10, 13], np.float32).reshape(5, 1, 1)
    >>> planes = {"SCI": sci, "DQ": np.zeros((5, 1, 1), np.uint32)}
    >>> median_images(planes, plan_blocks((5, 1, 1), 3, 5)[0], 5, Settings(window=3)).ravel()
    array([11., 11., 11., 13., 13.], dtype=float32)
    """
    sci, dq = (planes[name].reshape(len(planes[name]), -1) for name in ("SCI", "DQ"))
    if is_rolling(settings.window, series):
        starts = window_starts(series, settings.window)[block.integrations] - block.frames.start
        medians = rolling_medians(sci, dq, starts, settings)
    else:
        count = block.integrations.stop - block.integrations.start
        medians = np.repeat(nan_median(sci)[None], count, axis=0)
    return medians.reshape(-1, *planes["SCI"].shape[1:])
