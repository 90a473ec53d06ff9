"""Rule extract_1d: sum the spectrum of every integration of a segment (crfints to spectra)."""

import logging
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from scripts.lib.errors import InputError
from scripts.lib.fits.cards import set_card
from scripts.lib.fits.reader import ProductWriter, open_fits
from scripts.lib.jobs.progress import Progress
from scripts.lib.provenance.reference_records import record_references, reference_name
from scripts.lib.references.extract1d import naming, read_reference
from scripts.lib.segment_data.dq import DO_NOT_USE
from scripts.lib.segment_data.int_times import integration_times, read_int_times
from scripts.lib.segment_data.wcs_cache import FOLDER, Evaluations
from scripts.lib.spectra.aperture_correction import ApertureCorrection
from scripts.lib.spectra.aperture_images import append_aperture
from scripts.lib.spectra.background import fit_background
from scripts.lib.spectra.blocks import VARIANCES, SpectralBlocks
from scripts.lib.spectra.extraction_setup import prepare
from scripts.lib.spectra.table import (
    CALIBRATED_UNITS,
    COUNT_RATE_UNITS,
    fill_rows,
    row_dtype,
    table_cards,
)

log = logging.getLogger(__name__)

# Data of a block that the arithmetic still finds in the processor's cache.
_BLOCK_BYTES = 1 << 21


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
            setup.background,
            science[:, rows],
            [variance[:, rows] for variance in variances],
            any_nan=np.isnan(science).any(axis=(1, 2))
            if setup.background.smoothing_length
            else True,
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


def calibration_of(photom_done, nirspec_point, solid_angle):
    """
    Conversion of sums to physical units.

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


def _calibration(member, source_type):
    """Conversion of the segment's sums to physical units."""
    primary, solid_angle = member.primary, member.header("SCI").get("PIXAR_SR")
    photom_done = str(primary.get("S_PHOTOM")).upper() == "COMPLETE"
    if not photom_done:
        log.warning("%s: photom was not done; the spectra are count rates", member.path)
    elif solid_angle is None:
        log.warning("%s[SCI]: PIXAR_SR is missing; assuming 1 sr", member.path)
        solid_angle = 1.0
    nirspec_point = primary.get("INSTRUME") == "NIRSPEC" and source_type == "POINT"
    return calibration_of(photom_done, nirspec_point, solid_angle)


def _block_length(integration_bytes, row_bytes, memory_mb):
    """Integrations of one block: what fits the cache, and in any case the memory."""
    # Beside planes and rows: bytes in file order, masks, sums in double precision.
    fitting = memory_mb * 1e6 / (8 * integration_bytes + 4 * row_bytes)
    return max(1, int(min(fitting, _BLOCK_BYTES / integration_bytes)))


def _times(member):
    """Numbers and times of the integrations."""
    primary, n_integrations = member.primary, member.shape("SCI")[0]
    last = primary.get("INTEND")
    last = primary.get("NINTS") if last is None else last
    first, table = primary.get("INTSTART"), read_int_times(member)
    return integration_times(table, n_integrations, first, last)


def _write_spectra(product, member, setup, correction, params, memory_mb):
    """Extract block by block and write the rows of the table."""
    n_integrations, n_elements = member.shape("SCI")[0], len(setup.wavelength)
    calibration, times = _calibration(member, setup.source_type), _times(member)
    cards = table_cards(n_integrations, n_elements, calibration.units, setup.keywords)
    row_bytes = row_dtype(n_elements).itemsize
    offset = product.append_hdu(cards, n_integrations * row_bytes)
    blocks = SpectralBlocks(member, setup, not params.pixel_replace["skip"])
    step = _block_length(blocks.integration_bytes, row_bytes, memory_mb)
    segment = member.primary.get("EXSEGNUM")
    progress = Progress(log, n_integrations, least=params.options.get("log_increment", 1))
    for first in range(0, n_integrations, step):
        block = slice(first, min(first + step, n_integrations))
        sums = extract_spectra(setup, *blocks.read(block))
        columns = spectrum_columns(sums, calibration)
        if correction is not None:
            correct_aperture(columns, correction(sums.npixels))
        columns |= {name: values[block] for name, values in times.items()}
        columns["WAVELENGTH"] = setup.wavelength
        columns["SEGMENT"] = 1 if segment is None else segment
        rows = fill_rows(columns, n_elements)
        product.write(rows.view(np.uint8), offset + first * row_bytes)
        progress.reached(block.stop)


def _primary_cards(member, references, job, replaced):
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
    names = job.params.get("reference_names", {})
    name = reference_name("extract1d", references["extract1d"], names)
    comment = "1-D extraction parameters reference file name"
    set_card(cards, "R_EXTR1D", name, comment, after="R_")
    if references["apcorr"]:
        name = reference_name("apcorr", references["apcorr"], names)
        comment = "Aperture correction reference file name"
        set_card(cards, "R_APCORR", name, comment, after="R_")
    record_references(cards, job, references)
    return cards


def _check_member(member):
    """Raise if the file is not a cube of slit or slitless spectra."""
    exp_type, shape = member.primary.get("EXP_TYPE"), member.shape("SCI")
    if exp_type == "NIS_SOSS":
        msg = f"{member.path}: EXP_TYPE is NIS_SOSS, whose overlapping orders a box cannot extract"
        raise InputError(msg)
    if len(shape) != 3:
        msg = f"{member.path}[SCI]: shape {shape}; expected 3 axes (integrations, y, x)"
        raise InputError(msg)


def process(snakemake):
    """Write the spectra of one segment."""
    started = time.monotonic()
    params, memory_mb = snakemake.params, snakemake.resources.get("work_mb", 512)
    references = {name: snakemake.input.get(name) for name in ("extract1d", "apcorr")}
    entries = params.get("apertures")
    if references["extract1d"]:
        entries = read_reference(references["extract1d"])
    path = Path(snakemake.output.spectra)
    with open_fits(snakemake.input.segment) as member, ProductWriter(path) as product:
        _check_member(member)
        replaced = not params.pixel_replace["skip"]
        product.append_hdu(_primary_cards(member, references, snakemake, replaced))
        if "INT_TIMES" in member:
            table = member.hdu("INT_TIMES")
            offset = product.append_hdu(list(table.cards), table.data_bytes)
            product.copy_data(member, table, offset)
        with naming(references["extract1d"]):
            setup = prepare(member, entries, params.options, Evaluations(path.parent / FOLDER))
        if setup is None:
            return
        correction = None
        if references["apcorr"] and str(setup.source_type).upper() == "POINT":
            correction = ApertureCorrection(references["apcorr"], member.primary, setup)
        _write_spectra(product, member, setup, correction, params, memory_mb)
        append_aperture(product, setup, member.shape("SCI")[1:])
        n_integrations = member.shape("SCI")[0]
    seconds = time.monotonic() - started
    log.info(
        "%s: %d spectra of %d elements, %.1f s",
        path.name,
        n_integrations,
        len(setup.wavelength),
        seconds,
    )


if __name__ == "__main__":
    from scripts.lib.jobs.job import run_job

    run_job(snakemake, process)
