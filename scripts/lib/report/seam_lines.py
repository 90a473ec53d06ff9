"""Mark seams of segments and tilt events in a plot against time."""

from scripts.lib.diagnostics.light_curve_metrics import seam_places
from scripts.lib.report.plot_style import BLACK, RED


def mark_seams(axis, curve):
    """
    Draw vertical lines where segments meet and where something jumped.

    Parameters
    ----------
    axis : matplotlib.axes.Axes
        Plot against the time of the curve.
    curve : Curve
        The light curve.
    """
    for k, seam in enumerate(seam_places(curve.rows)):
        place = (curve.hours[seam - 1] + curve.hours[seam]) / 2.0
        axis.axvline(place, color=BLACK, lw=0.8, ls="--", label=None if k else "seam")
    for k, event in enumerate(curve.figures.get("tilt_events") or []):
        place = curve.hours[curve.rows["integration"] == event["integration"]]
        if len(place):
            axis.axvline(place[0], color=RED, lw=1.2, ls=":", label=None if k else "jump")
