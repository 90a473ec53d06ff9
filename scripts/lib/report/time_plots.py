"""Plots against time: flux, position and width, background, flags."""

import numpy as np

from scripts.lib.report.curves import (
    mark_seams_and_jumps,
    point_titles,
    shown_integrations,
    time_scale,
)
from scripts.lib.report.panels import Panel
from scripts.lib.report.plot_style import (
    BLACK,
    BLUE,
    CURVE_COLOURS,
    GREEN,
    GREY,
    ORANGE,
    RED,
    binned_points,
)
from scripts.lib.report.scales import Scale, readable, robust_limits, shared_limits

__all__ = ["background", "flags", "position", "white_light"]

_PPM = 1e6
_SHAPES = {"x": "x shift (pixels)", "y": "y shift (pixels)", "width": "Width (pixels)"}
# Bursts that are named in a plot, and the part of it that a name takes.
_NAMED, _ROOM = 6, 0.09


def _over_median(values):
    """Values over their median; as they are if there are none."""
    return values / np.nanmedian(values) if np.isfinite(values).any() else values


def white_light(curves):
    """
    Draw the archive's flux, ours with its model on the same scale, and our residuals.

    Parameters
    ----------
    curves : list of Curve
        The light curves.

    Returns
    -------
    panels : list of Panel
        One for each curve; those that are compared have one scale.
    """
    raws = [_over_median(curve.rows["flux_raw"]) for curve in curves]
    limits = _flux_limits(raws, curves)
    rests = [_PPM * curve.arrays.get("residuals", np.empty(0)) for curve in curves]
    spreads = shared_limits([robust_limits(rest) for rest in rests])
    panels = []
    for k, (curve, raw) in enumerate(zip(curves, raws, strict=True)):
        panel, rows = (
            Panel(curve.name, time_scale(curve), curve.axis_label),
            shown_integrations(curve),
        )
        colour = CURVE_COLOURS[k % 4]
        upper = panel.add(95, Scale(*limits[k][0]), "Archive's flux")
        upper.points(curve.hours[rows], raw[rows], GREY, "archive's product", opacity=0.6)
        middle = panel.add(120, Scale(*limits[k][1]), "Our flux")
        _own_flux(middle, curve, rows, colour)
        lower = panel.add(80, Scale(*spreads[k]), "Residual (ppm)")
        _residuals(lower, curve, rows, colour)
        for axes in panel.axes:
            mark_seams_and_jumps(axes, curve)
        panels.append(panel)
    return panels


def _flux_limits(raws, curves):
    """Limits of the archive's flux and ours for each curve, on as few scales as hide nothing."""
    own = [robust_limits(curve.rows["flux_norm"]) for curve in curves]
    pairs = [
        shared_limits([robust_limits(raw), limits]) for raw, limits in zip(raws, own, strict=True)
    ]
    flat = [limits for pair in pairs for limits in pair]
    shared = shared_limits(flat)
    return [tuple(shared[2 * k : 2 * k + 2]) for k in range(len(curves))]


def _own_flux(axes, curve, rows, colour):
    """Draw our flux with its errors over the model."""
    if "model" in curve.arrays:
        axes.line(curve.hours, curve.arrays["model"], BLACK, "model", 2.0)
    flux, error = (curve.rows[name][rows] for name in ("flux_norm", "flux_norm_error"))
    texts = [[f"{value:.6f}" for value in values.tolist()] for values in (flux, error)]
    titles = point_titles(curve, rows, [f"flux {text}" for text in texts[0]], texts[1])
    options = {"titles": titles, "errors": error, "opacity": 0.65}
    axes.points(curve.hours[rows], flux, colour, "ours", **options)
    flagged = rows[(curve.rows["quality"][rows] & ~1) != 0]
    axes.points(curve.hours[flagged], curve.rows["flux_norm"][flagged], RED, "flagged", shape="x")


def _residuals(axes, curve, rows, colour):
    """Draw what the model leaves, and means of neighbours."""
    if "residuals" not in curve.arrays:
        axes.note("too few integrations for a model")
        return
    residuals = _PPM * curve.arrays["residuals"]
    axes.horizontal(0.0, BLACK)
    error = _PPM * curve.rows["flux_norm_error"][rows]
    values = [f"residual {value:.0f}" for value in residuals[rows].tolist()]
    titles = point_titles(curve, rows, values, [f"{e:.0f}" for e in error.tolist()], " ppm")
    options = {"titles": titles, "errors": error, "opacity": 0.65}
    axes.points(curve.hours[rows], residuals[rows], colour, **options)
    axes.points(*binned_points(curve.hours, residuals), BLACK, "means of neighbours")


def _simple_curve(axes, curve, values, colour, what):
    """Draw values against time with means of neighbours, seams and jumps."""
    rows = shown_integrations(curve)
    texts = [f"{what} {value:.5g}" for value in values[rows].tolist()]
    titles = point_titles(curve, rows, texts)
    axes.points(curve.hours[rows], values[rows], colour, titles=titles, opacity=0.55)
    axes.points(*binned_points(curve.hours, values), BLACK, "means of neighbours")
    mark_seams_and_jumps(axes, curve)


def position(curves):
    """
    Draw position and width of the star or trace.

    Parameters
    ----------
    curves : list of Curve
        The light curves.

    Returns
    -------
    panels : list of Panel
        One for each curve of which any of these is known; what is not known is left out.
    """
    shown = []
    for curve in curves:
        found = {name: curve.rows[name] for name in _SHAPES if np.isfinite(curve.rows[name]).any()}
        shown.append({n: v if n == "width" else v - np.nanmedian(v) for n, v in found.items()})
    limits = [{name: robust_limits(values) for name, values in found.items()} for found in shown]
    for name in ("x", "y"):
        having = [found for found in limits if name in found]
        for found, shared in zip(having, shared_limits([f[name] for f in having]), strict=True):
            found[name] = shared
    panels = []
    for k, (curve, found) in enumerate(zip(curves, shown, strict=True)):
        panel = Panel(curve.name, time_scale(curve), curve.axis_label)
        for name, values in found.items():
            axes = panel.add(100, Scale(*limits[k][name]), _SHAPES[name])
            _simple_curve(axes, curve, values, CURVE_COLOURS[k % 4], name)
        panels += [panel] if found else []
    return panels


def background(curves):
    """
    Draw the background of a pixel.

    Parameters
    ----------
    curves : list of Curve
        The light curves.

    Returns
    -------
    panels : list of Panel
        One for each curve whose background was measured.
    """
    known = [
        (k, curve)
        for k, curve in enumerate(curves)
        if np.isfinite(curve.rows["background"]).any() and curve.rows["background"].any()
    ]
    scales = [robust_limits(curve.rows["background"]) for _, curve in known]
    panels = []
    for (k, curve), limits in zip(known, shared_limits(scales), strict=True):
        factor, text = readable(limits)
        unit = curve.arrays.get("flux_unit") or "unit of the flux"
        panel = Panel(curve.name, time_scale(curve), curve.axis_label)
        scale = Scale(factor * limits[0], factor * limits[1])
        axes = panel.add(130, scale, f"Background ({text}{unit})")
        values = factor * curve.rows["background"]
        _simple_curve(axes, curve, values, CURVE_COLOURS[k % 4], "background")
        panels.append(panel)
    return panels


def flags(curves):
    """
    Draw the archive's flagged part of each class of pixels and our number of outliers.

    Parameters
    ----------
    curves : list of Curve
        The light curves.

    Returns
    -------
    panels : list of Panel
        One for each curve; bursts of flags are named by their integration.
    """
    panels = []
    parts = [100.0 * curve.arrays["outlier_fractions"] for curve in curves]
    shares = _shared_from_zero([max(float(part.max(initial=0.0)), 1e-3) for part in parts])
    numbers = [curve.rows["n_outliers"].astype(float) for curve in curves]
    most = _shared_from_zero([max(float(counts.max()), 1.0) for counts in numbers])
    for k, (curve, counts) in enumerate(zip(curves, numbers, strict=True)):
        panel = Panel(curve.name, time_scale(curve), curve.axis_label)
        _archive_flags(panel, curve, Scale(*shares[k]))
        axes = panel.add(80, Scale(*most[k], "count"), "Our outliers")
        rows = shown_integrations(curve)
        texts = [f"{count:.0f} outliers" for count in counts[rows].tolist()]
        titles = point_titles(curve, rows, texts)
        axes.points(
            curve.hours[rows], counts[rows], BLACK, "ours, number of samples", titles=titles
        )
        mark_seams_and_jumps(axes, curve)
        panels.append(panel)
    return panels


def _shared_from_zero(highest):
    """Limits from a little below 0 to above the highest values, shared by curves that are alike."""
    return shared_limits([(-0.06 * value, 1.3 * value) for value in highest])


def _archive_flags(panel, curve, scale):
    """Draw the flagged part of aperture, wings and background, and name the bursts."""
    fractions = 100.0 * curve.arrays["outlier_fractions"]
    if len(fractions) != len(curve.hours):
        return
    rows = shown_integrations(curve)
    axes = panel.add(130, scale, "Archive's flags (%)")
    names = ("aperture", "wings", "background")
    for name, colour, shape, values in zip(
        names, (BLUE, ORANGE, GREEN), "os^", fractions.T, strict=True
    ):
        options = {"shape": shape, "opacity": 0.6}
        if name == "aperture":
            texts = [f"{value:.3g} % flagged" for value in values[rows].tolist()]
            options["titles"] = point_titles(curve, rows, texts)
        axes.points(curve.hours[rows], values[rows], colour, f"archive, {name}", **options)
    mark_seams_and_jumps(axes, curve)
    _name_bursts(axes, curve)


def _name_bursts(axes, curve):
    """Write the integration above each burst of flags, as far as there is room."""
    bursts = curve.metrics.get("bursts") or []
    worst = sorted(bursts, key=lambda burst: -burst["fraction"])
    taken = []
    for burst in worst:
        hours = curve.hours[curve.rows["integration"] == burst["integration"]]
        if not len(hours):
            continue
        place = float(axes.x.place(hours[0]))
        if len(taken) == _NAMED or not all(abs(place - other) > _ROOM for other in taken):
            continue
        taken.append(place)
        height = min(100.0 * burst["fraction"] + 0.06 * axes.y.high, axes.y.high)
        axes.text(hours[0], height, f"{burst['integration']}", fill=RED)
