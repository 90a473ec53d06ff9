"""Fit of a dip and a baseline: damped Gauss-Newton steps, with a prior of limb darkening."""

from dataclasses import dataclass

import numpy as np

from scripts.lib.diagnostics.dip_model import LIMB, LIMB_PRIOR, light_and_slopes

__all__ = ["Curve", "State", "minimise", "state_at"]

_MOST_ITERATIONS = 40
# A fit ends when no parameter would move by more than this part of its error.
_TOLERANCE = 0.05
# Damping after a step that led uphill, and its factor from step to step.
_DAMPING, _FACTOR = 0.01, 10.0
# Less is none; with more no step is left that leads downhill.
_LEAST_DAMPING, _MOST_DAMPING = 2e-4, 1e6


@dataclass(frozen=True)
class Curve:
    """
    A light curve to fit.

    Attributes
    ----------
    times : ndarray, shape (n,)
        Mid times, ascending, in any unit.
    flux : ndarray, shape (n,)
        Relative flux, finite.
    weights : ndarray, shape (n,)
        Inverse of the error in any unit; 0 leaves a sample out.
    columns : ndarray, shape (n, terms)
        Columns of the baseline, which multiplies the light of the dip.
    """

    times: np.ndarray
    flux: np.ndarray
    weights: np.ndarray
    columns: np.ndarray


@dataclass(frozen=True)
class State:
    """
    Dip and its best baseline.

    Attributes
    ----------
    vector : ndarray, shape (parameters,)
        Parameters of the dip.
    residuals : ndarray, shape (n,)
        Weighted flux minus model.
    jacobian : ndarray, shape (n, parameters + terms)
        Derivatives of the weighted model by the parameters and by the terms of the baseline.
    impact : float
        Impact parameter that was given, if it was not fitted.
    """

    vector: np.ndarray
    residuals: np.ndarray
    jacobian: np.ndarray
    impact: float = 0.0

    def covariance(self, sigma, held=None, damping=0.0):
        """
        Covariance of all parameters and terms.

        Parameters
        ----------
        sigma : float
            Standard deviation of a weighted sample.
        held : ndarray of bool, shape (parameters + terms,), optional
            What is held has a covariance of 0.
        damping : float, optional
            Part of the information on the dip's parameters that is added to it, for a shorter step.

        Returns
        -------
        covariance : ndarray, shape (parameters + terms, parameters + terms)
            Inverse of the information of the data and the prior.
        """
        normal = self.jacobian.T @ self.jacobian / sigma**2
        normal[LIMB, LIMB] += np.eye(2) / LIMB_PRIOR[1] ** 2
        size = np.sqrt(np.diag(normal))
        size[size == 0] = 1.0
        normal /= np.outer(size, size)
        count = len(self.vector)
        normal[:count, :count] += damping * np.eye(count)
        if held is not None:
            normal[held] = normal[:, held] = 0.0
        return np.linalg.pinv(normal, rcond=1e-12, hermitian=True) / np.outer(size, size)

    def gradient(self, sigma):
        """Slope of the logarithm of the posterior (parameters + terms,), for weighted samples of some sigma."""
        gradient = self.jacobian.T @ self.residuals / sigma**2
        gradient[LIMB] += (LIMB_PRIOR[0] - self.vector[LIMB]) / LIMB_PRIOR[1] ** 2
        return gradient

    def misfit(self, sigma):
        """Chi-square of data and prior, minus twice the logarithm of the posterior, for some sigma."""
        pull = (self.vector[LIMB] - LIMB_PRIOR[0]) / LIMB_PRIOR[1]
        return (self.residuals**2).sum() / sigma**2 + (pull**2).sum()

    def log_evidence(self, sigma):
        """Logarithm of the posterior's volume for some sigma, up to a constant."""
        _, volume = np.linalg.slogdet(self.covariance(sigma))
        return (volume - self.misfit(sigma)) / 2.0


def state_at(model, curve, vector):
    """
    Fit the baseline of a dip.

    Parameters
    ----------
    model : FixedDip or FreeDip
        The dip.
    curve : Curve
        The light curve.
    vector : ndarray, shape (parameters,)
        Parameters of the dip, which are brought within its limits.

    Returns
    -------
    state : State
        The dip with the best baseline.
    """
    vector = np.clip(vector, model.lower, model.upper)
    light, slopes = light_and_slopes(model, vector)
    weights = curve.weights[:, None]
    design = curve.columns * light[:, None] * weights
    solution = np.linalg.lstsq(design, curve.flux * curve.weights, rcond=None)[0]
    slopes *= (curve.columns @ solution)[:, None] * weights
    residuals = curve.flux * curve.weights - design @ solution
    return State(vector, residuals, np.hstack([slopes, design]))


def _held(model, state, change):
    """Parameters whose limits are in the way of a change; none of the terms."""
    held, count = np.zeros(len(change), dtype=bool), len(state.vector)
    below, above = state.vector <= model.lower, state.vector >= model.upper
    held[:count] = (below & (change[:count] < 0)) | (above & (change[:count] > 0))
    return held


def _change(model, state, sigma, change):
    """Step with those parameters held whose limits are in its way, and which these are; solved again for each one more."""
    held = _held(model, state, change)
    for _ in range(len(state.vector)):
        change = state.covariance(sigma, held) @ state.gradient(sigma) if held.any() else change
        more = _held(model, state, change) & ~held
        if not more.any():
            break
        held |= more
    return change, held


def _shortened(model, change):
    """Change of the parameters, none by more than its scale."""
    change = change[: len(model.scales)]
    return change / max(1.0, np.max(np.abs(change) / model.scales))


def minimise(model, curve, sigma, state):
    """
    Find the most probable dip.

    Parameters
    ----------
    model : FixedDip or FreeDip
        The dip.
    curve : Curve
        The light curve.
    sigma : float
        Standard deviation of a weighted sample.
    state : State
        Where to start.

    Returns
    -------
    state : State
        The best state, never less probable than the first.
    converged : bool
        Whether it is a maximum of the posterior that no limit of a parameter holds.

    Notes
    -----
    Gauss-Newton steps, damped after one that led uphill (Marquardt 1963, J. SIAM 11, 431).
    """
    damping, count = 0.0, len(state.vector)
    for _ in range(_MOST_ITERATIONS):
        covariance, gradient = state.covariance(sigma), state.gradient(sigma)
        change, held = _change(model, state, sigma, covariance @ gradient)
        errors = np.sqrt(np.diag(covariance))[:count]
        near = np.all(np.abs(change[:count]) <= _TOLERANCE * errors)
        if near or damping > _MOST_DAMPING:
            return state, bool(near) and not held.any()
        if damping:
            change = state.covariance(sigma, held, damping) @ gradient
        trial = state_at(model, curve, state.vector + _shortened(model, change))
        if trial.misfit(sigma) <= state.misfit(sigma):
            state, damping = trial, damping / _FACTOR if damping > _LEAST_DAMPING else 0.0
        else:
            damping = max(_FACTOR * damping, _DAMPING)
    return state, False
