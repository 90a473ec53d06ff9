"""Correlated noise in the residuals of a fit, and what it adds to the error of a fitted number."""

import numpy as np

from scripts.lib.light_curves.noise import bin_sizes, orthonormal_basis

__all__ = ["RedNoise", "expected_averages", "nonnegative_squares"]

# Correlation times that the noise may have besides none, from this number of integrations to a part of the series.
_COUNT, _SHORTEST, _LONGEST = 5, 1.0, 4.0
_SIZES, _FEWEST_BINS = 20, 6
# Averages of this many times the factor on the variance hold all of the correlation; each counts as one
# independent sample of it.
_SAMPLES = 2.0
# Gain of chi-square over white noise that correlated noise needs: overlapping bins gain some by chance.
_LEAST_GAIN = 30.0


def expected_averages(kernel, basis, sizes):
    """
    Mean squares of averages that noise of an autocovariance leaves in the residuals of a fit.

    Parameters
    ----------
    kernel : ndarray of float64, shape (n,)
        Autocovariance of the noise by lag.
    basis : ndarray of float64, shape (n, parameters)
        Orthonormal basis of what the fit takes away.
    sizes : ndarray of int, shape (sizes,)
        Samples of an average, at most n.

    Returns
    -------
    averages : ndarray of float64, shape (sizes,)
        Mean over all positions of the square of an average, times its size.

    Examples
    --------
    White noise of variance 1, and nothing taken away:

    >>> expected_averages(np.array([1.0, 0.0, 0.0]), np.zeros((3, 1)), np.array([1, 2]))
    array([1., 1.])
    """
    length = 2 * len(kernel)
    circle = np.concatenate([kernel, [0.0], kernel[:0:-1]])
    spectra = np.fft.rfft(basis, length, axis=0) * np.fft.rfft(circle)[:, None]
    shared = np.fft.irfft(spectra, length, axis=0)[: len(kernel)]
    # With the covariance C, the projection P = 1 - B B^T, S = C B, M = B^T S, and w that is 1 in an average:
    # w^T P C P w = w^T C w - b (2 s - b M) with b = w^T B and s = w^T S.
    taken = 2.0 * shared - basis @ (basis.T @ shared)
    sums = [
        np.cumsum(np.vstack([np.zeros(part.shape[1]), part]), axis=0) for part in (basis, taken)
    ]
    return np.array([_average(kernel, sums, size) for size in sizes])


def _average(kernel, sums, size):
    """Mean over all positions of w^T P C P w, over the size of an average."""
    lags = np.arange(1, size)
    whole = size * kernel[0] + 2.0 * (size - lags) @ kernel[1:size]
    inside, taken = (part[size:] - part[:-size] for part in sums)
    return (whole - np.mean((inside * taken).sum(axis=1))) / size


def nonnegative_squares(columns, values):
    """
    Fit values by a sum of columns with factors that are not negative.

    Parameters
    ----------
    columns : ndarray of float64, shape (n, columns)
        Columns, few.
    values : ndarray of float64, shape (n,)
        Values, finite.

    Returns
    -------
    factors : ndarray of float64, shape (columns,)
        Those of the least sum of squares.

    References
    ----------
    Lawson & Hanson 1974, *Solving Least Squares Problems*, chapter 23: the algorithm of
    `scipy.optimize.nnls`, whose import takes half a second.

    Examples
    --------
    >>> nonnegative_squares(np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([2.0, -1.0]))
    array([2., 0.])
    """
    factors = np.zeros(columns.shape[1])
    used, barred = (np.zeros(len(factors), dtype=bool) for _ in range(2))
    tolerance = 1e-12 * np.abs(columns.T @ values).max()
    for _ in range(3 * len(factors)):
        slopes = np.where(used | barred, -np.inf, columns.T @ (values - columns @ factors))
        if slopes.max() <= tolerance:
            break
        added = int(np.argmax(slopes))
        used[added] = True
        trial = _with_columns(columns, values, used)
        if trial[added] <= 0.0:
            # Its slope was rounding: nothing is gained by it as long as the others stay.
            used[added], barred[added] = False, True
            continue
        while (trial[used] <= 0.0).any():
            negative = used & (trial <= 0.0)
            # As far towards the trial as all stay above 0: at least one gets there, and leaves.
            have = factors[negative]
            shares = np.divide(
                have, have - trial[negative], out=np.zeros(len(have)), where=have > 0
            )
            factors = factors + shares.min() * (trial - factors)
            used[np.flatnonzero(negative)[shares <= shares.min()]] = False
            factors[~used] = 0.0
            trial = _with_columns(columns, values, used)
        factors, barred[:] = trial, False
    return factors


def _with_columns(columns, values, used):
    """Factors of least squares with some columns, 0 for the others."""
    factors = np.zeros(columns.shape[1])
    factors[used] = np.linalg.lstsq(columns[:, used], values, rcond=None)[0]
    return factors


class RedNoise:
    """
    Noise of residuals as a sum of white noise and noise with some correlation times.

    The mean squares of the residuals in bins of many sizes (time averaging: Pont et al. 2006, MNRAS
    373, 231) are a sum of what each kind of noise gives there, less what the fit takes away of it;
    non-negative least squares finds their shares.

    Parameters
    ----------
    jacobian : ndarray, shape (n, parameters)
        Derivatives of the fit, whose residuals are measured.

    Notes
    -----
    Peak memory: some ten arrays as large as the Jacobian.
    """

    def __init__(self, jacobian):
        count = len(jacobian)
        self._basis = orthonormal_basis(jacobian)
        self._sizes = bin_sizes(count, count=_SIZES, fewest=_FEWEST_BINS)
        lags = np.arange(count)
        times = np.geomspace(_SHORTEST, max(count / _LONGEST, 2.0 * _SHORTEST), _COUNT)
        self._kernels = [(lags == 0).astype(float), *(np.exp(-lags / time) for time in times)]
        self._expected = np.stack(
            [expected_averages(kernel, self._basis, self._sizes) for kernel in self._kernels],
            axis=1,
        )

    def scatter_and_beta(self, residuals, estimator):
        """
        Measure the noise of residuals, and what its correlation does to a fitted number.

        Parameters
        ----------
        residuals : ndarray, shape (n,)
            Weighted residuals of the fit; 0 where a sample is missing.
        estimator : ndarray, shape (n,)
            Change of the fitted number by a change of each weighted sample.

        Returns
        -------
        scatter : float
            Standard deviation of a sample.
        beta : float
            Error of the number over that of white noise of this scatter, 1 or more; 1 where the
            averages do not differ from those of white noise. Few independent samples know it badly:
            for that it is larger, by the width of Student's distribution.
        """
        used = np.count_nonzero(residuals)
        variance = (residuals**2).sum() / max(used - self._basis.shape[1], 1)
        if not variance > 0:
            return 0.0, 1.0
        shares = self._shares(residuals, variance * used / len(residuals))
        power = np.abs(np.fft.rfft(estimator, 2 * len(estimator))) ** 2
        products = np.fft.irfft(power)[: len(estimator)]
        products[1:] *= 2.0
        variances = np.array([kernel @ products for kernel in self._kernels])
        factor = shares @ variances / variances[0] if variances[0] > 0 else 1.0
        if factor > 1.0:
            freedom = max(used / (_SAMPLES * factor) - self._basis.shape[1], 3.0)
            factor *= freedom / (freedom - 2.0)
        return float(np.sqrt(variance)), float(np.sqrt(max(factor, 1.0)))

    def _shares(self, residuals, variance):
        """Variance of each kind of noise over that of all, (kinds,)."""
        sums = np.cumsum(np.append(0.0, residuals))
        measured = [np.mean((sums[size:] - sums[:-size]) ** 2) / size for size in self._sizes]
        measured, white = np.array(measured) / variance, self._expected[:, 0]
        relative = np.sqrt(2.0 * self._sizes / len(residuals))
        found, white_alone = white, np.eye(1, len(self._kernels))[0]
        before = _chi_square(measured, white, relative)
        # No more than all of it can be gained.
        if before < _LEAST_GAIN:
            return white_alone
        # The error of a mean square is proportional to the mean square itself.
        for _ in range(3):
            error = relative * found
            shares = nonnegative_squares(self._expected / error[:, None], measured / error)
            found = self._expected @ shares
        if before - _chi_square(measured, found, relative) < _LEAST_GAIN:
            return white_alone
        return shares


def _chi_square(measured, model, relative):
    """Chi-square of mean squares whose errors are a part of the model."""
    return (((measured - model) / (relative * model)) ** 2).sum()
