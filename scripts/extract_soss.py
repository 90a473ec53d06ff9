"""
Extract the spectral orders of a NIRISS SOSS segment: crfints to spectra.

Inputs
------
segment
    Segment with outliers flagged; the calibrated one where that step is skipped.
pastasoss
    PASTASOSS reference: traces and wavelengths, which the pupil wheel rotates.
specprofile
    SPECPROFILE reference: share of a column's light in every pixel, of each order.
speckernel
    SPECKERNEL reference: images of a line along the dispersion.
photom
    PHOTOM reference: calibration to MJy; without one the spectra stay in DN/s.
wave_grid
    Wavelength grid of the models; without it the grid follows from the data.
estimate
    Estimate of the star's spectrum; without it the estimate follows from the data.

Outputs
-------
pixel_replaced
    The segment with its pixels replaced; if asked for.
spectra
    Spectra of the segment: ``EXTRACT1D`` of each order, a row for each integration.
trace_models
    Modelled image of each order in every integration, if requested.
atoca_spectra
    Spectra of the models, if requested.
wave_grid
    Wavelength grid of the models, if requested.
saved, calibrated
    The spectra before and after their calibration, under names of their own; if asked for.

Settings
--------
extract_1d/subtract_background
    Whether the mean of the dark pixels of each column is subtracted.
extract_1d/soss_atoca
    Whether orders 1 and 2 are modelled together and freed from each other's light.
extract_1d/soss_bad_pix
    Whether bad pixels are left out (``masking``) or taken from the model.
extract_1d/soss_width
    Width of the aperture around the trace.
extract_1d/soss_order_3
    Whether order 3 is extracted.
extract_1d/soss_threshold, extract_1d/soss_n_os
    Profile above which a pixel belongs to an order's model; oversampling of the grid.
extract_1d/soss_rtol, extract_1d/soss_max_grid_size
    Tolerance to which the wavelength grid is refined, and its largest size.
extract_1d/soss_tikfac
    Tikhonov factor of the model; searched on the data where null.
extract_1d/soss_wave_grid_in, extract_1d/soss_estimate
    Files of the inputs ``wave_grid`` and ``estimate``.
extract_1d/soss_wave_grid_out, extract_1d/soss_modelname
    Names of the optional products.
photom/skip, photom/apply_time_correction
    Whether spectra are calibrated, and for the time of the exposure.
extract_1d/save_results, photom/save_results
    Whether the spectra before and after calibration are written.
pixel_replace/save_results
    Whether the segment is written with its pixels replaced.
pixel_replace/skip, pixel_replace/algorithm, pixel_replace/n_adjacent_cols
    Whether, and how, bad pixels are replaced first.
adaptive_trace_model/skip
    Whether a model of the trace is asked for, which there is none of.
max_memory_mb
    Size of the blocks of which medians in time are taken.
"""

import logging
import time
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryFile

import numpy as np

from scripts.lib.errors import InputError
from scripts.lib.fits.cards import remove_card, set_card
from scripts.lib.fits.reader import open_fits
from scripts.lib.fits.writer import ProductWriter
from scripts.lib.instruments.soss import why_not_extracted
from scripts.lib.jobs.progress import Progress
from scripts.lib.provenance.reference_records import record_references, reference_name
from scripts.lib.segment_data.impossible_values import segment_warnings
from scripts.lib.segment_data.int_times import copy_int_times, spectrum_times
from scripts.lib.segment_data.integrations import segment_number
from scripts.lib.segment_data.replacers import make_replacer, replacement_text
from scripts.lib.segment_data.side_products import write_empty, write_segment
from scripts.lib.segment_data.step_record import append_record
from scripts.lib.soss.aperture_images import append_apertures
from scripts.lib.soss.atoca.detector_model import TooFewPixelsError
from scripts.lib.soss.atoca.tuning import GridOptions, tune
from scripts.lib.soss.background import dark_pixels, subtract_background
from scripts.lib.soss.extraction import IntegrationExtractor, contamination
from scripts.lib.soss.flux_calibration import FluxCalibration
from scripts.lib.soss.masks import fill_integration, settle_masks, summarise, typical_image
from scripts.lib.soss.optional_products import (
    ModelSpectra,
    TraceModelWriter,
    append_model_spectrum,
    append_wave_grid,
    product_cards,
    read_estimate,
    read_wave_grid,
)
from scripts.lib.soss.scene import build_scene, load_references
from scripts.lib.soss.segment import SossSegment
from scripts.lib.soss.segment_spectra import SegmentSpectra
from scripts.lib.soss.trace_reference import read_traces
from scripts.lib.spectra.saved_spectra import save_spectra, saved_cards
from scripts.lib.spectra.status_cards import set_statuses
from scripts.lib.trace_model.steps import model_trace

log = logging.getLogger(__name__)

_REFERENCES = {
    "pastasoss": ("R_PSTSOS", "PASTASOSS reference file name"),
    "specprofile": ("R_SPPROF", "SPECPROFILE reference file name"),
    "speckernel": ("R_SPKERN", "SPECKERNEL reference file name"),
    "photom": ("R_PHOTOM", "Photometric reference file name"),
}
# Keywords of the calibration.
_OF_PHOTOM = ("S_PHOTOM", "R_PHOTOM", "R_AREA")
_TIME_TABLES = ("INT_TIMES", "INT_TIMES_STRIPE")
_REQUIRED = ("pastasoss", "specprofile", "speckernel")


def _check_references(paths, is_skipped):
    """Raise if a reference is missing that the extraction needs."""
    missing = [name for name in _REQUIRED if not paths[name]]
    if missing:
        names = ", ".join(f"references/{name}" for name in missing)
        msg = f"config: {names}: found null, expected the reference files of NIRISS SOSS"
        raise InputError(msg)
    if not paths["photom"] and not is_skipped:
        log.warning("config: references/photom: found null: the spectra stay in DN/s")


def _grid_options(options, inputs):
    """Parameters of the common model of orders 1 and 2."""
    grid, estimate = inputs.wave_grid, inputs.estimate
    return GridOptions(
        options["soss_threshold"],
        options["soss_n_os"],
        options["soss_rtol"],
        options["soss_max_grid_size"],
        options["soss_tikfac"],
        read_wave_grid(grid) if grid else None,
        read_estimate(estimate) if estimate else None,
    )


def _remove_background(image, masked, options):
    """Subtract the background of the typical image; return it with the background's pixels."""
    if not options["subtract_background"]:
        return image, np.zeros(image.shape, bool)
    return subtract_background(image, masked)[0], dark_pixels(image, masked)


def _tune_models(scene, image, median_error, options, inputs):
    """Tune the models on the typical image without background; None if nothing needs or allows them."""
    if not options["soss_atoca"] and options["soss_bad_pix"] != "model":
        return None
    if not (np.isfinite(image) & ~scene.masked & ~scene.reference_pixels).any():
        log.error("%s: found no good sample: the spectra of this segment are NaN", inputs.segment)
        return None
    try:
        return tune(scene, image, median_error, _grid_options(options, inputs))
    except TooFewPixelsError as error:
        msg = f"{inputs.segment}: no model of orders 1 and 2: {error}; set extract_1d/soss_atoca to false"
        raise InputError(msg) from error


def _primary_cards(member, paths, job, statuses, models=None):
    """Primary header of the spectra: the segment's, with the steps that were done."""
    cards = product_cards(member.hdus[0].cards, "TSOMultiSpecModel", member.path.name)
    set_statuses(cards, statuses)
    if statuses["S_EXTR1D"] == "SKIPPED":
        return cards
    options, names = job.params.options, job.params.reference_names
    calibrated = "COMPLETE" if paths["photom"] else "SKIPPED"
    set_card(cards, "S_PHOTOM", calibrated, "Photometric Calibration", after="S_")
    for name, (keyword, comment) in _REFERENCES.items():
        if name == "photom" and job.params.photom["skip"]:
            continue
        value = reference_name(name, paths[name], names)
        set_card(cards, keyword, value, comment, after="R_")
    if paths["photom"]:
        set_card(cards, "R_AREA", "N/A", "Pixel area reference file name", after="R_")
    set_card(cards, "SOSSWDTH", float(options["soss_width"]), "Aperture width used in extraction")
    set_card(cards, "OVERSAMP", int(options["soss_n_os"]), "Oversampling used in extraction")
    set_card(cards, "THRESHLD", float(options["soss_threshold"]), "Threshold used in extraction")
    set_card(cards, "SOSSDECO", bool(options["soss_atoca"]), "Orders decontaminated")
    set_card(cards, "SOSSBADP", options["soss_bad_pix"], "Treatment of bad pixels")
    if models is not None:
        set_card(cards, "TIKFACTR", float(models.factor), "Tikhonov factor used in extraction")
        set_card(cards, "TIKRESID", models.residual, "Relative residual of the linear solution")
        set_card(cards, "SOSSNGRD", len(models.joint.grid), "Points of the wavelength grid")
    record_references(cards, job, paths)
    return cards


def _write_spectra(writers, segment, scene, summary, models, job, extras):
    """Extract all integrations block by block."""
    options, step = job.params.options, segment.block_length(job.resources.work_mb)
    extractor = IntegrationExtractor(
        scene, summary.median_error, models, options["soss_bad_pix"] == "model"
    )
    progress = Progress(log, segment.shape[0])
    for first in range(0, segment.shape[0], step):
        block = slice(first, min(first + step, segment.shape[0]))
        images, errors = segment.read_integrations(block)
        for index, integration in enumerate(range(block.start, block.stop)):
            fill_integration(images[index], errors[index], summary, integration)
        levels = np.zeros((len(images), images.shape[2]))
        if options["subtract_background"]:
            parts = [subtract_background(image, scene.masked) for image in images]
            images, levels = (np.array(values) for values in zip(*parts, strict=True))
        solution = extractor.solve(images, errors)
        amplitudes = extractor.amplitudes(solution)
        spectra = extractor.extract(images, errors, amplitudes)
        for writer in writers:
            writer.write(spectra, levels, block)
        for write in extras:
            write(solution, amplitudes, first)
        progress.update(block.stop)


def _extra_products(stack, output, cards, scene, models, n_integrations):
    """Functions that write a block's part of the optional products."""
    extras = []
    paths = {name: output[name] for name in ("trace_models", "atoca_spectra")}
    if models is None:
        if any(paths.values()):
            log.warning("there are no models (soss_atoca is false): their products are empty")
        for path in filter(None, paths.values()):
            product = stack.enter_context(ProductWriter(path))
            product.append_hdu(product_cards(cards, "SossExtractModel", product.path.name))
        return extras
    if paths["trace_models"]:
        product = stack.enter_context(ProductWriter(paths["trace_models"]))
        traces = TraceModelWriter(product, cards, scene, models.optics, n_integrations)
        extras.append(lambda _, amplitudes, first: traces.write(amplitudes, first))
    if paths["atoca_spectra"]:
        product = stack.enter_context(ProductWriter(paths["atoca_spectra"]))
        product.append_hdu(product_cards(cards, "MultiSpecModel", product.path.name))
        extras.append(_spectra_writer(product, ModelSpectra(scene, models)))
    return extras


def _spectra_writer(product, model_spectra):
    """Function that appends the model spectra of a block to a product."""
    version = 0

    def write(solution, _, first):
        nonlocal version
        for place in range(solution.joint.shape[1]):
            singles = {order: values[place] for order, values in solution.singles.items()}
            for spectrum in model_spectra.for_integration(solution.joint[:, place], singles):
                version += 1
                append_model_spectrum(product, spectrum, first + place + 1, version)

    return write


def _prepare_scene(segment, member, traces, paths, job):
    """Scene, conversions to MJy, sums over time and typical image of a segment."""
    options, memory_mb = job.params.options, job.resources.work_mb
    follows_time = job.params.photom["apply_time_correction"]
    references = load_references(
        traces,
        paths,
        member.primary.get("PWCPOS"),
        segment.subarray,
        segment.shape[1:],
        options["soss_order_3"],
    )
    conversions = {}
    if paths["photom"]:
        wavelengths = {
            order: geometry.trace_wavelength for order, geometry in references.geometry.items()
        }
        calibration = FluxCalibration(paths["photom"], member.primary, follows_time)
        conversions = calibration.conversions(wavelengths)
    summary = summarise(segment.read_rows, segment.shape, segment.slab_rows(memory_mb))
    image = typical_image(summary, segment.shape[0])
    masks = settle_masks(image, summary.median_error, summary.masked, summary.reference_pixels)
    scene = build_scene(references, segment.subarray, options["soss_width"], *masks)
    return scene, conversions, summary, image


def _write_unextracted(member, product, paths, job):
    """Write the headers alone of a segment of which no spectrum can be extracted."""
    statuses = dict.fromkeys(("S_EXTR1D", "S_TRCMOD", "S_PXREPL"), "SKIPPED")
    product.append_hdu(_primary_cards(member, paths, job, statuses))
    copy_int_times(member, product, _TIME_TABLES)
    names = ("pixel_replaced", "trace_models", "atoca_spectra", "wave_grid", "saved")
    write_empty(member, [job.output[name] for name in names])


def _open_tables(stack, member, product, cards, output):
    """Write headers and times; return the products of the tables, calibrated or not."""
    product.append_hdu(cards)
    copy_int_times(member, product, _TIME_TABLES)
    if not output.saved:
        return [product]
    saved = stack.enter_context(ProductWriter(output.saved))
    kept = saved_cards(cards, output.saved)
    for keyword in _OF_PHOTOM:
        remove_card(kept, keyword)
    saved.append_hdu(kept)
    copy_int_times(member, saved, _TIME_TABLES)
    return [product, saved]


def _extract(stack, member, product, paths, job, scratch):
    """Write the spectra of a segment, all of its orders, and what options ask for."""
    started = time.monotonic()
    options, output, memory_mb = job.params.options, job.output, job.resources.work_mb
    replacer = make_replacer(job.params.pixel_replace, horizontal=True)
    segment = SossSegment(member, replacer, scratch)
    asked = job.params.adaptive_trace_model, job.params.pixel_replace
    statuses = {"S_TRCMOD": model_trace(member, *asked, memory_mb)[1]}
    statuses["S_PXREPL"] = "SKIPPED" if replacer is None else "COMPLETE"
    if output.pixel_replaced:
        path = Path(output.pixel_replaced)
        write_segment(member, path, statuses, memory_mb, replacer=replacer)
    traces = read_traces(paths["pastasoss"])
    scene, conversions, summary, image = _prepare_scene(segment, member, traces, paths, job)
    image, background = _remove_background(image, scene.masked, options)
    models = _tune_models(scene, image, summary.median_error, options, job.input)
    tuned = time.monotonic()
    log.info("%s: common models after %.1f s", member.path.name, tuned - started)
    cards = _primary_cards(member, paths, job, statuses | {"S_EXTR1D": "COMPLETE"}, models)
    tables = _open_tables(stack, member, product, cards, output)
    if output.wave_grid and models is not None:
        grid = stack.enter_context(ProductWriter(output.wave_grid))
        append_wave_grid(grid, cards, models.joint.grid)
    elif output.wave_grid:
        write_empty(member, [output.wave_grid])
    columns = spectrum_times(member) | {"SEGMENT": segment_number(member.primary)}
    writers = [
        SegmentSpectra(table, scene, factors, columns)
        for table, factors in zip(tables, (conversions, {}), strict=False)
    ]
    extras = _extra_products(stack, output, cards, scene, models, segment.shape[0])
    _write_spectra(writers, segment, scene, summary, models, job, extras)
    log.info("%d integrations extracted in %.1f s", segment.shape[0], time.monotonic() - tuned)
    if replacer is not None:
        log.info(replacement_text(segment.replaced))
    ratios = contamination(scene, models, image, summary.median_error)
    append_apertures(product, scene, background, ratios)
    replaced = None if replacer is None else segment.replaced
    append_record(product, replaced, segment_warnings(member))


def process(snakemake):
    """Write the spectra of one segment, all of its orders, and the requested products."""
    output, skips_photom = snakemake.output, snakemake.params.photom["skip"]
    paths = {name: snakemake.input[name] for name in _REFERENCES}
    if skips_photom:
        paths["photom"] = []
    with ExitStack() as stack:
        member = stack.enter_context(open_fits(snakemake.input.segment))
        product = stack.enter_context(ProductWriter(Path(output.spectra)))
        reason = why_not_extracted(member.primary)
        if reason:
            log.error("%s: %s; no spectrum is extracted", member.path, reason)
            _write_unextracted(member, product, paths, snakemake)
        else:
            _check_references(paths, skips_photom)
            with TemporaryFile(dir=product.path.parent) as scratch:
                _extract(stack, member, product, paths, snakemake, scratch)
    if output.calibrated:
        save_spectra(output.spectra, output.calibrated)


if __name__ == "__main__":
    from scripts.lib.jobs.job import run_job

    run_job(snakemake, process)
