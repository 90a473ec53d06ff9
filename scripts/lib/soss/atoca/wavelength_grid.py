"""Wavelength grid of the spectrum that models NIRISS SOSS images, refined where needed."""

import logging

import numpy as np

__all__ = ["combined_grid", "integration_error", "oversample", "pixel_edges", "refine"]

log = logging.getLogger(__name__)

_ROUNDS = 30
_ABSOLUTE_TOLERANCE = 1e-6
_LEAST_STEP = 1e-5


def oversample(grid, factor):
    """
    Divide the intervals of a grid.

    Parameters
    ----------
    grid : ndarray
        Ascending wavelengths (points,).
    factor : int or ndarray
        Number of parts of every interval, or of each (points - 1,).

    Returns
    -------
    finer : ndarray
        Ascending, unique wavelengths.
    """
    factor = np.broadcast_to(factor, len(grid) - 1)
    positions = np.cumsum(np.insert(np.repeat(1 / factor, factor), 0, 0))
    return np.unique(np.interp(positions, np.arange(len(grid)), grid))


def pixel_edges(wavelength):
    """
    Boundaries of pixels from their centres.

    Parameters
    ----------
    wavelength : ndarray
        Ascending wavelengths (pixels,).

    Returns
    -------
    edges : ndarray
        Ascending wavelengths (pixels + 1,), half way between the centres,
        mirrored at the ends.
    """
    half = np.diff(wavelength) / 2
    lower = np.sort(wavelength - np.insert(half, 0, half[0]))
    return np.append(lower, wavelength[-1] + half[-1])


def combined_grid(native, estimate, shortest, oversampling, tolerance, limit):
    """
    Grid for the common model of orders 1 and 2.

    Parameters
    ----------
    native : dict of int to ndarray
        Ascending wavelengths of the trace (columns,) of orders 1 and 2.
    estimate : callable
        Estimate of the spectrum as a function of wavelength.
    shortest : float
        Wavelength [µm] below which order 2 is not contaminated.
    oversampling : int
        Least number of points per pixel.
    tolerance : float
        Relative tolerance of the integral over an interval.
    limit : int
        Number of points at which the refinement stops.

    Returns
    -------
    grid : ndarray
        Ascending wavelengths.

    Notes
    -----
    Of highest priority are the wavelengths that both orders have, then the red
    part of order 1, then the blue part of order 2, for which the estimate is
    flat (``Integration.make_decontamination_grid`` of jwst 3.0.0).
    """
    first, second = (oversample(pixel_edges(native[order]), oversampling) for order in (1, 2))
    shared = second >= first.min()
    first = first[first > second[shared].min()]
    pieces = _trim([second[shared], first, second[~shared]], (shortest, first.max()))
    sizes = [len(piece) for piece in pieces]
    estimates = (estimate, estimate, np.ones_like)
    grid = np.array([])
    for number, (piece, function) in enumerate(zip(pieces, estimates, strict=True)):
        allowed = max(limit - len(grid) - sum(sizes[number + 1 :]), sizes[number])
        refined, converged = refine(piece, function, allowed, tolerance)
        if not converged:
            log.warning(
                "the wavelength grid reaches its limit of points (soss_max_grid_size %d) or of "
                "divisions between %.3f and %.3f µm before the tolerance soss_rtol %g",
                limit,
                piece[0],
                piece[-1],
                tolerance,
            )
        grid = np.concatenate((grid, refined))
    return np.unique(grid)


def _trim(pieces, limits):
    """Cut pieces to the limits and to what no earlier piece covers, one point more at the cuts."""
    trimmed = []
    for piece in pieces:
        low = max(np.searchsorted(piece, limits[0], side="right") - 1, 0)
        high = min(np.searchsorted(piece, limits[1], side="left"), len(piece) - 1)
        trimmed.append(_uncovered(piece[low : high + 1], trimmed))
    return trimmed


def _uncovered(piece, others):
    """Part of a piece that the others do not cover, with one point more."""
    if not others:
        return piece
    covered = np.concatenate(others)
    below, above = piece < covered.min(), piece > covered.max()
    if not (below.any() or above.any()):
        return np.array([])
    if below.any():
        piece = piece[: min(np.flatnonzero(below)[-1] + 1, len(piece) - 1) + 1]
    if above.any():
        piece = piece[max(np.flatnonzero(above)[0] - 1, 0) :]
    return piece


def refine(grid, function, limit, tolerance):
    """
    Halve intervals until the trapezoidal rule is accurate on each.

    Parameters
    ----------
    grid : ndarray
        Ascending wavelengths.
    function : callable
        What is integrated.
    limit : int
        Number of points at which to stop, at least that of ``grid``. In the last
        round only the worst intervals are halved, for as many points as are
        left; if none is left, all are (as in jwst 3.0.0).
    tolerance : float
        Relative tolerance; an error below 1e-6 is always tolerated.

    Returns
    -------
    grid : ndarray
        Ascending wavelengths, after the first halving 1e-5 µm apart or more.
    converged : bool
        Whether the last error estimate was within the tolerance.
    """
    full, converged = False, True
    for _ in range(_ROUNDS):
        error, relative = integration_error(grid, function)
        good = (relative < tolerance) | (error < _ABSOLUTE_TOLERANCE)
        converged = bool(good.all())
        if full or converged:
            break
        parts = np.where(good, 1, 2)
        if parts.sum() > limit:
            full = True
            parts = np.ones_like(parts)
            parts[np.argsort(relative, kind="stable")[-(limit - len(grid)) :]] = 2
        grid = _spaced(oversample(grid, parts))
    return grid, converged


def integration_error(grid, function):
    """
    Error of the trapezoidal rule on each interval, by one step of Romberg's method.

    Parameters
    ----------
    grid : ndarray
        Ascending wavelengths (points,).
    function : callable
        What is integrated.

    Returns
    -------
    error, relative : ndarray
        Absolute and relative error (points - 1,); infinite where the integral
        is zero.
    """
    low, high = grid[:-1], grid[1:]
    step = np.diff(grid)
    ends = 0.5 * (function(low) + function(high))
    coarse = step * ends
    fine = step * (ends + function(low + (high - low) * 0.5)) / 2
    better = (4.0 * fine - coarse) / 3.0
    error = np.abs(better - coarse)
    relative = np.full_like(error, np.inf)
    nonzero = better != 0
    relative[nonzero] = np.abs(error[nonzero] / better[nonzero])
    return error, relative


def _spaced(grid):
    """Leave out points that are too close to the last one kept."""
    kept = [grid[0]]
    for point in grid[1:].tolist():
        if point - kept[-1] > _LEAST_STEP:
            kept.append(point)
    return np.array(kept)
