"""
Draw what `benchmarks.truth` measured: scatter of the archive's white light and of ours over the ideal.

``python -m benchmarks.truth_figure results.json [...]`` reads files that ``benchmarks.truth --json`` wrote and
saves ``docs/light_curves.png``.
"""

import argparse
import json
from pathlib import Path

import numpy as np

from benchmarks.project_truth import mean_and_error

_TARGET = Path(__file__).resolve().parents[1] / "docs" / "light_curves.png"
_GREY, _BLUE = "#777777", "#0072B2"


def rows_of(results):
    """
    Label and means of each curve.

    Parameters
    ----------
    results : list of dict
        As of ``benchmarks.truth --json``.

    Returns
    -------
    rows : list of (str, tuple, tuple)
        Label; mean and standard error of the scatter over the ideal, the archive's and ours.
    """
    rows = []
    for result in results:
        name = f"{result['mode']}, {result['level']}"
        if abs(result["order"]) > 1:
            name += f", order {abs(result['order'])}"
        found = (mean_and_error(result["visits"], key) for key in ("archive", "ours"))
        rows.append((name, *found))
    return rows


def draw(rows, target):
    """
    Draw and save the figure.

    Parameters
    ----------
    rows : list of tuple
        As of :func:`rows_of`.
    target : Path
        The file.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.5, 0.45 * len(rows) + 1.2), layout="constrained")
    FigureCanvasAgg(figure)
    axis, places = figure.subplots(), np.arange(len(rows))
    for offset, index, colour, label in (
        (-0.18, 1, _GREY, "archive's product"),
        (0.18, 2, _BLUE, "ours"),
    ):
        values = [row[index][0] for row in rows]
        bars = axis.barh(places + offset, values, 0.34, color=colour, label=label)
        axis.bar_label(bars, fmt="%.2f", padding=3, fontsize=8)
    axis.axvline(1.0, color="black", lw=1.0, ls="--", label="ideal extraction of the same noise")
    axis.set(xscale="log", xlabel="Scatter of white light over the ideal", xlim=(0.8, None))
    axis.set_yticks(places, [row[0] for row in rows])
    axis.invert_yaxis()
    axis.xaxis.set_major_formatter("{x:g}")
    axis.margins(x=0.12)
    figure.legend(loc="outside upper center", ncols=3, frameon=False, fontsize=9)
    figure.savefig(target, dpi=120)


def main(arguments=None):
    """Run the program."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument("results", type=Path, nargs="+", help="files of `benchmarks.truth --json`")
    parser.add_argument("--target", type=Path, default=_TARGET)
    options = parser.parse_args(arguments)
    results = [found for path in options.results for found in json.loads(path.read_text("utf-8"))]
    draw(rows_of(results), options.target)


if __name__ == "__main__":
    main()
