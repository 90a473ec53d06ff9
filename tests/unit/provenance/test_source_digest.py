import ast
from pathlib import Path

import pytest

from scripts.lib.provenance.source_digest import _PACKAGES, _imports, source_digest

SCRIPTS = Path(__file__).resolve().parents[3] / "scripts"

SOURCES = {
    "scripts.step": "def process():\n    from scripts.lib.a import f\n\nimport numpy\n",
    "scripts.lib.a": "from scripts.lib.b import g\nfrom os import path\n",
    "scripts.lib.b": "from scripts.lib.a import f\n",
    "scripts.lib.c": "x = 1\n",
}


def digest(**changes):
    changed = {f"scripts.{name.replace('_', '.')}": text for name, text in changes.items()}
    return source_digest("scripts.step", (SOURCES | changed).__getitem__)


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
    assert source_digest("scripts.lib.c", SOURCES.__getitem__) == source_digest(
        "scripts.none", {"scripts.none": ""}.__getitem__
    )


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
