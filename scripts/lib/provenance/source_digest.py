"""Checksum of the modules that a script imports, to rerun its jobs when one changes."""

import hashlib
import re
from functools import cache

__all__ = ["source_digest"]

# What is imported from these is a module.
_PACKAGES = {
    "scripts.lib",
    "scripts.simulation",
    "scripts.lib.checks",
    "scripts.lib.diagnostics",
    "scripts.lib.doctor",
    "scripts.lib.files",
    "scripts.lib.fits",
    "scripts.lib.inputs",
    "scripts.lib.instruments",
    "scripts.lib.jobs",
    "scripts.lib.light_curves",
    "scripts.lib.outliers",
    "scripts.lib.photometry",
    "scripts.lib.planning",
    "scripts.lib.provenance",
    "scripts.lib.references",
    "scripts.lib.report",
    "scripts.lib.segment_data",
    "scripts.lib.soss",
    "scripts.lib.soss.atoca",
    "scripts.lib.spectra",
}
# Parsing the modules would be half of the time in which Snakemake reads the workflow.
_IMPORT = re.compile(r"^[ \t]*from (scripts\.[\w.]+) import (\([^)]*\)|[^\n]*)", re.MULTILINE)
_COMMENT = re.compile(r"#.*")


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
    modules = set()
    for module, names in _IMPORT.findall(source):
        if module in _PACKAGES:
            listed = _COMMENT.sub("", names).strip("() \n").split(",")
            modules |= {f"{module}.{name.split()[0]}" for name in listed if name.strip()}
        else:
            modules.add(module)
    return modules
