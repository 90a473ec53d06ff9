"""Of which segments the trace of the spectrum can be modelled; standard library only."""

from scripts.lib.instruments.modes import mode_of

__all__ = ["trace_frame", "why_no_trace_model"]


def why_no_trace_model(primary):
    """
    Say why the trace of a segment cannot be modelled.

    Parameters
    ----------
    primary : dict
        Primary header of a segment of spectra.

    Returns
    -------
    reason : str or None
        Keyword, what is found and what is expected; None if the trace can be modelled. NIRCam and
        NIRISS have no coordinate along a slit, and files of MIRI from before jwst 2.0 are no slits.
    """
    exp_type, data_model = primary.get("EXP_TYPE"), primary.get("DATAMODL")
    if mode_of(exp_type).trace_fit is None:
        return f"EXP_TYPE: found {exp_type}, expected spectra of NIRSpec or MIRI"
    if data_model != "SlitModel":
        return f"DATAMODL: found {data_model}, expected SlitModel, as of jwst 2.0 or later"
    return None


def trace_frame(primary):
    """Frame of the world coordinates that has the coordinate across a spectrum whose trace is modelled."""
    return "alpha_beta" if primary.get("INSTRUME") == "MIRI" else "slit_frame"
