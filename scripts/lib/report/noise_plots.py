"""Plots of noise: averages over time, scatter of the white light, scatter against the aperture."""

import numpy as np

from scripts.lib.report.panels import Panel
from scripts.lib.report.plot_style import (
    BLACK,
    BLUE,
    CURVE_COLOURS,
    CURVE_SHAPES,
    GREEN,
    GREY,
    ORANGE,
    RED,
    SKY,
)
from scripts.lib.report.scales import Scale, shared_limits

__all__ = ["aperture_scan", "scatter", "time_averaging"]

_BARS = (
    ("expected_photon_ppm", "photon noise", GREEN),
    ("expected_error_ppm", "propagated errors", ORANGE),
    ("point_to_point_sigma_ppm", "ours, point to point", SKY),
    ("scatter_ppm", "ours, residuals", BLUE),
    ("archive", "archive's product, residuals", RED),
)
_BAR, _GROUP = 17, 30
# Lengths of averages of which a beta is given [min].
_SLOW = (10.0, 30.0)


def time_averaging(curves):
    """
    Draw the scatter of averages against their length, with that of white noise.

    Parameters
    ----------
    curves : list of Curve
        The light curves.

    Returns
    -------
    panels : list of Panel
        One for each curve that is long enough, all on one scale.
    """
    known = [(k, curve) for k, curve in enumerate(curves) if curve.metrics.get("time_averaging")]
    if not known:
        return []
    found = [curve.metrics["time_averaging"] for _, curve in known]
    values = np.concatenate([np.r_[part["rms_ppm"], part["white_ppm"]] for part in found])
    scale = Scale(0.8 * float(values[values > 0].min()), 1.25 * float(values.max()), "log")
    return [_averages(curve, k, scale) for k, curve in known]


def _averages(curve, k, scale):
    """Panel of the averages of a curve."""
    averaging = curve.metrics["time_averaging"]
    minutes = averaging["minutes"]
    x = np.asarray(minutes or averaging["integrations"], float)
    label = "Length of the average (min)" if minutes else "Integrations averaged"
    panel = Panel(curve.name, Scale(0.8 * x[0], 1.25 * x[-1], "log"), label)
    axes = panel.add(190, scale, "Scatter of the averages (ppm)")
    if minutes and panel.x.high > _SLOW[0]:
        axes.span(*_SLOW, SKY, "10 to 30 min")
    axes.line(x, np.asarray(averaging["white_ppm"]), BLACK, "white noise", 1.2, "5 3")
    photon = curve.metrics.get("expected_photon_ppm")
    if photon:
        counts = np.asarray(averaging["integrations"], float)
        axes.line(x, photon / np.sqrt(counts), GREEN, "photon noise", 2.0, "2 2")
    rms = np.asarray(averaging["rms_ppm"])
    titles = [
        f"averages of {count} integrations: {value:.0f} ppm, {beta:.2f} times white noise"
        for count, value, beta in zip(
            averaging["integrations"], rms.tolist(), averaging["beta"], strict=True
        )
    ]
    axes.points(x, rms, CURVE_COLOURS[k % 4], "measured", shape=CURVE_SHAPES[k % 4], titles=titles)
    return panel


def scatter(curves):
    """
    Draw measured scatter by several definitions, next to the expected scatter.

    Parameters
    ----------
    curves : list of Curve
        The light curves.

    Returns
    -------
    panels : list of Panel
        One with a group of bars for each curve; none without a value.
    """
    values = [[_bar(curve, key) for key, *_ in _BARS] for curve in curves]
    shown = np.array([value for group in values for value in group if np.isfinite(value)])
    if not len(shown):
        return []
    wide = shown.max() > 30.0 * shown.min()
    low, high = 0.6 * shown.min(), shown.max()
    x = Scale(low, high * (high / low) ** 0.2, "log") if wide else Scale(0.0, 1.2 * high)
    panel = Panel("", x, "Scatter per integration (ppm)")
    height = (len(_BARS) * _BAR + _GROUP) * len(curves)
    axes = panel.add(height, Scale(0.0, height), "")
    axes.numbers = False
    row = float(height)
    for curve, group in zip(curves, values, strict=True):
        row -= 18.0
        axes.text(x.low, row, curve.name, text_anchor="start", font_weight="bold", dx=6)
        for (_, label, colour), value in zip(_BARS, group, strict=True):
            row -= _BAR
            axes.bar(value, row, _BAR - 3.0, colour, label)
            if np.isfinite(value):
                axes.text(value, row, f"{value:.0f}", text_anchor="start", dx=5)
        row -= _GROUP - 18.0
    return [panel]


def _bar(curve, key):
    """Length of a bar [ppm]; NaN where it is not known."""
    metrics = curve.metrics
    archive = metrics.get("archive") or {}
    value = archive.get("scatter_ppm") if key == "archive" else metrics.get(key)
    return value or np.nan


def aperture_scan(curves):
    """
    Draw scatter and share of the light of sums over apertures of all widths.

    Parameters
    ----------
    curves : list of Curve
        The light curves.

    Returns
    -------
    panels : list of Panel
        One for each curve of which they were measured; apertures of ours and the archive's are marked.
    """
    known = [(k, curve) for k, curve in enumerate(curves) if "scan_scatter" in curve.arrays]
    limits = [_scan_limits(curve) for _, curve in known]
    panels = []
    for (k, curve), limit in zip(known, shared_limits(limits), strict=True):
        arrays, colour = curve.arrays, CURVE_COLOURS[k % 4]
        x, star = arrays["scan_sizes"], "radii" in arrays
        label = "Radius (pixels)" if star else "Half width about the trace (pixels)"
        panel = Panel(curve.name, Scale(0.0, float(x.max()) + 0.5), label)
        upper = panel.add(130, Scale(*limit, "log"), "Scatter (ppm)")
        lower = panel.add(90, Scale(0.0, 1.05), "Share of the light")
        for axes, name, unit in ((upper, "scatter", "ppm"), (lower, "share", "of the light")):
            values = arrays[f"scan_{name}"]
            titles = [
                f"{size:.4g} pixels: {v:.4g} {unit}" for size, v in zip(x, values, strict=True)
            ]
            axes.line(x, values, colour, None, 1.0)
            axes.points(x, values, colour, "sum over the aperture", titles=titles)
            if "scan_archive" in arrays:
                axes.vertical(
                    float(arrays["scan_archive"]), ORANGE, "archive's aperture", "5 3", 1.5
                )
        if curve.metrics.get("point_to_point_sigma_ppm"):
            level = curve.metrics["point_to_point_sigma_ppm"]
            upper.horizontal(level, BLACK, "our light curve", "2 2", 1.5)
        if curve.metrics.get("expected_photon_ppm"):
            upper.horizontal(curve.metrics["expected_photon_ppm"], GREY, "photon noise", None, 1.2)
        panels.append(panel)
    return panels


def _scan_limits(curve):
    """Limits of a logarithmic axis: from below the least to at most ten times that."""
    names = ("point_to_point_sigma_ppm", "expected_photon_ppm")
    levels = [curve.metrics[name] for name in names if curve.metrics.get(name)]
    values = curve.arrays["scan_scatter"]
    least, highest = float(np.nanmin(values)), float(np.nanmax(values))
    highest = max([min(highest, 10.0 * least), *levels])
    return 0.8 * min([least, *levels]), 1.2 * highest
