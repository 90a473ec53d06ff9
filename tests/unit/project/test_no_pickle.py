"""The workflow reads data alone: no file that it reads can run code."""

import ast
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).resolve().parents[3] / "scripts"
MODULES = sorted(SCRIPTS.rglob("*.py"))
_RUN_CODE = {"pickle", "_pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "shelve"}


def dangers(source):
    """Lines of a source that import a pickling module, or have numpy load pickles."""
    for node in ast.walk(ast.parse(source)):
        imported = [alias.name for alias in getattr(node, "names", []) if hasattr(alias, "name")]
        module = [getattr(node, "module", None) or ""] if isinstance(node, ast.ImportFrom) else []
        if {name.partition(".")[0] for name in (*imported, *module)} & _RUN_CODE:
            yield node.lineno
        if isinstance(node, ast.Call):
            allowed = [k.value for k in node.keywords if k.arg == "allow_pickle"]
            refused = [
                isinstance(value, ast.Constant) and value.value is False for value in allowed
            ]
            name = ast.unparse(node.func)
            if not all(refused) or (name in ("np.load", "numpy.load") and not refused):
                yield node.lineno


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SCRIPTS)))
def test_no_module_loads_pickles(path):
    assert list(dangers(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "import os, shelve",
        "from marshal import loads",
        "def f():\n    import dill as d",
        "np.load(path)",
        "numpy.load(path, mmap_mode='r')",
        "np.load(path, allow_pickle=True)",
        "read_array(file, allow_pickle=flag)",
    ],
)
def test_what_would_load_pickles_is_found(source):
    assert list(dangers(source))


def test_plain_loading_is_allowed():
    assert not list(dangers("import json\nnp.load(path, allow_pickle=False)\njson.load(file)"))
