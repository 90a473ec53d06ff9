"""Planes of a segment, the data-quality flags of their pixels, and the agreement of flags and NaN."""

import re

import numpy as np

from scripts.lib.errors import InputError

__all__ = [
    "DO_NOT_USE",
    "FLAG_NAMES",
    "FLUX_ESTIMATED",
    "NON_SCIENCE",
    "OUTLIER",
    "PLANES",
    "REFERENCE_PIXEL",
    "bad_bits",
    "unify_nan_and_dq",
]

# Extensions with a value for each sample of a segment, the variances last.
PLANES = ("SCI", "ERR", "DQ", "VAR_POISSON", "VAR_RNOISE", "VAR_FLAT")

DO_NOT_USE = 1
OUTLIER = 16
NON_SCIENCE = 512
FLUX_ESTIMATED = 268435456
REFERENCE_PIXEL = 2147483648

# Names of the 32 bits of a pixel's DQ value, lowest bit first:
# https://jwst-pipeline.readthedocs.io/en/latest/jwst/references_general/references_general.html
FLAG_NAMES = (
    "DO_NOT_USE",
    "SATURATED",
    "JUMP_DET",
    "DROPOUT",
    "OUTLIER",
    "PERSISTENCE",
    "AD_FLOOR",
    "CHARGELOSS",
    "RESERVED",
    "NON_SCIENCE",
    "DEAD",
    "HOT",
    "WARM",
    "LOW_QE",
    "RC",
    "TELEGRAPH",
    "NONLINEAR",
    "BAD_REF_PIXEL",
    "NO_FLAT_FIELD",
    "NO_GAIN_VALUE",
    "NO_LIN_CORR",
    "NO_SAT_CHECK",
    "UNRELIABLE_BIAS",
    "UNRELIABLE_DARK",
    "UNRELIABLE_SLOPE",
    "UNRELIABLE_FLAT",
    "OPEN",
    "ADJ_OPEN",
    "FLUX_ESTIMATED",
    "MSA_FAILED_OPEN",
    "OTHER_BAD_PIXEL",
    "REFERENCE_PIXEL",
)

_ALL_BITS = (1 << len(FLAG_NAMES)) - 1


def unify_nan_and_dq(sci, dq, *planes):
    """
    Make NaN and ``DO_NOT_USE`` agree over all planes, in place.

    A pixel is invalid if it is NaN in any plane or has ``DO_NOT_USE`` in DQ. It
    becomes NaN in every plane and gets ``DO_NOT_USE``. Infinite values are valid.

    Parameters
    ----------
    sci : ndarray of float
        Science image or cube; changed in place.
    dq : ndarray of uint32 or None
        DQ flags; changed in place.
    *planes : ndarray of float or None
        Errors and variances; changed in place.

    Returns
    -------
    invalid : ndarray of bool
        The invalid pixels, in the shape of ``sci``.

    Notes
    -----
    A plane or DQ that is None or of another shape than ``sci`` is neither
    considered nor changed, as in ``match_nans_and_flags`` of jwst 3.0.0.

    Examples
    --------
    >>> sci, err = np.array([1.0, np.nan, 3.0, 4.0]), np.array([1.0, 1.0, 1.0, np.nan])
    >>> dq = np.array([0, 0, 1, 0], np.uint32)
    >>> unify_nan_and_dq(sci, dq, err)
    array([False,  True,  True,  True])
    >>> dq
    array([0, 1, 1, 1], dtype=uint32)
    >>> sci
    array([ 1., nan, nan, nan])
    """
    planes = [plane for plane in planes if plane is not None and plane.shape == sci.shape]
    invalid = np.isnan(sci)
    for plane in planes:
        invalid |= np.isnan(plane)
    has_dq = dq is not None and dq.shape == sci.shape
    if has_dq:
        invalid |= (dq & DO_NOT_USE) != 0
    # Few pixels are invalid: in one dimension, indices found once are faster than the mask.
    chosen = np.flatnonzero(invalid) if invalid.ndim == 1 else invalid
    if has_dq:
        dq[chosen] |= DO_NOT_USE
    for plane in (sci, *planes):
        plane[chosen] = np.nan
    return invalid


def bad_bits(good_bits):
    """
    DQ bits that make a sample bad, from the list of bits that do not.

    Parameters
    ----------
    good_bits : str, int or None
        Flag names or numbers joined by one of ``, + |``: the flags to ignore or,
        with a leading ``~``, the only flags not to ignore. None, "" and "None" ignore all.

    Returns
    -------
    bits : int
        Sum of the flags that make a sample bad.

    Raises
    ------
    InputError
        If a flag is not known.

    Examples
    --------
    >>> bad_bits("~DO_NOT_USE+OUTLIER"), bad_bits(None)
    (17, 0)
    """
    text = "" if good_bits is None else str(good_bits).strip().upper()
    if text in ("", "NONE", "INDEF"):
        return 0
    names = re.split(r"[,+|]", text.removeprefix("~").strip(" ()"))
    bits = 0
    for name in (name.strip() for name in names):
        bits |= _bit(name, good_bits)
    return bits if text.startswith("~") else ~bits & _ALL_BITS


def _bit(name, good_bits):
    """Value of a flag given by name or number."""
    if name in FLAG_NAMES:
        return 1 << FLAG_NAMES.index(name)
    if name.isdigit() and int(name) <= _ALL_BITS:
        return int(name)
    msg = f"good_bits {good_bits!r}: {name!r} is not a DQ flag; expected one of {', '.join(FLAG_NAMES)}"
    raise InputError(msg)
