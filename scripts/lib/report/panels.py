"""Panels of plots: axes below each other with one scale along x, and their legend."""

import numpy as np

from scripts.lib.report.axes import COLOUR_BAR, FRAME, SHAPES, TEXT, Axes
from scripts.lib.report.drawing import Drawing, number

__all__ = ["WIDTH", "Panel"]

# Width of a panel [px]; pages show it from 0.8 to 1.3 times as wide.
WIDTH = 480
_LEFT, _RIGHT = 66, 14
_BETWEEN, _TITLE, _LEGEND_LINE, _TICK_LINE, _LABEL_LINE = 12, 20, 16, 17, 17
# Width of a letter of the legend [px], generous.
_LETTER = 5.9


class Panel:
    """
    Plots below each other with one scale along x.

    Parameters
    ----------
    title : str
        Name above them.
    x : Scale
        Scale along x.
    x_label : str
        What is along x.
    colour_bar : bool, optional
        Whether there is room for the scale of colours.
    ticks : list of (float, str), optional
        Values of x and what is written there; round numbers by default.
    """

    def __init__(self, title, x, x_label, colour_bar=False, ticks=None):
        self.title, self.x, self.x_label = title, x, x_label
        self.inner_width = WIDTH - _LEFT - (COLOUR_BAR if colour_bar else _RIGHT)
        self._ticks = self._apart(x.ticks(6) if ticks is None else ticks)
        self.axes, self.above = [], None

    def _apart(self, ticks):
        """Leave out numbers that would touch the one before."""
        kept, end = [], -np.inf
        for tick in sorted(ticks, key=lambda tick: float(self.x.place(tick[0]))):
            middle, half = float(self.x.place(tick[0])) * self.inner_width, 3.5 * len(tick[1])
            if middle - half > end:
                kept.append(tick)
                end = middle + half + 5.0
        return kept

    def add(self, height, y, y_label):
        """
        Add axes below those before.

        Parameters
        ----------
        height : float
            Height [px].
        y : Scale
            Scale along y.
        y_label : str
            What is along y.

        Returns
        -------
        axes : Axes
            The axes, still empty.
        """
        self.axes.append(Axes((self.inner_width, height), self.x, y, y_label))
        return self.axes[-1]

    def top_axis(self, ticks, label):
        """Write numbers of a second axis above: values of x and their texts."""
        self.above = self._apart(ticks), label

    def _entries(self):
        """Entries of the legend, each once."""
        found = {}
        for axes in self.axes:
            for label, kind, style in axes.entries:
                found.setdefault(label, (kind, style))
        return [(label, kind, style) for label, (kind, style) in found.items()]

    def _legend_lines(self):
        """Entries in lines that fit the panel."""
        lines, room = [], 0.0
        for entry in self._entries():
            needed = 36 + _LETTER * len(entry[0])
            if not lines or needed > room:
                lines.append([])
                room = float(WIDTH - _LEFT - 4)
            lines[-1].append((WIDTH - 4 - room, entry))
            room -= needed
        return lines

    def drawing(self, alt=""):
        """
        Draw everything.

        Parameters
        ----------
        alt : str, optional
            Description for readers who cannot see it.

        Returns
        -------
        drawing : Drawing
            The panel.
        """
        lines = self._legend_lines()
        title = _TITLE if self.title else 2
        top = title + _LEGEND_LINE * len(lines) + (2 * _TICK_LINE if self.above else 0) + 4
        heights = sum(axes.height for axes in self.axes) + _BETWEEN * (len(self.axes) - 1)
        bottom = top + heights + _TICK_LINE + _LABEL_LINE + 6
        drawing = Drawing(float(WIDTH), float(bottom), alt)
        drawing.add("text", self.title, x=_LEFT, y=14, font_weight="bold", fill=TEXT)
        for row, line in enumerate(lines):
            for column, entry in line:
                _draw_entry(drawing, column, title + _LEGEND_LINE * row + 9, entry)
        self._draw_above(drawing, top)
        place = top
        for axes in self.axes:
            axes.frame(drawing, _LEFT, place, self._ticks)
            place += axes.height + _BETWEEN
        self._draw_below(drawing, place - _BETWEEN)
        return drawing

    def _draw_below(self, drawing, place):
        """Numbers and label of x."""
        for value, text in self._ticks:
            column = _LEFT + float(self.x.place(value)) * self.inner_width
            drawing.add("line", x1=column, x2=column, y1=place, y2=place + 4, stroke=FRAME)
            drawing.add("text", text, x=column, y=place + _TICK_LINE, text_anchor="middle")
        middle = {"x": _LEFT + self.inner_width / 2.0, "text_anchor": "middle"}
        drawing.add("text", self.x_label, y=place + _TICK_LINE + _LABEL_LINE, **middle)

    def _draw_above(self, drawing, top):
        """Numbers and label of the second axis."""
        if not self.above:
            return
        ticks, label = self.above
        for value, text in ticks:
            column = _LEFT + float(self.x.place(value)) * self.inner_width
            drawing.add("line", x1=column, x2=column, y1=top - 4, y2=top, stroke=FRAME)
            drawing.add("text", text, x=column, y=top - 7, text_anchor="middle", font_size=11)
        middle = {"x": _LEFT + self.inner_width / 2.0, "text_anchor": "middle", "font_size": 11}
        drawing.add("text", label, y=top - 7 - _TICK_LINE, **middle)


def _draw_entry(drawing, column, row, entry):
    """Draw a sample and its name in the legend."""
    label, kind, style = entry
    if kind == "line":
        drawing.add("line", x1=column, x2=column + 20, y1=row, y2=row, **style)
    elif kind == "band":
        drawing.add("rect", x=column, y=row - 5, width=20, height=10, **style)
    else:
        drawing.add("path", d=f"M{number(column + 10)} {number(row)}{SHAPES[kind]}", **style)
    drawing.add("text", label, x=column + 25, y=row + 4, font_size=11, fill=TEXT)
