"""Pixels of a segment that are summed to each light curve, and its statistics by spectral order."""

from dataclasses import dataclass

import numpy as np

from scripts.lib.instruments.modes import mode_of
from scripts.lib.soss.aperture_images import read_apertures
from scripts.lib.spectra.aperture_images import read_aperture

__all__ = ["SINGLE", "Region", "read_regions", "read_statistics"]

# Name of the only region of images and of spectra with one order.
SINGLE = "all"


@dataclass(frozen=True)
class Region:
    """
    Pixels that are summed to one light curve.

    Attributes
    ----------
    name : str
        Spectral order where a segment has several, else ``all``.
    weights : ndarray of float, shape (y, x)
        Weights of the pixels in the sum.
    background : ndarray of float, shape (y, x)
        1 where the background was measured.
    pixels : ndarray of int, shape (elements,)
        Pixel along the dispersion of each spectral element; empty for images.
    trace : ndarray of float, shape (pixels along the dispersion,), optional
        Position of the trace across the dispersion, if the references contain it.
    contamination : ndarray of float, shape (elements,), optional
        Light of other orders in the aperture over that of this one.
    """

    name: str
    weights: np.ndarray
    background: np.ndarray
    pixels: np.ndarray
    trace: np.ndarray | None = None
    contamination: np.ndarray | None = None


def read_regions(spectra, across, shape):
    """
    Read the regions of a segment of spectra.

    Parameters
    ----------
    spectra : FitsFile
        The segment's spectra.
    across : int
        Axis across the dispersion.
    shape : tuple of int
        Shape (y, x) of an image.

    Returns
    -------
    regions : list of Region
        One for each spectral order of NIRISS SOSS, else a single one; empty if the
        file has no aperture.
    """
    if mode_of(spectra.primary.get("EXP_TYPE")).is_soss:
        return [
            _soss_region(order, aperture, shape)
            for order, aperture in read_apertures(spectra).items()
        ]
    images = read_aperture(spectra)
    if images is None:
        return []
    pixels = np.flatnonzero(images[0].any(axis=across))
    return [Region(SINGLE, images[0], images[1], pixels)]


def _soss_region(order, aperture, shape):
    """Region of one order of NIRISS SOSS, which has a trace of its own."""
    columns = np.asarray(aperture.column, int)
    trace = np.full(shape[1], np.nan)
    trace[columns] = aperture.row
    weights = np.array(aperture.images[0])
    if (weights > 0).all():
        # In SUBSTRIP96 order 2 is the sum of all rows: its aperture has no border to draw.
        trace[:] = np.nan
    return Region(
        str(order),
        weights,
        aperture.images[1],
        columns,
        trace,
        np.asarray(aperture.contamination, float),
    )


def read_statistics(path, order, names=None):
    """
    Read the statistics of one spectral order of a segment.

    Parameters
    ----------
    path : str or Path
        File of a segment's statistics: arrays of the segment, and under
        ``<region>/`` those of a region.
    order : int
        Spectral order; ignored if the segment has only one region.
    names : container of str, optional
        Arrays to read; all by default.

    Returns
    -------
    arrays : dict of str to ndarray
        Those of the segment, and those of the region; without the latter if
        the segment has no such region.
    """
    arrays = {}
    with np.load(path, allow_pickle=False) as file:
        for name in file.files:
            region, _, short = name.rpartition("/")
            if region in ("", SINGLE, str(order)) and (names is None or short in names):
                arrays[short] = file[name]
    return arrays
