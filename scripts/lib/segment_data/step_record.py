"""What the optional steps did to a segment: samples replaced, and warnings, next to its spectra."""

import numpy as np

from scripts.lib.fits.cards import format_card
from scripts.lib.fits.extensions import image_cards
from scripts.lib.provenance.input_warnings import recorded_warnings, warning_lines

__all__ = ["KEYWORDS", "append_record", "count_arrays", "read_record", "sum_counts"]

_NAME = "STEPS"
# Keyword of the count of each method, and its comment; none is what no method could fill.
KEYWORDS = {
    "fit_profile": ("NPXPROFI", "Samples replaced by fit_profile"),
    "trace_model": ("NPXTRACE", "Samples replaced by trace_model"),
    "mingrad": ("NPXMINGR", "Samples replaced by mingrad"),
    "none": ("NPXNONE", "Samples left without a value by pixel_replace"),
}


def append_record(product, counts, warnings):
    """
    Add the record to the file of a segment's spectra; without anything to record, nothing.

    Parameters
    ----------
    product : ProductWriter
        The file.
    counts : Counter or None
        Samples by method, as a replacer counts them; None if no pixels were to be replaced.
    warnings : list of str
        What the steps found in the data, one line each.
    """
    cards = [format_card("HISTORY", line) for line in warning_lines(warnings)]
    if counts is not None:
        cards += [
            format_card(keyword, int(counts[method]), comment)
            for method, (keyword, comment) in KEYWORDS.items()
        ]
    if cards:
        product.append_hdu([*image_cards(_NAME, (), 8), *cards])


def read_record(file):
    """
    Read the record of a segment from the file of its spectra.

    Parameters
    ----------
    file : FitsFile
        The file.

    Returns
    -------
    counts : dict of str to int
        Samples by method, all of :data:`KEYWORDS`; empty if no pixels were to be replaced. A
        count that is missing, or no whole number from 0 on, is 0.
    warnings : list of str
        What the steps found in the data.
    """
    if _NAME not in file:
        return {}, []
    header = file.header(_NAME)
    counts = {}
    if any(keyword in header for keyword, _ in KEYWORDS.values()):
        found = {method: header.get(keyword) for method, (keyword, _) in KEYWORDS.items()}
        counts = {
            method: value if type(value) is int and value >= 0 else 0
            for method, value in found.items()
        }
    return counts, recorded_warnings(file.hdu(_NAME).cards)


def count_arrays(file):
    """
    Counts of a segment as arrays, for the file of its statistics.

    Parameters
    ----------
    file : FitsFile
        The segment's spectra.

    Returns
    -------
    arrays : dict of str to ndarray
        ``replaced``, samples in the order of :data:`KEYWORDS`; empty if no pixels were to be replaced.
    """
    counts, _ = read_record(file)
    return {"replaced": np.array([counts[name] for name in KEYWORDS])} if counts else {}


def sum_counts(statistics):
    """
    Add the counts of segments.

    Parameters
    ----------
    statistics : list of dict of str to ndarray
        Statistics of the segments, with what :func:`count_arrays` gives.

    Returns
    -------
    counts : dict of str to int or None
        Samples by method; None if no pixels were to be replaced.
    """
    counts = [segment["replaced"] for segment in statistics if "replaced" in segment]
    return dict(zip(KEYWORDS, np.sum(counts, axis=0).tolist(), strict=True)) if counts else None
