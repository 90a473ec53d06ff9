"""Tables of all visits of a run: light curves with their depths, all depths, and the cost of the jobs."""

import numpy as np

from scripts.lib.diagnostics import depths as depth_table
from scripts.lib.diagnostics.verdict import curve_findings
from scripts.lib.report.tables import job_costs

__all__ = [
    "COST_DESCRIPTIONS",
    "COST_UNITS",
    "CURVE_DESCRIPTIONS",
    "CURVE_UNITS",
    "DEPTH_DESCRIPTIONS",
    "DEPTH_UNITS",
    "cost_frame",
    "curve_frame",
    "depth_frame",
    "sum_costs",
]

CURVE_DESCRIPTIONS = {
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
    "depth": "depth in white light, a quick look; negative for a brightening",
    "depth_error": "its error",
}
CURVE_UNITS = {"cadence": "s"}
DEPTH_DESCRIPTIONS = {"product": "product"} | depth_table.DESCRIPTIONS
DEPTH_UNITS = depth_table.UNITS
COST_DESCRIPTIONS = {
    "product": "product",
    "step": "step of the workflow",
    "jobs": "number of its jobs",
    "cpu_time": "processor time of all of them",
    "peak_memory": "largest memory of one of them (MB)",
}
COST_UNITS = {"cpu_time": "s"}
_CURVE = ["product", "detector", "order"]
_WORDS = {"product", "detector", "kind", "reason", "step"}
_COUNTS = {"order", "integrations", "segments", "jumps", "bad_columns", "findings"}
_COUNTS |= {"jobs", "peak_memory"}


def _frame(rows, names):
    """Frame of rows (dicts) with columns of some names: words, int64, and float64 with NaN for None."""
    import pandas as pd

    frame = pd.DataFrame(rows, columns=list(names))
    kinds = {name: np.int64 if name in _COUNTS else np.float64 for name in names}
    return frame.astype(kinds | dict.fromkeys(_WORDS.intersection(names), "str"))


def _curve_row(diagnostics, curve):
    """What the diagnostics of a visit say of a light curve, None where it is not known."""
    steps = [seam for seam in curve.get("seams") or [] if seam["significance"] is not None]
    worst = max(steps, key=lambda seam: seam["significance"], default=None)
    archive = curve.get("archive") or {}
    return {
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


def curve_frame(visits, depths):
    """
    Summarise all light curves.

    Parameters
    ----------
    visits : list of dict
        Diagnostics of all visits.
    depths : pandas.DataFrame
        Of :func:`depth_frame`.

    Returns
    -------
    curves : pandas.DataFrame
        A row for each light curve with the columns of :data:`CURVE_DESCRIPTIONS`; NaN where a number
        is not known.
    """
    rows = [_curve_row(visit, curve) for visit in visits for curve in visit["light_curves"]]
    names = [name for name in CURVE_DESCRIPTIONS if not name.startswith("depth")]
    white = depths.loc[depths["kind"] == "white", [*_CURVE, "depth", "depth_error"]]
    return _frame(rows, names).merge(white, on=_CURVE, how="left", validate="one_to_one")


def depth_frame(tables):
    """
    Put the depths of all visits into one table.

    Parameters
    ----------
    tables : dict of str to dict of str to ndarray
        Columns of `_depths` by product.

    Returns
    -------
    depths : pandas.DataFrame
        Their rows, with the product.
    """
    import pandas as pd

    frames = [pd.DataFrame(columns).assign(product=name) for name, columns in tables.items()]
    return _frame(pd.concat(frames) if frames else [], DEPTH_DESCRIPTIONS).reset_index(drop=True)


def cost_frame(logs):
    """
    Sum the cost of the jobs of each visit and step.

    Parameters
    ----------
    logs : dict of str to list of Path
        Logs of the jobs by product, each in a folder named after its step; those that do not exist
        or do not give the cost are left out.

    Returns
    -------
    costs : pandas.DataFrame
        A row for each product and step with the columns of :data:`COST_DESCRIPTIONS`.
    """
    rows = [
        {"product": product, "step": step, "cpu_time": seconds, "peak_memory": memory}
        for product, paths in logs.items()
        for step, seconds, memory in job_costs(paths)
    ]
    jobs = _frame(rows, ["product", "step", "cpu_time", "peak_memory"]).assign(jobs=1)
    return _sums(jobs, ["product", "step"])


def sum_costs(costs):
    """
    Sum the cost over the visits.

    Parameters
    ----------
    costs : pandas.DataFrame
        Of :func:`cost_frame`.

    Returns
    -------
    sums : pandas.DataFrame
        A row for each step.
    """
    return _sums(costs, ["step"])


def _sums(costs, keys):
    """Numbers of jobs, processor time and largest memory of rows with the same keys."""
    ways = {"jobs": "sum", "cpu_time": "sum", "peak_memory": "max"}
    return costs.groupby(keys, sort=False, as_index=False).agg(ways)
