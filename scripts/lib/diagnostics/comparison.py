"""The archive's light curve next to ours, and what its flags took away."""

import numpy as np

from scripts.lib.diagnostics.light_curve_metrics import light_curve_metrics
from scripts.lib.light_curves.quality import bursts_text

__all__ = ["archive_metrics", "comparison_findings"]

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
# Relative difference of the depths that is named, if it is so many errors of them.
_DILUTION, _SIGNIFICANT = 0.03, 4.0


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
    if curve.get("bursts"):
        yield bursts_text(curve["bursts"])


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
