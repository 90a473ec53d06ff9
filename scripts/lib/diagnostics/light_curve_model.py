"""
Model of a light curve without its noise: a slow baseline, jumps, and a transit or eclipse.

The baseline is a straight line, a parabola, or a line with an exponential ramp at the start; the
transit is that of a dark disc in front of a limb-darkened one (an eclipse is the case of no limb
darkening). The Bayesian information criterion decides which of them a light curve has.
Times here are scaled to -1 at the first and 1 at the last integration.
"""

from dataclasses import dataclass, field, replace

import numpy as np

from scripts.lib.diagnostics.dip_fit import Curve, minimise, state_at
from scripts.lib.diagnostics.dip_model import LIMB, FreeDip, Geometry
from scripts.lib.diagnostics.transit_search import (
    BASELINES,
    Transit,
    baseline_columns,
    choose_model,
)
from scripts.lib.light_curves.jumps import find_jump, window_length
from scripts.lib.light_curves.noise import mad_sigma, point_to_point_sigma

__all__ = ["Fit", "find_inliers", "fit_light_curve", "jacobian", "scaled_times"]

# Integrations with flux, and those of them that are no outliers, that a fit needs.
_FEWEST, _FEWEST_VALID = 20, 15
# Points of the binned light curve that the shape of a transit is fitted to.
_POINTS = 400
# How far the middle of a transit may be before or after the visit, over its length.
_MARGIN = 0.25
# Impact parameter of a second start. Where few points are in ingress and egress the sum of squares
# has several minima, and the first start may end in the worse one.
_GRAZING = 0.75
# Significance from which on a jump is tried, and that it needs in the common fit: less where it
# is expected, on a seam.
_JUMP_CANDIDATE = 4.0
_JUMP_THRESHOLD = 6.5
_SEAM_THRESHOLD = 5.0
_MOST_JUMPS = 4
_MOST_SEAMS = 30
# Integrations within which a jump is moved to a seam.
_SNAP = 5


@dataclass
class Fit:
    """
    A light curve's baseline, transit and jumps.

    Attributes
    ----------
    x : ndarray, shape (n,)
        Scaled times.
    valid : ndarray of bool, shape (n,)
        Integrations that count.
    baseline : str
        Name of the baseline.
    tau : float
        Time scale of the ramp in scaled time.
    transit : Transit or None
        Transit or eclipse.
    gain : float
        Gain of information by the transit.
    jumps : list of int
        Indices of jumps that were fitted together with the rest.
    steps : list of float
        Their relative sizes.
    smooth : ndarray, shape (n,)
        Baseline times transit, without jumps.
    light : ndarray, shape (n,)
        Light that the transit alone leaves, 1 outside.
    """

    x: np.ndarray
    valid: np.ndarray
    baseline: str = "straight line"
    tau: float = 0.0
    transit: Transit | None = None
    gain: float = 0.0
    jumps: list = field(default_factory=list)
    steps: list = field(default_factory=list)
    smooth: np.ndarray | None = None
    light: np.ndarray | None = None


def scaled_times(times):
    """
    Scale times to the range from -1 to 1.

    Parameters
    ----------
    times : ndarray, shape (n,)
        Times, ascending; where one is NaN, the index is taken for all.

    Returns
    -------
    x : ndarray, shape (n,)
        Scaled times.

    Examples
    --------
    >>> scaled_times(np.array([10.0, 11.0, 14.0]))
    array([-1. , -0.5,  1. ])
    """
    if not np.isfinite(times).all() or not times[-1] > times[0]:
        times = np.arange(len(times), dtype=float)
    span = max(times[-1] - times[0], 1e-300)
    return 2.0 * (times - times[0]) / span - 1.0


def find_inliers(flux, limit=5.0):
    """
    Find the integrations that are no outliers among their neighbours.

    Parameters
    ----------
    flux : ndarray, shape (n,)
        Flux.
    limit : float, optional
        In point-to-point sigma from the running median of 9; of a quarter of the visit where that is
        shorter, but of 5 at least: a deep dip of few integrations is no outlier.

    Returns
    -------
    valid : ndarray of bool, shape (n,)
        False for NaN and outliers.

    Examples
    --------
    >>> flux = np.tile([1.0, 1.1], 6)
    >>> flux[5] = 9.0
    >>> np.flatnonzero(~find_inliers(flux))
    array([5])
    """
    valid = np.isfinite(flux)
    if valid.sum() < 9:
        return valid
    index = np.arange(len(flux))
    filled = np.interp(index, index[valid], flux[valid])
    half = min(4, max(2, len(flux) // 8))
    padded = np.pad(filled, half, mode="reflect")
    middle = np.median(np.lib.stride_tricks.sliding_window_view(padded, 2 * half + 1), axis=1)
    spread = max(point_to_point_sigma(flux[valid]), mad_sigma(filled - middle))
    return valid & (np.abs(filled - middle) <= limit * spread) if spread > 0 else valid


def _bin_neighbours(x, flux, points=_POINTS):
    """
    Average neighbours.

    Parameters
    ----------
    x, flux : ndarray, shape (n,)
        Times and flux without NaN.
    points : int, optional
        Number of points at most.

    Returns
    -------
    x, flux : ndarray
        Means of equal numbers of neighbours, but for the last.
    """
    size = -(-len(x) // points)
    starts = np.arange(0, len(x), size)
    counts = np.diff(np.append(starts, len(x)))
    return np.add.reduceat(x, starts) / counts, np.add.reduceat(flux, starts) / counts


def _design_columns(fit, x, light):
    """Columns of the linear part, baseline and jumps times the transit's light, and those of the baseline."""
    kind = BASELINES[fit.baseline][0]
    columns = baseline_columns(x, kind, fit.tau)
    jumps = [x >= fit.x[position] for position in fit.jumps]
    return np.column_stack([columns, *jumps]) * light[:, None], columns.shape[1]


def _refine_transit(fit, x, flux):
    """Fit the shape of the transit to the binned light curve; before there are jumps, from two starts."""
    columns, _ = _design_columns(fit, x, np.ones(len(x)))
    curve = Curve(x, flux, np.ones(len(x)), columns)
    dip = fit.transit
    geometry = Geometry(dip.mid, dip.duration, dip.impact, dip.ratio)
    model = FreeDip(x, geometry, dip.ratio**2, margin=_MARGIN)
    found = []
    for impact in [dip.impact] if fit.jumps else [dip.impact, _GRAZING]:
        start = [dip.ratio**2, dip.u1, dip.u2, dip.mid, np.log(dip.duration), impact**2]
        state = state_at(model, curve, np.array(start))
        # What the first guess leaves is more than noise.
        for _ in range(2):
            state, _ = minimise(model, curve, np.std(state.residuals) or 1.0, state)
        found.append(state)
    best = min(found, key=lambda state: (state.residuals**2).sum())
    geometry = model.geometry_at(best.vector)
    limb = best.vector[LIMB].tolist()
    fit.transit = Transit(geometry.mid, geometry.duration, geometry.ratio, geometry.impact, *limb)


def _fit_ramp(fit, x, flux):
    """Find the time scale of the ramp among those that the binned light curve can show."""
    light = fit.transit.light(x) if fit.transit else np.ones(len(x))
    trials, grid = [], np.geomspace(0.01, 1.0, 41)
    for _ in range(3):
        for tau in grid:
            fit.tau = float(tau)
            columns, _ = _design_columns(fit, x, light)
            rest = flux - columns @ np.linalg.lstsq(columns, flux, rcond=None)[0]
            trials.append(((rest**2).sum(), fit.tau))
        fit.tau = min(trials)[1]
        width = np.log(grid[1] / grid[0])
        grid = fit.tau * np.exp(np.linspace(-width, width, 9))


def _solve(fit, flux):
    """Fit baseline and steps to all valid integrations; return the residual of all."""
    fit.light = fit.transit.light(fit.x) if fit.transit else np.ones(len(fit.x))
    columns, n_baseline = _design_columns(fit, fit.x, fit.light)
    solution = np.linalg.lstsq(columns[fit.valid], flux[fit.valid], rcond=None)[0]
    fit.smooth = columns[:, :n_baseline] @ solution[:n_baseline]
    fit.steps = [float(step) for step in solution[n_baseline:]]
    return flux - columns @ solution


def _snap_to_seam(position, seams):
    """Move a position to a seam that is at most five integrations away."""
    near = [seam for seam in seams if abs(seam - position) <= _SNAP]
    return min(near, key=lambda seam: abs(seam - position)) if near else position


def fit_light_curve(times, flux, seams=()):
    """
    Fit baseline, transit and jumps of a light curve.

    Parameters
    ----------
    times : ndarray, shape (n,)
        Mid times [d].
    flux : ndarray, shape (n,)
        Flux over its median; NaN is left out.
    seams : sequence of int
        Indices of the first integration of every segment but the first; a
        jump within five integrations of a seam is moved to it.

    Returns
    -------
    fit : Fit or None
        None with less than 20 integrations with flux, or less than 15 that are no outliers.

    Examples
    --------
    A transit 1 % deep in the middle, with noise of 0.05 %:

    >>> times = np.linspace(-1.0, 1.0, 400)
    >>> noise = np.random.default_rng(1).normal(0.0, 5e-4, 400)
    >>> fit = fit_light_curve(times, np.where(abs(times) < 0.3, 0.99, 1.0) + noise)
    >>> fit.baseline, fit.jumps
    ('straight line', [])
    >>> abs(round(fit.transit.mid, 2)), round(fit.transit.ratio**2, 3)
    (0.0, 0.01)
    """
    fit = Fit(scaled_times(times), find_inliers(flux))
    # Steep ingresses of short visits are outliers among their neighbours.
    if np.isfinite(flux).sum() < _FEWEST or fit.valid.sum() < _FEWEST_VALID:
        return None
    x, y = _bin_neighbours(fit.x[fit.valid], flux[fit.valid])
    fit.baseline, fit.transit, fit.gain = choose_model(x, y)
    fit.tau = BASELINES[fit.baseline][1]
    rest = _refit(fit, x, y, flux)
    while len(fit.jumps) < _MOST_JUMPS:
        trial, found = _add_jump(fit, rest, (x, y, flux), seams)
        if trial is None:
            break
        fit, rest = trial, found
    return fit


def _add_jump(fit, rest, data, seams):
    """Fit with the jump that explains most, and its residual; None if no jump is significant."""
    used = np.flatnonzero(fit.valid)
    known = np.searchsorted(used, fit.jumps)
    found = find_jump(rest[fit.valid], _JUMP_CANDIDATE, known)
    candidates = [seam for seam in seams[:_MOST_SEAMS] if seam not in fit.jumps]
    if found is not None and _snap_to_seam(int(used[found]), seams) not in seams:
        candidates.append(int(used[found]))
    best, best_rest, most = None, None, 0.0
    for position in candidates:
        trial = replace(fit, jumps=[*fit.jumps, position])
        trial_rest = _refit(trial, *data)
        before, after = ((residual[fit.valid] ** 2).sum() for residual in (rest, trial_rest))
        if before - after > most:
            best, best_rest, most = trial, trial_rest, before - after
    if best is None:
        return None, None
    threshold = _SEAM_THRESHOLD if best.jumps[-1] in seams else _JUMP_THRESHOLD
    significance = np.sqrt(most) / _correlated_sigma(best_rest[fit.valid])
    return (best, best_rest) if significance >= threshold else (None, None)


def _correlated_sigma(rest):
    """Scatter of a residual; that of its averages over a window, scaled, if it is larger."""
    window = window_length(len(rest))
    sums = np.cumsum(np.append(0.0, rest))
    means = (sums[window:] - sums[:-window]) / window
    return max(point_to_point_sigma(rest), float(np.sqrt(window * np.mean(means**2))))


def _refit(fit, x, y, flux):
    """Fit everything again with the known jumps and return the residual."""
    for _ in range(4 if BASELINES[fit.baseline][0] == "ramp" else 1):
        if BASELINES[fit.baseline][0] == "ramp":
            _fit_ramp(fit, x, y)
        if fit.transit is not None:
            _refine_transit(fit, x, y)
    return _solve(fit, flux)


def jacobian(fit):
    """
    Derivatives of the fitted curve by its parameters at the valid integrations.

    Parameters
    ----------
    fit : Fit
        The fit.

    Returns
    -------
    derivatives : ndarray, shape (valid integrations, parameters)
        Of the baseline and the transit, without the steps.
    """
    x = fit.x[fit.valid]
    kind = BASELINES[fit.baseline][0]
    columns = [baseline_columns(x, kind, fit.tau) * fit.light[fit.valid, None]]
    if fit.transit is not None:
        vector = fit.transit.to_vector()
        for parameter, step in enumerate((1e-3, 1e-2, 1e-3, 1e-2, 1e-2, 1e-2)):
            change = step * (np.arange(6) == parameter)
            above, below = (
                Transit.from_vector(vector + change),
                Transit.from_vector(vector - change),
            )
            columns.append((above.light(x) - below.light(x))[:, None])
    return np.hstack(columns)
