"""
Noise of a light curve, every value converted to the standard deviation of white noise.

Series are relative fluxes (1 or 0 in the middle) of consecutive integrations; NaN is left out.
"""

import numpy as np

__all__ = [
    "MAD_TO_SIGMA",
    "beta_between",
    "bin_sizes",
    "clipped_sigma",
    "correlation",
    "difference_mad",
    "mad_sigma",
    "orthonormal_basis",
    "point_to_point_sigma",
    "second_difference_mad",
    "time_averaging",
]

# Standard deviation of Gaussian noise over the median of its absolute values.
MAD_TO_SIGMA = 1.482602218505602
_CLIP = 5.0


def mad_sigma(values):
    """
    Standard deviation from the median absolute deviation.

    Parameters
    ----------
    values : ndarray
        Values (n,); NaN is left out.

    Returns
    -------
    sigma : float
        ``1.4826 median |x - median x|``; NaN without values.

    Examples
    --------
    Distances from the median, 3, are 2, 1, 0, 1 and 97; their median is 1:

    >>> round(mad_sigma(np.array([1.0, 2.0, 3.0, 4.0, 100.0])), 4)
    1.4826
    """
    values = values[np.isfinite(values)]
    if not len(values):
        return np.nan
    return float(MAD_TO_SIGMA * np.median(np.abs(values - np.median(values))))


def difference_mad(values):
    """
    Median absolute first difference, 0.954 sigma of white noise.

    Parameters
    ----------
    values : ndarray
        Values (n,).

    Returns
    -------
    mad : float
        Not converted to a standard deviation, as other tools print it; NaN with
        less than two values.

    Examples
    --------
    Steps of 2, 1 and 4:

    >>> difference_mad(np.array([1.0, 3.0, 2.0, 6.0]))
    2.0
    """
    steps = np.diff(values)
    steps = steps[np.isfinite(steps)]
    return float(np.median(np.abs(steps))) if len(steps) else np.nan


def second_difference_mad(values):
    """
    Median of ``|(a + c) / 2 - b|`` over neighbours a, b, c: 0.826 sigma of white noise.

    Parameters
    ----------
    values : ndarray
        Values (n,).

    Returns
    -------
    mad : float
        NaN with less than three values.

    Examples
    --------
    The first three values are on a line, the last three half off one:

    >>> second_difference_mad(np.array([0.0, 1.0, 2.0, 4.0]))
    0.25
    """
    bends = (values[:-2] + values[2:]) / 2.0 - values[1:-1]
    bends = bends[np.isfinite(bends)]
    return float(np.median(np.abs(bends))) if len(bends) else np.nan


def point_to_point_sigma(values):
    """
    Standard deviation from first differences, which slow noise hardly changes.

    Parameters
    ----------
    values : ndarray
        Values (n,).

    Returns
    -------
    sigma : float
        Root mean square of the differences within 5 robust sigma of their
        median, over the root of 2; NaN with less than two values.

    Examples
    --------
    Steps of 2 and back, four of them with a mean of 0, thus sqrt(16 / 3) / sqrt(2); a slope is no
    noise:

    >>> round(float(point_to_point_sigma(np.array([0.0, 2.0, 0.0, 2.0, 0.0]))), 3)
    1.633
    >>> float(point_to_point_sigma(np.arange(5.0)))
    0.0
    """
    steps = np.diff(values)
    return clipped_sigma(steps) / np.sqrt(2.0)


def clipped_sigma(values, parameters=1):
    """
    Standard deviation of the values within 5 robust sigma of their median.

    Parameters
    ----------
    values : ndarray
        Values (n,); NaN is left out.
    parameters : float, optional
        Number of parameters that were fitted to the values.

    Returns
    -------
    sigma : float
        NaN with no more values than parameters.

    Examples
    --------
    The last value is left out; 0 to 4 have the variance 10 / 4:

    >>> round(clipped_sigma(np.array([0.0, 1.0, 2.0, 3.0, 4.0, 1000.0])) ** 2, 6)
    2.5
    """
    values = values[np.isfinite(values)]
    if len(values) <= parameters:
        return np.nan
    centred = values - np.median(values)
    limit = _CLIP * mad_sigma(values)
    kept = centred[np.abs(centred) <= limit] if limit > 0 else centred
    if len(kept) <= parameters:
        return np.nan
    return float(np.sqrt(((kept - kept.mean()) ** 2).sum() / (len(kept) - parameters)))


def bin_sizes(length, count=24, fewest=4):
    """
    Bin sizes of a time-averaging curve.

    Parameters
    ----------
    length : int
        Number of values.
    count : int, optional
        Number of sizes at most.
    fewest : int, optional
        Number of bins of the largest size.

    Returns
    -------
    sizes : ndarray of int
        From 1, evenly spread in their logarithm.

    Examples
    --------
    >>> bin_sizes(40, count=4)
    array([ 1,  2,  5, 10])
    """
    largest = max(length // fewest, 1)
    return np.unique(np.geomspace(1, largest, count).round().astype(int))


def time_averaging(residuals, jacobian, sizes):
    """
    Scatter of binned residuals, and what white noise would give.

    Every window of n neighbours counts (overlapping bins). A fit removes noise,
    most of all slow noise: of white noise of unit sigma the windows keep the
    mean square 1/n - sum_k (mean of q_k in the window)^2, averaged over the
    windows, with q_k an orthonormal basis of the fit's Jacobian. Without this
    the ratio would be too low for large bins (Pont et al. 2006, MNRAS 373,
    231; Winn et al. 2008, ApJ 683, 1076, give the ratio beta).

    Parameters
    ----------
    residuals : ndarray, shape (n,)
        Residuals of a fit without gaps or NaN.
    jacobian : ndarray, shape (n, parameters)
        Derivatives of the fit by its parameters.
    sizes : ndarray of int
        Bin sizes.

    Returns
    -------
    measured : ndarray, shape (sizes,)
        Root mean square of the binned residuals.
    white : ndarray, shape (sizes,)
        That of white noise with the sigma of the residuals.
    beta : ndarray, shape (sizes,)
        Their ratio.

    Examples
    --------
    Pairs of alternating residuals vanish. Residuals that stay for two integrations average less
    than white noise does, and beta is above 1 (the fit removes nothing here):

    >>> nothing, sizes = np.zeros((4, 1)), np.array([1, 2])
    >>> measured, white, beta = time_averaging(np.array([1.0, -1.0, 1.0, -1.0]), nothing, sizes)
    >>> measured
    array([1., 0.])
    >>> white.round(3)
    array([1.   , 0.707])
    >>> time_averaging(np.array([1.0, 1.0, -1.0, -1.0]), nothing, sizes)[2].round(3)
    array([1.   , 1.155])
    """
    basis = orthonormal_basis(jacobian)
    sigma = np.sqrt((residuals**2).sum() / max(len(residuals) - basis.shape[1], 1))
    measured, white = np.empty((2, len(sizes)))
    for index, size in enumerate(sizes):
        measured[index] = np.sqrt(np.mean(_window_means(residuals[:, None], size) ** 2))
        removed = np.mean((_window_means(basis, size) ** 2).sum(axis=1))
        white[index] = sigma * np.sqrt(max(1.0 / size - removed, 0.02 / size))
    with np.errstate(invalid="ignore", divide="ignore"):
        return measured, white, measured / white


def orthonormal_basis(jacobian):
    """
    Orthonormal basis of the noise that a fit can remove.

    Parameters
    ----------
    jacobian : ndarray, shape (n, parameters)
        Derivatives; directions that the columns hardly span are dropped.

    Returns
    -------
    basis : ndarray, shape (n, effective parameters)
        The basis.
    """
    length = np.sqrt((jacobian**2).sum(axis=0))
    scaled = jacobian[:, length > 0] / length[length > 0]
    if not scaled.size:
        return np.zeros((len(jacobian), 0))
    vectors, values, _ = np.linalg.svd(scaled, full_matrices=False)
    return vectors[:, values > 1e-3 * values[0]]


def _window_means(columns, size):
    """Means of all windows of neighbours, (windows, columns)."""
    sums = np.cumsum(np.vstack([np.zeros((1, columns.shape[1])), columns]), axis=0)
    return (sums[size:] - sums[:-size]) / size


def beta_between(durations, beta, bins, shortest, longest, fewest=6):
    """
    Mean beta over a range of durations.

    Parameters
    ----------
    durations : ndarray
        Duration of each bin size.
    beta : ndarray
        Ratio of each bin size.
    bins : ndarray
        Number of bins of each size.
    shortest, longest : float
        Range of durations.
    fewest : int, optional
        Sizes with fewer bins are left out, as their ratio is mostly chance.

    Returns
    -------
    mean : float or None
        None if no size is in the range.
    error : float or None
        Standard deviation that white noise gives a single ratio of the range's
        middle size, 1 / sqrt(2 bins).

    Examples
    --------
    Two of the sizes last from 2 to 4, with 50 bins each:

    >>> durations, beta = np.array([1.0, 2.0, 4.0, 8.0]), np.array([1.0, 1.25, 1.75, 3.0])
    >>> beta_between(durations, beta, np.array([200, 50, 50, 25]), 2.0, 4.0)
    (1.5, 0.1)
    """
    used = (durations >= shortest) & (durations <= longest) & (bins >= fewest) & np.isfinite(beta)
    if not used.any():
        return None, None
    return float(beta[used].mean()), float(1.0 / np.sqrt(2.0 * np.median(bins[used])))


def correlation(series, other):
    """
    Correlation of two series after a straight line is subtracted from both.

    Parameters
    ----------
    series, other : ndarray, shape (n,)
        The series; NaN in either leaves a point out, as does a value beyond 5
        robust sigma.

    Returns
    -------
    coefficient : float or None
        Pearson's coefficient; None with less than ten points or no variation.
    slope : float or None
        Slope of ``series`` by ``other``.
    significance : float or None
        ``|r| sqrt((n - 2) / (1 - r^2))``.

    Examples
    --------
    >>> position = np.tile([0.0, 1.0, 0.0, -1.0], 3)
    >>> coefficient, slope, _ = correlation(2.0 * position, position)
    >>> round(coefficient, 6), round(slope, 6)
    (1.0, 2.0)
    """
    used = np.isfinite(series) & np.isfinite(other)
    if used.sum() < 10:
        return None, None, None
    for values in (series, other):
        spread = mad_sigma(values[used])
        used &= np.abs(values - np.nanmedian(values)) <= (_CLIP * spread if spread > 0 else np.inf)
    if used.sum() < 10:
        return None, None, None
    time = np.linspace(-1, 1, used.sum())
    a, b = (
        values[used] - np.polyval(np.polyfit(time, values[used], 1), time)
        for values in (series, other)
    )
    norm = np.sqrt((a**2).sum() * (b**2).sum())
    if not norm > 0 or np.ptp(other[used]) < 1e-12:
        return None, None, None
    coefficient = float(np.clip((a * b).sum() / norm, -1.0, 1.0))
    slope = float((a * b).sum() / (b**2).sum())
    rest = max(1.0 - coefficient**2, 1e-12)
    return coefficient, slope, float(abs(coefficient) * np.sqrt((used.sum() - 2) / rest))
