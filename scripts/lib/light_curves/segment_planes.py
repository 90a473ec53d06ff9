"""What the moving profile reads of a segment."""

import numpy as np

from scripts.lib.fits.reader import open_fits
from scripts.lib.instruments.imaging import gain_section
from scripts.lib.instruments.modes import mode_of
from scripts.lib.light_curves.plane_reader import PlaneReader, crop_about

__all__ = ["open_planes", "planned_position"]

# Larger images are cut to so many pixels on either side of the star.
_REACH = 128


def planned_position(sci):
    """
    Position of the star that the observation planned.

    Parameters
    ----------
    sci : dict
        Keywords of the SCI extension.

    Returns
    -------
    position : tuple of float or None
        (x, y) from 0 [px]; None if XREF_SCI or YREF_SCI is missing.
    """
    found = sci.get("XREF_SCI"), sci.get("YREF_SCI")
    if not all(isinstance(value, int | float) and np.isfinite(value) for value in found):
        return None
    return found[0] - 1.0, found[1] - 1.0


def open_planes(file, gain_path=None):
    """
    Choose what is read of a segment.

    Parameters
    ----------
    file : FitsFile
        The segment.
    gain_path : str or Path, optional
        Gain reference, for images in DN/s.

    Returns
    -------
    reader : PlaneReader
        Of images the part about the planned position, at most 257 pixels wide, in
        electrons for data in DN/s.
    crop : tuple of slice
        That part.
    """
    sci, shape = file.header("SCI"), file.shape("SCI")[1:]
    whole = tuple(slice(0, length) for length in shape)
    if not mode_of(file.primary.get("EXP_TYPE")).is_imaging:
        return PlaneReader(file, whole), whole
    position, factor = planned_position(sci), None
    crop = crop_about(position, shape, _REACH) if position else whole
    if sci.get("BUNIT") == "DN/s" and gain_path:
        with open_fits(gain_path) as gain:
            rows, columns = gain_section(file.primary, shape, gain.hdus)
            values = gain.read("SCI", rows=rows)[:, columns]
        factor = (values * file.primary["EFFINTTM"]).astype(np.float32)
    return PlaneReader(file, crop, factor), crop
