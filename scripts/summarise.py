"""
Summarise all visits: light curves, depths and the cost of the jobs as tables, and a page.

Inputs
------
diagnostics
    Diagnostics of all products.
depths
    Depths of all products.

Outputs
-------
curves
    A row for each light curve with its depth in white light, ECSV.
depths
    The depths of all products, ECSV.
costs
    Jobs, processor time and memory of each product and step, ECSV.
page
    Light curves with links to the reports, and costs, HTML.
"""

import json
import logging
from pathlib import Path

from scripts.lib.diagnostics.verdict import curve_name
from scripts.lib.files.atomic import write_text
from scripts.lib.files.ecsv import read_ecsv, write_ecsv
from scripts.lib.files.frames import frame_columns
from scripts.lib.planning.targets import REPORT, in_output_folder
from scripts.lib.provenance.software import SOFTWARE
from scripts.lib.report import campaign
from scripts.lib.report.html import Link, Table, render, with_error

log = logging.getLogger(__name__)

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


def summary_page(visits, curves, costs, reports):
    """
    Make the page.

    Parameters
    ----------
    visits : list of dict
        Diagnostics of all visits.
    curves, costs : pandas.DataFrame
        Of :func:`~scripts.lib.report.campaign.curve_frame` and :func:`~scripts.lib.report.campaign.cost_frame`.
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
        light_curves=_light_curves(visits, curves, reports),
        costs=_costs(costs),
        made_by=SOFTWARE,
    )


def _light_curves(visits, curves, reports):
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
            with_error(1e6 * row["depth"], 1e6 * row["depth_error"]),
        ]
        for row in curves.to_dict("records")
    ]
    head = ["Visit", "Target", "Light curve", *_COLUMNS.values(), "Depth (ppm)"]
    return Table("Light curves", head, lines, range(3, len(head)))


def _costs(costs):
    """Table of the cost of each step."""
    sums = campaign.sum_costs(costs)
    lines = [
        [row["step"], row["jobs"], f"{row['cpu_time']:.1f}", row["peak_memory"]]
        for row in sums.to_dict("records")
    ]
    head = ["Step", "Jobs", "CPU time (s)", "Peak memory of a job (MB)"]
    return Table("Cost of all visits", head, lines, range(1, 4), "There are no logs of the jobs.")


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


def _logs(snakemake):
    """Logs of the jobs of each product, next to its own."""
    if not snakemake.log:
        return {}
    folder = Path(snakemake.log[0]).parent
    steps = sorted(path for path in folder.iterdir() if path.is_dir())
    return {
        product: [step / f"{name}.log" for step in steps for name in names]
        for product, names in snakemake.params.names.items()
    }


def _write(path, frame, units, descriptions):
    """Write a table."""
    write_ecsv(Path(path), frame_columns(frame), units, descriptions, {"made_by": SOFTWARE})


def process(snakemake):
    """Write the summary of all products."""
    inputs, output = snakemake.input, snakemake.output
    visits = [json.loads(Path(path).read_text(encoding="utf-8")) for path in inputs.diagnostics]
    products = [visit["product"] for visit in visits]
    tables = [read_ecsv(path)[0] for path in inputs.depths]
    depths = campaign.depth_frame(dict(zip(products, tables, strict=True)))
    curves, costs = campaign.curve_frame(visits, depths), campaign.cost_frame(_logs(snakemake))
    _write(output.curves, curves, campaign.CURVE_UNITS, campaign.CURVE_DESCRIPTIONS)
    _write(output.depths, depths, campaign.DEPTH_UNITS, campaign.DEPTH_DESCRIPTIONS)
    _write(output.costs, costs, campaign.COST_UNITS, campaign.COST_DESCRIPTIONS)
    report = in_output_folder(REPORT)
    reports = {product: report.format(product=product) for product in products}
    write_text(Path(output.page), summary_page(visits, curves, costs, reports))
    log.info("%d visits", len(visits))


if __name__ == "__main__":
    from scripts.lib.jobs.job import run_job

    run_job(snakemake, process)
