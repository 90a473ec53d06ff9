"""Whether world coordinates have the coordinate that trace models need, in the first segments."""

from scripts.lib.errors import InputError
from scripts.lib.findings import Finding
from scripts.lib.instruments.modes import mode_of
from scripts.lib.instruments.trace_models import trace_frame, why_no_trace_model

__all__ = ["frame_findings"]


def frame_findings(product, lookup):
    """
    Find segments whose trace is to be modelled and cannot be, as no frame is across the spectrum.

    Parameters
    ----------
    product : Product
        The product.
    lookup : ReferenceLookup
        Settings of its steps.

    Returns
    -------
    findings : list of Finding
        An error for the first segment of each detector without the frame, where jwst dies. Empty
        where no trace is modelled; compressed segments are left to the jobs.
    """
    mode = mode_of(product.exp_type)
    if mode.is_imaging or lookup.skips(mode.settings, product) or not _models(product, lookup):
        return []
    firsts = product.first_readable_segments.values()
    return [finding for segment in firsts for finding in _missing(segment)]


def _models(product, lookup):
    """Whether a trace is to be modelled."""
    replacement = lookup.settings("pixel_replace", product)
    by_trace = not replacement["skip"] and replacement["algorithm"] == "trace_model"
    return by_trace or not lookup.skips("adaptive_trace_model", product)


def _missing(segment):
    """Error about a segment without the frame."""
    from scripts.lib.fits.reader import open_fits

    try:
        with open_fits(segment.path) as file:
            if why_no_trace_model(file.primary) is not None:
                return []
            # The tree is text in front of the binary blocks.
            tree, frame = file.read_bytes("ASDF").partition(b"\n...")[0], trace_frame(file.primary)
    except InputError as error:
        path, _, found = str(error).partition(": ")
        return [Finding("error", path, found=found)]
    if frame.encode() in tree:
        return []
    key, expected = "world coordinates", f"the frame {frame}, across the spectrum"
    effect = "no trace can be modelled: skip adaptive_trace_model, or take another algorithm"
    return [
        Finding(
            "error", segment.path, key=key, found="none there", expected=expected, effect=effect
        )
    ]
