"""
Sum the spectrum of every integration of a segment: crfints to spectra.

Inputs
------
segment
    Segment with outliers flagged; the calibrated one where that step is skipped.
extract1d
    EXTRACT1D reference: apertures; without it the default apertures hold.
apcorr
    APCORR reference: aperture correction of point sources; without it nothing is corrected.
psf
    PSF reference: image of a point source; without it boxes are summed.

Outputs
-------
spectra
    Spectra of the segment: ``EXTRACT1D``, a row for each integration, with its times; ``INT_TIMES``.
pixel_replaced
    The segment with its pixels replaced; if asked for.
trace_modelled, spline_full, spline_used
    The segment with the model of its trace, and images of all of the model and of what is used.
profile, scene_model, residual
    Weights of the pixels; models of source and background, and the data without them; if asked for.
saved
    The spectra without the images and counts that are kept with them; if asked for.

Settings
--------
extract_1d/use_source_posn
    Whether the aperture follows the source's position.
extract_1d/position_offset
    Shift of the aperture across the dispersion.
extract_1d/extraction_type
    Kind of extraction: sum over a box, or fit of the image of a point source.
extract_1d/optimize_psf_location, extract_1d/model_nod_pair
    Whether the place of that image is searched for; a negative image is never modelled.
extract_1d/subtract_background
    Whether a background is subtracted; by default as the reference says.
extract_1d/bkg_fit, extract_1d/bkg_order
    Kind and order of the background's fit.
extract_1d/smoothing_length
    Width of the smoothing along the dispersion before the background is fitted.
extract_1d/apply_apcorr
    Whether the aperture is corrected.
extract_1d/save_profile, extract_1d/save_scene_model, extract_1d/save_residual_image
    Whether these three are written.
extract_1d/save_results
    Whether the spectra are written under a name of their own.
extract_1d/log_increment
    Integrations between two lines of progress in the log.
pixel_replace/skip, pixel_replace/algorithm, pixel_replace/n_adjacent_cols
    Whether, and how, bad pixels are replaced first.
adaptive_trace_model/skip, adaptive_trace_model/psf_optimal, adaptive_trace_model/oversample
    Whether the trace is modelled before; all of the light, not oversampled.
pixel_replace/save_results, adaptive_trace_model/save_results
    Whether the segment is written after the step.
adaptive_trace_model/save_intermediate_results
    Whether the images of the model are written.
adaptive_trace_model/fit_threshold, adaptive_trace_model/slope_limit
    Signal-to-noise and slope of the profile below which the model is empty.
max_memory_mb
    Size of the blocks that are read at a time.
"""

import logging
import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import numpy as np

from scripts.lib.errors import InputError
from scripts.lib.fits.cards import set_card
from scripts.lib.fits.reader import open_fits
from scripts.lib.fits.writer import ProductWriter
from scripts.lib.instruments.modes import mode_of
from scripts.lib.jobs.progress import Progress
from scripts.lib.provenance.reference_records import record_references, reference_name
from scripts.lib.references.extract1d import name_file_in_errors, read_reference
from scripts.lib.segment_data.impossible_values import segment_warnings
from scripts.lib.segment_data.int_times import copy_int_times, spectrum_times
from scripts.lib.segment_data.integrations import segment_number
from scripts.lib.segment_data.replacers import make_replacer, replacement_text
from scripts.lib.segment_data.side_products import (
    CubeWriter,
    write_empty,
    write_image,
    write_segment,
)
from scripts.lib.segment_data.step_record import append_record
from scripts.lib.segment_data.wcs_cache import FOLDER, ResultCache
from scripts.lib.spectra.aperture_correction import ApertureCorrection
from scripts.lib.spectra.aperture_images import append_aperture
from scripts.lib.spectra.apertures import HORIZONTAL
from scripts.lib.spectra.blocks import ImagePart, SpectralBlocks
from scripts.lib.spectra.extraction_setup import plan_extraction
from scripts.lib.spectra.profile_setup import PsfInput
from scripts.lib.spectra.saved_spectra import save_spectra
from scripts.lib.spectra.scene_model import profile_image, scene_images
from scripts.lib.spectra.status_cards import set_statuses
from scripts.lib.spectra.sums import (
    correct_aperture,
    extract_spectra,
    segment_calibration,
    spectrum_columns,
)
from scripts.lib.spectra.table import fill_rows, row_dtype, table_cards
from scripts.lib.trace_model.steps import model_trace

log = logging.getLogger(__name__)

_NOD_PAIRS = ("ALONG-SLIT-NOD", "2-POINT-NOD")
# Data of a block that stay in the processor's cache between operations.
_BLOCK_BYTES = 1 << 21


def _block_length(integration_bytes, row_bytes, memory_mb):
    """Integrations of a block that fit into the cache, and in any case into the memory."""
    # Besides planes and rows: bytes in file order, masks, sums in double precision.
    fitting = memory_mb * 1e6 / (8 * integration_bytes + 4 * row_bytes)
    return max(1, int(min(fitting, _BLOCK_BYTES / integration_bytes)))


def _write_spectra(product, member, extraction, correction, blocks, write_scene, job):
    """Extract block by block and write the rows of the table."""
    params, memory_mb = job.params, job.resources.work_mb
    n_integrations, n_elements = member.shape("SCI")[0], len(extraction.wavelength)
    calibration, times = segment_calibration(member, extraction.source_type), spectrum_times(member)
    if extraction.fit is not None:
        # The fitted flux is that of a point, not of a surface.
        calibration = replace(calibration, surface_brightness=False)
    cards = table_cards(n_integrations, n_elements, calibration.units, extraction.keywords)
    row_bytes = row_dtype(n_elements).itemsize
    offset = product.append_hdu(cards, n_integrations * row_bytes)
    step = _block_length(blocks.integration_bytes, row_bytes, memory_mb)
    progress = Progress(log, n_integrations, least=params.options["log_increment"])
    for first in range(0, n_integrations, step):
        block = slice(first, min(first + step, n_integrations))
        images = blocks.read(block)
        sums = extract_spectra(extraction, *images)
        write_scene(images, first)
        columns = spectrum_columns(sums, calibration)
        if correction is not None:
            correct_aperture(columns, correction(sums.npixels))
        columns |= {name: values[block] for name, values in times.items()}
        columns["WAVELENGTH"] = extraction.wavelength
        columns["SEGMENT"] = segment_number(member.primary)
        rows = fill_rows(columns, n_elements)
        product.write(rows.view(np.uint8), offset + first * row_bytes)
        progress.update(block.stop)


def _primary_cards(member, references, job, trace_status):
    """Primary header of the spectra: the segment's, with the steps that were done."""
    cards = list(member.hdus[0].cards)
    set_card(cards, "DATAMODL", "TSOMultiSpecModel", "Type of data model")
    replaced = "SKIPPED" if job.params.pixel_replace["skip"] else "COMPLETE"
    statuses = {"S_EXTR1D": "COMPLETE", "S_PXREPL": replaced, "S_TRCMOD": trace_status}
    set_statuses(cards, statuses)
    names = job.params.reference_names
    name = reference_name("extract1d", references["extract1d"], names)
    comment = "1-D extraction parameters reference file name"
    set_card(cards, "R_EXTR1D", name, comment, after="R_")
    if references["apcorr"]:
        name = reference_name("apcorr", references["apcorr"], names)
        comment = "Aperture correction reference file name"
        set_card(cards, "R_APCORR", name, comment, after="R_")
    record_references(cards, job, references)
    return cards


def _psf_input(member, path, replacer, options):
    """Image of a point source, and the first integration as it is extracted; None without a file."""
    if not path:
        if options.get("extraction_type", "box") != "box":
            log.warning("%s: there is no PSF reference; boxes are summed", member.path)
        return None
    nods = member.primary.get("PATTTYPE") in _NOD_PAIRS and member.primary.get("S_BKDSUB")
    if nods == "COMPLETE" and options["model_nod_pair"]:
        msg = (
            f"{member.path}: PATTTYPE: found {member.primary['PATTTYPE']} with the background "
            "subtracted, expected no nods: extract_1d/model_nod_pair: expected false"
        )
        raise InputError(msg)
    axis, shape = member.header("SCI").get("DISPAXIS"), member.shape("SCI")[1:]
    across, along = shape if axis == HORIZONTAL else shape[::-1]

    def first_image():
        part = ImagePart(axis, slice(0, across), slice(0, along))
        science, variances = SpectralBlocks(member, part, replacer).read(slice(0, 1))
        return science[0], [variance[0] for variance in variances]

    return PsfInput(path, first_image)


def _write_side_products(member, output, replacer, trace, status, memory_mb):
    """Write the segment as it is after the steps before, and images of the trace model, if asked for."""
    used, full = (None, None) if trace is None else (trace.used, trace.full)
    modelled = {"S_TRCMOD": status}
    if output.trace_modelled:
        write_segment(member, Path(output.trace_modelled), modelled, memory_mb, trace=used)
    for path, image in ((output.spline_full, full), (output.spline_used, used)):
        if path:
            write_image(member, Path(path), image)
    if output.pixel_replaced:
        replaced = modelled | {"S_PXREPL": "SKIPPED" if replacer is None else "COMPLETE"}
        write_segment(
            member, Path(output.pixel_replaced), replaced, memory_mb, replacer=replacer, trace=used
        )


def _needs_scene(output):
    """Whether models of the scene are asked for."""
    return bool(output.scene_model or output.residual)


def _scene_writer(stack, output, member, extraction):
    """Function that writes the scene of a block: models and residuals, if asked for."""
    if output.profile:
        shape = member.shape("SCI")[1:]
        write_image(member, Path(output.profile), profile_image(extraction, shape))
    is_turned = extraction.dispersion_axis != HORIZONTAL
    scene, residual = (
        CubeWriter.opened(stack, path, member, is_turned)
        for path in (output.scene_model, output.residual)
    )

    def write(images, first):
        if scene is None and residual is None:
            return
        model = scene_images(extraction, *images)
        if scene is not None:
            scene.write(model, first)
        if residual is not None:
            residual.write(images[0] - model, first)

    return write


def _found_warnings(member, trace, extraction):
    """What is wrong with the models of a segment, one line each; logged, too."""
    texts = []
    if trace is not None and not np.isfinite(trace.used).any():
        texts.append(
            "adaptive_trace_model: found no compact source: the model is empty, and trace_model of "
            "pixel_replace is mingrad; lower slope_limit or fit_threshold"
        )
    if extraction.fit is not None and extraction.fit.warning:
        texts.append(extraction.fit.warning)
    texts = [f"{member.path.name}: {text}" for text in texts]
    for text in texts:
        log.warning("%s", text)
    return texts


def _check_member(member):
    """Raise if the file is not a cube of slit or slitless spectra."""
    exp_type, shape = member.primary.get("EXP_TYPE"), member.shape("SCI")
    if mode_of(exp_type).is_soss:
        msg = (
            f"{member.path}: EXP_TYPE is {exp_type}, whose overlapping orders a box cannot extract"
        )
        raise InputError(msg)
    if len(shape) != 3:
        msg = f"{member.path}[SCI]: shape {shape}; expected 3 axes (integrations, y, x)"
        raise InputError(msg)


def _extract(member, product, job):
    """Write the spectra of a segment, and what options ask for; return the number of elements."""
    params, output, memory_mb = job.params, job.output, job.resources.work_mb
    references = {name: job.input[name] for name in ("extract1d", "apcorr", "psf")}
    entries = params.apertures
    if references["extract1d"]:
        entries = read_reference(references["extract1d"])
    results = ResultCache(product.path.parent / FOLDER)
    trace, status = model_trace(
        member, params.adaptive_trace_model, params.pixel_replace, memory_mb, results
    )
    product.append_hdu(_primary_cards(member, references, job, status))
    copy_int_times(member, product)
    horizontal = member.header("SCI").get("DISPAXIS") == HORIZONTAL
    used = None if trace is None else trace.used
    replacer = make_replacer(params.pixel_replace, horizontal, used)
    psf = _psf_input(member, references["psf"], replacer, params.options)
    with name_file_in_errors(references["extract1d"]):
        extraction = plan_extraction(
            member, entries, params.options, results, psf, whole=_needs_scene(output)
        )
    _write_side_products(member, output, replacer, trace, status, memory_mb)
    if extraction is None:
        write_empty(member, [output.profile, output.scene_model, output.residual])
        return 0
    is_point = str(extraction.source_type).upper() == "POINT"
    correction = None
    if references["apcorr"] and extraction.fit is None and is_point:
        correction = ApertureCorrection(references["apcorr"], member.primary, extraction)
    blocks = SpectralBlocks(member, extraction, replacer)
    with ExitStack() as stack:
        write_scene = _scene_writer(stack, output, member, extraction)
        _write_spectra(product, member, extraction, correction, blocks, write_scene, job)
    append_aperture(product, extraction, member.shape("SCI")[1:])
    warnings = [*segment_warnings(member), *_found_warnings(member, trace, extraction)]
    append_record(product, None if replacer is None else blocks.replaced, warnings)
    if replacer is not None:
        log.info(replacement_text(blocks.replaced))
    return len(extraction.wavelength)


def process(snakemake):
    """Write the spectra of one segment."""
    started = time.monotonic()
    path, output = Path(snakemake.output.spectra), snakemake.output
    with open_fits(snakemake.input.segment) as member, ProductWriter(path) as product:
        _check_member(member)
        n_elements, n_integrations = _extract(member, product, snakemake), member.shape("SCI")[0]
    if output.saved:
        save_spectra(path, output.saved)
    if n_elements:
        seconds = time.monotonic() - started
        text = "%s: %d spectra of %d elements, %.1f s"
        log.info(text, path.name, n_integrations, n_elements, seconds)


if __name__ == "__main__":
    from scripts.lib.jobs.job import run_job

    run_job(snakemake, process)
