"""Names of the package, and the package as the wheel has it."""

import ast
import doctest
import importlib
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import tso3flow
from envs.wheel import PARTS, installed_source, write_package

ROOT = Path(__file__).resolve().parents[3]
RUN = [sys.executable, "-I", "-B", "-c"]


@pytest.fixture(scope="module", name="installed")
def written_package(tmp_path_factory):
    """Folder with the package as pip installs it, and nothing else."""
    folder = tmp_path_factory.mktemp("site")
    write_package(ROOT, folder)
    return folder


def run(installed, code, cwd):
    """Output of code that has the installed package, in another folder."""
    start = f"import sys; sys.path.insert(0, {str(installed)!r})\n"
    done = subprocess.run(
        [*RUN, start + code], cwd=cwd, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_all_names_are_there():
    for name in [*tso3flow.__all__, "__version__"]:
        assert getattr(tso3flow, name) is not None
        assert name in dir(tso3flow)
    with pytest.raises(AttributeError, match="no attribute 'other'"):
        _ = tso3flow.other


def test_importing_the_package_imports_nothing_else():
    code = (
        "import sys; before = set(sys.modules); import tso3flow; print(*set(sys.modules) - before)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert set(done.stdout.split()) & {"numpy", "scripts", "tso3flow.arrays"} == set()


@pytest.mark.parametrize("module", ["tso3flow.arrays", "tso3flow.products"])
def test_examples_give_what_they_say(module):
    failed, attempted = doctest.testmod(importlib.import_module(module))
    assert (failed, attempted > 0) == (0, True)


def test_every_function_on_arrays_has_an_example():
    module = importlib.import_module("tso3flow.arrays")
    functions = [getattr(module, name) for name in module.__all__ if name[0].islower()]
    assert len(functions) == 5
    assert all(">>> " in function.__doc__ for function in functions)


def test_imports_and_examples_of_the_installed_package_are_its_own():
    text = "from scripts.lib import a\n    from scripts import b\n    >>> from scripts.c import d\n"
    expected = text.replace("from scripts", "from tso3flow.scripts")
    assert installed_source(text) == expected
    for kept in (
        "# from scripts.lib",
        "import scripted",
        "from scriptsx import y",
        '"scripts.lib"',
    ):
        assert installed_source(kept) == kept


def test_the_code_imports_itself_in_the_form_that_is_rewritten():
    for path in [*(ROOT / "scripts").rglob("*.py"), *(ROOT / "tso3flow").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                assert not [name for name in node.names if name.name.startswith("scripts")], path


def test_the_installed_package_takes_no_other_name(installed, tmp_path):
    assert [path.name for path in installed.iterdir()] == ["tso3flow"]
    code = "import importlib.util as u, tso3flow.arrays, tso3flow.command, tso3flow.products\n"
    code += (
        "print(u.find_spec('scripts'), any(n.partition('.')[0] == 'scripts' for n in sys.modules))"
    )
    assert run(installed, code, tmp_path) == "None False\n"


def test_all_that_a_run_needs_is_installed(installed):
    package = installed / "tso3flow"
    for name in PARTS:
        assert (package / name).exists()
    rules = sorted(path.name for path in (package / "workflow" / "rules").iterdir())
    assert rules == sorted(path.name for path in (ROOT / "workflow" / "rules").glob("*.smk"))
    assert (package / "scripts" / "lib" / "report" / "templates" / "page.html").is_file()
    assert not [path for path in package.rglob("*") if path.suffix == ".pyc"]


def test_every_module_of_the_installed_package_can_be_imported(installed, tmp_path):
    code = """
import importlib, pathlib, tso3flow
root = pathlib.Path(tso3flow.__file__).parent
names = [".".join(p.relative_to(root.parent).with_suffix("").parts) for p in root.rglob("[a-z]*.py")]
for name in names:
    importlib.import_module(name)
print(len(names))
"""
    assert int(run(installed, code, tmp_path)) > 200


def test_a_digest_of_the_installed_code_follows_its_imports(installed, tmp_path):
    code = """
import pathlib, tso3flow
from tso3flow.scripts.lib.provenance.source_digest import source_digest
read = []
root = pathlib.Path(tso3flow.__file__).parent
source_digest("scripts.extract_1d", lambda path: read.append(path) or (root / path).read_text())
print(len(read), "scripts/lib/spectra/sums.py" in read)
"""
    count, found = run(installed, code, tmp_path).split()
    assert int(count) > 30
    assert found == "True"


def test_the_default_profile_is_next_to_the_snakefile(installed):
    package = installed / "tso3flow"
    assert (package / "Snakefile").is_file()
    assert (package / "profiles" / "default" / "profile.yaml").is_file()


def test_the_wheel_is_made_by_the_hook():
    table = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert table["build-system"]["build-backend"] == "hatchling.build"
    wheel = table["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert wheel["exclude"] == ["*"]
    assert "custom" in wheel["hooks"]
    assert table["project"]["scripts"] == {"tso3flow": "tso3flow.command:main"}
