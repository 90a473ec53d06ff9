"""
Measure how far light curves are from the best that their noise allows.

``python -m benchmarks.truth`` simulates visits of each mode, with all that is wrong with them at some
levels (A realistic, B stress, T with a tilt event, C brutal), and compares light curves with the ideal
extraction of the same noise: profile, background and weights known, and nothing wrong. A table is
printed, a line for each mode and level, with means over the seeds.

The visits are those of `scripts.simulation`, processed by the workflow, whose products are compared; a
visit takes half a minute to some minutes. With ``--simulator small`` they are scenes of Gaussians in
memory (A, B and T), and light curves of `scripts.lib.moving_profile` are compared; 5 to 15 s.
"""

import argparse
import json
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np

from benchmarks.product_judge import CERTAIN, GAUSSIAN
from benchmarks.profile_curves import image_curves, spectral_curves
from benchmarks.profile_scenes import (
    REALISTIC,
    STRESS,
    fit_depth,
    image_scene,
    spectral_scene,
)
from benchmarks.project_truth import (
    CURVE_HEADINGS,
    OUTLIER_HEADINGS,
    curve_line,
    measure_project_visit,
    one_by_detector,
    outlier_lines,
    results_by_curve,
    table_head,
)
from benchmarks.project_visits import INTEGRATIONS, PROJECT_MODES, SEGMENTS
from scripts.simulation import trouble

LEVELS = {"A": REALISTIC, "B": STRESS, "T": replace(STRESS, tilt_event=True)}
# The recipe was developed on these.
SEEDS = range(1200, 1208)
# Electrons of a stripe along a row of the NIRCam grism.
STRIPES = {"A": 1.75, "B": 3.5, "T": 3.5}
# Integrations on either side of a seam from which its step is measured.
_SEAM = 20


@dataclass(frozen=True)
class Mode:
    """
    What is simulated of a mode.

    Attributes
    ----------
    spectra : bool
        Whether it has spectra, else images.
    stripes : bool
        Whether readout stripes run along the dispersion.
    options : dict
        As of `spectral_scene` or `image_scene`.
    """

    spectra: bool
    stripes: bool
    options: dict


def _options(shape, electrons, sigma, scale, depth, read, sky, **others):
    """Options of a scene by name."""
    named = {"shape": shape, "electrons": electrons, "sigma": sigma, "scale": scale}
    return named | {"depth": depth, "read": read, "sky": sky} | others


MODES = {
    "BOTS": Mode(True, False, _options((32, 512), 1e7, 1.0, 100.0, 0.02, 10.0, 30.0)),
    "LRS": Mode(True, False, _options((72, 416), 1e7, 1.3, 110.0, 0.015, 15.0, 300.0)),
    "GRISM": Mode(
        True, True, _options((64, 1024), 1e7, 0.9, 63.0, 0.015, 10.0, 30.0, dark_columns=0.15)
    ),
    "NIRCAM": Mode(False, False, _options((64, 64), 1e7, 1.0, 31.0, 0.015, 12.0, 5.0)),
    "MIRI": Mode(False, False, _options((128, 136), 2e6, 1.9, 110.0, 0.015, 15.0, 600.0)),
}


def measure_visit(mode, level, seed, err_factor=1.0, **options):
    """
    Simulate a visit and measure its light curves.

    Parameters
    ----------
    mode, level : str
        Keys of `MODES` and `LEVELS`.
    seed : int
        Seed of the simulation.
    err_factor : float, optional
        Factor by which ERR is wrong.
    **options
        Options of the scene that differ from those of the mode.

    Returns
    -------
    metrics : dict of str to float
        As of `judge`.
    """
    kind = MODES[mode]
    trouble = replace(LEVELS[level], err_factor=err_factor)
    if kind.stripes:
        trouble = replace(trouble, stripes=STRIPES[level])
    if kind.spectra:
        scene = spectral_scene(seed=seed, trouble=trouble, **kind.options | options)
        return judge(scene, spectral_curves(scene, kind.stripes))
    # A dead column through an only star is no visit that anyone would observe.
    trouble = replace(trouble, columns=False)
    scene = image_scene(seed=seed, trouble=trouble, **kind.options | options)
    return judge(scene, image_curves(scene))


def judge(scene, curves):
    """
    Compare light curves with what is true.

    Parameters
    ----------
    scene : Scene
        Of `benchmarks.profile_scenes`.
    curves : Curves
        Its light curves.

    Returns
    -------
    metrics : dict of str to float
        ``ours``, ``jwst``, ``completed``: scatter over the ideal one. ``bias``: measured minus
        true depth in errors of the ideal depth; ``bias_to_ideal``: minus that of the ideal
        light curve, whose noise is the same. ``dilution``: depth over that of the ideal, minus 1.
        ``over_error``: scatter over the quoted error. ``seam``: root mean square of the steps
        between the segments in their errors, ``largest_seam`` the largest.
        ``bin_50``, ``bin_90``, ``bin_bias``, ``bin_over_error``: the same of bins, median, 90th
        percentile, mean and median; none for images. ``hits``, ``missed``: hits of more than
        nine errors outside jumping pixels, and those not found. ``false``: other outliers there
        over those of normal noise. ``milliseconds``, ``noise_factor``: as of `Curves`.
    """
    ideal = scene.ideal.reshape(len(scene.ideal), -1).sum(axis=1)
    ideal_depth, error, scatter = fit_depth(ideal, scene.dip)
    depth, _, ours = fit_depth(curves.flux, scene.dip)
    sums = {name: fit_depth(flux, scene.dip)[2] / scatter for name, flux in curves.sums.items()}
    quoted = np.nanmedian(curves.error) / np.nanmedian(curves.flux)
    return {
        "ours": ours / scatter,
        **sums,
        "bias": (depth - scene.depth) / error,
        "bias_to_ideal": (depth - ideal_depth) / error,
        "dilution": depth / ideal_depth - 1.0,
        "over_error": ours / quoted,
        **judge_seams(curves.flux, scene.dip),
        **(judge_bins(scene, curves.bins) if curves.bins else {}),
        **judge_outliers(scene, curves.outliers),
        "milliseconds": curves.milliseconds,
        "noise_factor": curves.noise_factor,
    }


def judge_seams(flux, dip):
    """Metrics of the steps between three segments, as of `judge`."""
    design = np.column_stack([np.ones(len(dip)), np.linspace(-1, 1, len(dip)), dip])
    good = np.isfinite(flux)
    fit = np.linalg.lstsq(design[good], flux[good], rcond=None)[0]
    residual = flux - design @ fit
    error = np.nanstd(residual) * np.sqrt(2.0 / _SEAM)
    edges = np.linspace(0, len(flux), 4).astype(int)[1:-1]
    sides = [(residual[k : k + _SEAM], residual[k - _SEAM : k]) for k in edges]
    steps = [(np.nanmean(after) - np.nanmean(before)) / error for after, before in sides]
    return {
        "seam": float(np.sqrt(np.mean(np.square(steps)))),
        "largest_seam": float(np.abs(steps).max()),
    }


def judge_bins(scene, bins):
    """Metrics of bins of columns, as of `judge`."""
    spectrum, rows = scene.extra["spectrum"], []
    for columns, flux, errors in bins:
        light = spectrum[columns]
        level = (scene.star[:, columns] @ light) / light.sum()
        _, error, scatter = fit_depth(scene.ideal[:, columns].sum(axis=1), scene.dip)
        depth, _, ours = fit_depth(flux, scene.dip)
        quoted = np.nanmedian(errors) / np.nanmedian(flux)
        rows.append((ours / scatter, (depth - 1.0 + level.min()) / error, ours / quoted))
    ratio, bias, over_error = np.transpose(rows)
    return {
        "bin_50": float(np.percentile(ratio, 50)),
        "bin_90": float(np.percentile(ratio, 90)),
        "bin_bias": float(bias.mean()),
        "bin_over_error": float(np.median(over_error)),
    }


def judge_outliers(scene, outliers):
    """Metrics of outliers, as of `judge`."""
    quiet = ~np.broadcast_to(scene.rtn, outliers.shape).reshape(-1)
    rest, hits, missed = outliers.reshape(-1) & quiet, 0, 0
    for amplitude, places in scene.hits.items():
        tested = places[quiet[places]]
        if amplitude > CERTAIN:
            hits += len(tested)
            missed += int(np.count_nonzero(~rest[tested]))
        rest[tested] = False
    false = np.count_nonzero(rest) / (GAUSSIAN * rest.size)
    return {"hits": hits, "missed": missed, "false": float(false)}


def summarise(visits):
    """
    Means of metrics over visits.

    Parameters
    ----------
    visits : list of dict
        As of `judge`.

    Returns
    -------
    summary : dict of str to tuple of float
        Mean and its standard error; NaN of a single visit.
    """
    values = {name: np.array([visit[name] for visit in visits], float) for name in visits[0]}
    count = len(visits)
    spread = {n: v.std(ddof=1) / count**0.5 if count > 1 else np.nan for n, v in values.items()}
    return {name: (float(v.mean()), float(spread[name])) for name, v in values.items()}


def table(results):
    """
    Lay out results as Markdown, a line for each mode and level.

    Parameters
    ----------
    results : list of dict
        With ``mode``, ``level`` and ``visits``.

    Returns
    -------
    text : str
        The table.
    """
    lines = [
        "| mode, level | ours / ideal | jwst's sum | completed sum | depth bias, sigma | to the ideal one "
        "| scatter / error | bins: median, 90 % | bias | scatter / error | missed > 9 | false / normal | ms |",
        f"|{'---|' * 13}",
    ]
    for result in results:
        found = summarise(result["visits"])
        mean = {name: value for name, (value, _) in found.items()}
        ours = "{:.3f} ± {:.3f}".format(*found["ours"])
        bias, to_ideal = ("{:+.2f} ± {:.2f}".format(*found[n]) for n in ("bias", "bias_to_ideal"))
        bins = " |  | "
        if "bin_50" in mean:
            bins = "{bin_50:.3f}, {bin_90:.3f} | {bin_bias:+.2f} | {bin_over_error:.3f}".format(
                **mean
            )
        missed, hits = (
            sum(visit[name] for visit in result["visits"]) for name in ("missed", "hits")
        )
        lines.append(
            f"| {result['mode']}, {result['level']} | {ours} | {mean['jwst']:.2f} "
            f"| {mean['completed']:.2f} | {bias} | {to_ideal} | {mean['over_error']:.3f} | {bins} "
            f"| {missed} of {hits} | {mean['false']:.1f} | {mean['milliseconds']:.2f} |"
        )
    return "\n".join(lines)


def run_small(options):
    """
    Measure scenes in memory and print a line for each mode and level.

    Parameters
    ----------
    options : Namespace
        Of the command line.

    Returns
    -------
    list of dict
        As of `table`.
    """
    others = {"integrations": options.integrations}
    others |= {} if options.depth is None else {"depth": options.depth}
    results = []
    for mode in options.modes:
        for level in options.levels:
            visits = [
                measure_visit(mode, level, seed, options.err or 1.0, **others)
                for seed in options.seeds
            ]
            about = {"mode": mode, "level": level, "err": options.err, "seeds": options.seeds}
            results.append(about | {"visits": visits})
            # A long run that is stopped has said what it found.
            print(
                table(results[-1:]).splitlines()[-1] if results[1:] else table(results), flush=True
            )
    return results


def run_project(options):
    """
    Measure products of simulated visits and print a line for each mode and level.

    Parameters
    ----------
    options : Namespace
        Of the command line.

    Returns
    -------
    list of dict
        As of `results_by_curve`, with ``depth``, ``ingredients`` and ``seeds``.
    """
    sizes = {"integrations": options.integrations, "segments": options.segments}
    ingredients = dict(options.ingredients)
    if options.err:
        ingredients["err_factor"] = options.err
    changes = sizes | {"depth": options.depth, "ingredients": ingredients}
    results = []
    print(table_head(CURVE_HEADINGS), flush=True)
    for mode in options.modes:
        for level in options.levels:
            visits = [
                measure_project_visit(mode, level, seed, options.folder, options.masks, **changes)
                for seed in options.seeds
            ]
            found = results_by_curve(mode, level, visits)
            about = {"depth": options.depth, "ingredients": ingredients, "seeds": options.seeds}
            results += [about | result for result in found]
            for result in found:
                print(curve_line(result), flush=True)
    lines = [line for result in one_by_detector(results) for line in outlier_lines(result)]
    print("", table_head(OUTLIER_HEADINGS), *lines, sep="\n")
    return results


# What runs a simulator, its modes and its levels.
SIMULATORS = {
    "project": (run_project, [*PROJECT_MODES], [*trouble.LEVELS]),
    "small": (run_small, [*MODES], [*LEVELS]),
}


def _ingredient(text):
    """Name and value of an ingredient of trouble from "jitter=2"."""
    name, separator, value = text.partition("=")
    known = [item.name for item in fields(trouble.Trouble)]
    if not separator or name not in known:
        msg = f"found {text!r}, expected NAME=VALUE with a name of {', '.join(known)}"
        raise argparse.ArgumentTypeError(msg)
    return name, float(value)


def _parser():
    """Options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument("--simulator", choices=SIMULATORS, default="project")
    parser.add_argument("--seeds", type=int, nargs="+", default=[*SEEDS], help="visits of a line")
    parser.add_argument("--modes", nargs="+", help=f"of {', '.join(PROJECT_MODES)} (default: all)")
    parser.add_argument("--levels", nargs="+", default=["A", "B"], help="of A, B, T and C")
    parser.add_argument("--err", type=float, help="factor by which ERR is wrong")
    parser.add_argument("--integrations", type=int, default=INTEGRATIONS, help="at least 75")
    parser.add_argument("--json", type=Path, help="file for the metrics of every visit")
    project = parser.add_argument_group("visits of the project's simulator")
    project.add_argument("--segments", type=int, default=SEGMENTS)
    project.add_argument("--depth", type=float, help="area of the planet over that of the star")
    project.add_argument(
        "--ingredients",
        type=_ingredient,
        nargs="+",
        default=[],
        metavar="NAME=VALUE",
        help="what differs from the level, e.g. jitter=2 columns=0",
    )
    project.add_argument("--folder", type=Path, help="keep visits and products there")
    project.add_argument(
        "--masks",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="ask the workflow for masks of outliers",
    )
    return parser


def main(arguments=None):
    """
    Run the program.

    Parameters
    ----------
    arguments : list of str, optional
        Of the command line; those of the process by default.
    """
    parser = _parser()
    options = parser.parse_args(arguments)
    run, modes, levels = SIMULATORS[options.simulator]
    options.modes = options.modes or modes
    for found, known in ((options.modes, modes), (options.levels, levels)):
        if not set(found) <= set(known):
            parser.error(f"found {' '.join(found)}, expected some of {' '.join(known)}")
    results = run(options)
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
