"""Spatial profile of a spectrum from the image of a point source, and the search for its place."""

import logging
from dataclasses import dataclass

import numpy as np

from scripts.lib.spectra.profile_fit import ProfileFit, fit_columns

__all__ = ["PsfPlace", "find_shift", "place_psf", "psf_weights"]

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class PsfPlace:
    """
    Where the image of a point source is sampled; all arrays are (cross-dispersion, dispersion).

    Attributes
    ----------
    image : ndarray
        The image (position, wavelength).
    position, wavelength : ndarray
        Indices into it of the pixels of the cut-out.
    steps : float
        Positions in a pixel.
    rows, columns : slice
        The cut-out.
    shape : tuple of int
        Shape of the whole image.
    """

    image: np.ndarray
    position: np.ndarray
    wavelength: np.ndarray
    steps: float
    rows: slice
    columns: slice
    shape: tuple


def place_psf(psf, trace, wavelength, box, horizontal):
    """
    Place the image of a point source on a trace.

    Parameters
    ----------
    psf : PointSpread
        The image.
    trace : ndarray
        Position of the source (dispersion,) across the dispersion [pixels].
    wavelength : ndarray
        Wavelength image (cross-dispersion, dispersion) [um].
    box : tuple
        Ranges ``((x0, x1), (y0, y1))`` in which the world coordinates are valid [pixels].
    horizontal : bool
        Whether dispersion runs along x.

    Returns
    -------
    place : PsfPlace
        Indices of jwst 3.0.0, which are off by the lower limit of the box along x, half a pixel as
        a rule, whatever the direction of the dispersion; the shift of :func:`find_shift` compensates.
    """
    along, across = box if horizontal else box[::-1]
    rows, columns = (slice(*(int(np.ceil(limit)) for limit in part)) for part in (across, along))
    cut_out = wavelength[rows, columns]
    order = np.argsort(psf.wavelength)
    order = order[np.isfinite(psf.wavelength[order])]
    index = np.interp(cut_out, psf.wavelength[order], order, left=np.nan, right=np.nan)
    centre = psf.centre_row if horizontal else psf.centre_column
    offset = centre - psf.steps * (trace[columns] - box[0][0])
    position = psf.steps * np.arange(len(cut_out))[:, None] + offset
    image = psf.image if horizontal else psf.image.T
    return PsfPlace(image, position, index, psf.steps, rows, columns, wavelength.shape)


def psf_weights(place, shift):
    """
    Spatial profile in the cut-out.

    Parameters
    ----------
    place : PsfPlace
        Where the image is sampled.
    shift : float
        Shift of all positions [pixels].

    Returns
    -------
    weights : ndarray
        Profile with a sum of 1 in each column, or 0 where the image has nothing.
    """
    from scipy.ndimage import map_coordinates

    positions = place.position + shift * place.steps
    weights = map_coordinates(place.image, [positions, place.wavelength], order=1)
    total = np.nansum(weights, axis=0)
    weights = np.divide(weights, total, out=np.zeros_like(weights), where=total != 0)
    weights[~np.isfinite(weights)] = 0.0
    return weights


def find_shift(place, science, variance):
    """
    Find the shift that brings the profile closest to an image.

    Parameters
    ----------
    place : PsfPlace
        Where the profile is sampled.
    science, variance : ndarray
        Image and variance of its read noise in the cut-out.

    Returns
    -------
    shift : float
        Shift [pixels] at the end of a local search from 0 (Nelder-Mead of scipy) for the least
        sum of squared residuals over the variance of the read noise, with a constant background
        in each column.
    """
    from scipy.optimize import minimize

    def misfit(shift):
        weights = psf_weights(place, shift[0])
        fit = ProfileFit(weights, 0)
        _, coefficients = fit_columns(fit, science[None], [variance[None]])
        model = coefficients[0, :, 0] + coefficients[0, :, 1] * weights
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            return np.nansum((model - science) ** 2 / variance)

    return float(minimize(misfit, [0.0], method="Nelder-Mead").x[0])
