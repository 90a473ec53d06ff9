"""Look of the plots: colours for the colour-blind, sizes, and how they are saved."""

import io

import numpy as np

from scripts.lib.files.atomic import atomic_file, open_part

__all__ = [
    "BLACK",
    "BLUE",
    "CURVE_COLOURS",
    "CURVE_MARKERS",
    "GREEN",
    "GREY",
    "ORANGE",
    "PURPLE",
    "RED",
    "SKY",
    "binned_points",
    "colour_scale",
    "legend_above",
    "name_panel",
    "new_figure",
    "note",
    "robust_limits",
    "save",
    "time_label",
]

# Okabe & Ito 2008, https://jfly.uni-koeln.de/color/
BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
BLUE, RED, PURPLE, GREY = "#0072B2", "#D55E00", "#CC79A7", "#777777"
CURVE_COLOURS = (BLUE, RED, GREEN, PURPLE)
CURVE_MARKERS = ("o", "s", "^", "D")
_WIDTH = 9.0
# Space around the axes of a figure, and between its columns and its rows [inch].
_MARGINS = {
    "left": 1.0,
    "right": 0.2,
    "bottom": 0.6,
    "top": 0.4,
    "between_columns": 0.75,
    "between_rows": 0.2,
}

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
    "path.simplify": True,
}


def new_figure(height, rows=1, columns=1, width=_WIDTH, margins=None, **options):
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
    margins : dict of str to float, optional
        Margins that differ from the usual ones [inch]. They are fixed, as letting
        matplotlib find them takes as long as drawing.
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

    inches = _MARGINS | ({"top": 0.7} if columns > 1 else {}) | (margins or {})
    across = (width - inches["left"] - inches["right"] + inches["between_columns"]) / columns
    down = (height - inches["top"] - inches["bottom"] + inches["between_rows"]) / rows
    grid = {
        "left": inches["left"] / width,
        "right": 1.0 - inches["right"] / width,
        "bottom": inches["bottom"] / height,
        "top": 1.0 - inches["top"] / height,
        "wspace": inches["between_columns"] / (across - inches["between_columns"]),
        "hspace": inches["between_rows"] / (down - inches["between_rows"]),
    }
    grid |= options.pop("gridspec_kw", {})
    with rc_context(_SETTINGS):
        figure = Figure(figsize=(width, height))
        FigureCanvasAgg(figure)
        axes = figure.subplots(rows, columns, squeeze=False, gridspec_kw=grid, **options)
    return figure, axes


def name_panel(axis, text):
    """Write a title at the left, at a fixed height: without one matplotlib measures all labels."""
    axis.set_title(text, loc="left", y=1.0)


def legend_above(figure):
    """Put one legend for all axes above them at the right, where it hides no data."""
    found = {}
    for axis in figure.axes:
        for handle, label in zip(*axis.get_legend_handles_labels(), strict=True):
            found.setdefault(label, handle)
    edge = max(axis.get_position().x1 for axis in figure.axes)
    figure.legend(
        found.values(),
        found.keys(),
        loc="upper right",
        bbox_to_anchor=(edge, 1.0),
        ncols=len(found),
        fontsize=9,
        frameon=False,
        columnspacing=1.2,
        borderaxespad=0.3,
        markerscale=1.5,
    )


def time_label(figure, axes, label):
    """Write the label of the time axis once for all axes of the bottom row."""
    if axes.shape[1] == 1:
        axes[-1, 0].set_xlabel(label)
    else:
        figure.supxlabel(label, fontsize=10, y=0.12 / figure.get_figheight(), va="bottom")


def colour_scale(figure, axis, image, label, extend, whole_numbers=False):
    """Draw the scale of an image in the margin to the right of its axes."""
    from matplotlib.ticker import MaxNLocator

    inches = axis.get_position().width * figure.get_figwidth()
    ticks = MaxNLocator(6, integer=True) if whole_numbers else None
    strip = axis.inset_axes((1.0 + 0.08 / inches, 0.0, 0.14 / inches, 1.0))
    figure.colorbar(image, cax=strip, label=label, extend=extend, ticks=ticks)
    strip.yaxis.set_label_coords(0.86 / 0.14, 0.5)


def _place_labels(figure):
    """Put the labels of all axes at a fixed distance: without one matplotlib measures all ticks."""
    for axis in figure.axes:
        frame, (width, height) = axis.get_position(), figure.get_size_inches()
        axis.xaxis.set_label_coords(0.5, -0.32 / (frame.height * height))
        axis.yaxis.set_label_coords(-0.66 / (frame.width * width), 0.5)


def save(figure, png, svg=None):
    """
    Save a figure as image and as vector drawing; the same figure gives the same bytes.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        The figure.
    png : Path
        File of the image.
    svg : Path, optional
        File of the vector drawing.
    """
    from matplotlib import rc_context

    forms = [(png, {"dpi": 110, "metadata": {"Software": None}})]
    forms[0][1]["pil_kwargs"] = {"compress_level": 4}
    if svg:
        forms.append((svg, {"dpi": 100, "metadata": {"Date": None, "Creator": None}}))
    _place_labels(figure)
    with rc_context(_SETTINGS):
        for path, options in forms:
            stream = io.BytesIO()
            figure.savefig(stream, format=path.suffix[1:], **options)
            with atomic_file(path) as part, open_part(part, "wb") as file:
                file.write(stream.getvalue())


def note(axis, text):
    """Write into an empty panel why it is empty."""
    axis.text(0.5, 0.5, text, ha="center", va="center", transform=axis.transAxes)
    axis.set_xticks([])
    axis.set_yticks([])
    axis.grid(False)


def robust_limits(values, margin=0.15, spread=None):
    """
    Limits of an axis that a few outliers do not widen.

    Parameters
    ----------
    values : ndarray
        Values that are shown; NaN is left out.
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
        Points that are shown; NaN is left out.
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
