"""Background of images: one number for each, from the pixels far from the star."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from scripts.lib.moving_profile.background import star_level
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
    light : ndarray of float32 or None, shape (y, x)
        Median image of the star with its wings in the ring, 0 elsewhere: their dip in a transit is no
        change of the background. None to take no notice of it.
    """

    used: np.ndarray
    limit: np.ndarray
    light: np.ndarray | None = None

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
        return _positions(self.pixels, self.used.size)

    @cached_property
    def star(self):
        """Flat indices of the star's pixels outside of the ring, its light in them, and their positions."""
        pixels = np.flatnonzero(np.where(self.used, 0.0, self.light))
        light = self.light.reshape(-1)[pixels][None]
        return pixels, light, _positions(pixels, self.used.size)

    @cached_property
    def wings(self):
        """The star's light in the ring."""
        return self.light.reshape(-1)[self.pixels]


def _positions(pixels, size):
    """Index of each pixel of an image among some, -1 where it is not among them."""
    position = np.full(size, -1)
    position[pixels] = np.arange(len(pixels))
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
    which, index = _inside(bad, ring.position)
    if ring.light is not None:
        samples -= np.multiply.outer(_level(difference, bad, ring), ring.wings)
        samples[which, index] = 0.0
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


def _inside(bad, position):
    """Frames and positions of the bad samples in some pixels."""
    frames, pixels = np.divmod(bad, len(position))
    index = position[pixels]
    return frames[index >= 0], index[index >= 0]


def _level(difference, bad, ring):
    """Level of the star in each image as a difference to the median one, (frames,), float32."""
    pixels, light, position = ring.star
    values = np.take(difference.reshape(len(difference), -1), pixels, axis=1)
    frames, index = _inside(bad, position)
    lost = frames * len(pixels) + index
    return star_level(values[:, None, :], lost, light).astype(np.float32)
