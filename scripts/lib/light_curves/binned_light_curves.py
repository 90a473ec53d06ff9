"""Product of light curves in bins of wavelength."""

import logging
from pathlib import Path

import numpy as np

from scripts import __version__
from scripts.lib.fits.cards import format_card
from scripts.lib.fits.extensions import image_cards, table_cards, table_rows
from scripts.lib.fits.reader import ProductWriter
from scripts.lib.light_curves.spectral_bins import bin_edges, membership, sum_bins
from scripts.lib.light_curves.spectral_series import series_times
from scripts.lib.provenance.input_warnings import history_of

log = logging.getLogger(__name__)


def _append_table(product, columns, units, name, version, extra=()):
    """Add a binary table."""
    rows = table_rows(columns)
    cards = [*table_cards(name, rows, units, version), *extra]
    product.write(rows.view(np.uint8), product.append_hdu(cards, rows.nbytes))


def write_series(product, series, version, options):
    """
    Add the light curves of one detector and order.

    Parameters
    ----------
    product : ProductWriter
        The file.
    series : SpectralSeries
        The spectra.
    version : int
        Number of the detector and order.
    options : dict
        ``resolving_power``, ``pixels``, ``edges``.

    Notes
    -----
    Holds one block of spectra; the images are written as they come.
    """
    names = ("resolving_power", "pixels", "edges")
    edges = bin_edges(series.wavelength, **{name: options[name] for name in names})
    member, template = membership(series.wavelength, edges), series.template
    # An element without a template is in no sum.
    member[~np.isfinite(template)] = 0.0
    filled = member.any(axis=0)
    member, lower, upper = member[:, filled], edges[:-1][filled], edges[1:][filled]
    shape = (series.n_integrations, int(filled.sum()))
    label = [
        format_card("DETECTOR", series.detector or "N/A", "Detector"),
        format_card("SPORDER", series.order, "Spectral order"),
    ]
    times = {name.upper(): values for name, values in series_times(series).items()}
    _append_table(
        product, times, dict.fromkeys(("MJD_UTC", "BJD_TDB"), "d"), "TIME", version, label
    )
    weighted = member * np.nan_to_num(series.wavelength, nan=0.0)[:, None]
    bins = {
        "WAVELENGTH": weighted.sum(axis=0) / member.sum(axis=0),
        "LOWER": lower,
        "UPPER": upper,
        "ELEMENTS": member.sum(axis=0).astype(np.int64),
    }
    _append_table(
        product, bins, dict.fromkeys(("WAVELENGTH", "LOWER", "UPPER"), "um"), "BINS", version, label
    )
    offsets = [
        product.append_hdu(
            [*image_cards(name, shape, -64, version, series.unit), *label], 8 * shape[0] * shape[1]
        )
        for name in ("FLUX", "ERROR")
    ]
    for rows, values in series.blocks():
        sums = sum_bins(values, template, member)[:2]
        for offset, block in zip(offsets, sums, strict=True):
            stored = np.ascontiguousarray(block, ">f8")
            product.write(stored.view(np.uint8), offset + 8 * shape[1] * rows.start)
    log.info("%s order %s: %d light curves", series.detector, series.order, shape[1])


def write_light_curves(path, series, options, warnings=()):
    """
    Write the spectroscopic light curves of one product.

    Parameters
    ----------
    path : str or Path
        The file.
    series : list of SpectralSeries
        The spectra of each detector and order.
    options : dict
        As for :func:`write_series`.
    warnings : iterable of str, optional
        What to tell about the input in the HISTORY.
    """
    primary = [
        format_card("SIMPLE", True, "conforms to FITS"),
        format_card("BITPIX", 8),
        format_card("NAXIS", 0),
        format_card("EXTEND", True),
        format_card("HISTORY", f"tso3flow {__version__}: spectroscopic light curves"),
        *(format_card("HISTORY", line) for line in history_of(warnings)),
    ]
    with ProductWriter(Path(path)) as product:
        product.append_hdu(primary)
        for version, one in enumerate(series, start=1):
            write_series(product, one, version, options)
