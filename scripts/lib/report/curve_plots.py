"""Plots of a visit's light curves, and all plots by name."""

from dataclasses import dataclass

import numpy as np

from scripts.lib.diagnostics.light_curve_metrics import find_seams
from scripts.lib.diagnostics.verdict import curve_name
from scripts.lib.report.image_plots import median_frame, outliers, reference
from scripts.lib.report.plot_style import (
    BLACK,
    BLUE,
    CURVE_COLOURS,
    CURVE_MARKERS,
    GREEN,
    GREY,
    ORANGE,
    RED,
    SKY,
    binned_points,
    colour_scale,
    legend_above,
    name_panel,
    new_figure,
    note,
    robust_limits,
    time_label,
)

__all__ = [
    "DRAW",
    "Curve",
    "duration_unit",
    "light_curve_map",
    "make_curves",
    "mark_seams_and_jumps",
    "noise_spectrum",
    "position",
    "scatter",
    "time_averaging",
    "white_light",
]

_PPM = 1e6


@dataclass(frozen=True)
class Curve:
    """
    A light curve with everything that is plotted of it.

    Attributes
    ----------
    name : str
        Name in legends.
    metrics : dict
        Its metrics, from the diagnostics.
    rows : dict of str to ndarray
        Its rows of the light-curve table, in order of time.
    arrays : dict of str to ndarray
        Arrays of the diagnostics for plots.
    hours : ndarray
        Time since the first integration [h, or the unit in `axis_label`], or number of the
        integration.
    axis_label : str
        Label of that axis.
    """

    name: str
    metrics: dict
    rows: dict
    arrays: dict
    hours: np.ndarray
    axis_label: str


def duration_unit(days):
    """
    Choose the unit in which a duration is plotted and written.

    Parameters
    ----------
    days : float
        The duration [d].

    Returns
    -------
    unit : str
        ``h``, ``min`` below two hours, ``s`` below two minutes.
    per_day : float
        How many of it are a day.

    Examples
    --------
    >>> duration_unit(0.3), duration_unit(0.05), duration_unit(0.0004)
    (('h', 24.0), ('min', 1440.0), ('s', 86400.0))
    """
    if days * 24.0 >= 2.0:
        return "h", 24.0
    return ("min", 1440.0) if days * 1440.0 >= 2.0 else ("s", 86400.0)


def make_curves(diagnostics, curves, arrays):
    """
    Gather the light curves to plot.

    Parameters
    ----------
    diagnostics : dict
        Content of the diagnostics file.
    curves : dict of (str, int) to dict of str to ndarray
        Rows of the light curves.
    arrays : list of dict of str to ndarray
        Arrays for plots of each light curve.

    Returns
    -------
    gathered : list of Curve
        One for each light curve.
    """
    gathered = []
    for metrics, plots in zip(diagnostics["light_curves"], arrays, strict=True):
        rows = curves[metrics["detector"], metrics["order"]]
        times = rows["bjd_tdb"]
        if np.isfinite(times).all():
            unit, per_day = duration_unit(times[-1] - times[0])
            hours = (times - times[0]) * per_day
            label = f"Time since BJD {times[0] + 2400000.5:.5f} TDB ({unit})"
        else:
            hours, label = rows["integration"].astype(float), "Number of the integration"
        gathered.append(Curve(curve_name(metrics), metrics, rows, plots, hours, label))
    return gathered


def mark_seams_and_jumps(axis, curve):
    """
    Draw vertical lines at seams and at jumps.

    Parameters
    ----------
    axis : matplotlib.axes.Axes
        Plot against the time of the curve.
    curve : Curve
        The light curve.
    """
    for number, seam in enumerate(find_seams(curve.rows)):
        hour = (curve.hours[seam - 1] + curve.hours[seam]) / 2.0
        axis.axvline(hour, color=BLACK, lw=0.8, ls="--", label=None if number else "seam")
    for number, event in enumerate(curve.metrics.get("tilt_events") or []):
        hours = curve.hours[curve.rows["integration"] == event["integration"]]
        if len(hours):
            axis.axvline(hours[0], color=RED, lw=1.2, ls=":", label=None if number else "jump")


def white_light(curves):
    """The archive's flux, ours with its model on the same scale, and our residuals, a column for each curve."""
    figure, axes = new_figure(
        7.0, 3, len(curves), sharex="col", gridspec_kw={"height_ratios": [2, 2, 1]}
    )
    for k, (curve, column) in enumerate(zip(curves, axes.T, strict=True)):
        upper, middle, lower = column
        flux, colour = curve.rows["flux_norm"], CURVE_COLOURS[k % 4]
        raw = curve.rows["flux_raw"]
        raw = raw / np.nanmedian(raw) if np.isfinite(raw).any() else raw
        style = {"ls": "", "marker": ".", "ms": 3, "rasterized": True, "alpha": 0.5}
        upper.plot(curve.hours, raw, color=GREY, label="archive's product", **style)
        middle.plot(curve.hours, flux, color=colour, label="ours" if not k else None, **style)
        limits = robust_limits(np.concatenate([raw, flux]))
        for axis in (upper, middle):
            axis.set_ylim(limits)
        _draw_residuals(curve, middle, lower, colour, style)
        name_panel(upper, curve.name)
        for axis in column:
            mark_seams_and_jumps(axis, curve)
    axes[0, 0].set_ylabel("Archive's flux\nover its median")
    axes[1, 0].set_ylabel("Our flux\nover its median")
    axes[2, 0].set_ylabel("Our residual\n(ppm)")
    time_label(figure, axes, curves[0].axis_label)
    legend_above(figure)
    return figure


def _draw_residuals(curve, flux_axis, axis, colour, style):
    """Draw the model onto our flux, and the residuals."""
    if "model" not in curve.arrays:
        note(axis, "too few integrations for a model")
        return
    flux_axis.plot(curve.hours, curve.arrays["model"], color=BLACK, lw=1.2, label="model")
    residuals = _PPM * curve.arrays["residuals"]
    axis.plot(curve.hours, residuals, color=colour, **style)
    x, means = binned_points(curve.hours, residuals)
    label = "means" if len(x) else None
    axis.plot(x, means, ls="", marker="o", ms=3.5, color=BLACK, label=label)
    axis.axhline(0.0, color=BLACK, lw=0.8)
    axis.set_ylim(robust_limits(residuals))


def time_averaging(curves):
    """Scatter of averages against their length, with that of white noise."""
    figure, axes = new_figure(4.2, 1, len(curves), sharey=True)
    for k, (curve, axis) in enumerate(zip(curves, axes[0], strict=True)):
        averaging = curve.metrics.get("time_averaging")
        name_panel(axis, curve.name)
        if not averaging:
            note(axis, "too few integrations")
            continue
        minutes = averaging["minutes"]
        x = minutes if minutes else averaging["integrations"]
        axis.loglog(
            x,
            averaging["rms_ppm"],
            marker=CURVE_MARKERS[k % 4],
            ms=4,
            color=CURVE_COLOURS[k % 4],
            label="measured",
        )
        axis.loglog(x, averaging["white_ppm"], color=BLACK, ls="--", label="white noise")
        photon = curve.metrics["expected_photon_ppm"]
        if photon:
            floor = photon / np.sqrt(averaging["integrations"])
            axis.loglog(x, floor, color=GREEN, ls=":", lw=2, label="photon noise")
        if minutes:
            axis.axvspan(10, 30, color=SKY, alpha=0.2, lw=0, label="10 to 30 min")
        axis.set_xlim(x[0] * 0.8, x[-1] * 1.25)
        for side in (axis.xaxis, axis.yaxis):
            side.set_major_formatter("{x:g}")
        axis.set_xlabel("Length of the average (min)" if minutes else "Integrations averaged")
    axes[0, 0].set_ylabel("Scatter of the averages (ppm)")
    legend_above(figure)
    return figure


def light_curve_map(curves):
    """Flux against time and wavelength."""
    figure, axes = new_figure(4.6, 1, len(curves), margins={"right": 1.2, "top": 0.4})
    image = None
    # The scale of the least noisy curve: that of a faint order would hide the transits of the rest.
    maps = [curve.arrays["map"] for curve in curves]
    spreads = [np.nanpercentile(flux, [2, 98]) for flux in maps if np.isfinite(flux).any()]
    low, high = min(spreads, key=np.ptp, default=(0.0, 1.0))
    for curve, axis in zip(curves, axes[0], strict=True):
        wavelength = curve.arrays["wavelength"]
        wavelength = wavelength[np.isfinite(wavelength)]
        left, right = _ends(wavelength)
        flux_map = curve.arrays["map"] if left < right else curve.arrays["map"][:, ::-1]
        extent = (min(left, right), max(left, right), *_ends(curve.hours))
        image = axis.imshow(
            flux_map,
            origin="lower",
            aspect="auto",
            extent=extent,
            cmap="cividis",
            vmin=low,
            vmax=high,
            interpolation="nearest",
        )
        name_panel(axis, curve.name)
        axis.set_xlabel("Wavelength (µm)")
        axis.grid(False)
    axes[0, 0].set_ylabel(curves[0].axis_label)
    colour_scale(figure, axes[0, -1], image, "Flux over its median", "both")
    return figure


def _ends(values):
    """First and last value, or half a unit around them if they are equal."""
    first, last = (float(values[0]), float(values[-1])) if len(values) else (0.0, 1.0)
    return (first, last) if first != last else (first - 0.5, last + 0.5)


def noise_spectrum(curves):
    """Noise of each spectral element against wavelength."""
    figure, axes = new_figure(4.6, 1, 1)
    axis = axes[0, 0]
    axis.set_xlabel("Wavelength (µm)")
    axis.set_ylabel("Noise of a column per integration (ppm)")
    known = [curve for curve in curves if np.isfinite(curve.arrays["element_noise"]).any()]
    if not known:
        note(axis, "too few integrations with flux")
        return figure
    for k, curve in enumerate(known):
        _draw_noise(axis, curve, CURVE_COLOURS[k % 4], k == 0)
    percentiles = [
        np.nanpercentile(_PPM * curve.arrays["element_noise"], [1, 98]) for curve in known
    ]
    lowest, highest = min(low for low, _ in percentiles), max(high for _, high in percentiles)
    if highest > 10.0 * lowest:
        axis.set_yscale("log")
    axis.set_ylim(0.8 * lowest, 1.25 * highest)
    legend_above(figure)
    return figure


def _draw_noise(axis, curve, colour, first):
    """Draw noise, expectation and bad columns of one curve, in the legend if it is the first."""
    wavelength, noise = curve.arrays["wavelength"], _PPM * curve.arrays["element_noise"]
    style = {"ls": "", "marker": ".", "ms": 3, "alpha": 0.6, "rasterized": True}
    axis.plot(wavelength, noise, color=colour, label=f"measured, {curve.name}", **style)
    for name, line, dashes, label in (
        ("element_error", ORANGE, "-", "propagated errors"),
        ("element_photon", BLACK, "--", "photon noise"),
    ):
        values = _PPM * curve.arrays[name]
        axis.plot(wavelength, values, color=line, ls=dashes, lw=1.3, label=label if first else None)
    worse = [column["element"] for column in curve.metrics.get("worse_elements", [])]
    axis.plot(
        wavelength[worse],
        np.minimum(noise[worse], 1.2 * np.nanpercentile(noise, 98)),
        ls="",
        marker="x",
        ms=8,
        color=BLACK,
        label="bad columns" if worse and first else None,
    )


def scatter(curves):
    """Measured scatter by several definitions, next to the expected scatter."""
    bars = (
        ("expected_photon_ppm", "photon noise", GREEN, ""),
        ("expected_error_ppm", "propagated errors", ORANGE, ""),
        ("point_to_point_sigma_ppm", "measured, point to point", SKY, ""),
        ("scatter_ppm", "measured, residuals", BLUE, ""),
        ("archive", "archive's product, residuals", RED, "//"),
    )
    margins = {"left": 1.2, "right": 2.5, "top": 0.15}
    figure, axes = new_figure(1.0 + 1.2 * len(curves), 1, 1, margins=margins)
    axis, height = axes[0, 0], 0.15
    for k, (key, label, colour, hatch) in enumerate(bars):
        values = [_bar(curve, key) for curve in curves]
        rows = np.arange(len(curves)) + (k - 2) * height
        drawn = axis.barh(
            rows, values, height * 0.9, color=colour, hatch=hatch, edgecolor="white", label=label
        )
        axis.bar_label(drawn, fmt="%.0f", padding=3, fontsize=8)
    shown = [_bar(curve, key) for curve in curves for key, *_ in bars]
    shown = [value for value in shown if np.isfinite(value)]
    if shown and max(shown) > 30.0 * min(shown):
        axis.set_xscale("log")
    axis.set_yticks(range(len(curves)), [curve.name for curve in curves])
    axis.invert_yaxis()
    axis.margins(x=0.08)
    axis.set_xlabel("Scatter per integration (ppm)")
    axis.legend(loc="center left", bbox_to_anchor=(1.01, 0.5))
    return figure


def _bar(curve, key):
    """Length of a bar [ppm]; NaN where it is not known."""
    metrics = curve.metrics
    value = (
        (metrics.get("archive") or {}).get("scatter_ppm") if key == "archive" else metrics.get(key)
    )
    return value or np.nan


def position(curves):
    """Position and width of the star or trace against time."""
    figure, axes = new_figure(6.0, 3, len(curves), sharex="col")
    labels = {"x": "Shift in x", "y": "Shift in y", "width": "Width"}
    for k, (curve, column) in enumerate(zip(curves, axes.T, strict=True)):
        name_panel(column[0], curve.name)
        for axis, name in zip(column, labels, strict=True):
            values = curve.rows[name]
            if not np.isfinite(values).any():
                note(axis, "not known")
                continue
            shown = values if name == "width" else values - np.nanmedian(values)
            style = {"ls": "", "rasterized": True, "color": CURVE_COLOURS[k % 4]}
            axis.plot(curve.hours, shown, marker=".", ms=3, alpha=0.5, **style)
            axis.plot(*binned_points(curve.hours, shown), ls="", marker="o", ms=3.5, color=BLACK)
            axis.set_ylim(robust_limits(shown))
            axis.ticklabel_format(axis="y", useOffset=False)
            mark_seams_and_jumps(axis, curve)
    time_label(figure, axes, curves[0].axis_label)
    for axis, label in zip(axes[:, 0], labels.values(), strict=True):
        axis.set_ylabel(f"{label} (pixels)")
    return figure


DRAW = {
    "white_light": white_light,
    "time_averaging": time_averaging,
    "light_curve_map": light_curve_map,
    "noise_spectrum": noise_spectrum,
    "scatter": scatter,
    "position": position,
    "median_frame": median_frame,
    "reference": reference,
    "outliers": outliers,
}
