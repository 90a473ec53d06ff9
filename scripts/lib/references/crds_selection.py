"""
Names of reference files by the rules of a CRDS context, from a local cache alone.

The rules are applied by the ``crds`` package (optional extra ``crds``). It
takes half a second to import, so it is imported only where a name is wanted.
"""

import ast
import os
from functools import cache, partial
from importlib.util import find_spec
from pathlib import Path

from scripts.lib.errors import InputError
from scripts.lib.findings import Finding

__all__ = ["CRDS_VARIABLES", "SELECTORS", "CrdsSelection", "open_selection"]

# Keywords that the rules may use, by the names of the metadata.
SELECTORS = {
    "META.TELESCOPE": "TELESCOP",
    "META.INSTRUMENT.NAME": "INSTRUME",
    "META.INSTRUMENT.DETECTOR": "DETECTOR",
    "META.INSTRUMENT.CHANNEL": "CHANNEL",
    "META.INSTRUMENT.MODULE": "MODULE",
    "META.INSTRUMENT.FILTER": "FILTER",
    "META.INSTRUMENT.PUPIL": "PUPIL",
    "META.INSTRUMENT.GRATING": "GRATING",
    "META.INSTRUMENT.BAND": "BAND",
    "META.INSTRUMENT.CORONAGRAPH": "CORONMSK",
    "META.INSTRUMENT.LAMP_MODE": "OPMODE",
    "META.INSTRUMENT.LAMP_STATE": "LAMP",
    "META.EXPOSURE.TYPE": "EXP_TYPE",
    "META.INSTRUMENT.EXP_TYPE": "EXP_TYPE",
    "META.EXPOSURE.READPATT": "READPATT",
    "META.SUBARRAY.NAME": "SUBARRAY",
    "META.VISIT.TSOVISIT": "TSOVISIT",
    "META.OBSERVATION.DATE": "DATE-OBS",
    "META.OBSERVATION.TIME": "TIME-OBS",
}
# Variables that decide which files are found.
CRDS_VARIABLES = ("CRDS_PATH", "CRDS_CONTEXT", "STPIPE_DISABLE_CRDS_STEPPARS")
_LATEST = ("latest", "jwst-latest", "jwst-operational")
_OBSERVATORY = "jwst"


class CrdsSelection:
    """
    Reference files of one context in a local CRDS cache.

    Parameters
    ----------
    context : str
        Name of the context, ``jwst_NNNN.pmap``.
    """

    def __init__(self, context):
        self.context = context
        self._names, self._paths = {}, {}

    def name(self, kind, header):
        """
        Name of the reference file of a data set.

        Parameters
        ----------
        kind : str
            Kind of reference in lower case, for example ``extract1d``.
        header : dict
            Primary keywords of the data set.

        Returns
        -------
        name : str or None
            File name; ``N/A`` where the rules say that none applies; None if
            they have no file for this data set.

        Raises
        ------
        InputError
            If a mapping of the context cannot be read.
        """
        values = {meta: header.get(keyword) for meta, keyword in SELECTORS.items()}
        key = (kind, *values.values())
        if key not in self._names:
            self._names[key] = _best_reference(self.context, kind, values)
        return self._names[key]

    def path(self, name):
        """Path of a file in the cache, whether it exists or not."""
        if name not in self._paths:
            self._paths[name] = _library()[1].locate_file(name, _OBSERVATORY)
        return self._paths[name]


@cache
def _library():
    """Modules of the crds package; it must not write to a cache that others share."""
    os.environ.setdefault("CRDS_READONLY_CACHE", "1")
    from crds.core import config, exceptions, rmap

    return rmap, config, exceptions


def _best_reference(context, kind, values):
    """Apply the rules of a context; see :meth:`CrdsSelection.name`."""
    rmap, _, exceptions = _library()
    known = {meta: value for meta, value in values.items() if value is not None}
    try:
        found = rmap.get_best_references(context, known, [kind]).get(kind)
    except (OSError, ValueError, SyntaxError, exceptions.CrdsError) as error:
        msg = f"{context}: mapping: found {error}, expected the rules of {values['META.INSTRUMENT.NAME']}"
        raise InputError(" ".join(msg.split())) from error
    if found is None or found.upper() in ("N/A", "NOT FOUND N/A"):
        return "N/A" if found else None
    return None if found.startswith("NOT FOUND") else found


def open_selection(wanted, environment=os.environ):
    """
    Find the context in use.

    Parameters
    ----------
    wanted : str or None
        Context that the configuration names.
    environment : dict of str to str
        Variables ``CRDS_PATH``, the cache, and ``CRDS_CONTEXT``.

    Returns
    -------
    selection : CrdsSelection or None
        None without a cache, the package or a context.
    findings : list of Finding
        An error if a context that the configuration names cannot be used; a
        warning if a cache cannot be used; a note if the context is the one of
        the last synchronisation.
    """
    folder = environment.get("CRDS_PATH")
    if not folder and not wanted:
        return None, []
    severity = "error" if wanted else "warning"
    effect = "" if wanted else "no reference file is taken from the CRDS cache"
    path, key = ("config", "crds_context") if wanted else ("environment", "CRDS_PATH")
    unusable = partial(Finding, severity, path, key=key, effect=effect)
    if not folder:
        expected = "the variable CRDS_PATH to name a CRDS cache"
        return None, [unusable(found=wanted, expected=expected)]
    if find_spec("crds") is None:
        expected = "the Python package crds, which applies its rules: pip install crds"
        return None, [unusable(found=wanted or folder, expected=expected)]
    context, pinned = _context(wanted, environment)
    if context is None:
        expected = "a context in crds_context of the configuration or in CRDS_CONTEXT"
        return None, [unusable(found=f"{folder} without a context", expected=expected)]
    if not Path(folder, "mappings", _OBSERVATORY, context).is_file():
        found = f"{context}, which is not in {folder}"
        expected = f"a context of that cache; `crds sync --contexts {context}` adds it"
        return None, [unusable(found=found, expected=expected)]
    if pinned:
        return CrdsSelection(context), []
    found = f"{folder}, {context}"
    effect = "the context of its last synchronisation is used; crds_context pins it"
    return CrdsSelection(context), [Finding("note", path, key=key, found=found, effect=effect)]


def _context(wanted, environment):
    """Context in use, None without one, and whether the user names it."""
    named = wanted or environment.get("CRDS_CONTEXT")
    if named and named not in _LATEST:
        return named, True
    path = Path(environment["CRDS_PATH"], "config", _OBSERVATORY, "server_config")
    try:
        server = ast.literal_eval(path.read_text(encoding="utf-8"))
        return server.get("latest_context") or server["operational_context"], False
    except (OSError, ValueError, SyntaxError, KeyError, AttributeError):
        return None, False
