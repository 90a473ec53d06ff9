"""Replacement of invalid pixels as the settings of pixel_replace ask for it."""

from collections import Counter

import numpy as np

from scripts.lib.segment_data.dq import NON_SCIENCE
from scripts.lib.segment_data.pixel_replacement import replace_pixels
from scripts.lib.segment_data.profile_replacement import replace_by_profiles
from scripts.lib.segment_data.trace_replacement import replace_by_trace

__all__ = ["Replacer", "make_replacer", "replacement_text"]


class Replacer:
    """
    A way of replacing the invalid pixels of whole images.

    Parameters
    ----------
    options : dict
        Settings of pixel_replace.
    horizontal : bool
        Whether dispersion runs along x.
    trace : ndarray, optional
        Model (y, x) of the trace. Without it ``trace_model`` is ``mingrad``, which in any case
        replaces what the model leaves.

    Attributes
    ----------
    is_local : bool
        Whether a new value depends on adjacent pixels alone.
    """

    def __init__(self, options, horizontal, trace=None):
        self._algorithm, self._n_adjacent = options["algorithm"], options["n_adjacent_cols"]
        self._horizontal, self._trace = horizontal, trace
        self.is_local = trace is None and self._algorithm != "fit_profile"

    def __call__(self, planes):
        """
        Replace the invalid pixels of some integrations, in place.

        Parameters
        ----------
        planes : dict of str to ndarray, shape (integrations, y, x)
            Whole images of SCI, ERR, DQ and variances, as for :func:`replace_pixels`.

        Returns
        -------
        counts : Counter
            Samples filled by each algorithm, and under ``none`` those left without a finite value;
            ``NON_SCIENCE`` ones, of reference pixels, are not among these.
        """
        counts = Counter()
        if self._algorithm == "fit_profile":
            count = replace_by_profiles(planes, self._horizontal, self._n_adjacent)
            counts["fit_profile"] = count
        else:
            if self._algorithm == "trace_model" and self._trace is not None:
                counts["trace_model"] = replace_by_trace(planes, self._trace, self._horizontal)
            counts["mingrad"] = replace_pixels(planes)
        left = ~np.isfinite(planes["SCI"])
        if "DQ" in planes:
            left &= (planes["DQ"] & NON_SCIENCE) == 0
        counts["none"] = np.count_nonzero(left)
        return counts


def make_replacer(options, horizontal, trace=None):
    """
    Make the replacer that the settings ask for.

    Parameters
    ----------
    options : dict
        Settings of pixel_replace.
    horizontal : bool
        Whether dispersion runs along x.
    trace : ndarray, optional
        Model (y, x) of the trace.

    Returns
    -------
    replacer : Replacer or None
        None if no pixels are to be replaced.
    """
    return None if options["skip"] else Replacer(options, horizontal, trace)


def replacement_text(counts):
    """
    Say how many samples were replaced.

    Parameters
    ----------
    counts : Counter
        Sum of what a replacer returned.

    Returns
    -------
    text : str
        A line for the log.

    Examples
    --------
    >>> replacement_text(Counter(fit_profile=12, none=3))
    'samples replaced: 12 by fit_profile; 3 left without a value'
    """
    filled = [f"{count} by {name}" for name, count in counts.items() if name != "none"]
    return f"samples replaced: {', '.join(filled) or 'none'}; {counts['none']} left without a value"
