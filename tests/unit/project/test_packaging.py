"""The environment files agree with each other and with the imports of the code."""

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import yaml

import scripts
from envs.lock import distribution_name

ROOT = Path(__file__).resolve().parents[3]
TOP_LEVEL_FILES = [
    ".ci/run",
    ".editorconfig",
    ".gitignore",
    ".pre-commit-config.yaml",
    "CHANGELOG.md",
    "CITATION.cff",
    "CONTRIBUTING.md",
    "LICENSE",
    "Makefile",
    "README.md",
    "Snakefile",
    "config.yaml",
    "envs/tso3.yaml",
    "hatch_build.py",
    "pyproject.toml",
    "requirements.lock",
]
IMPORT_LINE = re.compile(r"^\s*(?:import|from)\s+(\w+)", re.MULTILINE)


@pytest.fixture(scope="module", name="project")
def project_table():
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


@pytest.fixture(scope="module", name="lock")
def locked_versions():
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    pins = dict(line.split("==") for line in lines if not line.startswith("#"))
    return {distribution_name(name): version for name, version in pins.items()}


# Packages that a file imports by a name in a string.
NAMED = {"photutils": ROOT / "scripts/lib/photometry/circle_overlap.py"}


@pytest.fixture(scope="module", name="imports")
def imported_by_product():
    """Top-level package -> a file of the product that imports it."""
    found = {package: path for package, path in NAMED.items() if f'"{package}"' in path.read_text()}
    for path in [*(ROOT / "scripts").rglob("*.py"), *(ROOT / "tso3flow").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                found.update({alias.name.split(".")[0]: path for alias in node.names})
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                found[node.module.split(".")[0]] = path
    for path in [ROOT / "Snakefile", *(ROOT / "workflow").rglob("*.smk")]:
        found.update(dict.fromkeys(IMPORT_LINE.findall(path.read_text()), path))
    return found


def test_lock_pins_every_direct_dependency(project, lock):
    direct = project["dependencies"] + project["optional-dependencies"]["dev"]
    assert {distribution_name(requirement) for requirement in direct} <= lock.keys()


def test_conda_environment_pins_the_versions_of_the_lock(project, lock):
    entries = yaml.safe_load((ROOT / "envs" / "tso3.yaml").read_text())["dependencies"]
    pins = dict(pin.split("==") for pin in entries[-1]["pip"])
    direct = {distribution_name(requirement) for requirement in project["dependencies"]}
    found = {distribution_name(name): version for name, version in pins.items()}
    assert found == {name: lock[name] for name in direct}


def test_conda_environment_of_exports_pins_what_their_step_needs(project, lock):
    entries = yaml.safe_load((ROOT / "envs" / "export.yaml").read_text())["dependencies"]
    pins = {distribution_name(pin): pin.split("==")[1] for pin in entries[-1]["pip"]}
    assert {name: pins[name] for name in ("numpy", "pyyaml")} == {
        name: lock[name] for name in ("numpy", "pyyaml")
    }
    readers = (ROOT / "tests" / "readers" / "requirements.txt").read_text().splitlines()
    assert {f"{name}=={pins[name]}" for name in ("h5netcdf", "h5py")} <= set(readers)
    assert any(name.startswith("h5netcdf") for name in project["optional-dependencies"]["export"])


def test_conda_environment_of_tables_pins_what_their_step_needs(project, lock):
    entries = yaml.safe_load((ROOT / "envs" / "tables.yaml").read_text())["dependencies"]
    pins = {distribution_name(pin): pin.split("==")[1] for pin in entries[-1]["pip"]}
    arrow = pins.pop("pyarrow")
    assert pins == {name: lock[name] for name in ("numpy", "pandas", "pyyaml")}
    readers = (ROOT / "tests" / "readers" / "requirements.txt").read_text().splitlines()
    assert f"pyarrow=={arrow}" in readers
    (asked,) = project["optional-dependencies"]["parquet"]
    assert asked == f"pyarrow~={arrow.rpartition('.')[0]}"


def test_product_imports_only_direct_dependencies(project, imports):
    extras = [name for name in project["optional-dependencies"] if name != "dev"]
    allowed = [*project["dependencies"]]
    for name in extras:
        allowed += project["optional-dependencies"][name]
    direct = {distribution_name(requirement) for requirement in allowed}
    distributions = packages_distributions()
    for package, path in imports.items():
        if package in sys.stdlib_module_names or package in ("scripts", "tso3flow"):
            continue
        names = {distribution_name(name) for name in distributions.get(package, [package])}
        assert names & direct, f"{path} imports {package}, which pyproject.toml does not name"


def test_product_imports_every_direct_dependency(project, imports):
    distributions = packages_distributions()
    used = {
        distribution_name(name) for package in imports for name in distributions.get(package, [])
    }
    declared = {distribution_name(requirement) for requirement in project["dependencies"]}
    assert declared - {"snakemake"} - used == set()


def test_product_does_not_import_jwst(imports):
    assert "jwst" not in imports


def test_one_version_everywhere(project):
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert project["version"] == citation["version"] == scripts.__version__
    assert f"## [{scripts.__version__}]" in (ROOT / "CHANGELOG.md").read_text()


@pytest.mark.parametrize("name", TOP_LEVEL_FILES)
def test_promised_file_exists(name):
    assert (ROOT / name).is_file()


def test_ci_script_is_executable():
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o100


@pytest.mark.parametrize("name", ["my clone", "it's"])
def test_make_env_refuses_a_folder_whose_name_bash_would_split(tmp_path, name):
    folder = tmp_path / name
    folder.mkdir()
    shutil.copy(ROOT / "Makefile", folder)
    done = subprocess.run(["make", "env"], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode
    assert f"env: {folder}: found a blank or another sign of the shell" in done.stderr
    assert not (folder / ".venv").exists()
