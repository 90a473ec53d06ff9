"""Depth of a dip with its error: free limb darkening, a baseline of its own, and correlated noise."""

from dataclasses import dataclass, replace

import numpy as np

from scripts.lib.diagnostics.dip_fit import minimise, state_at
from scripts.lib.diagnostics.dip_model import LARGEST_IMPACT, LIMB, FixedDip, FreeDip, Geometry
from scripts.lib.diagnostics.red_noise import RedNoise
from scripts.lib.light_curves.noise import point_to_point_sigma

__all__ = ["DepthFit", "fit_depth", "fit_geometry"]

# Impact parameters over which white light is averaged: how many, within how many errors of the
# best, and how much less probable (in logarithms) the ends of the range must be, or it is widened.
_IMPACTS, _ERRORS, _LEAST_LOG = 9, 3.5, 4.0


@dataclass(frozen=True)
class DepthFit:
    """
    Depth of a light curve.

    Attributes
    ----------
    depth, error : float
        Squared ratio of the radii, negative for a brightening, and its error, beta included.
    u1, u2 : float
        Limb darkening.
    scatter : float
        Scatter of a sample of unit weight.
    beta : float
        Factor on the noise for its correlation, 1 or more.
    converged : bool
        Whether the fit ended.
    geometry : Geometry
        That was fitted or given.
    """

    depth: float
    error: float
    u1: float
    u2: float
    scatter: float
    beta: float
    converged: bool
    geometry: Geometry


def _noise(state, sigma, red_noise):
    """Scatter of a sample, and beta of the depth."""
    estimator = (state.covariance(sigma) @ state.jacobian.T)[0] / sigma**2
    return red_noise.scatter_and_beta(state.residuals, estimator)


def _first_sigma(curve):
    """Scatter of the weighted samples from their differences, before anything is fitted."""
    used = curve.weights > 0
    sigma = point_to_point_sigma(curve.flux[used] * curve.weights[used])
    return sigma if sigma > 0 else 1.0


def _minimise_twice(model, curve, red_noise=None):
    """
    Best state, the second time with the noise that was found: it decides what limb darkening is worth.

    Gives the state, whether it was found, the noise of the depth's samples, their scatter, beta, and the red noise.
    """
    state, sigma = state_at(model, curve, model.start), _first_sigma(curve)
    for _ in range(2):
        state, converged = minimise(model, curve, sigma, state)
        red_noise = red_noise or RedNoise(state.jacobian)
        scatter, beta = _noise(state, sigma, red_noise)
        sigma = max(scatter * beta, 1e-12)
    return state, converged, sigma, scatter, beta, red_noise


def fit_depth(curve, geometry, depth, red_noise=None):
    """
    Fit the depth of a dip of known geometry.

    Parameters
    ----------
    curve : Curve
        The light curve.
    geometry : Geometry
        Its middle, duration and impact parameter.
    depth : float
        First guess.
    red_noise : RedNoise, optional
        That of a curve with the same times, geometry and baseline; saves time.

    Returns
    -------
    fit : DepthFit
        Depth with free limb darkening and baseline.
    red_noise : RedNoise
        For further curves.

    Examples
    --------
    A dip of 1 % on a slope, and white noise of 0.05 %:

    >>> from scripts.lib.diagnostics.dip_fit import Curve
    >>> from scripts.lib.diagnostics.dip_model import dip_light
    >>> times = np.linspace(-0.1, 0.1, 300)
    >>> geometry = Geometry(0.0, 0.1, 0.3, 0.1)
    >>> flux = dip_light(geometry.separation(times), 0.01, 0.2, 0.1) * (1.0 + 0.01 * times)
    >>> flux += np.random.default_rng(1).normal(0.0, 5e-4, 300)
    >>> curve = Curve(times, flux, np.ones(300), np.stack([np.ones(300), times], axis=1))
    >>> fit, _ = fit_depth(curve, geometry, 0.02)
    >>> abs(fit.depth - 0.01) < 3.0 * fit.error, 5e-5 < fit.error < 2e-4
    (True, True)
    """
    model = FixedDip(curve.times, geometry, depth)
    state, converged, sigma, scatter, beta, red_noise = _minimise_twice(model, curve, red_noise)
    vector = state.vector
    error = np.sqrt(state.covariance(sigma)[0, 0])
    limb = map(float, vector[LIMB])
    fit = DepthFit(float(vector[0]), float(error), *limb, scatter, beta, converged, geometry)
    return fit, red_noise


def fit_geometry(curve, geometry, depth):
    """
    Fit depth, limb darkening, middle and duration of a dip, and average over its impact parameter.

    Impact parameter, depth and limb darkening can hardly be separated, and the errors of the
    impact parameter are lopsided: the best fit would be biased. All impact parameters are taken as
    equally probable before, and weighted with what the data say.

    Parameters
    ----------
    curve : Curve
        The light curve.
    geometry : Geometry
        First guess; the impact parameter does not matter.
    depth : float
        First guess, above 0.

    Returns
    -------
    fit : DepthFit
        Mean depth and limb darkening with the depth's error; the geometry is that of the mean
        impact parameter.
    """
    model = FreeDip(curve.times, geometry, depth)
    state, _, sigma, scatter, beta, _ = _minimise_twice(model, curve)
    states, logs = _over_impacts(curve, geometry, sigma, state)
    if not states:
        return replace(_mean_fit([state], [1.0], sigma), converged=False, geometry=geometry)
    weights = np.exp(np.array(logs) - max(logs))
    weights /= weights.sum()
    impact = float(weights @ [state.impact for state in states])
    # The geometry of bins is that of the mean impact parameter.
    model = FreeDip(curve.times, geometry, depth, impact)
    best = states[int(np.argmax(weights))]
    state, converged = minimise(model, curve, sigma, state_at(model, curve, best.vector))
    fit = _mean_fit(states, weights, sigma)
    found = model.geometry_at(state.vector)
    return replace(fit, scatter=scatter, beta=beta, converged=converged, geometry=found)


def _over_impacts(curve, geometry, sigma, best):
    """States for impact parameters at equal distances where they are probable, and their log evidence."""
    square, error = best.vector[5], np.sqrt(best.covariance(sigma)[5, 5])
    low, high = np.sqrt(np.clip(square + _ERRORS * error * np.array([-1.0, 1.0]), 0.0, 1.0))
    low, high = min(low, 0.8 * LARGEST_IMPACT), min(high, LARGEST_IMPACT)
    for _ in range(3):
        states, logs, vector = [], [], best.vector[:5]
        for impact in np.linspace(low, high, _IMPACTS).tolist():
            model = FreeDip(curve.times, geometry, vector[0], impact)
            state, converged = minimise(model, curve, sigma, state_at(model, curve, vector))
            if converged:
                vector = state.vector
                states.append(replace(state, impact=impact))
                logs.append(state.log_evidence(sigma))
        if not states:
            break
        widened = low, high
        if low > 0.0 and logs[0] > max(logs) - _LEAST_LOG:
            low = max(low - 0.6 * (high - low), 0.0)
        if high < LARGEST_IMPACT and logs[-1] > max(logs) - _LEAST_LOG:
            high = min(high + 0.6 * (high - low), LARGEST_IMPACT)
        if (low, high) == widened:
            break
    return states, logs


def _mean_fit(states, weights, sigma):
    """Mean over some states: their scatter is a part of the error."""
    vectors = np.array([state.vector for state in states])
    variances = np.array([state.covariance(sigma)[0, 0] for state in states])
    mean = weights @ vectors
    variance = weights @ (variances + (vectors[:, 0] - mean[0]) ** 2)
    values = map(float, (mean[0], np.sqrt(variance), *mean[LIMB]))
    return DepthFit(*values, np.nan, 1.0, True, None)
