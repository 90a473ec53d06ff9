"""Values that keywords of a segment may have, where steps would stumble over others."""

from functools import partial

from scripts.lib.findings import Finding
from scripts.lib.fits.headers import NoValue

_TEXTS = (
    *("EXP_TYPE", "DETECTOR", "FILTER", "PUPIL", "GRATING", "INSTRUME", "SUBARRAY", "TARGNAME"),
    *("BUNIT", "SRCTYPE", "SLTNAME", "S_REGION", "S_PHOTOM"),
)
_NUMBERS = (
    *("TARG_RA", "TARG_DEC", "SRCXPOS", "SRCYPOS", "SLIT_RA", "SLIT_DEC", "DITH_RA", "DITH_DEC"),
    *("XREF_SCI", "YREF_SCI", "SUBSTRT1", "SUBSTRT2", "PA_APER", "PWCPOS", "SPORDER"),
    *("EXPSTART", "EXPMID", "EXPEND", "PIXAR_SR", "PHOTMJSR", "EFFINTTM"),
)
_POSITIVE = ("PIXAR_SR", "PHOTMJSR", "EFFINTTM")
_CHOICES = {
    "SRCTYPE": ("POINT", "EXTENDED", "UNKNOWN"),
    "DISPAXIS": (1, 2),
}
# 1 sr is what a file says whose pixels have no area.
_LARGEST_AREA = 1
# No position of an aperture is this far from the array.
_PIXELS = range(-(1 << 14), 1 << 14)
_PLACES = ("XREF_SCI", "YREF_SCI", "SUBSTRT1", "SUBSTRT2")


def value_problems(path, hdus):
    """
    Find values of keywords that no step can use.

    Parameters
    ----------
    path : str
        The file, for the messages.
    hdus : list of Hdu
        Its header-data units.

    Returns
    -------
    problems : list of Finding
        Cards that are no FITS values, texts in place of numbers and the
        reverse, and values that have no meaning. Keywords without a value
        are none.
    """
    error = partial(Finding, "error", path)
    unreadable = [
        error(keyword, value, "a FITS value: a number, T, F or a text in quotes")
        for hdu in hdus
        for keyword, value in hdu.header.items()
        if type(value) is NoValue
    ]
    if unreadable:
        return unreadable
    return [
        error(keyword, repr(value), expected)
        for hdu in hdus
        if hdu.name in ("PRIMARY", "SCI")
        for keyword, value in hdu.header.items()
        if value is not None and (expected := _expected(keyword, value))
    ]


def _expected(keyword, value):
    """What is expected of a keyword in place of a value, or None if it may have it."""
    if keyword in _TEXTS and not isinstance(value, str):
        return "a text"
    if keyword in _NUMBERS and type(value) not in (int, float):
        return "a number"
    if keyword in _POSITIVE and not value > 0:
        return "a number above 0"
    if keyword == "PIXAR_SR" and value > _LARGEST_AREA:
        return f"an area of at most {_LARGEST_AREA} sr"
    if keyword in _PLACES and not _PIXELS[0] <= value <= _PIXELS[-1]:
        return "a place on the detector [pixels]"
    # To Python, True is 1.
    if keyword in _CHOICES and (value is True or value not in _CHOICES[keyword]):
        return f"one of {', '.join(map(str, _CHOICES[keyword]))}"
    return None
