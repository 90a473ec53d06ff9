"""Background of images: one number for each, from the pixels far from the star."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from scripts.lib.moving_profile.robust import sigma_about, sorted_clipped_mean
from scripts.lib.segment_data.medians import nan_median

__all__ = ["Ring", "quiet_ring", "ring_background"]

# The start is the median of every so many pixels.
_STEP = 8
# Pixels of the median image that are farther from their plane by so many robust standard deviations are
# no background, and how often that is asked; of fewer pixels no slopes are measured.
_LIMIT, _CLIPS, _FEWEST = 3.5, 4, 100


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


def quiet_ring(median, used):
    """
    Background of a median image, and the pixels that show it.

    Parameters
    ----------
    median : ndarray of float32, shape (y, x)
        Median image.
    used : ndarray of bool, shape (y, x)
        Pixels far from the star, without NaN in the median.

    Returns
    -------
    background : ndarray of float64, shape (y, x)
        Plane through the pixels that are left: a ring that is cut off at one side has its mean elsewhere than
        at the star. The same everywhere where fewer than 100 are left; 0 without any.
    quiet : ndarray of bool, shape (y, x)
        Those used but hot pixels, other stars and the brightest wings of the star.

    Notes
    -----
    Background and its changes must be measured in the same pixels. What of the star is in
    them then is the same share of its light in both, and a dip keeps its depth; wings that are
    left out of the median alone are light that never dims.
    """
    background, quiet = np.zeros(median.shape), used
    resolution = np.finfo(np.float32).eps * np.abs(median[used]).max(initial=0.0)
    for _ in range(_CLIPS if used.any() else 0):
        rest = median[used] - background[used]
        centre = nan_median(rest[quiet[used]], axis=-1)
        sigma = sigma_about(rest[quiet[used]], centre)
        quiet = used.copy()
        quiet[used] = np.abs(rest - centre) <= max(_LIMIT * sigma, resolution)
        background = _plane(median, quiet)
    return background, quiet


def _plane(image, used):
    """Plane through some pixels of an image, (y, x)."""
    known = image[used].astype(np.float64)
    if len(known) < _FEWEST:
        return np.full(image.shape, known.mean())
    rows, columns = (np.linspace(-1.0, 1.0, size) for size in image.shape)
    terms = [np.broadcast_to(term, image.shape) for term in (1.0, rows[:, None], columns)]
    design = np.stack([term[used] for term in terms], axis=1)
    normal, right = np.einsum("nk,nl->kl", design, design), np.einsum("nk,n->k", design, known)
    return np.einsum("k,kyx->yx", np.linalg.lstsq(normal, right, rcond=None)[0], terms)


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
    deviation = np.abs(samples - np.nan_to_num(nan_median(start, axis=-1))[:, None])
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
