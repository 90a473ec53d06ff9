"""HTML pages as a parser reads them, and texts that try to become part of one."""

from html.parser import HTMLParser

# Texts of headers, names and settings that a page must show and not obey.
PAYLOADS = (
    "<a href=javascript:alert(1)>x</a>",
    "<script>alert(1)</script>",
    "\"'><img src=x onerror=alert(1)>",
    "</style></title><b>x</b>",
    "' onmouseover='alert(1)",
    "]]>--><svg onload=alert(1)>",
    "{{ 7 * 191 }}{% raw %}&lt;b&gt;",
)
MARKUP = " ".join(PAYLOADS)
# One without blanks, for tables of words.
WORD = "\"'><img/src=x/onerror=alert(1)>"

_VOID = ("meta", "link")
# Elements of pages, and of the drawings in them.
_OF_PAGES = [
    "html",
    "head",
    "meta",
    "link",
    "title",
    "style",
    "body",
    "a",
    "header",
    "nav",
    "ul",
    "li",
    "main",
    "footer",
    "section",
    "h1",
    "h2",
    "h3",
    "p",
    "div",
    "table",
    "caption",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "details",
    "summary",
    "figure",
    "figcaption",
]
_OF_DRAWINGS = ["svg", "g", "path", "line", "rect", "circle", "text", "title", "image"]


class Page(HTMLParser):
    """
    Elements and text of a page.

    Parameters
    ----------
    text : str
        The page.

    Attributes
    ----------
    tags : list of (str, dict)
        Name and attributes of each element, in order.
    open : list of str
        Elements that are not closed.
    text : str
        All text between the tags, that of ``style`` included.

    Raises
    ------
    AssertionError
        If an element is closed that is not the innermost one.
    """

    def __init__(self, text):
        super().__init__()
        self.tags, self.open, self.text = [], [], ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        """Note an element."""
        self.tags.append((tag, dict(attrs)))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        """Close an element."""
        assert self.open.pop() == tag

    def handle_data(self, data):
        """Note text."""
        self.text += data

    def of(self, tag):
        """Attributes of all elements of one kind."""
        return [attributes for name, attributes in self.tags if name == tag]

    def structure(self):
        """Names of all elements with those of their attributes."""
        return [(name, sorted(attributes)) for name, attributes in self.tags]


def spoil(value):
    """
    Replace every text by markup.

    Parameters
    ----------
    value : object
        Dictionaries and lists, however deep, of any values.

    Returns
    -------
    spoiled : object
        The same with ``MARKUP`` for each text that is not a key.
    """
    if isinstance(value, dict):
        return {key: spoil(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [spoil(item) for item in value]
    return MARKUP if isinstance(value, str) else value


def assert_dead(page):
    """
    Make sure that no markup of a text has become part of a page.

    Parameters
    ----------
    page : Page
        A page that shows such texts.

    Raises
    ------
    AssertionError
        If there is a script, a handler of events, an address that leads
        elsewhere, or an element that is not closed.
    """
    assert page.open == []
    assert {name for name, _ in page.tags} <= {*_OF_PAGES, *_OF_DRAWINGS}
    for name, attributes in page.tags:
        assert not [key for key in attributes if key.startswith("on")], (name, attributes)
        for key in ("href", "src"):
            address = attributes.get(key) or ""
            assert ":" not in address or address.startswith(("data:image/png;base64,", "data:,"))
            assert not address.startswith("/")
