"""Public names of a module are in its ``__all__`` and used elsewhere; all others are private."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
LIBRARY = ROOT / "scripts" / "lib"
SIMULATION = ROOT / "scripts" / "simulation"
# Private to their module by their spelling, public to Python.
SPECIAL = {"__version__"}


def relative_to_root(path):
    """Path of a file below the project's folder."""
    return str(path.relative_to(ROOT))


MODULES = sorted([*LIBRARY.rglob("[a-z]*.py"), *SIMULATION.glob("[a-z]*.py")])
IMPORTERS = sorted((ROOT / "scripts").rglob("*.py"))
RULES = sorted((ROOT / "workflow").rglob("*.smk"))
USERS = [
    *(
        path
        for folder in ("scripts", "tests", "benchmarks")
        for path in ROOT.glob(f"{folder}/**/*.py")
    ),
    *RULES,
    ROOT / "Snakefile",
]
identifier = pytest.mark.parametrize("path", MODULES, ids=relative_to_root)


def tree(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def defined(path):
    """Nodes of the definitions at the top of a module, by name."""
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
    """Words of a file, and the dotted names of the project in it; rules share their imports."""
    text = path.read_text(encoding="utf-8")
    imports = "\n".join(map(Path.read_text, RULES)) if path in RULES else text
    dotted = set(re.findall(r"scripts(?:\.\w+)+", imports))
    for package, names in re.findall(r"from (scripts[\w.]*) import (\([^)]*\)|[^\n]*)", imports):
        dotted |= {f"{package}.{name}" for name in re.findall(r"\w+", names)}
    return set(re.findall(r"\w+", text)), dotted


def uses(path, module, name):
    """Whether a file imports a module, or something of it, and has a name in it."""
    found, dotted = words(path)
    return name in found and any(f"{other}.".startswith(f"{module}.") for other in dotted)


@pytest.mark.parametrize("path", IMPORTERS, ids=relative_to_root)
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
    # A class may be the type of an argument or result of a public function.
    names = [
        name
        for name, node in defined(path).items()
        if not name.startswith("_") and name != "log" and not isinstance(node, ast.ClassDef)
    ]
    others = [other for other in USERS if other != path]
    assert [name for name in names if not any(uses(other, module, name) for other in others)] == []
