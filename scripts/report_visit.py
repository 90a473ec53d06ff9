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
member
    First segment, whose header names the references of its calibration.

Outputs
-------
diagnostics
    All metrics and the verdict, JSON.
report
    The page, HTML.
<plot>_png, <plot>_svg
    Each of the plots; SVG if requested.

Settings
--------
report/vector_plots
    Whether the plots are made as SVG too.
"""

import json
import logging
from pathlib import Path

from scripts.lib.diagnostics.visit import diagnose, read_order_statistics
from scripts.lib.files.atomic import write_text
from scripts.lib.files.ecsv import read_ecsv
from scripts.lib.fits.headers import read_hdus
from scripts.lib.instruments.branches import PLOTS
from scripts.lib.instruments.modes import mode_of
from scripts.lib.light_curves.extraction_regions import SINGLE
from scripts.lib.light_curves.frame_images import frame_images
from scripts.lib.light_curves.spectra_product import open_spectra
from scripts.lib.moving_profile.reference_file import load_references
from scripts.lib.report.captions import CAPTIONS, TITLES, description
from scripts.lib.report.curve_plots import DRAW, duration_unit, make_curves
from scripts.lib.report.html import Figure, Link, render
from scripts.lib.report.option_tables import options_table, replacement_table
from scripts.lib.report.plot_style import save
from scripts.lib.report.tables import (
    comparison_table,
    cost_table,
    drift_table,
    flag_table,
    method_table,
    noise_table,
    seam_table,
    settings_table,
    sources_table,
    versions_table,
)

log = logging.getLogger(__name__)

_METRICS = (comparison_table, method_table, noise_table, seam_table, drift_table, flag_table)
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
]


def visit_facts(visit):
    """
    Describe a visit in a line.

    Parameters
    ----------
    visit : dict
        ``visit`` of the diagnostics.

    Returns
    -------
    text : str
        Instrument, mode and times; unknown values are left out.
    """
    names = ("instrument", "exp_type", "filter", "grating", "subarray")
    facts = [str(visit[name]) for name in names if visit.get(name)]
    count = visit["n_segments"]
    text = f"{visit['n_integrations']} integrations in {count} segment{'s' if count > 1 else ''}"
    if visit["duration_h"]:
        unit, per_day = duration_unit(visit["duration_h"] / 24.0)
        start = visit["start_bjd_tdb"] + 2400000.5
        text += (
            f" over {visit['duration_h'] / 24.0 * per_day:.2f} {unit} from BJD {start:.5f} (TDB)"
        )
    return " ".join(f"{part}." for part in (", ".join(facts), text) if part)


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
    position = [sci.get(name) for name in ("XREF_SCI", "YREF_SCI")]
    if not options or not mode_of(primary.get("EXP_TYPE")).is_imaging or None in position:
        return {}
    star = {"planned": [value - 1.0 for value in position], "box": options["search_box_width"]}
    return {str(primary.get("DETECTOR") or "unknown"): star}


def _logs(snakemake):
    """Logs of the jobs before this one, next to its own."""
    if not snakemake.log:
        return []
    folder = Path(snakemake.log[0]).parents[1]
    return [folder / step / f"{name}.log" for step in _STEPS for name in snakemake.params.names]


def _render_page(diagnostics, figures, snakemake):
    """Fill the page of the visit."""
    curves, params = diagnostics["light_curves"], snakemake.params
    sources = sources_table(
        snakemake.input.member, params.settings["references"], params.association
    )
    return render(
        "visit.html",
        product=diagnostics["product"],
        visit=diagnostics["visit"],
        facts=visit_facts(diagnostics["visit"]),
        verdict=diagnostics["verdict"],
        figures=figures,
        metrics=[make(curves) for make in _METRICS],
        options=[options_table(params.settings, params.branch), replacement_table(curves)],
        sources=[sources, versions_table(), cost_table(_logs(snakemake))],
        settings=settings_table(params.settings),
        made_by=diagnostics["made_by"],
    )


def _draw_plots(diagnostics, curves, snakemake):
    """Save all plots and return them as figures of the page."""
    figures, folder = [], Path(snakemake.output.report).parent
    for name in PLOTS[snakemake.params.branch]:
        paths = [snakemake.output.get(f"{name}_{kind}") for kind in ("png", "svg")]
        png, svg = (Path(path) if path else None for path in paths)
        save(DRAW[name](curves), png, svg)
        figures.append(
            Figure(
                TITLES[name],
                png.read_bytes(),
                description(name, diagnostics["light_curves"]),
                CAPTIONS[name],
                Link(svg.relative_to(folder).as_posix(), "Vector drawing") if svg else None,
            )
        )
    return figures


def _statistics(inputs, segments, detector, order):
    """Statistics of the segments of a light curve, the first with the images of the reference."""
    found = read_order_statistics(list(inputs.statistics), segments, detector, order)
    own = [k for k, segment in enumerate(segments) if segment["detector"] == detector]
    own = own or range(len(segments))
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
        planned_position(inputs.member, params.settings.get("tso_photometry")),
    )
    return diagnostics, make_curves(diagnostics, rows, arrays)


def process(snakemake):
    """Write the diagnostics, plots and report of one product."""
    diagnostics, curves = _diagnose(snakemake)
    text = json.dumps(diagnostics, indent=1, allow_nan=False, ensure_ascii=False)
    write_text(Path(snakemake.output.diagnostics), f"{text}\n")
    for sentence in (*diagnostics["verdict"]["noise"], *diagnostics["verdict"]["findings"]):
        log.info("%s", sentence)
    figures = _draw_plots(diagnostics, curves, snakemake)
    write_text(Path(snakemake.output.report), _render_page(diagnostics, figures, snakemake))
    log.info("%s: %s", Path(snakemake.output.report).name, diagnostics["verdict"]["headline"])


if __name__ == "__main__":
    from scripts.lib.jobs.job import run_job

    run_job(snakemake, process)
