"""Tables and figures of the measurements."""

STEPS = ("outlier_detection", "extract_1d", "tso_photometry")
OWN_STEPS = ("visit_reference", "model_segment", "light_curve", "fit_depths", "report_visit")


def medians(runs):
    """
    Median of each cost over several runs.

    Parameters
    ----------
    runs : list of dict
        Costs of single runs, with ``steps`` a dict of seconds by step.

    Returns
    -------
    cost : dict
        The same keys.
    """
    import pandas as pd

    frame = pd.DataFrame(runs)
    steps = pd.DataFrame([run.get("steps", {}) for run in runs]).median().to_dict()
    return frame.drop(columns="steps", errors="ignore").median().to_dict() | {"steps": steps}


def visit_table(results):
    """Lay out whole visits as Markdown, one line each."""
    lines = [
        "| visit | jwst s | archive's products s | ratio | CPU ratio | with all of our own s "
        "| ratio, all | cp s | jwst MB | tso3flow MB, all | runs | load |",
        "|---" * 12 + "|",
    ]
    for result in results:
        runs = result["runs"]
        jwst, ours, report, copy = (
            medians(runs[side]) for side in ("jwst", "workflow", "report", "copy")
        )
        lines.append(
            f"| {result['title']} | {jwst['seconds']:.1f} | {ours['seconds']:.1f} "
            f"| **{jwst['seconds'] / ours['seconds']:.1f}** "
            f"| {jwst['cpu_seconds'] / ours['cpu_seconds']:.1f} | {report['seconds']:.1f} "
            f"| **{jwst['seconds'] / report['seconds']:.1f}** | {copy['seconds']:.2f} "
            f"| {jwst['peak_mb']:.0f} | {report['peak_mb']:.0f} "
            f"| {len(runs['jwst'])} | {result['load']:.1f} |"
        )
    return "\n".join(lines)


def step_table(results):
    """
    Lay out the CPU time of the steps over the number of integrations as Markdown, one line each.

    That of jwst is without imports, and without reading and writing files, which it does outside
    its steps; *with files* adds the reading of the segments and the writing of crfints to
    outlier_detection. Ours is without imports and files (arithmetic), without imports, and with
    everything. Ratios are to jwst's time without files, *like for like* that with files
    on both sides; wall / cp is the wall time of a segment over that of its copy.
    """
    lines = [
        "| step, CPU ms an integration | jwst | with files | tso3flow: arithmetic | ratio "
        "| with files | ratio | like for like | with imports | ratio | wall / cp |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for result in results:
        for step in STEPS:
            line = _step_line(result, step)
            if line:
                lines.append(f"| {result['title']}: {step} | {line} |")
    return "\n".join(lines)


def _step_line(result, step):
    """Cells of one step; nothing if one of the sides has not done it."""
    spent = {side: medians(result["runs"][side])["steps"] for side in ("jwst", "workflow")}
    scale = 1000 / result["integrations"]
    jwst, total = (scale * spent[side].get(step, 0.0) for side in ("jwst", "workflow"))
    if not jwst or not total:
        return ""
    warm = result["warm"].get(step, {})
    arithmetic, ours = (1000 * warm.get(key, 0) for key in ("arithmetic", "cpu_seconds"))
    files = scale * sum(spent["jwst"].get(key, 0.0) for key in ("read", "write crfints"))
    jwst_files = jwst + files if files and step == "outlier_detection" else 0
    cells = [f"{jwst:.2f}", _number(jwst_files, 2)]
    cells += [_number(arithmetic, 3), _ratio(jwst, arithmetic), _number(ours, 3)]
    cells += [_ratio(jwst, ours), _ratio(jwst_files, ours), f"{total:.3f}", _ratio(jwst, total)]
    return " | ".join([*cells, _number(warm.get("to_copy", 0), 1)])


def own_table(results):
    """
    Lay out the CPU time of our own light curves as Markdown, one line a visit.

    That of model_segment, which compares every integration with the reference, is divided by the number of
    samples (pixels times integrations); it has the imports, the files and the integrations of the
    neighbouring segments in it. The others are those of all jobs of a step together. Visits
    that were measured before our own steps were are left out.
    """
    lines = [
        f"| CPU s | model_segment: ns a sample | {' | '.join(OWN_STEPS)} | all over jwst |",
        "|---" * (len(OWN_STEPS) + 3) + "|",
    ]
    for result in (result for result in results if "samples" in result):
        spent = medians(result["runs"]["report"])
        jwst, steps = medians(result["runs"]["jwst"]), spent["steps"]
        each = 1e9 * steps.get("model_segment", 0.0) / result["samples"]
        cells = [f"{each:.1f}", *(f"{steps.get(name, 0.0):.2f}" for name in OWN_STEPS)]
        cells.append(f"1/{jwst['cpu_seconds'] / spent['cpu_seconds']:.0f}")
        lines.append(f"| {result['title']} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _number(value, digits):
    """A number, empty if it was not measured."""
    return f"{value:.{digits}f}" if value else ""


def _ratio(jwst, ours):
    """How many times faster the workflow is, empty if one side was not measured."""
    return f"{jwst / ours:.0f}" if jwst and ours else ""


def scaling_table(results):
    """Lay out time and memory over the number of integrations as Markdown, one line a step."""
    lengths = [cost["integrations"] for cost in results[0]["costs"]]
    lines = [
        "| CPU ms an integration (peak MB) | "
        + " | ".join(f"{length}" for length in lengths)
        + " | once s | exponent | outside the system | wall / cp |",
        "|---" * (len(lengths) + 5) + "|",
    ]
    for result in results:
        cells = [
            f"{1000 * (cost['cpu_seconds'] - result['fixed']) / cost['integrations']:.3f} "
            f"({cost['peak_mb']:.0f})"
            for cost in result["costs"]
        ]
        longest = result["costs"][-1]
        lines.append(
            f"| {result['title']} | {' | '.join(cells)} | {result['fixed']:.2f} "
            f"| {result['exponent']:.2f} | {result['user_exponent']:.2f} | {longest['seconds'] / longest['copy_seconds']:.1f} |"
        )
    return "\n".join(lines)


def machine_line(results):
    """Machine and dates of some results."""
    machines = sorted({result["machine"] for result in results})
    dates = sorted({result["date"][:10] for result in results})
    return f"{'; '.join(machines)}; {' to '.join(dict.fromkeys((dates[0], dates[-1])))}"


def draw_visits(results, path):
    """Draw wall times of whole visits as bars."""
    import numpy as np

    from benchmarks.figures import new_figure
    from scripts.lib.report.plot_style import BLUE, RED

    figure, axes = new_figure(0.75 * len(results) + 1.2, margins={"left": 2.6})
    axis, positions = axes[0, 0], np.arange(len(results))[::-1]
    for side, shift, colour in (("jwst", 0.2, RED), ("workflow", -0.2, BLUE)):
        seconds = [medians(result["runs"][side])["seconds"] for result in results]
        name = "jwst 3.0.0" if side == "jwst" else "tso3flow, archive's products"
        axis.barh(positions + shift, seconds, 0.36, color=colour, label=name)
        for position, value in zip(positions, seconds, strict=True):
            axis.text(value * 1.03, position + shift, f"{value:.1f} s", va="center", fontsize=8)
    copies = [medians(result["runs"]["copy"])["seconds"] for result in results]
    axis.plot(copies, positions, "k|", markersize=24, label="cp of the segments")
    axis.set_xscale("log")
    axis.set_xlim(right=axis.get_xlim()[1] * 2)
    axis.set_yticks(positions, [result["title"] for result in results])
    axis.set_xlabel("wall time of the whole visit [s]")
    axis.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3)
    figure.savefig(path, dpi=150)


def draw_scaling(results, path):
    """Draw CPU time and peak memory over the number of integrations."""
    import numpy as np

    from benchmarks.figures import new_figure
    from scripts.lib.report.plot_style import CURVE_COLOURS, CURVE_SHAPES

    figure, axes = new_figure(4.2, columns=2, margins={"top": 1.1})
    times, memories = axes[0]
    for k, result in enumerate(results):
        lengths = np.array([cost["integrations"] for cost in result["costs"]])
        look = {
            "marker": CURVE_SHAPES[k % len(CURVE_SHAPES)],
            "color": CURVE_COLOURS[k % len(CURVE_COLOURS)],
            "label": f"{result['title']}, exponent {result['exponent']:.2f}",
        }
        times.loglog(lengths, [c["cpu_seconds"] - result["fixed"] for c in result["costs"]], **look)
        memories.semilogx(lengths, [c["peak_mb"] for c in result["costs"]], **look)
    times.set_ylabel("CPU time without the fixed part [s]")
    memories.set_ylabel("peak memory [MB]")
    memories.set_ylim(bottom=0)
    for axis in (times, memories):
        axis.set_xlabel("integrations of the segment")
    handles, labels = times.get_legend_handles_labels()
    figure.legend(handles, labels, loc="upper center", ncols=2)
    figure.savefig(path, dpi=150)
