"""Statistics of a segment's images: median, background, flags, missing light, positions, widths."""

import logging

import numpy as np

from scripts.lib.jobs.progress import Progress
from scripts.lib.light_curves.frame_statistics import (
    class_counts,
    median_frame,
    missing_light,
    pixel_classes,
    spread_indices,
)
from scripts.lib.photometry.circular_apertures import Ring, overlap
from scripts.lib.segment_data.dq import DO_NOT_USE, OUTLIER

__all__ = [
    "Target",
    "background_level",
    "circle",
    "measure_integrations",
    "median_image",
    "photon_part",
]

log = logging.getLogger(__name__)

# Integrations from which the median image, and the photons' part of the errors, are computed.
_SAMPLE = 31
_PHOTON_SAMPLE = 5
# Bytes of each plane that are read at a time.
_BLOCK_BYTES = 1 << 24


def background_level(median, region, across):
    """
    Level of the background next to the trace.

    Parameters
    ----------
    median : ndarray of float, shape (y, x)
        Median image.
    region : ndarray of bool, shape (y, x)
        Pixels of the background; all False if none is subtracted.
    across : int
        Axis across the dispersion.

    Returns
    -------
    level : ndarray of float64
        Median of the region in each element along the dispersion, in a shape
        that broadcasts to the image; 0 in elements without background pixels.
    """
    values = np.where(region & np.isfinite(median), median, np.nan)
    values = np.moveaxis(values, across, 0)
    known = np.isfinite(values).any(axis=0)
    level = np.zeros(values.shape[1])
    if known.any():
        level[known] = np.nanmedian(values[:, known], axis=0)
    return np.expand_dims(level, across)


def circle(shape, x, y, radius):
    """
    Weights of a circular aperture.

    Parameters
    ----------
    shape : tuple of int
        Shape (y, x) of an image.
    x, y, radius : float
        Centre and radius [pixels].

    Returns
    -------
    weights : ndarray of float64, shape (y, x)
        Fraction of each pixel that is inside.
    """
    section = (slice(0, shape[0]), slice(0, shape[1]))
    return overlap(Ring(radius), x, y, section)[0].reshape(shape)


def median_image(member, across):
    """
    Median image of a sample of the integrations, some rows at a time.

    Parameters
    ----------
    member : FitsFile
        The segment.
    across : int or None
        Axis across the dispersion; None for images.

    Returns
    -------
    median : ndarray of float64, shape (y, x)
        Median of 31 integrations spread over the segment, or of all if there are fewer, in the
        unit of SCI. Samples that the sum leaves out count as NaN; NaN where all are.
    """
    n_integrations, height, width = member.shape("SCI")
    indices = spread_indices(n_integrations, _SAMPLE).tolist()
    median = np.empty((height, width))
    step = max(1, _BLOCK_BYTES // (4 * len(indices) * width))
    for first in range(0, height, step):
        rows = slice(first, first + step)
        samples = {
            name: np.concatenate(
                [member.read(name, slice(index, index + 1), rows) for index in indices]
            )
            for name in ("SCI", "DQ")
        }
        samples["SCI"][_missing_samples(samples["SCI"], samples["DQ"], across)] = np.nan
        median[rows] = median_frame(samples["SCI"])
    return median


class Target:
    """
    Measurements of one region in every integration.

    Parameters
    ----------
    region : Region
        The region.
    clean : ndarray of float, shape (y, x)
        Median image without background.
    fit : ShapeFit or None
        Fit of shift and width.
    """

    def __init__(self, region, clean, fit=None):
        self.name, self.weights = region.name, region.weights
        self._light = None if region.filled else clean * region.weights
        self._fit, self._pixels = fit, region.pixels
        self._classes = pixel_classes(region.weights > 0)

    def empty_arrays(self, n_integrations, across):
        """Arrays to be filled block by block, with the sizes of the classes of pixels."""
        n_classes = len(self._classes)
        arrays = {
            "outliers": np.zeros((n_integrations, n_classes)),
            "invalid": np.zeros((n_integrations, n_classes)),
            "shapes": np.full((n_integrations, 4), np.nan),
            "class_sizes": self._classes.sum(axis=(1, 2)),
        }
        if self._light is not None:
            n_elements = 1 if across is None else len(self._pixels)
            arrays["missing"] = np.zeros((n_integrations, n_elements), np.float32)
        if across is None:
            arrays["photon_variance"] = np.full(n_integrations, np.nan)
        return {f"{self.name}/{name}": values for name, values in arrays.items()}

    def measure(self, images, outlier, invalid, across):
        """Measurements of a block of integrations by name."""
        found = {
            "outliers": class_counts(outlier, self._classes),
            "invalid": class_counts(invalid, self._classes),
        }
        if self._light is not None:
            missing = missing_light(invalid, self._light, across)
            found["missing"] = missing if across is None else missing[:, self._pixels]
        if self._fit is not None:
            found["shapes"] = self._fit(images)
        return found


def measure_integrations(member, targets, across):
    """
    Measure all integrations of a segment in one pass.

    Parameters
    ----------
    member : FitsFile
        The segment.
    targets : list of Target
        Regions to measure.
    across : int or None
        Axis across the dispersion; None for images.

    Returns
    -------
    arrays : dict of str to ndarray
        ``outlier_map`` and ``invalid_map`` (y, x), how often each pixel was
        flagged; and under ``<region>/``: counts of flags for each integration
        (integrations, classes), fraction of missing light (integrations,
        elements) unless the extraction compensates for it, shapes (integrations,
        4); for images ``photon_variance`` (integrations,): of the sum over
        the aperture, in squared units of the image.

    Notes
    -----
    Peak memory: about 16 MB for each plane.
    """
    n_integrations, *shape = member.shape("SCI")
    arrays = {name: np.zeros(shape, np.int32) for name in ("outlier_map", "invalid_map")}
    for target in targets:
        arrays |= target.empty_arrays(n_integrations, across)
    # Variances of another shape were warned of at the start, as missing ones.
    has_variances = "VAR_POISSON" in member and member.shape("VAR_POISSON") == member.shape("SCI")
    step = max(1, _BLOCK_BYTES // (4 * shape[0] * shape[1]))
    progress = Progress(log, n_integrations)
    for first in range(0, n_integrations, step):
        block = slice(first, min(first + step, n_integrations))
        images, flags = member.read("SCI", block), member.read("DQ", block)
        outlier, invalid = (flags & OUTLIER) != 0, _missing_samples(images, flags, across)
        arrays["outlier_map"] += outlier.sum(axis=0, dtype=np.int32)
        arrays["invalid_map"] += invalid.sum(axis=0, dtype=np.int32)
        if across is not None:
            images[invalid] = np.nan
        variances = None
        if across is None and has_variances:
            variances = np.nan_to_num(member.read("VAR_POISSON", block), nan=0.0)
        for target in targets:
            for name, values in target.measure(images, outlier, invalid, across).items():
                arrays[f"{target.name}/{name}"][block] = values
            if variances is not None:
                photons = np.einsum("tyx,yx->t", variances, target.weights)
                arrays[f"{target.name}/photon_variance"][block] = photons
        progress.update(block.stop)
    return arrays


def photon_part(member, region, across):
    """
    Part of the variance of each spectral element that is photon noise.

    Parameters
    ----------
    member : FitsFile
        The segment.
    region : Region
        Aperture of the spectrum.
    across : int
        Axis across the dispersion.

    Returns
    -------
    part : ndarray of float64, shape (elements,)
        Sum over a sample of the integrations of the weighted ``VAR_POISSON``
        over that of the squared ``ERR``; NaN without a valid pixel.
    """
    photons, total = np.zeros((2, *member.shape("SCI")[1:]))
    for index in spread_indices(member.shape("SCI")[0], _PHOTON_SAMPLE):
        chosen = slice(index, index + 1)
        variance, error = member.read("VAR_POISSON", chosen)[0], member.read("ERR", chosen)[0]
        valid = np.isfinite(variance) & np.isfinite(error)
        photons[valid] += variance[valid]
        total[valid] += error[valid].astype(float) ** 2
    photons, total = ((values * region.weights).sum(axis=across) for values in (photons, total))
    with np.errstate(invalid="ignore", divide="ignore"):
        return (photons / total)[region.pixels]


def _missing_samples(images, flags, across):
    """Samples that the sum leaves out: photometry takes all numbers, whatever their flags."""
    if across is None:
        return ~np.isfinite(images)
    return np.isnan(images) | ((flags & DO_NOT_USE) != 0)
