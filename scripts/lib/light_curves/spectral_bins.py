"""Bins of spectral elements, and sums over them."""

import numpy as np

from scripts.lib.errors import InputError


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
        places = np.append(np.arange(0, len(known), pixels), len(known))
        values = borders[places]
    else:
        count = max(int(np.log(known[-1] / known[0]) / np.log1p(1.0 / resolving_power)), 1)
        values = np.geomspace(known[0], known[-1], count + 1)
    values[-1] = np.nextafter(values[-1], np.inf)
    return values


def membership(wavelength, edges):
    """
    Tell which element is in which bin.

    Parameters
    ----------
    wavelength : ndarray, shape (elements,)
        Wavelength [um].
    edges : ndarray, shape (bins + 1,)
        Edges [um]; the upper one is not in the bin.

    Returns
    -------
    member : ndarray of float64, shape (elements, bins)
        1 where the element is in the bin, else 0.
    """
    place = np.searchsorted(edges, wavelength, side="right") - 1
    return (place[:, None] == np.arange(len(edges) - 1)).astype(float)


def sum_bins(values, template, member):
    """
    Sum spectra over bins so that lacking samples are no dips.

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
        that in them, its propagated error, and photon noise; NaN where less
        than half of the light is there.
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
