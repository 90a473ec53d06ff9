"""Disk, memory and time that products need; standard library only."""

import math
import os
import shutil
import tempfile
from pathlib import Path

from scripts.lib.findings import Finding
from scripts.lib.instruments.modes import mode_of
from scripts.lib.planning import resources, targets
from scripts.lib.planning.output_folder import existing_folder
from scripts.lib.planning.side_files import side_files
from scripts.lib.planning.targets import in_output_folder
from scripts.lib.planning.wanted_files import (
    collected_files,
    export_folders,
    product_steps,
    report_steps,
    segment_files,
)

__all__ = [
    "core_seconds",
    "disk_findings",
    "file_bytes",
    "free_bytes",
    "machine_memory_mb",
    "memory_findings",
    "memory_mb",
    "missing_bytes",
    "size_text",
]

# Bytes of a row of spectra for each element, and of its numbers and times.
_ELEMENT_BYTES, _ROW_BYTES = 136, 64
# Flux, error and quality of a bin of the light curves. No spectrum is wider than 0.6 to 5.3 um, of NIRSpec's
# prism.
_BIN_BYTES, _WIDEST_RATIO = 17, 9.0
# Flux, error and flag of an element or bin in the layout of another tool.
_EXPORT_BYTES = 17
# Statistics: maps of flags, aperture and background of each order.
_MAP_BYTES, _REGION_BYTES = 8, 8
# Models and our spectra, for each integration and element; references, for each pixel of an image and
# each order.
_MODEL_BYTES, _SPECTRA_BYTES, _REFERENCE_BYTES = 32, 25, 120
# Bytes of an integration in the light-curve tables, photometry and other statistics together.
_TABLE_BYTES = 3000
# Plots, pages and headers of a product and of a segment.
_PRODUCT_BYTES, _SEGMENT_BYTES = 8_000_000, 1_500_000
# Header of a table with its padding.
_HEADER_BYTES = 5760
# The headers of a product are assembled in the folder for temporary files.
_TEMPORARY_BYTES = 50_000_000
# The speeds of `resources` are a tenth of those of a laptop.
_LAPTOP = 10
# Start of a job on a laptop [s].
_START_SECONDS = 2
_CONTAINER_LIMIT = Path("/sys/fs/cgroup/memory.max")


def memory_mb(product, config):
    """
    Predict the memory of the largest job of a product.

    Parameters
    ----------
    product : Product
        What the workflow is to make.
    config : dict
        The validated configuration, with the settings of the steps for it.

    Returns
    -------
    memory : int
        Memory [MB] of one process.
    """
    limit, peaks = config["max_memory_mb"], [0]
    for segment_steps, collecting in (
        product_steps(product, config),
        report_steps(product, config),
    ):
        for step in segment_steps:
            peaks += [resources.peak_mb(step, [segment], limit) for segment in product.segments]
        peaks += [resources.peak_mb(step, product.segments, limit) for step in collecting]
    return max(peaks)


def core_seconds(product, config):
    """
    Predict how long one core of a laptop takes for a product, without its report.

    Parameters
    ----------
    product, config
        As for :func:`memory_mb`.

    Returns
    -------
    time : float
        Time [s].
    """
    segment_steps, collecting = product_steps(product, config)
    work = sum(resources.seconds(step, product.segments) for step in segment_steps)
    jobs = len(segment_steps) * len(product.segments) + len(collecting)
    return work / _LAPTOP + jobs * _START_SECONDS


def file_bytes(product, config):
    """
    Predict the sizes of the files of a product.

    Parameters
    ----------
    product, config
        As for :func:`memory_mb`.

    Returns
    -------
    sizes : dict of str to int
        Bytes by the name of a file or folder in the output folder; all small files together are
        under the name of the report.
    """
    sizes, detectors = {}, set()
    for segment in product.segments:
        large, templates = (
            _segment_file_bytes(segment),
            segment_files(segment, product, config),
        )
        detector = segment.detector, segment.shape[1:]
        if targets.MODEL in templates and detector not in detectors:
            templates.append(targets.REFERENCE)
            detectors.add(detector)
        for template in templates:
            if template in large:
                path = template.format(segment=segment.name)
                sizes[in_output_folder(path)] = large[template]
        for template, kind in side_files(product, config).items():
            path = in_output_folder(template.format(segment=segment.name))
            sizes[path] = _side_bytes(kind, segment) + _SEGMENT_BYTES
    large = _collected_bytes(product, config)
    for template in [*collected_files(product, config), targets.REPORT]:
        if template in large:
            sizes[in_output_folder(template.format(product=product.name))] = large[template]
    spectra = sum(s.nints * (_elements(s) + 20) * _EXPORT_BYTES for s in product.segments)
    sizes |= {in_output_folder(path): spectra for path in export_folders(product, config)}
    return sizes


def _segment_file_bytes(segment):
    """Sizes of the large files of a segment by their templates."""
    return {
        targets.CALINTS: segment.data_bytes,
        targets.CRFINTS: segment.data_bytes + _SEGMENT_BYTES,
        targets.EXTRACT1D: _spectra_bytes(segment) + _SEGMENT_BYTES,
        targets.STATISTICS: math.prod(segment.shape[1:])
        * (_MAP_BYTES + _orders(segment) * _REGION_BYTES),
        targets.MODEL: segment.nints * _elements(segment) * _MODEL_BYTES + _SEGMENT_BYTES,
        targets.MASKS: math.prod(segment.shape),
        targets.REFERENCE: math.prod(segment.shape[1:]) * _orders(segment) * _REFERENCE_BYTES,
    }


def _side_bytes(kind, segment):
    """Size without headers of a file that an option of a step asks for."""
    cube, image = 4 * math.prod(segment.shape), 4 * math.prod(segment.shape[1:])
    spectra, orders = _spectra_bytes(segment), _orders(segment)
    sizes = {
        **dict.fromkeys(("outlier_detection", "pixel_replace"), segment.data_bytes),
        "adaptive_trace_model": segment.data_bytes + image,
        **dict.fromkeys(("median", "scene_model", "residual"), cube),
        **dict.fromkeys(("spline_full", "spline_used", "profile"), image),
        **dict.fromkeys(("extract_1d", "photom"), spectra),
        "phot": segment.nints * _TABLE_BYTES,
        # Image and aperture of each order.
        "SossExtractModel": 2 * orders * cube,
        # A header and a small table for each integration and order, twice for blue order 2.
        "AtocaSpectra": spectra + segment.nints * (orders + 1) * _HEADER_BYTES,
        "SossWaveGrid": 0,
    }
    return sizes[kind]


def _collected_bytes(product, config):
    """Sizes of the large files of a product by their templates, and of all small ones together."""
    bins, segments = config["spectroscopic_light_curves"], product.segments
    return {
        targets.X1DINTS: sum(map(_spectra_bytes, segments)),
        targets.SPECTRA: sum(s.nints * _elements(s) * _SPECTRA_BYTES for s in segments),
        targets.BINNED: sum(
            segment.nints * _bins(segment, bins) * _BIN_BYTES for segment in segments
        ),
        targets.REPORT: sum(segment.nints for segment in segments) * _TABLE_BYTES + _PRODUCT_BYTES,
    }


def _spectra_bytes(segment):
    """Size of a segment's spectra without headers."""
    return segment.nints * (_elements(segment) * _ELEMENT_BYTES + _ROW_BYTES)


def _orders(segment):
    """Largest number of spectral orders of a segment."""
    return mode_of(segment.exp_type).spectral_orders


def _elements(segment):
    """Largest number of spectral elements of a segment, all orders together."""
    return _orders(segment) * max(segment.shape[1:])


def _bins(segment, options):
    """Largest number of wavelength bins of a segment, all orders together."""
    elements = max(segment.shape[1:])
    if options["edges"]:
        bins = len(options["edges"]) - 1
    elif options["pixels"]:
        bins = math.ceil(elements / options["pixels"])
    else:
        width = math.log1p(1.0 / options["resolving_power"])
        bins = min(elements, math.ceil(math.log(_WIDEST_RATIO) / width))
    return _orders(segment) * bins


def missing_bytes(products, configs, base_dir):
    """
    Predict by how much the output folder will grow.

    Parameters
    ----------
    products : list of Product
        What the workflow is to make.
    configs : list of dict
        The configuration of each.
    base_dir : str or Path
        The working directory.

    Returns
    -------
    size : int
        Bytes of the files that do not exist yet.
    """
    return sum(
        size
        for product, config in zip(products, configs, strict=True)
        for name, size in file_bytes(product, config).items()
        if not Path(base_dir, config["output_dir"], name).is_file()
    )


def disk_findings(missing, output_dir, base_dir):
    """
    Check that there is enough disk space for the products.

    Parameters
    ----------
    missing : int
        Bytes that the output folder is predicted to grow by.
    output_dir : str
        The output folder, which may not exist yet.
    base_dir : str or Path
        The working directory.

    Returns
    -------
    findings : list of Finding
        An error if there is less space; a warning if the folder for temporary
        files has little.
    """
    free, findings = free_bytes(output_dir, base_dir), []
    if missing > free:
        found, expected = f"{size_text(free)} free", f"{size_text(missing)} for the products"
        findings.append(
            Finding("error", output_dir, key="disk space", found=found, expected=expected)
        )
    return findings + _temporary_findings()


def free_bytes(output_dir, base_dir):
    """
    Measure the disk space that is free for products.

    Parameters
    ----------
    output_dir, base_dir
        As for :func:`disk_findings`.

    Returns
    -------
    size : int
        Free bytes of the file system of the output folder.
    """
    return shutil.disk_usage(existing_folder(Path(base_dir, output_dir))).free


def _temporary_findings():
    """Check that the folder for temporary files can be used."""
    try:
        folder = tempfile.gettempdir()
        free = shutil.disk_usage(folder).free
    except OSError:
        return [Finding("error", "TMPDIR", found="no folder for temporary files can be written to")]
    if free < _TEMPORARY_BYTES:
        found, expected = f"{size_text(free)} free in {folder}", size_text(_TEMPORARY_BYTES)
        return [Finding("warning", "TMPDIR", found=f"found {found}, expected {expected} or more")]
    return []


def memory_findings(peak_mb, machine_mb, cores):
    """
    Check that the jobs fit in the machine's memory.

    Parameters
    ----------
    peak_mb : int
        Memory of the largest job [MB].
    machine_mb : float
        Memory of the machine [MB].
    cores : int
        Cores of the machine.

    Returns
    -------
    findings : list of Finding
        A warning if the largest job does not fit, a note if one job on each
        core does not.
    """
    if peak_mb > machine_mb:
        found, effect = f"a job of {peak_mb} MB", "it may be killed; lower max_memory_mb"
        expected = f"at most the memory of this machine, {machine_mb:.0f} MB"
        return [
            Finding(
                "warning",
                "config",
                key="max_memory_mb",
                found=found,
                expected=expected,
                effect=effect,
            )
        ]
    if peak_mb * cores > machine_mb:
        found = f"jobs of up to {peak_mb} MB on {cores} cores of a machine of {machine_mb:.0f} MB"
        fitting = int(machine_mb // peak_mb)
        effect = f"take --cores {fitting} or less, or --resources mem_mb={machine_mb:.0f}"
        return [Finding("note", "config", key="max_memory_mb", found=found, effect=effect)]
    return []


def machine_memory_mb():
    """
    Measure the memory that processes of this machine, or of the container, may use.

    Returns
    -------
    memory : float
        Memory [MB].
    """
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    if _CONTAINER_LIMIT.is_file():
        limit = _CONTAINER_LIMIT.read_text(encoding="utf-8").strip()
        memory = min(memory, int(limit) if limit.isdecimal() else math.inf)
    return memory / 1e6


def size_text(size):
    """
    Write a size with a suitable unit.

    Parameters
    ----------
    size : float
        Bytes.

    Returns
    -------
    text : str
        For example ``12.3 MB``.
    """
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" or size >= 100 else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"
