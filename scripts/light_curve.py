"""
Make tables of flux with errors, flags and the star's position, and light curves in bins.

Inputs
------
spectra
    Spectra of each segment; spectroscopy only.
photometry
    Photometry of each segment; imaging only.
segments
    The segments, for their header; imaging only.
statistics
    Statistics of each segment.
wavelengthrange
    WAVELENGTHRANGE reference, as in ``white_light``; spectroscopy only.

Outputs
-------
light_curve
    Light curves of all detectors and orders, ECSV.
binned
    Light curves in bins of wavelength, FITS, unless skipped; spectroscopy only.

Settings
--------
white_light/min_wavelength, white_light/max_wavelength
    Limits of the sum over wavelength.
spectroscopic_light_curves/resolving_power, spectroscopic_light_curves/pixels, spectroscopic_light_curves/edges
    Bins of wavelength; ``pixels`` wins over the resolving power, ``edges`` over both.
pixel_replace/skip
    Whether bad pixels were replaced, so that their light is not missing.
"""

import logging
from pathlib import Path

import numpy as np

from scripts.lib.files.ecsv import write_ecsv
from scripts.lib.fits.reader import open_fits
from scripts.lib.light_curves.binned_light_curves import write_light_curves
from scripts.lib.light_curves.extraction_regions import read_statistics
from scripts.lib.light_curves.spectral_series import open_series
from scripts.lib.light_curves.table import DESCRIPTIONS, imaging_rows, spectral_rows
from scripts.lib.light_curves.wavelength_ranges import read_ranges, wavelength_range
from scripts.lib.photometry.table import read_photometry

log = logging.getLogger(__name__)

_FLUXES = ("flux_raw", "flux", "flux_error", "photon_error")


def _spectral_table(inputs, series, options):
    """Columns of each detector and order, unit, and primary header of a product of spectra."""
    rows = []
    with open_fits(inputs.spectra[0]) as file:
        primary = file.primary
    ranges = inputs.wavelengthrange
    reference = read_ranges(ranges) if ranges else None
    for spectra in series:
        limits = wavelength_range(
            spectra.order,
            primary.get("FILTER"),
            reference,
            options["min_wavelength"],
            options["max_wavelength"],
        )
        rows.append(spectral_rows(spectra, limits))
    return rows, series[0].unit, primary


def _imaging_table(inputs, segments):
    """Columns of each detector, unit, and primary header of a product of images."""
    tables = [read_photometry(path) for path in inputs.photometry]
    statistics = [read_statistics(path, 0) for path in inputs.statistics]
    with open_fits(inputs.segments[0]) as file:
        primary = file.primary
    detectors = {}
    for parts in zip(tables, statistics, segments, strict=True):
        detectors.setdefault(parts[2]["detector"], []).append(parts)
    rows = [imaging_rows(*zip(*group, strict=True)) for group in detectors.values()]
    return rows, tables[0].units["net_aperture_sum"], primary


def process(snakemake):
    """Write the light-curve table of one product and, if asked for, its light curves in bins."""
    params, inputs = snakemake.params, snakemake.input
    if inputs.get("photometry"):
        rows, unit, primary = _imaging_table(inputs, params.segments)
    else:
        series = open_series(
            list(inputs.spectra), params.segments, list(inputs.statistics), params.replaced
        )
        rows, unit, primary = _spectral_table(inputs, series, params.options)
    columns = {name: np.concatenate([part[name] for part in rows]) for name in DESCRIPTIONS}
    units = {"mjd_utc": "d", "bjd_tdb": "d", "x": "pix", "y": "pix", "width": "pix"}
    units |= dict.fromkeys(_FLUXES, unit)
    keywords = ("TELESCOP", "INSTRUME", "EXP_TYPE", "FILTER", "GRATING", "SUBARRAY", "TARGNAME")
    meta = {key: primary[key] for key in keywords if primary.get(key) is not None}
    warnings = list(params.input_warnings)
    if warnings:
        meta["input_warnings"] = warnings
    path = Path(snakemake.output.light_curve)
    write_ecsv(path, columns, units, DESCRIPTIONS, meta)
    if snakemake.output.get("binned"):
        write_light_curves(snakemake.output.binned, series, params.bins, warnings)
    log.info("%s: %d rows", path.name, len(columns["flux"]))


if __name__ == "__main__":
    from scripts.lib.jobs.job import run_job

    # The steps that collect the segments' results have logged the warnings about the input.
    run_job(snakemake, process, logs_input_warnings=False)
