"""Subarrays of NIRISS SOSS, and what can be extracted from them."""

__all__ = ["SHAPES", "TOO_MANY_ROWS", "soss_layout", "why_not_extracted"]

# Subarrays whose images are those of SUBSTRIP256, superstripes reassembled to it included.
_LIKE_SUBSTRIP256 = [
    "SUBSTRIP256",
    "SUB17STRIPE_SOSS",
    "SUB60STRIPE_SOSS",
    "SUB204STRIPE_SOSS",
    "SUB680STRIPE_SOSS",
]
SHAPES = {"SUBSTRIP256": (256, 2048), "SUBSTRIP96": (96, 2048)}
# Difference in rows between images of SUBSTRIP256 and SUBSTRIP96.
TOO_MANY_ROWS = 160


def soss_layout(subarray):
    """
    Find which of two layouts the images of a subarray have.

    Parameters
    ----------
    subarray : str
        SUBARRAY of a segment for which :func:`why_not_extracted` returns None.

    Returns
    -------
    layout : str
        SUBSTRIP96 or SUBSTRIP256, a key of :data:`SHAPES`.
    """
    return "SUBSTRIP96" if subarray == "SUBSTRIP96" else "SUBSTRIP256"


def why_not_extracted(primary):
    """
    Say why no spectra can be extracted from a segment.

    Parameters
    ----------
    primary : dict
        Keywords of the segment.

    Returns
    -------
    reason : str or None
        FILTER or SUBARRAY and what was expected; None if spectra can be extracted.
    """
    found, subarray = primary.get("FILTER"), primary.get("SUBARRAY")
    if found != "CLEAR":
        return f"FILTER: found {found}, expected CLEAR: there is no model of other spectra"
    if subarray != "SUBSTRIP96" and subarray not in _LIKE_SUBSTRIP256:
        expected = ", ".join(("SUBSTRIP96", *_LIKE_SUBSTRIP256))
        return f"SUBARRAY: found {subarray}, expected one of {expected}"
    return None
