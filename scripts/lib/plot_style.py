"""Look of the plots: colours for the colour-blind, sizes, and how they are saved."""

import io

import numpy as np

# Okabe & Ito 2008, https://jfly.uni-koeln.de/color/
BLACK, ORANGE, SKY, GREEN, BLUE, RED, PURPLE = (
    *("#000000", "#E69F00", "#56B4E9", "#009E73", "#0072B2", "#D55E00", "#CC79A7"),
)
CURVE_COLOURS = (BLUE, RED, GREEN, PURPLE)
CURVE_MARKERS = ("o", "s", "^", "D")
WIDTH = 9.0

_SETTINGS = {
    "font.size": 10,
    "font.family": "sans-serif",
    "axes.grid": True,
    "grid.color": "#dddddd",
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
    "legend.fontsize": 9,
    "svg.fonttype": "none",
    "svg.hashsalt": "tso3flow",
    "figure.constrained_layout.use": True,
    "path.simplify": True,
}


def new_figure(height, rows=1, columns=1, width=WIDTH, **options):
    """
    Make a figure with a grid of axes.

    Parameters
    ----------
    height : float
        Height [inch].
    rows, columns : int, optional
        Shape of the grid.
    width : float, optional
        Width [inch]; that of the report by default.
    **options
        For ``Figure.subplots``.

    Returns
    -------
    figure : matplotlib.figure.Figure
        The figure.
    axes : ndarray of matplotlib.axes.Axes, shape (rows, columns)
        Its axes.
    """
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with rc_context(_SETTINGS):
        figure = Figure(figsize=(width, height))
        FigureCanvasAgg(figure)
        axes = figure.subplots(rows, columns, squeeze=False, **options)
    return figure, axes


def save(figure, png, svg):
    """
    Save a figure as image and as vector drawing; the same figure gives the same bytes.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        The figure.
    png, svg : Path
        The files.
    """
    from matplotlib import rc_context

    with rc_context(_SETTINGS):
        for path, options in (
            (
                png,
                {"dpi": 110, "metadata": {"Software": None}, "pil_kwargs": {"compress_level": 4}},
            ),
            (svg, {"dpi": 100, "metadata": {"Date": None, "Creator": None}}),
        ):
            stream = io.BytesIO()
            figure.savefig(stream, format=path.suffix[1:], **options)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(stream.getvalue())
            # Where everything goes is settled; finding it again would double the time.
            figure.set_layout_engine("none")


def note(axis, text):
    """Say in an empty panel why it is empty."""
    axis.text(0.5, 0.5, text, ha="center", va="center", transform=axis.transAxes)
    axis.set_xticks([])
    axis.set_yticks([])
    axis.grid(False)


def robust_limits(values, margin=0.15, spread=None):
    """
    Limits of an axis that a few outliers do not stretch.

    Parameters
    ----------
    values : ndarray
        What is shown; NaN is left out.
    margin : float, optional
        Part of the range that is added on each side.
    spread : float, optional
        Least half range.

    Returns
    -------
    low, high : float
        The 0.5 and 99.5 percentile with the margin.
    """
    values = values[np.isfinite(values)]
    if not len(values):
        return 0.0, 1.0
    low, high = np.percentile(values, [0.5, 99.5])
    pad = max(margin * (high - low), spread or 0.0, 1e-12)
    return low - pad, high + pad


def binned_points(x, values, count=60):
    """
    Average neighbours for an overlay.

    Parameters
    ----------
    x, values : ndarray, shape (n,)
        What is shown; NaN is left out.
    count : int, optional
        Number of bins at most.

    Returns
    -------
    x, values : ndarray
        Means; empty if there are fewer than four values in a bin.
    """
    good = np.isfinite(x) & np.isfinite(values)
    x, values = x[good], values[good]
    size = len(x) // count
    if size < 4:
        return np.empty(0), np.empty(0)
    used = size * (len(x) // size)
    return tuple(array[:used].reshape(-1, size).mean(axis=1) for array in (x, values))
