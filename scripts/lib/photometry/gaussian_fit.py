"""Least-squares fit of a pixel-integrated Gaussian to a star, many integrations at a time."""

from dataclasses import dataclass

import numpy as np
from scipy.special import erf

__all__ = ["FWHM_TO_SIGMA", "Cutouts", "cut_out", "fit_gaussian"]

FWHM_TO_SIGMA = 1.0 / (2.0 * np.sqrt(2.0 * np.log(2.0)))

_PARAMETERS = 3
_ITERATIONS = 60
_TOLERANCE = 1e-13
# Below this relative step the exact second derivatives are used.
_NEWTON_STEP = 0.1
# A parameter does not fall below this fraction of its value in one step.
_LARGEST_FALL = 0.25
# Below this FWHM [pixels] one pixel holds nearly all flux and the width is not determined.
_SMALLEST_FWHM = 0.4
# Cost, gradient and second derivatives of a fit. The second derivatives are a sum of two parts: of
# products of first derivatives of the model, and of its second derivatives times the residuals.
_TERMS = np.dtype(
    [
        ("cost", "f8"),
        ("gradient", "f8", 3),
        ("gauss_newton", "f8", (3, 3)),
        ("second", "f8", (3, 3)),
    ]
)
# Least diagonal element of a matrix of normal equations.
_FLOOR = 1e-200
# Settings of astropy.modeling.fitting.TRFLSQFitter as photutils.psf.PSFPhotometry calls it.
_SINGLE_FIT = {"xtol": 1e-7, "max_nfev": 100, "diff_step": np.sqrt(np.finfo(float).eps)}


@dataclass(frozen=True)
class Cutouts:
    """
    Square windows of images around a star.

    Attributes
    ----------
    values : ndarray of float64, shape (integrations, width, width)
        Samples without background in any unit; 0 where not good.
    good : ndarray of bool, shape of ``values``
        Pixels that are in the image and not masked.
    x_edges, y_edges : ndarray of float64, shape (integrations, width + 1)
        Edges of the pixels, from the position of the star [pixels].
    """

    values: np.ndarray
    good: np.ndarray
    x_edges: np.ndarray
    y_edges: np.ndarray

    def __getitem__(self, chosen):
        """Return the windows of some integrations."""
        return Cutouts(
            self.values[chosen], self.good[chosen], self.x_edges[chosen], self.y_edges[chosen]
        )

    def __truediv__(self, scale):
        """Return the windows with samples in units of ``scale``, shape (integrations,)."""
        values = self.values / scale[:, None, None]
        return Cutouts(values, self.good, self.x_edges, self.y_edges)


def cut_out(images, bad, levels, x, y, width):
    """
    Cut out the windows in which a star is fitted.

    Parameters
    ----------
    images : ndarray of float32, shape (integrations, y, x)
        Images in any unit.
    bad : ndarray of bool, shape of ``images``
        Pixels to leave out.
    levels : ndarray of float32, shape (integrations,)
        Background of each image, subtracted in float32.
    x, y : ndarray of float64, shape (integrations,)
        Position of the star [pixels]; finite.
    width : int
        Width of the window [pixels]. The window is centred to whole pixels;
        pixels beyond the edges of the image are not good.

    Returns
    -------
    cutouts : Cutouts
        The windows.
    """
    rows, in_rows = _window(y, width, images.shape[1])
    columns, in_columns = _window(x, width, images.shape[2])
    samples = (
        np.arange(len(images))[:, None, None],
        np.clip(rows, 0, images.shape[1] - 1)[:, :, None],
        np.clip(columns, 0, images.shape[2] - 1)[:, None, :],
    )
    good = ~bad[samples] & in_rows[:, :, None] & in_columns[:, None, :]
    with np.errstate(invalid="ignore"):
        values = np.where(good, images[samples] - levels[:, None, None], np.float32(0))
    return Cutouts(values.astype(np.float64), good, _edges(columns, x), _edges(rows, y))


def _window(centre, width, length):
    """Pixel numbers of a window along one axis, and which of them are in the image."""
    pixels = np.ceil(centre - width / 2.0).astype(int)[:, None] + np.arange(width)
    return pixels, (pixels >= 0) & (pixels < length)


def _edges(pixels, centre):
    """Edges of pixels, relative to a centre."""
    return np.column_stack([pixels - 0.5, pixels[:, -1] + 0.5]) - centre[:, None]


def fit_gaussian(cutouts):
    """
    Fit the flux and the two widths of a Gaussian integrated over pixels.

    The model is ``flux * X(x) * Y(y)``, with ``X`` and ``Y`` the integrals
    over a pixel of Gaussians around the position of the star. All good pixels
    weigh the same. The flux is at least 0, a FWHM at most the width of the
    window.

    Parameters
    ----------
    cutouts : Cutouts
        Windows around the star.

    Returns
    -------
    parameters : ndarray of float64, shape (integrations, 3)
        Flux in the unit of the samples, FWHM along x and along y [pixels].
        NaN where fewer than three pixels are good, or their sum is negative or
        not finite: jwst 3.0.0 has no fit there.
    single : int
        Number of integrations that were fitted one by one.

    Notes
    -----
    Model, start and bounds are those of ``tso_photometry`` in jwst 3.0.0, and
    so is the minimum. It is found for all integrations together by the method
    of Levenberg and Marquardt with analytic derivatives, which near the
    minimum include the second ones. The fit stops by relative steps alone; that
    of jwst depends on the unit, and with data in Jy it stops early.

    If this does not converge, or the flux or a width vanishes so that the
    parameters are not determined, the routine of jwst is used
    (`scipy.optimize.least_squares`, called by photutils through astropy).
    """
    width = cutouts.values.shape[-1]
    parameters = np.full((len(cutouts.values), _PARAMETERS), np.nan)
    with np.errstate(invalid="ignore"):
        totals = cutouts.values.sum(axis=(1, 2))
    enough = np.count_nonzero(cutouts.good, axis=(1, 2)) >= _PARAMETERS
    fitted = np.flatnonzero(enough & np.isfinite(totals) & (totals >= 0))
    usable = fitted[totals[fitted] > 0]
    parameters[usable] = _fit_together(cutouts[usable], totals[usable], width)
    vague = fitted[~(parameters[fitted, 1:].min(axis=1, initial=np.inf) >= _SMALLEST_FWHM)]
    for k in vague:
        parameters[k] = _fit_single(cutouts, k)
    return parameters, len(vague)


def _fit_together(cutouts, totals, width):
    """Fit all windows at once; NaN where the fit does not converge."""
    scale = np.abs(cutouts.values).max(axis=(1, 2))
    start = np.column_stack([totals / scale, np.full((len(totals), 2), width / 2.0)])
    parameters = _minimise(cutouts / scale, start, np.array([np.inf, width, width]))
    parameters[:, 0] *= scale
    return parameters


def _minimise(cutouts, start, upper):
    """Minimise the residuals from a start (integrations, 3); NaN where the fit does not converge."""
    result = np.full_like(start, np.nan)
    rows, values, terms = np.arange(len(start)), start, _terms(cutouts, start)
    damping, newton = np.full(len(start), 1e-3), np.zeros(len(start), dtype=bool)
    for _ in range(_ITERATIONS):
        held = (values >= upper) & (terms["gradient"] < 0)
        # A step that overflows makes the cost no better and never converges.
        with np.errstate(over="ignore", invalid="ignore"):
            step, newton = _step(terms, held, damping, newton)
            trial = np.clip(values + step, _LARGEST_FALL * values, upper)
            tried = _terms(cutouts, trial)
            relative = (np.abs(trial - values) / values).max(axis=1)
        # A Newton step leaves an error of second order, a damped one of the order of the damping.
        done = np.where(newton, relative * (relative + damping), relative) < _TOLERANCE
        result[rows[done]] = trial[done]
        better = tried["cost"] <= terms["cost"]
        values = np.where(better[:, None], trial, values)
        terms[better] = tried[better]
        left = ~done
        rows, values, cutouts, terms = rows[left], values[left], cutouts[left], terms[left]
        damping = np.where(better, 0.1 * damping, 10.0 * damping)[left]
        newton = (relative < _NEWTON_STEP)[left]
        if not len(rows):
            break
    return result


def _step(terms, held, damping, newton):
    """Damped step with the held parameters fixed, and where it is a Newton step."""
    full = terms["gauss_newton"] + terms["second"]
    newton = newton & _positive_definite(full)
    matrix = np.where(newton[:, None, None], full, terms["gauss_newton"])
    diagonal = np.arange(_PARAMETERS)
    scale = np.maximum(terms["gauss_newton"][:, diagonal, diagonal], _FLOOR)
    matrix[:, diagonal, diagonal] += damping[:, None] * scale
    matrix[held[:, :, None] | held[:, None, :]] = 0.0
    matrix[:, diagonal, diagonal] += held
    gradient = np.where(held, 0.0, terms["gradient"])
    return -_solve(matrix, gradient), newton


def _solve(matrices, right):
    """Solutions (n, 3) of the equations of each matrix; NaN where it is singular."""
    try:
        return np.linalg.solve(matrices, right[:, :, None])[:, :, 0]
    except np.linalg.LinAlgError:
        # One singular matrix fails them all. Whether round-off leaves one depends on the processor.
        if len(matrices) == 1:
            return np.full(right.shape, np.nan)
        return np.concatenate(
            [_solve(matrices[k : k + 1], right[k : k + 1]) for k in range(len(right))]
        )


def _positive_definite(matrix):
    """Return which symmetric 3 x 3 matrices are positive definite, from their minors."""
    minor = matrix[:, 0, 0] * matrix[:, 1, 1] - matrix[:, 0, 1] ** 2
    return (matrix[:, 0, 0] > 0) & (minor > 0) & (np.linalg.det(matrix) > 0)


def _terms(cutouts, parameters):
    """
    Terms of the sum of squares at parameters (integrations, 3).

    The model is M = f X(x; a) Y(y; b) with flux f and the FWHM a along x and b along y, the cost
    C = sum(r^2) / 2 over the good pixels with residuals r = M - data. Every derivative of M is a
    product of a profile along y and one along x, so all sums follow from two matrix products:
    ``sums[i, j]`` is sum(r Y^(i) X^(j)) for the i-th and j-th derivatives by the widths, and
    ``squares[i, j]`` the sum over good pixels of products of Y and Y' times products of X and X'
    (:func:`_products`: 0 for the square of the profile, 1 for profile times slope, 2 for the
    square of the slope). The gradient of C is sum(r dM), and its second derivatives are
    sum(dM dM) + sum(r ddM): the Gauss-Newton part, and the part of second order.
    """
    flux = parameters[:, 0]
    x = _profiles(cutouts.x_edges, parameters[:, 1])
    y = _profiles(cutouts.y_edges, parameters[:, 2])
    model = flux[:, None, None] * y[:, 0, :, None] * x[:, 0, None, :]
    residuals = np.where(cutouts.good, model, 0.0) - cutouts.values
    sums = y @ residuals @ x.transpose(0, 2, 1)
    squares = _products(y) @ cutouts.good.astype(float) @ _products(x).transpose(0, 2, 1)
    terms = np.empty(len(flux), _TERMS)
    terms["cost"] = 0.5 * np.einsum("nij,nij->n", residuals, residuals)
    # dM is (Y X, f Y X', f Y' X) by f, a and b.
    terms["gradient"] = np.column_stack([sums[:, 0, 0], flux * sums[:, 0, 1], flux * sums[:, 1, 0]])
    terms["gauss_newton"] = _symmetric(squares[:, 0, 0], flux * squares.T, flux**2 * squares.T)
    # ddM is 0 by f twice, Y X' and Y' X by f and a width, f Y X'', f Y' X', f Y'' X by two widths.
    terms["second"] = _symmetric(0.0 * flux, sums.T, flux * sums.T)
    return terms


def _symmetric(by_flux, first, second):
    """
    Symmetric matrices (integrations, 3, 3) by flux f, width a along x and width b along y.

    ``by_flux`` is the element f f, (integrations,). ``first`` gives the elements with f once, f a
    at [1, 0] and f b at [0, 1]; ``second`` those with two widths, a a at [2, 0], a b at [1, 1] and
    b b at [0, 2]: indices are orders of the derivatives along x and y, (x, y, integrations).
    """
    fx, fy = first[1, 0], first[0, 1]
    xx, xy, yy = second[2, 0], second[1, 1], second[0, 2]
    elements = [by_flux, fx, fy, fx, xx, xy, fy, xy, yy]
    return np.stack(elements, axis=1).reshape(-1, _PARAMETERS, _PARAMETERS)


def _profiles(edges, fwhm):
    """Gaussian integrated over pixels, and its first two derivatives by FWHM, (integrations, 3, width)."""
    fwhm = fwhm[:, None]
    t = edges / (np.sqrt(2.0) * FWHM_TO_SIGMA * fwhm)
    slope = -t * np.exp(-t * t) / (np.sqrt(np.pi) * fwhm)
    integrals = np.stack([0.5 * erf(t), slope, -2.0 * slope * (1.0 - t * t) / fwhm], axis=1)
    return np.diff(integrals, axis=2)


def _products(profiles):
    """Square of the profile, its product with its first derivative, and the square of that derivative."""
    value, slope = profiles[:, 0], profiles[:, 1]
    return np.stack([value * value, value * slope, slope * slope], axis=1)


def _fit_single(cutouts, k):
    """Fit one window as photutils does; NaN if that fails."""
    from scipy.optimize import least_squares

    good = cutouts.good[k]
    values = cutouts.values[k][good]
    width = float(good.shape[-1])

    def residuals(parameters):
        flux, x_fwhm, y_fwhm = parameters
        x, y = (
            np.diff(erf(edges[k] / (np.sqrt(2.0) * (FWHM_TO_SIGMA * fwhm))))
            for edges, fwhm in ((cutouts.x_edges, x_fwhm), (cutouts.y_edges, y_fwhm))
        )
        return flux / 4.0 * (x * y[:, None])[good] - values

    start = [values.astype(np.float32).sum(), width / 2.0, width / 2.0]
    bounds = ([0.0, 0.0, 0.0], [np.inf, width, width])
    try:
        return least_squares(residuals, start, bounds=bounds, **_SINGLE_FIT).x
    except ValueError:
        return np.full(_PARAMETERS, np.nan)
