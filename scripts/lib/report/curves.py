"""Light curves with everything that is plotted of them."""

from dataclasses import dataclass

import numpy as np

from scripts.lib.diagnostics.light_curve_metrics import find_seams
from scripts.lib.diagnostics.verdict import curve_name
from scripts.lib.light_curves.quality import QUALITY_BITS
from scripts.lib.report.plot_style import BLACK, RED
from scripts.lib.report.scales import Scale

__all__ = [
    "MOST_MARKS",
    "Curve",
    "draws_all_flagged",
    "duration_unit",
    "flag_text",
    "group_by_detector",
    "make_curves",
    "mark_seams_and_jumps",
    "point_titles",
    "seam_hours",
    "short_label",
    "shown_integrations",
    "time_scale",
]

# Marks of a curve above which only some are drawn, so that the page stays small.
MOST_MARKS = 1500


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


def group_by_detector(curves):
    """
    Group curves by detector: its orders share their images.

    Parameters
    ----------
    curves : list of Curve
        The light curves.

    Returns
    -------
    groups : list of list of Curve
        Those of each detector.
    """
    groups = {}
    for curve in curves:
        groups.setdefault(curve.metrics["detector"], []).append(curve)
    return list(groups.values())


def time_scale(curve):
    """
    Scale of the time axis of a curve.

    Parameters
    ----------
    curve : Curve
        The light curve.

    Returns
    -------
    scale : Scale
        From the first to the last integration, and a little more.
    """
    low, high = float(np.min(curve.hours)), float(np.max(curve.hours))
    margin = 0.015 * (high - low) or 0.5
    return Scale(low - margin, high + margin)


def short_label(curve):
    """
    Label of the time axis where there is little room.

    Parameters
    ----------
    curve : Curve
        The light curve.

    Returns
    -------
    label : str
        Without the start of the visit.
    """
    unit = curve.axis_label.rpartition("(")[2]
    return f"Time ({unit}" if "(" in curve.axis_label else curve.axis_label


def shown_integrations(curve):
    """
    Choose the integrations whose marks are drawn.

    Parameters
    ----------
    curve : Curve
        The light curve.

    Returns
    -------
    rows : ndarray of int
        All up to 1500; of more every second or third and so on, and all that are flagged
        unless these are more than 1500 themselves.
    """
    count = len(curve.hours)
    step = -(-count // MOST_MARKS)
    if step == 1:
        return np.arange(count)
    chosen = (curve.rows["quality"] != 0) & draws_all_flagged(curve)
    chosen[::step] = True
    return np.flatnonzero(chosen)


def draws_all_flagged(curve):
    """
    Whether all integrations with a flag are drawn.

    Parameters
    ----------
    curve : Curve
        The light curve.

    Returns
    -------
    all_drawn : bool
        False if they are so many that the page would not stay small.
    """
    few = len(curve.hours) <= MOST_MARKS
    return few or int(np.count_nonzero(curve.rows["quality"])) <= MOST_MARKS


def flag_text(quality):
    """
    Say what the quality of an integration is.

    Parameters
    ----------
    quality : int
        Sum of the bits of `light_curves.quality.QUALITY_BITS`.

    Returns
    -------
    text : str
        What each bit means.

    Examples
    --------
    >>> flag_text(0), flag_text(17)
    ('no flag', 'no flux; flux is an outlier among its neighbours')
    """
    found = [text for bit, text in enumerate(QUALITY_BITS) if quality >> bit & 1]
    return "; ".join(found) or "no flag"


def point_titles(curve, rows, values, errors=None, unit=""):
    """
    Text that appears where the pointer rests on a mark.

    Parameters
    ----------
    curve : Curve
        The light curve.
    rows : ndarray of int
        Its integrations that are drawn.
    values : list of str
        Value of each of them, as text.
    errors : list of str, optional
        Error of each, as text.
    unit : str, optional
        Unit of both.

    Returns
    -------
    titles : list of str
        Integration, time, value with error, and flags.
    """
    parts = [
        curve.rows["integration"][rows].tolist(),
        (curve.rows["bjd_tdb"][rows] + 2400000.5).tolist(),
        values,
        [f" ± {error}" for error in errors] if errors else [""] * len(rows),
        curve.rows["quality"][rows].tolist(),
    ]
    return [
        f"integration {integration}, BJD {time:.5f}, {value}{error}{unit}, {flag_text(quality)}"
        for integration, time, value, error, quality in zip(*parts, strict=True)
    ]


def seam_hours(curve):
    """
    Places of the seams of segments on the time axis.

    Parameters
    ----------
    curve : Curve
        The light curve.

    Returns
    -------
    hours : list of float
        In the middle between the integrations of each.
    """
    hours = curve.hours
    return [(hours[seam - 1] + hours[seam]) / 2.0 for seam in find_seams(curve.rows)]


def mark_seams_and_jumps(axes, curve):
    """
    Draw vertical lines at seams and at jumps.

    Parameters
    ----------
    axes : Axes
        Plot against the time of the curve.
    curve : Curve
        The light curve.
    """
    for hour in seam_hours(curve):
        axes.vertical(hour, BLACK, "seam of segments", "5 3")
    for event in curve.metrics.get("tilt_events") or []:
        hours = curve.hours[curve.rows["integration"] == event["integration"]]
        if len(hours):
            axes.vertical(hours[0], RED, "jump", "1 2", 1.5)
