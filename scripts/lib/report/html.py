"""
HTML pages: templates filled by Jinja2, and the parts that are passed to them.

Everything passed to a template is text and is escaped; no string is taken for HTML. Drawings alone
are markup: they are of a type of their own (`__html__`), which escapes every text in them.
"""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from math import floor, log10
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
    "with_error",
]

TEMPLATES = Path(__file__).parent / "templates"


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
    Drawings with a caption.

    Attributes
    ----------
    name : str
        Identifier on the page.
    title : str
        Heading.
    drawings : list of `drawing.Drawing`
        Panels, next to each other as far as there is room.
    caption : str
        Caption.
    """

    name: str
    title: str
    drawings: list
    caption: str


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
        Three digits of a float below 1000, whole numbers above; a dash for None and NaN; any
        other value as it is.

    Examples
    --------
    >>> number_text(0.123456), number_text(1.0), number_text(12345.6), number_text(-0.5)
    ('0.123', '1.00', '12346', '−0.500')
    >>> number_text(None), number_text("NRS1"), number_text(60)
    ('–', 'NRS1', '60')
    """
    if value is None or value != value:
        return "–"
    if isinstance(value, float):
        text = f"{value:.0f}" if abs(value) >= 999.5 else f"{value:#.3g}".rstrip(".")
        return text.replace("-", "−") if "e" not in text else text
    return str(value)


def with_error(value, error):
    """
    Write a measurement with its error.

    Parameters
    ----------
    value, error : float or None
        Both in the same unit.

    Returns
    -------
    text : str
        The error with two digits, the value with as many decimals; a dash without a value.

    Examples
    --------
    >>> with_error(-91.07, 159.2), with_error(1.23456, 0.0123), with_error(5.0, None)
    ('−91 ± 159', '1.235 ± 0.012', '5.00')
    """
    if value is None or value != value:
        return "–"
    if not error or error != error:
        return number_text(float(value))
    decimals = max(1 - floor(log10(abs(error))), 0)
    return f"{value:.{decimals}f} ± {error:.{decimals}f}".replace("-", "−")


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
