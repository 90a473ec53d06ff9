"""Least-squares spline through scattered points, with rejection of outliers."""

import numpy as np

from scripts.lib.trace_model.clipping import clipped_mean

__all__ = ["fit_spline"]

_DEGREE = 3
_LARGE_GAP = 5
# Fraction of the points that must remain.
_LEAST_KEPT = 0.8


def fit_spline(x, y, n_knots, settings):
    """
    Fit a cubic spline with equally spaced knots, leaving out outliers.

    Parameters
    ----------
    x, y : ndarray of float32
        Finite points (n,), ascending in ``x``, at least 10.
    n_knots : int
        Number of knots.
    settings : FitSettings
        Spacing ratio, rejection and rounds.

    Returns
    -------
    spline : scipy.interpolate.BSpline or None
        None if gaps are too large for the knots, or the fit is singular.

    Notes
    -----
    Points after gaps of more than the clipped mean by 5 standard deviations are left out at the
    start; of the first point the distance from 0 counts as its gap (as in jwst 3.0.0).
    """
    gaps = np.abs(np.diff(x, prepend=0))
    mean, deviation = clipped_mean(gaps)
    if np.isfinite(deviation):
        close = gaps <= mean + _LARGE_GAP * deviation
        x, y = x[close], y[close]
    tenth_largest = np.partition(gaps, -10)[-10]
    if tenth_largest > settings.spacing_ratio * ((np.max(x) - np.min(x)) / n_knots):
        return None
    least = _LEAST_KEPT * len(x)
    spline = None
    for round_number in range(settings.rounds):
        fitted, values = _fit_once(x, y, n_knots)
        if fitted is None:
            break
        spline = fitted
        if round_number == settings.rounds - 1:
            break
        residuals = y - values
        limit = settings.rejection * np.std(residuals)
        kept = (residuals >= -limit) & (residuals <= limit)
        if kept.sum() < least or kept.all():
            break
        x, y = x[kept], y[kept]
    return spline


def _fit_once(x, y, n_knots):
    """Spline and its values at the points; None if the points do not determine it."""
    from scipy.interpolate import make_lsq_spline

    first, last = np.min(x), np.max(x)
    step = (last - first) / n_knots
    inner = np.arange(first + step / 2.0, last - step / 2.0, step)
    ends = _DEGREE + 1
    knots = np.concatenate(([x[0]] * ends, inner, [x[-1]] * ends))
    try:
        spline = make_lsq_spline(x, y, knots, k=_DEGREE)
    except ValueError:
        return None, None
    values = spline(x)
    return (None, None) if np.isnan(values).any() else (spline, values)
