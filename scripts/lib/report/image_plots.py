"""Plots of images: the median with its apertures, a cut through it, noise, outliers, frames at a jump."""

import numpy as np

from scripts.lib.report.curves import group_by_detector
from scripts.lib.report.panels import Panel
from scripts.lib.report.plot_style import BLUE, GREEN, ORANGE, PURPLE, RED, SKY
from scripts.lib.report.scales import Scale, readable, robust_limits, shared_limits

__all__ = ["MOST_JUMPS", "cross_section", "median_frame", "outliers", "reference", "tilt_frames"]

_ORDER_COLOURS = (ORANGE, SKY, GREEN, PURPLE)
_PARTS = (("first third", BLUE), ("middle third", GREEN), ("last third", PURPLE))
# Height of a map of spectra [px], and faintest light in a cut over its peak.
_MAP_HEIGHT, _FAINTEST = 120, 1e-4
# Jumps whose frames are shown.
MOST_JUMPS = 2


def _turn(image, arrays):
    """Turn an image so that dispersion is along x; return whether it was transposed as well."""
    turned = "across" in arrays and int(arrays["across"]) == 1
    return (image.T if turned else image), turned


def _frame(group, title, image, colours, window=None):
    """
    Panel with an image; a window (left, right, bottom, top) [pixels] is what is shown of it.

    Colours are scale, palette, label, and whether the largest of neighbours is shown.
    """
    arrays = group[0].arrays
    image, turned = _turn(image, arrays)
    across, along = ("Column x", "Row y") if turned else ("Row y", "Column x")
    left, right, bottom, top = window or (0, image.shape[1], 0, image.shape[0])
    x = Scale(left - 0.5, right - 0.5)
    panel = Panel(title, x, f"{along} (pixels)", True)
    height = float(_MAP_HEIGHT)
    if "radii" in arrays or "trace" not in arrays:
        height = panel.inner_width * (top - bottom) / (right - left)
    axes = panel.add(height, Scale(bottom - 0.5, top - 0.5), f"{across} (pixels)")
    extent = (left - 0.5, right - 0.5, bottom - 0.5, top - 0.5)
    scale, palette, label, extreme = colours
    axes.image(image[bottom:top, left:right], extent, scale, palette, label, extreme)
    return panel, axes


def _name(group):
    """Detector of several orders, or the curve's name."""
    return group[0].metrics["detector"] if len(group) > 1 else group[0].name


def _around_star(arrays):
    """Window about the star, or None for spectra and images that are summed as a whole."""
    if "radii" not in arrays:
        return None
    x, y = arrays["centre"]
    reach = 2.0 * arrays["radii"].max() + 2.0
    height, width = arrays["median"].shape
    window = (x - reach, x + reach + 1, y - reach, y + reach + 1)
    return tuple(
        int(np.clip(round(float(value)), 0, size))
        for value, size in zip(window, (width, width, height, height), strict=True)
    )


def median_frame(curves):
    """
    Draw the median image with apertures, background and traces.

    Parameters
    ----------
    curves : list of Curve
        The light curves.

    Returns
    -------
    panels : list of Panel
        One for each detector.
    """
    panels = []
    for group in group_by_detector(curves):
        arrays = group[0].arrays
        limits = _bright_limits(arrays["median"], group)
        factor, power = readable(limits)
        scale = Scale(factor * limits[0], factor * limits[1], "root")
        colours = scale, "gray", f"Median ({power}{_unit(arrays)})", False
        image = factor * arrays["median"]
        panel, axes = _frame(group, _name(group), image, colours, _around_star(arrays))
        (_draw_orders if len(group) > 1 else _draw_regions)(axes, group)
        panels.append(panel)
    return panels


def _unit(arrays):
    """Unit of the samples."""
    return str(arrays["unit"]) or "unit of the data"


def _bright_limits(image, group):
    """Limits of the colours of images: from faint pixels to the brightest of the apertures."""
    finite = image[np.isfinite(image)]
    if not len(finite):
        return 0.0, 1.0
    masks = [curve.arrays["aperture"] for curve in group]
    inside = np.any([mask > 0 for mask in masks if mask.shape == image.shape], axis=0)
    bright = image[inside & np.isfinite(image)]
    high = np.percentile(bright if len(bright) else finite, 99.5)
    return float(np.percentile(finite, 1)), float(high)


def _draw_regions(axes, group):
    """Draw aperture, background and trace or centre."""
    arrays = group[0].arrays
    if "radii" in arrays:
        labels = ("aperture", "background", None)
        for radius, label in zip(arrays["radii"].tolist(), labels, strict=True):
            colour, dashes = (ORANGE, None) if label == "aperture" else (SKY, "5 3")
            axes.circle(arrays["centre"], radius, colour, label, dashes)
        x, y = (np.array([value]) for value in arrays["centre"])
        axes.points(x, y, RED, "centre", shape="x")
        return
    axes.outline(_turn(arrays["aperture"], arrays)[0] > 0, ORANGE, "aperture")
    axes.outline(_turn(arrays["background"], arrays)[0] > 0, SKY, "background", "5 3")
    if "trace" in arrays:
        axes.line(np.arange(len(arrays["trace"])), arrays["trace"], RED, "trace", 1.2, "2 2")


def _draw_orders(axes, group):
    """Draw aperture and trace of every order of a detector, each in a colour of its own."""
    for curve, colour in zip(group, _ORDER_COLOURS, strict=False):
        arrays, label = curve.arrays, f"order {curve.metrics['order']}"
        axes.outline(_turn(arrays["aperture"], arrays)[0] > 0, colour, label)
        if "trace" in arrays:
            axes.line(np.arange(len(arrays["trace"])), arrays["trace"], colour, None, 1.0, "2 2")


def cross_section(curves):
    """
    Draw the light across the dispersion, or around the star, with the aperture.

    Parameters
    ----------
    curves : list of Curve
        The light curves.

    Returns
    -------
    panels : list of Panel
        One for each curve with light.
    """
    panels = []
    for curve in curves:
        arrays = curve.arrays
        if "radii" in arrays:
            found = _star_panel(curve)
        elif "trace" in arrays and arrays["aperture"].shape == arrays["median"].shape:
            found = _trace_panel(curve)
        else:
            found = None
        panels += [found] if found else []
    return panels


def _level_axes(panel, peak):
    """Axes of light over its peak, logarithmic."""
    return panel.add(190, Scale(_FAINTEST, 1.6 * peak, "log"), "Light over the peak")


def _star_panel(curve):
    """Light of a pixel against its distance from the star."""
    arrays = curve.arrays
    image, (x, y) = np.asarray(arrays["median"], float), arrays["centre"]
    radii = arrays["radii"].tolist()
    rows, columns = np.indices(image.shape)
    distance = np.hypot(rows - y, columns - x)
    used = (distance <= 1.4 * radii[-1]) & np.isfinite(image)
    ring = (distance >= radii[1]) & (distance <= radii[2]) & used
    light = image - (np.median(image[ring]) if ring.any() else 0.0)
    if not used.any() or not light[used].max() > 0:
        return None
    light = light / light[used].max()
    panel = Panel(curve.name, Scale(0.0, 1.4 * radii[-1]), "Distance from the centre (pixels)")
    axes = _level_axes(panel, 1.0)
    axes.span(radii[1], radii[2], SKY, "background")
    axes.span(0.0, radii[0], ORANGE, "aperture")
    titles = [
        f"column {c}, row {r}: {v:.3g} of the peak"
        for c, r, v in zip(columns[used].tolist(), rows[used].tolist(), light[used], strict=True)
    ]
    titles = titles if len(titles) <= 1500 else None
    axes.points(distance[used], light[used], BLUE, "pixels", opacity=0.6, titles=titles)
    return panel


def _offsets(arrays):
    """Rows about the trace and, for each, the pixels (row, column) at that distance along it."""
    image, _ = _turn(arrays["median"], arrays)
    trace = np.round(arrays["trace"])
    inside = np.flatnonzero(np.isfinite(trace))
    steps = np.arange(-image.shape[0], image.shape[0] + 1)
    rows = trace[inside].astype(int) + steps[:, None]
    return steps, rows, np.broadcast_to(inside, rows.shape), image


def _trace_panel(curve):
    """Light of the rows about the trace, in three parts along the dispersion."""
    arrays = curve.arrays
    steps, rows, columns, image = _offsets(arrays)
    if not rows.shape[1]:
        return None
    aperture, background = (
        _turn(arrays[name], arrays)[0] > 0 for name in ("aperture", "background")
    )
    valid = (rows >= 0) & (rows < len(image))
    clipped = np.clip(rows, 0, len(image) - 1)
    cut = np.where(valid, image[clipped, columns], np.nan)
    shares = [(valid & mask[clipped, columns]).mean(axis=1) for mask in (aperture, background)]
    profiles = [_median_rows(part) for part in np.array_split(cut, 3, axis=1)]
    profiles = [_without_background(profile, steps, shares) for profile in profiles]
    peak = max((np.nanmax(p, initial=0.0) for p in profiles), default=0.0)
    if not peak > 0:
        return None
    known = steps[np.isfinite(profiles).any(axis=0)]
    reach = min(max(int(np.abs(known).max()), 4), 30)
    panel = Panel(curve.name, Scale(-reach - 0.5, reach + 0.5), "Rows from the trace (pixels)")
    axes = _level_axes(panel, 1.0)
    for share, colour, label in zip(shares, (ORANGE, SKY), ("aperture", "background"), strict=True):
        for first, last in _runs(steps[share > 0.5]):
            axes.span(first - 0.5, last + 0.5, colour, label)
    for profile, (label, colour) in zip(profiles, _PARTS, strict=True):
        values = profile / np.nanmax(profile) if np.nanmax(profile, initial=0.0) > 0 else profile
        titles = [
            f"{step:+d} rows: {value:.3g} of the peak"
            for step, value in zip(steps, values, strict=True)
        ]
        axes.line(steps, values, colour, None, 1.0)
        axes.points(steps, values, colour, label, titles=titles)
    return panel


def _median_rows(part):
    """Median of each row; NaN where nothing is known."""
    known = np.isfinite(part).any(axis=1)
    profile = np.full(len(part), np.nan)
    if known.any():
        profile[known] = np.nanmedian(part[known], axis=1)
    return profile


def _without_background(profile, steps, shares):
    """Profile less the rows of the background, or less its faintest rows without any."""
    rows = (shares[1] > 0.5) & np.isfinite(profile)
    if not rows.any():
        known = np.isfinite(profile)
        rows = known & (np.abs(steps) > 0.6 * np.abs(steps[known]).max(initial=0))
    return profile - np.median(profile[rows]) if rows.any() else profile


def _runs(values):
    """First and last of each run of neighbouring whole numbers."""
    edges = np.flatnonzero(np.diff(values) > 1)
    starts, stops = np.append(0, edges + 1), np.append(edges, len(values) - 1)
    return (
        [(int(values[a]), int(values[b])) for a, b in zip(starts, stops, strict=True)]
        if len(values)
        else []
    )


def reference(curves):
    """
    Draw the profile, and the noise of each pixel over what is usual.

    Parameters
    ----------
    curves : list of Curve
        The light curves.

    Returns
    -------
    panels : list of Panel
        Two for each detector of which a profile was measured.
    """
    panels = []
    for group in group_by_detector(curves):
        noise = group[0].arrays["noise"]
        found = [curve.arrays["profile"] for curve in group]
        if not np.isfinite(found).any():
            continue
        known = np.isfinite(found).any(axis=0)
        profile = np.where(known, np.nansum(found, axis=0), np.nan)
        highest = max(float(np.nanmax(profile)), 1e-6)
        usual = noise[np.isfinite(noise)]
        noisy = float(np.percentile(usual, 99.8)) if len(usual) else 1.0
        title, window = _name(group), _around_star(group[0].arrays)
        scales = Scale(0.0, highest, "root"), Scale(1.0, max(noisy, 1.1))
        colours = scales[0], "cividis", "Share of the light", False
        panels.append(_frame(group, f"{title}, profile", profile, colours, window)[0])
        colours = scales[1], "cividis", "Noise over usual", True
        panels.append(_frame(group, f"{title}, noise", noise, colours, window)[0])
    return panels


def outliers(curves):
    """
    Draw how often each pixel was an outlier, by the archive's flags and by ours.

    Parameters
    ----------
    curves : list of Curve
        The light curves.

    Returns
    -------
    panels : list of Panel
        Two for each detector, on one scale.
    """
    panels, groups, kinds = [], group_by_detector(curves), ("outlier_map", "own_outlier_map")
    maps = [[group[0].arrays[kind] for kind in kinds] for group in groups]
    highest = [max(float(np.percentile(image, 99.9)) for image in pair) for pair in maps]
    limits = shared_limits([(0.0, max(value, 1.0)) for value in highest])
    for group, pair, limit in zip(groups, maps, limits, strict=True):
        colours = Scale(*limit, "count"), "cividis", "Times flagged", True
        for name, image in zip(("archive's flags", "our outliers"), pair, strict=True):
            panels.append(_frame(group, f"{_name(group)}, {name}", image, colours)[0])
    return panels


def tilt_frames(curves):
    """
    Draw frames before and after sudden jumps, and their difference.

    Parameters
    ----------
    curves : list of Curve
        The light curves.

    Returns
    -------
    panels : list of Panel
        Three for each of the first two jumps of a detector; none without a jump.
    """
    panels = []
    for group in group_by_detector(curves):
        arrays = group[0].arrays
        window = _around_star(arrays)
        for jump in arrays.get("tilts", [])[:MOST_JUMPS]:
            before, after = jump["before"], jump["after"]
            factor, power = readable(_bright_limits(before, group))
            before, after = factor * before, factor * after
            limits, label = _bright_limits(before, group), f"{power}{_unit(arrays)}"
            name = f"{_name(group)}, integration {jump['integration']}"
            for text, image in (("before", before), ("after", after)):
                colours = Scale(*limits, "root"), "gray", label, False
                panels.append(_frame(group, f"{name}: {text}", image, colours, window)[0])
            change = after - before
            half = max(abs(value) for value in robust_limits(change, 0.0))
            colours = Scale(-half, half), "blue-orange", label, False
            panels.append(_frame(group, f"{name}: after − before", change, colours, window)[0])
    return panels
