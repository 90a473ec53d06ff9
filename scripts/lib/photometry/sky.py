"""Sky coordinates and units of photometry tables."""

import numpy as np

from scripts.lib.errors import InputError
from scripts.lib.files.ecsv import unit_text
from scripts.lib.photometry.table import PhotometryTable

__all__ = ["add_sky", "check_units"]


def add_sky(table, wcs):
    """
    Add the sky coordinates of the aperture.

    Parameters
    ----------
    table : PhotometryTable
        Table of a segment, with ``aperture_x`` and ``aperture_y`` [pixels].
    wcs : callable
        World coordinates of the segment: of pixel positions x and y [deg].

    Returns
    -------
    table : PhotometryTable
        The table with ``aperture_ra_icrs`` and ``aperture_dec_icrs``; NaN
        where the position is, and outside the bounding box of the WCS.
    """
    x, y = table.columns["aperture_x"], table.columns["aperture_y"]
    sky = np.array(wcs(x, y)[:2], np.float64)
    sky[:, np.isnan(x) | np.isnan(y)] = np.nan
    names = "aperture_ra_icrs", "aperture_dec_icrs"
    return PhotometryTable(
        table.columns | dict(zip(names, sky, strict=True)),
        table.units | dict.fromkeys(names, "deg"),
        table.meta,
    )


def check_units(table, path):
    """
    Check that astropy knows the units of a table.

    Parameters
    ----------
    table : PhotometryTable
        The table.
    path : str
        Segment that it was measured on, for the message.

    Raises
    ------
    InputError
        If there is another unit.
    """
    for name, unit in table.units.items():
        try:
            unit_text(unit or "")
        except ValueError as error:
            msg = (
                f"{path}: BUNIT in SCI: found {unit!r} ({name}), "
                "expected MJy/sr, DN/s or another unit that astropy knows"
            )
            raise InputError(msg) from error
