"""Checksum of the modules that a script imports, to rerun its jobs when one changes."""

import ast
import hashlib
from functools import cache

# What is imported from these is a module.
_PACKAGES = ("scripts.lib", "scripts.simulation")


def source_digest(module, read):
    """
    Compute a checksum over the project's modules that a module imports.

    Snakemake compares the script of a rule with the one that made its output,
    but not the modules that the script imports.

    Parameters
    ----------
    module : str
        Name of the module, e.g. ``scripts.extract_1d``; its own source is
        left out of the checksum.
    read : callable
        Returns the source text of a module by its name.

    Returns
    -------
    digest : str
        Twelve hexadecimal digits over the sources of all modules of the
        package ``scripts`` that are imported by ``from ... import``, directly
        or by one another.
    """
    found = set()
    waiting = {module}
    while waiting:
        found |= waiting
        waiting = {name for known in waiting for name in _imports(read(known))} - found
    digest = hashlib.sha256()
    for name in sorted(found - {module}):
        digest.update(f"{name}\0{read(name)}\0".encode())
    return digest.hexdigest()[:12]


@cache
def _imports(source):
    """Names of the project's modules that a source text imports anywhere."""
    nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ImportFrom)]
    return {
        f"{node.module}.{alias.name}" if node.module in _PACKAGES else node.module
        for node in nodes
        for alias in node.names
        if (node.module or "").startswith("scripts.")
    }
