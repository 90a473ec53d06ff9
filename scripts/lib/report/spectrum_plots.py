"""Plots against wavelength: median spectrum, noise of the columns, maps of light curves."""

import numpy as np

from scripts.lib.report.curves import seam_hours, short_label
from scripts.lib.report.panels import Panel
from scripts.lib.report.plot_style import BLACK, CURVE_COLOURS, ORANGE, RED, WHITE
from scripts.lib.report.scales import Scale, readable, robust_limits, shared_limits
from scripts.lib.segment_data.medians import nan_median

__all__ = ["binned_light_curves", "light_curve_map", "median_spectrum", "noise_spectrum"]

_PPM = 1e6
# Columns with less than this share of the light of bright ones do not set the scale of a map.
_BRIGHT = 0.1
_MAP_HEIGHT, _MOST_MARKS = 170, 200
# Half range of a map without white light, in its scatter.
_SIGMAS = 4.0


def _wavelength_limits(curve):
    """Shortest and longest wavelength with flux."""
    arrays = curve.arrays
    known = np.isfinite(arrays["wavelength"]) & np.isfinite(arrays["spectrum"])
    wavelength = arrays["wavelength"][known]
    margin = 0.01 * float(np.ptp(wavelength))
    return float(wavelength.min()) - margin, float(wavelength.max()) + margin


def _with_spectrum(curves):
    """Curves with a known spectrum, and their number."""
    return [
        (k, curve)
        for k, curve in enumerate(curves)
        if np.isfinite(curve.arrays["wavelength"] * curve.arrays["spectrum"]).sum() > 1
    ]


def median_spectrum(curves):
    """
    Draw the median spectrum with the error of an integration.

    Parameters
    ----------
    curves : list of Curve
        The light curves.

    Returns
    -------
    panels : list of Panel
        One for each detector and order with flux.
    """
    panels = []
    for k, curve in _with_spectrum(curves):
        wavelength, flux = curve.arrays["wavelength"], curve.arrays["spectrum"]
        error = curve.arrays["element_error"] * flux
        factor, power = readable((0.0, robust_limits(flux)[1]))
        flux, error = factor * flux, factor * error
        unit = f"{power}{curve.arrays.get('flux_unit') or 'unit of the data'}"
        _, high = robust_limits(flux, 0.2)
        scale = Scale(*_wavelength_limits(curve))
        panel = Panel(curve.name, scale, "Wavelength (µm)")
        axes = panel.add(170, Scale(min(0.0, float(np.nanmin(flux))), high), f"Flux ({unit})")
        colour = CURVE_COLOURS[k % 4]
        axes.band(wavelength, flux - error, flux + error, colour, "error of an integration")
        axes.line(wavelength, flux, colour, "median spectrum", 1.2)
        rows = np.arange(0, len(flux), -(-len(flux) // _MOST_MARKS))
        parts = (curve.arrays["columns"], wavelength, flux, error)
        titles = [
            f"pixel {pixel}, {w:.4f} µm, {f:.4g} ± {e:.2g} {unit}"
            for pixel, w, f, e in zip(*(part[rows].tolist() for part in parts), strict=True)
        ]
        axes.points(wavelength[rows], flux[rows], colour, titles=titles, opacity=0.35)
        panels.append(panel)
    return panels


def noise_spectrum(curves):
    """
    Draw the noise of each spectral element against wavelength.

    Parameters
    ----------
    curves : list of Curve
        The light curves.

    Returns
    -------
    panels : list of Panel
        One for each detector and order with flux, on one scale unless that would hide some.
    """
    known = [
        (k, curve)
        for k, curve in _with_spectrum(curves)
        if np.isfinite(curve.arrays["element_noise"]).any()
    ]
    limits = []
    for _, curve in known:
        low, high = np.nanpercentile(_PPM * curve.arrays["element_noise"], [1, 98])
        limits.append((0.8 * float(low), 1.25 * float(high)))
    panels = []
    for (k, curve), limit in zip(known, shared_limits(limits), strict=True):
        kind = "log" if limit[1] > 10.0 * limit[0] else "linear"
        panel = Panel(curve.name, Scale(*_wavelength_limits(curve)), "Wavelength (µm)")
        axes = panel.add(170, Scale(*limit, kind), "Noise of a column (ppm)")
        _draw_noise(axes, curve, CURVE_COLOURS[k % 4])
        panels.append(panel)
    return panels


def _draw_noise(axes, curve, colour):
    """Draw noise, expectation and bad columns of one curve."""
    wavelength, noise = curve.arrays["wavelength"], _PPM * curve.arrays["element_noise"]
    step = -(-len(noise) // (4 * _MOST_MARKS))
    rows = np.arange(0, len(noise), step)
    pixels = curve.arrays["columns"]
    axes.points(wavelength[rows], noise[rows], colour, "measured", opacity=0.5)
    for name, line, dashes, label in (
        ("element_error", ORANGE, None, "propagated errors"),
        ("element_photon", BLACK, "5 3", "photon noise"),
    ):
        axes.line(wavelength, _PPM * curve.arrays[name], line, label, 1.5, dashes)
    worse = [column["element"] for column in curve.metrics.get("worse_elements") or []]
    titles = [
        f"bad column: pixel {pixels[k]}, {wavelength[k]:.4f} µm, {noise[k]:.0f} ppm" for k in worse
    ]
    height = np.minimum(noise[worse], axes.y.high / 1.05)
    axes.points(wavelength[worse], height, RED, "bad columns", shape="x", titles=titles)


class _MapAxis:
    """Places of wavelengths and pixels along a map of elements or bins at equal distances."""

    def __init__(self, wavelength, pixels):
        good = np.isfinite(wavelength)
        places = np.arange(len(wavelength), dtype=float)[good]
        order = np.argsort(wavelength[good])
        self._wavelength, self._places = wavelength[good][order], places[order]
        self._known = places, np.asarray(pixels, float)[good]
        self.turned = len(order) > 1 and order[0] > order[-1]
        self.scale = Scale(-0.5, len(wavelength) - 0.5)

    def _place(self, places):
        """Places from the left, wavelengths ascending."""
        return self.scale.high - 0.5 - places if self.turned else places

    def wavelengths(self):
        """Round wavelengths and their places."""
        ticks = Scale(self._wavelength[0], self._wavelength[-1]).ticks(6)
        places = np.interp([v for v, _ in ticks], self._wavelength, self._places)
        return [(float(self._place(p)), text) for p, (_, text) in zip(places, ticks, strict=True)]

    def pixels(self):
        """Round pixel numbers and their places."""
        places, pixels = self._known
        order = np.argsort(pixels)
        ticks = Scale(pixels.min(), pixels.max()).ticks(5)
        found = np.interp([value for value, _ in ticks], pixels[order], places[order])
        return [(float(self._place(p)), text) for p, (_, text) in zip(found, ticks, strict=True)]


def _map_panel(curve, title, shown, axis, colours):
    """Panel with a map of flux against wavelength and time, its seams and pixel numbers."""
    panel = Panel(title, axis.scale, "Wavelength (µm)", True, axis.wavelengths())
    panel.top_axis(axis.pixels(), "Pixel along the dispersion")
    first, last = float(curve.hours[0]), float(curve.hours[-1])
    ends = (first, last) if first < last else (first - 0.5, last + 0.5)
    axes = panel.add(_MAP_HEIGHT, Scale(*ends), short_label(curve))
    scale, palette, label = colours
    shown = shown[:, ::-1] if axis.turned else shown
    axes.image(shown, (axis.scale.low, axis.scale.high, *ends), scale, palette, label)
    for hour in seam_hours(curve):
        axes.horizontal(hour, WHITE, None, None, 2.0)
        axes.horizontal(hour, BLACK, "seam of segments", "5 3", 1.2)
    return panel


def _bright_limits(flux, light):
    """Colours from the bright part of a map."""
    bright = light > _BRIGHT * np.nanpercentile(light, 95) if np.isfinite(light).any() else []
    shown = flux[:, bright]
    shown = shown[np.isfinite(shown)]
    if not len(shown):
        return 0.0, 1.0
    low, high = np.percentile(shown, [1, 99])
    return float(low), float(high)


def light_curve_map(curves):
    """
    Draw the flux against time and wavelength.

    Parameters
    ----------
    curves : list of Curve
        The light curves.

    Returns
    -------
    panels : list of Panel
        One for each curve, on the colours of its bright part.
    """
    drawn, limits = [], []
    for _, curve in _with_spectrum(curves):
        shown, wavelength = curve.arrays["map"], curve.arrays["wavelength"]
        step = -(-len(wavelength) // shown.shape[1])
        middles = np.minimum(np.arange(shown.shape[1]) * step + step // 2, len(wavelength) - 1)
        if np.isfinite(wavelength[middles]).sum() < 2:
            continue
        axis = _MapAxis(wavelength[middles], curve.arrays["columns"][middles])
        limits.append(_bright_limits(shown, np.nan_to_num(curve.arrays["spectrum"][middles])))
        drawn.append((curve, curve.name, shown, axis))
    return _maps(drawn, limits, "cividis", "Flux over its median")


def _maps(drawn, limits, palette, label):
    """Panels of maps that are compared, on one scale unless that would hide some."""
    return [
        _map_panel(*parts, (Scale(*limit), palette, label))
        for parts, limit in zip(drawn, shared_limits(limits), strict=True)
    ]


def binned_light_curves(curves):
    """
    Draw the light curves in bins of wavelength, and next to them what is left without white light.

    Parameters
    ----------
    curves : list of Curve
        The light curves.

    Returns
    -------
    panels : list of Panel
        Two for each curve that has bins.
    """
    whole, rests, limits, spreads = [], [], [], []
    for curve in curves:
        bins = curve.arrays.get("binned")
        if bins is None or np.isfinite(bins["wavelength"]).sum() < 2:
            continue
        flux, light = bins["flux"], np.nan_to_num(bins["level"])
        rest = flux / curve.rows["flux_norm"][:, None]
        rest = rest / nan_median(rest)
        axis = _MapAxis(bins["wavelength"], bins["pixel"])
        limits.append(_bright_limits(flux, light))
        whole.append((curve, f"{curve.name}, {flux.shape[1]} bins", flux, axis))
        rest = _PPM * (rest - 1.0)
        half = _half_range(rest[:, light > _BRIGHT * light.max()])
        spreads.append((-half, half))
        rests.append((curve, f"{curve.name}, white light divided out", rest, axis))
    first = _maps(whole, limits, "cividis", "Flux over its median")
    second = _maps(rests, spreads, "blue-orange", "Over white light (ppm)")
    return [panel for pair in zip(first, second, strict=True) for panel in pair]


def _half_range(values):
    """Half range of colours about 0, of a few times the scatter."""
    known = values[np.isfinite(values)]
    return max(_SIGMAS * 1.4826 * float(np.median(np.abs(known))), 1e-3) if len(known) else 1.0
