"""
Limits in wavelength, and apertures that follow the source, checked on the first segments.

What is found here needs the world coordinates, so it is asked once for a run, by Snakemake's main
process, and only where the settings name wavelengths or an offset.
"""

import logging
from contextlib import contextmanager

from scripts.lib.errors import InputError
from scripts.lib.findings import Finding
from scripts.lib.instruments.modes import mode_of

__all__ = ["spectral_findings"]

log = logging.getLogger(__name__)

# Of the package's loggers; an installed one has another name.
_LIBRARY = __name__.removesuffix(".planning.spectral_ranges")
_WIDEST = (-1.0, 1.0e10)


def spectral_findings(product, lookup, bins):
    """
    Find settings that hold no part of the spectra of a product.

    Parameters
    ----------
    product : Product
        The product.
    lookup : ReferenceLookup
        Reference files and settings.
    bins : dict
        Section ``spectroscopic_light_curves`` of the configuration.

    Returns
    -------
    findings : list of Finding
        Errors: limits of the white light or edges of bins that hold no element of any
        spectrum, an aperture or its background beyond the array. Warnings: those that
        hold no element of some. Empty without such settings, for images, and where all
        segments are compressed.
    """
    mode = mode_of(product.exp_type)
    if mode.is_imaging or lookup.skips(mode.settings, product):
        return []
    light = lookup.settings("white_light", product)
    low, high = light["min_wavelength"], light["max_wavelength"]
    edges = None if bins["skip"] else bins["edges"]
    offset = lookup.settings("extract_1d", product)["position_offset"]
    if low is None and high is None and not edges and (mode.is_soss or not offset):
        return []
    from scripts.lib.spectra.wavelength_limits import edge_findings, limit_findings

    try:
        wavelengths = _wavelengths(product, lookup)
    except InputError as error:
        path, _, found = str(error).partition(": ")
        return [Finding("error", path, found=found)]
    # gwcs and asdf may raise any error for a tree of other software; the jobs report it.
    except Exception as error:
        log.debug("%s: the wavelengths are not known yet", product.asn_path, exc_info=error)
        return []
    if not wavelengths:
        return []
    limits = (_WIDEST[0] if low is None else low, _WIDEST[1] if high is None else high)
    findings = edge_findings(wavelengths, edges) if edges else []
    if limits != _WIDEST:
        findings += limit_findings(wavelengths, dict.fromkeys(wavelengths, limits))
    return findings


def _wavelengths(product, lookup):
    """Wavelengths of each spectrum of a product by detector and order, from its first segments."""
    found, options = {}, lookup.settings("extract_1d", product)
    for detector, segment in product.first_readable_segments.items():
        wavelengths = _soss if mode_of(product.exp_type).is_soss else _box
        with _silence(f"{_LIBRARY}.spectra"), _silence(f"{_LIBRARY}.soss"):
            spectra = wavelengths(segment, lookup, options)
        for order, values in spectra.items():
            name = f"{detector} order {order}" if len(spectra) > 1 else detector
            found[name] = values
    return found


def _box(segment, lookup, options):
    """Wavelengths of the spectrum of a segment, by its order; empty without a spectrum."""
    from scripts.lib.fits.reader import open_fits
    from scripts.lib.references.extract1d import name_file_in_errors, read_reference
    from scripts.lib.spectra.extraction_setup import plan_extraction

    path = lookup.path("extract1d", segment)
    entries = read_reference(path) if path else lookup.apertures(segment)
    with open_fits(segment.path) as member, name_file_in_errors(path or "config"):
        extraction = plan_extraction(member, entries, options)
    return {} if extraction is None else {1: extraction.wavelength}


def _soss(segment, lookup, options):
    """Wavelengths of the orders of a NIRISS SOSS segment."""
    from scripts.lib.fits.headers import read_hdus
    from scripts.lib.instruments.soss import SHAPES, soss_layout
    from scripts.lib.soss.geometry import read_geometry

    primary = read_hdus(segment.path)[0].header
    path = lookup.path("pastasoss", segment)
    width = SHAPES[soss_layout(primary["SUBARRAY"])][1]
    geometry = read_geometry(path, primary, width, order_3=options["soss_order_3"])
    return {order: found.trace_wavelength for order, found in geometry.items()}


@contextmanager
def _silence(name):
    """Keep the messages of a package for the jobs, which have them in their logs."""
    logger = logging.getLogger(name)
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)
