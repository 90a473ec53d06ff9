"""Images of the apertures of NIRISS SOSS and their traces, in the file of a segment's spectra."""

from dataclasses import dataclass

import numpy as np

from scripts.lib.fits.cards import format_card
from scripts.lib.fits.extensions import image_cards, table_cards

__all__ = ["SossAperture", "append_apertures", "read_apertures"]

_APERTURE, _TRACE = "APERTURE", "TRACE"
_TRACE_COLUMNS = ("COLUMN", "ROW", "WAVELENGTH", "CONTAMINATION")


@dataclass(frozen=True)
class SossAperture:
    """
    Aperture and trace of one spectral order.

    Attributes
    ----------
    images : ndarray of float32, shape (2, y, x)
        Weights 0 to 1 of the pixels in the sum, and 1 where the background
        was measured.
    column, row : ndarray, shape (elements,)
        Column of each spectral element, and row of the trace there [pixels from 0].
    wavelength : ndarray, shape (elements,)
        Wavelength [um].
    contamination : ndarray, shape (elements,)
        Light of the other orders in the aperture over that of this order;
        NaN without models.
    """

    images: np.ndarray
    column: np.ndarray
    row: np.ndarray
    wavelength: np.ndarray
    contamination: np.ndarray


def append_apertures(product, scene, background, contamination):
    """
    Add apertures and traces to the file of a segment's spectra.

    Parameters
    ----------
    product : ProductWriter
        The file.
    scene : Scene
        Apertures and traces.
    background : ndarray
        Where the background was measured (rows, columns).
    contamination : dict of int to ndarray
        Of each order, the light of the other orders over its own (columns,).
    """
    for order, weights in scene.weights.items():
        images = np.stack([weights, background]).astype(">f4")
        cards = [*image_cards(_APERTURE, images.shape, -32, order), _order_card(order)]
        product.write(images.view(np.uint8), product.append_hdu(cards, images.nbytes))
    for order, geometry in scene.geometry.items():
        n_elements = len(geometry.trace_rows)
        rows = np.zeros(n_elements, [(name, ">f8") for name in _TRACE_COLUMNS])
        rows["COLUMN"], rows["ROW"] = np.arange(n_elements), geometry.trace_rows
        rows["WAVELENGTH"] = geometry.trace_wavelength
        rows["CONTAMINATION"] = contamination[order][:n_elements]
        cards = [*table_cards(_TRACE, rows, {"WAVELENGTH": "um"}, order), _order_card(order)]
        product.write(rows.view(np.uint8), product.append_hdu(cards, rows.nbytes))


def _order_card(order):
    """Card of the spectral order."""
    return format_card("SPORDER", order, "Spectral order number")


def read_apertures(file):
    """
    Read apertures and traces from the file of a segment's spectra.

    Parameters
    ----------
    file : FitsFile
        The file.

    Returns
    -------
    apertures : dict of int to SossAperture
        One for each spectral order; empty where the file has none.
    """
    found = {}
    for version in range(1, 1 + sum(hdu.name == _APERTURE for hdu in file.hdus)):
        images = file.read(_APERTURE, version=version)
        table = file.read_columns(_TRACE, list(_TRACE_COLUMNS), version)
        order = file.header(_APERTURE, version)["SPORDER"]
        found[order] = SossAperture(images, *(table[name] for name in _TRACE_COLUMNS))
    return found
