"""
Checks of the input before any job runs.

Errors prevent processing; all of them are collected and reported together.
Warnings do not.
"""

import re
from collections import Counter
from functools import partial

from scripts.lib.findings import Finding
from scripts.lib.fits.headers import NoValue
from scripts.lib.instruments.modes import MODES, UNSUPPORTED, mode_of
from scripts.lib.segment_data.integrations import segment_number

__all__ = ["header_errors", "header_warnings", "value_errors"]

_OPTIONAL_INTEGERS = ("INTSTART", "INTEND", "EXSEGNUM")
_COUNTS = range(1 << 31)
_CUBE_AXES = 3
_NUMBER_IN_NAME = re.compile(r"-seg(\d{1,9})[^/]*$")
# Of two extensions of these names, readers would take one or the other.
_UNIQUE = ("SCI", "ERR", "DQ", "VAR_POISSON", "VAR_RNOISE", "VAR_FLAT", "INT_TIMES", "ASDF")


def header_errors(path, hdus, complete=True):
    """
    Find what in the headers of a segment prevents its processing.

    Parameters
    ----------
    path : str
        The file, for the messages.
    hdus : list of Hdu
        Its header-data units.
    complete : bool, optional
        False if only those up to SCI are known.

    Returns
    -------
    errors : list of Finding
        Values that no step can use, keywords and extensions that are missing
        or wrong.
    """
    error = partial(Finding, "error", path)
    return [
        *value_errors(path, hdus),
        *_keyword_errors(error, hdus[0].header),
        *_plane_errors(error, hdus, complete),
    ]


def _keyword_errors(error, primary):
    """Find primary keywords that are missing or wrong."""
    exp_type, nints = primary.get("EXP_TYPE"), primary.get("NINTS")
    errors = [
        error(key=keyword, found=repr(number), expected="a whole number from 1")
        for keyword in _OPTIONAL_INTEGERS
        if (number := primary.get(keyword)) is not None
        and not (_is_integer(number) and number in _COUNTS)
    ]
    if not isinstance(exp_type, str) or not exp_type:
        errors.append(error(key="EXP_TYPE", found=repr(exp_type), expected="an exposure type"))
    elif primary.get("TSOVISIT") is not True and not mode_of(exp_type).is_always_time_series:
        found = f"{primary.get('TSOVISIT')!r} with EXP_TYPE {exp_type}"
        always = [name for name, mode in MODES.items() if mode.is_always_time_series]
        expected = f"True or EXP_TYPE one of {', '.join(always)}"
        errors.append(
            error(
                key="TSOVISIT",
                found=found,
                expected=expected,
                effect="not a time-series observation",
            )
        )
    elif exp_type not in MODES:
        expected = f"one of {', '.join(MODES)}"
        effect = UNSUPPORTED.get(exp_type, "time series of other types have no pipeline")
        errors.append(error(key="EXP_TYPE", found=exp_type, expected=expected, effect=effect))
    errors += [
        error(key=keyword, found=str(primary[keyword]), expected="a grism", effect=reason)
        for keyword, values, reason in mode_of(exp_type).unsupported
        if primary.get(keyword) in values
    ]
    if not _is_integer(nints):
        errors.append(error(key="NINTS", found=repr(nints), expected="the number of integrations"))
    elif nints < 2 or nints not in _COUNTS:
        errors.append(
            error(key="NINTS", found=str(nints), expected="2 or more", effect="not a time series")
        )
    return errors


def _is_integer(value):
    """Whether a value is an integer; logicals are not."""
    return isinstance(value, int) and not isinstance(value, bool)


def _plane_errors(error, hdus, complete):
    """Find extensions that are missing or of the wrong shape."""
    shapes = {
        name: [hdu.shape for hdu in hdus if hdu.name == name] for name in ("SCI", "ERR", "DQ")
    }
    if len(shapes["SCI"]) != 1:
        return [error(key="SCI", found=f"{len(shapes['SCI'])} extensions", expected="one")]
    shape = shapes["SCI"][0]
    if len(shape) != _CUBE_AXES or 0 in shape:
        return [error(key="SCI", found=f"shape {shape}", expected="a cube (integrations, y, x)")]
    counts = Counter(hdu.name for hdu in hdus)
    return [
        *(
            error(key=name, found=f"{counts[name]} extensions", expected="one")
            for name in _UNIQUE
            if counts[name] > 1
        ),
        *_shape_errors(error, shapes, shape, complete),
    ]


def _shape_errors(error, shapes, shape, complete):
    """Find errors and flags that are missing or of another shape than the data."""
    return [
        error(
            key=name,
            found=f"shape {shapes[name][0] if shapes[name] else None}",
            expected=f"that of SCI, {shape}",
        )
        for name in ("ERR", "DQ")
        if complete and shapes[name][:1] != [shape]
    ]


def header_warnings(path, hdus, complete=True):
    """
    Find what is unusual in the headers of a segment that can be processed.

    Parameters
    ----------
    path : str
        The file.
    hdus : list of Hdu
        Header-data units of a file without errors.
    complete : bool, optional
        False if only those up to SCI are known.

    Returns
    -------
    warnings : list of Finding
        Numbers of integrations that contradict each other, times and a target
        that are missing.
    """
    warning = partial(Finding, "warning", path)
    primary = hdus[0].header
    nints = next(hdu.shape[0] for hdu in hdus if hdu.name == "SCI")
    first, last, total = (primary.get(key) for key in ("INTSTART", "INTEND", "NINTS"))
    expected_last = (first or 1) + nints - 1
    tables = [hdu for hdu in hdus if hdu.name == "INT_TIMES"]
    rows = sum(hdu.shape[0] for hdu in tables if hdu.shape)
    warnings = []
    if last is not None and last != expected_last:
        found, effect = f"{last} with INTSTART {first}", "integrations are counted from INTSTART"
        warnings.append(
            warning(key="INTEND", found=found, expected=str(expected_last), effect=effect)
        )
    if expected_last > total:
        effect = "it is unknown whether segments are missing at the end"
        warnings.append(
            warning(
                key="NINTS", found=str(total), expected=f"{expected_last} or more", effect=effect
            )
        )
    if complete and rows < nints:
        found = f"{rows} rows" if tables else "none"
        effect = "integrations get numbers, but no times"
        if not mode_of(primary["EXP_TYPE"]).is_imaging:
            effect += ", and no rows in the white light if others have times"
        warnings.append(
            warning(key="INT_TIMES", found=found, expected=f"{nints} rows or more", effect=effect)
        )
    warnings += _number_warnings(warning, path, primary)
    if not primary.get("TARGNAME"):
        expected, effect = "the name of the target", "the products name none"
        warnings.append(warning(key="TARGNAME", found="none", expected=expected, effect=effect))
    return warnings


def _number_warnings(warning, path, primary):
    """Find a number of a segment that is not that in its file name."""
    in_name, number = _NUMBER_IN_NAME.search(path), segment_number(primary)
    is_image, is_given = mode_of(primary["EXP_TYPE"]).is_imaging, bool(primary.get("EXSEGNUM"))
    # Without one, segments are in the order of their names, and images have no such column.
    if in_name is None or number == int(in_name[1]) or (is_image and not is_given):
        return []
    found = "none" if primary.get("EXSEGNUM") is None else str(number)
    effects = ["the segments are in the order of EXSEGNUM"] if is_given else []
    effects += [] if is_image else [f"the column SEGMENT of the spectra has {number}"]
    expected = f"{int(in_name[1])} as in the file name"
    return [warning(key="EXSEGNUM", found=found, expected=expected, effect="; ".join(effects))]


_TEXTS = [
    "EXP_TYPE",
    "DETECTOR",
    "FILTER",
    "PUPIL",
    "GRATING",
    "INSTRUME",
    "SUBARRAY",
    "TARGNAME",
    "BUNIT",
    "SRCTYPE",
    "SLTNAME",
    "S_REGION",
    "S_PHOTOM",
]
_NUMBERS = [
    "TARG_RA",
    "TARG_DEC",
    "SRCXPOS",
    "SRCYPOS",
    "SLIT_RA",
    "SLIT_DEC",
    "DITH_RA",
    "DITH_DEC",
    "XREF_SCI",
    "YREF_SCI",
    "SUBSTRT1",
    "SUBSTRT2",
    "PA_APER",
    "PWCPOS",
    "SPORDER",
    "EXPSTART",
    "EXPMID",
    "EXPEND",
    "PIXAR_SR",
    "PHOTMJSR",
    "EFFINTTM",
]
_POSITIVE = ("PIXAR_SR", "PHOTMJSR", "EFFINTTM")
_CHOICES = {
    "SRCTYPE": ("POINT", "EXTENDED", "UNKNOWN"),
    "DISPAXIS": (1, 2),
}
# Keywords that steps read: of two cards that differ, one would count and the other be shown.
_MEANINGFUL = frozenset(
    (*_TEXTS, *_NUMBERS, *_CHOICES, *_OPTIONAL_INTEGERS, "NINTS", "TSOVISIT", "CAL_VER", "CRDS_CTX")
)
# Files whose pixels have no area give 1 sr.
_LARGEST_AREA = 1
# Apertures lie on the detector: a pixel further away than this is a damaged number.
_PIXELS = range(-(1 << 14), 1 << 14)
_ORDERS = range(-10, 11)
_POSITIONS = ("XREF_SCI", "YREF_SCI", "SUBSTRT1", "SUBSTRT2")


def value_errors(path, hdus):
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
    errors : list of Finding
        Cards that are no FITS values, keywords with two values, texts instead of numbers and the
        reverse, and values that have no meaning; keywords without a value
        are accepted.
    """
    error = partial(Finding, "error", path)
    unreadable = [
        error(key=keyword, found=value, expected="a FITS value: a number, T, F or a text in quotes")
        for hdu in hdus
        for keyword, value in hdu.header.items()
        if type(value) is NoValue
    ]
    if unreadable:
        return unreadable
    twice = [
        error(key=keyword, found="it twice with different content", expected="it once")
        for hdu in hdus
        if hdu.name in ("PRIMARY", "SCI")
        for keyword in hdu.repeated
        if keyword in _MEANINGFUL
    ]
    return twice + [
        error(key=keyword, found=repr(value), expected=expected)
        for hdu in hdus
        if hdu.name in ("PRIMARY", "SCI")
        for keyword, value in hdu.header.items()
        if value is not None and (expected := _expected(keyword, value))
    ]


def _expected(keyword, value):
    """What is expected of a keyword instead of its value; None if the value is usable."""
    if keyword in _TEXTS and not isinstance(value, str):
        return "a text"
    if keyword in _NUMBERS and type(value) not in (int, float):
        return "a number"
    if keyword in _POSITIVE and not value > 0:
        return "a number above 0"
    if keyword == "PIXAR_SR" and value > _LARGEST_AREA:
        return f"an area of at most {_LARGEST_AREA} sr"
    if keyword in _POSITIONS and not _PIXELS[0] <= value <= _PIXELS[-1]:
        return "a position on the detector [pixels]"
    if keyword == "SPORDER" and value not in _ORDERS:
        return f"a whole number from {_ORDERS[0]} to {_ORDERS[-1]}"
    # `True in (1, 2)` holds, so logicals are ruled out first.
    if keyword in _CHOICES and (value is True or value not in _CHOICES[keyword]):
        return f"one of {', '.join(map(str, _CHOICES[keyword]))}"
    return None
