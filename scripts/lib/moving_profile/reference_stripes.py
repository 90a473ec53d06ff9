"""Stripes along the rows in the integrations of a reference, and the weights that they make best."""

from dataclasses import replace

import numpy as np

from scripts.lib.moving_profile.background import (
    LIMIT,
    Stripes,
    row_stripes,
    star_level,
    subtract_background,
)
from scripts.lib.moving_profile.robust import SIGMA_OF_MAD

__all__ = ["best_rows", "find_stripes", "weights_with_stripes"]

_DARK, _FEWEST_DARK = 0.01, 64
# Prior variance of the level that all rows have in common, over that of a row.
_LEVEL = 1e4


def find_stripes(sample, scene):
    """
    Find the dark columns, and how much of what they show is stripes.

    Parameters
    ----------
    sample : Sample
        The integrations.
    scene : object
        ``band``, ``model``, ``holes`` and ``region`` of a spectrum, as `reference_spectra` has them.

    Returns
    -------
    stripes : Stripes or None
        None if there are fewer than 64 dark columns.
    """
    light = scene.band.gather(np.where(scene.holes, 0.0, scene.model)).sum(axis=0)
    columns = np.flatnonzero(light < _DARK * np.percentile(light, 95.0))
    if len(columns) < _FEWEST_DARK:
        return None
    model = np.where(scene.holes, 0.0, scene.model).astype(np.float32)
    inside = np.zeros(model.shape, np.float32)
    inside.reshape(-1)[scene.band.pixels.reshape(-1)] = 1.0
    good = np.isfinite(sample.median) & ~scene.holes
    parts = (columns, model, inside, scene.region.limit, good)
    unit = Stripes(*parts, np.eye(len(model)), np.zeros((len(model), len(model))))
    found = []
    for _, samples, lost in sample.frame_blocks():
        subtract_background(samples, lost, scene.region)
        found.append(row_stripes(samples, lost, star_level(samples, lost, unit.star), unit))
    rows, number = (np.concatenate(part) for part in zip(*found, strict=True))
    variance = (scene.region.limit[:, columns] / LIMIT) ** 2
    noise = np.nanmedian(variance, axis=1) / np.maximum(np.median(number, axis=0), 1)
    return Stripes(*parts, *best_rows(rows, noise))


def best_rows(measured, noise):
    """
    Best linear estimate of stripes that are correlated from row to row.

    Parameters
    ----------
    measured : ndarray of float64, shape (integrations, y)
        Stripes as measured, each integration about a level of its own.
    noise : ndarray of float64, shape (y,)
        Variance of the measurement.

    Returns
    -------
    gain : ndarray of float64, shape (y, y)
        Weights of all rows in the estimate of each; they sum to 1.
    rest : ndarray of float64, shape (y, y)
        Covariance of what the estimate leaves.

    Notes
    -----
    Ordinary kriging (Matheron 1963): half of the mean squared difference of two rows, less the noise, depends on
    their distance alone, and not on the level that they have in common, of which nothing is known
    beforehand. A constant and a logarithm of the distance describe it: white noise and 1/f noise.
    """
    size = len(noise)
    distance = np.abs(np.subtract.outer(np.arange(size), np.arange(size)))
    constant, slope = _variogram(measured, noise)
    semivariance = np.where(distance > 0, constant + slope * np.log(np.maximum(distance, 1)), 0.0)
    values, vectors = np.linalg.eigh(semivariance.max() - semivariance)
    covariance = np.einsum("ik,k,jk->ij", vectors, np.maximum(values, 0.0), vectors)
    whole = covariance + _LEVEL * (noise.max() + covariance.max())
    gain = np.linalg.solve(whole + np.diag(noise), whole).T
    return gain, whole - np.einsum("ik,kj->ij", gain, whole)


def _variogram(measured, noise):
    """Constant and slope with the logarithm of the distance of the semivariance of rows, not below 0."""
    lags = np.arange(1, len(noise))
    found = np.empty(len(lags))
    for place, lag in enumerate(lags):
        step = measured[:, lag:] - measured[:, :-lag]
        sigma = SIGMA_OF_MAD * np.median(np.abs(step - np.median(step, axis=0)), axis=0)
        found[place] = 0.5 * np.mean(sigma**2 - noise[lag:] - noise[:-lag])
    # A distance counts as often as there are pairs of rows.
    root = np.sqrt(len(noise) - lags)
    terms = np.column_stack([np.ones(len(lags)), np.log(lags)])
    constant, slope = np.linalg.lstsq(terms * root[:, None], found * root, rcond=None)[0]
    if slope < 0.0 or constant < 0.0:
        constant, slope = max(float(np.average(found, weights=root**2)), 0.0), 0.0
    return constant, slope


def weights_with_stripes(scene, stripes, lit):
    """
    Weights that are best for the sum of all columns where stripes are left.

    Parameters
    ----------
    scene : object
        As for :func:`find_stripes`, with its ``weight``.
    stripes : Stripes
        The stripes.
    lit : float
        Share of the brightest column's light from which on a column counts.

    Returns
    -------
    scene : object
        With other weights.

    Notes
    -----
    What is left of a stripe is common to all columns of its row: in their sum it counts
    as many times as there are columns.
    """
    light = scene.band.gather(scene.model).sum(axis=0)
    columns = np.count_nonzero(light > lit * light.max())
    used = scene.weight > 0
    inverse = np.where(used, scene.weight, 1.0)
    factor = np.nanmedian((scene.region.limit / LIMIT * np.sqrt(scene.weight))[used])
    common = columns * np.diag(stripes.rest)[:, None] / factor**2
    weight = 1.0 / (1.0 / inverse + common)
    return replace(scene, weight=np.where(used, weight, 0.0).astype(np.float32))
