"""Look of the plots: colours for the colour-blind, and averages of neighbours."""

import numpy as np

__all__ = [
    "BLACK",
    "BLUE",
    "CURVE_COLOURS",
    "CURVE_SHAPES",
    "GREEN",
    "GREY",
    "ORANGE",
    "PURPLE",
    "RED",
    "SKY",
    "WHITE",
    "binned_points",
]

# Okabe & Ito 2008, https://jfly.uni-koeln.de/color/
BLACK, WHITE = "#000000", "#ffffff"
ORANGE, SKY, GREEN = "#E69F00", "#56B4E9", "#009E73"
BLUE, RED, PURPLE, GREY = "#0072B2", "#D55E00", "#CC79A7", "#777777"
CURVE_COLOURS = (BLUE, RED, GREEN, PURPLE)
CURVE_SHAPES = ("o", "s", "^", "D")


def binned_points(x, values, count=60):
    """
    Average neighbours for an overlay.

    Parameters
    ----------
    x, values : ndarray, shape (n,)
        Points that are shown; NaN is left out.
    count : int, optional
        Number of bins at most.

    Returns
    -------
    x, values : ndarray
        Means; empty if there are fewer than four values in a bin.
    """
    good = np.isfinite(x) & np.isfinite(values)
    x, values = x[good], values[good]
    size = len(x) // count
    if size < 4:
        return np.empty(0), np.empty(0)
    used = size * (len(x) // size)
    return tuple(array[:used].reshape(-1, size).mean(axis=1) for array in (x, values))
