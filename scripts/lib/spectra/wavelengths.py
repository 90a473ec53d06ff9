"""Wavelength of every pixel of a segment."""

import numpy as np

from scripts.lib.errors import InputError
from scripts.lib.instruments.modes import mode_of
from scripts.lib.segment_data.wcs_cache import Floats
from scripts.lib.segment_data.world_coordinates import wavelength_image

__all__ = ["segment_wavelengths"]


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
        If the extension has another shape than SCI, or it or the world coordinates have no
        wavelengths of a spectrum of the mode.
    """
    shape = member.shape("SCI")[-2:]
    if "WAVELENGTH" in member:
        wavelength = member.read("WAVELENGTH")
        if wavelength.shape != shape:
            msg = f"{member.path}[WAVELENGTH]: shape {wavelength.shape}; expected {shape} as of SCI"
            raise InputError(msg)
        known = wavelength[~np.isnan(wavelength)]
        if known.any() or not known.size:
            # Pixels without a wavelength may be 0 or infinite.
            _check(member, known[np.isfinite(known) & (known != 0)], "[WAVELENGTH]")
            return wavelength
    wavelength = coordinates.evaluate(Floats(shape), wavelength_image, shape)
    known, source = wavelength[np.isfinite(wavelength)], "[ASDF]: world coordinates (meta.wcs)"
    _check(member, known, source)
    if known.size > 1 and known.min() == known.max():
        msg = f"{member.path}{source}: found the wavelength {known[0]:.4g} um everywhere, expected those of a spectrum"
        raise InputError(msg)
    return wavelength


def _check(member, known, source):
    """Raise if wavelengths are not those of a spectrum of the mode."""
    low, high = mode_of(member.primary.get("EXP_TYPE")).wavelengths
    if known.size and not (low <= known.min() and known.max() <= high):
        msg = (
            f"{member.path}{source}: found wavelengths from {known.min():.4g} to "
            f"{known.max():.4g} um, expected them within {low:g} to {high:g}"
        )
        raise InputError(msg)
