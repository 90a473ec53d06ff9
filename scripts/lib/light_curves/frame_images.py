"""Images of a visit for its report: the reference's median in the frame of the detector, and outliers."""

import numpy as np

from scripts.lib.light_curves.segment_models import ModelFile

__all__ = ["frame_images"]


def frame_images(reference, paths, order, turned):
    """
    Draw what the reference of a visit knows in the frame of the detector's array.

    Parameters
    ----------
    reference : SpectralReference, ImageReference or None
        Reference of one spectral order, or of images; None where nothing was measured.
    paths : list of str
        Models of the segments that were compared with it.
    order : int
        Spectral order.
    turned : bool
        Whether the dispersion is along y in the segments.

    Returns
    -------
    images : dict of str to ndarray
        (y, x) each: ``median``, NaN where it is unknown, in the unit of the samples;
        ``own_outlier_map``, how often each pixel was one of our outliers; ``profile``, the share of the
        light (of the column, or of the star) in each pixel; ``noise``, the noise of each pixel over
        what is usual, NaN in bad pixels. Of spectra ``trace``, its position across
        the dispersion for each pixel along it.
    """
    counts, origin = 0, (0, 0)
    for path in paths:
        with ModelFile(path, order) as model:
            found = model.counts()
            counts = counts + found if np.shape(counts) in ((), found.shape) else counts
            origin = model.keywords.get("Y0", 0), model.keywords.get("X0", 0)
    names = ("median", "profile", "noise")
    images = {name: np.full(counts.shape, np.nan, np.float32) for name in names}
    images["own_outlier_map"] = counts
    if reference is None:
        return images
    for name, image in zip(names, _parts(reference), strict=True):
        part = image.T if turned else image
        rows, columns = (
            slice(first, first + length) for first, length in zip(origin, part.shape, strict=True)
        )
        images[name][rows, columns] = part
    if hasattr(reference, "trace"):
        images["trace"] = reference.trace
    return images


def _parts(reference):
    """Median, profile and noise in the part of the array that was read, (rows, columns)."""
    median = reference.median / np.float32(reference.scale)
    profile = np.full(median.shape, np.nan, np.float32)
    pixels = reference.band.pixels if hasattr(reference, "band") else reference.pixels
    profile.reshape(-1)[pixels.reshape(-1)] = reference.profile[0].reshape(-1)
    noise = np.where(np.isfinite(median), reference.noise / reference.noise_factor, np.nan)
    return median, profile, noise
