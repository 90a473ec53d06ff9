"""The page of a visit: what it shows, in which order."""

from scripts.lib.provenance.software import file_date
from scripts.lib.report.captions import TITLES, caption, description
from scripts.lib.report.curves import duration_unit
from scripts.lib.report.drawing import Drawing, side_by_side
from scripts.lib.report.html import Figure, render
from scripts.lib.report.option_tables import replacement_table
from scripts.lib.report.plots import DRAW
from scripts.lib.report.product_tables import products_table
from scripts.lib.report.settings_tables import changed_settings, default_settings
from scripts.lib.report.tables import (
    comparison_table,
    cost_table,
    drift_table,
    flag_table,
    method_table,
    noise_table,
    seam_table,
    sources_table,
    versions_table,
)

__all__ = ["draw_figures", "figure_file", "visit_dates", "visit_facts", "visit_page"]

# Tables of the metrics: the first ones are open, the others folded. Each takes the metrics of all
# light curves; one more is a function in this tuple.
_METRICS = (comparison_table,)
_MORE_METRICS = (noise_table, method_table, seam_table, drift_table, flag_table)


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


def visit_dates(primary):
    """
    Say when the visit was observed and when the page was made.

    Parameters
    ----------
    primary : dict
        Primary header of the first segment.

    Returns
    -------
    text : str
        Both in UTC; the first only where the header says.
    """
    date, time = (str(primary.get(name) or "") for name in ("DATE-OBS", "TIME-OBS"))
    observed = f"Observed {' '.join(filter(None, (date, time[:8])))} UTC. " if date else ""
    return f"{observed}Processed {file_date()[:16].replace('T', ' ')} UTC."


def draw_figures(names, curves, correction=None):
    """
    Draw the plots for which there are data.

    Parameters
    ----------
    names : iterable of str
        Names of the plots in order.
    curves : list of Curve
        The light curves.
    correction : str, optional
        Reference of the aperture correction of the archive's spectra.

    Returns
    -------
    figures : list of Figure
        Those with panels.
    """
    figures, metrics = [], [curve.metrics for curve in curves]
    for name in names:
        panels = DRAW[name](curves)
        if panels:
            text = description(name, metrics)
            drawings = [panel.drawing(f"{panel.title}: {text}".lstrip(": ")) for panel in panels]
            figures.append(Figure(name, TITLES[name], drawings, caption(name, curves, correction)))
    return figures


def figure_file(name, figures):
    """
    Write a plot as a file of its own.

    Parameters
    ----------
    name : str
        Name of the plot.
    figures : list of Figure
        All that were drawn.

    Returns
    -------
    svg : str
        Its panels in one drawing; a sentence where there was nothing to draw.
    """
    found = [figure for figure in figures if figure.name == name]
    if found:
        return side_by_side(found[0].drawings).svg(alone=True)
    empty = Drawing(480.0, 60.0, TITLES[name])
    empty.add("text", f"{TITLES[name]}: this visit has nothing to draw.", x=10, y=34)
    return empty.svg(alone=True)


def visit_page(diagnostics, figures, primary, options):
    """
    Fill the page of a visit.

    Parameters
    ----------
    diagnostics : dict
        Content of the diagnostics file.
    figures : list of Figure
        The plots.
    primary : dict
        Primary header of the first segment.
    options : dict
        ``settings`` of the product with the ``references`` in use, its ``branch``, ``association``, paths of
        ``products`` and of ``logs`` of the jobs before.

    Returns
    -------
    html : str
        The page.
    """
    curves, settings = diagnostics["light_curves"], options["settings"]
    sources = sources_table(primary, settings["references"], options["association"])
    scope = settings, diagnostics["visit"]["exp_type"]
    return render(
        "visit.html",
        product=diagnostics["product"],
        visit=diagnostics["visit"],
        facts=visit_facts(diagnostics["visit"]),
        dates=visit_dates(primary),
        verdict=diagnostics["verdict"],
        figures=figures,
        metrics=[make(curves) for make in _METRICS],
        more_metrics=[make(curves) for make in _MORE_METRICS],
        replaced=replacement_table(curves),
        products=products_table(options["products"]),
        sources=[sources, versions_table(), cost_table(options["logs"])],
        changed=changed_settings(*scope),
        settings=default_settings(*scope),
        made_by=diagnostics["made_by"],
    )
