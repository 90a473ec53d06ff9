"""Checks of the reference files before any job runs, and notes on those in use."""

from functools import partial
from pathlib import Path

from scripts.lib.checks.options import option_findings
from scripts.lib.errors import InputError
from scripts.lib.findings import Finding
from scripts.lib.fits.headers import read_hdus
from scripts.lib.instruments.branches import CONFIGURED_STEPS
from scripts.lib.instruments.modes import mode_of
from scripts.lib.references.aperture_limits import follows_source, regions_beyond
from scripts.lib.references.defaults import EFFECTS, EXTRACT1D, describe_aperture
from scripts.lib.references.extract1d import (
    ApertureError,
    check_entry,
    find_entries,
    read_reference,
    select_entry,
)
from scripts.lib.references.kinds import used_kinds
from scripts.lib.references.selection import NOT_APPLICABLE

__all__ = ["missing_file", "product_findings", "reference_findings"]

_ASDF_REFERENCES = ("wavelengthrange", "pastasoss")


def reference_findings(config, products, references, base_dir="."):
    """
    Check the reference and parameter files that the products are made with.

    Parameters
    ----------
    config : dict
        The validated configuration.
    products : list of Product
        What the workflow is to make.
    references : ReferenceFiles
        All segments are registered there.
    base_dir : str or Path
        Folder that relative paths start from.

    Returns
    -------
    findings : list of Finding
        Errors: files that are missing, of the wrong format, or without an
        aperture of the mode, and those that NIRISS SOSS needs but are not
        given. Warnings: other missing ones that a step would use, with what is
        assumed instead, an aperture correction that
        the mode does not have, and parameters that are left out. Notes: files
        of CRDS that are used, and a missing aperture correction.
    """
    findings = [
        *references.context_findings,
        *(
            finding
            for kind, given in config["references"].items()
            for key, path in (given.items() if isinstance(given, dict) else [("", given)])
            if path not in (None, NOT_APPLICABLE)
            for finding in _given_errors(kind, key, path, base_dir)
        ),
        *_parameter_errors(config["pars"], base_dir),
    ]
    for product in products:
        try:
            findings += product_findings(product, references)
        except InputError as error:
            findings.append(Finding("error", product.asn_path, found=str(error)))
    return list(dict.fromkeys(findings))


def _given_errors(kind, exp_type, path, base_dir):
    """Find why a reference that the configuration names, of one EXP_TYPE or all, cannot be used."""
    name = f"{kind}/{exp_type}" if exp_type else kind
    error = partial(Finding, "error", "config", key=f"references/{name}")
    if not Path(base_dir, path).is_file():
        return [error(found=f"no file {path}", expected="a reference file, null or N/A")]
    message = _format_error(kind, Path(base_dir, path))
    return [Finding("error", "config", found=f"references/{name}: {message}")] if message else []


def _format_error(kind, path):
    """Return a reader's message about a file of the wrong format; the data are not read."""
    try:
        if kind == "extract1d":
            read_reference(path)
        elif kind not in _ASDF_REFERENCES:
            read_hdus(path)
    except InputError as error:
        return str(error)
    return None


def _parameter_errors(pars, base_dir):
    """Find parameter references of the configuration that are missing."""
    return [
        Finding(
            "error",
            "config",
            key=f"pars/{step}",
            found=f"no file {path}",
            expected="an ASDF file, null or N/A",
        )
        for step, path in pars.items()
        if path and path != NOT_APPLICABLE and not Path(base_dir, path).is_file()
    ]


def product_findings(product, references):
    """
    Check the reference and parameter files of one product.

    Parameters
    ----------
    product : Product
        The product.
    references : ReferenceFiles
        The segments are registered there.

    Returns
    -------
    findings : list of Finding
        As :func:`reference_findings`, without what the configuration names.
    """
    first = product.segments[0].path
    findings = []
    for step in CONFIGURED_STEPS[product.branch]:
        missing = [
            missing_file(file)
            for file in references.parameter_files(step, first)
            if file.source == "crds" and not Path(file.path).is_file()
        ]
        findings += missing or references.settings_findings(step, first)
    if any(finding.severity == "error" for finding in findings):
        return findings
    for kind in used_kinds(product, references):
        for segment in product.segments:
            reference = references.reference(kind, segment.path)
            findings += _segment_reference_findings(reference, segment.exp_type, references.context)
    findings += [
        *option_findings(
            product,
            lambda step: references.settings(step, first),
            _has_psf(product, references),
            bool(references.reference("extract1d", first).path or references.apertures(first)),
        ),
        *_unusable_apertures(product, references),
        *_unused_correction(product, references),
    ]
    return list(dict.fromkeys(findings))


def _has_psf(product, references):
    """Whether a product uses the image of a point source."""
    first = product.segments[0].path
    return "psf" in used_kinds(product, references) and bool(
        references.reference("psf", first).path
    )


def _unusable_apertures(product, references):
    """Find slits or modes without an aperture in the EXTRACT1D reference, and wrong values."""
    if "extract1d" not in used_kinds(product, references):
        return []
    paths = [segment.path for segment in product.segments]
    wanted = {
        (references.reference("extract1d", path), references.slit_name(path)): path
        for path in paths
    }
    findings = []
    for (reference, slit), path in wanted.items():
        options = references.settings("extract_1d", path)
        fitting = [path for path in paths if references.reference("extract1d", path) == reference]
        if reference.source == "default":
            assumed = references.apertures(path)
            findings += _apertures_beyond("config", assumed, fitting, references, options)
        if reference.path is None or not references.path_to(reference).is_file():
            continue
        try:
            entries = read_reference(references.path_to(reference))
        except InputError:
            # Reported by `_given_errors` or `_crds_findings`, which read the file as well.
            continue
        try:
            for entry in find_entries(entries, slit):
                check_entry(entry, options)
        except ApertureError as error:
            findings.append(Finding("error", reference.path, found=str(error)))
            continue
        findings += _apertures_beyond(reference.path, entries, fitting, references, options)
    return findings


def _apertures_beyond(name, entries, paths, references, options):
    """Find apertures and background regions that hold no pixel of the images."""
    findings, known = [], set()
    for path in paths:
        image, slit = references.image(path), references.slit_name(path)
        header = image.header
        axis, order, source = (header.get(key) for key in ("DISPAXIS", "SPORDER", "SRCTYPE"))
        setup = (axis, order, source, slit, image.shape[-2:])
        if setup in known or axis is None:
            continue
        known.add(setup)
        entry = select_entry(entries, slit, 1 if order is None else order)
        exp_type = references.exp_type(path)
        if entry is None:
            continue
        # Where the source is, only the world coordinates say, but it is on the array.
        follows = follows_source(entry, options, exp_type, source)
        findings += [
            _beyond(name, entry, region, path, image, options)
            for region in regions_beyond(entry, axis, image.shape[-2:], options, follows)
        ]
    return findings


def _beyond(name, entry, region, path, image, options):
    """Report a region of an aperture beyond the array."""
    key, low, high, length = region
    offset, (ny, nx) = options.get("position_offset"), image.shape[-2:]
    effect = f"the array of {path} has {ny} rows of {nx} pixels"
    if offset:
        effect = f"{effect}; extract_1d/position_offset is {offset:g}"
    return Finding(
        "error",
        name,
        key=f"{key} of aperture {entry.get('id')!r}",
        found=f"pixels {low:g} to {high:g}",
        expected=f"some of 0 to {length - 1}",
        effect=effect,
    )


def _unused_correction(product, references):
    """Warn of an aperture correction that is given for a mode without one."""
    if (
        "extract1d" not in used_kinds(product, references)
        or mode_of(product.exp_type).has_aperture_correction
    ):
        return []
    given = references.reference("apcorr", product.segments[0].path)
    if given.source != "config" or given.path is None:
        return []
    key, effect = f"references/apcorr of {product.exp_type}", "it is not applied"
    return [
        Finding(
            "warning",
            "config",
            key=key,
            found=given.name,
            expected="null or N/A in this mode",
            effect=effect,
        )
    ]


def _segment_reference_findings(reference, exp_type, context):
    """Report one reference of a segment: missing, assumed, or selected by CRDS."""
    key = f"references/{reference.kind} of {exp_type}"
    # The context is left out: products record this, and must not change when only the context does.
    unknown = "null, and none in CRDS" if context else "null"
    if reference.path is None and reference.kind in mode_of(exp_type).required_references:
        found = "N/A" if reference.source in ("config", "crds") else unknown
        expected = "the reference file of NIRISS SOSS"
        return [
            Finding(
                "error",
                "config",
                key=f"references/{reference.kind}",
                found=found,
                expected=expected,
            )
        ]
    if reference.source == "crds" and reference.path is not None:
        return _crds_findings(reference, key)
    if reference.kind == "gain":
        # Reported by `imaging_check` where it is needed.
        return []
    if reference.source == "default":
        effect = describe_aperture(EXTRACT1D[exp_type])
        return [Finding("warning", "config", key=key, found=unknown, effect=effect)]
    if reference.source == "none":
        # The light outside the aperture is a constant factor, which relative light curves divide out.
        severity = "note" if reference.kind == "apcorr" else "warning"
        return [Finding(severity, "config", key=key, found=unknown, effect=EFFECTS[reference.kind])]
    return []


def _crds_findings(reference, key):
    """Report which file of CRDS is used, or that it is unreadable or not in the cache."""
    if not Path(reference.path).is_file():
        return [missing_file(reference)]
    message = _format_error(reference.kind, reference.path)
    if message:
        return [Finding("error", "CRDS", found=message)]
    return [Finding("note", "config", key=key, found="null", effect=f"{reference.name} is used")]


def missing_file(reference):
    """
    Report a file that is missing in the CRDS cache.

    Parameters
    ----------
    reference : Reference
        What CRDS selects.

    Returns
    -------
    finding : Finding
        An error.
    """
    name = Path(reference.path).name
    expected = f"the {reference.kind} that CRDS selects; `crds sync --files {name}` fetches it"
    return Finding("error", reference.path, key="file", found="none", expected=expected)
