"""A cube of images in the unit of flux, read by block."""

import logging
from dataclasses import dataclass

import numpy as np

from scripts.lib.segment_data.dq import DO_NOT_USE

__all__ = ["ImageSeries", "conversion"]

log = logging.getLogger(__name__)

# Bytes of one plane of a block, unless one image is larger.
_BLOCK_BYTES = 1 << 22


@dataclass(frozen=True)
class ImageSeries:
    """
    A cube of images read by block.

    Attributes
    ----------
    read : callable
        Returns a plane ("SCI", "ERR" or "DQ") of the integrations in a slice,
        shape (integrations, y, x).
    shape : tuple of int
        Shape (integrations, y, x).
    factor : float, ndarray of float32 or None
        Factor by which SCI and ERR are multiplied, in float32; None for 1.
    """

    read: object
    shape: tuple
    factor: object = None

    def blocks(self):
        """Return slices of the integrations that are read at a time."""
        length = max(_BLOCK_BYTES // (4 * self.shape[1] * self.shape[2]), 1)
        return [
            slice(first, min(first + length, self.shape[0]))
            for first in range(0, self.shape[0], length)
        ]

    def plane(self, name, block):
        """Return samples or errors of a block in the unit of the product, float32."""
        values = self.read(name, block).astype(np.float32, copy=False)
        if self.factor is None:
            return values
        with np.errstate(over="ignore", invalid="ignore"):
            return values * self.factor

    def bad(self, block, images):
        """Return the pixels of a block that are flagged ``DO_NOT_USE`` or NaN."""
        return ((self.read("DQ", block) & DO_NOT_USE) != 0) | np.isnan(images)


def conversion(unit, pixel_area=None, integration_time=None, gain=None):
    """
    Factor that turns samples into flux.

    Parameters
    ----------
    unit : str
        Unit of the samples (``BUNIT``).
    pixel_area : float, optional
        Area of a pixel [sr], for MJy/sr.
    integration_time : float, optional
        Effective time of an integration [s], for DN/s.
    gain : ndarray of float32, shape (y, x), optional
        Gain [electron/DN], for DN/s.

    Returns
    -------
    factor : float, ndarray of float32 or None
        The factor; None for another unit, which is kept and of which a
        warning is logged.
    unit : str
        Unit of the fluxes.
    """
    if unit == "MJy/sr":
        return 1e6 * pixel_area, "Jy"
    if unit == "DN/s":
        return integration_time * gain, "electron"
    log.warning("BUNIT: found %s, expected MJy/sr or DN/s; fluxes are in %s", unit, unit)
    return None, unit
