"""Background of images: one number for each, from the pixels far from the star."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from scripts.lib.moving_profile.robust import sorted_clipped_mean, sorted_median

__all__ = ["Ring", "ring_background"]

# The start is the median of every so many pixels.
_STEP = 8


@dataclass(frozen=True)
class Ring:
    """
    Pixels from which the background of an image is measured.

    Attributes
    ----------
    used : ndarray of bool, shape (y, x)
        The pixels; none for no background.
    limit : ndarray of float32, shape (y, x)
        Largest deviation from the start: 3.5 times noise factor and usual error.
    """

    used: np.ndarray
    limit: np.ndarray

    @cached_property
    def pixels(self):
        """Flat indices of the pixels."""
        return np.flatnonzero(self.used)

    @cached_property
    def limits(self):
        """Limits of the pixels."""
        return self.limit.reshape(-1)[self.pixels]

    @cached_property
    def position(self):
        """Index of each pixel of the image among those of the ring, -1 outside."""
        position = np.full(self.used.size, -1)
        position[self.pixels] = np.arange(len(self.pixels))
        return position


def ring_background(difference, bad, ring):
    """
    Background of each image.

    Parameters
    ----------
    difference : ndarray of float32, shape (frames, y, x)
        Images minus the median one; 0 where bad.
    bad : ndarray of int64
        Flat indices of the bad samples.
    ring : Ring
        Where to measure it.

    Returns
    -------
    level : ndarray of float64, shape (frames,)
        Mean of the samples within the limits of the median of every eighth; where
        fewer than half are, the clipped mean by sorting. 0 where nothing measures it.
    number : ndarray of float64, shape (frames,)
        Samples in it; infinite where it is not measured.
    """
    frames = len(difference)
    if not len(ring.pixels):
        return np.zeros(frames), np.full(frames, np.inf)
    samples = np.take(difference.reshape(frames, -1), ring.pixels, axis=1)
    which, pixels = np.divmod(bad, ring.used.size)
    index = ring.position[pixels]
    which, index = which[index >= 0], index[index >= 0]
    start = samples[:, ::_STEP].copy()
    first = index % _STEP == 0
    start[which[first], index[first] // _STEP] = np.nan
    deviation = np.abs(samples - np.nan_to_num(sorted_median(start))[:, None])
    deviation[which, index] = 0.0
    far = np.flatnonzero(deviation >= ring.limits)
    good = len(ring.pixels) - np.bincount(which, minlength=frames)
    rows = far // len(ring.pixels)
    number = good - np.bincount(rows, minlength=frames)
    total = np.add.reduce(samples, axis=1, dtype=np.float64)
    total -= np.bincount(rows, weights=samples.reshape(-1)[far], minlength=frames)
    level = np.divide(total, number, out=np.zeros(frames), where=number > 0)
    poor = np.flatnonzero((2 * number < good) & (good > 0))
    if len(poor):
        samples[which, index] = np.nan
        level[poor], number[poor] = sorted_clipped_mean(samples[poor])
    return np.nan_to_num(level), np.where(number > 0, number, np.inf).astype(np.float64)
