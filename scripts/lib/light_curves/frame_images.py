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
        ``median`` (y, x), NaN where it is unknown, in the unit of the samples, and
        ``own_outlier_map`` (y, x), how often each pixel was one of our outliers; of spectra ``trace``,
        its position across the dispersion for each pixel along it.
    """
    counts, origin = 0, (0, 0)
    for path in paths:
        with ModelFile(path, order) as model:
            found = model.counts()
            counts = counts + found if np.shape(counts) in ((), found.shape) else counts
            origin = model.keywords.get("Y0", 0), model.keywords.get("X0", 0)
    median = np.full(counts.shape, np.nan, np.float32)
    images = {"median": median, "own_outlier_map": counts}
    if reference is None:
        return images
    part = reference.median / np.float32(reference.scale)
    part = part.T if turned else part
    rows, columns = (
        slice(first, first + length) for first, length in zip(origin, part.shape, strict=True)
    )
    median[rows, columns] = part
    if hasattr(reference, "trace"):
        images["trace"] = reference.trace
    return images
