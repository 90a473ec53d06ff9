"""Sphinx's configuration of the site; ``make docs`` builds it."""

import sys
from pathlib import Path

DOCS = Path(__file__).resolve().parent
sys.path.insert(0, str(DOCS.parent))

from docs.tools.api import resolve_short_name  # noqa: E402
from docs.tools.generate import generate  # noqa: E402
from docs.tools.repository_links import link_to_pages  # noqa: E402
from scripts import __version__  # noqa: E402

project = "tso3flow"
author = "the tso3flow developers"
project_copyright = author
release = __version__

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx_copybutton",
    "sphinx_design",
]
exclude_patterns = ["_build", "requirements.txt", "_generated/*.txt", "tools"]
nitpicky = True
# Types of fields of dataclasses, of packages that are not part of this site.
nitpick_ignore_regex = [("py:class", r"(numpy|collections)\..*")]

myst_enable_extensions = ["attrs_block", "colon_fence", "deflist", "dollarmath", "substitution"]
myst_heading_anchors = 4
# Numbers of the demo, of which the pages speak.
myst_substitutions = generate(DOCS / "_generated", DOCS.parent / "demo")

autodoc_member_order = "bysource"
# Docstrings give types in words.
numpydoc_show_class_members = False
add_module_names = False

html_theme = "furo"
html_title = "tso3flow"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sphinx = False
html_theme_options = {"navigation_with_keys": True}


def setup(app):
    """
    Connect what finds short names in docstrings, and what links to files of the repository.

    Parameters
    ----------
    app : sphinx.application.Sphinx
        The build.
    """
    app.connect("missing-reference", resolve_short_name)
    app.connect("source-read", link_to_pages)
