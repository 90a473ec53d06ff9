"""
Make our light curves: table of flux with errors, quality and the star's position, spectra, and bins.

Inputs
------
spectra
    The archive's spectra of each segment; spectroscopy only.
photometry
    The archive's photometry of each segment; imaging only.
segments
    The segments, for their header; imaging only.
models
    Model of each segment.
visit_references
    References that these were compared with.
statistics
    The archive's flags of each segment.
wavelengthrange
    WAVELENGTHRANGE reference, as in ``white_light``; spectroscopy only.

Outputs
-------
light_curve
    Light curves of all detectors and orders, ECSV.
spectra
    Our spectra, FITS; spectroscopy only.
binned
    Our light curves in bins of wavelength, FITS, unless skipped; spectroscopy only.

Settings
--------
white_light/min_wavelength, white_light/max_wavelength
    Limits of the sum over wavelength.
spectroscopic_light_curves/resolving_power, spectroscopic_light_curves/pixels, spectroscopic_light_curves/edges
    Bins of wavelength; ``pixels`` wins over the resolving power, ``edges`` over both.
spectroscopic_light_curves/clip_time, spectroscopic_light_curves/clip_wavelength
    Which samples and channels of the spectra are flagged, and left out of bins.
improved/decorrelate
    Whether the response to fast motion is taken off.
"""

import logging
from pathlib import Path

import numpy as np

from scripts.lib.diagnostics.spectral_noise import (
    choose_stretches,
    element_noise,
    find_worse_elements,
)
from scripts.lib.files.ecsv import write_ecsv
from scripts.lib.files.plain_values import plain_value
from scripts.lib.fits.reader import open_fits
from scripts.lib.light_curves.binned_light_curves import write_light_curves
from scripts.lib.light_curves.extraction_regions import SINGLE, read_statistics
from scripts.lib.light_curves.model_series import model_series
from scripts.lib.light_curves.quality import bursts_of_flags, bursts_text
from scripts.lib.light_curves.sample_quality import SampleLimits
from scripts.lib.light_curves.spectra_product import write_spectra
from scripts.lib.light_curves.spectral_series import open_series
from scripts.lib.light_curves.table import DESCRIPTIONS, FLUXES, imaging_rows, spectral_rows
from scripts.lib.light_curves.wavelength_ranges import read_ranges, wavelength_range
from scripts.lib.moving_profile.reference_file import load_references
from scripts.lib.photometry.table import read_photometry
from scripts.lib.provenance.reference_records import recorded_texts
from scripts.lib.provenance.software import SOFTWARE
from scripts.lib.segment_data.step_record import read_record

log = logging.getLogger(__name__)

_META_KEYWORDS = (
    *("TELESCOP", "INSTRUME", "EXP_TYPE", "FILTER", "PUPIL", "GRATING", "SUBARRAY", "TARGNAME"),
    *("PROGRAM", "OBSERVTN", "VISIT", "DATE-OBS", "TIME-OBS"),
)
_FLAG_ARRAYS = ("outliers", "invalid", "class_sizes")


def _series(inputs, params):
    """Our spectra of each detector and order, next to the archive's."""
    references = [load_references(path) for path in inputs.visit_references]
    models, statistics, records = (
        dict(zip(inputs.spectra, values, strict=True))
        for values in (inputs.models, inputs.statistics, params.segments)
    )
    series = []
    for archive in open_series(list(inputs.spectra), params.segments):
        path = str(archive.parts[0].path)
        first = read_statistics(statistics[path], archive.order, ("across", "pixels"))
        pixels, turned = first.get("pixels", ()), bool(first["across"])
        series.append(
            model_series(archive, models, references[records[path]["reference"]], pixels, turned)
        )
    return series


def _sample_limits(series, options):
    """What the samples of our spectra of one detector and order are judged by."""
    stretches = []
    for rows in choose_stretches(series.archive.n_integrations):
        parts = [values for _, values in series.blocks([rows])]
        names = ("flux", "error", "photon_error")
        stretches.append(
            {name.upper(): np.concatenate([part[name] for part in parts]) for name in names}
        )
    noise, bad = element_noise(stretches), np.zeros(len(series.columns), dtype=bool)
    if options["clip_wavelength"] is not None:
        worse = find_worse_elements(noise, options["clip_wavelength"])
        bad[[channel["element"] for channel in worse]] = True
    return SampleLimits(bad, noise["noise"], options["clip_time"])


def _spectral_table(inputs, series, params):
    """Columns of each detector and order, how they were made, unit, and a primary header."""
    options, statistics = params.options, dict(zip(inputs.spectra, inputs.statistics, strict=True))
    with open_fits(inputs.spectra[0]) as file:
        primary = file.primary
    ranges = inputs.wavelengthrange
    reference = read_ranges(ranges) if ranges else None
    rows, records = [], []
    for spectra in series:
        archive = spectra.archive
        limits = wavelength_range(
            archive.order,
            primary.get("FILTER"),
            reference,
            options["min_wavelength"],
            options["max_wavelength"],
        )
        flags = (
            read_statistics(statistics[str(part.path)], archive.order, _FLAG_ARRAYS)
            for part in archive.parts
        )
        columns, record = spectral_rows(spectra, limits, flags, _decorrelates(params))
        rows.append(columns)
        records.append({"detector": archive.detector, "order": archive.order} | record)
    return rows, records, series[0].archive.unit, primary


def _records(paths):
    """Records of the references in the headers of the archive's spectra."""
    headers = []
    for path in paths:
        with open_fits(path) as file:
            headers.append(file.hdus[0].cards)
    return recorded_texts(headers)


def _decorrelates(params):
    """Whether motion may be taken off."""
    return params.decorrelate != "never"


def _imaging_table(inputs, params):
    """Columns of each detector, how they were made, unit, and a primary header."""
    tables = [read_photometry(path) for path in inputs.photometry]
    statistics = [read_statistics(path, 0) for path in inputs.statistics]
    with open_fits(inputs.segments[0]) as file:
        primary = file.primary
    groups, rows, records = {}, [], []
    # Images of another size have a reference of their own.
    for parts in zip(tables, statistics, params.segments, inputs.models, strict=True):
        groups.setdefault((parts[2]["detector"], parts[2]["reference"]), []).append(parts)
    for (detector, number), group in groups.items():
        parts = list(zip(*group, strict=True))
        reference = load_references(inputs.visit_references[number]).get(SINGLE)
        columns, record = imaging_rows(*parts, reference, _decorrelates(params))
        rows.append(columns)
        records.append({"detector": detector, "order": 0} | record)
    return rows, records, tables[0].units["net_aperture_sum"], primary


def _flag_warnings(rows, inputs):
    """Warnings about flags of the archive that no cosmic ray explains."""
    for columns in rows:
        detector, order = columns["detector"][0], int(columns["order"][0])
        size = int(read_statistics(inputs.statistics[0], order, ("class_sizes",))["class_sizes"][0])
        bursts = bursts_of_flags(columns["integration"], columns["outlier_fraction"], size)
        if bursts:
            yield f"{detector} order {order}: {bursts_text(bursts)}"


def _step_warnings(inputs):
    """Warnings of the steps that made the archive's spectra or photometry."""
    texts = []
    for path in inputs.get("spectra") or inputs.photometry:
        with open_fits(path) as file:
            texts += read_record(file)[1]
    return dict.fromkeys(texts)


def process(snakemake):
    """Write the light-curve table of one product and, if asked for, our spectra and bins."""
    params, inputs, output = snakemake.params, snakemake.input, snakemake.output
    if inputs.get("photometry"):
        rows, records, unit, primary = _imaging_table(inputs, params)
    else:
        series = _series(inputs, params)
        rows, records, unit, primary = _spectral_table(inputs, series, params)
        for spectra in series:
            spectra.limits = _sample_limits(spectra, params.bins)
    columns = {name: np.concatenate([part[name] for part in rows]) for name in DESCRIPTIONS}
    units = {"mjd_utc": "d", "bjd_tdb": "d", "x": "pix", "y": "pix", "width": "pix"}
    units |= dict.fromkeys(FLUXES, unit)
    meta = {key: primary[key] for key in _META_KEYWORDS if primary.get(key) is not None}
    meta["software"] = SOFTWARE
    meta["time_reference"] = "mjd_utc and bjd_tdb are modified: JD or BJD minus 2400000.5 d"
    meta["light_curves"] = plain_value(records)
    warnings = [*params.input_warnings, *_step_warnings(inputs), *_flag_warnings(rows, inputs)]
    if warnings:
        meta["input_warnings"] = warnings
    path = Path(output.light_curve)
    write_ecsv(path, columns, units, DESCRIPTIONS, meta)
    if output.get("spectra"):
        records = _records(inputs.spectra)
        write_spectra(output.spectra, series, primary, warnings, records)
        if output.get("binned"):
            write_light_curves(output.binned, series, params.bins, primary, warnings, records)
    log.info("%s: %d rows", path.name, len(columns["flux"]))


if __name__ == "__main__":
    from scripts.lib.jobs.job import run_job

    # The steps that collect the segments' results have logged the warnings about the input.
    run_job(snakemake, process, logs_input_warnings=False)
