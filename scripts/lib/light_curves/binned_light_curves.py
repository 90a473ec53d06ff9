"""Product of light curves in bins of wavelength."""

import logging
from pathlib import Path

import numpy as np

from scripts.lib.errors import InputError
from scripts.lib.findings import stop_at_errors
from scripts.lib.fits.reader import open_fits
from scripts.lib.fits.writer import ProductWriter
from scripts.lib.light_curves.element_sums import Groups
from scripts.lib.light_curves.product_header import (
    append_image,
    append_table,
    append_times,
    label_cards,
    labels_of,
    primary_cards,
)
from scripts.lib.light_curves.quality import bin_quality
from scripts.lib.light_curves.spectral_curves import curve_of_groups
from scripts.lib.light_curves.spectral_series import series_times
from scripts.lib.spectra.wavelength_limits import edge_findings

__all__ = ["bin_edges", "bin_numbers", "read_light_curves", "write_light_curves"]

log = logging.getLogger(__name__)

_BIN_UNITS = dict.fromkeys(("WAVELENGTH", "LOWER", "UPPER"), "um")
_BIN_COMMENTS = {
    "WAVELENGTH": "mean wavelength of its elements",
    "LOWER": "lower edge, which is in the bin",
    "UPPER": "upper edge, which is not",
    "ELEMENTS": "number of spectral elements",
    "BAD_CHANNELS": "elements that are left out as bad",
}
# Sums of each bin and integration, and the bytes that they may take at a time.
_SUMS, _CHUNK_BYTES = 12, 1 << 26


def write_light_curves(path, series, options, primary, warnings=(), records=()):
    """
    Write our light curves in bins of wavelength of one product.

    Parameters
    ----------
    path : str or Path
        The file.
    series : list of ModelSeries
        The spectra of each detector and order.
    options : dict
        Settings of the bins, as for :func:`bin_edges`: ``resolving_power``, ``pixels``, ``edges``.
    primary : dict
        Keywords of a segment's primary header.
    warnings : iterable of str, optional
        Warnings about the input, for the HISTORY.
    records : iterable of str, optional
        Records of the reference files, for the HISTORY.

    Raises
    ------
    InputError
        If ``edges`` hold no element of any spectrum; those of which they hold none are left out.

    Notes
    -----
    Of each detector and order (EXTVER): tables TIME and BINS, and images FLUX, ERROR and QUALITY
    (integrations, bins), the latter the sum of bits of `quality.QUALITY_BITS`.
    """
    series = _series_in_bins(series, options["edges"])
    named = {"BINS": (_bins_text(options), "Bins of wavelength")}
    cards = primary_cards("spectroscopic light curves", primary, named, warnings, records)
    with ProductWriter(Path(path), checksums=True) as product:
        product.append_hdu(cards)
        for version, spectra in enumerate(series, start=1):
            _write_series(product, spectra, version, options)


def read_light_curves(path):
    """
    Read light curves in bins of wavelength.

    Parameters
    ----------
    path : str or Path
        File of :func:`write_light_curves`.

    Returns
    -------
    curves : dict of (str, int) to dict of str to ndarray
        By detector and order: ``wavelength`` (bins,) [um], ``flux`` (integrations, bins), and
        ``mjd_utc`` (integrations,).
    """
    curves = {}
    with open_fits(path) as file:
        for version, labels in enumerate(labels_of(file, "BINS"), start=1):
            curves[labels] = {
                "wavelength": file.read_table("BINS", version)["WAVELENGTH"],
                "flux": file.read("FLUX", version=version).astype(np.float64),
                "mjd_utc": file.read_table("TIME", version)["MJD_UTC"],
            }
    return curves


def _series_in_bins(series, edges):
    """Those of which the bins hold an element; InputError if there is none."""
    if not edges:
        return series
    archives = [spectra.archive for spectra in series]
    wavelengths = {f"{found.detector} {found.order}": found.wavelength for found in archives}
    findings = edge_findings(wavelengths, edges)
    stop_at_errors(findings)
    for finding in findings:
        log.warning("%s", finding)
    return [
        spectra
        for spectra in series
        if (bin_numbers(spectra.archive.wavelength, np.asarray(edges, float)) >= 0).any()
    ]


def _bins_text(options):
    """What the bins are."""
    if options["edges"]:
        return f"{len(options['edges']) - 1} given by their edges"
    if options["pixels"]:
        return f"of {options['pixels']} columns"
    return f"of resolving power {options['resolving_power']}"


def bin_edges(wavelength, resolving_power=None, pixels=None, edges=None):
    """
    Edges of wavelength bins.

    Parameters
    ----------
    wavelength : ndarray, shape (elements,)
        Wavelength of each element [um]; NaN is left out.
    resolving_power : float, optional
        Wavelength over width of every bin.
    pixels : int, optional
        Number of elements in every bin but the last; wins over
        ``resolving_power``.
    edges : list of float, optional
        Ascending edges [um]; win over both.

    Returns
    -------
    edges : ndarray of float64, shape (bins + 1,)
        Edges [um].

    Raises
    ------
    InputError
        If ``edges`` do not ascend.

    Examples
    --------
    Bins of two elements, which end halfway to the next element; bins as wide as their shorter
    wavelength; and edges as they are given. The last of the first two includes the longest
    wavelength.

    >>> wavelength = np.array([1.0, 2.0, 3.0, 4.0])
    >>> bin_edges(wavelength, pixels=2)
    array([1. , 2.5, 4. ])
    >>> bin_edges(wavelength, resolving_power=1.0)
    array([1., 2., 4.])
    >>> bin_edges(wavelength, edges=[1.5, 3.5])
    array([1.5, 3.5])
    """
    if edges:
        values = np.array(edges, dtype=float)
        if len(values) < 2 or not (np.diff(values) > 0).all():
            msg = f"spectroscopic_light_curves/edges: found {list(edges)}, expected two or more ascending wavelengths"
            raise InputError(msg)
        return values
    known = np.sort(wavelength[np.isfinite(wavelength)])
    if not len(known):
        return np.zeros(1)
    borders = np.concatenate([known[:1], (known[1:] + known[:-1]) / 2.0, known[-1:]])
    if pixels:
        starts = np.append(np.arange(0, len(known), pixels), len(known))
        values = borders[starts]
    else:
        count = max(int(np.log(known[-1] / known[0]) / np.log1p(1.0 / resolving_power)), 1)
        values = np.geomspace(known[0], known[-1], count + 1)
    values[-1] = np.nextafter(values[-1], np.inf)
    return values


def bin_numbers(wavelength, edges):
    """
    Assign the elements to bins.

    Parameters
    ----------
    wavelength : ndarray, shape (elements,)
        Wavelength [um].
    edges : ndarray, shape (bins + 1,)
        Edges [um]; a bin includes its lower edge only.

    Returns
    -------
    numbers : ndarray of int, shape (elements,)
        Bin of each element; -1 where it is in none.

    Examples
    --------
    >>> bin_numbers(np.array([1.0, 2.0, 3.0, 4.0]), np.array([1.0, 2.5, 4.0]))
    array([ 0,  0,  1, -1])
    """
    number = np.searchsorted(edges, wavelength, side="right") - 1
    return np.where((number < len(edges) - 1) & np.isfinite(wavelength), number, -1)


def _write_series(product, series, version, options):
    """Add the light curves of one detector and order."""
    archive, template = series.archive, series.template
    names = ("resolving_power", "pixels", "edges")
    edges = bin_edges(archive.wavelength, **{name: options[name] for name in names})
    # An element without a template is in no sum.
    numbers = np.where(np.isfinite(template), bin_numbers(archive.wavelength, edges), -1)
    numbers, channels = _without_bad_channels(numbers, series.limits)
    filled, numbers = _filled_bins(numbers)
    label = label_cards(archive.detector, archive.order)
    append_times(product, series_times(archive), version, label)
    append_table(
        product,
        _bin_table(archive.wavelength, edges, filled, numbers)
        | {"BAD_CHANNELS": channels[filled].astype(np.int64)},
        _BIN_UNITS,
        "BINS",
        version,
        _BIN_COMMENTS,
        label,
    )
    shape = (archive.n_integrations, len(filled))
    offsets = {
        "flux": append_image(product, "FLUX", shape, -64, version, archive.unit, label),
        "error": append_image(product, "ERROR", shape, -64, version, archive.unit, label),
        "quality": append_image(product, "QUALITY", shape, 8, version, None, label),
    }
    integrations = series.integrations()
    # A bin that has nothing else keeps its bad channels, and says so.
    kept = np.zeros(len(numbers), dtype=bool) if series.limits is None else series.limits.bad
    only_bad = np.isin(np.arange(shape[1]), numbers[kept])
    step = max(1, _CHUNK_BYTES // (8 * _SUMS * max(shape[0], 1)))
    for first in range(0, shape[1], step):
        chosen = (numbers >= first) & (numbers < first + step)
        groups = Groups.from_numbers(np.where(chosen, numbers, -1))
        curves = curve_of_groups(series, groups, integrations, good_only=True)
        parts = (curves["flux"].T, curves["missing"].T, only_bad[first : first + step])
        judged = [bin_quality(*part) for part in zip(*parts, strict=True)]
        curves["quality"] = np.stack(judged, axis=1)
        _write_columns(product, curves, offsets, shape, first)
    log.info("%s order %s: %d light curves", archive.detector, archive.order, shape[1])


def _without_bad_channels(numbers, limits):
    """Bin of each element, -1 for bad channels next to good ones; and bad channels of each bin."""
    count = max(int(numbers.max(initial=-1)) + 1, 1)
    if limits is None:
        return numbers, np.zeros(count, dtype=int)
    inside = numbers >= 0
    bad = np.bincount(numbers[inside & limits.bad], minlength=count)
    good = np.bincount(numbers[inside & ~limits.bad], minlength=count)
    left_out = inside & limits.bad & (good[numbers] > 0)
    return np.where(left_out, -1, numbers), bad


def _filled_bins(numbers):
    """Bins that have elements, ascending, and the number of each element's bin among them."""
    filled = np.unique(numbers[numbers >= 0])
    return filled, np.where(numbers >= 0, np.searchsorted(filled, numbers), -1)


def _bin_table(wavelength, edges, filled, numbers):
    """Columns of the table of bins."""
    used = numbers >= 0
    count = np.bincount(numbers[used], minlength=len(filled))
    total = np.bincount(numbers[used], weights=wavelength[used], minlength=len(filled))
    return {
        "WAVELENGTH": total / np.maximum(count, 1),
        "LOWER": edges[:-1][filled],
        "UPPER": edges[1:][filled],
        "ELEMENTS": count.astype(np.int64),
    }


def _write_columns(product, curves, offsets, shape, first):
    """Write some columns of the images, row by row where they are not all."""
    for name, offset in offsets.items():
        dtype = np.dtype(np.uint8 if name == "quality" else ">f8")
        stored = np.ascontiguousarray(curves[name], dtype)
        if stored.shape == shape:
            product.write(stored.reshape(-1).view(np.uint8), offset)
            continue
        for row, values in enumerate(stored):
            place = offset + (row * shape[1] + first) * dtype.itemsize
            product.write(values.view(np.uint8), place)
