"""Axes of plots: scales, and the curves, marks, maps and outlines drawn in them."""

import numpy as np

from scripts.lib.report.drawing import Drawing, number, points_path
from scripts.lib.report.raster import map_png, strip_png

__all__ = ["COLOUR_BAR", "FRAME", "SHAPES", "TEXT", "Axes"]

# Room for the scale of the colours of a map [px], and colours of lines and letters.
COLOUR_BAR = 84
_GRID, FRAME, TEXT = "#e4e4e4", "#555555", "#1a1a1a"
# Paths of marks about their origin.
SHAPES = {
    # A line of no length with round ends is the shortest way to write a dot.
    "o": "h0",
    "s": "m-2.2 -2.2h4.4v4.4h-4.4z",
    "^": "m-2.7 2.2h5.4l-2.7 -4.8z",
    "D": "m-3 0l3 -3l3 3l-3 3z",
    "x": "m-4 -4l8 8m0 -8l-8 8",
}


class Axes:
    """
    Coordinates of a plot in a panel, and what is drawn in them.

    Parameters
    ----------
    size : tuple of float
        Width and height [px].
    x, y : Scale
        Scales; that of x is drawn below the lowest axes of a panel.
    y_label : str
        What is along y.
    """

    def __init__(self, size, x, y, y_label):
        self.width, self.height = size
        self.x, self.y, self.y_label = x, y, y_label
        self.inside = Drawing(float(self.width), float(self.height))
        self.entries, self.colours, self._grid = [], None, True
        self.numbers = True

    def places(self, x, y):
        """
        Turn values into coordinates.

        Parameters
        ----------
        x, y : array_like
            Values.

        Returns
        -------
        x, y : ndarray of float
            Coordinates [px], y downwards.
        """
        return self.x.place(x) * self.width, (1.0 - self.y.place(y)) * self.height

    def name(self, label, kind, **style):
        """Add an entry to the legend; the same label has one."""
        if label:
            self.entries.append((label, kind, style))

    def line(self, x, y, colour, label=None, width=1.5, dashes=None):
        """Draw a line through points; NaN interrupts it."""
        path = points_path(*self.places(x, y))
        if not path:
            return
        style = {"stroke": colour, "stroke_width": width, "stroke_dasharray": dashes}
        self.inside.add("path", d=path, fill="none", **style)
        self.name(label, "line", **style)

    def band(self, x, low, high, colour, label=None):
        """Fill what is between two lines; where one is not known, nothing."""
        good = np.isfinite(x) & np.isfinite(low) & np.isfinite(high)
        edges = np.flatnonzero(np.diff(np.concatenate([[False], good, [False]]).astype(int)))
        paths = []
        for start, stop in zip(edges[::2], edges[1::2], strict=True):
            part = slice(start, stop)
            around = np.concatenate([x[part], x[part][::-1]])
            values = np.concatenate([low[part], high[part][::-1]])
            paths.append(points_path(*self.places(around, values), closed=True))
        if paths:
            self.inside.add("path", d="".join(paths), fill=colour, fill_opacity=0.3)
            self.name(label, "band", fill=colour, fill_opacity=0.3)

    def points(self, x, y, colour, label=None, **options):
        """
        Draw points.

        Parameters
        ----------
        x, y : ndarray, shape (points,)
            Values; NaN is left out.
        colour : str
            Colour.
        label : str, optional
            Entry of the legend.
        **options
            ``shape``, one of :data:`SHAPES`; ``titles``, a text of each point; ``errors``, its
            error along y; ``opacity``.
        """
        if not (np.isfinite(x) & np.isfinite(y)).any():
            return
        shape, titles = options.get("shape", "o"), options.get("titles")
        style = {"fill": colour, "fill_opacity": options.get("opacity", 1.0)}
        if shape == "o":
            style = {"stroke": colour, "stroke_opacity": options.get("opacity", 1.0)}
            style |= {"stroke_width": 5, "stroke_linecap": "round"}
        if shape == "x":
            style = {"stroke": colour, "stroke_width": 2, "fill": "none"}
        if options.get("errors") is not None:
            self._errors(x, y, options["errors"], colour)
        places = self.places(x, y)
        if titles is None:
            marks = "".join(
                f"M{number(a)} {number(b)}{SHAPES[shape]}"
                for a, b in zip(*(values.tolist() for values in places), strict=True)
                if a == a and b == b
            )
            self.inside.add("path", d=marks, **style)
        else:
            self.inside.marks(*places, SHAPES[shape], titles, **style)
        self.name(label, shape, **style)

    def _errors(self, x, y, errors, colour):
        """Draw bars of errors."""
        columns, low = self.places(x, y - errors)
        _, high = self.places(x, y + errors)
        good = np.isfinite(columns) & np.isfinite(low) & np.isfinite(high)
        bars = "".join(
            f"M{number(a)} {number(b)}V{number(c)}"
            for a, b, c in zip(columns[good], low[good], high[good], strict=True)
        )
        self.inside.add("path", d=bars, stroke=colour, stroke_width=1, stroke_opacity=0.35)

    def vertical(self, x, colour, label=None, dashes=None, width=1.0):
        """Draw a vertical line."""
        place = float(self.x.place(x)) * self.width
        style = {"stroke": colour, "stroke_width": width, "stroke_dasharray": dashes}
        self.inside.add("line", x1=place, x2=place, y1=0, y2=self.height, **style)
        self.name(label, "line", **style)

    def horizontal(self, y, colour, label=None, dashes=None, width=1.0):
        """Draw a horizontal line."""
        place = (1.0 - float(self.y.place(y))) * self.height
        style = {"stroke": colour, "stroke_width": width, "stroke_dasharray": dashes}
        self.inside.add("line", x1=0, x2=self.width, y1=place, y2=place, **style)
        self.name(label, "line", **style)

    def span(self, low, high, colour, label=None):
        """Shade a range of x."""
        first, last = sorted((self.x.place([low, high]) * self.width).tolist())
        style = {"fill": colour, "fill_opacity": 0.2}
        self.inside.add("rect", x=first, width=last - first, y=0, height=self.height, **style)
        self.name(label, "band", **style)

    def bar(self, value, middle, height, colour, label=None):
        """Draw a horizontal bar from the left edge to a value; none where it is not known."""
        if np.isfinite(value):
            length, row = (float(place) for place in self.places(value, middle))
            box = {"x": 0, "width": max(length, 0.0), "y": row - height / 2.0, "height": height}
            self.inside.add("rect", fill=colour, **box)
            self.name(label, "band", fill=colour)

    def text(self, x, y, text, **style):
        """Write at a place of the plot."""
        column, row = (float(value) for value in self.places(x, y))
        style = {"fill": TEXT, "font_size": 11, "text_anchor": "middle", "dy": 4} | style
        self.inside.add("text", text, x=column, y=row, **style)

    def note(self, text):
        """Write into empty axes why they are empty."""
        self._grid = False
        middle = {"x": self.width / 2.0, "y": self.height / 2.0, "text_anchor": "middle"}
        self.inside.add("text", text, fill=FRAME, **middle)

    def image(self, image, extent, scale, palette, label, extreme=False):
        """
        Draw a map with the scale of its colours.

        Parameters
        ----------
        image : ndarray, shape (y, x)
            Values, the first row at the bottom.
        extent : tuple of float
            Values of x and y at its edges: left, right, bottom, top.
        scale : Scale
            Scale of the colours.
        palette, extreme
            As for `map_png`.
        label : str or None
            What the colours are; no scale is drawn for None.
        """
        self._grid = False
        (left, right), (bottom, top) = self.places(extent[:2], extent[2:])
        size = float(right - left), float(bottom - top)
        shown = map_png(image, scale, palette, size, extreme)
        self.inside.image(shown, x=float(left), y=float(top), width=size[0], height=size[1])
        self.colours = (scale, palette, label) if label else None

    def outline(self, mask, colour, label=None, dashes=None):
        """Draw the border of the pixels of a mask (y, x); none of an empty or full one."""
        if not mask.any() or mask.all():
            return
        self.name(label, "line", stroke=colour, stroke_width=1.5, stroke_dasharray=dashes)
        style = {"stroke": colour, "stroke_width": 1.5, "stroke_dasharray": dashes, "fill": "none"}
        self.inside.add("path", d=self._border(mask) + self._border(mask.T, True), **style)

    def _border(self, mask, turned=False):
        """Path along the horizontal edges of a mask; of its transpose the vertical ones."""
        padded = np.pad(mask.astype(np.int8), ((1, 1), (0, 0)))
        parts = []
        for row, edge in enumerate(np.diff(padded, axis=0) != 0):
            ends = np.flatnonzero(np.diff(np.concatenate([[False], edge, [False]]).astype(np.int8)))
            level = np.full(len(ends), row - 0.5)
            x, y = (level, ends - 0.5) if turned else (ends - 0.5, level)
            x, y = self.places(x, y)
            parts += [
                f"M{number(x[k])} {number(y[k])}L{number(x[k + 1])} {number(y[k + 1])}"
                for k in range(0, len(ends), 2)
            ]
        return "".join(parts)

    def circle(self, centre, radius, colour, label=None, dashes=None):
        """Draw a circle, on axes with equal scales."""
        column, row = (float(value) for value in self.places(*centre))
        size = radius * self.width / (self.x.high - self.x.low)
        style = {"stroke": colour, "stroke_width": 1.8, "stroke_dasharray": dashes}
        self.inside.add("circle", cx=column, cy=row, r=float(size), fill="none", **style)
        self.name(label, "line", **style)

    def frame(self, drawing, left, top, columns):
        """Draw grid, content, frame, numbers and label into the panel, the grid at columns as well."""
        ticks = self.y.ticks(max(3, min(8, int(self.height // 15))))
        box = {"x": left, "y": top, "width": self.width, "height": self.height}
        if self._grid:
            for value, _ in ticks if self.numbers else ():
                row = top + (1.0 - float(self.y.place(value))) * self.height
                drawing.add("line", x1=left, x2=left + self.width, y1=row, y2=row, stroke=_GRID)
            for value, _ in columns:
                place = left + float(self.x.place(value)) * self.width
                edges = {"y1": top, "y2": top + self.height}
                drawing.add("line", x1=place, x2=place, stroke=_GRID, **edges)
        drawing.place(self.inside, left, top)
        drawing.add("rect", fill="none", stroke=FRAME, **box)
        for value, text in ticks if self.numbers else ():
            row = top + (1.0 - float(self.y.place(value))) * self.height
            drawing.add("line", x1=left - 4, x2=left, y1=row, y2=row, stroke=FRAME)
            drawing.add("text", text, x=left - 7, y=row + 4.0, text_anchor="end", fill=TEXT)
        middle = top + self.height / 2.0
        turn = f"rotate(-90 13 {number(middle)})"
        drawing.add("text", self.y_label, x=13, y=middle, transform=turn, text_anchor="middle")
        self._draw_colours(drawing, left, top)

    def _draw_colours(self, drawing, left, top):
        """Draw the scale of the colours at the right."""
        if not self.colours:
            return
        scale, palette, label = self.colours
        start, width = left + self.width + 8, 11
        box = {"x": start, "y": top, "width": width, "height": self.height}
        drawing.image(strip_png(palette), **box)
        drawing.add("rect", fill="none", stroke=FRAME, **box)
        for value, text in scale.ticks(max(3, min(8, int(self.height // 20)))):
            row = top + (1.0 - float(scale.place(value))) * self.height
            ends = {"x1": start + width, "x2": start + width + 3}
            drawing.add("line", y1=row, y2=row, stroke=FRAME, **ends)
            drawing.add("text", text, x=start + width + 5, y=row + 4.0, font_size=11, fill=TEXT)
        middle, column = top + self.height / 2.0, left + self.width + COLOUR_BAR - 5
        turn = f"rotate(-90 {number(column)} {number(middle)})"
        style = {"transform": turn, "text_anchor": "middle", "font_size": 11}
        drawing.add("text", label, x=column, y=middle, **style)
