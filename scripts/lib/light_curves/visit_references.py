"""References of a visit for the moving profile: how a segment is read, and what is known of its mode."""

import logging

import numpy as np

from scripts.lib.fits.reader import open_fits
from scripts.lib.instruments.imaging import gain_section, sums_whole_array
from scripts.lib.instruments.modes import mode_of
from scripts.lib.instruments.soss import soss_layout
from scripts.lib.light_curves.extraction_regions import SINGLE
from scripts.lib.light_curves.plane_reader import PlaneReader, crop_about
from scripts.lib.moving_profile.reference_images import ImageOptions, image_reference
from scripts.lib.moving_profile.reference_sample import NoDataError
from scripts.lib.moving_profile.reference_spectra import SpectralOptions, spectral_references
from scripts.lib.moving_profile.sample import consecutive_pairs
from scripts.lib.soss.order_shares import share_of_each
from scripts.lib.soss.references import read_traces, select_orders
from scripts.lib.soss.traces import order_geometry

__all__ = ["measure_references", "open_planes", "planned_position", "soss_traces"]

log = logging.getLogger(__name__)

# Samples that are read at a time: 30 MB.
_BLOCK = 1 << 19
# Larger images are cut to so many pixels on either side of the star.
_REACH = 128
# Rows on either side of a trace of NIRISS SOSS, and from where on there is background.
_SOSS_HALF_WIDTH, _SOSS_DISTANCE = 20, 26


def planned_position(sci):
    """
    Position of the star that the observation planned.

    Parameters
    ----------
    sci : dict
        Keywords of the SCI extension.

    Returns
    -------
    position : tuple of float or None
        (x, y) from 0 [px]; None if XREF_SCI or YREF_SCI is missing.
    """
    found = sci.get("XREF_SCI"), sci.get("YREF_SCI")
    if not all(isinstance(value, int | float) and np.isfinite(value) for value in found):
        return None
    return found[0] - 1.0, found[1] - 1.0


def open_planes(file, gain_path=None):
    """
    Choose what is read of a segment.

    Parameters
    ----------
    file : FitsFile
        The segment.
    gain_path : str or Path, optional
        Gain reference, for images in DN/s.

    Returns
    -------
    reader : PlaneReader
        Of images the part about the planned position, at most 257 pixels wide, in
        electrons for data in DN/s.
    crop : tuple of slice
        That part.
    """
    sci, shape = file.header("SCI"), file.shape("SCI")[1:]
    whole = tuple(slice(0, length) for length in shape)
    if not mode_of(file.primary.get("EXP_TYPE")).is_imaging:
        return PlaneReader(file, whole), whole
    position, factor = planned_position(sci), None
    crop = crop_about(position, shape, _REACH) if position else whole
    if sci.get("BUNIT") == "DN/s" and gain_path:
        with open_fits(gain_path) as gain:
            rows, columns = gain_section(file.primary, shape, gain.hdus)
            values = gain.read("SCI", rows=rows)[:, columns]
        factor = (values * file.primary["EFFINTTM"]).astype(np.float32)
    return PlaneReader(file, crop, factor), crop


def soss_traces(path, primary):
    """
    Rows of the traces of NIRISS SOSS.

    Parameters
    ----------
    path : str or Path
        PASTASOSS reference.
    primary : dict
        Keywords of the segment: PWCPOS and SUBARRAY.

    Returns
    -------
    geometry : dict of int to OrderGeometry
        Of each spectral order that the subarray has.
    """
    traces, subarray = read_traces(path), soss_layout(primary.get("SUBARRAY"))
    orders = select_orders(traces, [1, 2] if subarray == "SUBSTRIP96" else [1, 2, 3])
    position = primary.get("PWCPOS")
    return {order: order_geometry(traces, order, position, subarray) for order in orders}


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
