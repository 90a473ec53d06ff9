"""Mappings and reference files of CRDS that a configuration needs, found with the ``crds`` package."""

import logging
import os
import re
from pathlib import Path

from scripts.fetch.download import Download, check_address, is_plain_name
from scripts.lib.errors import InputError
from scripts.lib.findings import stop_at_errors
from scripts.lib.inputs.products import survey
from scripts.lib.references.kinds import used_kinds
from scripts.lib.references.parameters import KINDS
from scripts.lib.references.selection import ReferenceFiles

__all__ = ["CrdsServer", "Visits", "missing_references"]

log = logging.getLogger(__name__)

_OBSERVATORY = "jwst"
_CONTEXT = re.compile(r"jwst_\d{1,6}\.pmap")
# Characters that are shown of an error of the server.
_LONGEST = 300
_DIGEST = re.compile(r"[0-9a-f]{40}")


class CrdsServer:
    """
    What a CRDS server says about contexts and files.

    Parameters
    ----------
    url : str
        Its address.
    cache : Path
        The local cache, in which files get their places.

    Raises
    ------
    InputError
        Without the package, or if the address is not encrypted.
    """

    def __init__(self, url, cache):
        check_address(url)
        # Read by crds when it is imported; this program writes to the cache by itself.
        os.environ.update(CRDS_PATH=str(cache), CRDS_SERVER_URL=url, CRDS_OBSERVATORY=_OBSERVATORY)
        os.environ.setdefault("CRDS_READONLY_CACHE", "1")
        try:
            from crds.client import api
            from crds.core import config, exceptions
        except ImportError as error:
            msg = f"crds: found {error}, expected the package that asks CRDS: python -m pip install 'crds~=14.0'"
            raise InputError(msg) from error
        self._api, self._config, self._error = api, config, exceptions.CrdsError
        self._url, self._cache = url, cache
        api.set_crds_server(url)

    def _ask(self, function, *arguments, **options):
        """Answer of the server to a call of ``crds.client.api``."""
        try:
            return function(*arguments, **options)
        except (self._error, OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            text = " ".join(str(error).split())[:_LONGEST]
            name = getattr(function, "__name__", "question")
            msg = f"{self._url}: {name}: found {type(error).__name__} ({text}), expected an answer"
            raise InputError(msg) from error

    def context(self, wanted):
        """
        Name of the context to use.

        Parameters
        ----------
        wanted : str or None
            What the user asks for; None takes what the server takes for new data.

        Returns
        -------
        context : str
            ``jwst_NNNN.pmap``.

        Raises
        ------
        InputError
            If it is none, or the server does not answer.
        """
        context = wanted or self._ask(self._api.get_default_context, _OBSERVATORY, "latest")
        if not _CONTEXT.fullmatch(context):
            source = "crds_context" if wanted else f"{self._url}: context"
            msg = f"{source}: found {context!r}, expected a name such as jwst_1535.pmap"
            raise InputError(msg)
        return context

    def mappings(self, context, instruments):
        """
        Find the rules of a context that are not in the cache.

        Parameters
        ----------
        context : str
            Name of the context.
        instruments : iterable of str
            Names in lower case; rules of others are not needed.

        Returns
        -------
        downloads : list of Download
            The missing ones.

        Raises
        ------
        InputError
            If the server does not answer, or with names that are none.
        """
        named = self._ask(self._api.get_mapping_names, context)
        starts = tuple(f"{_OBSERVATORY}_{instrument}_" for instrument in instruments)
        return self.downloads(
            [name for name in sorted(named) if name == context or name.startswith(starts)]
        )

    def downloads(self, names):
        """
        Find length, checksum, address and place of files that are not in the cache.

        Parameters
        ----------
        names : list of str
            Names of mappings or references.

        Returns
        -------
        downloads : list of Download
            The missing ones.

        Raises
        ------
        InputError
            If the server does not answer or know them, or a name leads to another folder.
        """
        for name in names:
            if not is_plain_name(name):
                msg = f"{self._url}: name: found {name!r}, expected that of a file in CRDS"
                raise InputError(msg)
        places = {name: Path(self._config.locate_file(name, _OBSERVATORY)) for name in names}
        missing = [name for name, place in places.items() if not place.is_file()]
        if not missing:
            return []
        known = self._ask(
            self._api.get_file_info_map, _OBSERVATORY, files=missing, fields=["size", "sha1sum"]
        )
        return [self._download(name, places[name], known.get(name)) for name in missing]

    def _download(self, name, place, known):
        """One file with what the server knows of it."""
        size, digest = (
            (known.get(key) for key in ("size", "sha1sum")) if isinstance(known, dict) else ("", "")
        )
        if not str(size).isdecimal() or not _DIGEST.fullmatch(str(digest)):
            msg = f"{self._url}: {name}: found {known!r}, expected its size and sha1sum"
            raise InputError(msg)
        if self._cache.resolve() not in place.resolve().parents:
            msg = f"{name}: place: found {place}, expected a folder in {self._cache}"
            raise InputError(msg)
        url = self._ask(self._api.get_flex_uri, name, _OBSERVATORY)
        return Download(place, url, int(size), str(digest))


class Visits:
    """
    Products of a configuration, and the headers by which their references are selected.

    Parameters
    ----------
    config, given : dict
        As of :func:`~scripts.fetch.configuration.read_configuration`.

    Attributes
    ----------
    instruments : set of str
        Their names in lower case.

    Raises
    ------
    InputError
        If there is no product.
    """

    def __init__(self, config, given):
        self._config, self._given = config, given
        self._headers, self.instruments = {}, set()
        self._products, findings = survey(
            config["associations"], ".", self._register, os.path.normpath(config["output_dir"])
        )
        if not self._products:
            stop_at_errors(findings)
            msg = "config: associations: found no time series, expected the data that references are for"
            raise InputError(msg)

    def _register(self, path, hdus):
        """Keep the headers of a segment; an additional check of :func:`survey` that finds nothing."""
        self._headers[path] = hdus
        self.instruments.add(str(hdus[0].header.get("INSTRUME", "")).lower())
        return []

    def names(self, context):
        """
        Select the reference and parameter files of all products.

        Parameters
        ----------
        context : str
            Context whose rules are in the cache.

        Returns
        -------
        names : list of str
            Names of files of CRDS, each once. What parameter files say about other files is
            taken into account as far as these are in the cache.

        Raises
        ------
        InputError
            If the rules cannot be applied.
        """
        files = ReferenceFiles(self._config | {"crds_context": context}, self._given)
        stop_at_errors(files.context_findings)
        for path, hdus in self._headers.items():
            files.register(path, hdus)
        found = []
        for product in self._products:
            for segment in product.segments:
                for step in KINDS:
                    found += files.parameter_files(step, segment.path)
                kinds = used_kinds(product, files)
                found += [files.reference(kind, segment.path) for kind in kinds]
        # Only images in DN/s have a gain.
        open_kinds = {item.kind for item in found if item.source in ("none", "default")} - {"gain"}
        if open_kinds:
            log.info("%s has no file of %s for these data", context, ", ".join(sorted(open_kinds)))
        paths = {reference.path for reference in found if reference.source == "crds"}
        return sorted(Path(path).name for path in paths if path)


def missing_references(server, visits, context):
    """
    Find the reference files of visits that are not in the cache.

    Parameters
    ----------
    server : CrdsServer
        The server.
    visits : Visits
        The visits.
    context : str
        Context whose rules are in the cache.

    Returns
    -------
    downloads : list of Download
        As far as they are known: see :meth:`Visits.names`.

    Raises
    ------
    InputError
        As of both.
    """
    return server.downloads(visits.names(context))
