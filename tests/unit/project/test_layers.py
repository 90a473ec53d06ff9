"""Imports run in one direction: a package knows only those of the storeys below its own."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
SCRIPTS = ROOT / "scripts"
STOREYS = (
    "errors instruments",
    "findings files jobs",
    "fits",
    "provenance",
    "references segment_data",
    "checks outliers photometry spectra",
    "inputs soss",
    "light_curves planning",
    "diagnostics doctor",
    "report",
)
STOREY = {package: number for number, names in enumerate(STOREYS) for package in names.split()}
# Packages that work on data never import those that decide before any job.
DECIDING = {"checks", "doctor", "inputs", "planning"}
WORKING = {
    "diagnostics",
    "light_curves",
    "outliers",
    "photometry",
    "segment_data",
    "soss",
    "spectra",
}
LIBRARY = sorted((SCRIPTS / "lib").rglob("[a-z]*.py"))
STEPS = sorted(SCRIPTS.glob("[a-z]*.py"))


def imported(path):
    """Dotted names of the project's modules and their contents that a file imports anywhere."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("scripts"):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.startswith("scripts"))


@pytest.mark.parametrize("path", LIBRARY, ids=lambda path: str(path.relative_to(SCRIPTS)))
def test_packages_know_only_those_below(path):
    own = path.relative_to(SCRIPTS / "lib").parts[0].removesuffix(".py")
    for name in imported(path):
        if name == "scripts.__version__":
            continue
        _, kind, other, *_ = f"{name}..".split(".")
        assert kind == "lib", f"{own} imports {name}: a step, or the simulation"
        assert other == own or STOREY[other] < STOREY[own], f"{own} imports {name}"
        assert not (own in WORKING and other in DECIDING), f"{own} imports {name}"


@pytest.mark.parametrize("path", STEPS, ids=lambda path: path.stem)
def test_no_step_imports_another(path):
    for name in imported(path):
        assert name.split(".")[1] in ("lib", "__version__"), f"{path.stem} imports {name}"


def test_every_package_is_on_a_storey():
    folders = {path.name for path in (SCRIPTS / "lib").iterdir() if (path / "__init__.py").exists()}
    modules = {path.stem for path in (SCRIPTS / "lib").glob("[a-z]*.py")}
    assert set(STOREY) == folders | modules
