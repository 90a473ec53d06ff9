"""What the metrics of a visit mean, in plain words."""

from scripts.lib.diagnostics.comparison import comparison_findings
from scripts.lib.diagnostics.placement import placement_findings

__all__ = ["curve_findings", "curve_name", "noise_sentence", "relative_text", "visit_verdict"]

# Share of a width's variance that is no noise, from which on a flux can follow it. Level and width are
# fitted to the same samples, so that their noise is correlated.
_LEAST_SHARE = 0.2
# Errors of a step at a seam below which the headline gives no number.
_CLEAR_SEAM = 2.0
_NAMES = {
    "x": "the position along x",
    "y": "the position along y",
    "width": "the width of the star or trace",
}


def curve_name(curve):
    """
    Name of a light curve.

    Parameters
    ----------
    curve : dict
        ``detector`` and ``order``, 0 for images; ``several_orders``, whether
        the detector has light curves of other orders.

    Returns
    -------
    name : str
        Detector, with the order unless it is 1 or -1 and the only one.
    """
    order = abs(curve["order"])
    alone = order in (0, 1) and not curve.get("several_orders")
    return curve["detector"] if alone else f"{curve['detector']} order {order}"


def relative_text(ppm):
    """
    Write a relative flux so that it can be read.

    Parameters
    ----------
    ppm : float
        Parts per million.

    Returns
    -------
    text : str
        In ppm, or in per cent from one per cent on.
    """
    return f"{ppm:.0f} ppm" if abs(ppm) < 1e4 else f"{ppm / 1e4:.1f} %"


def noise_sentence(curve):
    """
    Scatter of a light curve next to what is expected.

    Parameters
    ----------
    curve : dict
        Metrics of the light curve.

    Returns
    -------
    sentence : str
        One sentence.
    """
    name = curve_name(curve)
    if curve.get("too_short"):
        count = curve["n_integrations"] - curve["n_without_flux"]
        return f"{name}: {count} integrations with flux are too few to judge."
    text = f"{name}: scatter {relative_text(curve['scatter_ppm'])} per integration"
    if curve["cadence_s"]:
        text += f" of {curve['cadence_s']:.3g} s"
    ratios = [
        f"{curve[key]:.2f} times {what}"
        for key, what in (("ratio_to_photon", "photon noise"), ("ratio_to_error", "the errors"))
        if curve[key]
    ]
    text += f", {' and '.join(ratios)}" if ratios else ""
    if curve["beta_10_30_min"]:
        text += f"; averaged over 10 to 30 min {curve['beta_10_30_min']:.1f} times white noise"
    archive = curve.get("archive") or {}
    if archive.get("scatter_ppm"):
        text += f"; the archive's product scatters by {relative_text(archive['scatter_ppm'])}"
        if archive["ratio_to_photon"]:
            text += f", {archive['ratio_to_photon']:.2f} times photon noise"
    return f"{text}."


def curve_findings(curve):
    """
    What is unusual about a light curve.

    Parameters
    ----------
    curve : dict
        Metrics of the light curve.

    Returns
    -------
    findings : list of str
        One sentence each; empty if nothing is unusual.
    """
    checks = [placement_findings, _absence_findings]
    if not curve.get("too_short"):
        checks = [
            placement_findings,
            _noise_findings,
            _seam_findings,
            _tilt_findings,
            _correlation_findings,
            _absence_findings,
            _sample_findings,
            _element_findings,
            _measurement_findings,
            comparison_findings,
        ]
    name = curve_name(curve)
    return [f"{name}: {text}" for check in checks for text in check(curve)]


def _noise_findings(curve):
    """Scatter above the errors, and noise that does not average out."""
    if curve["ratio_to_error"] and curve["ratio_to_error"] > 1.3:
        yield f"the scatter is {curve['ratio_to_error']:.2f} times what the errors predict"
    if curve["ratio_to_error"] and curve["ratio_to_error"] < 0.7:
        yield (
            f"the scatter is only {curve['ratio_to_error']:.2f} times what the errors predict: "
            "they are too large"
        )
    beta, error = curve["beta_10_30_min"], curve["beta_10_30_min_error"]
    if beta and beta > 1.4 and beta - 1.0 > 2.5 * error:
        yield f"red noise: averages over 10 to 30 min scatter {beta:.1f} times as much as white noise"
    elif not beta and (curve["beta_max"] or 0) > 2.0:
        yield f"red noise: averages scatter up to {curve['beta_max']:.1f} times as much as white noise"


def _seam_findings(curve):
    """Steps at the seams of segments."""
    for seam in curve["seams"]:
        if (seam["significance"] or 0) > 4.0:
            yield (
                f"step of {seam['step_ppm']:+.0f} ± {seam['error_ppm']:.0f} ppm at the seam of "
                f"segments {seam['before']} and {seam['after']}"
            )


def _tilt_findings(curve):
    """Sudden changes within segments."""
    for event in curve["tilt_events"]:
        changes = [
            f"{key} by {change['step_pix']:+.4f} pixels"
            for key, change in event["shape_steps"].items()
        ]
        if event["flux_step_ppm"] is not None:
            changes.insert(0, f"flux by {event['flux_step_ppm']:+.0f} ppm")
        kind = "tilt event" if event["shape_steps"] else "step"
        yield f"{kind} at integration {event['integration']}: {', '.join(changes)}"


def _correlation_findings(curve):
    """Flux that follows the position or width of the star or trace."""
    for key, metrics in curve["correlations"].items():
        if key == "width" and metrics["slow_share"] < _LEAST_SHARE:
            continue
        coefficient = metrics["coefficient"]
        if coefficient is not None and abs(coefficient) > 0.3 and metrics["significance"] > 5.0:
            slope = metrics["slope_ppm_per_pix"]
            yield (
                f"the flux follows {_NAMES[key]} (correlation {coefficient:+.2f}, "
                f"{slope:+.3g} ppm per pixel)"
            )


def _absence_findings(curve):
    """Integrations that are missing, and a flux that is none."""
    if curve.get("negative"):
        yield (
            "the median flux is not positive: there is no star in the aperture, or the background is "
            "over-subtracted"
        )
    if curve["n_without_flux"]:
        yield f"{curve['n_without_flux']} integrations have no flux"
    absent = curve.get("dropped_integrations") or []
    if absent:
        shown = ", ".join(map(str, absent[:5])) + (" and others" if len(absent) > 5 else "")
        yield f"{len(absent)} integrations of the exposure are absent ({shown})"


def _sample_findings(curve):
    """Outlying integrations and missing pixels."""
    outlying = curve["n_outlying"]
    if outlying > max(3, 0.01 * curve["n_integrations"]):
        yield f"{outlying} integrations are outliers by more than 5 sigma"
    invalid = curve.get("flags", {}).get("aperture", {}).get("invalid_fraction")
    if invalid and invalid > 0.02:
        yield f"{100 * invalid:.1f} % of the pixels in the aperture are missing"


def _element_findings(curve):
    """Columns that are noisier, or drift more, than their neighbours."""
    worse = curve.get("worse_elements") or []
    if worse:
        shown = ", ".join(
            f"{column['wavelength_um']:.4f} µm (pixel {column['pixel']}, {column['kind']})"
            for column in worse[:5]
        )
        more = f" and {len(worse) - 5} others" if len(worse) > 5 else ""
        columns = "columns are worse than their" if len(worse) > 1 else "column is worse than its"
        yield f"{len(worse)} {columns} neighbours: {shown}{more}"


def _measurement_findings(curve):
    """What limits how our light curve was measured."""
    if (curve["ratio_to_photon"] or 0.0) > 2.5:
        yield f"the scatter is {curve['ratio_to_photon']:.1f} times photon noise"
    factor = curve.get("noise_factor")
    if factor and abs(factor - 1.0) > 0.1:
        yield f"the noise is {factor:.2f} times ERR: our errors are corrected for it, the archive's are not"
    if (curve.get("contamination_mean") or 0.0) > 1.0:
        yield (
            f"light of other orders is {curve['contamination_mean']:.1f} times that of this order; "
            "what remains of it dilutes a dip"
        )
    contaminated, empty = (
        curve.get(name) or 0 for name in ("columns_contaminated", "columns_without_light")
    )
    if contaminated:
        yield (
            f"in {contaminated} columns other orders give more light than this one: their depths rest "
            "on the spatial profiles of the reference"
        )
    if empty:
        yield f"{empty} columns hold no light of this order and are left out"
    if curve.get("dilution_limit"):
        yield (
            "no background could be measured; if the faintest pixels are background, a dip is "
            f"{100 * curve['dilution_limit']:.1f} % too shallow"
        )


def _missing_half(curve):
    """Say that half of a light curve or more is missing; empty if it is not."""
    missing, count = curve["n_without_flux"], curve["n_integrations"]
    if 2 * missing < count:
        return ""
    return f"{curve_name(curve)} has no flux in {'any' if missing == count else missing} of {count} integrations"


def _summary(curves):
    """Scatter, worst seam and flags of the visit in one sentence."""
    parts = []
    for curve in curves:
        text = f"{curve_name(curve)} scatters by {relative_text(curve['scatter_ppm'])}"
        ratio, archive = curve["ratio_to_photon"], curve.get("archive") or {}
        text += f", {ratio:.2f} times photon noise" if ratio else ""
        if ratio and archive.get("ratio_to_photon"):
            text += f" (the archive's product {archive['ratio_to_photon']:.2f})"
        parts.append(text)
    seams = [(seam, curve) for curve in curves for seam in curve["seams"] if seam["significance"]]
    if seams:
        worst, curve = max(seams, key=lambda pair: pair[0]["significance"])
        owner = f" of {curve_name(curve)}" if len(curves) > 1 else ""
        step, error = worst["step_ppm"], worst["error_ppm"]
        large = worst["significance"] >= _CLEAR_SEAM
        parts.append(
            f"the worst seam{owner} is {step:+.0f} ± {error:.0f} ppm"
            if large
            else "no step at a seam"
        )
    flags = [curve["flags"]["aperture"]["outlier_fraction"] for curve in curves if "flags" in curve]
    flags = [fraction for fraction in flags if fraction is not None]
    if flags:
        parts.append(f"{100 * max(flags):.2g} % of the samples in the aperture are outliers")
    return f"{'; '.join(parts)}."


def visit_verdict(curves):
    """
    Verdict on a visit.

    Parameters
    ----------
    curves : list of dict
        Metrics of its light curves.

    Returns
    -------
    verdict : dict
        ``level`` (``good``, ``look`` or ``unknown``), ``headline``: light curves of which half or
        more is missing, scatter, worst seam, flags and number of findings;
        ``noise`` and ``findings`` (lists of sentences).
    """
    findings = [text for curve in curves for text in curve_findings(curve)]
    judged = [curve for curve in curves if not curve.get("too_short")]
    if not judged:
        return {
            "level": "unknown",
            "headline": "Too few integrations to judge.",
            "noise": [noise_sentence(curve) for curve in curves],
            "findings": findings,
        }
    absent = "".join(f"{text}; " for text in map(_missing_half, curves) if text)
    count = len(findings)
    unusual = (
        f"{count} thing{'s' if count > 1 else ''} to look at." if count else "Nothing unusual."
    )
    level, headline = "look" if count else "good", f"{absent}{_summary(judged)} {unusual}"
    return {
        "level": level,
        "headline": headline,
        "noise": [noise_sentence(curve) for curve in curves],
        "findings": findings,
    }
