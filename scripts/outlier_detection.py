"""
Flag samples far from their median in time: calints to crfints.

Inputs
------
calints
    Calibrated segment.

Outputs
-------
crfints
    The segment with outliers flagged, and NaN and ``DO_NOT_USE`` made to agree.
results, medians
    A copy of it, and the medians of all integrations; if asked for.

Settings
--------
outlier_detection/snr
    Distance from the median, in errors, from which a sample is an outlier.
outlier_detection/rolling_window_width
    Integrations of the rolling median; one median of all if it is 1 or longer than the series.
outlier_detection/maskpt
    Fraction of the mean weight below which a sample is left out of the median.
outlier_detection/good_bits
    DQ flags that a sample in the median may have.
outlier_detection/save_results, outlier_detection/save_intermediate_results
    Whether the copy and the medians are written.
max_memory_mb
    Size of the blocks that are read at a time.
"""

import logging
import math
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from scripts.lib.errors import InputError
from scripts.lib.fits.cards import set_card
from scripts.lib.fits.reader import open_fits
from scripts.lib.fits.writer import ProductWriter
from scripts.lib.jobs.progress import Progress
from scripts.lib.outliers.blocks import affordable_threads, plan_blocks
from scripts.lib.outliers.detection import Settings, detect_outliers, mask_bits, median_images
from scripts.lib.provenance.input_warnings import warning_lines
from scripts.lib.provenance.reference_records import crds_context, crds_keywords, history_lines
from scripts.lib.provenance.software import (
    JWST_KEYWORDS,
    JWST_VERSION,
    file_date,
    history_line,
)
from scripts.lib.segment_data.dq import PLANES, bad_bits
from scripts.lib.segment_data.impossible_values import COUNTED_BY, impossible_warnings
from scripts.lib.segment_data.plausibility import check_plausible
from scripts.lib.segment_data.side_products import CubeWriter, write_segment
from scripts.lib.segment_data.step_record import append_record

log = logging.getLogger(__name__)

_VARIANCES = PLANES[3:]
# Larger blocks are slower: they do not fit into the processor's cache.
_BLOCK_MB = 64


def _read_planes(source, names, block):
    """Read the planes of a block: SCI and DQ of all its frames, the rest of the integrations to test."""
    planes = {}
    for name in names:
        integrations = block.frames if name in ("SCI", "DQ") else block.integrations
        if name in _VARIANCES and source.header(name)["BITPIX"] == -32:
            # Variances are only tested for NaN, so their bytes need not be swapped.
            planes[name] = source.read_stored(name, integrations, block.rows)
        else:
            planes[name] = _read(source, name, integrations, block.rows)
    return planes


def _read(source, name, integrations, rows):
    """Read a block of a plane as float32, or of DQ as uint32."""
    block = source.read(name, integrations, rows)
    return block.astype(np.uint32 if name == "DQ" else np.float32, copy=False)


def _has_good_sample(source, bits, blocks):
    """Return whether any sample has none of the DQ bits; reading stops at the first."""
    return any(
        ((_read(source, "DQ", block.integrations, block.rows) & bits) == 0).any()
        for block in blocks
    )


def _settings(options, source, blocks):
    """Settings of a segment from the configuration."""
    bits = bad_bits(options.get("good_bits", "~DO_NOT_USE"))
    return Settings(
        snr=float(str(options.get("snr", Settings.snr)).split()[0]),
        window=int(options.get("rolling_window_width", Settings.window)),
        mask=mask_bits(bits, options.get("maskpt", 0.7), _has_good_sample(source, bits, blocks)),
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
        *JWST_KEYWORDS.items(),
        ("ASNPOOL", pool),
        ("ASNTABLE", table),
        ("S_OUTLIR", "COMPLETE"),
        ("HISTORY", history_line(f"{COUNTED_BY} {JWST_VERSION}")),
    ]


def _detect_in_file(source, product, options, offsets, limits, medians):
    """Read, test and write block by block within (memory [MB], threads); count outliers and faults."""
    shape, (memory_mb, threads) = source.shape("SCI"), limits
    # Besides the planes: masked samples, bytes in file order, temporary arrays.
    samples = int(min(memory_mb, _BLOCK_MB) * 1e6 / (4 * (len(offsets) + 3)))
    window = int(options.get("rolling_window_width", Settings.window))
    blocks = plan_blocks(shape, window, samples // threads)
    threads = affordable_threads(threads, blocks, shape, samples)
    settings = _settings(options, source, blocks)

    def detect(block):
        planes = _read_planes(source, offsets, block)
        first = block.integrations.start
        if medians is not None:
            images = median_images(planes, block, shape[0], settings)
            medians.write(images, first, block.rows.start)
        impossible = Counter()
        outliers = detect_outliers(planes, block, shape[0], settings, impossible)
        for name, plane in planes.items():
            part = plane[block.tested] if name in ("SCI", "DQ") else plane
            product.write_block(part, offsets[name], shape, first, block.rows.start)
        return Counter(outliers=outliers) + impossible

    progress = Progress(log, len(blocks), "blocks of pixels")
    if threads == 1:
        return sum(progress.count(map(detect, blocks)), Counter())
    with ThreadPoolExecutor(threads) as pool:
        return sum(progress.count(pool.map(detect, blocks)), Counter())


def process(snakemake):
    """Write the crfints product of one segment."""
    started = time.monotonic()
    path = Path(snakemake.output.crfints)
    params = snakemake.params
    limits = snakemake.resources.work_mb, snakemake.threads
    updates = _header_updates(path, params.asn_pool, params.asn_table)
    records, warnings = params.parameter_files, warning_lines(params.input_warnings)
    updates += [("HISTORY", line) for line in (*history_lines(records), *warnings)]
    context = crds_keywords(crds_context(snakemake), records)
    updates += [(keyword, value) for keyword, (value, _) in context.items()]
    with open_fits(snakemake.input.calints) as source, ProductWriter(path) as product:
        _check_planes(source)
        check_plausible(source)
        offsets = _append_headers(product, source, updates)
        with ExitStack() as stack:
            medians = CubeWriter.opened(stack, snakemake.output.medians, source)
            counts = _detect_in_file(source, product, params.options, offsets, limits, medians)
        shape = source.shape("SCI")
        found = impossible_warnings(source.path.name, counts, math.prod(shape))
        append_record(product, None, found)
    for text in found:
        log.warning("%s", text)
    if snakemake.output.results:
        with open_fits(path) as flagged:
            write_segment(flagged, Path(snakemake.output.results), {}, limits[0])
    log.info(
        "%s: %d integrations of %d x %d pixels, %d outliers (fraction %.2e), %.1f s",
        path.name,
        *shape,
        counts["outliers"],
        counts["outliers"] / math.prod(shape),
        time.monotonic() - started,
    )


if __name__ == "__main__":
    from scripts.lib.jobs.job import run_job

    run_job(snakemake, process)
