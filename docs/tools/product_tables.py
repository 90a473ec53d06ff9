"""Read the tables of the page about products, which a test compares with files."""

import re

__all__ = ["documented_products"]

_NAMES = re.compile(r"`([^`]+)`")


def documented_products(text):
    r"""
    Read what a page says about products.

    Parameters
    ----------
    text : str
        Markdown. A heading of the second level that begins with the end of a product's name in
        backticks starts a product, the head of a table says what its rows are: ``column``, ``meta``,
        ``extension``, or ``keyword of`` and ``column of`` one or more extensions.

    Returns
    -------
    products : dict of str to dict
        By the end of the name; of each the meaning of every row, by what it is: ``("extension",
        name)``, ``("keyword", extension, name)``, ``("column", extension, name)``,
        ``("meta", name)``. Columns of plain tables have the extension ``""``.

    Examples
    --------
    >>> page = "## `_x.fits`\n\n| column of `A` | meaning |\n|---|---|\n| `P`, `Q` | two |\n"
    >>> documented_products(page)
    {'_x.fits': {('column', 'A', 'P'): 'two', ('column', 'A', 'Q'): 'two'}}
    """
    products, rows, places = {}, {}, []
    for line in text.splitlines():
        if line.startswith("## "):
            found = _NAMES.match(line[3:])
            rows = products.setdefault(found[1], {}) if found else {}
        if not line.startswith("|"):
            places = []
        elif not places:
            places = _places(line.split("|")[1].strip())
        elif not line.startswith("|---"):
            _, names, *_, meaning, _ = line.split("|")
            for name in _NAMES.findall(names):
                rows |= dict.fromkeys([(*place, name) for place in places], meaning.strip())
    return products


def _places(head):
    """What the rows of a table are, by its head."""
    kind, _, extensions = head.partition(" of ")
    if kind in ("extension", "meta") or not extensions:
        return [(kind, "")] if kind == "column" else [(kind,)]
    return [(kind, name) for name in _NAMES.findall(extensions)]
