"""Plot of the depths of a transit or eclipse against wavelength."""

import numpy as np

from scripts.lib.report.panels import Panel
from scripts.lib.report.plot_style import CURVE_COLOURS
from scripts.lib.report.scales import Scale

__all__ = ["depth_spectrum"]

_PERCENT = 100.0
# Depths whose error is larger than this many times the median do not set the scale.
_POOR = 3.0


def depth_spectrum(curves):
    """
    Draw the depth of the dip in each bin of wavelength.

    Parameters
    ----------
    curves : list of Curve
        The light curves, with ``depths`` among their arrays.

    Returns
    -------
    panels : list of Panel
        One for all detectors and orders; none without depths of bins.
    """
    known = [
        (CURVE_COLOURS[k % len(CURVE_COLOURS)], curve, *_bins(curve.arrays.get("depths")))
        for k, curve in enumerate(curves)
    ]
    known = [parts for parts in known if len(parts[2])]
    if not known:
        return []
    wavelength, depth, error = (
        np.concatenate(parts) for parts in list(zip(*known, strict=True))[2:]
    )
    margin = 0.02 * float(np.ptp(wavelength)) or 0.1
    x = Scale(float(wavelength.min()) - margin, float(wavelength.max()) + margin)
    panel = Panel("", x, "Wavelength (µm)")
    sure = error <= _POOR * np.median(error)
    low, high = float((depth - error)[sure].min()), float((depth + error)[sure].max())
    room = 0.1 * (high - low)
    axes = panel.add(200, Scale(low - room, high + room), "Depth (%)")
    for number, (colour, curve, *values) in enumerate(known):
        titles = [
            f"{w:.4f} µm, depth {d:.4f} ± {e:.4f} %"
            for w, d, e in zip(*(part.tolist() for part in values), strict=True)
        ]
        axes.points(*values[:2], colour, curve.name, errors=values[2], titles=titles)
        _draw_white(axes, curve, colour, number == 0)
    return [panel]


def _bins(depths):
    """Wavelength, depth and its error [%] of the bins that have them."""
    if depths is None:
        return (np.zeros(0),) * 3
    good = (depths["kind"] == "bin") & np.isfinite(depths["depth"])
    return (
        depths["wavelength"][good],
        _PERCENT * depths["depth"][good],
        _PERCENT * depths["depth_error"][good],
    )


def _draw_white(axes, curve, colour, first):
    """Draw the depth in white light."""
    depths = curve.arrays["depths"]
    white = depths["depth"][depths["kind"] == "white"]
    if np.isfinite(white).any():
        label = "white light" if first else None
        axes.horizontal(_PERCENT * float(white[0]), colour, label, "5 3", 1.2)
