"""Choice of the factor of the Tikhonov regularisation for NIRISS SOSS spectra."""

import logging

import numpy as np

from scripts.lib.errors import InputError
from scripts.lib.soss.atoca.detector_model import column_amplitudes, design_matrix, right_side
from scripts.lib.soss.atoca.solver import LeastSquares, SingularError, numerical_uncertainty

__all__ = [
    "FactorSearch",
    "best_factor",
    "first_difference",
    "guess_factor",
    "neighbours",
    "quotient_image",
    "roughness_matrix",
]

log = logging.getLogger(__name__)

_FACTORS = 10
_REFINEMENTS = 3
_OVERSAMPLING = 10000
# Slope of the loss by the decimal logarithm of the factor at which smoothing begins to hurt.
_SLOPE = 1e-3


def first_difference(grid):
    """
    Tikhonov matrix: the first derivative of a spectrum on a grid.

    Parameters
    ----------
    grid : ndarray
        Ascending wavelengths (points,).

    Returns
    -------
    matrix : csr_matrix
        Shape (points - 1, points).
    """
    from scipy.sparse import diags

    inverse = 1.0 / np.diff(grid)
    return diags([-inverse, inverse], [0, 1], shape=(len(grid) - 1, len(grid)), format="csr")


def roughness_matrix(grid):
    """Square T'T of the Tikhonov matrix of a grid, (points, points)."""
    matrix = first_difference(grid)
    return (matrix.T @ matrix).tocsr()


def guess_factor(model, estimate):
    """
    Factor at which an estimated spectrum's roughness equals the number of pixels.

    Parameters
    ----------
    model : DetectorModel
        Detector model.
    estimate : callable
        Estimate of the spectrum as a function of wavelength.

    Returns
    -------
    factor : float
        The guess.

    Raises
    ------
    InputError
        If the estimate is flat, or so steep that its square overflows.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        roughness = np.nansum((first_difference(model.grid) @ estimate(model.grid)) ** 2)
    if not 0 < roughness < np.inf:
        msg = (
            "config: extract_1d/soss_estimate: found a spectrum whose slopes have the sum of squares "
            f"{roughness:.3g}, expected a positive number; or set extract_1d/soss_tikfac"
        )
        raise InputError(msg)
    return float(np.sqrt((~model.mask).sum() / roughness))


def quotient_image(model, image, error):
    """
    Divide data by their errors.

    Parameters
    ----------
    model : DetectorModel
        Detector model.
    image, error : ndarray
        Data and errors (rows, columns); anything where the model is masked.

    Returns
    -------
    quotient : ndarray
        Of their common type (rows, columns), 0 where the model is masked;
        infinite where it overflows that type.
    """
    good = ~model.mask
    with np.errstate(over="ignore"):
        quotient = image[good] / error[good]
    full = np.zeros(image.shape, quotient.dtype)
    full[good] = quotient
    return full


class FactorSearch:
    """
    Loss of the solution as a function of the regularisation factor.

    Parameters
    ----------
    model : DetectorModel
        Detector model.
    image, error : ndarray
        Data and errors (rows, columns); their quotient is taken in their type.
    """

    def __init__(self, model, image, error):
        self._model = model
        good = ~model.mask
        quotient = quotient_image(model, image, error)
        self._quotient = quotient[good]
        right = right_side(model, error, quotient)
        self._reached = np.flatnonzero(right)
        self._right = right[self._reached]
        self._problem = LeastSquares(
            design_matrix(model, error)[:, self._reached],
            roughness_matrix(model.grid)[self._reached][:, self._reached],
        )
        self._columns = np.nonzero(good)[1]
        self._scaled = [profile[good] / error[good] for profile in model.profiles]

    def spectrum(self, factor):
        """
        Solution of the regularised equations.

        Parameters
        ----------
        factor : float
            Regularisation factor.

        Returns
        -------
        spectrum : ndarray or None
            Spectrum (points,), 0 at points that no valid pixel reaches; None if
            the equations have no accurate solution. The loss of one that is not
            would be noise, in which the search would find a rise.
        """
        spectrum = np.zeros(len(self._model.grid))
        try:
            spectrum[self._reached] = self._problem.fit(factor, dense=False).solve(self._right)
        except SingularError:
            return None
        return spectrum

    def uncertainty(self, factor):
        """Numerical uncertainty of the solution with a factor; infinite if there is no accurate one."""
        try:
            fit = self._problem.fit(factor, dense=False)
            solution = fit.solve(self._right)
            return numerical_uncertainty(fit.solve, self._right - fit.product(solution), solution)
        except SingularError:
            return np.inf

    def loss(self, factor):
        """
        Mean of log(1 + residual^2), residuals in units of the error.

        Parameters
        ----------
        factor : float
            Regularisation factor.

        Returns
        -------
        loss : float
            The loss; NaN if the equations have no solution, infinite if it
            overflows.
        """
        spectrum = self.spectrum(factor)
        if spectrum is None:
            return np.nan
        amplitudes = column_amplitudes(self._model, spectrum)
        residual = -self._quotient.astype(float)
        with np.errstate(over="ignore", invalid="ignore"):
            for scaled, amplitude in zip(self._scaled, amplitudes, strict=True):
                residual += scaled * np.nan_to_num(amplitude)[self._columns]
            return float(np.log(1 + residual**2).mean())

    def best(self, guess, decades):
        """
        Find the largest factor that does not yet worsen the fit.

        Parameters
        ----------
        guess : float
            Factor to search around.
        decades : tuple of float
            Range of the search in powers of ten of the guess.

        Returns
        -------
        factor : float
            The factor.
        """
        start = np.log10(guess)
        factors = np.logspace(start + decades[0], start + decades[1], _FACTORS)
        losses = np.array([self.loss(factor) for factor in factors])
        best = best_factor(factors, losses)
        for _ in range(_REFINEMENTS):
            added = neighbours(factors, best)
            factors = np.append(factors, added)
            losses = np.append(losses, [self.loss(factor) for factor in added])
            best = best_factor(factors, losses)
        return best


def best_factor(factors, losses):
    """
    Smallest factor at which the loss rises with the factor.

    Parameters
    ----------
    factors, losses : ndarray
        Factors tested in any order, and their losses; those that are not
        finite are left out.

    Returns
    -------
    factor : float
        Where the slope of a smooth curve through the losses first exceeds 1e-3
        per power of ten; the largest factor if it never does, with a warning.
    """
    from scipy.interpolate import Akima1DInterpolator, UnivariateSpline

    finite = np.isfinite(losses)
    order = np.argsort(factors[finite])
    powers, losses = np.log10(factors[finite][order]), losses[finite][order]
    degree = min(3, len(losses) - 1)
    if degree >= 3:
        curve = Akima1DInterpolator(powers, losses, method="makima")
    elif degree >= 1:
        curve = UnivariateSpline(powers, losses, k=degree, s=0)
    else:
        log.warning("the regularisation factor cannot be searched: hardly any test has a solution")
        return float(factors.max())
    # Of the whole range, as jwst 3.0.0 solves for all factors, accurately or not.
    sampled = np.linspace(*np.log10([factors.min(), factors.max()]), _OVERSAMPLING)
    sampled = sampled[(sampled >= powers[0]) & (sampled <= powers[-1])]
    rising = curve.derivative()(sampled) > _SLOPE
    if not rising.any():
        log.warning(
            "the fit does not worsen up to the regularisation factor %.3g", 10 ** powers[-1]
        )
        return float(10 ** powers[-1])
    return float(10 ** sampled[rising].min())


def neighbours(factors, best):
    """
    Two more factors to test, next to the tested one nearest to the best.

    Parameters
    ----------
    factors : ndarray
        Factors tested so far.
    best : float
        The best factor so far.

    Returns
    -------
    added : ndarray
        Geometric means with both neighbours; at an end one of them, and one
        step beyond.
    """
    factors = np.sort(factors)
    nearest = int(np.argmin(np.abs(np.log(factors) - np.log(best))))
    if nearest == 0:
        return np.array([factors[0] ** 2 / factors[1], np.sqrt(factors[0] * factors[1])])
    if nearest == len(factors) - 1:
        return np.array([np.sqrt(factors[-1] * factors[-2]), factors[-1] ** 2 / factors[-2]])
    return np.sqrt(factors[nearest] * factors[nearest - 1 : nearest + 2 : 2])
