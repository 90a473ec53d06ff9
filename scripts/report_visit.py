"""
Make diagnostics, plots and a page on the quality of a visit's light curves.

Inputs
------
light_curve
    Light curves of the product.
spectra
    Our spectra of the product; spectroscopy only.
models
    Model of each segment.
visit_references
    References that these were compared with.
statistics
    The archive's flags of each segment.
depths
    Depths of a transit or eclipse, if one was found.
binned
    Our light curves in bins of wavelength, unless skipped; spectroscopy only.
segments
    Calibrated segments, of which a sample of frames is read.
products
    Files of the visit, for the table of them.

Outputs
-------
diagnostics
    All metrics and the verdict, JSON.
report
    The page, HTML.
<plot>_svg
    Each of the plots as a file of its own, SVG; if requested.

Settings
--------
report/vector_plots
    Whether the plots are files of their own, too.
"""

import json
import logging
from pathlib import Path

import numpy as np

from scripts.lib.diagnostics.aperture_scan import scan_star, scan_trace
from scripts.lib.diagnostics.visit import diagnose, read_order_statistics
from scripts.lib.files.atomic import write_text
from scripts.lib.files.ecsv import read_ecsv
from scripts.lib.fits.headers import read_hdus
from scripts.lib.instruments.branches import PLOTS
from scripts.lib.instruments.modes import mode_of
from scripts.lib.light_curves import segment_planes
from scripts.lib.light_curves.binned_light_curves import read_light_curves
from scripts.lib.light_curves.extraction_regions import SINGLE
from scripts.lib.light_curves.frame_images import frame_images
from scripts.lib.light_curves.frame_sample import Frames, frames_at_jump
from scripts.lib.light_curves.spectra_product import open_spectra
from scripts.lib.light_curves.table import split_curves
from scripts.lib.moving_profile.reference_file import load_references
from scripts.lib.report.curves import group_by_detector, make_curves
from scripts.lib.report.image_plots import MOST_JUMPS
from scripts.lib.report.visit_page import draw_figures, figure_file, visit_page
from scripts.lib.segment_data.medians import nan_median

log = logging.getLogger(__name__)

_STEPS = [
    "outlier_detection",
    "extract_1d",
    "extract_soss",
    "collect_spectra",
    "white_light",
    "tso_photometry",
    "collect_photometry",
    "visit_reference",
    "model_segment",
    "light_curve",
    "fit_depths",
]


def planned_position(member, options):
    """
    Read where the star of images was planned to be, and in which box it was searched.

    Parameters
    ----------
    member : str or Path
        First segment.
    options : dict or None
        Section ``tso_photometry`` of the settings.

    Returns
    -------
    planned : dict of str to dict
        By the segment's detector: ``planned`` (x, y) [pixels from 0] and ``box``, its width; empty
        for spectra and where the header does not say.
    """
    hdus = read_hdus(member)
    primary, sci = hdus[0].header, next(hdu.header for hdu in hdus if hdu.name == "SCI")
    position = segment_planes.planned_position(sci)
    if not options or not mode_of(primary.get("EXP_TYPE")).is_imaging or position is None:
        return {}
    star = {"planned": list(position), "box": options["search_box_width"]}
    return {str(primary.get("DETECTOR") or "unknown"): star}


def _logs(snakemake):
    """Logs of the jobs before this one, next to its own."""
    if not snakemake.log:
        return []
    folder = Path(snakemake.log[0]).parents[1]
    return [folder / step / f"{name}.log" for step in _STEPS for name in snakemake.params.names]


def _render_page(diagnostics, figures, snakemake):
    """Fill the page of the visit."""
    params, primary = snakemake.params, read_hdus(snakemake.input.segments[0])[0].header
    options = {
        "settings": params.settings,
        "branch": params.branch,
        "association": params.association,
        "products": snakemake.input.products,
        "logs": _logs(snakemake),
    }
    return visit_page(diagnostics, figures, primary, options)


def _draw_plots(curves, snakemake):
    """Draw all plots, and save them where that is asked for."""
    names, settings = PLOTS[snakemake.params.branch], snakemake.params.settings
    applied = settings.get("extract_1d", {}).get("apply_apcorr")
    correction = settings["references"].get("apcorr") if applied else None
    figures = draw_figures(names, curves, correction if correction != "N/A" else None)
    for name in names:
        path = snakemake.output.get(f"{name}_svg")
        if path:
            write_text(Path(path), figure_file(name, figures))
    return figures


def _own_segments(segments, detector):
    """Places of the segments of a detector; of all if none has its name."""
    own = [k for k, segment in enumerate(segments) if segment["detector"] == detector]
    return own or list(range(len(segments)))


def _statistics(inputs, segments, detector, order):
    """Statistics of the segments of a light curve, the first with the images of the reference."""
    found = read_order_statistics(list(inputs.statistics), segments, detector, order)
    own = _own_segments(segments, detector)
    references = load_references(inputs.visit_references[segments[own[0]]["reference"]])
    reference = references.get(str(order), references.get(SINGLE))
    turned = bool(found[0].get("across", 0))
    found[0] |= frame_images(reference, [inputs.models[k] for k in own], order, turned)
    return found


def _diagnose(snakemake):
    """Diagnostics of the visit, and its light curves for plots."""
    inputs, params = snakemake.input, snakemake.params
    diagnostics, rows, arrays = diagnose(
        params.product,
        read_ecsv(inputs.light_curve),
        open_spectra(inputs.spectra) if inputs.get("spectra") else [],
        lambda detector, order: _statistics(inputs, params.segments, detector, order),
        params.exposure_integrations,
        planned_position(inputs.segments[0], params.settings.get("tso_photometry")),
    )
    curves = make_curves(diagnostics, rows, arrays)
    bins = read_light_curves(inputs.binned) if inputs.get("binned") else {}
    depths = split_curves(read_ecsv(inputs.depths)[0])
    for curve in curves:
        key = curve.metrics["detector"], curve.metrics["order"]
        if key in bins:
            curve.arrays["binned"] = _binned(bins[key], curve.arrays)
        curve.arrays["depths"] = depths.get(key)
        _add_scan(curve, snakemake)
    for group in group_by_detector(curves):
        _add_jumps(group[0], snakemake)
    return diagnostics, curves


def _binned(bins, arrays):
    """Light curves in bins over their medians, with the pixel in the middle of each bin."""
    order = np.argsort(bins["mjd_utc"], kind="stable")
    level = nan_median(bins["flux"])
    known = np.isfinite(arrays["wavelength"])
    ascending = np.argsort(arrays["wavelength"][known])
    wavelength, pixels = (arrays[name][known][ascending] for name in ("wavelength", "columns"))
    with np.errstate(invalid="ignore", divide="ignore"):
        flux = np.where(level > 0, bins["flux"][order] / level, np.nan)
    middle = np.interp(bins["wavelength"], wavelength, pixels) if len(pixels) else level
    return {"wavelength": bins["wavelength"], "flux": flux, "level": level, "pixel": middle}


def _add_scan(curve, snakemake):
    """Add to the arrays of a light curve what a sample of frames shows of apertures."""
    inputs, arrays = snakemake.input, curve.arrays
    own = _own_segments(snakemake.params.segments, curve.metrics["detector"])
    paths = [inputs.segments[k] for k in own]
    if "radii" in arrays:
        arrays |= scan_star(Frames(paths), arrays)
    elif "trace" in arrays:
        frames = Frames(paths, int(arrays["across"]) == 1)
        arrays |= scan_trace(frames, [inputs.models[k] for k in own], curve.metrics, arrays)


def _add_jumps(curve, snakemake):
    """Add to the arrays of a detector's first light curve frames before and after the jumps that are drawn."""
    events = [event["integration"] for event in curve.metrics.get("tilt_events") or []]
    rows = [np.flatnonzero(curve.rows["integration"] == event) for event in events]
    found = [
        (k, int(row[0])) for k, row in zip(events, rows, strict=True) if len(row) and row[0] > 0
    ]
    if found:
        own = _own_segments(snakemake.params.segments, curve.metrics["detector"])
        frames = Frames([snakemake.input.segments[k] for k in own])
        curve.arrays["tilts"] = [
            frames_at_jump(frames, row) | {"integration": event}
            for event, row in found[:MOST_JUMPS]
        ]


def process(snakemake):
    """Write the diagnostics, plots and report of one product."""
    diagnostics, curves = _diagnose(snakemake)
    text = json.dumps(diagnostics, indent=1, allow_nan=False, ensure_ascii=False)
    write_text(Path(snakemake.output.diagnostics), f"{text}\n")
    for sentence in (*diagnostics["verdict"]["noise"], *diagnostics["verdict"]["findings"]):
        log.info("%s", sentence)
    figures = _draw_plots(curves, snakemake)
    write_text(Path(snakemake.output.report), _render_page(diagnostics, figures, snakemake))
    log.info("%s: %s", Path(snakemake.output.report).name, diagnostics["verdict"]["headline"])


if __name__ == "__main__":
    from scripts.lib.jobs.job import run_job

    run_job(snakemake, process)
