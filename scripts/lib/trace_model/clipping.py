"""Mean and standard deviation without outliers."""

import numpy as np

__all__ = ["clipped_mean"]

_ROUNDS, _DEVIATIONS = 5, 3


def clipped_mean(values):
    """
    Mean and standard deviation without values far from the median.

    Parameters
    ----------
    values : ndarray
        Values; those that are not finite are left out.

    Returns
    -------
    mean, deviation : float
        In the type of the values, of those within 3 standard deviations of the median, clipped in at most 5 rounds
        (the default of `astropy.stats.sigma_clipped_stats`); NaN without any value.

    Examples
    --------
    >>> mean, deviation = clipped_mean(np.array([1.0, 3.0] * 10 + [100.0]))
    >>> float(mean), float(deviation)
    (2.0, 1.0)
    """
    inside = np.isfinite(values)
    kept = values[inside].astype(np.float64)
    lowest, highest = -np.inf, np.inf
    for _ in range(_ROUNDS):
        if not len(kept):
            return np.nan, np.nan
        middle, reach = np.median(kept), _DEVIATIONS * kept.std()
        lowest, highest = max(lowest, middle - reach), min(highest, middle + reach)
        remaining = kept[(kept >= middle - reach) & (kept <= middle + reach)]
        if len(remaining) == len(kept):
            break
        kept = remaining
    clipped = values[inside & (values >= lowest) & (values <= highest)]
    return (np.mean(clipped), np.std(clipped)) if len(clipped) else (np.nan, np.nan)
