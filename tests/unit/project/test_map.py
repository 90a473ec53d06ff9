"""The map in CONTRIBUTING.md is made of the packages' docstrings and the storeys of the imports."""

import ast
import re
from pathlib import Path

from tests.unit.project.test_layers import STOREY

ROOT = Path(__file__).resolve().parents[3]
LIBRARY = ROOT / "scripts" / "lib"
# Endings of products' names, which the text writes like functions.
PRODUCTS = {"_crfints"}
ROW = re.compile(r"^\| (\d+) \| `([^`]+)` \| (.+) \|$", re.MULTILINE)


def first_line(path):
    return ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))).splitlines()[0]


def packages():
    """Storey and docstring of each package and module of the ground, by the name in the map."""
    paths = [*LIBRARY.glob("[a-z]*.py"), *LIBRARY.glob("*/**/__init__.py")]
    found = {}
    for path in paths:
        place = path.parent if path.name == "__init__.py" else path
        name = place.relative_to(LIBRARY).as_posix()
        storey = STOREY[name.split("/")[0].removesuffix(".py")] + 1
        found[f"{name}/" if place.is_dir() else name] = (storey, first_line(path))
    return found


def test_the_map_shows_every_package_with_its_docstring():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    rows = {name: (int(storey), line) for storey, name, line in ROW.findall(text)}
    assert rows == packages()


def test_a_package_has_a_docstring_and_nothing_else():
    for path in LIBRARY.rglob("__init__.py"):
        assert len(ast.parse(path.read_text(encoding="utf-8")).body) == 1, path


def test_names_in_the_text_exist_in_the_code():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    names = set(re.findall(r"`(_[a-z]\w*)`", text))
    assert "_header_updates" in names
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "scripts").rglob("*.py")]
    defined = set(re.findall(r"^ *def (\w+)", "\n".join(sources), re.MULTILINE))
    assert names - defined - PRODUCTS == set()
