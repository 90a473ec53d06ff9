"""Names that the archive gives to associations and products, from keywords."""

import re

__all__ = [
    "ASSOCIATION",
    "CRFINTS",
    "optical_path",
    "product_name",
    "visit_numbers",
]

# What stands for "none" in the keywords of optical elements.
_EMPTY = ("", "N/A", "NULL", "NONE", "--", "N", "F")
_IN_NAME = re.compile(r"jw(\d{5})(\d{3})(\d{3})_")
# The archive numbers the targets of a program; no header has the number.
_UNKNOWN_TARGET = "t000"
# The names of the output that the checks of the input need; planning.targets has all names.
CRFINTS = "{segment}_crfints.fits"
ASSOCIATION = "{product}_asn.json"


def visit_numbers(stem, primary):
    """
    Numbers of the program, observation and visit of a segment.

    Parameters
    ----------
    stem : str
        File name without its ending.
    primary : dict
        Keywords of the primary header.

    Returns
    -------
    program, observation, visit : str
        ``PROGRAM``, ``OBSERVTN`` and ``VISIT`` padded with zeros, or else
        the numbers in the file name; empty if neither gives them.
    """
    in_name = _IN_NAME.match(stem)
    named = in_name.groups() if in_name else ("", "", "")
    keywords = (("PROGRAM", 5), ("OBSERVTN", 3), ("VISIT", 3))
    return tuple(
        str(primary.get(keyword) or digits or "").strip().zfill(width)
        if primary.get(keyword) or digits
        else ""
        for (keyword, width), digits in zip(keywords, named, strict=True)
    )


def optical_path(primary):
    """
    Optical elements, slit and subarray in the form of products' names.

    Parameters
    ----------
    primary : dict
        Keywords of the primary header.

    Returns
    -------
    path : str
        Filter, and pupil or grating, in alphabetical order, ``clear`` if
        neither is in the beam; then the fixed slit and the subarray unless it is
        the full frame; in lower case, joined by ``-``.

    References
    ----------
    Rules of level-3 associations: Constraint_Optical_Path and the product
    name of jwst 3.0.0.
    """
    second = _element(primary, "PUPIL") or _element(primary, "GRATING")
    elements = sorted(name for name in (_element(primary, "FILTER"), second) if name)
    subarray = _element(primary, "SUBARRAY")
    parts = [
        *(elements or ["clear"]),
        _element(primary, "FXD_SLIT"),
        "" if subarray == "full" else subarray,
    ]
    return "-".join(part for part in parts if part)


def _element(primary, keyword):
    """Value of a keyword in lower case, empty if it stands for none."""
    value = str(primary.get(keyword) or "").strip()
    return "" if value.upper() in _EMPTY else re.sub(r"[^a-z0-9.+-]", "", value.lower())


def product_name(program, asn_id, instrument, path):
    """
    Give the name of an association's product.

    Parameters
    ----------
    program : str
        Program with five digits.
    asn_id : str
        Association id, e.g. ``o003``.
    instrument : str
        ``INSTRUME``.
    path : str
        Optical path, see :func:`optical_path`.

    Returns
    -------
    name : str
        E.g. ``jw01366-o003_t000_nirspec_f290lp-g395h-s1600a1-sub2048``.
    """
    return f"jw{program}-{asn_id}_{_UNKNOWN_TARGET}_{instrument.lower()}_{path}"
