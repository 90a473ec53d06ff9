"""References of a visit for the moving profile, from what is known of its mode."""

import logging

import numpy as np

from scripts.lib.instruments.imaging import sums_whole_array
from scripts.lib.instruments.modes import mode_of
from scripts.lib.light_curves.extraction_regions import SINGLE
from scripts.lib.light_curves.segment_planes import planned_position
from scripts.lib.moving_profile.reference_images import ImageOptions, image_reference
from scripts.lib.moving_profile.reference_sample import NoDataError
from scripts.lib.moving_profile.reference_spectra import SpectralOptions, spectral_references
from scripts.lib.moving_profile.sample import consecutive_pairs
from scripts.lib.soss.order_shares import share_of_each

__all__ = ["measure_references"]

log = logging.getLogger(__name__)

# Samples that are read at a time: 30 MB, or 40 to 60 where four rows of all integrations have more.
_BLOCK = 1 << 19
# Rows on either side of a trace of NIRISS SOSS, and from where on there is background.
_SOSS_HALF_WIDTH, _SOSS_DISTANCE = 20, 26


def _soss_options(geometry, profiles, shape, background):
    """Options of each order: its trace and share, and what is no background because any is near."""
    rows, excluded, lines = np.arange(shape[0])[:, None], np.zeros(shape, dtype=bool), {}
    for order, found in geometry.items():
        line = np.full(shape[1], found.trace_rows[-1])
        line[: len(found.trace_rows)] = found.trace_rows
        excluded |= np.abs(rows - line) <= _SOSS_DISTANCE
        lines[order] = line
    shares = share_of_each(profiles)
    return {
        str(order): SpectralOptions(
            background, False, line, _SOSS_HALF_WIDTH, excluded, shares[order]
        )
        for order, line in lines.items()
    }


def measure_references(sample, numbers, member, background, search=None, traces=None):
    """
    Measure the references of a visit and detector.

    Parameters
    ----------
    sample : VisitSample
        Some of its integrations.
    numbers : ndarray of int
        Their numbers in the visit.
    member : tuple of dict
        Keywords of the first segment: primary and SCI header.
    background : str
        As of the setting ``improved: background``.
    search : tuple, optional
        Of images: part of the detector that is read (rows, columns), and width of the box in
        which the star is searched [px].
    traces : tuple of dict, optional
        Of NIRISS SOSS: OrderGeometry and profile (y, x) of each spectral order.

    Returns
    -------
    references : dict of str to (SpectralReference or ImageReference)
        By spectral order, or ``all``; empty if there are no good data, with a warning.
    """
    primary, sci = member
    mode = mode_of(primary.get("EXP_TYPE"))
    firsts = consecutive_pairs(numbers)
    try:
        if mode.is_imaging:
            options = _image_options(primary, sci, search, background)
            return {SINGLE: image_reference(sample, firsts, options, _BLOCK)}
        options = {SINGLE: SpectralOptions(background=background, stripes=mode.row_stripes)}
        if mode.is_soss:
            options = _soss_options(*traces, sample.shape[1:], background)
        return spectral_references(sample, firsts, options, _BLOCK)
    except NoDataError:
        log.warning("no pixel has good data in half of the integrations: there is no light curve")
        return {}


def _image_options(primary, sci, search, background):
    """What is known of images: where the star is searched, and whether there is background."""
    (rows, columns), width = search
    position = planned_position(sci)
    if position is not None:
        position = position[0] - columns.start, position[1] - rows.start
    whole = sums_whole_array(primary)
    return ImageOptions(position, width // 2, whole, background != "none")
