"""The archive's light curve next to ours, and what its flags took away."""

import numpy as np

from scripts.lib.diagnostics.light_curve_metrics import light_curve_metrics

__all__ = ["archive_metrics", "bursts_of_flags", "comparison_findings"]

_KEPT = (
    "scatter_ppm",
    "point_to_point_sigma_ppm",
    "ratio_to_photon",
    "ratio_to_error",
    "beta_10_30_min",
    "n_outlying",
    "n_without_flux",
    "seams",
)
# Part of the aperture that no cosmic ray covers, and pixels below which an aperture is too small to say.
_BURST, _FEWEST_PIXELS = 0.15, 20
# Relative difference of the depths that is named, if it is so many errors of them.
_DILUTION, _SIGNIFICANT = 0.03, 4.0
_SHOWN = 5


def archive_metrics(columns, expected_photon):
    """
    Measure the archive's light curve as ours.

    Parameters
    ----------
    columns : dict of str to ndarray
        Rows of the light-curve table of one detector and order.
    expected_photon : float or None
        Photon noise of our light curve [ppm], to which its scatter is compared.

    Returns
    -------
    metrics : dict
        Those metrics of `light_curve_metrics` that judge its noise and seams, of ``flux_raw``;
        ``depth_ppm`` of its dip, None without one; ``n_integrations``. ``too_short`` if there are too few.
    """
    raw = columns["flux_raw"]
    known = raw[np.isfinite(raw)]
    median = np.median(known) if len(known) else np.nan
    rows = columns | {
        "flux_norm": raw / (median if median > 0 else np.nan),
        "flux": raw,
        "flux_error": columns["flux_raw_error"],
        "photon_error": np.full(len(raw), np.nan),
    }
    found, _ = light_curve_metrics(rows)
    metrics = {name: found.get(name) for name in _KEPT}
    metrics["too_short"] = bool(found.get("too_short"))
    metrics["depth_ppm"] = found["dip"]["depth_ppm"] if found.get("dip") else None
    if metrics["scatter_ppm"] and expected_photon:
        metrics["ratio_to_photon"] = metrics["scatter_ppm"] / expected_photon
    return metrics


def bursts_of_flags(integrations, outliers, size):
    """
    Find integrations in which the archive's flags take much of the aperture.

    Parameters
    ----------
    integrations : ndarray of int, shape (integrations,)
        Their numbers.
    outliers : ndarray of float, shape (integrations,)
        Fraction of the aperture that is flagged as outliers.
    size : int
        Pixels of the aperture.

    Returns
    -------
    bursts : list of dict
        ``integration`` and ``fraction`` of each, in the order of time; empty where the aperture has
        less than 20 pixels.

    Examples
    --------
    >>> bursts_of_flags(np.array([7, 8]), np.array([0.01, 0.6]), 40)
    [{'integration': 8, 'fraction': 0.6}]
    """
    if size < _FEWEST_PIXELS or len(outliers) != len(integrations):
        return []
    return [
        {"integration": int(integrations[k]), "fraction": float(outliers[k])}
        for k in np.flatnonzero(outliers > _BURST)
    ]


def comparison_findings(curve):
    """
    Say what the archive's light curve does not have right.

    Parameters
    ----------
    curve : dict
        Metrics of a light curve, with ``archive`` and ``bursts``.

    Yields
    ------
    text : str
        A sentence for each fault.
    """
    yield from _dilution(curve)
    bursts = curve.get("bursts") or []
    if bursts:
        shown = ", ".join(
            f"{burst['integration']} ({100 * burst['fraction']:.0f} %)" for burst in bursts[:_SHOWN]
        )
        more = f" and {len(bursts) - _SHOWN} others" if len(bursts) > _SHOWN else ""
        yield (
            f"the archive's outlier flags take much of the aperture in {len(bursts)} integrations: "
            f"{shown}{more}; no cosmic ray does that, and its product lost what happened there "
            "(a flare, a steep dip, a jump); a larger outlier_detection/snr keeps it"
        )


def _dilution(curve):
    """A dip of the archive's curve that is shallower or deeper than ours."""
    archive, dip = curve.get("archive") or {}, curve.get("dip")
    if not dip or not archive.get("depth_ppm") or not archive.get("scatter_ppm"):
        return
    ours, theirs = dip["depth_ppm"], archive["depth_ppm"]
    # A dip of some share of the visit has a depth that is known to about this.
    error = 4.0 * max(archive["scatter_ppm"], curve["scatter_ppm"])
    error /= np.sqrt(curve["n_integrations"])
    ratio = theirs / ours - 1.0
    if abs(ratio) > _DILUTION and abs(theirs - ours) > _SIGNIFICANT * error:
        kind = "shallower" if ratio < 0 else "deeper"
        cause = (
            "light in its aperture that is not the star's (background that was not subtracted) dilutes it"
            if ratio < 0
            else "too much was subtracted as background, or missing light follows the dip"
        )
        yield f"the dip of the archive's curve is {100 * abs(ratio):.0f} % {kind} than ours: {cause}"
