"""Figures of merit of one light curve: noise, seams, steps and correlations."""

import numpy as np

from scripts.lib.diagnostics import noise
from scripts.lib.diagnostics.jumps import local_step, shape_steps, window_length
from scripts.lib.diagnostics.light_curve_model import jacobian, take_apart

PPM = 1e6
_SHAPES = ("x", "y", "width")
_SHAPE_THRESHOLD = 8.0
# Smaller changes of place or width are within what the linear fit can tell.
_LEAST_SHAPE_STEP = 1e-3
_MINUTES = 1440.0


def seam_places(columns):
    """
    Find where segments meet, of one exposure or of two.

    Parameters
    ----------
    columns : dict of str to ndarray
        ``segment`` and ``integration`` (integrations,): numbers in the
        exposure. A new exposure begins at 1, with segment 1 as well.

    Returns
    -------
    seams : list of int
        Index of the first integration of every segment but the first.
    """
    other = (np.diff(columns["segment"]) != 0) | (np.diff(columns["integration"]) <= 0)
    return (np.flatnonzero(other) + 1).tolist()


def cadence_days(times):
    """
    Typical time between integrations.

    Parameters
    ----------
    times : ndarray, shape (integrations,)
        Mid times [d].

    Returns
    -------
    cadence : float
        Median difference [d]; NaN if the times are not known.
    """
    steps = np.diff(times)
    steps = steps[np.isfinite(steps) & (steps > 0)]
    return float(np.median(steps)) if len(steps) else np.nan


def scatter_figures(flux, raw, fit, residuals, derivatives):
    """
    Scatter of a light curve by every definition in use [ppm].

    Parameters
    ----------
    flux, raw : ndarray, shape (integrations,)
        Flux over its median, and the same of the peer's sum.
    fit : Fit
        Baseline and dip.
    residuals : ndarray, shape (integrations,)
        Flux over the fit minus 1.
    derivatives : ndarray, shape (valid integrations, parameters)
        Of the fit.

    Returns
    -------
    figures : dict of str to float
        Defined in docs/diagnostics.md.
    """
    valid = residuals[fit.valid]
    raw_median = np.nanmedian(raw)
    outside = np.isfinite(residuals) & (fit.curve >= 1.0)
    parameters = noise.orthonormal_basis(derivatives).shape[1]
    return {
        "scatter_ppm": PPM * noise.clipped_sigma(valid, parameters),
        "point_to_point_sigma_ppm": PPM * noise.point_to_point_sigma(valid),
        "mad_sigma_ppm": PPM * noise.mad_sigma(valid),
        "mad_diff_ppm": PPM * noise.difference_mad(flux),
        "mad_second_ppm": PPM * noise.second_difference_mad(flux),
        "rms_baseline_ppm": PPM * float(np.std(residuals[outside])) if outside.any() else None,
        "peer_point_to_point_sigma_ppm": PPM
        * noise.point_to_point_sigma(raw / raw_median / fit.smooth),
    }


def averaging_figures(valid_residuals, derivatives, cadence):
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
    figures : dict
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
            "rms_ppm": (PPM * measured).tolist(),
            "white_ppm": (PPM * white).tolist(),
            "beta": beta.tolist(),
        },
    }


def dip_figures(fit, bjd, times):
    """
    Describe the transit or eclipse.

    Parameters
    ----------
    fit : Fit
        The fit.
    bjd : ndarray, shape (integrations,)
        Barycentric mid times (MJD, TDB) [d]; the middle is not known if one is NaN.
    times : ndarray, shape (integrations,)
        Those that the fit has, in UTC where ``bjd`` is not known [d]; the
        duration is not known if one is NaN.

    Returns
    -------
    figures : dict or None
        Depth [ppm], middle (MJD, TDB), duration [h]; None if there is no dip.
    """
    if fit.dip is None:
        return None
    mid = bjd[0] + (fit.dip.mid + 1.0) / 2.0 * (bjd[-1] - bjd[0])
    duration = fit.dip.duration / 2.0 * (times[-1] - times[0]) * 24.0
    return {
        "depth_ppm": PPM * float(1.0 - fit.curve.min()),
        "mid_bjd_tdb": float(mid) if np.isfinite(bjd).all() else None,
        "duration_h": float(duration) if np.isfinite(times).all() else None,
        "partial": bool(fit.dip.partial),
        "information_gain": fit.gain,
    }


def seam_figures(columns, fit, residuals, scatter, beta):
    """
    Step of the flux at every seam of two segments.

    Parameters
    ----------
    columns : dict of str to ndarray
        ``segment``, ``integration`` and ``bjd_tdb`` (integrations,).
    fit : Fit
        The fit, with steps on seams if they are significant.
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
    known = dict(zip(fit.steps, fit.sizes, strict=True))
    rest = _without_steps(fit, residuals)
    window, results = window_length(len(rest)), []
    for seam in seam_places(columns):
        step, error = local_step(rest, seam, window, beta)
        step += known.get(seam, 0.0)
        results.append(
            {
                "before": int(columns["segment"][seam - 1]),
                "after": int(columns["segment"][seam]),
                "first_integration": int(columns["integration"][seam]),
                "bjd_tdb": float(columns["bjd_tdb"][seam]),
                "step_ppm": PPM * step,
                "error_ppm": PPM * error,
                "significance": abs(step) / error if error > 0 else None,
                "step_over_scatter": PPM * abs(step) / scatter if scatter > 0 else None,
            }
        )
    return results


def _without_steps(fit, residuals):
    """Residuals less the steps that are known."""
    rest = residuals.copy()
    for place, size in zip(fit.steps, fit.sizes, strict=True):
        rest[place:] -= size
    return rest


def _inflation(fit, residuals, derivatives, cadence):
    """Factor on errors of steps for correlated noise: beta without the steps, but at least 1."""
    rest = _without_steps(fit, residuals)[fit.valid]
    averaging = averaging_figures(rest - rest.mean(), derivatives, cadence)
    return max(averaging["beta_10_30_min"] or averaging["beta_max"] or 1.0, 1.0)


def tilt_figures(columns, fit):
    """
    Sudden changes of flux, place or width away from the seams of the flux.

    Parameters
    ----------
    columns : dict of str to ndarray
        ``x``, ``y``, ``width``, ``segment``, ``integration``, ``bjd_tdb``.
    fit : Fit
        The fit of the flux.

    Returns
    -------
    events : list of dict
        Where, the relative change of the flux if it has one [ppm], and the
        changes of the shape [pixels] with their significance. Changes within
        a window of each other are one event.
    """
    window = window_length(len(fit.x))
    seams = seam_places(columns)
    events = [
        {"place": place, "flux_step_ppm": PPM * size, "shape_steps": {}}
        for place, size in zip(fit.steps, fit.sizes, strict=True)
        if place not in seams
    ]
    for name in _SHAPES:
        for place, step, significance in shape_steps(columns[name], _SHAPE_THRESHOLD):
            if abs(step) < _LEAST_SHAPE_STEP:
                continue
            near = [event for event in events if abs(event["place"] - place) <= window // 2]
            if not near:
                near = [{"place": place, "flux_step_ppm": None, "shape_steps": {}}]
                events += near
            change = {"step_pix": step, "significance": significance}
            near[0]["shape_steps"][name] = change
    for event in events:
        place = event.pop("place")
        event["integration"] = int(columns["integration"][place])
        event["bjd_tdb"] = float(columns["bjd_tdb"][place])
    return sorted(events, key=lambda event: event["integration"])


def correlation_figures(columns, residuals):
    """
    Correlation of the residual flux with place and width.

    Parameters
    ----------
    columns : dict of str to ndarray
        ``x``, ``y`` and ``width`` (integrations,) [pixels].
    residuals : ndarray, shape (integrations,)
        Flux over the fit minus 1, without steps.

    Returns
    -------
    figures : dict of str to dict
        Coefficient, slope [ppm per pixel] and significance; None where the
        place is not known.
    """
    figures = {}
    for name in _SHAPES:
        coefficient, slope, significance = noise.correlation(residuals, columns[name])
        figures[name] = {
            "coefficient": coefficient,
            "slope_ppm_per_pix": None if slope is None else PPM * slope,
            "significance": significance,
        }
    return figures


def light_curve_figures(columns):
    """
    All figures of one light curve.

    Parameters
    ----------
    columns : dict of str to ndarray
        Rows of the light-curve table of one detector and order, in order of time.

    Returns
    -------
    figures : dict
        Figures by name, defined in docs/diagnostics.md.
    arrays : dict of str to ndarray
        ``model`` with the steps, ``residuals`` in which they are left, and
        ``valid`` (integrations,), for plots; empty if the light curve is too short.
    """
    flux, times = columns["flux_norm"], columns["bjd_tdb"]
    if not np.isfinite(times).all():
        times = columns["mjd_utc"]
    cadence = cadence_days(times)
    figures = {
        "n_integrations": len(flux),
        "n_without_flux": int((~np.isfinite(flux)).sum()),
        "cadence_s": cadence * 86400.0 if np.isfinite(cadence) else None,
        **expected_figures(columns),
    }
    fit = take_apart(times, flux, seam_places(columns))
    if fit is None:
        return figures | {"too_short": True}, {}
    residuals = flux / fit.smooth - 1.0
    residuals -= np.median(residuals[fit.valid])
    rest = _without_steps(fit, residuals)
    figures |= {
        "n_outlying": int((np.isfinite(flux) & ~fit.valid).sum()),
        "baseline": fit.baseline,
        "dip": dip_figures(fit, columns["bjd_tdb"], times),
        **_noise_figures(columns, fit, residuals, cadence),
        "tilt_events": tilt_figures(columns, fit),
        "correlations": correlation_figures(columns, rest),
    }
    for name in ("error", "photon"):
        expected = figures[f"expected_{name}_ppm"]
        figures[f"ratio_to_{name}"] = figures["scatter_ppm"] / expected if expected else None
    model = fit.smooth + residuals - rest
    return figures, {"model": model, "residuals": residuals, "valid": fit.valid}


def _noise_figures(columns, fit, residuals, cadence):
    """Scatter, averages and seams of a light curve."""
    derivatives = jacobian(fit)
    scatter = scatter_figures(
        columns["flux_norm"], columns["flux_raw"], fit, residuals, derivatives
    )
    averaging = averaging_figures(residuals[fit.valid], derivatives, cadence)
    valid_only = np.where(fit.valid, residuals, np.nan)
    inflation = _inflation(fit, valid_only, derivatives, cadence)
    seams = seam_figures(columns, fit, valid_only, scatter["scatter_ppm"], inflation)
    return scatter | averaging | {"seams": seams}


def expected_figures(columns):
    """
    Expected scatter of an integration.

    Parameters
    ----------
    columns : dict of str to ndarray
        ``flux``, ``flux_error``, ``photon_error`` (integrations,).

    Returns
    -------
    figures : dict of str to (float or None)
        ``expected_error_ppm`` and ``expected_photon_ppm``: medians of the
        relative errors; None where they are 0 or unknown.
    """
    figures = {}
    for name, column in (("error", "flux_error"), ("photon", "photon_error")):
        relative = columns[column] / np.abs(columns["flux"])
        relative = relative[np.isfinite(relative) & (relative > 0)]
        figures[f"expected_{name}_ppm"] = (
            PPM * float(np.median(relative)) if len(relative) else None
        )
    return figures
