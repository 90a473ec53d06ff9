"""Measurement of the workflow's products on visits of the project's simulator, as tables."""

import tempfile
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.product_judge import PLACES, judge_visit
from benchmarks.project_visits import PROJECT_MODES, make_visit, visit_options
from scripts.simulation.lost_and_hit import HIT_SIGMAS

CURVE_HEADINGS = (
    "mode, level", "ours / ideal", "flux", "raw", "archive", "depth bias, sigma", "to the ideal one",
    "scatter / error", "bins: median, 90 %", "bias", "scatter / error", "seams: rms, largest", "of ideal",
    "x, y, width with transit", "rms of x, y, mpix", "missing",
)  # fmt: skip
OUTLIER_HEADINGS = (
    "mode, level", "of", *(f"{sigma:g} sigma" for sigma in HIT_SIGMAS), "missed > 9",
    *(name.replace("_", " ") for name in PLACES), "false / normal",
)  # fmt: skip


def measure_project_visit(mode, level, seed, folder=None, masks=True, **changes):
    """
    Simulate a visit, process it, and compare its products with the truth.

    Parameters
    ----------
    mode, level : str
        Keys of `PROJECT_MODES` and of the simulator's levels.
    seed : int
        Seed of the simulation.
    folder : Path, optional
        Where the visit is kept; by default it is deleted.
    masks : bool, optional
        Whether to ask for the masks of outliers.
    **changes
        As of `visit_options`.

    Returns
    -------
    list of dict
        Metrics of each detector and order, as of `judge_visit`.
    """
    options, settings = visit_options(mode, level, seed, **changes), PROJECT_MODES[mode].settings
    kept = nullcontext(folder) if folder else tempfile.TemporaryDirectory(prefix="truth_")
    with kept as place:
        where = Path(place) / f"{mode}_{level}_{seed}"
        make_visit(where, options, settings, masks)
        return judge_visit(where)


def results_by_curve(mode, level, visits):
    """
    Put together what was measured of the same detector and order of several visits.

    Parameters
    ----------
    mode, level : str
        As of `measure_project_visit`.
    visits : list of list of dict
        What it gives, for each seed.

    Returns
    -------
    list of dict
        ``mode``, ``level``, ``detector``, ``order`` and ``visits``, the metrics of each visit.
    """
    curves = [metrics for visit in visits for metrics in visit]
    groups = pd.DataFrame(curves).groupby(["detector", "order"], sort=False)
    return [
        {"mode": mode, "level": level, "detector": detector, "order": int(order)}
        | {"visits": [curves[row] for row in rows]}
        for (detector, order), rows in groups.groups.items()
    ]


def mean_and_error(visits, name):
    """
    Mean of a metric over visits, and its standard error.

    Parameters
    ----------
    visits : list of dict
        Metrics of each.
    name : str
        Of the metric.

    Returns
    -------
    mean, error : float
        NaN without any number; the error is NaN of a single one.
    """
    values = pd.Series([visit.get(name) for visit in visits], dtype=float)
    values = values[np.isfinite(values)]
    return float(values.mean()), float(values.sem())


def curve_line(result):
    """
    Line of the table of light curves.

    Parameters
    ----------
    result : dict
        As of `results_by_curve`.

    Returns
    -------
    str
        Cells under `CURVE_HEADINGS`.
    """
    visits = result["visits"]

    def mean(name, form=".3f"):
        return format(mean_and_error(visits, name)[0], form)

    def with_error(name, form):
        return " ± ".join(
            format(value, kind)
            for value, kind in zip(mean_and_error(visits, name), (form, ".2f"), strict=True)
        )

    def seams(of=""):
        rms = np.sqrt(np.mean([visit[f"{of}seam_rms"] ** 2 for visit in visits]))
        return f"{rms:.2f}, {max(visit[f'{of}seam_max'] for visit in visits):.2f}"

    bins = ["", "", ""]
    if "bin_50" in visits[0]:
        bins = [
            f"{mean('bin_50')}, {mean('bin_90')}",
            mean("bin_bias", "+.2f"),
            mean("bin_over_error"),
        ]
    rms = (1e3 * mean_and_error(visits, name)[0] for name in ("x_rms", "y_rms"))
    return _line(
        [
            _title(result),
            with_error("ours", ".3f"),
            *(mean(name, ".2f") for name in ("flux", "raw", "archive")),
            *(with_error(name, "+.2f") for name in ("bias", "bias_to_ideal")),
            mean("over_error"),
            *bins,
            seams(),
            seams("ideal_"),
            ", ".join(mean(f"{name}_transit", ".2f") for name in ("x", "y", "width")),
            ", ".join(f"{value:.2f}" for value in rms),
            sum(visit["missing"] for visit in visits),
        ]
    )


def one_by_detector(results):
    """
    Leave out all orders of a detector but the first: outliers are those of the detector.

    Parameters
    ----------
    results : list of dict
        As of `results_by_curve`.

    Returns
    -------
    list of dict
        Those left.
    """
    keys = pd.DataFrame(results)[["mode", "level", "detector"]]
    return [results[row] for row in keys.drop_duplicates().index]


def outlier_lines(result):
    """
    Lines of the table of outliers, for ours and for the archive's product.

    Parameters
    ----------
    result : dict
        As of `results_by_curve`.

    Returns
    -------
    list of str
        Cells under `OUTLIER_HEADINGS`; no line of ours without masks.
    """
    visits, lines = result["visits"], []
    for whose in ("ours", "archive"):
        if f"{whose}_hits" not in visits[0]:
            continue

        def share(name, whose=whose):
            missed, hits = (
                sum(visit[f"{whose}_{kind}{name}"] for visit in visits)
                for kind in ("missed", "hits")
            )
            return f"{missed} of {hits}"

        recalls = (mean_and_error(visits, f"{whose}_recall_{sigma:g}")[0] for sigma in HIT_SIGMAS)
        places = (share(f"_{name}") for name in PLACES)
        false = f"{mean_and_error(visits, f'{whose}_false')[0]:.1f}"
        found = (f"{100.0 * recall:.1f} %" for recall in recalls)
        title = f"{result['mode']}, {result['level']}"
        lines.append(_line([title, whose, *found, share(""), *places, false]))
    return lines


def table_head(headings):
    """
    Head of a Markdown table.

    Parameters
    ----------
    headings : tuple of str
        Of its columns.

    Returns
    -------
    str
        Two lines.
    """
    return _line(headings) + f"\n|{'---|' * len(headings)}"


def _line(cells):
    """Line of a Markdown table."""
    return f"| {' | '.join(str(cell) for cell in cells)} |"


def _title(result):
    """Mode and level, and the order where there are several."""
    order = f" {result['order']}" if result["mode"] == "SOSS" else ""
    return f"{result['mode']}{order}, {result['level']}"
