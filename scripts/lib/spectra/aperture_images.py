"""Images of what was summed and of where the background was measured, next to a segment's spectra."""

import numpy as np

from scripts.lib.fits.extensions import image_cards

__all__ = ["aperture_images", "append_aperture", "read_aperture"]

_NAME = "APERTURE"


def aperture_images(setup, shape):
    """
    Put the aperture of a spectrum back on the detector.

    Parameters
    ----------
    setup : Setup
        How the spectrum is extracted.
    shape : tuple of int
        Shape (y, x) of an integration.

    Returns
    -------
    images : ndarray of float32, shape (2, y, x)
        Weights 0 to 1 of the pixels in the sum, and 1 in the background regions.
    """
    across_along = shape if setup.dispersion_axis == 1 else shape[::-1]
    images = np.zeros((2, *across_along), np.float32)
    part = images[:, setup.rows, setup.columns]
    part[0, setup.aperture_rows] = setup.weights
    if setup.background is not None:
        part[1, setup.background_rows] = setup.background.region
    return images if setup.dispersion_axis == 1 else np.swapaxes(images, 1, 2)


def append_aperture(product, setup, shape):
    """
    Add the images to the file of a segment's spectra.

    Parameters
    ----------
    product : ProductWriter
        The file.
    setup, shape
        As for :func:`aperture_images`.
    """
    images = np.ascontiguousarray(aperture_images(setup, shape), ">f4")
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
