"""Rule outlier_detection: flag samples far from their median in time (calints to crfints)."""

import logging
import math
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from scripts import __version__
from scripts.lib.errors import InputError
from scripts.lib.fits.cards import set_card
from scripts.lib.fits.reader import ProductWriter, open_fits
from scripts.lib.jobs.progress import Progress
from scripts.lib.outliers.blocks import is_rolling, plan_blocks
from scripts.lib.outliers.rolling_median import window_starts
from scripts.lib.outliers.search import flag_rolling, is_outlier
from scripts.lib.provenance.input_warnings import history_of
from scripts.lib.provenance.reference_records import context_of, crds_keywords, history_lines
from scripts.lib.provenance.software import file_date
from scripts.lib.segment_data.dq import DO_NOT_USE, OUTLIER, bad_bits, unify_nan_and_dq
from scripts.lib.segment_data.plausibility import check_plausible

log = logging.getLogger(__name__)

PLANES = ("SCI", "ERR", "DQ", "VAR_POISSON", "VAR_RNOISE", "VAR_FLAT")
_VARIANCES = PLANES[3:]
# Larger blocks are slower: they leave the processor's cache.
_BLOCK_MB = 64
_PIXELS_TO_UNIFY = 32768


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
    medians, count = nan_median(sci), 0
    for samples, flags, errors in zip(sci, dq, err, strict=True):
        where = np.flatnonzero(
            is_outlier(samples, errors, medians, settings.snr, precision=np.float32)
        )
        flags[where] |= OUTLIER | DO_NOT_USE
        count += len(where)
    return count


def detect_outliers(planes, block, series, settings):
    """
    Flag outliers in a block of a cube and make NaN and DQ agree, in place.

    Parameters
    ----------
    planes : dict of str to ndarray
        SCI (float32) and DQ (uint32) of the frames of the block, (frames, y, x);
        ERR and the variances that there are (float32, these also as stored in
        FITS) of the integrations to test, (tested, y, x).
    block : Block
        The frames, and those to test; the others are not changed.
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
        starts = window_starts(series, settings.window)[block.integrations] - block.frames.start
        count = flag_rolling(sci, dq, err, block.tested, starts, settings)
    else:
        count = flag_global(sci, dq, err, settings)
    flat |= {"SCI": sci[block.tested], "DQ": dq[block.tested]}
    _unify({name: plane.reshape(-1) for name, plane in flat.items()})
    return count


def _unify(planes):
    """Make NaN and DQ agree in planes of one dimension, in pieces that stay in the cache."""
    others = [planes[name] for name in PLANES if name in planes and name not in ("SCI", "DQ")]
    for first in range(0, len(planes["SCI"]), _PIXELS_TO_UNIFY):
        piece = slice(first, first + _PIXELS_TO_UNIFY)
        unify_nan_and_dq(planes["SCI"][piece], planes["DQ"][piece], *(p[piece] for p in others))


def _read_planes(source, names, block):
    """Planes of a block: SCI and DQ of all its frames, the others of those to test."""
    planes = {}
    for name in names:
        integrations = block.frames if name in ("SCI", "DQ") else block.integrations
        if name in _VARIANCES and source.header(name)["BITPIX"] == -32:
            # What is only looked at for NaN need not be swapped, and back.
            planes[name] = source.read_stored(name, integrations, block.rows)
        else:
            planes[name] = _read(source, name, integrations, block.rows)
    return planes


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


def affordable_threads(threads, blocks, shape, samples):
    """
    Number of blocks to work on at a time: of wide frames a block may have more than its share.

    Parameters
    ----------
    threads : int
        Threads that are allowed.
    blocks : list of Block
        The blocks.
    shape : tuple of int
        Shape of the cube (integrations, y, x).
    samples : int
        Samples that all threads together may hold.

    Returns
    -------
    threads : int
        From 1 to the number of blocks.
    """
    largest = max(
        (block.frames.stop - block.frames.start) * (block.rows.stop - block.rows.start)
        for block in blocks
    )
    return max(1, min(threads, len(blocks), samples // (largest * shape[2])))


def _detect_in_file(source, product, options, offsets, limits):
    """Read, test and write block by block within (memory [MB], threads); return the outliers."""
    shape, (memory_mb, threads) = source.shape("SCI"), limits
    # Beside the planes: masked samples, bytes in file order, temporary arrays.
    samples = int(min(memory_mb, _BLOCK_MB) * 1e6 / (4 * (len(offsets) + 3)))
    window = int(options.get("rolling_window_width", Settings.window))
    blocks = plan_blocks(shape, window, samples // threads)
    threads = affordable_threads(threads, blocks, shape, samples)
    settings = _settings(options, source, blocks)

    def detect(block):
        planes = _read_planes(source, offsets, block)
        count = detect_outliers(planes, block, shape[0], settings)
        first = block.integrations.start
        for name, plane in planes.items():
            part = plane[block.tested] if name in ("SCI", "DQ") else plane
            product.write_block(part, offsets[name], shape, first, block.rows.start)
        return count

    progress = Progress(log, len(blocks), "blocks of pixels")
    if threads == 1:
        return sum(progress.counted(map(detect, blocks)))
    with ThreadPoolExecutor(threads) as pool:
        return sum(progress.counted(pool.map(detect, blocks)))


def process(snakemake):
    """Write the crfints product of one segment."""
    started = time.monotonic()
    path = Path(snakemake.output.crfints)
    params = snakemake.params
    limits = snakemake.resources.get("work_mb", 512), getattr(snakemake, "threads", 1)
    updates = _header_updates(path, params.asn_pool, params.asn_table)
    records = getattr(params, "parameter_files", None) or []
    warnings = history_of(getattr(params, "input_warnings", None) or [])
    updates += [("HISTORY", line) for line in (*history_lines(records), *warnings)]
    context = crds_keywords(context_of(snakemake), records)
    updates += [(keyword, value) for keyword, (value, _) in context.items()]
    with open_fits(snakemake.input.calints) as source, ProductWriter(path) as product:
        _check_planes(source)
        check_plausible(source)
        offsets = _append_headers(product, source, updates)
        count = _detect_in_file(source, product, params.options, offsets, limits)
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
    from scripts.lib.jobs.job import run_job

    run_job(snakemake, process)
