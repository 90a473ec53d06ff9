"""
Checks of what aperture photometry needs, from headers and settings alone.

Standard library only, so that the workflow can check before any job runs.
A problem is one line: keyword or setting, found, expected.
"""

from math import hypot, isfinite

_FULL_FRAME = {"MIRI": (1024, 1032)}
_OTHER_FULL_FRAME = (2048, 2048)
_RADII = ("radius", "radius_inner", "radius_outer")
_BOXES = ("search_box_width", "fit_box_width")


def sums_whole_array(primary):
    """
    Tell whether photometry is the sum of the whole array, without a background.

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


def segment_problems(path, hdus, options, gain_path=None, gain_hdus=None):
    """
    Find what prevents the photometry of a segment.

    Parameters
    ----------
    path : str or Path
        The segment, for the messages.
    hdus : list of Hdu
        Its header-data units, those of a cube with SCI and ERR.
    options : dict
        Settings of the section ``tso_photometry``, complete.
    gain_path : str or Path, optional
        The gain reference, for the messages; None if none is given.
    gain_hdus : list of Hdu, optional
        Its header-data units.

    Returns
    -------
    problems : list of str
        One line each, with the name of the file or ``config``.
    """
    primary, sci, err = (_header(hdus, name) for name in ("PRIMARY", "SCI", "ERR"))
    shape = next(hdu.shape for hdu in hdus if hdu.name == "SCI")[1:]
    problems = [f"{path}: {line}" for line in _keyword_problems(primary, sci, err)]
    options_at_fault = option_problems(options)
    problems += [f"config: tso_photometry/{line}" for line in options_at_fault]
    if not options_at_fault and not sums_whole_array(primary):
        lines = aperture_problems(options, shape)
        problems += [f"{path}: tso_photometry/{line}" for line in lines]
    if sci.get("BUNIT") == "DN/s":
        if gain_hdus is None:
            problems.append(
                f"config: references/gain: found null, expected a gain reference: "
                f"{path} has BUNIT DN/s"
            )
        else:
            lines = gain_problems(primary, shape, gain_hdus)
            problems += [f"{gain_path}: {line}" for line in lines]
    return problems


def _header(hdus, name):
    """Keywords of the first extension of a name; none if there is no such extension."""
    return next((hdu.header for hdu in hdus if hdu.name == name), {})


def _keyword_problems(primary, sci, err):
    """Find keywords of a segment that are missing or of no use."""
    problems = [
        f"{name} in SCI: found {sci.get(name)!r}, expected the planned position [pixels from 1]"
        for name in ("XREF_SCI", "YREF_SCI")
        if not _is_number(sci.get(name))
    ]
    problems += [
        f"BUNIT in {name}: found {header.get('BUNIT')!r}, expected the unit of the samples"
        for name, header in (("SCI", sci), ("ERR", err))
        if not isinstance(header.get("BUNIT"), str) or not header["BUNIT"].strip()
    ]
    unit = sci.get("BUNIT")
    if unit == "MJy/sr" and not _is_number(sci.get("PIXAR_SR")):
        found = sci.get("PIXAR_SR")
        problems.append(f"PIXAR_SR in SCI: found {found!r}, expected the area of a pixel [sr]")
    if unit == "DN/s" and not _is_number(primary.get("EFFINTTM")):
        found = primary.get("EFFINTTM")
        problems.append(f"EFFINTTM: found {found!r}, expected the time of an integration [s]")
    return problems


def _is_number(value):
    """Tell finite numbers from all else, logicals included."""
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


def option_problems(options):
    """
    Find settings that contradict each other or are out of range.

    Parameters
    ----------
    options : dict
        Settings of the section ``tso_photometry``, complete.

    Returns
    -------
    problems : list of str
        One line each, starting with the name of the setting.
    """
    problems = [
        f"{name}: found {options[name]!r}, expected a positive number of pixels"
        for name in _RADII
        if not _is_number(options[name]) or options[name] <= 0
    ]
    problems += [
        f"{name}: found {options[name]!r}, expected a positive whole number of pixels"
        for name in _BOXES
        if not _is_number(options[name]) or options[name] < 1 or options[name] % 1
    ]
    if not problems and options["radius_inner"] >= options["radius_outer"]:
        problems.append(
            f"radius_inner: found {options['radius_inner']!r}, "
            f"expected less than radius_outer, {options['radius_outer']!r}"
        )
    return problems


def aperture_problems(options, shape):
    """
    Find apertures that do not fit an image.

    An aperture that only its place puts partly off the image is no problem.

    Parameters
    ----------
    options : dict
        Settings ``radius`` and ``radius_inner`` [pixels].
    shape : tuple of int
        Shape (y, x) of the images.

    Returns
    -------
    problems : list of str
        One line each, starting with the name of the setting.
    """
    size = f"{shape[1]} x {shape[0]} pixels"
    problems = []
    if 2 * options["radius"] > min(shape):
        problems.append(
            f"radius: found {options['radius']!r}, expected at most {min(shape) / 2:g}: "
            f"the aperture is larger than the array of {size}"
        )
    if options["radius_inner"] >= hypot(*shape):
        problems.append(
            f"radius_inner: found {options['radius_inner']!r}, expected less than "
            f"{hypot(*shape):.1f}: the annulus is beyond the array of {size}"
        )
    return problems


def gain_problems(primary, shape, gain_hdus):
    """
    Find why a gain reference does not cover a segment.

    Parameters
    ----------
    primary : dict
        Keywords of the segment's primary header.
    shape : tuple of int
        Shape (y, x) of its images.
    gain_hdus : list of Hdu
        Header-data units of the reference.

    Returns
    -------
    problems : list of str
        Empty, or one line about the reference.
    """
    found = next((hdu.shape for hdu in gain_hdus if hdu.name == "SCI"), ())
    corner, gain_corner = _corner(primary), gain_start(gain_hdus)
    if len(found) != 2:
        return [f"SCI: found shape {found}, expected an image (y, x)"]
    if gain_corner is None:
        return [
            f"SUBSTRT1, SUBSTRT2: found none with shape {found}, "
            "expected the corner of the gain's array in the detector"
        ]
    if corner is None:
        return [
            "SUBSTRT1, SUBSTRT2: found none in the segment, expected the corner of its array "
            "in the detector, to cut the gain to it"
        ]
    rows, columns = gain_section(primary, shape, gain_hdus)
    if rows.start < 0 or columns.start < 0 or rows.stop > found[0] or columns.stop > found[1]:
        return [
            f"SCI: found shape {found} with corner SUBSTRT1={gain_corner[1]}, SUBSTRT2={gain_corner[0]}, "
            f"expected to cover {shape} from SUBSTRT1={corner[1]}, SUBSTRT2={corner[0]} on"
        ]
    return []


def gain_section(primary, shape, gain_hdus):
    """
    Part of a gain reference that a segment's array covers.

    Parameters
    ----------
    primary : dict
        Keywords of the segment's primary header.
    shape : tuple of int
        Shape (y, x) of its images.
    gain_hdus : list of Hdu
        Header-data units of a reference without problems.

    Returns
    -------
    rows, columns : slice
        The part.
    """
    starts = (
        corner - reference
        for corner, reference in zip(_corner(primary), gain_start(gain_hdus), strict=True)
    )
    rows, columns = (
        slice(start, start + length) for start, length in zip(starts, shape, strict=True)
    )
    return rows, columns


def gain_start(gain_hdus):
    """
    Corner of a gain reference in the detector.

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
    primary = _header(gain_hdus, "PRIMARY")
    shape = next((hdu.shape for hdu in gain_hdus if hdu.name == "SCI"), ())
    full = _FULL_FRAME.get(str(primary.get("INSTRUME")).upper(), _OTHER_FULL_FRAME)
    return _corner(primary) or ((1, 1) if shape == full else None)


def _corner(primary):
    """First row and column of an array in the detector, from 1; None if unknown."""
    corner = primary.get("SUBSTRT2"), primary.get("SUBSTRT1")
    return corner if all(isinstance(start, int) for start in corner) else None
