"""
Measure median image, flags and trace of one segment, for the tables and the report.

Inputs
------
segment
    Segment with outliers flagged; the calibrated one where that step is skipped.
spectra
    Spectra of the segment, with their apertures; none in imaging.
photometry
    Photometry of the segment; none in spectroscopy.

Outputs
-------
statistics
    Arrays of the segment and of each spectral order, npz.

Settings
--------
tso_photometry/radius, tso_photometry/radius_inner, tso_photometry/radius_outer
    Radii of aperture and annulus, whose samples are counted.
"""

import logging
from pathlib import Path

import numpy as np

from scripts.lib.files.atomic import write_arrays
from scripts.lib.fits.reader import open_fits
from scripts.lib.instruments.imaging import sums_whole_array
from scripts.lib.light_curves.extraction_regions import SINGLE, Region, read_regions
from scripts.lib.light_curves.frame_statistics import ShapeFit, pixel_classes, trace_moments
from scripts.lib.light_curves.segment_statistics import (
    Target,
    background_level,
    circle,
    measure_integrations,
    median_image,
    photon_part,
)

log = logging.getLogger(__name__)


def spectral_statistics(member, spectra):
    """
    Statistics of a segment of spectra.

    Parameters
    ----------
    member, spectra : FitsFile
        The segment and its spectra.

    Returns
    -------
    arrays : dict of str to ndarray
        Those of :func:`measure_integrations`, with the median image, and of each region the
        aperture and background region, and position and width of the trace.
    """
    across = 0 if member.header("SCI").get("DISPAXIS", 1) == 1 else 1
    median = median_image(member, across)
    regions = read_regions(spectra, across, median.shape)
    if not regions:
        log.warning("%s: no aperture is known; neither trace nor missing light", member.path)
        empty = np.zeros(median.shape, np.float32)
        regions = [Region(SINGLE, empty, empty, np.empty(0, int))]
    targets, arrays = [], {"median": median.astype(np.float32), "across": np.array(across)}
    for region in regions:
        clean = median - background_level(median, region.background > 0, across)
        around = pixel_classes(region.weights > 0)[:2].any(axis=0)
        fit = ShapeFit(clean, around, across) if around.any() else None
        targets.append(Target(region, clean, fit))
        found = _trace_arrays(region, clean, around, across)
        if region.filled and "VAR_POISSON" in member:
            found["photon_part"] = photon_part(member, region, across)
        arrays |= {f"{region.name}/{name}": values for name, values in found.items()}
    return arrays | measure_integrations(member, targets, across)


def _trace_arrays(region, clean, around, across):
    """Aperture, and position and width of the trace."""
    centre, mean, width = trace_moments(clean, around.astype(float), across)
    found = {
        "aperture": region.weights,
        "background": region.background,
        "pixels": region.pixels,
        "trace": centre if region.trace is None else region.trace,
        "trace_moments": np.array([mean, width]),
    }
    if region.contamination is not None:
        found["contamination"] = region.contamination
    return found


def imaging_statistics(member, photometry, radii):
    """
    Statistics of a segment of images.

    Parameters
    ----------
    member, photometry : FitsFile
        The segment and its photometry.
    radii : dict of str to float
        ``radius``, ``radius_inner``, ``radius_outer`` [pixels].

    Returns
    -------
    arrays : dict of str to ndarray
        Those of :func:`measure_integrations`, with the median image, the aperture and
        background annulus; ``photon_share`` (integrations,): photon noise as
        a fraction of the sum over the aperture. Images that are summed as a whole
        have no background.
    """
    median = median_image(member, None)
    weights, annulus, found = np.ones(median.shape), np.zeros(median.shape), {}
    if not sums_whole_array(member.primary):
        rows = photometry.read_columns("PHOTOMETRY", ["aperture_x", "aperture_y"])
        x, y = (float(np.nanmedian(rows[name])) for name in ("aperture_x", "aperture_y"))
        sizes = [radii[name] for name in ("radius", "radius_inner", "radius_outer")]
        weights, inner, outer = (circle(median.shape, x, y, size) for size in sizes)
        annulus = ((outer - inner) > 0.5).astype(float)
        found = {"centre": np.array([x, y]), "radii": np.array(sizes)}
    around = median[(annulus > 0) & np.isfinite(median)]
    clean = median - (np.median(around) if len(around) else 0.0)
    region = Region(SINGLE, weights, annulus, np.empty(0, int))
    arrays = measure_integrations(member, [Target(region, clean)], None)
    found |= {
        "aperture": weights.astype(np.float32),
        "background": annulus.astype(np.float32),
        "photon_share": np.sqrt(arrays[f"{SINGLE}/photon_variance"]) / np.nansum(median * weights),
    }
    return (
        arrays
        | {"median": median.astype(np.float32)}
        | {f"{SINGLE}/{name}": values for name, values in found.items()}
    )


def process(snakemake):
    """Write the statistics of one segment."""
    photometry = snakemake.input.photometry
    with open_fits(snakemake.input.segment) as member:
        if photometry:
            with open_fits(photometry) as table:
                arrays = imaging_statistics(member, table, snakemake.params.photometry)
        else:
            with open_fits(snakemake.input.spectra) as spectra:
                arrays = spectral_statistics(member, spectra)
        unit = member.header("SCI").get("BUNIT")
    write_arrays(Path(snakemake.output.statistics), arrays | {"unit": np.array(unit or "")})


if __name__ == "__main__":
    from scripts.lib.jobs.job import run_job

    run_job(snakemake, process)
