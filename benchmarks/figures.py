"""Figures of the benchmarks, in the colours of the report."""

__all__ = ["new_figure"]

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
        Width [inch].
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
