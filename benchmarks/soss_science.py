"""
Measure transit depths of NIRISS SOSS where orders 1 and 2 overlap, with and without ATOCA.

``python -m benchmarks.soss_science`` simulates a visit with a transit, processes it with
``soss_atoca`` off and on, and compares the depths of both with the truth, in bins of each order.
The bias comes from a visit without noise, whose errors and scene are those of the noisy one; the
standard deviation comes from the scatter of the noisy one. A table is printed and a figure drawn.
"""

import argparse
import os
import shutil
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from unittest.mock import patch

import numpy as np
import yaml

from benchmarks.figures import new_figure
from scripts.lib.diagnostics.transit import sky_separation
from scripts.lib.fits.reader import open_fits
from scripts.lib.report.plot_style import BLACK, BLUE, RED
from scripts.simulation import nis_soss
from scripts.simulation.modes import MODES
from scripts.simulation.nis_soss_star import transit_light
from scripts.simulation.options import VisitOptions
from scripts.simulation.timing import EXPOSURE_START, Clock
from scripts.simulation.visit import simulate_visit
from tests.support.steps import process_visit

ROOT = Path(__file__).resolve().parents[1]
VISIT = {"integrations": 36, "segments": 1, "seed": 4}
VISIT |= {"radius_ratio": 0.15, "transit_fraction": 0.6}
# Without hits and drift nothing but the overlap can bias the depths.
CLEAN = {"cosmic_ray_rate": 0.0, "drift": 0.0, "jitter": 0.0, "bad_pixel_rate": 5e-4}
SIDES = {"box": {"soss_atoca": False}, "atoca": {"soss_atoca": True}}
# Share of light of other orders in the box above which a bin belongs to the overlap region.
OVERLAP = 0.01
ORDERS = (1, 2)
LIMIT = 0.2


@dataclass(frozen=True)
class Bins:
    """
    Depths of one order in bins of columns.

    Attributes
    ----------
    order : int
        Spectral order.
    wavelength : ndarray
        Mean wavelength of each bin, µm.
    contamination : ndarray
        Light of the other orders over the order's own in the box.
    truth : ndarray
        Depth of the transit.
    depth, bias, sigma : dict of str to ndarray
        For ``box`` and ``atoca``: depth from the noisy visit, depth without noise minus truth,
        and standard deviation of the depth.
    """

    order: int
    wavelength: np.ndarray
    contamination: np.ndarray
    truth: np.ndarray
    depth: dict
    bias: dict
    sigma: dict

    @property
    def overlap(self):
        """Whether each bin belongs to the overlap region."""
        return self.contamination > OVERLAP


def mean_rates(rate, *_):
    """Stand in for `expose`: expected rates without noise, and no hits."""
    return rate, np.empty((0, 3))


def stacked_readout(stacked):
    """Readout of integrations that are means of some number of usual ones."""
    usual = nis_soss.MODE.readout
    return replace(
        usual,
        integration_time=usual.integration_time * stacked,
        read_noise=usual.read_noise * stacked**0.5,
    )


def simulate(folder, options, stacked, noise):
    """
    Simulate the visit.

    Parameters
    ----------
    folder : Path
        Folder to write into.
    options : VisitOptions
        The visit.
    stacked : int
        Usual integrations whose mean a simulated integration is.
    noise : bool
        Whether the data have noise; their errors are those of noisy data in any case.
    """
    shutil.rmtree(folder, ignore_errors=True)
    mode = replace(nis_soss.MODE, readout=stacked_readout(stacked))
    with patch.dict(MODES, nis_soss=mode):
        if noise:
            simulate_visit(folder, options)
        else:
            with patch("scripts.simulation.exposure.expose", mean_rates):
                simulate_visit(folder, options)


def extract_spectra(folder, options):
    """
    Process the visit of a folder.

    Parameters
    ----------
    folder : Path
        Folder of the visit.
    options : dict
        Parameters of ``extract_1d``.

    Returns
    -------
    flux : dict of int to ndarray
        Flux (integrations, columns) of each order, columns from 0.
    """
    path = folder / "config.yaml"
    config = yaml.safe_load(path.read_text())
    # Without hits the step has nothing to find, and with so little noise it would flag the transit.
    config |= {"extract_1d": options, "outlier_detection": {"skip": True}}
    path.write_text(yaml.safe_dump(config))
    product = process_visit(folder, work_mb=512)
    with open_fits(folder / "results" / f"{product.name}_x1dints.fits") as file:
        orders = [hdu.header["SPORDER"] for hdu in file.hdus if hdu.name == "EXTRACT1D"]
        return {
            order: file.read_table("EXTRACT1D", version)["FLUX"]
            for version, order in enumerate(orders, start=1)
        }


def contacts(options, stacked):
    """
    Integrations outside the transit, and those between second and third contact.

    Parameters
    ----------
    options : VisitOptions
        The visit.
    stacked : int
        Usual integrations in a simulated one.

    Returns
    -------
    outside, inside : ndarray of bool, shape (integrations,)
        Whether each integration is outside, and inside.
    clock : Clock
        Times of the integrations.
    """
    seconds = stacked_readout(stacked).integration_time
    clock = Clock(EXPOSURE_START, seconds + nis_soss.MODE.overhead, seconds)
    numbers = np.arange(1, options.total_integrations + 1)
    span = clock.span(options.total_integrations)
    duration = options.transit_fraction * (span[1] - span[0])
    separation = sky_separation(
        clock.mid_times(numbers),
        sum(span) / 2,
        duration,
        options.radius_ratio,
        options.impact_parameter,
    )
    # The largest radius of the simulated planet is below 1.1 times the nominal one.
    margin = 1.1 * options.radius_ratio
    return separation > 1 + margin, separation < 1 - margin, clock


def ratio_depth(flux, outside, inside):
    """Depth from the mean flux inside and outside the transit; flux (integrations, bins)."""
    return 1 - flux[inside].mean(axis=0) / flux[outside].mean(axis=0)


def sum_in_bins(values, edges):
    """Sum columns of (integrations, columns) between edges, without those that are not finite."""
    usable = np.where(np.isfinite(values).all(axis=0), values, 0)
    return np.stack([usable[:, a:b].sum(axis=1) for a, b in pairwise(edges)], 1)


def measure_order(order, truth, noisy, clean, options, stacked, width):
    """
    Bin one order and compare its depths with the truth.

    Parameters
    ----------
    order : int
        Spectral order.
    truth : mapping of str to ndarray
        Truth of the simulator.
    noisy, clean : dict of str to ndarray
        Flux (integrations, columns) with and without noise, for ``box`` and ``atoca``.
    options : VisitOptions
        The visit.
    stacked : int
        Usual integrations in a simulated one.
    width : int
        Columns in a bin.

    Returns
    -------
    bins : Bins
        The comparison.
    """
    outside, inside, clock = contacts(options, stacked)
    here = truth["nis_order"] == order
    wavelength, light = truth["nis_wavelength"][here], truth["nis_flux"][here]
    numbers = np.arange(1, options.total_integrations + 1)
    relative = transit_light(clock, numbers, truth["nis_wavelength"], options)[:, here]
    # The first and last columns are reference pixels.
    last = min(clean["box"].shape[1], len(wavelength) - 4)
    edges = np.arange(4, last + 1, width)
    expected = sum_in_bins(light * relative, edges)
    known = np.nan_to_num(truth["nis_contamination"][here])
    found = {
        "wavelength": sum_in_bins(wavelength[None], edges)[0] / width,
        "contamination": sum_in_bins((light * known)[None], edges)[0]
        / sum_in_bins(light[None], edges)[0],
        "truth": ratio_depth(expected, outside, inside),
    }
    scale = np.sqrt(1 / inside.sum() + 1 / outside.sum())
    depth, bias, sigma = {}, {}, {}
    for side in SIDES:
        flux, mean = (sum_in_bins(kind[side], edges) for kind in (noisy, clean))
        depth[side] = ratio_depth(flux, outside, inside)
        bias[side] = ratio_depth(mean, outside, inside) - found["truth"]
        # The visit without noise has the same light curve, biased or not.
        scatter = flux / mean
        sigma[side] = np.std(scatter[inside | outside], axis=0, ddof=1) * scale
    return Bins(order, **found, depth=depth, bias=bias, sigma=sigma)


def summarise(order, side):
    """
    Mean metrics over the overlap bins of an order.

    Parameters
    ----------
    order : Bins
        Depths of an order.
    side : str
        ``box`` or ``atoca``.

    Returns
    -------
    metrics : dict of str to float
        ``ppm``: mean bias; ``sigma``: mean standard deviation, both in 1e-6; ``mean``, ``size``
        and ``worst``: mean, mean absolute and largest absolute bias in standard deviations;
        ``noisy``: mean deviation of the noisy depths in standard deviations; ``bins``.
    """
    where = order.overlap
    sigma = order.sigma[side][where]
    bias = order.bias[side][where]
    deviation = (order.depth[side] - order.truth)[where] / sigma
    return {
        "ppm": bias.mean() * 1e6,
        "sigma": sigma.mean() * 1e6,
        "mean": (bias / sigma).mean(),
        "size": np.abs(bias / sigma).mean(),
        "worst": np.abs(bias / sigma).max(),
        "noisy": deviation.mean(),
        "bins": int(where.sum()),
    }


def table(orders):
    """Markdown table of the metrics of all orders, and whether ATOCA meets the limit."""
    lines = [
        f"| order, bins with contamination > {OVERLAP:.0%} | side | bias ppm | sigma ppm "
        "| mean bias/sigma | mean abs bias/sigma | largest | noisy visit, mean/sigma |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for order in orders:
        for side in SIDES:
            f = summarise(order, side)
            lines.append(
                f"| {order.order}, {f['bins']} | {side} | {f['ppm']:+.1f} | {f['sigma']:.1f} "
                f"| {f['mean']:+.3f} | {f['size']:.3f} | {f['worst']:.2f} "
                f"| {f['noisy']:+.2f} ± {f['bins'] ** -0.5:.2f} |"
            )
    size = max(summarise(order, "atoca")["size"] for order in orders)
    verdict = "below" if size < LIMIT else "NOT below"
    lines.append(f"\nATOCA: mean absolute bias {size:.3f} sigma, {verdict} {LIMIT} sigma")
    return "\n".join(lines)


def draw(orders, path):
    """
    Draw depths and biases against wavelength.

    Parameters
    ----------
    orders : list of Bins
        Depths of the orders.
    path : Path
        PNG file.
    """
    figure, axes = new_figure(7.0, 2, len(orders), sharex="col")
    styles = {"box": (RED, "s", 6, "box"), "atoca": (BLUE, "o", 3, "ATOCA")}
    for (top, bottom), order in zip(axes.T, orders, strict=True):
        reach = order.wavelength[order.overlap]
        for axis in (top, bottom):
            axis.axvspan(reach.min(), reach.max(), color="#eeeeee", zorder=0)
        for side, (colour, marker, size, name) in styles.items():
            error = 1e6 * order.sigma[side]
            options = {"color": colour, "marker": marker, "markersize": size}
            options["markerfacecolor"] = "none" if side == "box" else colour
            depth = 1e6 * order.depth[side]
            top.errorbar(order.wavelength, depth, error, linestyle="", label=name, **options)
            ratio = order.bias[side] / order.sigma[side]
            bottom.plot(order.wavelength, ratio, linewidth=1, label=name, **options)
        top.plot(order.wavelength, 1e6 * order.truth, color=BLACK, linewidth=1.2, label="truth")
        bottom.axhspan(-LIMIT, LIMIT, color="#bbbbbb", alpha=0.6, label=f"±{LIMIT} sigma")
        spread = 1e6 * order.truth
        top.set_ylim(spread.min() - 2000, spread.max() + 2000)
        top.set_title(f"order {order.order} (grey: orders 1 and 2 overlap)", fontsize=10)
        bottom.set_xlabel("wavelength (µm)")
    axes[0, 0].set_ylabel("transit depth (ppm)")
    axes[1, 0].set_ylabel("bias of the depth (standard deviations)")
    axes[0, 0].legend(loc="lower left")
    axes[1, 0].legend(loc="upper left")
    figure.savefig(path, dpi=120)


def run(folder, stacked, width, atoca):
    """
    Simulate, process and compare.

    Parameters
    ----------
    folder : Path
        Folder of the visits.
    stacked : int
        Usual integrations in a simulated one.
    width : int
        Columns in a bin.
    atoca : dict
        Parameters of ATOCA.

    Returns
    -------
    orders : list of Bins
        The comparison, order by order.
    """
    options = VisitOptions("nis_soss", **VISIT, **CLEAN)
    flux = {}
    for name, noise in (("noisy", True), ("clean", False)):
        visit = folder / f"soss_{name}"
        simulate(visit, options, stacked, noise)
        flux[name] = {side: extract_spectra(visit, given | atoca) for side, given in SIDES.items()}
    with np.load(folder / "soss_noisy" / "truth.npz") as file:
        truth = dict(file)
    return [
        measure_order(
            order,
            truth,
            *({side: flux[name][side][order] for side in SIDES} for name in ("noisy", "clean")),
            options,
            stacked,
            width,
        )
        for order in ORDERS
    ]


def main():
    """Measure, print the table and draw the figure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--folder", type=Path, default=ROOT / "benchmarks" / "visits")
    parser.add_argument("--figure", type=Path, default=ROOT / "benchmarks" / "soss_science.png")
    parser.add_argument("--stacked", type=int, default=100, help="integrations in a simulated one")
    parser.add_argument("--columns", type=int, default=24, help="columns in a bin")
    parser.add_argument("--rtol", type=float, default=0.1)
    parser.add_argument("--tikfac", type=float, default=1e-9)
    arguments = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    atoca = {"soss_rtol": arguments.rtol, "soss_tikfac": arguments.tikfac}
    orders = run(arguments.folder.resolve(), arguments.stacked, arguments.columns, atoca)
    draw(orders, arguments.figure)
    print(f"{table(orders)}\n{arguments.figure}")


if __name__ == "__main__":
    main()
