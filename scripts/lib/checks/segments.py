"""
Facts about a segment from its headers and times, and checks that read no pixels.

Standard library only: the workflow does them for every segment at each start.
"""

import os
import struct
from dataclasses import dataclass, field
from functools import partial
from math import inf, isfinite
from pathlib import Path

from scripts.lib.checks.flux_keywords import position_values
from scripts.lib.checks.int_times import int_times_findings, read_times
from scripts.lib.findings import Finding
from scripts.lib.fits.cards import padded_length
from scripts.lib.instruments.modes import mode_of
from scripts.lib.segment_data.integrations import EXPOSURE, TDB, UTC

__all__ = ["COMMON", "COMMON_NUMBERS", "HeaderFacts", "check_segment"]

# Keywords that should be equal in all segments of a product.
COMMON = ("CAL_VER", "CRDS_CTX", "TARGNAME", "FILTER", "PUPIL", "GRATING", "SUBARRAY", "READPATT")
COMMON_NUMBERS = ("NGROUPS", "EFFINTTM")
_OF_SCIENCE = ("BUNIT", "SRCTYPE")
_IDENTITY = (*EXPOSURE, "DETECTOR")
_FLOATS, _INTEGERS = (-32, -64), (8, 16, 32, 64)
_UNSIGNED_ZEROS = {16: 1 << 15, 32: 1 << 31, 64: 1 << 63}
# Codes of the module struct by BITPIX, and pixels of a variance that are looked at.
_CODES, _SAMPLE = {-32: "f", -64: "d"}, 64
_VARIANCES = {
    "VAR_POISSON": "of photon noise",
    "VAR_RNOISE": "of read noise",
    "VAR_FLAT": "of the flat field",
}


@dataclass(frozen=True, slots=True)
class HeaderFacts:
    """
    What the doctor's page and the comparison of segments need to know of a segment.

    Attributes
    ----------
    keywords : dict of str to object
        Keywords of the primary header and of SCI that the file has.
    identity : tuple or None
        Keywords that identify an exposure and detector in the archive; None if
        incomplete.
    file_bytes : int
        Length of the file.
    utc, tdb : tuple of float or None
        Mid times of the first and the last integration that have one
        [MJD, d]; None if no integration has.
    positions : dict of str to float
        Positions from which apertures and traces are placed, by keyword.
    """

    keywords: dict
    identity: tuple | None
    file_bytes: int
    utc: tuple | None
    tdb: tuple | None
    positions: dict = field(default_factory=dict)


def check_segment(path, location, hdus):
    """
    Check the headers and the times of a segment.

    Parameters
    ----------
    path : str
        The file as the user names it, for the messages.
    location : str or Path
        The same file, or its decompressed copy, to be opened.
    hdus : list of Hdu
        Its header-data units, those of a cube with SCI, ERR and DQ.

    Returns
    -------
    facts : HeaderFacts
        From the headers and INT_TIMES.
    findings : list of Finding
        What is wrong or unusual about the planes, their units, INT_TIMES and
        the end of the file.

    Raises
    ------
    InputError
        If INT_TIMES cannot be read.
    """
    times, size = read_times(location, hdus), os.stat(location).st_size
    primary, sci = hdus[0].header, _first(hdus, "SCI").header
    names = ("INSTRUME", *COMMON, *COMMON_NUMBERS, "DATAMODL", "S_PHOTOM", "TSOVISIT")
    keywords = {name: primary[name] for name in names if primary.get(name) is not None}
    keywords |= {name: sci[name] for name in _OF_SCIENCE if sci.get(name) is not None}
    identity = tuple(primary.get(name) for name in _IDENTITY)
    facts = HeaderFacts(
        keywords=keywords,
        identity=None if None in identity else identity,
        file_bytes=size,
        utc=_ends(times, UTC[1]),
        tdb=_ends(times, TDB[1]),
        positions=position_values(primary, sci),
    )
    findings = [
        *_plane_findings(path, hdus),
        *_variance_findings(path, hdus),
        *_variance_value_findings(path, location, hdus),
        *_unit_findings(path, hdus),
        *int_times_findings(path, hdus, times),
    ]
    # The size of a compressed file says nothing about the length of its data.
    if Path(location).suffix != ".gz":
        findings += _end_findings(path, hdus, size)
    return facts, findings


def _first(hdus, name):
    """First extension of a name, or None."""
    return next((hdu for hdu in hdus if hdu.name == name), None)


def _ends(times, name):
    """First and last of the known times, or None."""
    known = [time for time in times.columns[name] if time and isfinite(time)] if times else []
    return (known[0], known[-1]) if known else None


def _plane_findings(path, hdus):
    """Find planes whose type of number the steps cannot read."""
    findings = []
    for name in ("SCI", "ERR", "DQ", *_VARIANCES):
        hdu = _first(hdus, name)
        if hdu is None:
            continue
        bits = hdu.header.get("BITPIX")
        scale, zero = (hdu.header.get(name, usual) for name, usual in (("BSCALE", 1), ("BZERO", 0)))
        error = partial(Finding, "error", path)
        if bits not in (_INTEGERS if name == "DQ" else _FLOATS):
            expected = "integers" if name == "DQ" else "floating-point numbers"
            findings.append(error(key=name, found=f"BITPIX {bits}", expected=expected))
        # True is equal to 1.
        elif {type(scale), type(zero)} - {int, float} or (
            scale != 1 or zero not in (0, _UNSIGNED_ZEROS.get(bits))
        ):
            found = f"BSCALE {scale!r}, BZERO {zero!r}"
            findings.append(
                error(key=name, found=found, expected="none, or those of unsigned integers")
            )
    return findings


def _variance_findings(path, hdus):
    """Find variances that are missing or of another shape; NIRISS SOSS takes its errors from ERR."""
    primary, shape = hdus[0].header, _first(hdus, "SCI").shape
    mode, findings = mode_of(primary.get("EXP_TYPE")), []
    if mode.is_soss:
        return []
    for name, what in _VARIANCES.items():
        hdu = _first(hdus, name)
        if hdu is not None and hdu.shape == shape:
            continue
        is_usual = hdu is None and (name == "VAR_FLAT" or mode.is_imaging)
        found = "none" if hdu is None else f"shape {hdu.shape}"
        effect = f"the part {what} is missing in the errors of the spectra"
        if mode.is_imaging:
            effect = f"the part {what} is missing in the diagnostics"
        expected = f"the variance {what}, of shape {shape}"
        severity = "note" if is_usual else "warning"
        findings.append(
            Finding(severity, path, key=name, found=found, expected=expected, effect=effect)
        )
    return findings


def _variance_value_findings(path, location, hdus):
    """Find variances that are negative or infinite in a few pixels in the middle of the first image."""
    shape = _first(hdus, "SCI").shape
    if mode_of(hdus[0].header.get("EXP_TYPE")).is_soss or Path(location).suffix == ".gz":
        return []
    findings = []
    with open(location, "rb", buffering=0) as file:
        for name, what in _VARIANCES.items():
            hdu = _first(hdus, name)
            code = _CODES.get(hdu.header.get("BITPIX")) if hdu and hdu.shape == shape else None
            if code is None:
                continue
            size, pixels = struct.calcsize(code), shape[1] * shape[2]
            count = min(_SAMPLE, pixels)
            file.seek(hdu.data_offset + size * ((pixels - count) // 2))
            values = struct.unpack(f">{count}{code}", file.read(size * count))
            # Of NaN, neither holds.
            if bad := sum(value < 0 or value == inf for value in values):
                effect = f"errors that contain the part {what} are wrong there"
                findings.append(
                    Finding(
                        "warning",
                        path,
                        key=name,
                        found=f"{bad} of {count} values in the middle of the first image negative or infinite",
                        expected="variances",
                        effect=effect,
                    )
                )
    return findings


def _unit_findings(path, hdus):
    """Find units that contradict the calibration status, or that no step knows."""
    primary, units = hdus[0].header, [_first(hdus, n).header.get("BUNIT") for n in ("SCI", "ERR")]
    warning, findings = partial(Finding, "warning", path), []
    expected, effect = _expected_units(primary)
    is_imaging = mode_of(primary["EXP_TYPE"]).is_imaging
    if units[0] not in expected and (units[0] is not None or not is_imaging):
        status = f" with S_PHOTOM {primary['S_PHOTOM']}" if primary.get("S_PHOTOM") else ""
        found = f"{units[0] or 'none'}{status}"
        findings.append(
            warning(key="BUNIT in SCI", found=found, expected=" or ".join(expected), effect=effect)
        )
    if None not in units and units[0] != units[1]:
        effect = "the errors are taken to be in the unit of SCI"
        findings.append(
            warning(
                key="BUNIT in ERR",
                found=f"{units[1]}",
                expected=f"{units[0]}, as in SCI",
                effect=effect,
            )
        )
    return findings


def _expected_units(primary):
    """Units that a segment may have, and the effect of others."""
    mode = mode_of(primary["EXP_TYPE"])
    if mode.is_imaging:
        return ("MJy/sr", "DN/s"), "the fluxes stay in this unit"
    if mode.is_soss:
        return ("DN/s",), "the spectra are taken for count rates"
    if str(primary.get("S_PHOTOM")).upper() == "COMPLETE":
        return ("MJy/sr", "MJy"), "the spectra are taken for calibrated ones, in Jy"
    return ("DN/s",), "the spectra are taken for count rates, in DN/s"


def _end_findings(path, hdus, size):
    """Find bytes after the last header-data unit, and a last one without padding."""
    last = hdus[-1]
    end = last.data_offset + padded_length(last.data_bytes)
    if size > end:
        found = f"{size - end} bytes after {last.name or 'the last HDU'} that are no FITS extension"
        return [
            Finding(
                "warning", path, key="file", found=found, expected="none", effect="they are ignored"
            )
        ]
    if size < end:
        found, expected = f"{size} bytes", f"{end}, with the padding of {last.name or 'the end'}"
        return [
            Finding(
                "note",
                path,
                key="file",
                found=found,
                expected=expected,
                effect="the data are complete",
            )
        ]
    return []
