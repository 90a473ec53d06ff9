"""Rule segment_statistics: median image, flags and trace of one segment, for tables and report."""

import logging
from pathlib import Path

import numpy as np

from scripts.lib.aperture_images import read_aperture
from scripts.lib.array_files import write_arrays
from scripts.lib.circular_apertures import Ring, overlap
from scripts.lib.dq import DO_NOT_USE, OUTLIER
from scripts.lib.fits_blocks import open_fits
from scripts.lib.frame_statistics import (
    ShapeFit,
    class_counts,
    median_frame,
    missing_light,
    pixel_classes,
    spread_indices,
    trace_moments,
)
from scripts.lib.photometry_checks import sums_whole_array

log = logging.getLogger(__name__)

# Integrations of which the median image is made.
_SAMPLE = 31
_BLOCK_BYTES = 1 << 24


def background_level(median, region, across):
    """
    Level of the background beside the trace.

    Parameters
    ----------
    median : ndarray of float, shape (y, x)
        Median image.
    region : ndarray of bool, shape (y, x)
        Pixels of the background; nowhere if none is subtracted.
    across : int
        Axis across the dispersion.

    Returns
    -------
    level : ndarray of float64
        Median of the region in each element along the dispersion, in a shape
        that broadcasts to the image; 0 where there is none.
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
    place = (slice(0, shape[0]), slice(0, shape[1]))
    return overlap(Ring(radius), x, y, place)[0].reshape(shape)


def gather(member, weights, light, fit, across):
    """
    Go through the integrations of a segment once.

    Parameters
    ----------
    member : FitsFile
        The segment.
    weights : ndarray of float, shape (y, x)
        Weights of the pixels in the sum.
    light : ndarray of float, shape (y, x)
        Median image without background times the weights.
    fit : ShapeFit or None
        Fit of shift and width.
    across : int or None
        Axis across the dispersion; None for images.

    Returns
    -------
    arrays : dict of str to ndarray
        Counts of flags for each integration (integrations, classes) and pixel
        (y, x), fraction of missing light (integrations, elements), shapes
        (integrations, 4); for images ``photon_variance`` (integrations,): of
        the sum over the aperture, in squared units of the image.

    Notes
    -----
    Peak memory: some 16 MB of each plane.
    """
    n_integrations, *shape = member.shape("SCI")
    classes = pixel_classes(weights > 0)
    arrays = {
        "outliers": np.zeros((n_integrations, len(classes))),
        "invalid": np.zeros((n_integrations, len(classes))),
        "outlier_map": np.zeros(shape, np.int32),
        "invalid_map": np.zeros(shape, np.int32),
        "missing": np.zeros((n_integrations, 1 if across is None else shape[1 - across]), "f4"),
        "shapes": np.full((n_integrations, 4), np.nan),
        "class_sizes": classes.sum(axis=(1, 2)),
    }
    if across is None:
        arrays["photon_variance"] = np.full(n_integrations, np.nan)
    step = max(1, _BLOCK_BYTES // (4 * shape[0] * shape[1]))
    for first in range(0, n_integrations, step):
        block = slice(first, min(first + step, n_integrations))
        images, flags = member.read("SCI", block), member.read("DQ", block)
        outlier = (flags & OUTLIER) != 0
        invalid = np.isnan(images) | ((flags & DO_NOT_USE) != 0)
        arrays["outliers"][block] = class_counts(outlier, classes)
        arrays["invalid"][block] = class_counts(invalid, classes)
        arrays["outlier_map"] += outlier.sum(axis=0, dtype=np.int32)
        arrays["invalid_map"] += invalid.sum(axis=0, dtype=np.int32)
        arrays["missing"][block] = missing_light(invalid, light, across)
        if fit is not None:
            images[invalid] = np.nan
            arrays["shapes"][block] = fit(images)
        elif "VAR_POISSON" in member:
            variances = np.nan_to_num(member.read("VAR_POISSON", block), nan=0.0)
            arrays["photon_variance"][block] = np.einsum("tyx,yx->t", variances, weights)
    return arrays


def _median(member):
    """Median image of a sample of the integrations."""
    indices = spread_indices(member.shape("SCI")[0], _SAMPLE)
    frames = np.stack([member.read("SCI", slice(k, k + 1))[0] for k in indices])
    flags = np.stack([member.read("DQ", slice(k, k + 1))[0] for k in indices])
    frames[(flags & DO_NOT_USE) != 0] = np.nan
    return median_frame(frames)


def spectral_statistics(member, spectra):
    """
    Statistics of a segment of spectra.

    Parameters
    ----------
    member, spectra : FitsFile
        The segment and its spectra.

    Returns
    -------
    arrays : dict of str to ndarray
        Those of :func:`gather`, with the median image, the aperture and
        background region, and place and width of the trace.
    """
    median = _median(member)
    images = read_aperture(spectra)
    weights, region = images if images is not None else np.zeros((2, *median.shape), np.float32)
    across = 0 if member.header("SCI").get("DISPAXIS", 1) == 1 else 1
    clean = median - background_level(median, region > 0, across)
    around = pixel_classes(weights > 0)[:2].any(axis=0)
    fit = ShapeFit(clean, around, across) if around.any() else None
    light = clean * weights
    if fit is None:
        log.warning("%s: no aperture is known; neither trace nor missing light", member.path)
    arrays = gather(member, weights, light, fit, across)
    centre, mean, width = trace_moments(clean, around.astype(float), across)
    elements = np.flatnonzero(weights.any(axis=across))
    arrays["missing"] = arrays["missing"][:, elements]
    return arrays | {
        "median": median.astype(np.float32),
        "aperture": weights,
        "background": region,
        "trace": centre,
        "trace_moments": np.array([mean, width]),
        "across": np.array(across),
    }


def imaging_statistics(member, photometry, radii):
    """
    Statistics of a segment of images.

    Parameters
    ----------
    member, photometry : FitsFile
        The segment and its photometry.
    radii : dict of str to float
        ``radius``, ``radius_inner``, ``radius_outer`` [pixels].

    Returns
    -------
    arrays : dict of str to ndarray
        Those of :func:`gather`, with the median image, the aperture and
        background annulus; ``photon_share`` (integrations,): photon noise as
        a fraction of the sum over the aperture.
    """
    median = _median(member)
    rows = photometry.read_columns("PHOTOMETRY", ["aperture_x", "aperture_y"])
    x, y = (float(np.nanmedian(rows[name])) for name in ("aperture_x", "aperture_y"))
    if sums_whole_array(member.primary):
        return _whole_array_statistics(member, median)
    weights = circle(median.shape, x, y, radii["radius"])
    annulus = circle(median.shape, x, y, radii["radius_outer"]) - circle(
        median.shape, x, y, radii["radius_inner"]
    )
    light = (median - background_level(median, annulus > 0.5, 0).mean()) * weights
    arrays = gather(member, weights, light, None, None)
    total = np.nansum(median * weights)
    return arrays | {
        "median": median.astype(np.float32),
        "aperture": weights.astype(np.float32),
        "background": (annulus > 0.5).astype(np.float32),
        "photon_share": np.sqrt(arrays["photon_variance"]) / total,
        "centre": np.array([x, y]),
        "radii": np.array([radii[name] for name in ("radius", "radius_inner", "radius_outer")]),
    }


def _whole_array_statistics(member, median):
    """Statistics of images that are summed whole, without a background."""
    weights = np.ones(median.shape)
    arrays = gather(member, weights, median, None, None)
    return arrays | {
        "median": median.astype(np.float32),
        "aperture": weights.astype(np.float32),
        "background": np.zeros(median.shape, np.float32),
        "photon_share": np.sqrt(arrays["photon_variance"]) / np.nansum(median),
    }


def process(snakemake):
    """Write the statistics of one segment."""
    photometry = snakemake.input.get("photometry")
    with open_fits(snakemake.input.segment) as member:
        if photometry:
            with open_fits(photometry) as table:
                arrays = imaging_statistics(member, table, snakemake.params.photometry)
        else:
            with open_fits(snakemake.input.spectra) as spectra:
                arrays = spectral_statistics(member, spectra)
        unit = member.header("SCI").get("BUNIT")
    write_arrays(Path(snakemake.output.statistics), arrays | {"unit": np.array(unit or "")})


if __name__ == "__main__":
    from scripts.lib.job import run_job

    run_job(snakemake, process)
