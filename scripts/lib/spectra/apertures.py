"""
Apertures of box extraction, from the EXTRACT1D reference and the user's options.

Limits are named by dispersion and cross-dispersion, whichever of x and y these
are in the data.
"""

import logging
from dataclasses import dataclass, replace

import numpy as np

from scripts.lib.references.aperture_limits import follows_source
from scripts.lib.references.extract1d import (
    background_fit,
    number,
    polynomials,
    subtracts_background,
)

__all__ = [
    "HORIZONTAL",
    "Aperture",
    "boxcar_length",
    "make_aperture",
    "shift_aperture",
    "whole_array",
]

log = logging.getLogger(__name__)

# Value of DISPAXIS for a dispersion along x.
HORIZONTAL = 1


@dataclass(frozen=True)
class Aperture:
    """
    Where to sum the spectrum and where to measure the background.

    Attributes
    ----------
    dispersion_start, dispersion_stop, cross_start, cross_stop : float
        Inclusive limits [pixels, from 0 at the centre of the first].
    source_coefficients, background_coefficients : tuple of tuple of float or None
        Polynomials of alternating lower and upper limits across dispersion,
        constant term first.
    independent_variable : str
        Argument of the polynomials: ``pixel`` (along dispersion) or
        ``wavelength``.
    width : float or None
        Full width of the aperture across dispersion [pixels].
    trace : ndarray or None
        Centre of the source (elements,) across dispersion [pixels].
    subtract_background : bool
        Whether a background is subtracted.
    background_fit : str
        ``poly`` or ``median``.
    background_order : int
        Order of the polynomial.
    smoothing_length : int
        Length of the boxcar along dispersion [pixels], 0 for none.
    use_source_position : bool
        Whether the aperture follows the source position of the header.
    position_offset : float
        User's shift across dispersion [pixels].
    """

    dispersion_start: float
    dispersion_stop: float
    cross_start: float
    cross_stop: float
    source_coefficients: tuple | None = None
    background_coefficients: tuple | None = None
    independent_variable: str = "pixel"
    width: float | None = None
    trace: np.ndarray | None = None
    subtract_background: bool = False
    background_fit: str = "poly"
    background_order: int = 0
    smoothing_length: int = 0
    use_source_position: bool = False
    position_offset: float = 0.0


def whole_array(shape):
    """
    Aperture where no EXTRACT1D reference applies: all pixels, no background.

    Parameters
    ----------
    shape : tuple of int
        Shape (cross-dispersion, dispersion).

    Returns
    -------
    aperture : Aperture
        The whole array.
    """
    return Aperture(0, shape[1] - 1, 0, shape[0] - 1)


def make_aperture(entry, shape, dispersion_axis, options, exp_type, source_type):
    """
    Combine an aperture of the reference with the user's options.

    Parameters
    ----------
    entry : dict
        Aperture of the EXTRACT1D reference.
    shape : tuple of int
        Shape (cross-dispersion, dispersion).
    dispersion_axis : int
        1 if dispersion runs along x, 2 if along y.
    options : dict
        Options of the step extract_1d; None stands for "as the reference says".
    exp_type, source_type : str or None
        Keywords EXP_TYPE and SRCTYPE.

    Returns
    -------
    aperture : Aperture
        Limits before any shift to the source position.

    Raises
    ------
    ApertureError
        If a value of the reference has the wrong type or is not allowed.
    """
    ny, nx = shape if dispersion_axis == HORIZONTAL else shape[::-1]
    x_limits = (number(entry, "xstart", 0), number(entry, "xstop", nx - 1))
    y_limits = (number(entry, "ystart", 0), number(entry, "ystop", ny - 1))
    along, across = (x_limits, y_limits) if dispersion_axis == HORIZONTAL else (y_limits, x_limits)
    background = polynomials(entry, "bkg_coeff")
    subtract = subtracts_background(background, options)
    fit, order = background_fit(entry, options) if subtract else ("poly", 0)
    return Aperture(
        *along,
        *across,
        source_coefficients=polynomials(entry, "src_coeff"),
        background_coefficients=background,
        independent_variable=str(entry.get("independent_var", "pixel")).lower(),
        width=number(entry, "extract_width", None),
        subtract_background=subtract,
        background_fit=fit,
        background_order=order,
        smoothing_length=boxcar_length(
            _first_given(options.get("smoothing_length"), number(entry, "smoothing_length", 0))
        ),
        use_source_position=follows_source(entry, options, exp_type, source_type),
        position_offset=float(options.get("position_offset") or 0.0),
    )


def _first_given(*values):
    """First value that is not None."""
    return next((value for value in values if value is not None), None)


def boxcar_length(length):
    """
    Round a smoothing length to one that a centred boxcar can have.

    Parameters
    ----------
    length : float
        Requested length [pixels].

    Returns
    -------
    length : int
        Odd number of at least 3, or 0 for no smoothing.
    """
    rounded = int(np.round(length))
    allowed = 0 if rounded < 3 else rounded - 1 + rounded % 2
    if allowed != length:
        log.warning("smoothing_length %s is not an odd number above 2; using %d", length, allowed)
    return allowed


def shift_aperture(aperture, offset, shift_trace=True):
    """
    Shift an aperture and its background across dispersion.

    Parameters
    ----------
    aperture : Aperture
        The aperture; it is not changed.
    offset : float
        Shift [pixels].
    shift_trace : bool, optional
        Whether the trace of the source is shifted as well.

    Returns
    -------
    aperture : Aperture
        The shifted aperture.
    """
    trace = aperture.trace
    return replace(
        aperture,
        cross_start=aperture.cross_start + offset,
        cross_stop=aperture.cross_stop + offset,
        source_coefficients=_shift_polynomials(aperture.source_coefficients, offset),
        background_coefficients=_shift_polynomials(aperture.background_coefficients, offset),
        trace=trace + offset if shift_trace and trace is not None else trace,
    )


def _shift_polynomials(polynomials, offset):
    """Add an offset to every constant term."""
    if polynomials is None:
        return None
    return tuple((constant + offset, *rest) for constant, *rest in polynomials)
