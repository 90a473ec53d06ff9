"""Tables of the report."""

import json
import platform
import re
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from scripts import __version__
from scripts.lib.diagnostics.verdict import curve_name
from scripts.lib.fits.headers import read_hdus
from scripts.lib.report import html_page


def noise_table(figures):
    """
    Table of all figures of the noise.

    Parameters
    ----------
    figures : list of dict
        Figures of the light curves.

    Returns
    -------
    html : str
        The table.
    """
    rows = [
        [label, *(html_page.number_text(one.get(key)) for one in figures)]
        for key, label in _NOISE_ROWS
        if any(one.get(key) is not None for one in figures)
    ]
    head = ["Figure", *(curve_name(one) for one in figures)]
    return html_page.table("Noise", head, rows, range(1, len(head)))


def seam_table(figures):
    """Table of the steps at the seams of segments; a sentence if there are none."""
    rows = [
        [
            curve_name(one),
            f"{seam['before']} | {seam['after']}",
            html_page.number_text(seam["step_ppm"]),
            html_page.number_text(seam["error_ppm"]),
            html_page.number_text(seam["significance"]),
            html_page.number_text(seam["step_over_scatter"]),
        ]
        for one in figures
        for seam in one.get("seams") or []
    ]
    if not rows:
        return "<p>There is one segment only, and so no seam.</p>"
    head = ["Light curve", "Segments", "Step (ppm)", "± (ppm)", "Over error", "Over scatter"]
    return html_page.table("Steps of the flux at the seams", head, rows, range(2, 6))


def drift_table(figures):
    """Table of the correlation of the flux with place and width."""
    rows = [
        [
            curve_name(one),
            name,
            html_page.number_text(found["coefficient"]),
            html_page.number_text(found["slope_ppm_per_pix"]),
            html_page.number_text(found["significance"]),
        ]
        for one in figures
        for name, found in (one.get("correlations") or {}).items()
    ]
    head = ["Light curve", "With", "Correlation", "Slope (ppm per pixel)", "Over error"]
    return html_page.table("Correlation of the residual flux", head, rows, range(2, 5))


def flag_table(figures):
    """Table of flags by class of pixels."""
    rows = [
        [
            curve_name(one),
            name,
            str(found["pixels"]),
            *(
                "–" if found[key] is None else f"{100 * found[key]:.3f}"
                for key in ("outlier_fraction", "invalid_fraction", "worst_outlier_fraction")
            ),
        ]
        for one in figures
        for name, found in one["flags"].items()
    ]
    head = [
        *("Light curve", "Pixels", "Number", "Outliers (%)", "Lacking (%)"),
        "Most outliers in an integration (%)",
    ]
    return html_page.table("Flags", head, rows, range(2, 6))


def settings_table(settings):
    """Table of all settings, one a row."""
    rows = []
    for section, values in settings.items():
        if isinstance(values, dict):
            rows += [[f"{section} / {name}", json.dumps(value)] for name, value in values.items()]
        else:
            rows.append([section, json.dumps(values)])
    return html_page.table("Settings", ["Setting", "Value"], rows)


def versions_table():
    """Table of the versions of this workflow and what it uses."""
    rows = [["tso3flow", __version__], ["Python", platform.python_version()]]
    for package in _PACKAGES:
        try:
            rows.append([package, version(package)])
        except PackageNotFoundError:
            continue
    return html_page.table("Versions", ["Software", "Version"], rows)


def sources_table(member, references, association):
    """Table of the association and of the reference files of all stages."""
    primary = read_hdus(member)[0].header
    rows = [["Association", association]]
    rows += [[f"{name} (used)", str(path)] for name, path in references.items() if path]
    rows += [
        [f"{key} (header)", str(value)] for key, value in primary.items() if key.startswith("R_")
    ]
    rows += [
        [f"{key} (header)", str(primary[key])] for key in ("CAL_VER", "CRDS_CTX") if key in primary
    ]
    return html_page.table("Association and reference files", ["What", "Name"], rows)


def cost_table(logs):
    """Table of processor time and peak memory by step, from the logs of the jobs."""
    costs = {}
    for path in map(Path, logs):
        if not path.is_file():
            continue
        found = _COST.findall(path.read_text(encoding="utf-8", errors="replace"))
        if found:
            seconds, memory = float(found[-1][0]), int(found[-1][1])
            jobs = costs.setdefault(path.parent.name, [0, 0.0, 0])
            costs[path.parent.name] = [jobs[0] + 1, jobs[1] + seconds, max(jobs[2], memory)]
    if not costs:
        return "<p>The logs of the jobs are not there.</p>"
    rows = [[name, str(jobs), f"{cpu:.1f}", str(mb)] for name, (jobs, cpu, mb) in costs.items()]
    head = ["Step", "Jobs", "CPU time (s)", "Peak memory of a job (MB)"]
    return html_page.table("Cost of the steps before this report", head, rows, range(1, 4))


_PACKAGES = ("numpy", "scipy", "astropy", "matplotlib", "snakemake")


_COST = re.compile(r"CPU ([0-9.]+) s, peak memory (\d+) MB")


# Rows of the table of noise: key of the figure, what it is.
_NOISE_ROWS = (
    ("scatter_ppm", "Scatter of the residuals (ppm)"),
    ("point_to_point_sigma_ppm", "Scatter from point to point (ppm)"),
    ("mad_sigma_ppm", "1.4826 times the median absolute deviation (ppm)"),
    ("rms_baseline_ppm", "Root mean square outside of the dip (ppm)"),
    ("mad_diff_ppm", "Median absolute first difference (ppm)"),
    ("mad_second_ppm", "Median absolute second difference (ppm)"),
    ("expected_photon_ppm", "Expected from photons (ppm)"),
    ("expected_error_ppm", "Expected from the errors (ppm)"),
    ("ratio_to_photon", "Scatter over photon noise"),
    ("ratio_to_error", "Scatter over the errors"),
    ("peer_point_to_point_sigma_ppm", "Plain sum, from point to point (ppm)"),
    ("beta_10_30_min", "Beta, averages over 10 to 30 min"),
    ("beta_max", "Largest beta"),
    ("median_element_ratio_to_photon", "Median column over photon noise"),
    ("contamination_mean", "Light of other orders over that of this one, mean"),
    (
        "contamination_p95",
        "The same, not exceeded where 95 % of its light are",
    ),
    ("n_integrations", "Integrations"),
    ("n_without_flux", "Integrations without flux"),
    ("n_outlying", "Integrations that stick out"),
    ("baseline", "Baseline of the model"),
)
