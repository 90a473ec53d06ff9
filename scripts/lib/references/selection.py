"""
Which reference and parameter files each segment is processed with.

Files that the configuration names come first, then those that CRDS selects, then
the defaults of :mod:`scripts.lib.references.defaults`.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from scripts.lib.errors import InputError
from scripts.lib.findings import Finding
from scripts.lib.provenance.reference_records import checksum
from scripts.lib.references.crds_selection import SELECTORS, open_selection
from scripts.lib.references.defaults import default_apertures
from scripts.lib.references.extract1d import slit_name
from scripts.lib.references.parameters import (
    KINDS,
    PIPELINE,
    convert_parameters,
    read_parameters,
)

__all__ = ["NOT_APPLICABLE", "Reference", "ReferenceFiles"]

# In the configuration: use no file, not even one that CRDS selects.
NOT_APPLICABLE = "N/A"


@dataclass(frozen=True, slots=True)
class Reference:
    """
    One reference file of a segment.

    Attributes
    ----------
    kind : str
        Kind of reference, for example ``extract1d``.
    path : str or None
        The file; None if none is used.
    name : str
        Name that products record: the file's name, ``crds://`` and its name,
        ``tso3flow://`` and the mode whose default is assumed, or ``N/A``.
    source : str
        ``config``, ``crds``, ``default``, or ``none``.
    """

    kind: str
    path: str | None
    name: str
    source: str


class ReferenceFiles:
    """
    Reference files and settings of segments.

    Parameters
    ----------
    config : dict
        The validated configuration.
    given : dict
        The configuration without defaults: the user's settings, which win over
        parameter references.
    base_dir : str or Path
        Folder that relative paths start from.
    environment : dict of str to str
        ``CRDS_PATH``, ``CRDS_CONTEXT`` and ``STPIPE_DISABLE_CRDS_STEPPARS``,
        as for ``jwst``.

    Attributes
    ----------
    context : str or None
        CRDS context in use.
    context_findings : list of Finding
        Errors, warnings and notes about the context.
    """

    def __init__(self, config, given, base_dir=".", environment=os.environ):
        self._config, self._given, self._base = config, given, Path(base_dir)
        self._selection, self.context_findings = open_selection(config["crds_context"], environment)
        self.context = self._selection.context if self._selection else None
        disabled = environment.get("STPIPE_DISABLE_CRDS_STEPPARS", "").lower()
        self._selects_parameters = disabled not in ("true", "t", "yes", "y", "1")
        self._headers, self._images, self._settings, self._records = {}, {}, {}, {}

    def register(self, path, hdus):
        """
        Register a segment: keep the keywords by which references are selected.

        Parameters
        ----------
        path : str
            The segment.
        hdus : list of Hdu
            Its header-data units.
        """
        keywords = dict.fromkeys(SELECTORS.values())
        self._headers[path] = {keyword: hdus[0].header.get(keyword) for keyword in keywords}
        self._images[path] = next(hdu for hdu in hdus if hdu.name == "SCI")

    @property
    def registered(self):
        """Paths of all registered segments."""
        return list(self._headers)

    def reference(self, kind, path):
        """
        Find a reference file of a segment.

        Parameters
        ----------
        kind : str
            Kind of reference.
        path : str
            The segment, registered before.

        Returns
        -------
        reference : Reference
            It may name a file that does not exist.

        Raises
        ------
        InputError
            If the rules of the CRDS context cannot be read.
        """
        given = self._config["references"][kind]
        if isinstance(given, dict):
            given = given.get(self.exp_type(path))
        if given == NOT_APPLICABLE:
            return Reference(kind, None, NOT_APPLICABLE, "config")
        if kind == "gain" and self._images[path].header.get("BUNIT") != "DN/s":
            # Only count rates are multiplied by the gain.
            return Reference(kind, None, NOT_APPLICABLE, "none")
        if given:
            return Reference(kind, os.path.normpath(given), Path(given).name, "config")
        name = self._selection.name(kind, self._headers[path]) if self._selection else None
        if name == NOT_APPLICABLE:
            return Reference(kind, None, name, "crds")
        if name:
            return Reference(kind, self._selection.path(name), f"crds://{name}", "crds")
        exp_type = self._headers[path]["EXP_TYPE"]
        if kind == "extract1d" and default_apertures(exp_type, self._images[path].shape):
            return Reference(kind, None, f"tso3flow://{exp_type}", "default")
        return Reference(kind, None, NOT_APPLICABLE, "none")

    def apertures(self, path):
        """Apertures that are assumed for a segment, as a list of dicts; None if it has a file."""
        if self.reference("extract1d", path).source != "default":
            return None
        return default_apertures(self._headers[path]["EXP_TYPE"], self._images[path].shape)

    def exp_type(self, path):
        """``EXP_TYPE`` of a registered segment."""
        return self._headers[path]["EXP_TYPE"]

    def image(self, path):
        """Header-data unit SCI of a registered segment."""
        return self._images[path]

    def path_to(self, reference):
        """Path of a reference's file; the reference must have one."""
        return self._base / reference.path

    def slit_name(self, path):
        """Name of a segment's apertures in an EXTRACT1D reference."""
        return slit_name(self._headers[path]["EXP_TYPE"], self._images[path].header)

    def parameter_files(self, step, path):
        """
        Find the parameter references of a step; the last one wins.

        Parameters
        ----------
        step : str
            Section of the configuration.
        path : str
            The segment.

        Returns
        -------
        references : list of Reference
            Empty, one of the step or the pipeline, or both.
        """
        found = []
        for section, kind in ((step, KINDS[step]), ("pipeline", PIPELINE)):
            given = self._config["pars"][section]
            if given and given != NOT_APPLICABLE:
                path_given = os.path.normpath(given)
                found.append(Reference(kind, path_given, Path(given).name, "config"))
            elif not given and self._selection and self._selects_parameters:
                name = self._selection.name(kind, self._headers[path])
                if name and name != NOT_APPLICABLE:
                    selected = self._selection.path(name)
                    found.append(Reference(kind, selected, f"crds://{name}", "crds"))
        return found

    def settings(self, step, path):
        """
        Settings of a step for a segment: configuration, then parameter references, then defaults.

        Parameters
        ----------
        step : str
            Section of the configuration.
        path : str
            The segment.

        Returns
        -------
        settings : dict
            The section with all its keys.
        """
        return self._merge_once(step, path)[0]

    def settings_findings(self, step, path):
        """Findings about the parameter references of a step for a segment."""
        return self._merge_once(step, path)[1]

    def _merge_once(self, step, path):
        """Settings of a step and findings about its parameter references, which are read once."""
        files = tuple(self.parameter_files(step, path))
        if (step, files) not in self._settings:
            self._settings[step, files] = self._merge(step, files)
        return self._settings[step, files]

    def _merge(self, step, files):
        """Apply parameter references to the settings that the user left open."""
        settings, findings = dict(self._config[step]), []
        own = self._given.get(step) or {}
        for file in files:
            if not self.path_to(file).is_file():
                # The checks of the configuration and of the CRDS cache report it.
                continue
            try:
                by_step = read_parameters(str(self.path_to(file)))
            except InputError as error:
                findings.append(Finding("error", file.name, found=str(error)))
                continue
            parameters = by_step.get("" if file.kind == KINDS[step] else step, {})
            found, left_out = convert_parameters(step, parameters, file.name)
            settings |= {name: value for name, value in found.items() if name not in own}
            findings += left_out
            findings += [
                Finding(
                    "note", "config", key=f"{step}/{name}", found=repr(own[name]), effect=effect
                )
                for name, value in found.items()
                if name in own and own[name] != value
                for effect in [f"it wins over {value!r} of {file.name}"]
            ]
        return settings, findings

    def record(self, reference):
        """Text that a product records about a file it was made with: kind, name, checksum."""
        if reference not in self._records:
            digest = checksum(self.path_to(reference))
            self._records[reference] = f"{reference.kind} {reference.name} sha1 {digest}"
        return self._records[reference]

    def parameter_records(self, step, path):
        """Texts that a product records about the parameter references of a step; see :meth:`record`."""
        return [self.record(reference) for reference in self.parameter_files(step, path)]
