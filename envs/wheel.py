"""Lay the workflow out inside the package tso3flow, as the wheel has it.

In a clone the code is imported as ``scripts``. An installed package must not take such a name from
others, so the wheel has everything one level deeper: ``tso3flow/scripts``, ``tso3flow/workflow`` and
so on, and statements that import ``scripts`` import ``tso3flow.scripts`` there. Nothing else of the
files differs, and all paths from one to another stay the same. Only the standard library is used.
"""

import re
import shutil
from pathlib import Path

PACKAGE = "tso3flow"
# What a run needs.
PARTS = ("Snakefile", "config.yaml", "envs", "profiles", "scripts", "workflow")
_CODE = {".py", ".smk", ""}
_LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.pyc", ".*", "lock.py", "wheel.py")
_IMPORT = re.compile(r"^([ \t]*(?:>>> )?from )(scripts\b)", re.MULTILINE)


def installed_source(text):
    """Source text with the imports of an installed package; doctests are sources too."""
    return _IMPORT.sub(rf"\1{PACKAGE}.\2", text)


def write_package(root, folder):
    """Write the package as it is installed, from a clone, into a folder; return its path."""
    root, package = Path(root), Path(folder, PACKAGE)
    shutil.copytree(root / PACKAGE, package, ignore=_LEFT_OUT)
    for name in PARTS:
        if (root / name).is_dir():
            shutil.copytree(root / name, package / name, ignore=_LEFT_OUT)
        else:
            shutil.copy(root / name, package / name)
    for path in package.rglob("*"):
        if path.is_file() and path.suffix in _CODE:
            path.write_text(installed_source(path.read_text(encoding="utf-8")), encoding="utf-8")
    return package
