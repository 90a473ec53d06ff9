"""Passes over the integrations of a reference: star without background, and noise of what is no star."""

import numpy as np

from scripts.lib.moving_profile.reference_sample import noise_of_pixels, residual_noise

__all__ = ["gather_star", "measure_noise"]


def gather_star(sample, subtract, pixels):
    """
    Subtract the background of all integrations, and keep what is near the star.

    Parameters
    ----------
    sample : Sample
        The integrations.
    subtract : callable
        Takes samples (frames, y, x) and flat indices of the lost ones, subtracts
        the background in place, and gives a list of what it subtracted, in that
        order, as arrays (frames, y or 1, x or 1).
    pixels : ndarray of int, shape (P,)
        Flat indices of the pixels to keep.

    Returns
    -------
    values : ndarray of float32, shape (integrations, P)
        Samples minus median and background.
    bad : ndarray of bool, shape (integrations, P)
        Those that are lost.
    background : list of ndarray of float32, shape (integrations, y or 1, x or 1)
        What was subtracted.

    Notes
    -----
    Memory besides what it returns is a block of the sample, 12 bytes a sample.
    """
    values = np.empty((len(sample), len(pixels)), np.float32)
    bad = np.empty(values.shape, dtype=bool)
    parts = []
    for frames, samples, lost in sample.frame_blocks():
        parts.append(subtract(samples, lost))
        mask = np.zeros((len(samples), sample.median.size), dtype=bool)
        mask.reshape(-1)[lost] = True
        values[frames] = np.take(samples.reshape(mask.shape), pixels, axis=1)
        bad[frames] = np.take(mask, pixels, axis=1)
    return values, bad, [np.concatenate(part) for part in zip(*parts, strict=True)]


def measure_noise(sample, background, pixels, residual):
    """
    Noise of all pixels from what the model leaves of the integrations.

    Parameters
    ----------
    sample : Sample
        The integrations.
    background : list of ndarray
        As of `gather_star`.
    pixels : ndarray of int, shape (P,)
        Flat indices of the pixels near the star.
    residual : ndarray of float, shape (integrations, P)
        Samples there minus their model; NaN where bad.

    Returns
    -------
    factor : float
        As of `noise_of_pixels`.
    noise : ndarray of float32, shape (y, x)
        As well.

    Notes
    -----
    Memory besides what it is given is a block of the sample, four rows at least, 30 bytes a sample.
    """
    shape = sample.median.shape
    pairs, own = (np.empty(shape, np.float32) for _ in range(2))
    for rows, samples, errors in sample.row_blocks():
        for part in background:
            np.subtract(samples, part if part.shape[1] == 1 else part[:, rows], out=samples)
        first = rows.start * shape[1]
        inside = (pixels >= first) & (pixels < rows.stop * shape[1])
        flat = samples.reshape(len(samples), -1)
        flat[:, pixels[inside] - first] = residual[:, inside]
        pairs[rows], own[rows] = residual_noise(samples, errors, sample.firsts)
    return noise_of_pixels(pairs, own, len(sample), np.isfinite(sample.median))
