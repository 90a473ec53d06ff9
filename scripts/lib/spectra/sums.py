"""Sums of samples over an aperture, and the spectra that follow from them."""

import logging
from dataclasses import dataclass

import numpy as np

from scripts.lib.segment_data.dq import DO_NOT_USE
from scripts.lib.spectra.background import fit_background
from scripts.lib.spectra.blocks import VARIANCES
from scripts.lib.spectra.profile_fit import fit_columns
from scripts.lib.spectra.table import CALIBRATED_UNITS, COUNT_RATE_UNITS

__all__ = [
    "Calibration",
    "Sums",
    "correct_aperture",
    "extract_spectra",
    "make_calibration",
    "segment_calibration",
    "spectrum_columns",
    "sum_aperture",
]

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Sums:
    """
    Sums over the aperture, each (integrations, elements).

    Attributes
    ----------
    flux : ndarray
        Weighted sum of the data; NaN without valid pixels.
    npixels : ndarray
        Sum of the weights of the valid pixels.
    variances : ndarray
        Variances (variances, integrations, elements) of ``flux``.
    background : ndarray
        Sum of the background that was subtracted, 0 if none.
    background_variances : ndarray
        Part of ``variances`` that comes from the background.
    """

    flux: np.ndarray
    npixels: np.ndarray
    variances: np.ndarray
    background: np.ndarray
    background_variances: np.ndarray

    def take(self, elements):
        """Keep only some elements of the spectrum."""
        return Sums(*(array[..., elements] for array in vars(self).values()))


@dataclass(frozen=True)
class Calibration:
    """
    Conversion of sums to physical units.

    Attributes
    ----------
    flux : float
        Factor from sum to flux.
    background : float
        Factor from mean to brightness of the background.
    surface_brightness : bool
        Whether the mean is a surface brightness; if not, that is set to 0.
    units : dict
        Units of the table's columns.
    """

    flux: float
    background: float
    surface_brightness: bool
    units: dict


def sum_aperture(science, variances, weights, level=None, level_variances=None):
    """
    Sum the pixels of the aperture across dispersion.

    Parameters
    ----------
    science : ndarray
        Data (integrations, cross-dispersion, dispersion), float32. Pixels
        that are not finite are left out, and nothing compensates for them.
    variances : sequence of ndarray
        Variances of the same shape; NaN counts as 0.
    weights : ndarray
        Weights 0 to 1 (cross-dispersion, dispersion).
    level : ndarray, optional
        Background to subtract, that broadcasts to the shape of ``science``.
        Pixels where it is not finite are left out as well.
    level_variances : ndarray, optional
        Variances (variances, integrations, dispersion) of the background
        summed over the aperture.

    Returns
    -------
    sums : Sums
        Float64 sums; variances add up with squared weights.

    Examples
    --------
    The second pixel of the second column is missing, and a background of 1 is subtracted:

    >>> science = np.array([[[1, 10], [2, np.nan], [3, 30]]], np.float32)
    >>> weights = np.array([[0.5, 0.5], [1.0, 1.0], [0.0, 0.5]])
    >>> sums = sum_aperture(science, [np.ones((1, 3, 2))], weights)
    >>> sums.flux
    array([[ 2.5, 20. ]])
    >>> sums.npixels
    array([[1.5, 1. ]])
    >>> sums.variances[0]
    array([[1.25, 0.5 ]])
    >>> level, known = np.ones((1, 1, 2)), np.zeros((1, 1, 2))
    >>> sum_aperture(science, [np.ones((1, 3, 2))], weights, level, known).flux
    array([[ 1., 19.]])
    """
    with np.errstate(invalid="ignore"):
        difference = science if level is None else science - level
    used = np.isfinite(difference) & (weights > 0)
    npixels = np.einsum("tyx,yx->tx", used, weights)
    flux = np.einsum("tyx,yx->tx", np.where(used, difference, 0), weights)
    flux[npixels <= 1e-8] = np.nan
    squared = weights**2
    summed = np.array(
        [
            np.einsum("tyx,yx->tx", np.where(used & ~np.isnan(variance), variance, 0), squared)
            for variance in variances
        ]
    )
    if level is None:
        return Sums(flux, npixels, summed, np.zeros_like(flux), np.zeros_like(summed))
    summed += level_variances
    if level.shape[1] == 1:
        with np.errstate(invalid="ignore"):
            background = level[:, 0] * npixels
    else:
        background = np.einsum("tyx,yx->tx", np.where(used, level, 0), weights)
    background[~np.isfinite(background)] = 0.0
    return Sums(flux, npixels, summed, background, level_variances)


def extract_spectra(extraction, science, variances):
    """
    Extract the spectra of a block of integrations.

    Parameters
    ----------
    extraction : Extraction
        Aperture and background.
    science : ndarray
        Data (integrations, rows, columns) of the part named by ``extraction``, with
        dispersion along the last axis.
    variances : sequence of ndarray
        Variances of the same shape.

    Returns
    -------
    sums : Sums
        One value for each integration and element of the spectrum.
    """
    if extraction.fit is not None:
        sums, _ = fit_columns(extraction.fit, science, variances)
        return Sums(**sums).take(extraction.elements)
    level, level_variances = None, None
    if extraction.background is not None:
        rows = extraction.background_rows
        level, level_variances = fit_background(
            extraction.background,
            science[:, rows],
            [variance[:, rows] for variance in variances],
            any_nan=np.isnan(science).any(axis=(1, 2))
            if extraction.background.smoothing_length
            else True,
        )
    rows = extraction.aperture_rows
    sums = sum_aperture(
        science[:, rows],
        [variance[:, rows] for variance in variances],
        extraction.weights,
        level,
        level_variances,
    )
    return sums.take(extraction.elements)


def spectrum_columns(sums, calibration):
    """
    Turn sums into the columns of the spectrum.

    Parameters
    ----------
    sums : Sums
        Sums (integrations, elements).
    calibration : Calibration
        Factors.

    Returns
    -------
    columns : dict of str to ndarray
        Columns of the EXTRACT1D table that hold flux, surface brightness,
        background, DQ and NPIXELS. DQ is 1 (DO_NOT_USE) where the flux is NaN.
    """
    pixels = np.where(sums.npixels > 0, sums.npixels, 1.0)
    background_variances = sums.background_variances * calibration.background**2 / pixels**2
    columns = {"FLUX": sums.flux * calibration.flux}
    columns |= _error_columns("FLUX", sums.variances * calibration.flux**2)
    if calibration.surface_brightness:
        columns["SURF_BRIGHT"] = sums.flux / pixels
        variances = sums.variances / pixels**2
    else:
        columns["SURF_BRIGHT"] = np.zeros_like(sums.flux)
        variances = np.zeros_like(sums.variances)
    columns |= _error_columns("SB", variances)
    columns["BACKGROUND"] = sums.background / pixels * calibration.background
    columns |= _error_columns("BKGD", background_variances)
    columns["DQ"] = np.where(np.isnan(sums.flux), DO_NOT_USE, 0)
    columns["NPIXELS"] = sums.npixels
    return columns


def correct_aperture(columns, correction):
    """
    Multiply flux and surface brightness by an aperture correction, in place.

    Parameters
    ----------
    columns : dict of str to ndarray
        Columns (integrations, elements) of :func:`spectrum_columns`.
    correction : ndarray
        Factors (integrations, elements) or (elements,); squared for variances.
    """
    for name in ("FLUX", "FLUX_ERROR", "SURF_BRIGHT", "SB_ERROR"):
        columns[name] *= correction
    for prefix in ("FLUX", "SB"):
        for name in VARIANCES:
            columns[f"{prefix}_{name}"] *= correction**2


def make_calibration(photom_done, nirspec_point, solid_angle):
    """
    Choose the conversion of sums to physical units.

    Parameters
    ----------
    photom_done : bool
        Whether the data are calibrated: MJy for point sources of NIRSpec, else
        MJy/sr. If not, they are count rates.
    nirspec_point : bool
        Whether this is a point source of NIRSpec.
    solid_angle : float
        Solid angle of a pixel [sr].

    Returns
    -------
    calibration : Calibration
        Factors to Jy and MJy/sr, or 1.
    """
    if not photom_done:
        return Calibration(1.0, 1.0, True, COUNT_RATE_UNITS)
    if nirspec_point:
        return Calibration(1e6, 1.0 / solid_angle, False, CALIBRATED_UNITS)
    return Calibration(1e6 * solid_angle, 1.0, True, CALIBRATED_UNITS)


def segment_calibration(member, source_type):
    """
    Choose the conversion of a segment's sums to physical units by its headers.

    Parameters
    ----------
    member : FitsFile
        The segment: ``S_PHOTOM`` and ``INSTRUME`` of its primary header, ``PIXAR_SR`` of SCI.
        Without the latter, 1 sr is assumed, with a warning.
    source_type : str
        ``SRCTYPE`` of the source.

    Returns
    -------
    calibration : Calibration
        As for :func:`make_calibration`.
    """
    primary, solid_angle = member.primary, member.header("SCI").get("PIXAR_SR")
    photom_done = str(primary.get("S_PHOTOM")).upper() == "COMPLETE"
    if not photom_done:
        log.warning("%s: photom was not done; the spectra are count rates", member.path)
    elif solid_angle is None:
        log.warning("%s[SCI]: PIXAR_SR is missing; assuming 1 sr", member.path)
        solid_angle = 1.0
    nirspec_point = primary.get("INSTRUME") == "NIRSPEC" and source_type == "POINT"
    return make_calibration(photom_done, nirspec_point, solid_angle)


def _error_columns(prefix, variances):
    """Columns of three variances and of the error, the root of their sum."""
    names = [f"{prefix}_{name}" for name in VARIANCES]
    error = np.sqrt(variances.sum(axis=0))
    return {f"{prefix}_ERROR": error, **dict(zip(names, variances, strict=True))}
