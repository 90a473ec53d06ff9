"""Tables of the report."""

import platform
import re
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from scripts import __version__
from scripts.lib.diagnostics.verdict import curve_name
from scripts.lib.report.html import Table, with_error

__all__ = [
    "comparison_table",
    "cost_table",
    "drift_table",
    "flag_table",
    "job_costs",
    "method_table",
    "noise_table",
    "seam_table",
    "sources_table",
    "versions_table",
]

_PACKAGES = ("numpy", "scipy", "astropy", "snakemake")
_COST = re.compile(r"CPU ([0-9.]+) s, peak memory (\d+) MB")
# Rows of the table of noise: key of the metric, and its label.
_NOISE_ROWS = (
    ("scatter_ppm", "Scatter of the residuals (ppm)"),
    ("point_to_point_sigma_ppm", "Scatter from point to point (ppm)"),
    ("mad_sigma_ppm", "1.4826 times the median absolute deviation (ppm)"),
    ("rms_baseline_ppm", "Root mean square outside of transit or eclipse (ppm)"),
    ("mad_diff_ppm", "Median absolute first difference (ppm)"),
    ("mad_second_ppm", "Median absolute second difference (ppm)"),
    ("expected_photon_ppm", "Expected from photons (ppm)"),
    ("expected_error_ppm", "Expected from the errors (ppm)"),
    ("ratio_to_photon", "Scatter over photon noise"),
    ("ratio_to_error", "Scatter over the errors"),
    ("beta_10_30_min", "Beta, averages over 10 to 30 min"),
    ("beta_max", "Largest beta"),
    ("median_element_ratio_to_photon", "Median column over photon noise"),
    ("trace_offset_pix", "Trace minus middle of the aperture (pixels)"),
    ("aperture_share", "Light of the trace in the aperture"),
    ("planned_distance_pix", "Aperture from the planned position (pixels)"),
    ("star_significance", "Light in the aperture over the scatter of other places"),
    ("other_light", "Brightest other place over the aperture's light"),
    ("contamination_mean", "Light of other orders over that of this order, mean"),
    ("contamination_p95", "The same, 95th percentile by light"),
    ("n_integrations", "Integrations"),
    ("n_without_flux", "Integrations without flux"),
    ("n_outlying", "Integrations that are outliers"),
    ("n_outliers", "Samples left out as outliers"),
    ("median_chi2", "Squared residuals over their expectation, median"),
    ("missing_mean", "Missing light, mean"),
    ("baseline", "Baseline of the model"),
)


def noise_table(curves):
    """
    Table of all metrics of the noise.

    Parameters
    ----------
    curves : list of dict
        Metrics of the light curves.

    Returns
    -------
    table : Table
        A row for each metric that is known of a light curve, a column for
        each light curve.
    """
    rows = [
        [label, *(curve.get(key) for curve in curves)]
        for key, label in _NOISE_ROWS
        if any(curve.get(key) is not None for curve in curves)
    ]
    head = ["Metric", *(curve_name(curve) for curve in curves)]
    return Table("Noise", head, rows, range(1, len(head)))


def comparison_table(curves):
    """
    Table of our light curves and those of the archive.

    Parameters
    ----------
    curves : list of dict
        Metrics of the light curves.

    Returns
    -------
    table : Table
        Two rows for each light curve, ours and the archive's.
    """
    keys = ("scatter_ppm", "ratio_to_photon", "ratio_to_error", "beta_10_30_min")
    counts = ("n_outlying", "n_without_flux")
    rows = []
    for curve in curves:
        dip = curve.get("dip") or {}
        ours = curve | {"depth_ppm": dip.get("depth_ppm")}
        fraction = curve["flags"]["aperture"]["outlier_fraction"]
        for kind, found, flagged in (
            ("ours", ours, curve.get("n_outliers")),
            ("archive", curve.get("archive") or {}, f"{_per_cent(fraction)} %"),
        ):
            worst = [
                seam["significance"] for seam in found.get("seams") or [] if seam["significance"]
            ]
            values = [found.get(key) for key in (*keys, "depth_ppm")]
            numbers = [found.get(key) for key in counts]
            rows.append(
                [curve_name(curve), kind, *values, max(worst, default=None), *numbers, flagged]
            )
    head = ["Light curve", "Product", "Scatter (ppm)", "Over photon noise", "Over its errors"]
    head += ["Beta", "Dip (ppm)", "Worst seam over error", "Outlying", "Without flux", "Flagged"]
    return Table("Ours and the archive's", head, rows, range(2, len(head)))


def method_table(curves):
    """
    Table of how our light curves were made.

    Parameters
    ----------
    curves : list of dict
        Metrics of the light curves, with their records.

    Returns
    -------
    table : Table
        Rows for the method, the noise factor, and each test for motion.
    """
    rows = []
    for curve in curves:
        name = curve_name(curve)
        rows.append([name, "Flux from", str(curve.get("method") or "not measured")])
        if curve.get("noise_factor"):
            rows.append([name, "Noise over ERR", f"{curve['noise_factor']:.3f}"])
        for terms, found in (curve.get("decorrelation") or {}).items():
            rows.append([name, f"Response to {terms}", _decorrelation_text(found)])
        rows += [
            [
                name,
                f"Step at integration {step['integration']}",
                f"{1e6 * step['height']:+.0f} ppm, taken off",
            ]
            for step in curve.get("steps") or []
        ]
        if (curve.get("error_factor") or 1.0) > 1.0:
            rows.append([name, "Errors were multiplied by", f"{curve['error_factor']:.2f}"])
        for term, error in (curve.get("noise") or {}).items():
            rows.append([name, f"Noise of {term}", f"{1e6 * error:.0f} ppm"])
    return Table("How our light curves were made", ["Light curve", "What", "Value"], rows)


def _decorrelation_text(found):
    """What a test for motion found and did."""
    probability = found["probability"]
    if probability is None:
        return "not tested: too few integrations, or no motion"
    named = ", ".join(
        f"{1e6 * value:.0f} ppm for {term}" for term, value in found["coefficients"].items()
    )
    done = "taken off" if found["applied"] else "not taken off"
    return f"{done}: probability {probability:.2g} by chance ({named})"


def seam_table(curves):
    """
    Table of the steps of the flux at the seams.

    Parameters
    ----------
    curves : list of dict
        Metrics of the light curves.

    Returns
    -------
    table : Table
        A row for each seam of each light curve; a sentence without any.
    """
    keys = ("significance", "step_over_scatter")
    rows = [
        [
            curve_name(curve),
            f"{seam['before']} | {seam['after']}",
            with_error(seam["step_ppm"], seam["error_ppm"]),
            *(seam[key] for key in keys),
        ]
        for curve in curves
        for seam in curve.get("seams") or []
    ]
    return Table(
        "Steps of the flux at the seams",
        ["Light curve", "Segments", "Step (ppm)", "Over error", "Over scatter"],
        rows,
        range(2, 5),
        "There is only one segment, and so no seam.",
    )


def drift_table(curves):
    """
    Table of the correlation of the flux with position and width.

    Parameters
    ----------
    curves : list of dict
        Metrics of the light curves.

    Returns
    -------
    table : Table
        A row for each light curve and coordinate; a sentence without any.
    """
    keys = ("coefficient", "slope_ppm_per_pix", "significance")
    rows = [
        [curve_name(curve), name, *(found[key] for key in keys)]
        for curve in curves
        for name, found in (curve.get("correlations") or {}).items()
    ]
    return Table(
        "Correlation of the residual flux",
        ["Light curve", "With", "Correlation", "Slope (ppm per pixel)", "Over error"],
        rows,
        range(2, 5),
        "There are too few integrations for correlations.",
    )


def flag_table(curves):
    """
    Table of flags by class of pixels.

    Parameters
    ----------
    curves : list of dict
        Metrics of the light curves.

    Returns
    -------
    table : Table
        A row for each light curve and class; fractions in per cent.
    """
    keys = ("outlier_fraction", "invalid_fraction", "worst_outlier_fraction")
    rows = [
        [curve_name(curve), name, found["pixels"], *(_per_cent(found[key]) for key in keys)]
        for curve in curves
        for name, found in curve["flags"].items()
    ]
    head = ["Light curve", "Pixels", "Number", "Outliers (%)", "Missing (%)"]
    return Table("Flags", [*head, "Most outliers in an integration (%)"], rows, range(2, 6))


def _per_cent(fraction):
    """Fraction in per cent with three decimals; None if it is not known."""
    return None if fraction is None else f"{100 * fraction:.3f}"


def versions_table():
    """
    Table of the versions of this workflow and of the packages that it uses.

    Returns
    -------
    table : Table
        A row for each package that is installed.
    """
    rows = [["tso3flow", __version__], ["Python", platform.python_version()]]
    for package in _PACKAGES:
        try:
            rows.append([package, version(package)])
        except PackageNotFoundError:
            continue
    return Table("Versions", ["Software", "Version"], rows)


def sources_table(primary, references, association):
    """
    Table of the association and of the reference files of all stages.

    Parameters
    ----------
    primary : dict
        Primary header of the first segment, which names the reference files of earlier stages.
    references : dict of str to (str or None)
        Reference files that were used here, by kind.
    association : str
        Name of the association.

    Returns
    -------
    table : Table
        A row for each name.
    """
    rows = [["Association", association]]
    rows += [[f"{name} (used)", str(path)] for name, path in references.items() if path]
    rows += [
        [f"{key} (header)", str(value)] for key, value in primary.items() if key.startswith("R_")
    ]
    rows += [
        [f"{key} (header)", str(primary[key])] for key in ("CAL_VER", "CRDS_CTX") if key in primary
    ]
    return Table("Association and reference files", ["What", "Name"], rows)


def job_costs(logs):
    """
    Read what jobs cost from their logs.

    Parameters
    ----------
    logs : list of (str or Path)
        As for :func:`cost_table`.

    Yields
    ------
    step : str
        Name of the step.
    seconds : float
        Processor time [s].
    memory : int
        Peak memory [MB].
    """
    for path in map(Path, logs):
        if path.is_file():
            text = path.read_text(encoding="utf-8", errors="replace")
            for seconds, memory in _COST.findall(text)[-1:]:
                yield path.parent.name, float(seconds), int(memory)


def cost_table(logs):
    """
    Table of processor time and peak memory by step.

    Parameters
    ----------
    logs : list of (str or Path)
        Logs of the jobs, each in a folder named after its step; those that
        do not exist or do not give the cost are left out.

    Returns
    -------
    table : Table
        A row for each step; a sentence without any logs.
    """
    costs = {}
    for step, seconds, memory in job_costs(logs):
        jobs, sum_of_seconds, largest = costs.get(step, (0, 0.0, 0))
        costs[step] = jobs + 1, sum_of_seconds + seconds, max(largest, memory)
    return Table(
        "Cost of the steps before this report",
        ["Step", "Jobs", "CPU time (s)", "Peak memory of a job (MB)"],
        [[name, jobs, f"{cpu:.1f}", memory] for name, (jobs, cpu, memory) in costs.items()],
        range(1, 4),
        "There are no logs of the jobs.",
    )
