"""Rule spectroscopic_light_curves: flux against time in bins of wavelength."""

import logging
from pathlib import Path

import numpy as np

from scripts import __version__
from scripts.lib.fits_blocks import ProductWriter
from scripts.lib.fits_cards import format_card
from scripts.lib.spectral_bins import bin_edges, membership, sum_bins
from scripts.lib.spectral_series import open_series, series_times

log = logging.getLogger(__name__)

_FORMATS = {"f8": "D", "i8": "K"}


def table_cards(rows, units, name, version):
    """
    Header of a binary table.

    Parameters
    ----------
    rows : ndarray
        Structured array of big-endian float64 and int64.
    units : dict of str to str
        Unit of columns that have one.
    name : str
        Name of the extension.
    version : int
        Its number among those of the name.

    Returns
    -------
    cards : list of str
        Cards without END.
    """
    values = {
        "XTENSION": "BINTABLE",
        "BITPIX": 8,
        "NAXIS": 2,
        "NAXIS1": rows.itemsize,
        "NAXIS2": len(rows),
        "PCOUNT": 0,
        "GCOUNT": 1,
        "TFIELDS": len(rows.dtype.names),
        "EXTNAME": name,
        "EXTVER": version,
    }
    for number, column in enumerate(rows.dtype.names, start=1):
        values[f"TTYPE{number}"] = column
        values[f"TFORM{number}"] = _FORMATS[rows.dtype[column].str[1:]]
        if column in units:
            values[f"TUNIT{number}"] = units[column]
    return [format_card(keyword, value) for keyword, value in values.items()]


def image_cards(shape, name, version, unit):
    """
    Header of an image of float64.

    Parameters
    ----------
    shape : tuple of int
        Shape (integrations, bins).
    name, version
        As for :func:`table_cards`.
    unit : str
        Unit of the values.

    Returns
    -------
    cards : list of str
        Cards without END.
    """
    values = {
        "XTENSION": "IMAGE",
        "BITPIX": -64,
        "NAXIS": 2,
        "NAXIS1": shape[1],
        "NAXIS2": shape[0],
        "PCOUNT": 0,
        "GCOUNT": 1,
        "EXTNAME": name,
        "EXTVER": version,
        "BUNIT": unit,
    }
    return [format_card(keyword, value) for keyword, value in values.items()]


def _rows(columns):
    """Structured big-endian array of columns."""
    columns = {name: np.asarray(values) for name, values in columns.items()}
    types = [(name, values.dtype.newbyteorder(">")) for name, values in columns.items()]
    rows = np.empty(len(next(iter(columns.values()))), types)
    for name, values in columns.items():
        rows[name] = values
    return rows


def _append_table(product, columns, units, name, version, extra=()):
    """Add a binary table."""
    rows = _rows(columns)
    cards = [*table_cards(rows, units, name, version), *extra]
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
    member, template = membership(series.wavelength, edges), series.template()
    filled = member[np.isfinite(template)].any(axis=0)
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
            [*image_cards(shape, name, version, series.unit), *label], 8 * shape[0] * shape[1]
        )
        for name in ("FLUX", "ERROR")
    ]
    for rows, values in series.blocks():
        sums = sum_bins(values, template, member)[:2]
        for offset, block in zip(offsets, sums, strict=True):
            stored = np.ascontiguousarray(block, ">f8")
            product.write(stored.view(np.uint8), offset + 8 * shape[1] * rows.start)
    log.info("%s order %s: %d light curves", series.detector, series.order, shape[1])


def process(snakemake):
    """Write the spectroscopic light curves of one product."""
    params, path = snakemake.params, Path(snakemake.output.light_curves)
    series = open_series(
        list(snakemake.input.spectra),
        params.segments,
        list(snakemake.input.statistics),
        params.replaced,
    )
    primary = [
        format_card("SIMPLE", True, "conforms to FITS"),
        format_card("BITPIX", 8),
        format_card("NAXIS", 0),
        format_card("EXTEND", True),
        format_card("HISTORY", f"tso3flow {__version__}: spectroscopic light curves"),
    ]
    with ProductWriter(path) as product:
        product.append_hdu(primary)
        for version, one in enumerate(series, start=1):
            write_series(product, one, version, params.options)


if __name__ == "__main__":
    from scripts.lib.job import run_job

    run_job(snakemake, process)
