"""
Vector drawings (SVG) as text.

They are written here, element by element, so that every text in them is escaped, and none can hold a
script, a link or a style; and because that takes a hundredth of the time of a plotting library.
"""

import base64
import re
from html import escape

import numpy as np

__all__ = ["Drawing", "escaped", "number", "points_path", "side_by_side"]

# Characters that XML does not allow.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NAMESPACE = "http://www.w3.org/2000/svg"


def escaped(text):
    """
    Make a text fit for an element or attribute.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    text : str
        Markup characters escaped, characters that XML does not allow replaced.

    Examples
    --------
    >>> escaped("<b>&")
    '&lt;b&gt;&amp;'
    """
    return escape(_NOT_XML.sub("\ufffd", str(text)))


def number(value):
    """
    Write a coordinate.

    Parameters
    ----------
    value : float
        Coordinate [px].

    Returns
    -------
    text : str
        With one decimal where it has one.

    Examples
    --------
    >>> number(12.04), number(12.34)
    ('12', '12.3')
    """
    return f"{value:.1f}".removesuffix(".0")


def points_path(x, y, closed=False):
    """
    Path through points; NaN interrupts it.

    Parameters
    ----------
    x, y : ndarray, shape (points,)
        Coordinates [px].
    closed : bool, optional
        Whether the path returns to its start.

    Returns
    -------
    path : str
        Attribute ``d`` of a path; empty without finite points.
    """
    good = np.isfinite(x) & np.isfinite(y)
    starts = good & ~np.append(False, good[:-1])
    steps = (
        f"{'M' if start else 'L'}{number(a)} {number(b)}"
        for start, a, b in zip(starts[good], x[good].tolist(), y[good].tolist(), strict=True)
    )
    path = "".join(steps)
    return f"{path}Z" if closed and path else path


class Drawing:
    """
    A vector drawing.

    Parameters
    ----------
    width, height : float
        Size [px].
    alt : str
        Description for readers who cannot see it.
    """

    def __init__(self, width, height, alt=""):
        self.width, self.height, self.alt = width, height, alt
        self._parts = []

    def add(self, tag, content="", **attributes):
        """
        Add an element.

        Parameters
        ----------
        tag : str
            One of those that only draw.
        content : str, optional
            Text in it.
        **attributes
            Its attributes; ``_`` stands for ``-``, None is left out.
        """
        if tag not in ("path", "line", "rect", "circle", "text"):
            raise ValueError(f"{tag}: no element of a drawing")
        self._parts.append(f"<{tag}{_attributes(attributes)}>{escaped(content)}</{tag}>")

    def marks(self, x, y, shape, titles, **attributes):
        """
        Add a mark for each point, with a text that appears where the pointer rests on it.

        Parameters
        ----------
        x, y : ndarray, shape (points,)
            Coordinates [px]; NaN is left out.
        shape : str
            Path of the mark about its origin, as of :data:`SHAPES` in `axes`.
        titles : list of str
            Text of each.
        **attributes
            Of all marks together.
        """
        found = [
            f'<path d="M{number(a)} {number(b)}{shape}"><title>{escaped(title)}</title></path>'
            for a, b, title in zip(x.tolist(), y.tolist(), titles, strict=True)
            if a == a and b == b
        ]
        self._parts.append(f"<g{_attributes(attributes)}>{''.join(found)}</g>")

    def image(self, png, **attributes):
        """
        Add an image.

        Parameters
        ----------
        png : bytes
            The image.
        **attributes
            Its place: ``x``, ``y``, ``width``, ``height``.
        """
        source = f"data:image/png;base64,{base64.b64encode(png).decode('ascii')}"
        style = {"preserveAspectRatio": "none", "image_rendering": "pixelated"}
        self._parts.append(f'<image{_attributes(attributes | style)} href="{source}"/>')

    def place(self, other, x, y):
        """
        Add another drawing, cut at its borders.

        Parameters
        ----------
        other : Drawing
            The drawing.
        x, y : float
            Place of its upper left corner [px].
        """
        size = {"x": x, "y": y, "width": other.width, "height": other.height}
        self._parts.append(f"<svg{_attributes(size)}>{''.join(other._parts)}</svg>")

    def __html__(self):
        """Return the element, for templates: the only markup that they take as it is."""
        return self.svg()

    def svg(self, alone=False):
        """
        Write the drawing.

        Parameters
        ----------
        alone : bool, optional
            Whether it becomes a file: on white, of fixed size.

        Returns
        -------
        svg : str
            The element, with all texts escaped.
        """
        attributes = {"viewBox": f"0 0 {number(self.width)} {number(self.height)}", "role": "img"}
        attributes |= {"aria_label": self.alt, "font_family": "sans-serif", "font_size": 12}
        background = ""
        if alone:
            size = {"width": number(self.width), "height": number(self.height)}
            attributes = {"xmlns": _NAMESPACE} | size | attributes
            background = '<rect width="100%" height="100%" fill="#fff"/>'
        return f"<svg{_attributes(attributes)}>{background}{''.join(self._parts)}</svg>"


def _attributes(values):
    """Attributes of an element, escaped."""
    return "".join(
        f' {_attribute(name)}="{f"{value:.5g}" if isinstance(value, float) else escaped(value)}"'
        for name, value in values.items()
        if value is not None
    )


def _attribute(name):
    """Name of an attribute: SVG has some with capitals and some with hyphens."""
    return name.replace("_", "-")


def side_by_side(drawings, columns=2):
    """
    Put drawings into one, row by row.

    Parameters
    ----------
    drawings : list of Drawing
        One or more.
    columns : int, optional
        Most drawings in a row.

    Returns
    -------
    drawing : Drawing
        All of them.
    """
    rows = [drawings[k : k + columns] for k in range(0, len(drawings), columns)]
    width = max(sum(drawing.width for drawing in row) for row in rows)
    whole = Drawing(width, sum(max(d.height for d in row) for row in rows), drawings[0].alt)
    top = 0.0
    for row in rows:
        left = 0.0
        for drawing in row:
            whole.place(drawing, left, top)
            left += drawing.width
        top += max(drawing.height for drawing in row)
    return whole
