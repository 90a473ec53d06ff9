"""Checksum of the modules and templates that a script uses, so that its jobs rerun when one changes."""

import hashlib
import re
from functools import cache

__all__ = ["source_digest", "used_files"]

# A name imported from one of these packages is a module.
_PACKAGES = {
    "scripts.fetch",
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
    "scripts.lib.moving_profile",
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
    "scripts.lib.trace_model",
}
# Parsing the modules instead would take half of the time in which Snakemake reads the workflow.
_IMPORT = re.compile(r"^[ \t]*from (scripts\.[\w.]+) import (\([^)]*\)|[^\n]*)", re.MULTILINE)
_COMMENT = re.compile(r"#.*")
# A module renders a template; a template includes others.
_TEMPLATE = re.compile(r'(?:\brender\(\s*|{%-? *(?:extends|include|import|from) +)"([\w.]+)"')
_TEMPLATES = "scripts/lib/report/templates"


def source_digest(module, read):
    """
    Compute a checksum over the project's files that a module uses.

    Snakemake compares the script of a rule with the one that made its output,
    but not the modules that the script imports, nor the templates of its page.

    Parameters
    ----------
    module : str
        Name of the module, e.g. ``scripts.extract_1d``; its own source is
        left out of the checksum.
    read : callable
        Returns the text of a file by its path from the root of the project.

    Returns
    -------
    digest : str
        Twelve hexadecimal digits over the sources of all modules of the
        package ``scripts`` that are imported by ``from ... import``, directly
        or by one another, and over the templates that they render with all
        templates that these include.
    """
    start = _path(module)
    digest = hashlib.sha256()
    for path in sorted(used_files([start], read) - {start}):
        digest.update(f"{path}\0{read(path)}\0".encode())
    return digest.hexdigest()[:12]


def used_files(starts, read):
    """
    Find the project's files that some of them use, directly or not.

    Parameters
    ----------
    starts : iterable of str
        Paths from the root of the project: modules, templates or files with rules.
    read : callable
        Returns the text of a file by its path.

    Returns
    -------
    paths : set of str
        The files and all modules of the package ``scripts`` that they import by ``from ... import``,
        and the templates that they render. Each was read once.
    """
    found, waiting = set(), set(starts)
    while waiting:
        found |= waiting
        waiting = {path for known in waiting for path in _used_files(read(known))} - found
    return found


def _path(module):
    """Path of a module's source."""
    return f"{module.replace('.', '/')}.py"


@cache
def _used_files(source):
    """Paths of the project's files that a module or template uses."""
    return {_path(module) for module in _imports(source)} | _templates(source)


def _templates(source):
    """Paths of the templates that a module renders or a template includes."""
    return {f"{_TEMPLATES}/{name}" for name in _TEMPLATE.findall(source)}


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
