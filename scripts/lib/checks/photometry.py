"""
Checks of what aperture photometry needs, from headers and settings alone.

Standard library only, so that the workflow can check before any job runs.
All of their findings are errors.
"""

from functools import cache, partial
from math import hypot, isfinite
from pathlib import Path

from scripts.lib.checks.references import missing_file
from scripts.lib.errors import InputError
from scripts.lib.findings import Finding
from scripts.lib.fits.headers import read_hdus
from scripts.lib.instruments.imaging import (
    array_corner,
    extension_header,
    gain_corner,
    gain_section,
    sums_whole_array,
)
from scripts.lib.instruments.modes import mode_of

__all__ = [
    "aperture_errors",
    "gain_errors",
    "imaging_check",
    "option_errors",
    "segment_errors",
]

_RADII = ("radius", "radius_inner", "radius_outer")
_error = partial(Finding, "error")
_setting = partial(_error, "config")
_BOXES = ("search_box_width", "fit_box_width")


def segment_errors(path, hdus, options, gain_path=None, gain_hdus=None):
    """
    Find what prevents the photometry of a segment.

    Parameters
    ----------
    path : str or Path
        The segment, for the messages.
    hdus : list of Hdu
        Its header-data units, those of a cube with SCI, and ERR if known.
    options : dict
        Settings of the section ``tso_photometry``, complete.
    gain_path : str or Path, optional
        The gain reference, for the messages; None if none is given.
    gain_hdus : list of Hdu, optional
        Its header-data units.

    Returns
    -------
    errors : list of Finding
        Errors of the segment, the settings and the gain reference.
    """
    primary, sci = (extension_header(hdus, name) for name in ("PRIMARY", "SCI"))
    # In a compressed file only the headers up to SCI have been read.
    err = extension_header(hdus, "ERR") if any(hdu.name == "ERR" for hdu in hdus) else None
    shape = next(hdu.shape for hdu in hdus if hdu.name == "SCI")[1:]
    path = str(path)
    errors = _keyword_errors(path, primary, sci, err)
    wrong_options = option_errors(options)
    errors += wrong_options
    if not wrong_options and not sums_whole_array(primary):
        position_errors = _position_errors(path, sci, shape)
        position = tuple(sci.get(name) for name in ("XREF_SCI", "YREF_SCI"))
        known = all(map(_is_number, position)) and not position_errors
        errors += aperture_errors(path, options, shape, position if known else None)
        errors += position_errors
    if sci.get("BUNIT") == "DN/s":
        if gain_hdus is None:
            why = f"{path} has BUNIT DN/s"
            errors.append(
                _setting(
                    key="references/gain", found="null", expected="a gain reference", effect=why
                )
            )
        else:
            errors += gain_errors(str(gain_path), primary, shape, gain_hdus)
    return errors


def _keyword_errors(path, primary, sci, err):
    """Find keywords of a segment that are missing or unusable."""
    position, unit_of = "the planned position [pixels from 1]", "the unit of the samples"
    errors = [
        _error(path, key=f"{name} in SCI", found=repr(sci.get(name)), expected=position)
        for name in ("XREF_SCI", "YREF_SCI")
        if not _is_number(sci.get(name))
    ]
    errors += [
        _error(path, key=f"BUNIT in {name}", found=repr(header.get("BUNIT")), expected=unit_of)
        for name, header in (("SCI", sci), ("ERR", err))
        if header is not None and not _is_text(header.get("BUNIT"))
    ]
    unit = sci.get("BUNIT")
    if unit == "MJy/sr" and not _is_number(sci.get("PIXAR_SR")):
        found = repr(sci.get("PIXAR_SR"))
        errors.append(
            _error(path, key="PIXAR_SR in SCI", found=found, expected="the area of a pixel [sr]")
        )
    if unit == "DN/s" and not _is_number(primary.get("EFFINTTM")):
        found = repr(primary.get("EFFINTTM"))
        errors.append(
            _error(path, key="EFFINTTM", found=found, expected="the time of an integration [s]")
        )
    return errors


def _position_errors(path, sci, shape):
    """Find a planned position outside the array."""
    axes = (("XREF_SCI", shape[1]), ("YREF_SCI", shape[0]))
    return [
        _error(
            path,
            key=f"{name} in SCI",
            found=repr(sci[name]),
            expected=f"a position in the array, 0.5 to {length}.5",
        )
        for name, length in axes
        if _is_number(sci.get(name)) and not 0 <= sci[name] - 0.5 <= length
    ]


def _is_text(value):
    """Whether a value is a text that is not blank."""
    return isinstance(value, str) and bool(value.strip())


def _is_number(value):
    """Whether a value is a finite number; logicals are not."""
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


def option_errors(options):
    """
    Find settings that contradict each other or are out of range.

    Parameters
    ----------
    options : dict
        Settings of the section ``tso_photometry``, complete.

    Returns
    -------
    errors : list of Finding
        One for each setting.
    """
    errors = [
        _setting(
            key=f"tso_photometry/{name}",
            found=repr(options[name]),
            expected="a positive number of pixels",
        )
        for name in _RADII
        if not _is_number(options[name]) or options[name] <= 0
    ]
    errors += [
        _setting(
            key=f"tso_photometry/{name}",
            found=repr(options[name]),
            expected="a positive whole number of pixels",
        )
        for name in _BOXES
        if not _is_number(options[name]) or options[name] < 1 or options[name] % 1
    ]
    if not errors and options["radius_inner"] >= options["radius_outer"]:
        expected = f"less than radius_outer, {options['radius_outer']!r}"
        found = repr(options["radius_inner"])
        errors.append(_setting(key="tso_photometry/radius_inner", found=found, expected=expected))
    return errors


def aperture_errors(path, options, shape, position=None):
    """
    Find apertures that do not fit an image.

    An aperture that would fit, but whose position puts it partly off the image, is accepted.

    Parameters
    ----------
    path : str
        The segment.
    options : dict
        Settings ``radius`` and ``radius_inner`` [pixels].
    shape : tuple of int
        Shape (y, x) of the images.
    position : tuple of float, optional
        Planned position (x, y) [pixels from 1]; the annulus may be beyond the furthest corner from
        there.

    Returns
    -------
    errors : list of Finding
        One for each setting.
    """
    furthest = hypot(*shape)
    if position is not None:
        # The star may be found anywhere in the box in which it is searched.
        aside = options["search_box_width"] / 2 if options["centroid_source"] else 0
        reach = (
            min(max(at - 0.5, n + 0.5 - at) + aside, n)
            for at, n in zip(position, shape[::-1], strict=True)
        )
        furthest = hypot(*reach)
    array = f"the array of {shape[1]} x {shape[0]} pixels"
    errors = []
    if 2 * options["radius"] > min(shape):
        expected, why = f"at most {min(shape) / 2:g}", f"the aperture is larger than {array}"
        found = repr(options["radius"])
        errors.append(
            _error(path, key="tso_photometry/radius", found=found, expected=expected, effect=why)
        )
    if options["radius_inner"] >= furthest:
        expected, why = f"less than {furthest:.1f}", f"the annulus is beyond {array}"
        found = repr(options["radius_inner"])
        errors.append(
            _error(
                path, key="tso_photometry/radius_inner", found=found, expected=expected, effect=why
            )
        )
    return errors


def gain_errors(path, primary, shape, gain_hdus):
    """
    Find why a gain reference does not cover a segment.

    Parameters
    ----------
    path : str
        The reference.
    primary : dict
        Keywords of the segment's primary header.
    shape : tuple of int
        Shape (y, x) of its images.
    gain_hdus : list of Hdu
        Header-data units of the reference.

    Returns
    -------
    errors : list of Finding
        Empty, or one about the reference.
    """
    found = next((hdu.shape for hdu in gain_hdus if hdu.name == "SCI"), ())
    corner, start = array_corner(primary), gain_corner(gain_hdus)
    if len(found) != 2:
        return [_error(path, key="SCI", found=f"shape {found}", expected="an image (y, x)")]
    if start is None:
        expected = "the corner of the gain's array in the detector"
        return [
            _error(
                path, key="SUBSTRT1, SUBSTRT2", found=f"none with shape {found}", expected=expected
            )
        ]
    if corner is None:
        expected = "the corner of its array in the detector, to cut the gain to it"
        return [
            _error(path, key="SUBSTRT1, SUBSTRT2", found="none in the segment", expected=expected)
        ]
    rows, columns = gain_section(primary, shape, gain_hdus)
    if rows.start < 0 or columns.start < 0 or rows.stop > found[0] or columns.stop > found[1]:
        found_corner, wanted = (
            f"SUBSTRT1={first[1]}, SUBSTRT2={first[0]}" for first in (start, corner)
        )
        expected = f"to cover {shape} from {wanted} on"
        return [
            _error(
                path,
                key="SCI",
                found=f"shape {found} with corner {found_corner}",
                expected=expected,
            )
        ]
    return []


def imaging_check(base_dir, references):
    """
    Make the check of imaging segments.

    Parameters
    ----------
    base_dir : str or Path
        Folder that relative paths start from.
    references : ReferenceFiles
        Reference files and settings of each segment; all segments that are checked
        get registered there.

    Returns
    -------
    check : callable
        Takes the path and the header-data units of a segment and returns its
        errors, a list of Finding; empty for spectra, and where photometry is
        skipped.
    """
    gain_hdus = cache(read_hdus)

    def check(path, hdus):
        references.register(path, hdus)
        mode = mode_of(hdus[0].header.get("EXP_TYPE"))
        if not mode.is_imaging:
            return []
        options, gain = references.settings(mode.settings, path), None
        if options["skip"]:
            return []
        try:
            gain = references.reference("gain", path)
            if gain.source == "crds" and gain.path and not Path(gain.path).is_file():
                return [missing_file(gain)]
            headers = gain_hdus(Path(base_dir, gain.path)) if gain.path else None
            return segment_errors(path, hdus, options, gain.path, headers)
        except InputError as error:
            known_as = Path(base_dir, gain.path) if gain else None
            return [Finding.from_error(str(gain.path if gain else path), error, known_as)]

    return check
