"""
Measure how often the diagnostics find a transit in light curves that have none, and in those that have one.

``python -m benchmarks.transit_search`` simulates light curves of some lengths, of each kind of noise
without a transit, and of transits of some depths in white noise, asks
`scripts.lib.diagnostics.light_curve_model` of each whether a dip is in it, and prints both tables of
docs/reference/diagnostics.md. A curve takes some hundredths of a second; all of them some minutes.
"""

import argparse

import numpy as np

from benchmarks.noise_series import correlated_noise
from scripts.lib.diagnostics.light_curve_model import fit_light_curve
from scripts.lib.diagnostics.transit_search import Transit

__all__ = ["DEPTHS", "NOISES", "dip", "is_found", "main", "noise", "rates"]

LENGTHS = (20, 30, 60, 120, 300, 1000)
# Errors of the depth.
DEPTHS = (6, 8, 10, 14, 20, 40)
SIGMA = 3e-4


def _white(rng, x):
    """Nothing but the white noise that all kinds have."""
    return np.zeros(len(x))


def _red(rng, x, tau, beta):
    """Noise of a correlation time [scaled], from which long averages scatter ``beta`` times as much as white ones."""
    points = max(tau / (x[1] - x[0]), 1.0)
    keep = np.exp(-1.0 / points)
    height = np.sqrt((beta**2 - 1.0) * (1.0 - keep) / (1.0 + keep))
    return correlated_noise(rng, len(x), points, height)


def _pink(rng, x):
    """Noise with a spectrum of 1/f, 0.7 times as high as the white one."""
    frequency = np.fft.rfftfreq(4 * len(x))
    frequency[0] = frequency[1]
    spectrum = np.fft.rfft(rng.standard_normal(4 * len(x))) / np.sqrt(frequency)
    values = np.fft.irfft(spectrum)[: len(x)]
    return 0.7 * values / values.std()


def _ramp(rng, x):
    """An exponential ramp of any length, and a slope."""
    return 20.0 * np.exp(-(x + 1.0) / rng.uniform(0.03, 0.5)) + 5.0 * rng.normal() * x


def _cubic(rng, x):
    """A polynomial of third degree."""
    return 6.0 * (rng.normal() * x**3 + rng.normal() * x**2 + rng.normal() * x)


def _jump(rng, x):
    """A jump anywhere."""
    return 6.0 * rng.normal() * (x > rng.uniform(-0.9, 0.9))


def _wave(rng, x):
    """A wave of 1.3 to 7 periods."""
    phase = 2.0 * np.pi * (x / rng.uniform(0.3, 1.5) + rng.random())
    return rng.uniform(0.5, 2.0) * np.sin(phase)


NOISES = {
    "white": _white,
    "1/f": _pink,
    "red, short": lambda rng, x: _red(rng, x, 0.05, 2.0),
    "red, long": lambda rng, x: _red(rng, x, 0.2, 2.0),
    "ramp": _ramp,
    "cubic": _cubic,
    "jump": _jump,
    "wave": _wave,
}


def noise(kind, length, seed):
    """
    Light curve without a transit.

    Parameters
    ----------
    kind : str
        One of ``NOISES``.
    length : int
        Number of integrations.
    seed : int
        Seed of the random numbers.

    Returns
    -------
    flux : ndarray, shape (length,)
        Flux, 1 but for the noise.
    """
    rng = np.random.default_rng([seed, length, list(NOISES).index(kind)])
    x = np.linspace(-1.0, 1.0, length)
    return 1.0 + SIGMA * (NOISES[kind](rng, x) + rng.standard_normal(length))


def dip(errors, length, seed):
    """
    Light curve of a transit of a fifth to a half of the visit in its middle.

    Parameters
    ----------
    errors : float
        Depth over its error, the scatter times the root of 1/inside + 1/outside.
    length, seed : int
        As for :func:`noise`.

    Returns
    -------
    flux : ndarray, shape (length,)
        Flux with white noise.
    """
    rng = np.random.default_rng([seed, length, 100])
    x = np.linspace(-1.0, 1.0, length)
    light = Transit(rng.uniform(-0.2, 0.2), rng.uniform(0.4, 1.0), 0.1).light(x)
    inside = np.count_nonzero(light < 1.0)
    depth = errors * np.sqrt(1.0 / inside + 1.0 / (length - inside))
    shape = (1.0 - light) / (1.0 - light).max()
    return 1.0 + SIGMA * (rng.standard_normal(length) - depth * shape)


def is_found(flux):
    """
    Whether the diagnostics find a dip in a light curve.

    Parameters
    ----------
    flux : ndarray, shape (n,)
        Flux of integrations of equal length.

    Returns
    -------
    found : bool
        Whether there is one.
    """
    fit = fit_light_curve(np.arange(len(flux), dtype=float), flux)
    return fit is not None and fit.transit is not None


def rates(make, values, lengths, curves, first=0):
    """
    Table of the share of light curves in which a dip is found.

    Parameters
    ----------
    make : callable
        `noise` or `dip`.
    values : iterable
        What it takes first; a column each.
    lengths : iterable of int
        Numbers of integrations; a line each.
    curves : int
        Number of light curves for each.
    first : int, optional
        Seed of the first of them.

    Yields
    ------
    line : str
        A line of the table in Markdown, after each length.
    """
    seeds = range(first, first + curves)
    for length in lengths:
        counts = [sum(is_found(make(value, length, seed)) for seed in seeds) for value in values]
        cells = [f"{100.0 * count / curves:.3g} %" for count in counts]
        yield f"| {length} | {' | '.join(cells)} |"


def main():
    """Print both tables."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.transit_search", description=__doc__
    )
    parser.add_argument(
        "--curves", type=int, default=200, help="light curves of each (default 200)"
    )
    parser.add_argument("--first", type=int, default=0, help="seed of the first (default 0)")
    parser.add_argument("--lengths", type=int, nargs="+", default=LENGTHS)
    arguments = parser.parse_args()
    for make, values in ((noise, NOISES), (dip, DEPTHS)):
        print(f"| integrations | {' | '.join(map(str, values))} |")
        print("|---" * (len(values) + 1) + "|")
        for line in rates(make, values, arguments.lengths, arguments.curves, arguments.first):
            print(line, flush=True)


if __name__ == "__main__":
    main()
