"""Links to files of the repository that the site has as pages."""

import re

__all__ = ["link_to_pages", "site_links"]

# Files of the repository without their suffix, and the pages that include them.
_PAGES = {
    "CHANGELOG": "changelog",
    "CONTRIBUTING": "contributing",
    "SECURITY": "security",
    "benchmarks/NOTES": "notes",
}
_LINK = re.compile(rf"\]\((?:\.\./)+({'|'.join(_PAGES)})\.md(#[\w-]+)?\)")


def site_links(text):
    """
    Turn links to files that the site includes into links to their pages.

    Parameters
    ----------
    text : str
        Markdown of a page.

    Returns
    -------
    changed : str
        The same with links of the site; other links are as they were.

    Examples
    --------
    >>> site_links("[notes](../../benchmarks/NOTES.md#changes), [else](../README.md)")
    '[notes](/project/notes.md#changes), [else](../README.md)'
    """
    return _LINK.sub(lambda link: f"](/project/{_PAGES[link[1]]}.md{link[2] or ''})", text)


def link_to_pages(app, docname, source):
    """
    Change the links of a page that Sphinx has read.

    Parameters
    ----------
    app : sphinx.application.Sphinx
        The build.
    docname : str
        Name of the page.
    source : list of str
        Its text, which is replaced.
    """
    source[0] = site_links(source[0])
