"""
What all integrations of a NIRISS SOSS segment have in common: median errors, masks, in-filling.

Medians over time are taken for some rows at a time, so that memory does not
grow with the number of integrations.
"""

from dataclasses import dataclass

import numpy as np

from scripts.lib.segment_data.dq import DO_NOT_USE, REFERENCE_PIXEL
from scripts.lib.segment_data.medians import nan_median

__all__ = [
    "Fills",
    "SegmentSummary",
    "fill_integration",
    "fill_values",
    "settle_masks",
    "summarise",
    "typical_image",
]

_FILL_WINDOW = 9
_FILLED_ERROR_FACTOR = 10
_NOISE_SEED = 42
_SAMPLES_AT_A_TIME = 1 << 19


@dataclass(frozen=True)
class Fills:
    """
    Values for the samples that are not finite, in order of time.

    Attributes
    ----------
    first : ndarray
        Index (integrations + 1,) of the first sample of each integration.
    pixels : ndarray
        Index of the pixel in the flattened image, int32.
    values : ndarray
        Values, float32.
    """

    first: np.ndarray
    pixels: np.ndarray
    values: np.ndarray

    def for_integration(self, integration):
        """Pixels and values of one integration."""
        part = slice(self.first[integration], self.first[integration + 1])
        return self.pixels[part], self.values[part]


@dataclass(frozen=True)
class SegmentSummary:
    """
    A segment summed up over time; images are (rows, columns).

    Attributes
    ----------
    median_error : ndarray
        Median of the errors, float32; infinite at reference pixels and where
        no integration is valid.
    mean : ndarray
        Mean of the data after in-filling, float32.
    masked : ndarray
        Whether all integrations have DO_NOT_USE.
    reference_pixels : ndarray
        Whether the first integration has REFERENCE_PIXEL.
    fills : Fills
        Values for single samples that are not finite; pixels that are never
        valid are left out.
    """

    median_error: np.ndarray
    mean: np.ndarray
    masked: np.ndarray
    reference_pixels: np.ndarray
    fills: Fills


def fill_values(series, medians, times, pixels, window):
    """
    Running medians over time at samples that are not finite.

    Parameters
    ----------
    series : ndarray
        Series (times, pixels).
    medians : ndarray
        Value (pixels,) that stands for samples that are not finite.
    times, pixels : ndarray
        Indices (n,) of the samples wanted.
    window : int
        Length of the window, at most that of the series; it is reflected at
        the ends of the series. Of an even window the upper middle value is
        taken (`scipy.ndimage.median_filter`).

    Returns
    -------
    values : ndarray
        Values (n,) in the type of the series.
    """
    values = np.empty(len(times), series.dtype)
    offsets = np.arange(window) - window // 2
    for first in range(0, len(times), _SAMPLES_AT_A_TIME):
        part = slice(first, first + _SAMPLES_AT_A_TIME)
        around = times[part, None] + offsets
        around = np.where(around < 0, -1 - around, around)
        around = np.where(around >= len(series), 2 * len(series) - 1 - around, around)
        samples = series[around, pixels[part, None]]
        samples = np.where(np.isfinite(samples), samples, medians[pixels[part], None])
        values[part] = np.sort(samples, axis=1)[:, window // 2]
    return values


def _summarise_rows(science, error):
    """
    Median error, mean and in-filled samples of some rows.

    Parameters
    ----------
    science, error : ndarray
        Data and errors (integrations, pixels), float32. The data are in-filled
        in place: samples that are not finite get a running median over 9
        integrations, in which such samples count as the pixel's median.

    Returns
    -------
    median_error, mean : ndarray
        Median of the errors, infinite where no integration is valid, and mean
        of the in-filled data (pixels,).
    times, pixels : ndarray
        Samples (n,) that were filled in pixels that are valid at some time.

    Notes
    -----
    Memory: about five times that of one of the arrays.
    """
    finite = np.isfinite(science)
    never_valid = ~(finite & np.isfinite(error)).any(axis=0)
    median_error = nan_median(error)
    median_error[never_valid] = np.inf
    times, pixels = np.nonzero(~finite)
    if len(times):
        medians = np.zeros(science.shape[1], science.dtype)
        some = np.unique(pixels)
        medians[some] = nan_median(science[:, some])
        medians[never_valid] = 0
        window = min(len(science), _FILL_WINDOW)
        science[times, pixels] = fill_values(science, medians, times, pixels, window)
    sometimes = ~never_valid[pixels]
    return median_error, science.mean(axis=0), times[sometimes], pixels[sometimes]


def summarise(read, shape, slab_rows):
    """
    Sum up a segment over time.

    Parameters
    ----------
    read : callable
        Returns science, error and DQ (integrations, rows, columns) of a slice
        of rows; the arrays may be changed.
    shape : tuple of int
        (integrations, rows, columns).
    slab_rows : int
        Rows to read at a time.

    Returns
    -------
    summary : SegmentSummary
        Median errors, mean, masks, in-filled samples.

    Notes
    -----
    Memory: about seven times the data of ``slab_rows`` rows, and 8 bytes for
    each sample that was filled.
    """
    n_integrations, height, width = shape
    median_error, mean = (np.empty((height, width), np.float32) for _ in range(2))
    masked, reference = (np.empty((height, width), bool) for _ in range(2))
    found = []
    for top in range(0, height, slab_rows):
        rows = slice(top, min(top + slab_rows, height))
        science, error, dq = read(rows)
        masked[rows] = (dq & DO_NOT_USE).all(axis=0)
        reference[rows] = (dq[0] & REFERENCE_PIXEL).astype(bool)
        science = science.reshape(n_integrations, -1)
        slab_error, slab_mean, times, pixels = _summarise_rows(
            science, error.reshape(n_integrations, -1)
        )
        median_error[rows], mean[rows] = slab_error.reshape(-1, width), slab_mean.reshape(-1, width)
        found.append((times, (pixels + top * width).astype(np.int32), science[times, pixels]))
    median_error[reference] = np.inf
    return SegmentSummary(median_error, mean, masked, reference, _in_order(found, n_integrations))


def _in_order(found, n_integrations):
    """Join the filled samples of all slabs in order of time."""
    times, pixels, values = (np.concatenate(parts) for parts in zip(*found, strict=True))
    order = np.argsort(times, kind="stable")
    first = np.searchsorted(times[order], np.arange(n_integrations + 1))
    return Fills(first, pixels[order], values[order])


def typical_image(summary, n_integrations):
    """
    Image on which grid and regularisation are tuned: the mean with noise of one integration.

    Parameters
    ----------
    summary : SegmentSummary
        Sums over time.
    n_integrations : int
        Number of integrations.

    Returns
    -------
    image : ndarray
        Image (rows, columns), float32; not finite where the median error is
        not. The noise is the same in every run, and that of jwst 3.0.0.
    """
    generator = np.random.default_rng(_NOISE_SEED)
    scale = summary.median_error * np.sqrt((n_integrations - 1) / n_integrations)
    image = summary.mean.copy()
    image += generator.normal(0, scale)
    return image


def settle_masks(image, error, masked, reference_pixels):
    """
    Masks for all integrations, from the typical image.

    Parameters
    ----------
    image, error : ndarray
        Typical image and median error (rows, columns).
    masked, reference_pixels : ndarray
        Masks of :class:`SegmentSummary`.

    Returns
    -------
    masked, reference_pixels : ndarray
        New masks. Where any pixel that is not finite was not masked, all such
        pixels become masked and are no longer reference pixels.
    """
    invalid = ~(np.isfinite(image) & np.isfinite(error))
    if (invalid & ~masked).any():
        return masked | invalid, reference_pixels & ~invalid
    return masked, reference_pixels


def fill_integration(science, error, summary, integration):
    """
    Fill the invalid samples of one integration, in place.

    Parameters
    ----------
    science, error : ndarray
        Data and errors (rows, columns), float32. Invalid data get a running
        median, or 0 in pixels that are never valid; errors where data or error
        are not finite get ten times the median error.
    summary : SegmentSummary
        Sums over time.
    integration : int
        Index of the integration in the segment.
    """
    science, error = science.reshape(-1), error.reshape(-1)
    invalid = ~np.isfinite(science)
    bad_error = np.flatnonzero(invalid | ~np.isfinite(error))
    science[invalid] = 0
    pixels, values = summary.fills.for_integration(integration)
    science[pixels] = values
    error[bad_error] = summary.median_error.reshape(-1)[bad_error] * _FILLED_ERROR_FACTOR
