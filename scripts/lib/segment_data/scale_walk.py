"""Scales of profiles by the downhill simplex of scipy, walked for many profiles at once."""

import numpy as np

__all__ = ["walk_to_scales"]

_TOLERANCE = np.float32(1e-4)
_MAX_CALLS, _MAX_ROUNDS = 200, 199
# Steps of the first simplex: relative, and from 0.
_RELATIVE_STEP, _ZERO_STEP = 1.05, 0.00025


def walk_to_scales(data, profiles):
    """
    Find the scale of each profile that brings it closest to the data.

    Parameters
    ----------
    data : ndarray of float32
        Absolute values (fits, samples); NaN is left out.
    profiles : ndarray of float32
        Absolute values of the profiles in the same shape; NaN is left out.

    Returns
    -------
    scales : ndarray of float32
        Scales (fits,), bit-equal to those of `scipy.optimize.minimize` with ``Nelder-Mead`` from the
        largest sample of ``data``: up to 5e-5 away from the least squares, so that only the same
        steps give the same scale.

    Notes
    -----
    Positions and sums of squares are float32, the means of squares float64; the sums are pairwise as
    numpy's, whose rounding depends on the number of samples: profiles of different lengths need
    calls of their own. With one unknown the simplex is a pair of points, here ``near`` (the better one) and
    ``far``. Stops when both are within 1e-4 in position and sum, or after 200 evaluations.

    References
    ----------
    J. A. Nelder and R. Mead, "A simplex method for function minimization", Comput. J. 7 (1965).

    Examples
    --------
    >>> profile = np.array([[0.1, 0.5, 0.4]], np.float32)
    >>> walk_to_scales(2 * profile, profile).round(3)
    array([2.], dtype=float32)
    """
    with np.errstate(invalid="ignore", over="ignore"):
        return _walk(_Misfit(data, profiles))


class _Misfit:
    """Mean squared difference of data and scaled profiles."""

    def __init__(self, data, profiles):
        used = ~np.isnan(data)
        self.start = np.abs(np.fmax.reduce(data, axis=1))
        self._count = np.count_nonzero(used, axis=1)
        used &= ~np.isnan(profiles)
        self._data = np.where(used, data, np.float32(0))
        self._profiles = np.where(used, profiles, np.float32(0))

    def __call__(self, scales):
        """Misfit of each profile: float32 sums, float64 means."""
        squares = np.multiply(self._profiles, scales[:, None])
        np.subtract(self._data, squares, out=squares)
        np.square(squares, out=squares)
        # A product of 0 and an infinite scale.
        squares[np.isnan(squares)] = 0
        return squares.sum(axis=1) / self._count

    def keep(self, chosen):
        """Leave out the profiles that are not chosen."""
        self._data, self._profiles = self._data[chosen], self._profiles[chosen]
        self._count = self._count[chosen]


def _walk(misfit):
    """Scales at the end of the walk."""
    near = misfit.start
    far = np.where(near != 0, np.float32(_RELATIVE_STEP) * near, np.float32(_ZERO_STEP))
    scales, walking = near.copy(), np.arange(len(near))
    calls = np.full(len(near), 2)
    state = _in_order(near, misfit(near), far, misfit(far))
    for _ in range(_MAX_ROUNDS):
        near, near_value, far, far_value = state
        scales[walking] = near
        close = (np.abs(far - near) <= _TOLERANCE) & (np.abs(far_value - near_value) <= 1e-4)
        goes_on = ~close & (calls < _MAX_CALLS - 1)
        if not goes_on.any():
            break
        if not goes_on.all():
            misfit.keep(goes_on)
            walking, calls = walking[goes_on], calls[goes_on]
            state = tuple(part[goes_on] for part in state)
        state, used = _step(misfit, *state, calls < _MAX_CALLS - 2)
        calls = calls + used
    scales[walking] = state[0]
    return scales


def _in_order(first, first_value, second, second_value):
    """Put the better of two points first; NaN is the worst."""
    swap = (second_value < first_value) | (np.isnan(first_value) & ~np.isnan(second_value))
    return (
        np.where(swap, second, first),
        np.where(swap, second_value, first_value),
        np.where(swap, first, second),
        np.where(swap, first_value, second_value),
    )


def _step(misfit, near, near_value, far, far_value, may_shrink):
    """One round: reflect the worse point, then expand, contract or, with a third call, shrink."""
    reflected = 2 * near - far
    value = misfit(reflected)
    expands, outside = value < near_value, value < far_value
    trial = np.where(
        expands,
        3 * near - 2 * far,
        np.where(outside, 1.5 * near - 0.5 * far, 0.5 * near + 0.5 * far),
    )
    trial_value = misfit(trial)
    limit = np.where(outside, value, far_value)
    accepted = np.where(expands | ~outside, trial_value < limit, trial_value <= limit)
    new = np.where(accepted, trial, reflected)
    new_value = np.where(accepted, trial_value, value)
    shrinks = ~accepted & ~expands
    if shrinks.any():
        shrunk = near + 0.5 * (far - near)
        new = np.where(shrinks, shrunk, new)
        new_value = np.where(shrinks, np.where(may_shrink, misfit(shrunk), far_value), new_value)
    return _in_order(near, near_value, new, new_value), 2 + shrinks
