"""Medians and noise of the integrations that a reference is made of."""

from dataclasses import dataclass
from functools import partial

import numpy as np

from scripts.lib.moving_profile.frames import power_of_two
from scripts.lib.moving_profile.robust import SIGMA_OF_MAD, sigma_about
from scripts.lib.segment_data.dq import DO_NOT_USE
from scripts.lib.segment_data.medians import nan_median

__all__ = [
    "BLOCK",
    "NoDataError",
    "Sample",
    "clear_noise",
    "noise_of_pixels",
    "over_pixels",
    "pair_noise",
    "read_sample",
    "residual_noise",
    "slow_share",
]

_PIECE = 2048
# Samples that are in memory at a time, 30 to 50 bytes each, unless four rows of all integrations have more.
BLOCK = 1 << 21
# Rows to read at a time, however long: the parts of a row of all integrations are far from each other in the files.
_FEWEST_ROWS = 4
# Uncertainty of a robust standard deviation of n normal samples, times sqrt(n).
_SIGMA_ERROR = 1.17
_median = partial(nan_median, axis=-1)


class NoDataError(ValueError):
    """No pixel has good samples in half of the integrations, so that nothing can be measured."""


@dataclass(frozen=True)
class Sample:
    """
    The integrations of a reference, of which only some are in memory at a time.

    Attributes
    ----------
    planes : Planes
        The integrations, in memory, or anything that gives parts of them as a `Planes` does:
        ``planes[frames]`` and ``planes.rows(rows)`` for slices, and their ``shape``.
    median, error : ndarray of float32, shape (y, x)
        Median of the good samples, NaN if fewer than half are good; and of their errors.
        Both in the scaled unit.
    pairs : ndarray of float32, shape (y, x)
        Noise of each pixel as of `pair_noise`; NaN where no pair is good.
    firsts : ndarray of int
        Integrations that are followed by the next one of the visit.
    scale : float
        Power of two by which all are multiplied.
    block : int
        Samples of a block; of rows there are four at least.
    """

    planes: object
    median: np.ndarray
    error: np.ndarray
    pairs: np.ndarray
    firsts: np.ndarray
    scale: float
    block: int

    def __len__(self):
        return self.planes.shape[0]

    def frame_blocks(self):
        """
        Give whole integrations, some at a time.

        Yields
        ------
        frames : slice
            Which.
        samples : ndarray of float32, shape (frames, y, x)
            Samples minus the median; 0 where bad or without a median.
        lost : ndarray of int64
            Flat indices of those.
        """
        for frames in _blocks(len(self), self.median.size, self.block):
            values, _ = _good_samples(self.planes[frames])
            samples = values * np.float32(self.scale) - self.median
            lost = np.flatnonzero(np.isnan(samples))
            samples.reshape(-1)[lost] = 0.0
            yield frames, samples, lost

    def row_blocks(self):
        """
        Give rows of all integrations, some at a time.

        Yields
        ------
        rows : slice
            Which.
        samples, errors : ndarray of float32, shape (integrations, rows, x)
            Samples minus the median, and errors; NaN where bad or without a median.
        """
        height, width = self.median.shape
        factor = np.float32(self.scale)
        for rows in _blocks(height, len(self) * width, self.block, _FEWEST_ROWS):
            values, errors = _good_samples(self.planes.rows(rows))
            yield rows, values * factor - self.median[rows], errors * factor


def _blocks(count, samples, block, fewest=1):
    """Slices of rows or integrations of so many samples each: up to ``block`` together, but the fewest at least."""
    step = max(block // samples, fewest)
    return (slice(first, min(first + step, count)) for first in range(0, count, step))


def _good_samples(planes):
    """Samples and errors, NaN where bad."""
    with np.errstate(invalid="ignore"):
        bad = (planes.dq & DO_NOT_USE) != 0
        bad |= ~(np.isfinite(planes.sci) & np.isfinite(planes.err) & (planes.err > 0))
    return (np.where(bad, np.float32(np.nan), plane) for plane in (planes.sci, planes.err))


def read_sample(planes, firsts, block=BLOCK):
    """
    Prepare the integrations of a reference: a first pass over them, by rows.

    Parameters
    ----------
    planes : Planes
        The sampled integrations, or what gives them as `Sample` says.
    firsts : ndarray of int
        As of `sample.consecutive_pairs`.
    block : int, optional
        Samples to read at a time, but four rows at least.

    Returns
    -------
    sample : Sample
        A sample is bad if it has ``DO_NOT_USE`` or if it or its error is not
        finite, or the error not positive.

    Raises
    ------
    NoDataError
        If no pixel has a median.
    """
    count, *shape = planes.shape
    median, error = (np.empty(shape, np.float32) for _ in range(2))
    pairs = np.full(shape, np.float32(np.nan))
    for rows in _blocks(shape[0], count * shape[1], block, _FEWEST_ROWS):
        values, errors = _good_samples(planes.rows(rows))
        median[rows], error[rows] = (over_pixels(_median, cube) for cube in (values, errors))
        few = 2 * np.count_nonzero(~np.isnan(values), axis=0) < count
        median[rows][few] = np.nan
        if len(firsts):
            pairs[rows] = pair_noise(values, errors, firsts)
    if not np.isfinite(median).any():
        raise NoDataError
    scale = power_of_two(error)
    factor = np.float32(scale)
    return Sample(planes, median * factor, error * factor, pairs, np.asarray(firsts), scale, block)


def over_pixels(function, *cubes):
    """
    Apply a function to the samples of each pixel, some pixels at a time.

    Parameters
    ----------
    function : callable
        Takes arrays (pixels, integrations), one for each cube, and gives (pixels,).
    *cubes : ndarray, shape (integrations, ...)
        Cubes of one shape.

    Returns
    -------
    image : ndarray, shape (...)
        What it gives.
    """
    flat = [cube.reshape(len(cube), -1) for cube in cubes]
    pieces = [slice(k, k + _PIECE) for k in range(0, flat[0].shape[1], _PIECE)]
    parts = [function(*(np.ascontiguousarray(f[:, p].T) for f in flat)) for p in pieces]
    return np.concatenate(parts).reshape(cubes[0].shape[1:])


def pair_noise(values, errors, firsts):
    """
    Standard deviation of each pixel, from differences of consecutive integrations.

    Parameters
    ----------
    values, errors : ndarray of float, shape (integrations, ...)
        Samples and their errors; NaN where bad.
    firsts : ndarray of int
        Integrations that are followed by the next one.

    Returns
    -------
    noise : ndarray of float, shape (...)
        In units of the error; NaN where no pair is good.
    """
    difference = values[firsts + 1] - values[firsts]
    difference /= errors[firsts]
    np.abs(difference, out=difference)
    return over_pixels(_median, difference) * np.float32(SIGMA_OF_MAD / np.sqrt(2.0))


def residual_noise(residual, errors, firsts):
    """
    Noise of each pixel in units of ERR, from pairs and from all residuals.

    Parameters
    ----------
    residual : ndarray of float32, shape (integrations, ...)
        Samples minus their model; NaN where bad.
    errors : ndarray of float32, shape (integrations, ...)
        Their errors.
    firsts : ndarray of int
        Integrations that are followed by the next one.

    Returns
    -------
    pairs, own : ndarray of float32, shape (...)
        As of `pair_noise`, and the robust standard deviation about the median.
    """
    pairs = np.full(residual.shape[1:], np.float32(np.nan))
    if len(firsts):
        pairs = pair_noise(residual, errors, firsts)
    ratio = residual / errors
    return pairs, over_pixels(lambda values: sigma_about(values, _median(values)), ratio)


def noise_of_pixels(pairs, own, integrations, region):
    """
    Noise in units of ERR: of the whole detector, and of each pixel.

    Parameters
    ----------
    pairs, own : ndarray of float32, shape (y, x)
        As of `residual_noise`.
    integrations : int
        From how many they are.
    region : ndarray of bool, shape (y, x)
        Pixels of which the noise factor is the median.

    Returns
    -------
    factor : float
        The factor by which ERR is too small; 1 if nothing measures it.
    noise : ndarray of float32, shape (y, x)
        The pixel's own where it is clearly more (jumping and hot pixels), else the factor.
    """
    known = pairs[region & np.isfinite(pairs)]
    factor = float(np.median(known)) if len(known) else 1.0
    factor = factor if factor > 0 else 1.0
    clearly = 1.0 + 4.0 * _SIGMA_ERROR / np.sqrt(integrations)
    with np.errstate(invalid="ignore"):
        noise = np.where(own > factor * clearly, own, factor)
    return factor, noise.astype(np.float32)


def clear_noise(size, most=5.0):
    """
    Noise of each pixel over that of the usual one, where it is clearly more.

    Parameters
    ----------
    size : ndarray of float64, shape (integrations, pixels)
        Residuals in errors; NaN where bad.
    most : float, optional
        What larger ones count as, in units of the usual deviation: a pixel that jumps does so often, a
        hit is rare.

    Returns
    -------
    noise : ndarray of float64, shape (pixels,)
        1 where it is not clearly more, or nothing is known.

    Examples
    --------
    >>> usual, jumping = np.tile([1.0, -1.0], 50), np.tile([1.0, -1.0, 1.0, 9.0], 25)
    >>> clear_noise(np.column_stack([usual, usual, jumping])).round(3)
    array([1.   , 1.   , 3.806])
    """
    good = np.isfinite(size)
    number = np.maximum(good.sum(axis=0), 1)
    # Errors that are wrong by a factor change nothing.
    most = most * SIGMA_OF_MAD * np.median(np.abs(size[good])) if good.any() else most
    squares = np.where(good, np.clip(size, -most, most), 0.0) ** 2
    own = np.sqrt(squares.sum(axis=0) / number)
    usual = np.median(own[own > 0]) if (own > 0).any() else 1.0
    own /= usual
    return np.where(own > 1.0 + 4.0 * _SIGMA_ERROR / np.sqrt(number), own, 1.0)


def slow_share(values, firsts):
    """
    Share of the variance of a series that is not noise from one integration to the next.

    Widths change slowly or in steps. Where what is measured of them is mostly noise, a
    profile that follows it hands the noise on to the flux.

    Parameters
    ----------
    values : ndarray of float64, shape (integrations,)
        Series; NaN is left out.
    firsts : ndarray of int
        Integrations that are followed by the next one of the visit.

    Returns
    -------
    share : float
        From 0 to 1; 0 where nothing measures it.

    Examples
    --------
    >>> slow_share(np.array([0.0, 0.0, 4.0, 4.0]), np.array([0, 2]))
    1.0
    """
    total = np.nanvar(values) if np.isfinite(values).any() else 0.0
    differences = values[firsts + 1] - values[firsts]
    known = differences[np.isfinite(differences)]
    if not total > 0 or not len(known):
        return 0.0
    return float(np.clip(1.0 - 0.5 * np.mean(known**2) / total, 0.0, 1.0))
