"""Metrics of one light curve: noise, seams, jumps and correlations."""

import numpy as np

from scripts.lib.diagnostics.light_curve_model import fit_light_curve, jacobian
from scripts.lib.light_curves import noise
from scripts.lib.light_curves.jumps import find_shape_jumps, measure_jump, window_length
from scripts.lib.moving_profile.reference_sample import slow_share

__all__ = ["find_seams", "light_curve_metrics"]

_PPM = 1e6
_SHAPES = ("x", "y", "width")
_SHAPE_THRESHOLD = 8.0
# The linear fit cannot resolve smaller changes of position or width [pixels].
_LEAST_SHAPE_STEP = 1e-3
_MINUTES = 1440.0


def find_seams(columns):
    """
    Find where segments meet, of one exposure or of two.

    Parameters
    ----------
    columns : dict of str to ndarray
        ``segment`` and ``integration`` (integrations,): numbers in the
        exposure. In a new exposure both start again at 1.

    Returns
    -------
    seams : list of int
        Index of the first integration of every segment but the first.
    """
    differs = (np.diff(columns["segment"]) != 0) | (np.diff(columns["integration"]) <= 0)
    return (np.flatnonzero(differs) + 1).tolist()


def _cadence_days(times):
    """
    Typical time between integrations.

    Parameters
    ----------
    times : ndarray, shape (integrations,)
        Mid times [d].

    Returns
    -------
    cadence : float
        Median difference [d]; NaN without known times.
    """
    steps = np.diff(times)
    steps = steps[np.isfinite(steps) & (steps > 0)]
    return float(np.median(steps)) if len(steps) else np.nan


def _scatter_metrics(flux, fit, residuals, derivatives):
    """
    Scatter of a light curve by every definition in use [ppm].

    Parameters
    ----------
    flux : ndarray, shape (integrations,)
        Flux over its median.
    fit : Fit
        Baseline and transit.
    residuals : ndarray, shape (integrations,)
        Flux over the fit minus 1.
    derivatives : ndarray, shape (valid integrations, parameters)
        Of the fit.

    Returns
    -------
    metrics : dict of str to float
        Defined in docs/diagnostics.md.
    """
    valid = residuals[fit.valid]
    outside = np.isfinite(residuals) & (fit.light >= 1.0)
    parameters = noise.orthonormal_basis(derivatives).shape[1]
    return {
        "scatter_ppm": _PPM * noise.clipped_sigma(valid, parameters),
        "point_to_point_sigma_ppm": _PPM * noise.point_to_point_sigma(valid),
        "mad_sigma_ppm": _PPM * noise.mad_sigma(valid),
        "mad_diff_ppm": _PPM * noise.difference_mad(flux),
        "mad_second_ppm": _PPM * noise.second_difference_mad(flux),
        "rms_baseline_ppm": _PPM * float(np.std(residuals[outside])) if outside.any() else None,
    }


def _averaging_metrics(valid_residuals, derivatives, cadence):
    """
    Time-averaging curve and its beta.

    Parameters
    ----------
    valid_residuals : ndarray, shape (n,)
        Residuals without NaN.
    derivatives : ndarray, shape (n, parameters)
        Of the fit.
    cadence : float
        Time between integrations [d].

    Returns
    -------
    metrics : dict
        ``time_averaging`` with lists; ``beta_10_30_min``, its error, and
        ``beta_max`` over sizes with six bins or more; None where the visit is
        too short or has no times.
    """
    sizes = noise.bin_sizes(len(valid_residuals))
    measured, white, beta = noise.time_averaging(valid_residuals, derivatives, sizes)
    bins, minutes = len(valid_residuals) // sizes, sizes * cadence * _MINUTES
    mean, error = noise.beta_between(minutes, beta, bins, 10.0, 30.0)
    enough = bins >= 6
    return {
        "beta_10_30_min": mean,
        "beta_10_30_min_error": error,
        "beta_max": float(beta[enough].max()) if enough.any() else None,
        "time_averaging": {
            "integrations": sizes.tolist(),
            "minutes": minutes.tolist() if np.isfinite(cadence) else None,
            "rms_ppm": (_PPM * measured).tolist(),
            "white_ppm": (_PPM * white).tolist(),
            "beta": beta.tolist(),
        },
    }


def _transit_metrics(fit, bjd, times):
    """
    Describe the transit or eclipse.

    Parameters
    ----------
    fit : Fit
        The fit.
    bjd : ndarray, shape (integrations,)
        Barycentric mid times (MJD, TDB) [d]; the middle is None if any is NaN.
    times : ndarray, shape (integrations,)
        Times that were fitted, in UTC where ``bjd`` is not known [d]; the
        duration is None if any is NaN.

    Returns
    -------
    metrics : dict or None
        Depth [ppm], middle (MJD, TDB), duration [h]; None without a transit or eclipse.
    """
    if fit.transit is None:
        return None
    mid = bjd[0] + (fit.transit.mid + 1.0) / 2.0 * (bjd[-1] - bjd[0])
    duration = fit.transit.duration / 2.0 * (times[-1] - times[0]) * 24.0
    return {
        "depth_ppm": _PPM * float(1.0 - fit.light.min()),
        "mid_bjd_tdb": float(mid) if np.isfinite(bjd).all() else None,
        "duration_h": float(duration) if np.isfinite(times).all() else None,
        "partial": bool(fit.transit.partial),
        "information_gain": fit.gain,
    }


def _seam_metrics(columns, fit, residuals, scatter, beta):
    """
    Step of the flux at every seam.

    Parameters
    ----------
    columns : dict of str to ndarray
        ``segment``, ``integration`` and ``bjd_tdb`` (integrations,).
    fit : Fit
        The fit, with jumps on seams if they are significant.
    residuals : ndarray, shape (integrations,)
        Flux over the fit minus 1; NaN where not valid.
    scatter : float
        Scatter of an integration [ppm].
    beta : float
        Factor on the error for correlated noise.

    Returns
    -------
    seams : list of dict
        Step and its error [ppm], significance, and step over scatter.
    """
    known = dict(zip(fit.jumps, fit.steps, strict=True))
    rest = _remove_jumps(fit, residuals)
    window, results = window_length(len(rest)), []
    for seam in find_seams(columns):
        step, error = measure_jump(rest, seam, window, beta)
        step += known.get(seam, 0.0)
        results.append(
            {
                "before": int(columns["segment"][seam - 1]),
                "after": int(columns["segment"][seam]),
                "first_integration": int(columns["integration"][seam]),
                "bjd_tdb": float(columns["bjd_tdb"][seam]),
                "step_ppm": _PPM * step,
                "error_ppm": _PPM * error,
                "significance": abs(step) / error if error > 0 else None,
                "step_over_scatter": _PPM * abs(step) / scatter if scatter > 0 else None,
            }
        )
    return results


def _remove_jumps(fit, residuals):
    """Residuals minus the steps of the fit."""
    rest = residuals.copy()
    for position, step in zip(fit.jumps, fit.steps, strict=True):
        rest[position:] -= step
    return rest


def _inflation(fit, residuals, derivatives, cadence):
    """Factor on errors of steps for correlated noise: beta without the steps, but at least 1."""
    rest = _remove_jumps(fit, residuals)[fit.valid]
    averaging = _averaging_metrics(rest - rest.mean(), derivatives, cadence)
    return max(averaging["beta_10_30_min"] or averaging["beta_max"] or 1.0, 1.0)


def _tilt_events(columns, fit):
    """
    Sudden changes of flux within a segment, and of position or width.

    Parameters
    ----------
    columns : dict of str to ndarray
        ``x``, ``y``, ``width``, ``segment``, ``integration``, ``bjd_tdb``.
    fit : Fit
        The fit of the flux.

    Returns
    -------
    events : list of dict
        Integration and time, relative change of the flux if it jumps [ppm], and
        changes of position and width [pixels] with their significance. Changes
        within half a window of each other are one event.
    """
    window = window_length(len(fit.x))
    seams = find_seams(columns)
    events = [
        {"position": position, "flux_step_ppm": _PPM * step, "shape_steps": {}}
        for position, step in zip(fit.jumps, fit.steps, strict=True)
        if position not in seams
    ]
    for name in _SHAPES:
        for position, step, significance in find_shape_jumps(columns[name], _SHAPE_THRESHOLD):
            if abs(step) < _LEAST_SHAPE_STEP:
                continue
            near = [event for event in events if abs(event["position"] - position) <= window // 2]
            if not near:
                near = [{"position": position, "flux_step_ppm": None, "shape_steps": {}}]
                events += near
            change = {"step_pix": step, "significance": significance}
            near[0]["shape_steps"][name] = change
    for event in events:
        position = event.pop("position")
        event["integration"] = int(columns["integration"][position])
        event["bjd_tdb"] = float(columns["bjd_tdb"][position])
    return sorted(events, key=lambda event: event["integration"])


def _correlation_metrics(columns, residuals):
    """
    Correlation of the residual flux with position and width.

    Parameters
    ----------
    columns : dict of str to ndarray
        ``x``, ``y`` and ``width`` (integrations,) [pixels].
    residuals : ndarray, shape (integrations,)
        Flux over the fit minus 1, without steps.

    Returns
    -------
    metrics : dict of str to dict
        Coefficient, slope [ppm per pixel] and significance, None where the
        position is not known; ``slow_share`` of the position's variance that is not
        noise from one integration to the next.
    """
    metrics, firsts = {}, np.arange(len(residuals) - 1)
    for name in _SHAPES:
        coefficient, slope, significance = noise.correlation(residuals, columns[name])
        metrics[name] = {
            "coefficient": coefficient,
            "slope_ppm_per_pix": None if slope is None else _PPM * slope,
            "significance": significance,
            "slow_share": slow_share(columns[name], firsts),
        }
    return metrics


def light_curve_metrics(columns):
    """
    All metrics of one light curve.

    Parameters
    ----------
    columns : dict of str to ndarray
        Rows of the light-curve table of one detector and order, in order of time.

    Returns
    -------
    metrics : dict
        Metrics by name, defined in docs/diagnostics.md.
    arrays : dict of str to ndarray
        ``model`` with the jumps, ``residuals`` that still contain them, and
        ``valid`` (integrations,), for plots; empty if the light curve is too short.
    """
    flux, times = columns["flux_norm"], columns["bjd_tdb"]
    if not np.isfinite(times).all():
        times = columns["mjd_utc"]
    cadence = _cadence_days(times)
    metrics = {
        "n_integrations": len(flux),
        "n_without_flux": int((~np.isfinite(flux)).sum()),
        "cadence_s": cadence * 86400.0 if np.isfinite(cadence) else None,
        **_expected_metrics(columns),
    }
    fit = fit_light_curve(times, flux, find_seams(columns))
    if fit is None:
        return metrics | {"too_short": True}, {}
    residuals = flux / fit.smooth - 1.0
    residuals -= np.median(residuals[fit.valid])
    rest = _remove_jumps(fit, residuals)
    metrics |= {
        "n_outlying": int((np.isfinite(flux) & ~fit.valid).sum()),
        "baseline": fit.baseline,
        "dip": _transit_metrics(fit, columns["bjd_tdb"], times),
        **_noise_metrics(columns, fit, residuals, cadence),
        "tilt_events": _tilt_events(columns, fit),
        "correlations": _correlation_metrics(columns, rest),
    }
    for name in ("error", "photon"):
        expected = metrics[f"expected_{name}_ppm"]
        metrics[f"ratio_to_{name}"] = metrics["scatter_ppm"] / expected if expected else None
    model = fit.smooth + residuals - rest
    return metrics, {"model": model, "residuals": residuals, "valid": fit.valid}


def _noise_metrics(columns, fit, residuals, cadence):
    """Scatter, averages and seams of a light curve."""
    derivatives = jacobian(fit)
    scatter = _scatter_metrics(columns["flux_norm"], fit, residuals, derivatives)
    averaging = _averaging_metrics(residuals[fit.valid], derivatives, cadence)
    valid_only = np.where(fit.valid, residuals, np.nan)
    inflation = _inflation(fit, valid_only, derivatives, cadence)
    seams = _seam_metrics(columns, fit, valid_only, scatter["scatter_ppm"], inflation)
    return scatter | averaging | {"seams": seams}


def _expected_metrics(columns):
    """
    Expected scatter of an integration.

    Parameters
    ----------
    columns : dict of str to ndarray
        ``flux``, ``flux_error``, ``photon_error`` (integrations,).

    Returns
    -------
    metrics : dict of str to (float or None)
        ``expected_error_ppm`` and ``expected_photon_ppm``: medians of the
        relative errors; None where they are 0 or unknown.
    """
    metrics = {}
    for name, column in (("error", "flux_error"), ("photon", "photon_error")):
        relative = columns[column] / np.abs(columns["flux"])
        relative = relative[np.isfinite(relative) & (relative > 0)]
        metrics[f"expected_{name}_ppm"] = (
            _PPM * float(np.median(relative)) if len(relative) else None
        )
    return metrics
