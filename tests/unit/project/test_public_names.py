"""What a module offers to others is listed in its ``__all__`` and used; all else is its own."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
LIBRARY = ROOT / "scripts" / "lib"
# Not done yet: packages, and modules of the others.
NOT_YET = {
    *("checks", "files", "fits", "instruments", "planning", "soss"),
    "inputs/product_names",
    "photometry/centroids",
    "photometry/circular_apertures",
    "references/kinds",
    "segment_data/int_times",
    "segment_data/medians",
    "segment_data/wcs_cache",
}
# Private to their module by their spelling, public to Python.
SPECIAL = {"__version__"}


def name_of(path):
    """Path of a module below scripts/lib, without its ending."""
    return path.relative_to(LIBRARY).with_suffix("").as_posix()


def is_done(path):
    """Whether a file below scripts is among those that keep the rule."""
    if LIBRARY not in path.parents:
        return True
    return not {name_of(path), name_of(path).partition("/")[0]} & NOT_YET


MODULES = sorted(path for path in LIBRARY.rglob("[a-z]*.py") if is_done(path))
IMPORTERS = sorted(path for path in (ROOT / "scripts").rglob("*.py") if is_done(path))
USERS = [
    *(
        path
        for folder in ("scripts", "tests", "benchmarks")
        for path in ROOT.glob(f"{folder}/**/*.py")
    ),
    *(ROOT / "workflow").rglob("*.smk"),
    ROOT / "Snakefile",
]
identifier = pytest.mark.parametrize("path", MODULES, ids=name_of)


def tree(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def defined(path):
    """Nodes of what a module defines at its top, by name."""
    found = {}
    for node in tree(path).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found[node.name] = node
        elif isinstance(node, ast.Assign):
            names = (part for target in node.targets for part in ast.walk(target))
            found |= {part.id: node for part in names if isinstance(part, ast.Name)}
    return found


@cache
def words(path):
    """Words of a file, and the dotted names of the project in it."""
    text = path.read_text(encoding="utf-8")
    dotted = set(re.findall(r"scripts(?:\.\w+)+", text))
    for package, names in re.findall(r"from (scripts[\w.]*) import \(?([\w\s,]+)", text):
        dotted |= {f"{package}.{name}" for name in re.findall(r"\w+", names)}
    return set(re.findall(r"\w+", text)), dotted


def uses(path, module, name):
    """Whether a file imports a module, or something of it, and has a name in it."""
    found, dotted = words(path)
    return name in found and any(f"{other}.".startswith(f"{module}.") for other in dotted)


@pytest.mark.parametrize("path", IMPORTERS, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_private_is_imported_from_another_module(path):
    imports = (node for node in ast.walk(tree(path)) if isinstance(node, ast.ImportFrom))
    names = {alias.name for node in imports for alias in node.names}
    assert {name for name in names if name.startswith("_")} <= SPECIAL


@identifier
def test_all_lists_the_public_names(path):
    found = defined(path)
    listed = ast.literal_eval(found["__all__"].value)
    public = {name for name in found if not name.startswith("_")} - {"log"}
    assert set(listed) == public
    assert len(listed) == len(public)


@identifier
def test_what_is_public_is_used_by_another_file(path):
    module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    # A class may be what a public function takes or gives.
    names = [
        name
        for name, node in defined(path).items()
        if not name.startswith("_") and name != "log" and not isinstance(node, ast.ClassDef)
    ]
    others = [other for other in USERS if other != path]
    assert [name for name in names if not any(uses(other, module, name) for other in others)] == []


def test_exceptions_are_modules_and_packages_that_exist():
    existing = {name_of(path) for path in LIBRARY.rglob("[a-z]*.py")}
    existing |= {path.name for path in LIBRARY.iterdir() if path.is_dir()}
    assert existing >= NOT_YET
