"""Pieces of a self-contained HTML page that reads well on screen, in print and aloud."""

import base64
from html import escape

STYLE = """
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0; background: #fff; color: #1a1a1a; line-height: 1.5;
  font-family: system-ui, -apple-system, "Segoe UI", "Liberation Sans", Arial, sans-serif; }
header, nav, main, footer { max-width: 64rem; margin: 0 auto; padding: 0 1.25rem; }
header { padding-top: 1.5rem; }
h1 { font-size: 1.35rem; margin: 0 0 .25rem; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin: 2.25rem 0 .5rem; border-bottom: 2px solid #ddd; }
h3 { font-size: 1.05rem; margin: 1.5rem 0 .25rem; }
p { margin: .4rem 0; }
a { color: #004f80; }
a:focus-visible, [tabindex]:focus-visible { outline: 3px solid #D55E00; outline-offset: 2px; }
.skip { position: absolute; left: -99rem; }
.skip:focus { left: 1rem; top: .5rem; background: #fff; padding: .5rem; }
nav ul { list-style: none; padding: 0; margin: .75rem 0; display: flex; flex-wrap: wrap;
  gap: .25rem 1.25rem; }
.verdict { border-left: .5rem solid #0072B2; background: #f2f7fb; padding: .75rem 1rem;
  margin: 1rem 0; }
.verdict.look { border-color: #D55E00; background: #fdf5f0; }
.verdict p:first-of-type { font-size: 1.15rem; font-weight: 600; }
.verdict h3 { margin: .75rem 0 0; font-size: 1rem; }
.verdict ul { margin: .25rem 0; padding-left: 1.25rem; }
figure { margin: 1rem 0 2rem; }
figure img { max-width: 100%; height: auto; display: block; }
figcaption { font-size: .92rem; color: #333; max-width: 52rem; margin-top: .4rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .92rem; margin: .5rem 0 1rem; }
caption { text-align: left; font-weight: 600; padding: .25rem 0; }
th, td { text-align: left; padding: .2rem .9rem .2rem 0; border-bottom: 1px solid #e2e2e2;
  vertical-align: top; font-variant-numeric: tabular-nums; }
td.number, th.number { text-align: right; }
thead th { border-bottom: 2px solid #888; }
tbody th { font-weight: 400; }
footer { font-size: .85rem; color: #444; padding-bottom: 2rem; margin-top: 2rem; }
@media print {
  nav, .skip { display: none; }
  body { font-size: 10pt; }
  header, main, footer { max-width: none; padding: 0; }
  figure, tr, .verdict { break-inside: avoid; }
  h2, h3, caption { break-after: avoid; }
  .scroll { overflow: visible; }
  a { color: inherit; text-decoration: none; }
}
"""


def page(title, header, sections, footer):
    """
    Put a page together.

    Parameters
    ----------
    title : str
        Title of the window.
    header : str
        HTML of the header.
    sections : list of (str, str, str)
        Identifier, heading and HTML of each section.
    footer : str
        HTML of the footer.

    Returns
    -------
    html : str
        The page.
    """
    links = "".join(f'<li><a href="#{key}">{escape(name)}</a></li>' for key, name, _ in sections)
    body = "\n".join(
        f'<section id="{key}" aria-labelledby="{key}-h">'
        f'<h2 id="{key}-h">{escape(name)}</h2>\n{content}\n</section>'
        for key, name, content in sections
    )
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<link rel="icon" href="data:,">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        '<a class="skip" href="#content">Skip to the content</a>\n'
        f"<header>{header}</header>\n"
        f'<nav aria-label="Sections"><ul>{links}</ul></nav>\n'
        f'<main id="content" tabindex="-1">\n{body}\n</main>\n'
        f"<footer>{footer}</footer>\n</body>\n</html>\n"
    )


def table(caption, head, rows, numbers=()):
    """
    Make a table.

    Parameters
    ----------
    caption : str
        What it shows.
    head : list of str
        Headings of the columns; empty for none.
    rows : list of list of str
        Texts; the first of each row is its heading. A text that starts with
        ``<a`` is a link and taken as it is.
    numbers : sequence of int, optional
        Columns that are aligned to the right.

    Returns
    -------
    html : str
        The table.
    """
    top = "".join(
        f'<th scope="col"{_number_class(k, numbers)}>{escape(text)}</th>'
        for k, text in enumerate(head)
    )
    lines = []
    for row in rows:
        cells = [f'<th scope="row">{_cell(row[0])}</th>']
        cells += [
            f"<td{_number_class(k, numbers)}>{_cell(text)}</td>"
            for k, text in enumerate(row[1:], start=1)
        ]
        lines.append(f"<tr>{''.join(cells)}</tr>")
    start = f"<thead><tr>{top}</tr></thead>" if head else ""
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(caption)}">'
        f"<table><caption>{escape(caption)}</caption>{start}"
        f"<tbody>{''.join(lines)}</tbody></table></div>"
    )


def number_text(value):
    """
    Write a figure for people.

    Parameters
    ----------
    value : object
        Number, text or None.

    Returns
    -------
    text : str
        Four digits at most; a dash for None.
    """
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.4g}"
    return str(value)


def _cell(text):
    """Text of a cell; links are kept."""
    return text if text.startswith("<a ") else escape(text)


def _number_class(column, numbers):
    """Attribute of a cell with a number."""
    return ' class="number"' if column in numbers else ""


def figure(png, alt, caption, vector):
    """
    Make a figure with its image inside the page.

    Parameters
    ----------
    png : bytes
        The image.
    alt : str
        What it shows, for those who do not see it.
    caption : str
        Caption.
    vector : str or None
        Path of the vector drawing, relative to the page.

    Returns
    -------
    html : str
        The figure.
    """
    width, height = (int.from_bytes(png[k : k + 4], "big") for k in (16, 20))
    data = base64.b64encode(png).decode("ascii")
    link = f' <a href="{escape(vector)}">Vector drawing</a>.' if vector else ""
    return (
        f'<figure><img src="data:image/png;base64,{data}" alt="{escape(alt)}" '
        f'width="{round(width * 0.97)}" height="{round(height * 0.97)}">'
        f"<figcaption>{escape(caption)}{link}</figcaption></figure>"
    )


def bullets(items):
    """List of sentences; nothing for none."""
    lines = "".join(f"<li>{escape(item)}</li>" for item in items)
    return f"<ul>{lines}</ul>" if items else ""
