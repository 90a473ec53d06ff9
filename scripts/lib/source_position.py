"""
Position of the source across dispersion, from the slit position in the header.

For NIRSpec data with horizontal dispersion, whose WCS contains the plane of
the slit (frame ``slit_frame``).
"""

import logging
from dataclasses import dataclass

import numpy as np

log = logging.getLogger(__name__)

_METRES_PER_MICRON = 1e-6


@dataclass(frozen=True)
class SourcePosition:
    """
    Where the source is on the detector.

    Attributes
    ----------
    column : int
        Middle column of the bounding box [pixels].
    row : float
        Row of the source in that column [pixels].
    trace : ndarray
        Row of the source in each column (columns,) [pixels]; NaN outside the
        bounding box.
    """

    column: int
    row: float
    trace: np.ndarray


def locate_source(wcs, box, n_columns, slit_position):
    """
    Find the source in a NIRSpec cut-out by its position in the slit.

    Parameters
    ----------
    wcs : gwcs.WCS
        World coordinates with the frames ``detector`` and ``slit_frame``.
    box : tuple
        Ranges ``((x0, x1), (y0, y1))`` in which the WCS is valid [pixels].
    n_columns : int
        Number of columns of the image.
    slit_position : tuple of float
        Position of the source in the slit (SRCXPOS, SRCYPOS).

    Returns
    -------
    position : SourcePosition or None
        None if the WCS gives no position, or one outside the box.

    Notes
    -----
    The row is that of the mean wavelength of the middle column. The trace
    follows wavelengths spaced evenly over those of the box, and is resampled
    to columns counted from the first of the box (behaviour of jwst 3.0.0).
    """
    (x_low, x_high), (y_low, y_high) = box
    middle = (x_low + x_high) / 2.0
    wavelength = _mean_wavelength(wcs, middle, round(y_high))
    # Before resampling, NIRSpec's slit plane counts wavelengths in metres.
    unit = _METRES_PER_MICRON if "gwa" in wcs.available_frames else 1.0
    to_detector = wcs.get_transform("slit_frame", "detector")
    row = float(to_detector(*slit_position, wavelength * unit)[1])
    if np.isnan(row):
        log.warning("the WCS gives no position of the source; the aperture is not shifted")
        return None
    if not y_low <= row <= y_high:
        log.warning(
            "the source is at row %.2f, outside the bounding box %s..%s; the aperture is not shifted",
            row,
            y_low,
            y_high,
        )
        return None
    trace = _trace(wcs, to_detector, box, n_columns, slit_position)
    return SourcePosition(int(np.round(middle)), row, trace)


def _mean_wavelength(wcs, column, n_rows):
    """Mean wavelength of a column [um], NaN if it has none."""
    rows = np.arange(n_rows, dtype=float)
    wavelengths = np.asarray(wcs(np.full(n_rows, column), rows)[2])
    return np.nanmean(wavelengths) if np.isfinite(wavelengths).any() else np.nan


def _trace(wcs, to_detector, box, n_columns, slit_position):
    """Row of the source in every column of the image."""
    from gwcs.wcstools import grid_from_bounding_box
    from scipy.interpolate import interp1d

    x_low, x_high = box[0]
    length = int(x_high - x_low)
    wavelengths = wcs.get_transform("detector", "slit_frame")(*grid_from_bounding_box(box))[2]
    wavelengths = np.linspace(np.nanmin(wavelengths), np.nanmax(wavelengths), length)
    columns, rows = to_detector(
        np.full(length, slit_position[0]), np.full(length, slit_position[1]), wavelengths
    )
    resampled = interp1d(columns, rows, fill_value="extrapolate")(np.arange(length))
    trace = np.full(n_columns, np.nan)
    first = max(int(np.ceil(x_low)), 0)
    trace[first : first + length] = resampled[: n_columns - first]
    return trace
