"""Flags of the archive's segment by class of pixels, with the pixels that its light curves sum."""

import logging

import numpy as np

from scripts.lib.instruments.imaging import sums_whole_array
from scripts.lib.jobs.progress import Progress
from scripts.lib.light_curves.extraction_regions import SINGLE, Region, read_regions
from scripts.lib.light_curves.frame_statistics import class_counts, pixel_classes
from scripts.lib.photometry.circular_apertures import Ring, overlap
from scripts.lib.segment_data.dq import DO_NOT_USE, OUTLIER
from scripts.lib.segment_data.step_record import count_arrays

__all__ = ["circle", "count_flags", "imaging_statistics", "spectral_statistics"]

log = logging.getLogger(__name__)

# Bytes of the flags that are read at a time.
_BLOCK_BYTES = 1 << 24
_BITS = {"outliers": OUTLIER, "invalid": DO_NOT_USE}


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


def count_flags(member, regions):
    """
    Count the flags of a segment in one pass.

    Parameters
    ----------
    member : FitsFile
        The segment with outliers flagged; its DQ cube alone is read.
    regions : list of Region
        Pixels that are summed to each light curve.

    Returns
    -------
    arrays : dict of str to ndarray
        ``outlier_map`` and ``invalid_map`` (y, x), how often each pixel was
        flagged OUTLIER, and DO_NOT_USE; and under ``<region>/``: counts of both for each
        integration, ``outliers`` and ``invalid`` (integrations, classes), and the
        ``class_sizes``.

    Notes
    -----
    Peak memory: about 48 MB.
    """
    n_integrations, *shape = member.shape("DQ")
    pixels = shape[0] * shape[1]
    counts = {name: np.zeros(pixels, np.int32) for name in _BITS}
    classes = {region.name: pixel_classes(region.weights > 0) for region in regions}
    arrays = {f"{name}/class_sizes": images.sum(axis=(1, 2)) for name, images in classes.items()}
    for name, images in classes.items():
        for kind in _BITS:
            arrays[f"{name}/{kind}"] = np.zeros((n_integrations, len(images)))
    step = max(1, _BLOCK_BYTES // (4 * pixels))
    progress = Progress(log, n_integrations)
    for first in range(0, n_integrations, step):
        block = slice(first, min(first + step, n_integrations))
        flags = member.read("DQ", block).reshape(-1)
        # Few samples are flagged: their list is shorter than the images.
        places = np.flatnonzero((flags & (OUTLIER | DO_NOT_USE)) != 0)
        found = flags[places]
        for kind, bit in _BITS.items():
            frames, numbers = np.divmod(places[(found & bit) != 0], pixels)
            counts[kind] += np.bincount(numbers, minlength=pixels).astype(np.int32)
            for name, images in classes.items():
                part = class_counts(frames, numbers, images, block.stop - block.start)
                arrays[f"{name}/{kind}"][block] = part
        progress.update(block.stop)
    maps = zip(("outlier_map", "invalid_map"), counts.values(), strict=True)
    return arrays | {name: values.reshape(shape) for name, values in maps}


def spectral_statistics(member, spectra):
    """
    Statistics of a segment of spectra.

    Parameters
    ----------
    member, spectra : FitsFile
        The segment with outliers flagged, and its spectra.

    Returns
    -------
    arrays : dict of str to ndarray
        Those of :func:`count_flags`; ``across``, the axis across the dispersion; ``replaced``, how
        many samples each method replaced, if that was asked for; and of each
        region ``aperture``, ``background`` (y, x), ``pixels``, the pixel along the dispersion of
        each element, and if the references contain them ``trace`` and ``contamination``.
    """
    across, shape = 0 if member.header("SCI").get("DISPAXIS", 1) == 1 else 1, member.shape("DQ")[1:]
    regions = read_regions(spectra, across, shape)
    if not regions:
        log.warning("%s: no aperture is known; flags are counted in none", member.path)
        empty = np.zeros(shape, np.float32)
        regions = [Region(SINGLE, empty, empty, np.empty(0, int))]
    arrays = {"across": np.array(across)} | count_flags(member, regions) | count_arrays(spectra)
    for region in regions:
        names = ("trace", "contamination")
        found = {name: getattr(region, name) for name in names}
        found = {name: values for name, values in found.items() if values is not None}
        found |= {
            "aperture": region.weights,
            "background": region.background,
            "pixels": region.pixels,
        }
        arrays |= {f"{region.name}/{name}": values for name, values in found.items()}
    return arrays


def imaging_statistics(member, photometry, radii):
    """
    Statistics of a segment of images.

    Parameters
    ----------
    member, photometry : FitsFile
        The segment with outliers flagged, and its photometry.
    radii : dict of str to float
        ``radius``, ``radius_inner``, ``radius_outer`` [pixels].

    Returns
    -------
    arrays : dict of str to ndarray
        Those of :func:`count_flags`, and ``aperture``, ``background`` (y, x), ``centre`` and
        ``radii`` of the aperture. Images that are summed as a whole have no background.
    """
    shape = member.shape("DQ")[1:]
    weights, annulus, found = np.ones(shape), np.zeros(shape), {}
    if not sums_whole_array(member.primary):
        rows = photometry.read_columns("PHOTOMETRY", ["aperture_x", "aperture_y"])
        x, y = (float(np.nanmedian(rows[name])) for name in ("aperture_x", "aperture_y"))
        sizes = [radii[name] for name in ("radius", "radius_inner", "radius_outer")]
        weights, inner, outer = (circle(shape, x, y, size) for size in sizes)
        annulus = ((outer - inner) > 0.5).astype(float)
        found = {"centre": np.array([x, y]), "radii": np.array(sizes)}
    region = Region(SINGLE, weights, annulus, np.empty(0, int))
    found |= {"aperture": weights.astype(np.float32), "background": annulus.astype(np.float32)}
    arrays = count_flags(member, [region])
    return arrays | {f"{SINGLE}/{name}": values for name, values in found.items()}
