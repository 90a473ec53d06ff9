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

__all__ = ["find_stripes", "weights_with_stripes"]

_DARK, _FEWEST_DARK = 0.01, 64


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
    unit = Stripes(*parts, np.ones(len(model), np.float32), np.zeros(len(model)))
    found = []
    for _, samples, lost in sample.frame_blocks():
        subtract_background(samples, lost, scene.region)
        found.append(row_stripes(samples, lost, star_level(samples, lost, unit.star), unit))
    rows, number = (np.concatenate(part) for part in zip(*found, strict=True))
    variance = (scene.region.limit[:, columns] / LIMIT) ** 2
    noise = np.nanmedian(variance, axis=1) / np.maximum(np.median(number, axis=0), 1)
    total = (1.4826 * np.median(np.abs(rows - np.median(rows, axis=0)), axis=0)) ** 2
    stripe = max(float(np.median(total - noise)), 0.0)
    gain = stripe / (stripe + noise)
    return Stripes(*parts, gain.astype(np.float32), (gain * noise).astype(np.float64))


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
    common = columns * stripes.rest[:, None] / factor**2
    weight = 1.0 / (1.0 / inverse + common)
    return replace(scene, weight=np.where(used, weight, 0.0).astype(np.float32))
