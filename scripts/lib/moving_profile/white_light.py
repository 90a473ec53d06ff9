"""Sums of columns, in white light or bins, in which a missing column is no dip."""

import numpy as np

__all__ = ["sum_columns", "template_spectrum"]


def template_spectrum(flux):
    """
    Median spectrum of the columns that are present in more than half of a visit's integrations.

    Parameters
    ----------
    flux : ndarray of float64, shape (integrations, x)
        Flux of each column; NaN is missing.

    Returns
    -------
    template : ndarray of float64, shape (x,)
        NaN where a column is missing in half or more of the integrations that have any flux,
        or its median is not positive.

    Examples
    --------
    >>> template_spectrum(np.array([[2.0, 1.0], [2.0, np.nan], [np.nan, np.nan]]))
    array([ 2., nan])
    """
    known = np.isfinite(flux)
    present = 2 * known.sum(axis=0) > known.any(axis=1).sum()
    template = np.full(flux.shape[1], np.nan)
    template[present] = np.nanmedian(flux[:, present], axis=0) if present.any() else np.nan
    template[~(template > 0)] = np.nan
    return template


def sum_columns(flux, variances, template, members=None):
    """
    Sum columns so that missing ones are no dips.

    Parameters
    ----------
    flux : ndarray of float64, shape (integrations, x)
        Flux of each column; NaN is missing.
    variances : list of ndarray of float64, shape (integrations, x)
        Variances to propagate.
    template : ndarray of float64, shape (x,)
        Median spectrum; columns with NaN take no part.
    members : ndarray of bool, shape (x,), optional
        Columns of the sum; None for all.

    Returns
    -------
    total : ndarray of float64, shape (integrations,)
        Sum times the ratio of the template's light to that of the columns present;
        NaN where these have less than half of it.
    errors : list of ndarray of float64, shape (integrations,)
        Roots of the summed variances, times that ratio.
    missing : ndarray of float64, shape (integrations,)
        Share of the template's light that is missing.

    Examples
    --------
    >>> flux = np.array([[2.0, 6.0], [np.nan, 6.0]])
    >>> sum_columns(flux, [], np.array([2.0, 6.0]))[0]
    array([8., 8.])
    """
    used = np.isfinite(template) if members is None else np.isfinite(template) & members
    light = np.where(used, template, 0.0)
    good = np.isfinite(flux) & used
    share = np.where(good, light, 0.0).sum(axis=1)
    whole = light.sum()
    enough = (share > 0) & (2.0 * share >= whole)
    ratio = np.where(enough, whole / np.where(enough, share, 1.0), np.nan)
    total = np.where(good, flux, 0.0).sum(axis=1) * ratio
    errors = [np.sqrt(np.where(good, v, 0.0).sum(axis=1)) * ratio for v in variances]
    missing = 1.0 - share / whole if whole > 0 else np.ones(len(flux))
    return total, errors, missing
