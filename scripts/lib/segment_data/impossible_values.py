"""Count errors and variances that no measurement has, where a segment is read anyway, and say how many."""

import logging
from collections import Counter

import numpy as np

from scripts.lib.findings import Finding
from scripts.lib.segment_data.dq import PLANES, unify_nan_and_dq
from scripts.lib.segment_data.plausibility import check_plausible
from scripts.lib.segment_data.step_record import read_record

__all__ = ["COUNTED_BY", "impossible_warnings", "segment_warnings", "unify_and_count"]

log = logging.getLogger(__name__)

# Samples whose planes stay in the processor's cache.
_SAMPLES, _BLOCK_BYTES = 32768, 4e6
_VARIANCES = PLANES[3:]
# Larger errors, and their squares, are taken for infinite.
_LARGEST = {"ERR": 1e15} | dict.fromkeys(_VARIANCES, 1e30)
_MISSING, _SIGN = "variances", np.uint32(1 << 31)
# In the header of a segment whose outliers were flagged here, where the planes have been counted.
COUNTED_BY = "outlier_detection equal to jwst"


def unify_and_count(planes):
    """
    Make NaN and ``DO_NOT_USE`` agree in the planes of a segment, in place; count what cannot be.

    Parameters
    ----------
    planes : dict of str to ndarray
        Planes (samples,): SCI and ERR of float32, DQ of uint32 and any variances of float32, these in
        any byte order. They are changed as :func:`~scripts.lib.segment_data.dq.unify_nan_and_dq` does.

    Returns
    -------
    counts : Counter
        By name of the plane, errors and variances of valid samples that are negative, infinite or
        beyond 1e15 and its square; as ``variances``, samples that have no other fault but a variance of NaN.

    Examples
    --------
    >>> planes = {name: np.ones(4, np.float32) for name in ("SCI", "ERR", "VAR_POISSON")}
    >>> planes |= {"DQ": np.array([0, 0, 0, 1], np.uint32)}
    >>> planes["VAR_POISSON"][:] = -1, np.nan, 1, -1
    >>> dict(unify_and_count(planes))
    {'variances': 1, 'VAR_POISSON': 1}
    """
    counts = Counter()
    for first in range(0, len(planes["SCI"]), _SAMPLES):
        piece = {name: plane[first : first + _SAMPLES] for name, plane in planes.items()}
        invalid = unify_nan_and_dq(piece["SCI"], piece["DQ"], piece["ERR"])
        names = [name for name in _LARGEST if name in piece]
        if _is_sound(piece, names, invalid):
            chosen = np.flatnonzero(invalid)
            for name in names:
                piece[name][chosen] = np.nan
        else:
            counts += _unify_with_variances(piece, names, invalid)
    return counts


def _is_sound(piece, names, invalid):
    """Whether valid samples have errors and variances in order, and no number has a sign."""
    bad, signs = np.zeros_like(invalid), False
    for name in names:
        plane = piece[name]
        # Neither holds for NaN.
        bad |= ~(plane <= np.float32(_LARGEST[name]))
        sign = _SIGN if plane.dtype.isnative else _SIGN.byteswap()
        signs |= bool(np.bitwise_or.reduce(plane.view(np.uint32)) & sign)
    return not signs and np.count_nonzero(bad & ~invalid) == 0


def _unify_with_variances(piece, names, invalid):
    """Unify a piece in which something is wrong, and count it."""
    counts = Counter()
    variances = [piece[name] for name in names if name != "ERR"]
    missing = np.zeros_like(invalid)
    for plane in variances:
        missing |= np.isnan(plane)
    counts[_MISSING] = int(np.count_nonzero(missing & ~invalid))
    unify_nan_and_dq(piece["SCI"], piece["DQ"], piece["ERR"], *variances)
    for name in names:
        plane = piece[name]
        counts[name] = int(np.count_nonzero((plane < 0) | (plane > _LARGEST[name])))
    return +counts


def impossible_warnings(name, counts, samples):
    """
    Say how many errors and variances of a segment cannot be.

    Parameters
    ----------
    name : str
        File name of the segment.
    counts : Counter
        As :func:`unify_and_count` gives them.
    samples : int
        Samples of the segment.

    Returns
    -------
    warnings : list of str
        One line for each plane with any.
    """
    findings = []
    for plane in (*_LARGEST, _MISSING):
        found, expected = "negative or infinite", "a positive number in each that is not flagged"
        effect = "errors that contain it are wrong there"
        if plane == _MISSING:
            found, expected = "NaN", "a number where there is a value that is not flagged"
            effect = "these samples are left out"
        if counts[plane]:
            found = f"{found} in {counts[plane]} of {samples} samples"
            findings.append(
                Finding("warning", name, key=plane, found=found, expected=expected, effect=effect)
            )
    return [str(finding) for finding in findings]


def segment_warnings(member):
    """
    Warnings about errors and variances of a segment that a step reads.

    Parameters
    ----------
    member : FitsFile
        The segment: as outlier_detection has written it, with what it has found, or as it came,
        which is then read in blocks of 4 MB, at least one integration.

    Returns
    -------
    warnings : list of str
        As of :func:`impossible_warnings`.

    Raises
    ------
    InputError
        If a segment as it came is no measurement, as of
        :func:`~scripts.lib.segment_data.plausibility.check_plausible`.
    """
    if any(COUNTED_BY in card for card in member.hdus[0].cards):
        return read_record(member)[1]
    shape = member.shape("SCI")
    names = [name for name in PLANES if name in member and member.shape(name) == shape]
    if len(shape) != 3 or not {"SCI", "ERR", "DQ"} <= set(names):
        return []
    check_plausible(member)
    size = shape[1] * shape[2]
    step = max(int(_BLOCK_BYTES / (4 * size * (len(names) + 1))), 1)
    counts = Counter()
    for first in range(0, shape[0], step):
        counts += unify_and_count(
            {name: _read(member, name, slice(first, first + step)) for name in names}
        )
    warnings = impossible_warnings(member.path.name, counts, size * shape[0])
    for text in warnings:
        log.warning("%s", text)
    return warnings


def _read(member, name, integrations):
    """A plane of some integrations in one dimension, float32 or, of DQ, uint32."""
    plane = member.read(
        name, slice(integrations.start, min(integrations.stop, member.shape(name)[0]))
    )
    return plane.astype(np.uint32 if name == "DQ" else np.float32).reshape(-1)
