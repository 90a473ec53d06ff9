"""Jumps in a series: sudden changes that stay. The size of a jump is called its step."""

import numpy as np

from scripts.lib.light_curves.noise import clipped_sigma, mad_sigma, point_to_point_sigma

__all__ = [
    "clip_outliers",
    "find_jump",
    "find_shape_jumps",
    "jump_significance",
    "measure_jump",
    "window_length",
]


def window_length(length):
    """
    Number of values on each side of a jump that are compared.

    Parameters
    ----------
    length : int
        Number of values of the series.

    Returns
    -------
    window : int
        A fifteenth of the series, from 4 to 60.
    """
    return int(np.clip(length // 15, 4, 60))


def jump_significance(values, window):
    """
    Step at every position, and its significance.

    Parameters
    ----------
    values : ndarray, shape (n,)
        Series without NaN, detrended.
    window : int
        Values on each side.

    Returns
    -------
    step : ndarray, shape (n,)
        Mean of ``window`` values from a position on minus that of those before it; 0
        within ``window`` of the ends.
    significance : ndarray, shape (n,)
        The step over its error by the point-to-point scatter; where the
        series wanders, over the typical step of this series.
    """
    step = np.zeros(len(values))
    if len(values) < 2 * window + 1:
        return step, step.copy()
    sums = np.concatenate([[0.0], np.cumsum(values)])
    means = (sums[window:] - sums[:-window]) / window
    step[window : len(values) - window + 1] = means[window:] - means[:-window]
    error = point_to_point_sigma(values) * np.sqrt(2.0 / window)
    inner = step[window : len(values) - window + 1]
    error = max(error, mad_sigma(inner)) if np.isfinite(error) else np.inf
    return step, step / error if error > 0 else np.zeros(len(values))


def find_jump(values, threshold, known=()):
    """
    Find the most significant jump.

    Parameters
    ----------
    values : ndarray, shape (n,)
        Series without NaN, detrended.
    threshold : float
        Least significance.
    known : sequence of int
        Positions of known jumps; none is looked for within ``window`` of them.

    Returns
    -------
    position : int or None
        Index of the first value after the jump; None if none is significant.
    """
    window = window_length(len(values))
    _, significance = jump_significance(clip_outliers(values), window)
    for other in known:
        significance[max(other - window, 0) : other + window + 1] = 0.0
    position = int(np.argmax(np.abs(significance)))
    return position if abs(significance[position]) >= threshold else None


def clip_outliers(values):
    """
    Pull lone outliers in to the median of their neighbours.

    Parameters
    ----------
    values : ndarray, shape (n,)
        Series without NaN.

    Returns
    -------
    clipped : ndarray, shape (n,)
        The series with values beyond 4 sigma of the running median of 5
        replaced by it.
    """
    padded = np.pad(values, 2, mode="edge")
    middle = np.median(np.lib.stride_tricks.sliding_window_view(padded, 5), axis=1)
    limit = 4.0 * clipped_sigma(values - middle)
    return np.where(np.abs(values - middle) > limit, middle, values) if limit > 0 else values


def measure_jump(values, position, window, inflation=1.0):
    """
    Measure the step of a series at a known position.

    Parameters
    ----------
    values : ndarray, shape (n,)
        Series, detrended; NaN is left out.
    position : int
        Index of the first value after it.
    window : int
        Values on each side at most.
    inflation : float, optional
        Factor on the error for correlated noise.

    Returns
    -------
    step, error : float
        Difference of the clipped means and its standard deviation; NaN where
        a side has less than three values.
    """
    parts = (values[max(position - window, 0) : position], values[position : position + window])
    sides = [_drop_outliers(part[np.isfinite(part)]) for part in parts]
    if min(map(len, sides)) < 3:
        return np.nan, np.nan
    sigma = point_to_point_sigma(values)
    error = inflation * sigma * np.sqrt(1.0 / len(sides[0]) + 1.0 / len(sides[1]))
    return float(sides[1].mean() - sides[0].mean()), float(error)


def _drop_outliers(values):
    """Values within 4 robust sigma of their median."""
    limit = 4.0 * mad_sigma(values)
    return values[np.abs(values - np.median(values)) <= limit] if limit > 0 else values


def find_shape_jumps(values, threshold):
    """
    Find the jumps of a position or width, apart from slow drifts.

    Parameters
    ----------
    values : ndarray, shape (n,)
        Series; NaN is filled from its neighbours.
    threshold : float
        Least significance.

    Returns
    -------
    jumps : list of (int, float, float)
        Index, step and significance of at most three jumps, from a joint fit
        with a parabola.
    """
    known = np.isfinite(values)
    if known.sum() < 20:
        return []
    index = np.arange(len(values))
    filled = clip_outliers(np.interp(index, index[known], values[known]))
    found, solution = [], None
    for _ in range(4):
        design = _parabola_and_jumps(len(values), found)
        solution = np.linalg.lstsq(design, filled, rcond=None)[0]
        position = find_jump(filled - design @ solution, threshold, found)
        if position is None or len(found) == 3:
            break
        found.append(position)
    error = point_to_point_sigma(filled) * np.sqrt(2.0 / window_length(len(values)))
    steps = solution[3 : 3 + len(found)]
    return [
        (position, float(step), float(abs(step) / error))
        for position, step in zip(found, steps, strict=True)
    ]


def _parabola_and_jumps(length, positions):
    """Columns of a fit: 1, x, x^2 and a step at each position."""
    x = np.linspace(-1.0, 1.0, length)
    columns = [x**power for power in range(3)] + [
        np.arange(length) >= position for position in positions
    ]
    return np.stack(columns, axis=1).astype(float)
