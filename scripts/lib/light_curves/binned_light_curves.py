"""Product of light curves in bins of wavelength."""

import logging
from pathlib import Path

import numpy as np

from scripts.lib.errors import InputError
from scripts.lib.findings import stop_at_errors
from scripts.lib.fits.cards import format_card
from scripts.lib.fits.extensions import image_cards, table_cards, table_rows
from scripts.lib.fits.writer import ProductWriter
from scripts.lib.light_curves.spectral_series import series_times
from scripts.lib.provenance.input_warnings import warning_lines
from scripts.lib.provenance.software import history_line
from scripts.lib.spectra.wavelength_limits import edge_findings

__all__ = ["bin_edges", "membership", "sum_bins", "write_light_curves"]

log = logging.getLogger(__name__)


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
        Settings of the bins, as for :func:`bin_edges`: ``resolving_power``, ``pixels``, ``edges``.
    warnings : iterable of str, optional
        Warnings about the input, for the HISTORY.

    Raises
    ------
    InputError
        If ``edges`` hold no element of any spectrum; those of which they hold none are left out.
    """
    series = _series_in_bins(series, options["edges"])
    primary = [
        format_card("SIMPLE", True, "conforms to FITS"),
        format_card("BITPIX", 8),
        format_card("NAXIS", 0),
        format_card("EXTEND", True),
        format_card("HISTORY", history_line("spectroscopic light curves")),
        *(format_card("HISTORY", line) for line in warning_lines(warnings)),
    ]
    with ProductWriter(Path(path)) as product:
        product.append_hdu(primary)
        for version, spectra in enumerate(series, start=1):
            _write_series(product, spectra, version, options)


def _series_in_bins(series, edges):
    """Those of which the bins hold an element; InputError if there is none."""
    if not edges:
        return series
    wavelengths = {f"{spectra.detector} {spectra.order}": spectra.wavelength for spectra in series}
    findings = edge_findings(wavelengths, edges)
    stop_at_errors(findings)
    for finding in findings:
        log.warning("%s", finding)
    return [spectra for spectra in series if membership(spectra.wavelength, edges).any()]


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


def membership(wavelength, edges):
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
    member : ndarray of float64, shape (elements, bins)
        1 where the element is in the bin, else 0.

    Examples
    --------
    >>> membership(np.array([1.0, 2.0, 3.0, 4.0]), np.array([1.0, 2.5, 4.0]))
    array([[1., 0.],
           [1., 0.],
           [0., 1.],
           [0., 0.]])
    """
    number = np.searchsorted(edges, wavelength, side="right") - 1
    return (number[:, None] == np.arange(len(edges) - 1)).astype(float)


def sum_bins(values, template, member):
    """
    Sum spectra over bins; missing samples are compensated.

    Parameters
    ----------
    values : dict of str to ndarray
        ``FLUX``, ``FLUX_ERROR``, ``FLUX_VAR_POISSON`` (integrations, elements).
    template : ndarray, shape (elements,)
        Median spectrum; NaN leaves an element out.
    member : ndarray, shape (elements, bins)
        As of :func:`membership`.

    Returns
    -------
    flux, error, photon : ndarray of float64, shape (integrations, bins)
        Sum of the finite samples times the ratio of the template's light to
        that in them, its propagated error, and photon noise; NaN where half of
        the light or more is in missing samples.

    Examples
    --------
    One bin of four elements with equal light. All of them, three of them (their sum over 0.75), and
    two of them, which are too few:

    >>> flux = np.array([[11.0] * 4, [9.0, np.nan, 9.0, 9.0], [10.0, np.nan, np.nan, 10.0]])
    >>> ones = np.ones((3, 4))
    >>> values = {"FLUX": flux, "FLUX_ERROR": 2.0 * ones, "FLUX_VAR_POISSON": ones}
    >>> flux, error, photon = sum_bins(values, np.full(4, 10.0), np.ones((4, 1)))
    >>> flux.ravel()
    array([44., 36., nan])
    >>> error.ravel().round(2)
    array([4.  , 4.62,  nan])
    >>> photon.ravel().round(2)
    array([2.  , 2.31,  nan])
    """
    chosen = np.isfinite(template)
    member = member[chosen]
    light = np.abs(template[chosen])[:, None] * member
    flux = values["FLUX"][:, chosen]
    finite = np.isfinite(flux)
    total = light.sum(axis=0)
    share = np.divide(finite @ light, total, out=np.zeros((len(flux), len(total))), where=total > 0)
    share = np.where(share > 0.5, share, np.nan)
    squares = np.where(finite, np.nan_to_num(values["FLUX_ERROR"][:, chosen]) ** 2, 0.0)
    photons = np.where(finite, np.nan_to_num(values["FLUX_VAR_POISSON"][:, chosen]), 0.0)
    return (
        np.where(finite, flux, 0.0) @ member / share,
        np.sqrt(squares @ member) / share,
        np.sqrt(photons @ member) / share,
    )


def _write_series(product, series, version, options):
    """
    Add the light curves of one detector and order.

    Parameters
    ----------
    product : ProductWriter
        The file.
    series : SpectralSeries
        The spectra.
    version : int
        Number of the extensions of this detector and order (EXTVER).
    options : dict
        ``resolving_power``, ``pixels``, ``edges``.

    Notes
    -----
    One block of spectra is in memory at a time.
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


def _append_table(product, columns, units, name, version, extra=()):
    """Add a binary table."""
    rows = table_rows(columns)
    cards = [*table_cards(name, rows, units, version), *extra]
    product.write(rows.view(np.uint8), product.append_hdu(cards, rows.nbytes))
