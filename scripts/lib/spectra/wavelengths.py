"""Wavelength of every pixel of a segment."""

import numpy as np

from scripts.lib.errors import InputError
from scripts.lib.segment_data.wcs_cache import Floats
from scripts.lib.segment_data.world_coordinates import wavelength_image

__all__ = ["segment_wavelengths"]

# Far beyond those of any instrument [um].
_WAVELENGTHS = (0.1, 1000)


def segment_wavelengths(member, coordinates):
    """
    Wavelength of every pixel of a segment.

    Parameters
    ----------
    member : FitsFile
        The segment.
    coordinates : WorldCoordinates
        Its world coordinates.

    Returns
    -------
    wavelength : ndarray
        Wavelength (y, x) [um] of the WAVELENGTH extension if it is filled, else of the world
        coordinates; NaN where there is none.

    Raises
    ------
    InputError
        If the extension has another shape than SCI, or the world coordinates no wavelengths of
        a spectrum.
    """
    shape = member.shape("SCI")[-2:]
    if "WAVELENGTH" in member:
        wavelength = member.read("WAVELENGTH")
        if wavelength.shape != shape:
            msg = f"{member.path}[WAVELENGTH]: shape {wavelength.shape}; expected {shape} as of SCI"
            raise InputError(msg)
        known = wavelength[~np.isnan(wavelength)]
        if known.any() or not known.size:
            return wavelength
    wavelength = coordinates.evaluate(Floats(shape), wavelength_image, shape)
    _check(member, wavelength[np.isfinite(wavelength)])
    return wavelength


def _check(member, known):
    """Raise if the wavelengths of the world coordinates are not those of a spectrum."""
    low, high = _WAVELENGTHS
    if known.size and not (low <= known.min() and known.max() <= high):
        msg = (
            f"{member.path}[ASDF]: world coordinates (meta.wcs): found wavelengths from "
            f"{known.min():.4g} to {known.max():.4g} um, expected them within {low} to {high}"
        )
        raise InputError(msg)
    if known.size > 1 and known.min() == known.max():
        msg = f"{member.path}[ASDF]: world coordinates (meta.wcs): found the wavelength {known[0]:.4g} um everywhere, expected those of a spectrum"
        raise InputError(msg)
