"""The keywords of a segment that products copy, with their meaning."""

import re

from docs.tools.settings import escape_markdown

__all__ = ["is_structural", "keywords_table"]

_STRUCTURE = re.compile(
    r"(SIMPLE|XTENSION|BITPIX|NAXIS\d*|EXTEND|PCOUNT|GCOUNT|TFIELDS|EXTNAME|EXTVER|BSCALE|BZERO|BUNIT|CHECKSUM|DATASUM"
    r"|T(TYPE|FORM|UNIT|DIM|ZERO|SCAL|NULL|DISP)\d+|COMMENT|)"
)


def is_structural(keyword):
    """
    Return whether a keyword says only how the data are stored.

    Parameters
    ----------
    keyword : str
        Keyword of a FITS header.

    Returns
    -------
    structural : bool
        Whether it does.

    Examples
    --------
    >>> is_structural("NAXIS1"), is_structural("TTYPE12"), is_structural("EXP_TYPE")
    (True, True, False)
    """
    return _STRUCTURE.fullmatch(keyword) is not None


def keywords_table(segment):
    """
    List the keywords of a segment's primary header.

    Parameters
    ----------
    segment : Path
        FITS file.

    Returns
    -------
    text : str
        Markdown: keyword, the title that the schema of ``stdatamodels`` gives it, or else the comment
        of the header.
    """
    from astropy.io import fits

    titles = _titles()
    header = fits.getheader(segment)
    rows = ["| keyword | meaning |", "|---|---|"]
    for keyword in dict.fromkeys(header):
        if not is_structural(keyword):
            meaning = titles.get(keyword, header.comments[keyword])
            rows.append(f"| `{keyword}` | {escape_markdown(meaning)} |")
    return "\n".join(rows) + "\n"


def _titles():
    """Titles of keywords in the schema of all data models."""
    from stdatamodels.jwst.datamodels import JwstDataModel

    with JwstDataModel() as model:
        found = {}
        _collect(model.schema, found)
    return found


def _collect(schema, found):
    """Add the titles of keywords in a part of a schema."""
    if "fits_keyword" in schema and "title" in schema:
        found.setdefault(schema["fits_keyword"], schema["title"])
    for part in schema.get("properties", {}).values():
        _collect(part, found)
    for part in schema.get("allOf", []):
        _collect(part, found)
