"""Rule outlier_detection: flag samples far from their median in time (calints to crfints)."""

import logging
import math
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from scripts import __version__
from scripts.lib.clock import file_date
from scripts.lib.cube_blocks import is_rolling, plan_blocks
from scripts.lib.dq import DO_NOT_USE, OUTLIER, bad_bits, unify_nan_and_dq
from scripts.lib.errors import InputError
from scripts.lib.fits_blocks import ProductWriter, open_fits
from scripts.lib.fits_cards import set_card
from scripts.lib.rolling_median import (
    PIXELS_AT_A_TIME,
    group_length,
    rolling_median_block,
    window_starts,
)

log = logging.getLogger(__name__)

PLANES = ("SCI", "ERR", "DQ", "VAR_POISSON", "VAR_RNOISE", "VAR_FLAT")
_VARIANCES = PLANES[3:]
_FLAGGED = OUTLIER | DO_NOT_USE
# Larger blocks are slower: their memory is taken anew from the system for every block.
_BLOCK_MB = 128


@dataclass(frozen=True)
class Settings:
    """
    Parameters of outlier detection.

    Attributes
    ----------
    snr : float
        Threshold in errors.
    window : int
        Integrations in the window of the rolling median.
    mask : int or None
        DQ bits with which a sample counts as NaN in the rolling median; with
        None every sample does.
    """

    snr: float = 5.0
    window: int = 25
    mask: int | None = DO_NOT_USE


def mask_bits(bits, maskpt, any_good):
    """
    DQ bits with which a sample counts as NaN in the rolling median.

    Parameters
    ----------
    bits : int
        DQ bits that make a sample bad: its weight is 0, that of others 1.
    maskpt : float
        Fraction of the mean positive weight below which a sample is masked.
    any_good : bool
        Whether any sample of the series has a positive weight.

    Returns
    -------
    mask : int or None
        ``bits``; 0 if nothing is masked, as when no sample is good (the mean
        weight is then NaN); None if all samples are.
    """
    if not any_good or not maskpt > 0:
        return 0
    return bits if maskpt <= 1 else None


def nan_median(samples):
    """
    Median along the first axis, leaving out NaN.

    Parameters
    ----------
    samples : ndarray of float32, shape (integrations, pixels)
        Samples in any order.

    Returns
    -------
    medians : ndarray of float32, shape (pixels,)
        Bit-equal to `numpy.nanmedian`: an even number's two middle values
        are averaged in float32. NaN where all samples are NaN.
    """
    ordered = np.sort(samples.T, axis=1)
    counts = ordered.shape[1] - np.count_nonzero(np.isnan(ordered), axis=1, keepdims=True)
    lower = np.take_along_axis(ordered, np.maximum(counts - 1, 0) // 2, axis=1)[:, 0]
    upper = np.take_along_axis(ordered, np.minimum(counts // 2, len(samples) - 1), axis=1)[:, 0]
    with np.errstate(over="ignore", invalid="ignore"):
        return (lower + upper) / samples.dtype.type(2)


def is_outlier(sci, err, medians, snr, precision=np.float64):
    """
    Tell which samples differ from their median by more than ``snr`` errors.

    Parameters
    ----------
    sci : ndarray of float32
        Samples, in any unit.
    err : ndarray of float32, shape of ``sci``
        Their errors. NaN counts as 0, an infinite one as the largest number.
    medians : ndarray of float32 or float64, shape of ``sci``
        Median of each sample.
    snr : float
        Threshold.
    precision : dtype, optional
        Type in which the difference is taken; the threshold is float32.

    Returns
    -------
    outliers : ndarray of bool
        True where ``|sci - medians| > snr * err``; never where a sample or
        its median is NaN.

    Notes
    -----
    Rounding to float32 keeps order, so a difference below the threshold in
    float32 is not above it in float64. Only the others are looked at again.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        threshold = err * snr
        if snr <= 1:
            np.minimum(threshold, snr * np.finfo(err.dtype).max, out=threshold)
        deviation = np.subtract(sci, medians)
        outliers = np.abs(deviation, out=deviation) >= threshold
        outliers |= np.isnan(threshold)
        if outliers.any():
            near = np.nonzero(outliers)
            difference = np.abs(np.subtract(sci[near], medians[near], dtype=precision))
            outliers[near] = difference > snr * np.nan_to_num(err[near])
    return outliers


def flag_rolling(sci, dq, err, starts, settings):
    """
    Flag outliers from the rolling median, in place.

    Parameters
    ----------
    sci : ndarray of float32, shape (frames, pixels)
        Samples of consecutive integrations: those to test and those that
        only their windows cover.
    dq : ndarray of uint32, shape (frames, pixels)
        DQ flags; outliers get ``OUTLIER`` and ``DO_NOT_USE``.
    err : ndarray of float32, shape (frames, pixels)
        Errors.
    starts : ndarray of int, shape (frames,)
        Frame at which the window of each frame starts, ascending. A frame
        whose window is not inside the block is not tested.
    settings : Settings
        Parameters. A sample with NaN in its window is no outlier, and samples
        with one of the bits ``settings.mask`` count as NaN.

    Returns
    -------
    count : int
        Number of outliers.

    Notes
    -----
    Beside the arguments memory takes 64 KiB a frame.
    """
    if settings.mask is None:
        return 0
    window, group = settings.window, group_length(settings.window)
    end = len(sci) - window + 1
    groups = [(low, min(low + group, end)) for low in range(0, end, group)]
    tested = [slice(*np.searchsorted(starts, borders)) for borders in groups]
    buffer = np.empty((len(sci), min(PIXELS_AT_A_TIME, sci.shape[1])), sci.dtype)
    count = 0
    for left in range(0, sci.shape[1], PIXELS_AT_A_TIME):
        pixels = slice(left, left + PIXELS_AT_A_TIME)
        samples = _mask(sci[:, pixels], dq[:, pixels], settings.mask, buffer)
        for (low, high), frames in zip(groups, tested, strict=True):
            medians = rolling_median_block(samples[low : high + window - 1], window)
            # Frame by frame, so that temporary arrays stay in the cache.
            for k in range(frames.start, frames.stop):
                median = medians[starts[k] - low]
                outliers = is_outlier(samples[k], err[k, pixels], median, settings.snr)
                count += _flag(dq[k, pixels], outliers)
    return count


def _mask(samples, dq, bits, out):
    """Copy samples into a part of a buffer, with NaN where a DQ bit is set."""
    out = out[:, : samples.shape[1]]
    for masked, values, flags in zip(out, samples, dq, strict=True):
        masked[:] = values
        masked[np.flatnonzero((flags & bits) != 0)] = np.nan
    return out


def _flag(dq, outliers):
    """Set the flags of outliers of one image and count them."""
    where = np.flatnonzero(outliers)
    dq[where] |= _FLAGGED
    return len(where)


def flag_global(sci, dq, err, settings):
    """
    Flag outliers from one median of all integrations, in place.

    The median leaves out NaN but, unlike the rolling one, no DQ flags.

    Parameters
    ----------
    sci, err : ndarray of float32, shape (integrations, pixels)
        Samples and errors of the whole series.
    dq : ndarray of uint32, shape (integrations, pixels)
        DQ flags; outliers get ``OUTLIER`` and ``DO_NOT_USE``.
    settings : Settings
        Parameters.

    Returns
    -------
    count : int
        Number of outliers.
    """
    medians = nan_median(sci)
    return sum(
        _flag(flags, is_outlier(samples, errors, medians, settings.snr, precision=np.float32))
        for samples, flags, errors in zip(sci, dq, err, strict=True)
    )


def detect_outliers(planes, block, series, settings):
    """
    Flag outliers in a block of a cube and make NaN and DQ agree, in place.

    Parameters
    ----------
    planes : dict of str to ndarray, shape (frames, y, x)
        SCI, ERR (float32), DQ (uint32), and the variances that there are.
    block : Block
        The integrations that the planes hold, and those to test; the others
        are not changed.
    series : int
        Integrations in the whole series.
    settings : Settings
        Parameters. With a window above 1 and below the length of the series
        the rolling median is used, else the median of all integrations.

    Returns
    -------
    count : int
        Number of outliers in the integrations tested.
    """
    flat = {name: plane.reshape(len(plane), -1) for name, plane in planes.items()}
    sci, dq, err = flat["SCI"], flat["DQ"], flat["ERR"]
    if is_rolling(settings.window, series):
        starts = window_starts(series, settings.window)[block.frames] - block.frames.start
        count = flag_rolling(sci, dq, err, starts, settings)
    else:
        count = flag_global(sci, dq, err, settings)
    others = [flat[name] for name in PLANES if name in flat and name not in ("SCI", "DQ")]
    for k in range(block.tested.start, block.tested.stop):
        unify_nan_and_dq(sci[k], dq[k], *(plane[k] for plane in others))
    return count


def _read(source, name, integrations, rows):
    """Read a block of a plane as float32, or of DQ as uint32."""
    block = source.read(name, integrations, rows)
    return block.astype(np.uint32 if name == "DQ" else np.float32, copy=False)


def _any_good(source, bits, blocks):
    """Tell whether any sample lacks all the given DQ bits, reading no further than needed."""
    return any(
        ((_read(source, "DQ", block.integrations, block.rows) & bits) == 0).any()
        for block in blocks
    )


def _settings(options, source, blocks):
    """Parameters from the configuration, for one segment."""
    bits = bad_bits(options.get("good_bits", "~DO_NOT_USE"))
    return Settings(
        snr=float(str(options.get("snr", Settings.snr)).split()[0]),
        window=int(options.get("rolling_window_width", Settings.window)),
        mask=mask_bits(bits, options.get("maskpt", 0.7), _any_good(source, bits, blocks)),
    )


def _check_planes(source):
    """Raise if a plane that is needed is missing or is not a cube."""
    shape = source.shape("SCI")
    for name in ("SCI", "ERR", "DQ"):
        found = source.shape(name)
        if found != shape or len(found) != 3:
            expected = f"that of SCI, {shape}" if len(shape) == 3 else "(integrations, y, x)"
            msg = f"{source.path}[{name}]: found shape {found}, expected {expected}"
            raise InputError(msg)


def _append_headers(product, source, updates):
    """Copy headers and all data but those of the planes; return the planes' data offsets."""
    shape = source.shape("SCI")
    offsets = {}
    for hdu in source.hdus:
        cards = list(hdu.cards)
        if hdu.name == "PRIMARY":
            for keyword, value in updates:
                set_card(cards, keyword, value, after="S_" if keyword.startswith("S_") else "")
        if hdu.name in PLANES and hdu.shape == shape:
            _set_type(cards, hdu)
            offsets[hdu.name] = product.append_hdu(cards, 4 * math.prod(shape))
        else:
            product.copy_data(source, hdu, product.append_hdu(cards, hdu.data_bytes))
    return offsets


def _set_type(cards, hdu):
    """Make the cards of a plane those of float32, or of uint32 for DQ."""
    wanted = {"BITPIX": 32, "BZERO": 1 << 31} if hdu.name == "DQ" else {"BITPIX": -32}
    for keyword, value in wanted.items():
        if hdu.header.get(keyword) != value:
            set_card(cards, keyword, value)


def _header_updates(path, pool, table):
    """Keywords of the primary header that the step sets, with their values."""
    return [
        ("DATE", file_date()),
        ("FILENAME", path.name),
        ("CAL_VER", "3.0.0"),
        ("CAL_VCS", "RELEASE"),
        ("ASNPOOL", pool),
        ("ASNTABLE", table),
        ("S_OUTLIR", "COMPLETE"),
        ("HISTORY", f"tso3flow {__version__}: outlier_detection equal to jwst 3.0.0"),
    ]


def _detect_in_file(source, product, options, offsets, memory_mb):
    """Read, test and write block by block, in `_BLOCK_MB` or less; return the number of outliers."""
    shape = source.shape("SCI")
    # Beside the planes: masked samples, bytes in file order, temporary arrays.
    samples = int(min(memory_mb, _BLOCK_MB) * 1e6 / (4 * (len(offsets) + 5)))
    blocks = plan_blocks(shape, int(options.get("rolling_window_width", Settings.window)), samples)
    settings = _settings(options, source, blocks)
    count = 0
    for block in blocks:
        planes = {name: _read(source, name, block.frames, block.rows) for name in offsets}
        count += detect_outliers(planes, block, shape[0], settings)
        first = block.integrations.start
        for name, offset in offsets.items():
            product.write_block(planes[name][block.tested], offset, shape, first, block.rows.start)
    return count


def process(snakemake):
    """Write the crfints product of one segment."""
    started = time.monotonic()
    path = Path(snakemake.output.crfints)
    params = snakemake.params
    memory_mb = snakemake.resources.get("work_mb", 512)
    updates = _header_updates(path, params.asn_pool, params.asn_table)
    with open_fits(snakemake.input.calints) as source, ProductWriter(path) as product:
        _check_planes(source)
        offsets = _append_headers(product, source, updates)
        count = _detect_in_file(source, product, params.options, offsets, memory_mb)
        shape = source.shape("SCI")
    log.info(
        "%s: %d integrations of %d x %d pixels, %d outliers (fraction %.2e), %.1f s",
        path.name,
        *shape,
        count,
        count / math.prod(shape),
        time.monotonic() - started,
    )


if __name__ == "__main__":
    from scripts.lib.job import run_job

    run_job(snakemake, process)
