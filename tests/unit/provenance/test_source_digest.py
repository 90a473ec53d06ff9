import ast
from pathlib import Path

import jinja2.meta
import pytest

from scripts.lib.provenance.source_digest import (
    _PACKAGES,
    _imports,
    _templates,
    _used_files,
    source_digest,
    used_files,
)
from scripts.lib.report.html import TEMPLATES, environment

ROOT = Path(__file__).resolve().parents[3]
SCRIPTS = ROOT / "scripts"

SOURCES = {
    "scripts.step": "def process():\n    from scripts.lib.a import f\n\nimport numpy\n",
    "scripts.lib.a": "from scripts.lib.b import g\nfrom os import path\n",
    "scripts.lib.b": "from scripts.lib.a import f\n",
    "scripts.lib.c": "x = 1\n",
    "scripts.page": 'from scripts.lib.c import render\nrender(\n    "visit.html", a=1\n)\n',
}
TEMPLATE_TEXTS = {
    "visit.html": '{% extends "page.html" %}\n{% from "macros.html" import table %}\n',
    "page.html": '<style>{%- include "page.css" %}</style>\n',
    "macros.html": "{% macro table() %}{% endmacro %}\n",
    "page.css": "a { color: red; }\n",
    "summary.html": "<p>\n",
}


def files(modules, templates):
    """Texts of modules and templates by path."""
    found = {f"{name.replace('.', '/')}.py": text for name, text in modules.items()}
    folder = TEMPLATES.relative_to(ROOT).as_posix()
    return found | {f"{folder}/{name}": text for name, text in templates.items()}


def digest(**changes):
    changed = {f"scripts.{name.replace('_', '.')}": text for name, text in changes.items()}
    return source_digest("scripts.step", files(SOURCES | changed, {}).__getitem__)


def page_digest(**changed):
    return source_digest("scripts.page", files(SOURCES, TEMPLATE_TEXTS | changed).__getitem__)


def test_files_that_rules_use_are_found_once_each():
    asked = []
    texts = files(SOURCES, TEMPLATE_TEXTS) | {"rules.smk": "from scripts.page import process\n"}
    found = used_files(["rules.smk"], lambda path: asked.append(path) or texts[path])
    folder = TEMPLATES.relative_to(ROOT).as_posix()
    pages = {f"{folder}/{name}" for name in ("visit.html", "page.html", "macros.html", "page.css")}
    assert found == {"rules.smk", "scripts/page.py", "scripts/lib/c.py", *pages}
    assert sorted(asked) == sorted(found)


def test_digest_is_reproducible():
    assert digest() == digest()
    assert len(digest()) == 12


@pytest.mark.parametrize("module", ["lib_a", "lib_b"])
def test_imported_modules_count_directly_or_not(module):
    name = f"scripts.{module.replace('_', '.')}"
    assert digest(**{module: SOURCES[name] + "# changed\n"}) != digest()


def test_the_script_and_other_modules_do_not_count():
    assert digest(step=SOURCES["scripts.step"] + "# changed\n") == digest()
    assert digest(lib_c="x = 2\n") == digest()


def test_a_new_import_counts():
    assert digest(step=SOURCES["scripts.step"] + "from scripts.lib.c import x\n") != digest()


def test_a_module_imported_from_its_package_counts():
    form = "from scripts.lib import c\n"
    assert digest(step=form) != digest(step="")
    assert digest(step=form) != digest(step=form, lib_c="x = 2\n")


def test_a_script_without_imports_of_the_project():
    assert source_digest("scripts.lib.c", files(SOURCES, {}).__getitem__) == source_digest(
        "scripts.none", {"scripts/none.py": ""}.__getitem__
    )


@pytest.mark.parametrize("name", ["visit.html", "page.html", "macros.html", "page.css"])
def test_templates_that_a_page_is_made_of_count_directly_or_not(name):
    assert page_digest(**{name: TEMPLATE_TEXTS[name] + "<!-- changed -->\n"}) != page_digest()


def test_templates_of_other_pages_do_not_count():
    assert page_digest(**{"summary.html": "<p>changed\n"}) == page_digest()


@pytest.mark.parametrize(
    ("step", "pages"),
    [("report_visit", {"visit.html"}), ("summarise", {"summary.html"}), ("extract_1d", set())],
)
def test_reports_depend_on_their_templates_and_other_steps_on_none(step, pages):
    read = []

    def read_source(path):
        read.append(path)
        return (ROOT / path).read_text(encoding="utf-8")

    source_digest(f"scripts.{step}", read_source)
    shared = {"page.html", "macros.html", "page.css"} if pages else set()
    assert {Path(path).name for path in read if not path.endswith(".py")} == shared | pages


@pytest.mark.parametrize(
    "form",
    [
        "from scripts.lib import a, b\n",
        "from scripts.lib import (\n    a,  # why, not\n    b as c,\n)\n",
        "def f():\n    from scripts.lib import b, a as d\n",
    ],
)
def test_every_form_of_import_is_found(form):
    assert _imports(form) == {"scripts.lib.a", "scripts.lib.b"}


@pytest.mark.parametrize("path", list(SCRIPTS.rglob("*.py")), ids=lambda path: path.stem)
def test_imports_are_those_that_the_parser_finds(path):
    source = path.read_text(encoding="utf-8")
    found = {
        f"{node.module}.{alias.name}" if node.module in _PACKAGES else node.module
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("scripts.")
        for alias in node.names
    }
    assert _imports(source) == found


def test_the_packages_are_the_folders():
    folders = {path.parent.relative_to(SCRIPTS.parent) for path in SCRIPTS.rglob("__init__.py")}
    assert {".".join(folder.parts) for folder in folders} - {"scripts"} == _PACKAGES


def rendered(source):
    """Names of the templates that a module renders, by the parser."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "render":
            yield node.args[0].value


@pytest.mark.parametrize("path", list(SCRIPTS.rglob("*.py")), ids=lambda path: path.stem)
def test_templates_are_those_that_the_parser_finds(path):
    source = path.read_text(encoding="utf-8")
    assert {Path(name).name for name in _templates(source)} == set(rendered(source))


@pytest.mark.parametrize("path", list(TEMPLATES.iterdir()), ids=lambda path: path.name)
def test_parts_of_a_template_are_those_that_jinja_finds(path):
    source = path.read_text(encoding="utf-8")
    expected = set(jinja2.meta.find_referenced_templates(environment().parse(source)))
    assert {Path(name).name for name in _used_files(source)} == expected


def test_every_template_is_used():
    sources = [*SCRIPTS.rglob("*.py"), *TEMPLATES.iterdir()]
    used = set().union(*(_templates(path.read_text(encoding="utf-8")) for path in sources))
    assert used == {path.relative_to(ROOT).as_posix() for path in TEMPLATES.iterdir()}
