"""Checks of the data of a segment, block by block."""

import hashlib
from dataclasses import dataclass, field
from functools import partial
from operator import eq

import numpy as np

from scripts.lib.findings import Finding
from scripts.lib.fits.cards import BLOCK_LENGTH
from scripts.lib.segment_data.dq import DO_NOT_USE, PLANES

__all__ = ["Survey", "checksum_findings", "data_findings", "repeated_findings", "survey_data"]

_BLOCK_BYTES = 32_000_000
_LISTED = 5
# Fraction of pixels that may be bad in an integration beyond the usual number.
_MANY_BAD = 0.2
_WORD_BYTES = 4


@dataclass
class Survey:
    """
    Counts and checksums of the integrations of a segment, in their order.

    Attributes
    ----------
    pixels : int
        Pixels of an image.
    finite : dict of str to list of int
        Finite pixels of each integration, by plane (SCI, ERR, variances).
    positive_errors : list of int
        Pixels whose ERR is positive.
    usable : list of int
        Pixels that are finite and not ``DO_NOT_USE``.
    flagged : list of int
        Pixels that are ``DO_NOT_USE``.
    infinite : list of int
        Infinite pixels of SCI.
    constant : list of bool
        Whether all finite pixels of SCI are equal.
    digests : list of bytes
        Checksums of SCI.
    """

    pixels: int
    finite: dict = field(default_factory=dict)
    positive_errors: list = field(default_factory=list)
    usable: list = field(default_factory=list)
    flagged: list = field(default_factory=list)
    infinite: list = field(default_factory=list)
    constant: list = field(default_factory=list)
    digests: list = field(default_factory=list)

    def add(self, planes):
        """
        Add a block of integrations.

        Parameters
        ----------
        planes : dict of str to ndarray
            SCI, ERR, DQ and the variances of the file, each
            (integrations, y, x).
        """
        science, flagged = planes["SCI"], (planes["DQ"] & DO_NOT_USE) != 0
        finite = np.isfinite(science)
        for name, plane in planes.items():
            if name != "DQ":
                self.finite.setdefault(name, []).extend(_counts(np.isfinite(plane)))
        self.positive_errors += _counts(planes["ERR"] > 0)
        self.usable += _counts(finite & ~flagged)
        self.flagged += _counts(flagged)
        self.infinite += _counts(np.isinf(science))
        for image, known in zip(science, finite, strict=True):
            values = image[known]
            self.constant.append(bool(values.size) and bool((values == values[0]).all()))
            digest = hashlib.blake2b(np.ascontiguousarray(image), digest_size=12)
            self.digests.append(digest.digest())


def _counts(mask):
    """Set pixels of each integration."""
    return np.count_nonzero(mask, axis=(1, 2)).tolist()


def survey_data(file):
    """
    Read all planes of a segment.

    Parameters
    ----------
    file : FitsFile
        The segment: SCI is a cube, ERR and DQ have its shape.

    Returns
    -------
    survey : Survey
        Counts and checksums. Variances of another shape are left out.

    Raises
    ------
    InputError
        If they cannot be read.

    Notes
    -----
    Memory: 32 MB for a block of all planes and its masks, or a single
    integration if it is larger, and 150 bytes for each integration.
    """
    shape = file.shape("SCI")
    names = [name for name in PLANES if name in file and file.shape(name) == shape]
    length = max(1, _BLOCK_BYTES // (8 * len(names) * shape[1] * shape[2]))
    survey = Survey(shape[1] * shape[2])
    for first in range(0, shape[0], length):
        block = slice(first, first + length)
        survey.add({name: file.read(name, block) for name in names})
    return survey


def data_findings(path, survey, first):
    """
    Find errors in the data of a segment.

    Parameters
    ----------
    path : str
        The file, for the messages.
    survey : Survey
        Survey of its planes.
    first : int
        Number of its first integration.

    Returns
    -------
    findings : list of Finding
        Warnings, one for each kind: integrations that are NaN, flagged,
        constant or repeated, or have many more bad pixels than usual;
        infinite samples; errors and variances that are NaN or not positive.
    """
    n = len(survey.usable)
    warning = partial(_warning, path, first, n)
    usual = sorted(survey.usable)[n // 2]
    nothing = _where(count == 0 for count in survey.finite["SCI"])
    all_flagged = _where(count == survey.pixels for count in survey.flagged)
    lost = {*nothing, *all_flagged}
    few = _where(usual - count > _MANY_BAD * survey.pixels for count in survey.usable)
    few = [index for index in few if index not in lost]
    constant, infinite = _where(survey.constant), _where(survey.infinite)
    repeated = _where(map(eq, survey.digests, [None, *survey.digests]))
    repeated = [index for index in repeated if index not in {*lost, *constant}]
    no_flux = "these integrations have no flux"
    return [
        *warning("SCI", "no finite pixel", nothing, no_flux),
        *warning("DQ", "all pixels DO_NOT_USE", all_flagged, no_flux),
        *warning("DQ", "many more bad pixels than usual", few, "their flux misses these pixels"),
        *warning("SCI", "one value in all pixels", constant, "they count like all others"),
        *warning("SCI", "the image of the integration before", repeated, "they count twice"),
        *warning("SCI", "infinite values", infinite, "they spoil sums that include them"),
        *_error_findings(warning, survey, lost),
    ]


def _where(flags):
    """Indices of the integrations for which a flag is set."""
    return [index for index, flag in enumerate(flags) if flag]


def _error_findings(warning, survey, lost):
    """Find errors and variances that are useless in integrations that have data."""
    findings, present = [], [index for index in range(len(survey.usable)) if index not in lost]
    no_errors = [index for index in present if not survey.finite["ERR"][index]]
    zero = [
        index
        for index in present
        if survey.finite["ERR"][index] and not survey.positive_errors[index]
    ]
    findings += warning("ERR", "no finite pixel", no_errors, "all of their pixels are lost")
    findings += warning(
        "ERR", "no positive pixel", zero, "every deviation from the median is an outlier"
    )
    for name, counts in survey.finite.items():
        if name.startswith("VAR_"):
            empty = [index for index in present if not counts[index]]
            findings += warning(name, "no finite pixel", empty, "all of their pixels are lost")
    return findings


def _warning(path, first, total, key, defect, indices, effect):
    """Make a list of one warning about some integrations; an empty one without integrations."""
    if not indices:
        return []
    numbers = ", ".join(str(first + index) for index in indices[:_LISTED])
    more = ", ..." if len(indices) > _LISTED else ""
    found = f"{defect} in {len(indices)} of {total} integrations ({numbers}{more})"
    return [Finding("warning", path, key=key, found=found, effect=effect)]


def repeated_findings(surveys):
    """
    Find integrations that are in two files.

    Parameters
    ----------
    surveys : dict of str to (int, Survey)
        Number of the first integration and content, by file, in their order.

    Returns
    -------
    findings : list of Finding
        A warning for each pair of files; integrations without data or with
        one value are not compared.
    """
    seen, shared = {}, {}
    for path, (first, survey) in surveys.items():
        for index, digest in enumerate(survey.digests):
            if survey.constant[index] or not survey.finite["SCI"][index]:
                continue
            other = seen.setdefault((survey.pixels, digest), (path, first + index))
            if other[0] != path:
                shared.setdefault((path, other[0]), []).append((first + index, other[1]))
    return [
        Finding(
            "warning",
            path,
            key="SCI",
            found=f"the data of {len(pairs)} integrations of {other}, {pairs[0][0]} as {pairs[0][1]} there",
            expected="data of its own",
            effect="these integrations count twice",
        )
        for (path, other), pairs in shared.items()
    ]


def checksum_findings(path, file):
    """
    Compare the data of all extensions with their ``DATASUM``.

    Parameters
    ----------
    path : str
        The file, for the messages.
    file : FitsFile
        The file.

    Returns
    -------
    findings : list of Finding
        A warning for each extension whose data have changed since it was
        written; those without the keyword are not read.

    References
    ----------
    FITS Standard 4.0, appendix J.
    """
    findings = []
    for hdu in file.hdus:
        expected = str(hdu.header.get("DATASUM", "")).strip()
        if not expected.isdecimal() or not hdu.data_bytes:
            continue
        found = _datasum(file, hdu)
        if found != int(expected):
            key = f"DATASUM in {hdu.name or 'an unnamed HDU'}"
            effect = "the data are not those that were written"
            findings.append(
                Finding(
                    "warning", path, key=key, found=expected, expected=str(found), effect=effect
                )
            )
    return findings


def _datasum(file, hdu):
    """Sum of the 32-bit words of an extension's data in ones' complement."""
    total, length = 0, _BLOCK_BYTES // BLOCK_LENGTH * BLOCK_LENGTH
    for done in range(0, hdu.data_bytes, length):
        piece = np.zeros(-(-min(length, hdu.data_bytes - done) // _WORD_BYTES), ">u4")
        part = piece.view(np.uint8)[: min(length, hdu.data_bytes - done)]
        file.read_into(part, hdu.data_offset + done)
        total += int(piece.sum(dtype=np.uint64))
    while total >> 32:
        total = (total & 0xFFFFFFFF) + (total >> 32)
    return total
