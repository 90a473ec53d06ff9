"""Rule extract_1d: sum the spectrum of every integration of a segment (crfints to spectra)."""

import logging
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from scripts.lib.aperture_correction import correction_by_phase, correction_by_size, read_row
from scripts.lib.apertures import read_reference
from scripts.lib.background import fit_background
from scripts.lib.dq import DO_NOT_USE, unify_nan_and_dq
from scripts.lib.errors import InputError
from scripts.lib.extraction_setup import prepare
from scripts.lib.fits_blocks import ProductWriter, open_fits
from scripts.lib.fits_cards import set_card
from scripts.lib.int_times import integration_times
from scripts.lib.spectrum_table import (
    CALIBRATED_UNITS,
    COUNT_RATE_UNITS,
    fill_rows,
    row_dtype,
    table_cards,
)
from scripts.lib.wcs import cross_dispersion_scale

log = logging.getLogger(__name__)

VARIANCES = ("VAR_POISSON", "VAR_RNOISE", "VAR_FLAT")
# Data of a block that the arithmetic still finds in the processor's cache.
_BLOCK_BYTES = 4 << 20


@dataclass(frozen=True)
class Sums:
    """
    Sums over the aperture, each (integrations, elements).

    Attributes
    ----------
    flux : ndarray
        Weighted sum of the data; NaN where no pixel is left.
    npixels : ndarray
        Sum of the weights of the pixels that are left.
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
        that are not finite are left out, and nothing makes up for them.
    variances : sequence of ndarray
        Variances of the same shape; NaN counts as 0.
    weights : ndarray
        Weights 0 to 1 (cross-dispersion, dispersion).
    level : ndarray, optional
        Background to subtract, that broadcasts to the shape of ``science``.
        Pixels where it is not finite are left out, too.
    level_variances : ndarray, optional
        Variances (variances, integrations, dispersion) of the background
        summed over the aperture.

    Returns
    -------
    sums : Sums
        Float64 sums; variances add up with squared weights.
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


def extract_spectra(setup, science, variances):
    """
    Extract the spectra of a block of integrations.

    Parameters
    ----------
    setup : Setup
        Aperture and background.
    science : ndarray
        Data (integrations, rows, columns) of the part ``setup`` names, with
        dispersion along the last axis.
    variances : sequence of ndarray
        Variances of the same shape.

    Returns
    -------
    sums : Sums
        One value for each integration and element of the spectrum.
    """
    level, level_variances = None, None
    if setup.background is not None:
        rows = setup.background_rows
        level, level_variances = fit_background(
            setup.background, science[:, rows], [variance[:, rows] for variance in variances]
        )
    rows = setup.aperture_rows
    sums = sum_aperture(
        science[:, rows],
        [variance[:, rows] for variance in variances],
        setup.weights,
        level,
        level_variances,
    )
    return sums.take(setup.elements)


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
    columns |= _with_error("FLUX", sums.variances * calibration.flux**2)
    if calibration.surface_brightness:
        columns["SURF_BRIGHT"] = sums.flux / pixels
        variances = sums.variances / pixels**2
    else:
        columns["SURF_BRIGHT"] = np.zeros_like(sums.flux)
        variances = np.zeros_like(sums.variances)
    columns |= _with_error("SB", variances)
    columns["BACKGROUND"] = sums.background / pixels * calibration.background
    columns |= _with_error("BKGD", background_variances)
    columns["DQ"] = np.where(np.isnan(sums.flux), DO_NOT_USE, 0)
    columns["NPIXELS"] = sums.npixels
    return columns


def _with_error(prefix, variances):
    """Columns of three variances and of the error that they make together."""
    names = [f"{prefix}_{name}" for name in VARIANCES]
    error = np.sqrt(variances.sum(axis=0))
    return {f"{prefix}_ERROR": error, **dict(zip(names, variances, strict=True))}


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


def _calibration(member, setup):
    """Conversion of the segment's sums to physical units."""
    if str(member.primary.get("S_PHOTOM")).upper() != "COMPLETE":
        log.warning("%s: photom was not done; spectra are count rates", member.path)
        return Calibration(1.0, 1.0, True, COUNT_RATE_UNITS)
    solid_angle = member.header("SCI").get("PIXAR_SR")
    if solid_angle is None:
        log.warning("%s[SCI]: PIXAR_SR is missing; assuming 1 sr, fluxes are wrong", member.path)
        solid_angle = 1.0
    if member.primary.get("INSTRUME") == "NIRSPEC" and setup.source_type == "POINT":
        # Point sources of NIRSpec are in MJy, all else in MJy/sr.
        return Calibration(1e6, 1.0 / solid_angle, False, CALIBRATED_UNITS)
    return Calibration(1e6 * solid_angle, 1.0, True, CALIBRATED_UNITS)


class _Correction:
    """Aperture correction of one segment."""

    def __init__(self, path, member, setup):
        self._by_phase = member.primary.get("INSTRUME") == "NIRSPEC"
        self._wavelength = setup.wavelength
        self._row, unit = read_row(path, self._keys(path, member, setup))
        self._factors = None
        if unit.startswith("arcsec"):
            self._row["size"] = self._row["size"] / self._scale(path, setup)

    def _keys(self, path, member, setup):
        """Values that select the row of the table."""
        exp_type, primary = member.primary.get("EXP_TYPE"), member.primary
        if str(exp_type).startswith("MIR_LRS"):
            return {"subarray": primary.get("SUBARRAY")}
        if exp_type == "NRS_BRIGHTOBJ":
            keys = {name: primary.get(name.upper()) for name in ("filter", "grating")}
            return {**keys, "slit": setup.name}
        msg = f"{path}: there is no aperture correction for EXP_TYPE {exp_type}; expected none to be given"
        raise InputError(msg)

    def _scale(self, path, setup):
        """Size of a pixel across dispersion [arcsec]."""
        if setup.position is None:
            msg = f"{path}: sizes are in arcsec, but the source has no position on the sky to find the pixel scale at"
            raise InputError(msg)
        # At the ends of NIRSpec's range some wavelengths are not on the sky.
        wavelength = np.median(self._wavelength) if self._by_phase else self._wavelength.min()
        return cross_dispersion_scale(setup.wcs, setup.position, wavelength, setup.dispersion_axis)

    def __call__(self, npixels):
        """Factors for the numbers of pixels (integrations, elements) of the next integrations."""
        if not self._by_phase:
            return correction_by_size(self._row, npixels, self._wavelength)
        # As in jwst 3.0.0 the first integration decides for the whole segment.
        if self._factors is None:
            self._factors = correction_by_phase(self._row, npixels[0], self._wavelength)
        return self._factors


def _read_block(member, setup, integrations, unify):
    """Data and variances of some integrations in the part of the images that matters."""
    horizontal = setup.dispersion_axis == 1
    y_part, x_part = (setup.rows, setup.columns) if horizontal else (setup.columns, setup.rows)
    shape = member.shape("SCI")
    names = ("SCI", *VARIANCES, "ERR", "DQ") if unify else ("SCI", *VARIANCES)
    planes = {
        name: member.read(name, integrations, y_part)[..., x_part]
        for name in names
        if name in member and member.shape(name) == shape
    }
    planes = {
        name: plane if name == "DQ" else plane.astype(np.float32, copy=False)
        for name, plane in planes.items()
    }
    if unify:
        others = [plane for name, plane in planes.items() if name not in ("SCI", "DQ")]
        unify_nan_and_dq(planes["SCI"], planes.get("DQ"), *others)
    science = planes["SCI"]
    parts = [science, *(planes.get(name, np.zeros_like(science)) for name in VARIANCES)]
    if not horizontal:
        parts = [np.ascontiguousarray(part.swapaxes(1, 2)) for part in parts]
    return parts[0], parts[1:]


def _block_length(setup, memory_mb):
    """Integrations of one block: as many as fit the cache, and the memory in any case."""
    n_rows = setup.rows.stop - setup.rows.start
    n_columns = setup.columns.stop - setup.columns.start
    n_bytes = 4 * n_rows * n_columns
    fitting = memory_mb * 1e6 / (40 * n_bytes + 4 * row_dtype(len(setup.wavelength)).itemsize)
    return max(1, int(min(fitting, _BLOCK_BYTES / n_bytes)))


def _write_spectra(product, member, setup, calibration, correction, options, memory_mb):
    """Extract block by block and write the rows of the table."""
    primary, n_integrations = member.primary, member.shape("SCI")[0]
    table = member.read_table("INT_TIMES") if "INT_TIMES" in member else None
    times = integration_times(table, n_integrations, primary.get("INTSTART"), primary.get("INTEND"))
    n_elements = len(setup.wavelength)
    cards = table_cards(n_integrations, n_elements, calibration.units, setup.keywords)
    row_bytes = row_dtype(n_elements).itemsize
    offset = product.append_hdu(cards, n_integrations * row_bytes)
    unify = str(primary.get("S_OUTLIR")).upper() != "COMPLETE"
    step = _block_length(setup, memory_mb)
    for first in range(0, n_integrations, step):
        block = slice(first, min(first + step, n_integrations))
        sums = extract_spectra(setup, *_read_block(member, setup, block, unify))
        columns = spectrum_columns(sums, calibration)
        if correction is not None:
            correct_aperture(columns, correction(sums.npixels))
        columns |= {name: values[block] for name, values in times.items()}
        columns["WAVELENGTH"] = setup.wavelength
        columns["SEGMENT"] = primary.get("EXSEGNUM") or 1
        rows = fill_rows(columns, n_elements)
        product.write(rows.view(np.uint8), offset + first * row_bytes)


def _primary_cards(member, references, replaced):
    """Primary header of the spectra: the segment's, with what was done to it."""
    cards = list(member.hdus[0].cards)
    set_card(cards, "DATAMODL", "TSOMultiSpecModel", "Type of data model")
    statuses = {
        "S_EXTR1D": ("COMPLETE", "1-D Spectral Extraction"),
        "S_PXREPL": ("COMPLETE" if replaced else "SKIPPED", "Pixel Replacement"),
        "S_TRCMOD": ("SKIPPED", "Adaptive Trace Model"),
    }
    for keyword, (value, comment) in statuses.items():
        set_card(cards, keyword, value, comment, after="S_")
    if references["extract1d"]:
        name = Path(references["extract1d"]).name
        comment = "1-D extraction parameters reference file name"
        set_card(cards, "R_EXTR1D", name, comment, after="R_")
    if references["apcorr"]:
        comment = "Aperture correction reference file name"
        set_card(cards, "R_APCORR", Path(references["apcorr"]).name, comment, after="R_")
    return cards


def process(snakemake):
    """Write the spectra of one segment."""
    started = time.monotonic()
    options, memory_mb = snakemake.params.options, snakemake.resources.get("working_mb", 512)
    references = {name: snakemake.input.get(name) for name in ("extract1d", "apcorr")}
    entries = read_reference(references["extract1d"]) if references["extract1d"] else None
    with (
        open_fits(snakemake.input.segment) as member,
        ProductWriter(snakemake.output.spectra) as product,
    ):
        product.append_hdu(_primary_cards(member, references, False))
        if "INT_TIMES" in member:
            times = member.hdu("INT_TIMES")
            product.copy_data(
                member, times, product.append_hdu(list(times.cards), times.data_bytes)
            )
        setup = prepare(member, entries, options)
        if setup is None:
            return
        correction = None
        if references["apcorr"] and str(setup.source_type).upper() == "POINT":
            correction = _Correction(references["apcorr"], member, setup)
        calibration = _calibration(member, setup)
        _write_spectra(product, member, setup, calibration, correction, options, memory_mb)


if __name__ == "__main__":
    from scripts.lib.job import run_job

    run_job(snakemake, process)
