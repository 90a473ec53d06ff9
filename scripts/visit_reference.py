"""
Measure what the integrations of a visit have in common: star, trace, profile, motion, noise.

Inputs
------
segments
    Calibrated segments of one detector, in order of time.
pastasoss, specprofile
    Traces, and profiles of the spectral orders; NIRISS SOSS only.
gain
    Gain of the detector; images in DN/s only.

Outputs
-------
reference
    Arrays of each spectral order, npz.

Settings
--------
improved/background
    Where the background is measured.
tso_photometry/search_box_width
    Box in which the star is searched; imaging only.
"""

import logging
import time
from functools import partial
from pathlib import Path

from scripts.lib.fits.reader import open_fits
from scripts.lib.instruments.modes import mode_of
from scripts.lib.instruments.soss import why_not_extracted
from scripts.lib.light_curves.plane_reader import VisitSample
from scripts.lib.light_curves.segment_planes import open_planes
from scripts.lib.light_curves.visit_references import measure_references
from scripts.lib.moving_profile.reference_file import save_references
from scripts.lib.moving_profile.sample import sample_integrations
from scripts.lib.soss.geometry import read_geometry
from scripts.lib.soss.references import read_profiles

log = logging.getLogger(__name__)


def _references(inputs, params):
    """References of the visit by spectral order."""
    paths, lengths = list(inputs.segments), list(params.lengths)
    with open_fits(paths[0]) as first:
        primary, sci = first.primary, first.header("SCI")
        _, crop = open_planes(first, inputs.gain)
    traces, soss = None, mode_of(primary.get("EXP_TYPE")).is_soss
    if soss and why_not_extracted(primary):
        return {}
    numbers = sample_integrations(sum(lengths))
    reader = partial(_planes, gain=inputs.gain)
    search = crop, params.search_box_width
    with VisitSample(paths, lengths, numbers, reader) as sample:
        if soss:
            geometry = read_geometry(inputs.pastasoss, primary, sample.shape[2])
            profiles = read_profiles(inputs.specprofile, sample.shape[1:], list(geometry))
            traces = geometry, profiles
        return measure_references(
            sample, numbers, (primary, sci), params.background, search, traces
        )


def _planes(file, gain):
    """Reader of a segment."""
    return open_planes(file, gain)[0]


def process(snakemake):
    """Write the references of the segments of one detector."""
    started = time.monotonic()
    references = _references(snakemake.input, snakemake.params)
    path = Path(snakemake.output.reference)
    save_references(path, references)
    for name, reference in references.items():
        log.info("%s: order %s: noise %.3f times ERR", path.name, name, reference.noise_factor)
    log.info("%s: %.1f s", path.name, time.monotonic() - started)


if __name__ == "__main__":
    from scripts.lib.jobs.job import run_job

    run_job(snakemake, process)
