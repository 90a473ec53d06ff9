"""Recognise data that are no measurements: in another byte order, or of arbitrary bytes."""

import numpy as np

from scripts.lib.errors import InputError
from scripts.lib.segment_data.dq import DO_NOT_USE, REFERENCE_PIXEL

__all__ = ["check_plausible"]

# Calibrated data are many decades within these limits, in every unit; a third of the values that
# random bytes form are not.
_LARGEST, _SMALLEST = 1e15, 1e-25
_MANY = 0.01


def check_plausible(source):
    """
    Check that the first integration of a segment may be a measurement.

    Parameters
    ----------
    source : FitsFile
        The segment, with the planes SCI, ERR and DQ; one integration of each is
        held in memory.

    Raises
    ------
    InputError
        If of the values that are finite and not 0 more than 1 % are larger
        than 1e15 or smaller than 1e-25 in size; or if no pixel has the flag DO_NOT_USE, but with
        their bytes swapped at least half of those with flags; or if most pixels have the flag
        REFERENCE_PIXEL, the highest bit, which BZERO inverts.
    """
    for name in ("SCI", "ERR"):
        values = np.abs(source.read(name, slice(0, 1)))
        values = values[np.isfinite(values) & (values != 0)]
        strange = np.count_nonzero((values > _LARGEST) | (values < _SMALLEST))
        if strange > _MANY * values.size:
            msg = (
                f"{source.path}[{name}]: found {100 * strange / values.size:.0f} % of the first "
                f"integration beyond {_LARGEST:g} or below {_SMALLEST:g}, expected measurements: "
                "the data are damaged or in another byte order"
            )
            raise InputError(msg)
    _check_flags(source)


def _check_flags(source):
    """Recognise flags without their offset, and in another byte order by the most frequent one, DO_NOT_USE."""
    flags = source.read("DQ", slice(0, 1))
    # Unsigned numbers are stored with an offset, the highest bit.
    offset = flags.dtype.type(1 << 8 * flags.itemsize - 1 if flags.dtype.kind == "u" else 0)
    swapped = (flags ^ offset).byteswap() ^ offset
    unusable, flagged = np.count_nonzero(swapped & DO_NOT_USE), np.count_nonzero(swapped)
    if unusable and 2 * unusable >= flagged and not (flags & DO_NOT_USE).any():
        msg = (
            f"{source.path}[DQ]: found DO_NOT_USE in no pixel of the first integration, but in "
            f"{unusable} of {flagged} with flags if their bytes are swapped, expected flags in the "
            "byte order of FITS"
        )
        raise InputError(msg)
    bits = flags.view(f"u{flags.itemsize}")
    if (most := np.count_nonzero(bits.astype(np.uint64) & REFERENCE_PIXEL)) > flags.size / 2:
        found = f"REFERENCE_PIXEL in {most} of {flags.size} pixels of the first integration"
        msg = f"{source.path}[DQ]: found {found}, expected few: BZERO is missing or wrong"
        raise InputError(msg)
