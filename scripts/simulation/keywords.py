"""Keywords that every simulated member has, whatever its mode."""

import numpy as np

from scripts.simulation.timing import EXPOSURE_START, TARGET_DEC, TARGET_RA, barycentric

__all__ = ["TARGET_NAME", "common_keywords", "member_name"]

_VISIT = "001"
_ACTIVITY = "04101"
TARGET_NAME = "WASP-39"


def member_name(options, detector, segment):
    """
    File name of a member, as the archive makes it.

    Parameters
    ----------
    options : VisitOptions
        The visit.
    detector : str
        Name of the detector, lower case.
    segment : int
        Segment number, 1-based.

    Returns
    -------
    str
        Name.
    """
    visit = f"jw{options.program}{options.observation}{_VISIT}_{_ACTIVITY}_00001"
    return f"{visit}-seg{segment:03d}_{detector}_calints.fits"


def common_keywords(options, mode, clock, segment):
    """
    Keywords of the programme, target, exposure and segment.

    Parameters
    ----------
    options : VisitOptions
        The visit.
    mode : Mode
        Its observing mode.
    clock : Clock
        Times of the detector's integrations.
    segment : int
        Segment number, 1-based.

    Returns
    -------
    dict
        Data model attributes by dotted name.
    """
    return {
        **_observation_keywords(options),
        **_exposure_keywords(options, mode, clock),
        **_segment_keywords(options, segment),
    }


def _observation_keywords(options):
    """Programme, visit, target and pointing."""
    from astropy.time import Time

    begin = Time(EXPOSURE_START, format="mjd").isot
    visit_id = f"{options.program}{options.observation}{_VISIT}"
    return {
        "meta.telescope": "JWST",
        "meta.origin": "SIMULATED",
        "meta.time_sys": "UTC",
        "meta.observation.obs_id": f"V{visit_id}P0000000004101",
        "meta.observation.visit_id": visit_id,
        "meta.observation.program_number": options.program,
        "meta.observation.observation_number": options.observation,
        "meta.observation.visit_number": _VISIT,
        "meta.observation.visit_group": _ACTIVITY[:2],
        "meta.observation.sequence_id": _ACTIVITY[2],
        "meta.observation.activity_id": _ACTIVITY[3:],
        "meta.observation.exposure_number": "1",
        "meta.observation.date": begin[:10],
        "meta.observation.time": begin[11:],
        "meta.observation.date_beg": begin,
        "meta.visit.tsovisit": True,
        "meta.target.proposer_name": TARGET_NAME,
        "meta.target.catalog_name": TARGET_NAME,
        "meta.target.type": "FIXED",
        "meta.target.ra": TARGET_RA,
        "meta.target.dec": TARGET_DEC,
        "meta.target.source_type": options.source_type,
        "meta.wcsinfo.ra_ref": TARGET_RA,
        "meta.wcsinfo.dec_ref": TARGET_DEC,
        "meta.wcsinfo.roll_ref": 0.0,
        "meta.wcsinfo.velosys": 0.0,
        "meta.pointing.ra_v1": TARGET_RA,
        "meta.pointing.dec_v1": TARGET_DEC,
        "meta.pointing.pa_v3": 0.0,
        "meta.coordinates.reference_frame": "ICRS",
        "meta.aperture.position_angle": 102.5,
    }


def _exposure_keywords(options, mode, clock):
    """Times of the whole exposure and the steps it has been through."""
    start, end = clock.span(options.total_integrations)
    times = np.array([start, (start + end) / 2.0, end])
    names = ("start_time", "mid_time", "end_time")
    keywords = {}
    for name, utc, tdb in zip(names, times, barycentric(times), strict=True):
        keywords[f"meta.exposure.{name}"] = float(utc)
        keywords[f"meta.exposure.{name}_tdb"] = float(tdb)
    seconds = mode.readout.integration_time
    photom = "COMPLETE" if options.photom else "SKIPPED"
    return {
        **keywords,
        "meta.exposure.type": mode.exposure_type,
        "meta.exposure.count": 1,
        "meta.exposure.nints": options.total_integrations,
        "meta.exposure.segment_total": len(options.lengths),
        "meta.exposure.integration_time": seconds,
        "meta.exposure.exposure_time": seconds * options.total_integrations,
        "meta.exposure.duration": (end - start) * 86400.0,
        "meta.exposure.nframes": 1,
        "meta.exposure.groupgap": 0,
        "meta.cal_step.assign_wcs": "COMPLETE",
        "meta.cal_step.flat_field": "COMPLETE",
        "meta.cal_step.srctype": "COMPLETE",
        "meta.cal_step.photom": photom,
        "meta.calibration_software_version": "3.0.0",
        "meta.ref_file.crds.context_used": "offline",
    }


def _segment_keywords(options, segment):
    """Which integrations of the exposure the file holds."""
    first, last = options.integration_range(segment)
    return {
        "meta.exposure.segment_number": segment,
        "meta.exposure.integration_start": first,
        "meta.exposure.integration_end": last,
    }
