"""When the trace of a segment is modelled: for its own step, or to replace pixels by it."""

import logging

from scripts.lib.instruments.modes import mode_of
from scripts.lib.instruments.trace_models import why_no_trace_model
from scripts.lib.trace_model.segment_trace import fit_segment

__all__ = ["model_trace"]

log = logging.getLogger(__name__)

# The model that pixel_replace makes if the step of its own is skipped: the defaults of jwst 3.0.0.
_DEFAULTS = {"fit_threshold": 10.0, "slope_limit": 0.1, "psf_optimal": False}


def model_trace(member, options, replacement, memory_mb, results=None):
    """
    Model the trace of a segment if the settings ask for it.

    Parameters
    ----------
    member : FitsFile
        The segment.
    options, replacement : dict
        Settings of adaptive_trace_model and of pixel_replace.
    memory_mb : float
        Memory for samples.
    results : ResultCache, optional
        Stored results of the world coordinates.

    Returns
    -------
    model : TraceModel or None
        None if no model is wanted or possible.
    status : str
        Status of adaptive_trace_model in the segment: COMPLETE, SKIPPED, or FAILED where no model is
        possible.
    """
    is_step = not options["skip"]
    replaces = not replacement["skip"] and replacement["algorithm"] == "trace_model"
    if not is_step and not replaces:
        return None, "SKIPPED"
    reason = why_no_trace_model(member.primary)
    if reason is not None:
        log.warning("%s: no trace model: %s", member.path.name, reason)
        # Where jwst dies of it, pixel_replace goes on without a status.
        mode = mode_of(member.primary.get("EXP_TYPE"))
        has_status = is_step or mode.is_soss or mode.trace_fit is not None
        return None, "FAILED" if has_status else "SKIPPED"
    return fit_segment(member, options if is_step else _DEFAULTS, memory_mb, results), "COMPLETE"
