"""
Summarise all visits, one line for each light curve, as a table and a page.

Inputs
------
diagnostics
    Diagnostics of all products.

Outputs
-------
table
    A row for each light curve, ECSV.
page
    The table with links to the reports, HTML.
"""

import json
import logging
from pathlib import Path

import numpy as np

from scripts.lib.diagnostics.verdict import curve_findings, curve_name
from scripts.lib.files.atomic import write_text
from scripts.lib.files.ecsv import write_ecsv
from scripts.lib.planning.targets import REPORT, in_output_folder
from scripts.lib.provenance.software import SOFTWARE
from scripts.lib.report.html import Link, Table, render

log = logging.getLogger(__name__)

_DESCRIPTIONS = {
    "product": "product",
    "detector": "detector",
    "order": "spectral order, 0 of images",
    "integrations": "number of integrations",
    "segments": "number of segments",
    "cadence": "time between integrations",
    "scatter": "scatter of an integration (ppm)",
    "ratio_to_photon": "scatter over photon noise",
    "ratio_to_error": "scatter over the propagated errors",
    "archive_scatter": "scatter of an integration of the archive's product (ppm)",
    "archive_ratio_to_photon": "that scatter over photon noise",
    "beta": "scatter of averages over 10 to 30 min over that of white noise",
    "worst_seam": "step at the most significant seam (ppm)",
    "worst_seam_significance": "that step over its error",
    "outlier_fraction": "fraction of samples in the aperture flagged as outliers",
    "jumps": "number of sudden jumps",
    "bad_columns": "number of columns worse than their neighbours",
    "findings": "number of things to look at",
}
_UNITS = {"cadence": "s"}
# Columns of the page with numbers, and their headings.
_COLUMNS = {
    "integrations": "Integrations",
    "scatter": "Scatter (ppm)",
    "ratio_to_photon": "Over photon noise",
    "ratio_to_error": "Over errors",
    "archive_ratio_to_photon": "Archive's over photon noise",
    "beta": "Beta",
    "worst_seam": "Worst seam (ppm)",
    "findings": "To look at",
}
_COUNTS = ("order", "integrations", "segments", "jumps", "bad_columns", "findings")


def summary_row(diagnostics, curve):
    """
    Summarise one light curve.

    Parameters
    ----------
    diagnostics : dict
        Diagnostics of its visit.
    curve : dict
        Its metrics.

    Returns
    -------
    row : dict
        A value for each column; NaN where it is unknown.
    """
    steps = [seam for seam in curve.get("seams") or [] if seam["significance"] is not None]
    worst = max(steps, key=lambda seam: seam["significance"], default=None)
    archive = curve.get("archive") or {}
    row = {
        "product": diagnostics["product"],
        "detector": curve["detector"],
        "order": curve["order"],
        "integrations": curve["n_integrations"],
        "segments": diagnostics["visit"]["n_segments"],
        "cadence": curve["cadence_s"],
        "scatter": curve.get("scatter_ppm"),
        "ratio_to_photon": curve.get("ratio_to_photon"),
        "ratio_to_error": curve.get("ratio_to_error"),
        "archive_scatter": archive.get("scatter_ppm"),
        "archive_ratio_to_photon": archive.get("ratio_to_photon"),
        "beta": curve.get("beta_10_30_min"),
        "worst_seam": worst and worst["step_ppm"],
        "worst_seam_significance": worst and worst["significance"],
        "outlier_fraction": curve["flags"]["aperture"]["outlier_fraction"],
        "jumps": len(curve.get("tilt_events") or []),
        "bad_columns": len(curve.get("worse_elements") or []),
        "findings": len(curve_findings(curve)),
    }
    return {name: np.nan if value is None else value for name, value in row.items()}


def _summary_columns(rows):
    """
    Arrange the rows as columns.

    Parameters
    ----------
    rows : list of dict
        Rows of :func:`summary_row`.

    Returns
    -------
    columns : dict of str to ndarray
        Texts, integers and float64.
    """
    columns = {}
    for name in _DESCRIPTIONS:
        values = [row[name] for row in rows]
        kind = np.int64 if name in _COUNTS else None
        is_text = name in ("product", "detector")
        columns[name] = np.array(values, dtype=kind if kind or is_text else np.float64)
    return columns


def summary_page(visits, rows, reports):
    """
    Make the page.

    Parameters
    ----------
    visits : list of dict
        Diagnostics of all visits.
    rows : list of dict
        Of :func:`summary_row`.
    reports : dict of str to str
        Path of each product's report from the page.

    Returns
    -------
    html : str
        The page.
    """
    return render(
        "summary.html",
        headline=_headline(visits),
        findings=[
            f"{visit['product']}: {text}"
            for visit in visits
            for text in visit["verdict"]["findings"]
        ],
        light_curves=_light_curves(visits, rows, reports),
        made_by=SOFTWARE,
    )


def _light_curves(visits, rows, reports):
    """Table of all light curves with links to the reports."""
    names = {
        (visit["product"], curve["detector"], curve["order"]): curve_name(curve)
        for visit in visits
        for curve in visit["light_curves"]
    }
    targets = {visit["product"]: visit["visit"].get("target") for visit in visits}
    lines = [
        [
            Link(reports[row["product"]], row["product"]),
            str(targets[row["product"]] or "–"),
            names[row["product"], row["detector"], row["order"]],
            *(row[key] for key in _COLUMNS),
        ]
        for row in rows
    ]
    head = ["Visit", "Target", "Light curve", *_COLUMNS.values()]
    return Table("Light curves", head, lines, range(3, len(head)))


def _headline(visits):
    """Number of visits, of visits with findings, and of visits that are too short to judge."""
    unusual = sum(bool(visit["verdict"]["findings"]) for visit in visits)
    unknown = sum(visit["verdict"]["level"] == "unknown" for visit in visits)
    parts = [
        f"{len(visits)} visits",
        f"{unusual} with something to look at" if unusual else "nothing unusual",
    ]
    if unknown:
        parts.append(f"{unknown} too short to judge")
    return f"{', '.join(parts)}."


def process(snakemake):
    """Write the summary of all products."""
    visits = [
        json.loads(Path(path).read_text(encoding="utf-8")) for path in snakemake.input.diagnostics
    ]
    rows = [summary_row(visit, curve) for visit in visits for curve in visit["light_curves"]]
    write_ecsv(
        Path(snakemake.output.table),
        _summary_columns(rows),
        _UNITS,
        _DESCRIPTIONS,
        {"made_by": SOFTWARE},
    )
    report = in_output_folder(REPORT)
    reports = {visit["product"]: report.format(product=visit["product"]) for visit in visits}
    write_text(Path(snakemake.output.page), summary_page(visits, rows, reports))
    log.info("%d visits", len(visits))


if __name__ == "__main__":
    from scripts.lib.jobs.job import run_job

    run_job(snakemake, process)
