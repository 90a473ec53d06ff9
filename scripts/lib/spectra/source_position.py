"""
Position of the source across dispersion, from the header.

For NIRSpec data with horizontal dispersion, whose WCS contains the plane of
the slit (frame ``slit_frame``), and for data with vertical dispersion, whose
source is given on the sky. Columns here run along dispersion, rows across.
"""

import logging
from typing import NamedTuple

import numpy as np

__all__ = ["SourcePosition", "central_trace", "locate_on_sky", "locate_source"]

log = logging.getLogger(__name__)

_METRES_PER_MICRON = 1e-6


class SourcePosition(NamedTuple):
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
    across = np.arange(round(box[1][1]), dtype=float)
    # Before resampling, NIRSpec's slit plane counts wavelengths in metres.
    unit = _METRES_PER_MICRON if "gwa" in wcs.available_frames else 1.0
    wavelength = unit * _mean(wcs(np.full(len(across), sum(box[0]) / 2.0), across)[2])
    return _locate(box, box, n_columns, wavelength, _slit_transforms(wcs, slit_position))


def _slit_transforms(wcs, slit_position):
    """Functions from pixels to wavelengths, and from wavelengths at a position in the slit to pixels."""
    to_detector = wcs.get_transform("slit_frame", "detector")

    def to_wavelength(x, y):
        return wcs.get_transform("detector", "slit_frame")(x, y)[2]

    def to_pixels(values):
        return to_detector(*(np.full(values.shape, part) for part in slit_position), values)

    return to_wavelength, to_pixels


def locate_on_sky(wcs, box, n_rows, sky_position):
    """
    Find the source in an image with vertical dispersion by its position on the sky.

    Parameters
    ----------
    wcs : gwcs.WCS
        World coordinates with an inverse.
    box : tuple
        Ranges ``((x0, x1), (y0, y1))`` in which the WCS is valid [pixels].
    n_rows : int
        Number of rows of the image.
    sky_position : tuple of float
        Right ascension and declination [deg] (DITH_RA, DITH_DEC).

    Returns
    -------
    position : SourcePosition or None
        As of :func:`locate_source`, with the image's rows as columns.
    """
    across = np.arange(round(box[0][1]), dtype=float)
    wavelength = _mean(wcs(across, np.full(len(across), sum(box[1]) / 2.0))[2])
    return _locate(box, box[::-1], n_rows, wavelength, _sky_transforms(wcs, sky_position))


def _sky_transforms(wcs, sky_position):
    """Functions from pixels to wavelengths, and from wavelengths at a sky position to pixels (y, x)."""

    def to_wavelength(x, y):
        return wcs(x, y)[2]

    def to_pixels(values):
        sky = (np.full(values.shape, part) for part in sky_position)
        return wcs.backward_transform(*sky, values)[::-1]

    return to_wavelength, to_pixels


def central_trace(wcs, box, length, horizontal, source_from):
    """
    Trace of a source in the middle of the slit, or of the image.

    Parameters
    ----------
    wcs : gwcs.WCS
        World coordinates.
    box : tuple
        Ranges ``((x0, x1), (y0, y1))`` in which the WCS is valid [pixels].
    length : int
        Pixels of the image along the dispersion.
    horizontal : bool
        Whether dispersion runs along x.
    source_from : str or None
        Which frame the trace follows: ``slit`` or ``dither`` as of a mode, else it is straight.

    Returns
    -------
    trace : ndarray
        Position (length,) across the dispersion [pixels]; NaN outside the box.
    """
    along, across = box if horizontal else box[::-1]
    middle = (along[0] + along[1]) / 2.0
    pixels = np.arange(round(across[1]), dtype=float)
    centre = _centre_across(wcs, middle, pixels, horizontal)
    x, y = (middle, centre) if horizontal else (centre, middle)
    if source_from == "slit":
        position = wcs.get_transform("detector", "slit_frame")(x, y)[:2]
        return _trace(box, along, length, _slit_transforms(wcs, position))
    if source_from == "dither":
        return _trace(box, along, length, _sky_transforms(wcs, wcs(x, y)[:2]))
    trace = np.full(length, np.nan)
    first = max(int(np.ceil(along[0])), 0)
    trace[first : first + int(along[1] - along[0])] = centre
    return trace


def _centre_across(wcs, middle, pixels, horizontal):
    """Pixel across the dispersion with the mean wavelength of the middle of the box."""
    others = np.full(len(pixels), middle)
    x, y = (others, pixels) if horizontal else (pixels, others)
    wavelengths = np.asarray(wcs(x, y)[2], float)
    order = np.argsort(wavelengths)
    order = order[np.isfinite(wavelengths[order])]
    mean = _mean(wavelengths)
    if not len(order):
        return float(pixels.mean())
    if np.allclose(wavelengths[order], mean):
        return float(pixels[order].mean())
    return float(np.interp(mean, wavelengths[order], pixels[order]))


def _mean(wavelengths):
    """Mean of wavelengths, NaN if none is finite."""
    wavelengths = np.asarray(wavelengths)
    return np.nanmean(wavelengths) if np.isfinite(wavelengths).any() else np.nan


def _locate(box, ranges, n_columns, wavelength, transforms):
    """Position at a wavelength, and trace; `box` has the ranges of x and y, `ranges` those along and across."""
    (low, high), limits = ranges
    row = float(transforms[1](np.array(wavelength))[1])
    if np.isnan(row):
        log.warning("the WCS gives no position of the source; the aperture is not shifted")
        return None
    if not limits[0] <= row <= limits[1]:
        log.warning(
            "the source is at row %.2f, outside the bounding box %s..%s; the aperture is not shifted",
            row,
            *limits,
        )
        return None
    trace = _trace(box, (low, high), n_columns, transforms)
    return SourcePosition(int(np.round((low + high) / 2.0)), row, trace)


def _trace(box, along, n_columns, transforms):
    """Row of the source in every column of the image."""
    from gwcs.wcstools import grid_from_bounding_box
    from scipy.interpolate import interp1d

    to_wavelength, to_pixels = transforms
    length = int(along[1] - along[0])
    wavelengths = to_wavelength(*grid_from_bounding_box(box))
    wavelengths = np.linspace(np.nanmin(wavelengths), np.nanmax(wavelengths), length)
    columns, rows = to_pixels(wavelengths)
    resampled = interp1d(columns, rows, fill_value="extrapolate")(np.arange(length))
    trace = np.full(n_columns, np.nan)
    first = max(int(np.ceil(along[0])), 0)
    trace[first : first + length] = resampled[: n_columns - first]
    return trace
