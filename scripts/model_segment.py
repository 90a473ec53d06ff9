"""
Compare a segment with the reference of its visit: fluxes, positions and outliers of our own.

Inputs
------
segment
    Calibrated segment.
before, after
    Its neighbours in the exposure, whose ends are in the windows of its own; none where there is a gap.
reference
    Reference of the visit.
flagged
    The segment as the archive's light curves take it, with outliers flagged unless that is skipped.
spectra
    Its spectra, with their apertures; none in imaging.
photometry
    Its photometry; none in spectroscopy.
pastasoss, photom
    Traces and flux calibration; NIRISS SOSS only.
gain
    Gain of the detector; images in DN/s only.

Outputs
-------
model
    Fluxes, positions and counts of outliers, FITS.
statistics
    The archive's flags, with the pixels that its light curves sum, npz.
masks
    Outliers of each integration, FITS; if requested.

Settings
--------
improved/snr
    Deviation from the local median above which a sample is an outlier.
improved/window
    Integrations of the local median.
improved/save_masks
    Whether the masks are written.
tso_photometry/radius, tso_photometry/radius_inner, tso_photometry/radius_outer
    Radii of aperture and annulus, whose samples are counted.
"""

import logging
import time
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from scripts.lib.files.atomic import write_arrays
from scripts.lib.fits.reader import open_fits
from scripts.lib.instruments.modes import mode_of
from scripts.lib.light_curves.extraction_regions import SINGLE
from scripts.lib.light_curves.plane_reader import blocks_with_halo
from scripts.lib.light_curves.segment_models import (
    MaskWriter,
    write_image_model,
    write_spectral_models,
)
from scripts.lib.light_curves.segment_planes import open_planes
from scripts.lib.light_curves.segment_statistics import imaging_statistics, spectral_statistics
from scripts.lib.moving_profile.images import images_parts
from scripts.lib.moving_profile.reference_file import load_references
from scripts.lib.moving_profile.segment import Extent
from scripts.lib.moving_profile.spectra import orders_parts
from scripts.lib.photometry.image_series import conversion
from scripts.lib.spectra.sums import segment_calibration

log = logging.getLogger(__name__)


class _Segment:
    """A segment and its neighbours, open."""

    def __init__(self, stack, inputs, params):
        self.member = stack.enter_context(open_fits(inputs.segment))
        self.reader, self.crop = open_planes(self.member, inputs.gain)
        self._neighbours = []
        for path in (inputs.before, inputs.after):
            opened = stack.enter_context(open_fits(path[0])) if path else None
            self._neighbours.append(opened and open_planes(opened, inputs.gain)[0])
        self._snr, self._window = params.snr, params.window

    def parts(self, measure, references):
        """Model of the segment part by part; none without references of its size."""
        if not references or _shape_of(references) != self.reader.shape[1:]:
            return ()
        (before, after), blocks = blocks_with_halo(
            self.reader, *self._neighbours, self._window // 2
        )
        extent = Extent(self.reader.shape[0], before, after)
        return measure(blocks, extent, references, self._snr, self._window)


def _shape_of(references):
    """Rows and columns of the visit."""
    return next(iter(references.values())).median.shape


def _conversions(member, inputs, width):
    """Factors of each region from sums of samples to the fluxes of the archive's spectra, (x,)."""
    if not mode_of(member.primary.get("EXP_TYPE")).is_soss:
        factor = segment_calibration(member, member.header("SCI").get("SRCTYPE")).flux
        return {SINGLE: np.full(width, factor)}
    return _soss_conversions(member, inputs, width)


def _soss_conversions(member, inputs, width):
    """Factors of each spectral order of NIRISS SOSS to fluxes, (x,)."""
    from scripts.lib.soss.flux_calibration import FluxCalibration
    from scripts.lib.soss.geometry import read_geometry

    factors = {}
    geometry = read_geometry(inputs.pastasoss, member.primary, width)
    wavelengths = {order: found.trace_wavelength for order, found in geometry.items()}
    known = {}
    if inputs.photom:
        known = FluxCalibration(inputs.photom, member.primary).conversions(wavelengths)
    for order, wavelength in wavelengths.items():
        factors[str(order)] = np.ones(width)
        factors[str(order)][: len(wavelength)] = known.get(order, 1.0)
    return factors


def _write_spectra(segment, references, job, masks):
    """Model of each spectral order."""
    factors = _conversions(segment.member, job.input, segment.reader.shape[2])
    parts = segment.parts(orders_parts, {k: r for k, r in references.items() if k in factors})
    write_spectral_models(job.output.model, segment.reader.shape, factors, parts, masks)


def _write_images(segment, references, job, masks):
    """Model of the star in images."""
    sci, reference = segment.member.header("SCI"), references.get(SINGLE)
    # Samples in DN/s are read as electrons.
    unit = sci.get("BUNIT")
    factor = None if unit == "DN/s" else conversion(unit, sci.get("PIXAR_SR"))[0]
    origin = segment.crop[1].start, segment.crop[0].start
    parts = segment.parts(_star_parts, references)
    circles = [] if reference is None else list(reference.circles)
    keywords = {"X0": origin[0], "Y0": origin[1], "FACTOR": 1.0 if factor is None else factor}
    write_image_model(job.output.model, keywords, segment.reader.shape[0], circles, parts, masks)


def _star_parts(blocks, extent, references, snr, window):
    """Parts of the model of the only star."""
    return images_parts(blocks, extent, references[SINGLE], snr, window)


def _statistics(inputs, radii):
    """Flags of the archive's segment, and the unit of its samples."""
    with ExitStack() as stack:
        member = stack.enter_context(open_fits(inputs.flagged))
        unit = np.array(member.header("SCI").get("BUNIT") or "")
        if inputs.photometry:
            table = stack.enter_context(open_fits(inputs.photometry))
            return imaging_statistics(member, table, radii) | {"unit": unit}
        spectra = stack.enter_context(open_fits(inputs.spectra))
        return spectral_statistics(member, spectra) | {"unit": unit}


def process(snakemake):
    """Write the model of one segment."""
    started = time.monotonic()
    references = load_references(snakemake.input.reference)
    path = Path(snakemake.output.model)
    with ExitStack() as stack:
        segment = _Segment(stack, snakemake.input, snakemake.params)
        masks = stack.enter_context(
            MaskWriter(
                segment.reader.shape,
                segment.member.shape("SCI")[1:],
                segment.crop,
                segment.reader.turned,
                snakemake.output.get("masks"),
            )
        )
        imaging = mode_of(segment.member.primary.get("EXP_TYPE")).is_imaging
        (_write_images if imaging else _write_spectra)(segment, references, snakemake, masks)
    statistics = _statistics(snakemake.input, snakemake.params.photometry)
    write_arrays(Path(snakemake.output.statistics), statistics)
    count = int(masks.counts.sum())
    log.info("%s: %d outliers, %.1f s", path.name, count, time.monotonic() - started)


if __name__ == "__main__":
    from scripts.lib.jobs.job import run_job

    run_job(snakemake, process)
