"""Rule report_visit: diagnostics, plots and a page that tells how good a visit's light curves are."""

import json
import logging
import platform
import re
from html import escape
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from scripts import __version__
from scripts.lib.diagnostics.verdict import curve_name
from scripts.lib.diagnostics.visit import diagnose, order_statistics
from scripts.lib.files.array_files import write_text
from scripts.lib.files.ecsv import read_ecsv
from scripts.lib.fits.headers import read_hdus
from scripts.lib.light_curves.spectral_series import open_series
from scripts.lib.report import html_page
from scripts.lib.report.captions import CAPTIONS, PLOTS, TITLES, description
from scripts.lib.report.curve_plots import DRAW, make_curves
from scripts.lib.report.plot_style import save

log = logging.getLogger(__name__)

_PACKAGES = ("numpy", "scipy", "astropy", "matplotlib", "snakemake")
_STEPS = (
    *("outlier_detection", "extract_1d", "extract_soss", "collect_spectra", "white_light"),
    *("tso_photometry", "collect_photometry", "segment_statistics", "light_curve"),
)
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


def header(diagnostics):
    """Heading and facts of the visit."""
    visit = diagnostics["visit"]
    names = ("instrument", "exp_type", "filter", "grating", "subarray")
    facts = [str(visit[name]) for name in names if visit.get(name)]
    count = visit["n_segments"]
    text = f"{visit['n_integrations']} integrations in {count} segment{'s' if count > 1 else ''}"
    if visit["duration_h"]:
        text += f" over {visit['duration_h']:.2f} h from BJD {visit['start_bjd_tdb'] + 2400000.5:.5f} (TDB)"
    target = escape(str(visit.get("target") or "Unknown target"))
    return (
        f"<h1>{target}: {escape(diagnostics['product'])}</h1>"
        f"<p>{escape(', '.join(facts))}. {escape(text)}.</p>"
    )


def verdict_box(verdict):
    """The verdict in words."""
    findings = html_page.bullets(verdict["findings"])
    return (
        f'<div class="verdict {verdict["level"]}"><p>{escape(verdict["headline"])}</p>'
        + (f"<h3>To look at</h3>{findings}" if findings else "")
        + f"<h3>Noise</h3>{html_page.bullets(verdict['noise'])}</div>"
    )


def _logs(snakemake):
    """Logs of the jobs before this one, beside its own."""
    if not snakemake.log:
        return []
    folder = Path(snakemake.log[0]).parents[1]
    return [folder / step / f"{name}.log" for step in _STEPS for name in snakemake.params.names]


def _sections(diagnostics, plots, snakemake):
    """All sections of the page."""
    figures, params = diagnostics["light_curves"], snakemake.params
    tables = "".join(make(figures) for make in (noise_table, seam_table, drift_table, flag_table))
    sources = sources_table(
        snakemake.input.member, params.settings["references"], params.association
    )
    return [
        ("verdict", "Verdict", verdict_box(diagnostics["verdict"])),
        ("plots", "Plots", plots),
        ("tables", "Tables", tables),
        ("made", "How it was made", sources + versions_table() + cost_table(_logs(snakemake))),
        ("settings", "Settings", settings_table(params.settings)),
    ]


def _draw_plots(diagnostics, curves, snakemake):
    """Save all plots and return them as HTML."""
    pieces, folder = [], Path(snakemake.output.report).parent
    for name in PLOTS[snakemake.params.branch]:
        paths = [snakemake.output.get(f"{name}_{kind}") for kind in ("png", "svg")]
        png, svg = (Path(path) if path else None for path in paths)
        save(DRAW[name](curves), png, svg)
        pieces.append(f"<h3>{escape(TITLES[name])}</h3>")
        pieces.append(
            html_page.figure(
                png.read_bytes(),
                description(name, diagnostics["light_curves"]),
                CAPTIONS[name],
                svg.relative_to(folder).as_posix() if svg else None,
            )
        )
    return "\n".join(pieces)


def _measured(snakemake):
    """Diagnostics of the visit, and what is plotted."""
    inputs, params = snakemake.input, snakemake.params
    statistics, series = list(inputs.statistics), []
    if inputs.get("spectra"):
        series = open_series(list(inputs.spectra), params.segments, statistics, params.replaced)
    diagnostics, rows, arrays = diagnose(
        params.product,
        read_ecsv(inputs.light_curve),
        series,
        lambda detector, order: order_statistics(statistics, params.segments, detector, order),
        params.exposure_integrations,
    )
    return diagnostics, make_curves(diagnostics, rows, arrays)


def process(snakemake):
    """Write the diagnostics, plots and report of one product."""
    diagnostics, curves = _measured(snakemake)
    text = json.dumps(diagnostics, indent=1, allow_nan=False, ensure_ascii=False)
    write_text(Path(snakemake.output.diagnostics), f"{text}\n")
    for sentence in (*diagnostics["verdict"]["noise"], *diagnostics["verdict"]["findings"]):
        log.info("%s", sentence)
    plots = _draw_plots(diagnostics, curves, snakemake)
    page = html_page.page(
        f"{diagnostics['visit'].get('target') or ''} {diagnostics['product']}: report".strip(),
        header(diagnostics),
        _sections(diagnostics, plots, snakemake),
        f"<p>Made by {escape(diagnostics['made_by'])}. Every figure is defined in "
        "docs/diagnostics.md of the workflow.</p>",
    )
    write_text(Path(snakemake.output.report), page)
    log.info("%s: %s", Path(snakemake.output.report).name, diagnostics["verdict"]["headline"])


if __name__ == "__main__":
    from scripts.lib.jobs.job import run_job

    run_job(snakemake, process)
