"""Images of the aperture and of the background regions, kept next to a segment's spectra."""

import numpy as np

from scripts.lib.fits.extensions import image_cards
from scripts.lib.spectra.apertures import HORIZONTAL

__all__ = ["aperture_images", "append_aperture", "read_aperture"]

_NAME = "APERTURE"


def aperture_images(extraction, shape):
    """
    Draw the aperture of a spectrum on the detector.

    Parameters
    ----------
    extraction : Extraction
        How the spectrum is extracted.
    shape : tuple of int
        Shape (y, x) of an integration.

    Returns
    -------
    images : ndarray of float32, shape (2, y, x)
        Weights 0 to 1 of the pixels in the sum, and 1 in the background regions.
    """
    across_along = shape if extraction.dispersion_axis == HORIZONTAL else shape[::-1]
    images = np.zeros((2, *across_along), np.float32)
    part = images[:, extraction.rows, extraction.columns]
    part[0, extraction.aperture_rows] = extraction.weights
    if extraction.background is not None:
        part[1, extraction.background_rows] = extraction.background.region
    return images if extraction.dispersion_axis == HORIZONTAL else np.swapaxes(images, 1, 2)


def append_aperture(product, extraction, shape):
    """
    Add the images to the file of a segment's spectra.

    Parameters
    ----------
    product : ProductWriter
        The file.
    extraction, shape
        As for :func:`aperture_images`.
    """
    images = np.ascontiguousarray(aperture_images(extraction, shape), ">f4")
    cards = image_cards(_NAME, images.shape, -32)
    product.write(images.view(np.uint8), product.append_hdu(cards, images.nbytes))


def read_aperture(file):
    """
    Read the images from the file of a segment's spectra.

    Parameters
    ----------
    file : FitsFile
        The file.

    Returns
    -------
    images : ndarray of float32, shape (2, y, x), or None
        As of :func:`aperture_images`; None where the file has none.
    """
    return file.read(_NAME) if _NAME in file else None
