"""Recognise data that are no measurements: in another byte order, or of arbitrary bytes."""

import numpy as np

from scripts.lib.errors import InputError

__all__ = ["check_plausible"]

# Calibrated data are many decades within these limits, in every unit; a third of the values that
# random bytes form are not.
_LARGEST, _SMALLEST = 1e15, 1e-30
_MANY = 0.01


def check_plausible(source):
    """
    Check that the first integration of a segment may be a measurement.

    Parameters
    ----------
    source : FitsFile
        The segment, with the planes SCI and ERR; one integration of each is
        held in memory.

    Raises
    ------
    InputError
        If of the values that are finite and not 0 more than 1 % are larger
        than 1e15 or smaller than 1e-30 in size.
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
