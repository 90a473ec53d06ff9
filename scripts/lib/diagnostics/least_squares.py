"""Fit of a few parameters within bounds, without scipy, whose import takes longer than the fit."""

import numpy as np

# Change of the damping after a step, and where it starts.
_FIRST_DAMPING = 1e-3
_FACTOR = 6.0
_MOST_DAMPING = 1e6
# Step of the numerical derivatives in units of each parameter's scale.
_DERIVATIVE_STEP = 1e-4


def fit_within(residual, start, lower, upper, scale, iterations=25, tolerance=1e-5):
    """
    Minimise a sum of squares within bounds.

    Parameters
    ----------
    residual : callable
        Residuals (n,) of parameters (p,).
    start : ndarray, shape (p,)
        Where to start, within the bounds.
    lower, upper : ndarray, shape (p,)
        Bounds.
    scale : ndarray, shape (p,)
        Typical change of each parameter.
    iterations : int, optional
        Steps at most.
    tolerance : float, optional
        Ends when a step takes less than this part off the sum of squares.

    Returns
    -------
    best : ndarray, shape (p,)
        Parameters of the smallest sum that was met, never above that of the start.

    Notes
    -----
    Damped steps of Levenberg and Marquardt (Marquardt 1963, J. SIAM 11, 431)
    with forward differences. A parameter on a bound that the gradient pushes
    outward is held; steps that leave the bounds are cut there.
    """
    best, rest = np.array(start, dtype=float), residual(start)
    damping = _FIRST_DAMPING
    for _ in range(iterations):
        jacobian = _derivatives(residual, best, rest, upper, scale)
        gradient = jacobian.T @ rest
        free = ~(((best <= lower) & (gradient > 0)) | ((best >= upper) & (gradient < 0)))
        normal = jacobian[:, free].T @ jacobian[:, free]
        before = rest @ rest
        while damping < _MOST_DAMPING:
            # A parameter without effect must not make the matrix singular.
            damped = normal + np.diag(damping * np.diag(normal) + 1e-12 * (np.trace(normal) + 1.0))
            trial = best.copy()
            trial[free] -= np.linalg.solve(damped, gradient[free]) * scale[free]
            trial = np.clip(trial, lower, upper)
            trial_rest = residual(trial)
            if trial_rest @ trial_rest < before:
                break
            damping *= _FACTOR
        else:
            return best
        best, rest, damping = trial, trial_rest, damping / _FACTOR
        if before - rest @ rest < tolerance * before:
            return best
    return best


def _derivatives(residual, place, rest, upper, scale):
    """Derivatives (n, p) by the parameters in units of their scales."""
    columns = []
    for k, unit in enumerate(scale):
        step = (
            _DERIVATIVE_STEP
            if place[k] + _DERIVATIVE_STEP * unit <= upper[k]
            else -_DERIVATIVE_STEP
        )
        moved = place.copy()
        moved[k] += step * unit
        columns.append((residual(moved) - rest) / step)
    return np.stack(columns, axis=1)
