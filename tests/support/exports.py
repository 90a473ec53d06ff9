"""Products of our own that are small enough to know every number."""

import numpy as np
from astropy.io import fits

LENGTH, ELEMENTS = 6, 4


def light_curve_columns(labels):
    """
    Columns of a light-curve table.

    Parameters
    ----------
    labels : list of (str, int)
        Detector and order of each curve.

    Returns
    -------
    columns : dict of str to ndarray
        Those that exports read; the flux of curve k is 100 k + 1 at its first integration.
    """
    parts = []
    for number, (detector, order) in enumerate(labels):
        count = np.arange(LENGTH, dtype=float)
        values = {"bjd_tdb": 59770.004, "mjd_utc": 59770.0, "flux_corrected": 100.0 * number + 1.0}
        values |= {"flux_corrected_error": 0.1, "x": 30.0, "y": 40.0, "width": 1.5}
        part = {"detector": np.full(LENGTH, detector), "order": np.full(LENGTH, order)}
        part |= {name: first + 0.01 * count for name, first in values.items()}
        parts.append(part | {"quality": np.where(count == 2, 16, 0)})
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def write_images(path, table, labels):
    """
    Write a product of spectra or bins.

    Parameters
    ----------
    path : Path
        The file.
    table : str
        ``SPECTRUM`` or ``BINS``.
    labels : list of (str, int)
        Detector and order of each curve.

    Notes
    -----
    The flux of curve k at integration t and element x is 100 k + t + 10 x, the error a tenth of 1 + x;
    the last element has no flux in integration 3, and is partly filled in at integration 4.
    """
    hdus = [fits.PrimaryHDU()]
    time, element = np.arange(LENGTH)[:, None], np.arange(ELEMENTS)[None]
    for number, (detector, order) in enumerate(labels):
        about = fits.Header([("DETECTOR", detector), ("SPORDER", order), ("BUNIT", "Jy")])
        flux, quality = (
            100.0 * number + time + 10.0 * element,
            np.zeros((LENGTH, ELEMENTS), np.uint8),
        )
        flux[3, -1] = np.nan
        quality[3, -1], quality[4, -1] = 1, 4
        error = 0.1 * (1.0 + element) + np.zeros((LENGTH, 1))
        dtype = [("WAVELENGTH", "f8"), ("COLUMN", "i8"), ("LOWER", "f8"), ("UPPER", "f8")]
        axes = np.zeros(ELEMENTS, dtype)
        axes["WAVELENGTH"] = 3.0 - 0.1 * np.arange(ELEMENTS)
        axes["COLUMN"] = 500 + np.arange(ELEMENTS)
        axes["LOWER"], axes["UPPER"] = axes["WAVELENGTH"] - 0.05, axes["WAVELENGTH"] + 0.05
        hdus.append(fits.BinTableHDU(axes, name=table, ver=number + 1))
        for name, image in (("FLUX", flux), ("ERROR", error), ("QUALITY", quality)):
            hdus.append(fits.ImageHDU(image, about, name=name, ver=number + 1))
    fits.HDUList(hdus).writeto(path)
