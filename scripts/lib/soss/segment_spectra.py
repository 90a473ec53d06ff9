"""Tables of the spectra of a NIRISS SOSS segment, one for each order."""

import numpy as np

from scripts.lib.soss.table import soss_cards, soss_rows
from scripts.lib.spectra.table import row_dtype

__all__ = ["SegmentSpectra"]


class SegmentSpectra:
    """
    Write the spectra of a segment block by block.

    Parameters
    ----------
    product : ProductWriter
        Open product with its primary header.
    scene : Scene
        Traces and apertures.
    conversions : dict of int to ndarray
        Factors to MJy of the orders that are calibrated.
    columns : dict
        ``INT_NUM``, times (integrations,) and ``SEGMENT``.
    """

    def __init__(self, product, scene, conversions, columns):
        self._product, self._conversions, self._columns = product, conversions, columns
        self._wavelengths = {
            order: geometry.trace_wavelength for order, geometry in scene.geometry.items()
        }
        n_integrations = len(columns["INT_NUM"])
        self._offsets = {}
        for order, wavelength in self._wavelengths.items():
            cards = soss_cards(n_integrations, len(wavelength), order, order in conversions)
            size = n_integrations * row_dtype(len(wavelength)).itemsize
            self._offsets[order] = product.append_hdu(cards, size)

    def write(self, spectra, background, block):
        """
        Write the rows of some integrations.

        Parameters
        ----------
        spectra : dict of int to Spectra
            Spectra of each order.
        background : ndarray
            Background (integrations, columns).
        block : slice
            The integrations.
        """
        columns = {
            name: values if np.ndim(values) == 0 else values[block]
            for name, values in self._columns.items()
        }
        for order, wavelength in self._wavelengths.items():
            rows = soss_rows(
                spectra[order], background, wavelength, self._conversions.get(order), columns
            )
            offset = self._offsets[order] + block.start * rows.dtype.itemsize
            self._product.write(rows.view(np.uint8), offset)
