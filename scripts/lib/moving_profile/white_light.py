"""The median spectrum of a visit, by which missing columns are compensated."""

import numpy as np

__all__ = ["template_spectrum"]


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
