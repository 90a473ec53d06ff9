"""Subarrays of NIRISS SOSS, and what can be extracted from them."""

# Subarrays whose images are those of SUBSTRIP256, superstripes reassembled to it included.
_LIKE_SUBSTRIP256 = [
    "SUBSTRIP256",
    "SUB17STRIPE_SOSS",
    "SUB60STRIPE_SOSS",
    "SUB204STRIPE_SOSS",
    "SUB680STRIPE_SOSS",
]


SHAPES = {"SUBSTRIP256": (256, 2048), "SUBSTRIP96": (96, 2048)}


# Rows that an image of SUBSTRIP256 has more than one of SUBSTRIP96.
TOO_MANY_ROWS = 160


def layout_of(subarray):
    """
    Find out which of two layouts the images of a subarray have.

    Parameters
    ----------
    subarray : str
        SUBARRAY of a segment that :func:`why_not_extracted` has no objection to.

    Returns
    -------
    layout : str
        SUBSTRIP96 or SUBSTRIP256, a key of :data:`SHAPES`.
    """
    return "SUBSTRIP96" if subarray == "SUBSTRIP96" else "SUBSTRIP256"


def why_not_extracted(primary):
    """
    Say why a segment has no spectra to extract.

    Parameters
    ----------
    primary : dict
        Keywords of the segment.

    Returns
    -------
    reason : str or None
        FILTER or SUBARRAY and what was expected; None if there are spectra.
    """
    found, subarray = primary.get("FILTER"), primary.get("SUBARRAY")
    if found != "CLEAR":
        return f"FILTER: found {found}, expected CLEAR: there is no model of other spectra"
    if subarray != "SUBSTRIP96" and subarray not in _LIKE_SUBSTRIP256:
        expected = ", ".join(("SUBSTRIP96", *_LIKE_SUBSTRIP256))
        return f"SUBARRAY: found {subarray}, expected one of {expected}"
    return None
