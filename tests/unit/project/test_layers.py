"""Imports run in one direction: a package knows only those of the storeys below its own."""

import ast
import subprocess
import sys
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
    "checks moving_profile outliers photometry spectra trace_model",
    "inputs soss",
    "light_curves planning",
    "diagnostics doctor",
    "report",
)
STOREY = {package: number for number, names in enumerate(STOREYS) for package in names.split()}
# Packages that work on data never import those that decide before any job.
DECIDING = {"checks", "doctor", "inputs", "planning"}
WORKING = set(STOREY) - DECIDING - {"errors", "findings", "instruments", "report"}
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


def test_nothing_imports_what_is_made_for_notebooks():
    for path in [*LIBRARY, *STEPS, *(SCRIPTS / "simulation").glob("*.py")]:
        assert "import tso3flow" not in path.read_text(encoding="utf-8"), path
        assert "from tso3flow" not in path.read_text(encoding="utf-8"), path


def test_every_package_is_on_a_storey():
    folders = {path.name for path in (SCRIPTS / "lib").iterdir() if (path / "__init__.py").exists()}
    modules = {path.stem for path in (SCRIPTS / "lib").glob("[a-z]*.py")}
    assert set(STOREY) == folders | modules


def test_what_snakemake_reads_at_each_start_needs_the_standard_library_alone():
    names = ("checks", "inputs", "instruments", "planning", "references")
    modules = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in LIBRARY
        if path.relative_to(SCRIPTS / "lib").parts[0] in names
    ]
    code = f"import sys; before = set(sys.modules); import {', '.join(modules)}; print(*set(sys.modules) - before)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    packages = {name.split(".")[0] for name in done.stdout.split()}
    assert packages - sys.stdlib_module_names == {"scripts"}
