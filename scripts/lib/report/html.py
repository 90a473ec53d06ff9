"""
HTML pages: templates filled by Jinja2, and the parts that are passed to them.

Everything passed to a template is text and is escaped; no string is taken for HTML.
"""

import base64
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import quote

__all__ = [
    "TEMPLATES",
    "Figure",
    "Link",
    "Table",
    "environment",
    "number_text",
    "render",
]

TEMPLATES = Path(__file__).parent / "templates"
# CSS pixels of a page for each pixel of an image.
_SCALE = 0.97


@dataclass(frozen=True)
class Link:
    """
    A link to a file.

    Attributes
    ----------
    path : str
        Path of the file, relative to the page.
    text : str
        Text of the link.

    Raises
    ------
    ValueError
        If the path is absolute.
    """

    path: str
    text: str

    def __post_init__(self):
        """Refuse an absolute path; one that starts with two slashes names another host."""
        if self.path.startswith("/"):
            raise ValueError(f"{self.path}: a link of a page must be relative")

    @property
    def href(self):
        """Relative reference; no character of the path can make it a scheme, query or fragment."""
        return quote(self.path)


@dataclass(frozen=True)
class Table:
    """
    A table.

    Attributes
    ----------
    caption : str
        What the table shows.
    head : list of str
        Headings of the columns.
    rows : list of list
        Cells: numbers, texts, links, and None for unknown values. The
        first cell of each row is its heading.
    numbers : collection of int
        Columns that are aligned to the right.
    without_rows : str
        Sentence instead of a table without rows.
    """

    caption: str
    head: list
    rows: list
    numbers: Collection = ()
    without_rows: str = ""


@dataclass(frozen=True)
class Figure:
    """
    An image with its caption.

    Attributes
    ----------
    title : str
        Heading.
    png : bytes
        The image.
    alt : str
        Description for readers who cannot see the image.
    caption : str
        Caption.
    vector : Link or None
        The vector drawing.
    """

    title: str
    png: bytes
    alt: str
    caption: str
    vector: Link | None = None

    @property
    def source(self):
        """The image as a ``data:`` address."""
        return f"data:image/png;base64,{base64.b64encode(self.png).decode('ascii')}"

    @property
    def width(self):
        """Width on the page [CSS pixels]."""
        return _page_size(self.png[16:20])

    @property
    def height(self):
        """Height on the page [CSS pixels]."""
        return _page_size(self.png[20:24])


def _page_size(field):
    """Size on the page from a field of the image's header."""
    return round(int.from_bytes(field, "big") * _SCALE)


def number_text(value):
    """
    Write a number for a reader.

    Parameters
    ----------
    value : object
        Number, text or None.

    Returns
    -------
    text : str
        At most four digits of a float below 1000; a dash for None and NaN; any
        other value as it is.

    Examples
    --------
    >>> number_text(0.123456), number_text(12345.6), number_text(None), number_text("NRS1")
    ('0.1235', '12346', '–', 'NRS1')
    """
    if value is None or value != value:
        return "–"
    if isinstance(value, float):
        return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.4g}"
    return str(value)


def render(template, **values):
    """
    Fill a template.

    Parameters
    ----------
    template : str
        File name in ``templates``.
    **values
        Values that the template shows.

    Returns
    -------
    html : str
        The page.

    Raises
    ------
    jinja2.UndefinedError
        If the template shows a value that is not passed.
    """
    return environment().get_template(template).render(values)


@cache
def environment():
    """
    Set up Jinja2: everything is escaped, and an undefined value is an error.

    Returns
    -------
    environment : jinja2.Environment
        The same object at each call.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    found = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    found.filters["number_text"] = number_text
    found.tests["link"] = lambda cell: isinstance(cell, Link)
    return found
