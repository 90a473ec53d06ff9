"""Compute rolling medians over time, exactly equal to `numpy.median` of every window."""

import numpy as np

from scripts.lib.outliers.comparator_network import MAXIMUM, MEAN, MINIMUM, median_program

__all__ = [
    "PIXELS_AT_A_TIME",
    "group_length",
    "rolling_median",
    "rolling_median_block",
    "window_starts",
]

# Pixels that a program works on at a time: its registers then stay in the cache of one core.
PIXELS_AT_A_TIME = 16384


def rolling_median_block(frames, window, out=None):
    """
    Median of every full window of consecutive frames.

    Parameters
    ----------
    frames : ndarray, shape (times + window - 1, pixels)
        Floating-point samples in time order; rows contiguous.
    window : int
        Samples in a window, at least 2.
    out : ndarray, shape (times, pixels), optional
        Array for the result.

    Returns
    -------
    medians : ndarray, shape (times, pixels)
        Median of ``frames[t : t + window]`` for each ``t``: NaN where any of
        these samples is NaN. For an odd window in the type of the samples, for
        an even one the mean of the two middle values in float64, as
        `numpy.median` computes it with a float64 ``out``.

    Raises
    ------
    ValueError
        If the window is shorter than 2 or there are fewer frames than it needs.

    Notes
    -----
    Groups of windows are computed by one comparator program
    (`scripts.lib.outliers.comparator_network`). The memory used besides the result is
    2 rows of `PIXELS_AT_A_TIME` values for each sample of a window of 25, and
    up to 6 for those of longer windows.

    Examples
    --------
    >>> rolling_median_block(np.array([[1.0], [9.0], [2.0], [3.0], [8.0]]), 3).ravel()
    array([2., 3., 3.])
    """
    times = len(frames) - window + 1
    if window < 2 or times < 1:
        msg = f"{len(frames)} frames do not allow a rolling median of {window}; window: 2..frames"
        raise ValueError(msg)
    if out is None:
        out = np.empty((times, frames.shape[1]), _median_dtype(frames.dtype, window))
    program = median_program(window, group_length(min(window, times)))
    scratch = np.empty((program.scratch, min(PIXELS_AT_A_TIME, frames.shape[1])), frames.dtype)
    with np.errstate(invalid="ignore"):
        for low in range(0, frames.shape[1], PIXELS_AT_A_TIME):
            pixels = slice(low, low + PIXELS_AT_A_TIME)
            _run(program, frames[:, pixels], out[:, pixels], scratch)
    return out


def _median_dtype(dtype, window):
    """Type of the medians: that of the samples, or float64 where two values are averaged."""
    return np.dtype(dtype if window % 2 else np.float64)


def rolling_median(samples, window):
    """
    Rolling median along the first axis, constant at both ends.

    Parameters
    ----------
    samples : ndarray, shape (integrations, ...)
        Floating-point samples in time order.
    window : int
        Samples in a window, 2 to the number of integrations.

    Returns
    -------
    medians : ndarray, shape (integrations, ...)
        At integration ``i`` the median of the window that starts at
        ``i - window // 2`` or, if that is not inside the series, of the
        nearest one that is. NaN where any sample of the window is NaN.

    Raises
    ------
    ValueError
        If the window is shorter than 2 or longer than the series.

    Notes
    -----
    Equal to ``moving_median_over_zeroth_axis`` of jwst 3.0.0 for all windows but 2,
    where that function overwrites its whole result with the last value.

    Examples
    --------
    Windows of three: (1, 9, 2), (9, 2, 3) and (2, 3, 8); the first and the last are used twice.

    >>> rolling_median(np.array([1.0, 9.0, 2.0, 3.0, 8.0]), 3)
    array([2., 2., 3., 3., 3.])
    """
    frames = samples.reshape(len(samples), -1)
    medians = rolling_median_block(frames, window)
    return medians[window_starts(len(samples), window)].reshape(samples.shape)


def window_starts(integrations, window):
    """
    First integration of the window whose median belongs to each integration.

    Parameters
    ----------
    integrations, window : int
        Length of the series and of the window.

    Returns
    -------
    starts : ndarray of int, shape (integrations,)
        ``i - window // 2`` limited to the windows inside the series.

    Examples
    --------
    >>> window_starts(5, 3)
    array([0, 0, 1, 2, 2])
    """
    return np.clip(np.arange(integrations) - window // 2, 0, integrations - window)


def group_length(window):
    """
    Number of consecutive windows that one program computes.

    Parameters
    ----------
    window : int
        Samples in a window.

    Returns
    -------
    group : int
        Largest power of two not above ``window``.
    """
    return 1 << (window.bit_length() - 1)


def _run(program, frames, out, scratch):
    """Run a program over all groups of windows; the last group overlaps the one before."""
    scratch = list(scratch[:, : frames.shape[1]])
    functions = {MINIMUM: np.minimum, MAXIMUM: np.maximum, MEAN: _mean}
    operations = [(functions[kind], *registers) for kind, *registers in program.operations]
    last = len(out) - program.group
    for start in [*range(0, last, program.group), last]:
        samples = frames[start : start + program.samples]
        registers = [*samples, *out[start : start + program.group], *scratch]
        for function, first, second, result in operations:
            function(registers[first], registers[second], out=registers[result])


def _mean(first, second, out):
    """Mean of two arrays in the precision of the result."""
    np.add(first, second, out=out, dtype=out.dtype)
    np.multiply(out, 0.5, out=out)
