"""Subarrays of the imaging modes: their position on the detector, and what photometry sums."""

__all__ = [
    "array_corner",
    "extension_header",
    "gain_corner",
    "gain_section",
    "sums_whole_array",
]

_FULL_FRAME = {"MIRI": (1024, 1032)}
_OTHER_FULL_FRAME = (2048, 2048)


def sums_whole_array(primary):
    """
    Return whether photometry is the sum of the whole array, without a background.

    Parameters
    ----------
    primary : dict
        Keywords of the primary header.

    Returns
    -------
    whole : bool
        True for the weak lens WLP8 in SUB64P, whose aperture is larger than
        the array.
    """
    return primary.get("PUPIL") == "WLP8" and primary.get("SUBARRAY") == "SUB64P"


def gain_section(primary, shape, gain_hdus):
    """
    Find the part of a gain reference that a segment's array covers.

    Parameters
    ----------
    primary : dict
        Keywords of the segment's primary header, which has a corner.
    shape : tuple of int
        Shape (y, x) of its images.
    gain_hdus : list of Hdu
        Header-data units of a reference without errors.

    Returns
    -------
    rows, columns : slice
        The part.
    """
    starts = (
        corner - reference
        for corner, reference in zip(array_corner(primary), gain_corner(gain_hdus), strict=True)
    )
    rows, columns = (
        slice(start, start + length) for start, length in zip(starts, shape, strict=True)
    )
    return rows, columns


def gain_corner(gain_hdus):
    """
    Find the corner of a gain reference on the detector.

    Parameters
    ----------
    gain_hdus : list of Hdu
        Header-data units of the reference.

    Returns
    -------
    corner : tuple of int or None
        First row and column, from 1: SUBSTRT2 and SUBSTRT1, or (1, 1) for a
        full frame without them; None if unknown.
    """
    primary = extension_header(gain_hdus, "PRIMARY")
    shape = next((hdu.shape for hdu in gain_hdus if hdu.name == "SCI"), ())
    full = _FULL_FRAME.get(str(primary.get("INSTRUME")).upper(), _OTHER_FULL_FRAME)
    return array_corner(primary) or ((1, 1) if shape == full else None)


def array_corner(primary):
    """
    Look up the corner of an array on the detector.

    Parameters
    ----------
    primary : dict
        Keywords of the primary header.

    Returns
    -------
    corner : tuple of int or None
        First row and column, from 1: SUBSTRT2 and SUBSTRT1; None if unknown.
    """
    corner = primary.get("SUBSTRT2"), primary.get("SUBSTRT1")
    return corner if all(isinstance(start, int) for start in corner) else None


def extension_header(hdus, name):
    """
    Look up the keywords of an extension.

    Parameters
    ----------
    hdus : list of Hdu
        Header-data units of a file.
    name : str
        ``EXTNAME``, or PRIMARY.

    Returns
    -------
    keywords : dict
        Those of the first extension with this name; empty if there is none.
    """
    return next((hdu.header for hdu in hdus if hdu.name == name), {})
