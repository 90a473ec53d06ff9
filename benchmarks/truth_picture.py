"""
Draw what `benchmarks.truth` measured: scatter of white light over that of the ideal extraction.

``python -m benchmarks.truth_picture truth.json [...] --figure docs/truth.png``
"""

import argparse
import json
from pathlib import Path

from benchmarks.project_truth import mean_and_error

__all__ = ["draw_truth", "main"]

_NAMES = {
    "BOTS": "NIRSpec BOTS",
    "LRS": "MIRI LRS",
    "GRISM": "NIRCam grism",
    "NIRCAM": "NIRCam imaging",
    "MIRI": "MIRI imaging",
    "SOSS": "NIRISS SOSS",
    "WLP8": "NIRCam WLP8",
}


def draw_truth(results, path):
    """
    Draw scatter over the ideal one of our light curves and of the archive's products.

    Parameters
    ----------
    results : list of dict
        As of `benchmarks.project_truth.results_by_curve`.
    path : Path
        Picture to write.
    """
    from benchmarks.figures import new_figure
    from scripts.lib.report.plot_style import BLUE, RED

    lines = [f"{_title(result)}, level {result['level']}" for result in results]
    figure, axes = new_figure(0.28 * len(results) + 1.3, margins={"left": 2.4})
    axis, places = axes[0, 0], range(len(results))[::-1]
    for name, colour, marker, label in (
        ("archive", RED, "s", "archive's product"),
        ("ours", BLUE, "o", "ours, untuned"),
    ):
        values, errors = zip(*(mean_and_error(r["visits"], name) for r in results), strict=True)
        axis.errorbar(values, places, xerr=errors, fmt=marker, color=colour, label=label)
        for value, place in zip(values, places, strict=True):
            digits = 3 if value < 2.0 else 1
            # Ours is close to 1: what is close to it has its number on the other side.
            left = name == "archive" and value < 2.0
            axis.annotate(
                f"{value:.{digits}f}", (value, place), (-7 if left else 7, 0), va="center",
                ha="right" if left else "left", textcoords="offset points", fontsize=8,
            )  # fmt: skip
    axis.axvline(1.0, color="black", linewidth=0.8)
    axis.set_xscale("log")
    axis.set_xlim(0.4, axis.get_xlim()[1] * 2.0)
    ticks = [
        tick for tick in (0.7, 1, 2, 5, 10, 20, 50, 100, 200, 500) if tick < axis.get_xlim()[1]
    ]
    axis.set_xticks(ticks, [str(tick) for tick in ticks])
    axis.set_xticks([], minor=True)
    axis.set_yticks(list(places), lines)
    axis.set_xlabel("scatter of white light over that of the ideal extraction of the same noise")
    axis.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
    figure.savefig(path, dpi=150)


def _title(result):
    """Mode, and the order where there are several."""
    name = _NAMES[result["mode"]]
    return f"{name}, order {result['order']}" if result["mode"] == "SOSS" else name


def main(arguments=None):
    """
    Run the program.

    Parameters
    ----------
    arguments : list of str, optional
        Of the command line; those of the process by default.
    """
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument("files", type=Path, nargs="+", help="JSON of benchmarks.truth")
    parser.add_argument("--figure", type=Path, required=True, help="picture to write")
    options = parser.parse_args(arguments)
    results = [
        result for path in options.files for result in json.loads(path.read_text(encoding="utf-8"))
    ]
    order = list(_NAMES)
    results.sort(key=lambda result: (order.index(result["mode"]), result["level"], result["order"]))
    draw_truth(results, options.figure)


if __name__ == "__main__":
    main()
