"""
Depths of simulated transits next to the truth: bias and width of the pulls.

``python -m benchmarks.depths_truth`` prints the table of docs/explanation/light_curves.md.
"""

import argparse
import sys

import numpy as np

from benchmarks.noise_series import correlated_noise
from scripts.lib.diagnostics.depth_fit import fit_depth, fit_geometry
from scripts.lib.diagnostics.dip_fit import Curve
from scripts.lib.diagnostics.dip_model import LIMB_PRIOR, Geometry, dip_light

__all__ = ["CASES", "pulls", "simulated_curve", "statistics"]

# What is fitted, white noise of an integration, and correlation time [integrations] and scatter of
# correlated noise on top; 0 for none.
CASES = {
    "white light, white noise": ("white", 2e-4, 0.0, 0.0),
    "white light, correlated over 5": ("white", 2e-4, 5.0, 1.6e-4),
    "bin, white noise": ("bin", 5e-4, 0.0, 0.0),
    "bin, six times the noise": ("bin", 3e-3, 0.0, 0.0),
    "bin, correlated over 5": ("bin", 5e-4, 5.0, 4e-4),
    "bin, correlated over 15": ("bin", 5e-4, 15.0, 3e-4),
}
_LENGTH, _SPAN = 240, 0.25


def simulated_curve(rng, noise, time, scatter):
    """
    Simulate a transit with a slope and noise.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of depth, geometry, limb darkening, slope and noise.
    noise : float
        Scatter of the white noise.
    time, scatter : float
        Correlation time in integrations, and scatter of the correlated noise.

    Returns
    -------
    curve : Curve
        240 integrations in six hours.
    geometry : Geometry
        Of the transit.
    depth : float
        Squared ratio of the radii.
    """
    times = np.linspace(0.0, _SPAN, _LENGTH)
    depth, impact = 0.012 * rng.uniform(0.6, 1.4), rng.uniform(0.0, 0.9)
    mid, duration = _SPAN / 2 + rng.uniform(-0.02, 0.02), rng.uniform(0.08, 0.12)
    geometry = Geometry(mid, duration, impact, np.sqrt(depth))
    x = 2.0 * times / _SPAN - 1.0
    light = dip_light(geometry.separation(times), depth, *rng.normal(*LIMB_PRIOR, 2))
    flux = light * (1.0 + 1e-3 * rng.normal() * x) + rng.normal(0.0, noise, _LENGTH)
    if scatter:
        flux += correlated_noise(rng, _LENGTH, time, scatter)
    columns = np.stack([np.ones(_LENGTH), x], axis=1)
    return Curve(times, flux, np.ones(_LENGTH), columns), geometry, depth


def pulls(case, seeds):
    """
    Fit simulated curves, and compare with the truth.

    Parameters
    ----------
    case : tuple
        One of :data:`CASES`.
    seeds : iterable of int
        A curve of each.

    Returns
    -------
    pulls, errors, betas : ndarray, shape (seeds,)
        Deviation from the true depth over the error; NaN where the fit did not end. The errors, and betas.
    """
    kind, *noise = case
    found = []
    for seed in seeds:
        rng = np.random.default_rng(seed)
        curve, geometry, depth = simulated_curve(rng, *noise)
        guess = depth * rng.uniform(0.8, 1.2)
        if kind == "bin":
            fit, _ = fit_depth(curve, geometry, guess)
        else:
            off = geometry._replace(mid=geometry.mid + 0.003, duration=1.05 * geometry.duration)
            fit = fit_geometry(curve, off, guess)
        pull = (fit.depth - depth) / fit.error if fit.converged else np.nan
        found.append((pull, fit.error, fit.beta))
    return tuple(np.array(values) for values in zip(*found, strict=True))


def statistics(values):
    """
    Mean, standard deviation, largest size and number of the known pulls.

    Examples
    --------
    >>> statistics(np.array([1.0, -1.0, np.nan]))
    (0.0, 1.0, 1.0, 2)
    """
    known = values[np.isfinite(values)]
    return float(known.mean()), float(known.std()), float(np.abs(known).max()), len(known)


def main(arguments=None):
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--curves", type=int, default=400, help="number of curves of each case")
    parser.add_argument("--seed", type=int, default=5000, help="of the first curve of a case")
    parser.add_argument("--only", default="", help="part of the name of the cases to run")
    options = parser.parse_args(arguments)
    print("| curves | bias over error | width of pulls | largest | error (ppm) | beta |")
    print("|---|---|---|---|---|---|")
    # Cases with seeds of their own: those with the same ones would err together.
    for number, (name, case) in enumerate(CASES.items()):
        if options.only not in name:
            continue
        first = options.seed + 100_000 * number
        values, errors, betas = pulls(case, range(first, first + options.curves))
        mean, width, largest, known = statistics(values)
        print(
            f"| {name} ({known} of {options.curves}) | {mean:+.2f} ± {width / known**0.5:.2f} "
            f"| {width:.2f} ± {width / (2 * known) ** 0.5:.2f} | {largest:.1f} | "
            f"{1e6 * np.median(errors):.0f} | {betas.mean():.2f} |",
            flush=True,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
