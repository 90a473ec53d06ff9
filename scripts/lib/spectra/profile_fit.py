"""
Fit of a spatial profile, and of a background, to every column of an image.

What ``jwst`` calls optimal extraction: least squares with equal weights of all valid pixels.
Images are (cross-dispersion, dispersion).
"""

from dataclasses import dataclass

import numpy as np

__all__ = ["ProfileFit", "fit_columns", "model_images"]

_LARGEST_CONDITION = 1e10
_NO_PIXELS = 1e-8


@dataclass(frozen=True)
class ProfileFit:
    """
    What is fitted to the columns of images.

    Attributes
    ----------
    profile : ndarray
        Spatial profile (cross-dispersion, dispersion) of the source.
    order : int
        Order of the polynomial of the background; -1 for none.
    region : ndarray of bool or None
        Pixels of the background regions; without them it is fitted where the profile is.
    warning : str
        What is wrong with the place of the profile; empty if nothing is.
    """

    profile: np.ndarray
    order: int = -1
    region: np.ndarray | None = None
    warning: str = ""


def fit_columns(fit, science, variances):
    """
    Fit the columns of some integrations.

    Parameters
    ----------
    fit : ProfileFit
        Profile and background.
    science : ndarray
        Data (integrations, cross-dispersion, dispersion), float32. Pixels that are not finite, or
        have no finite variance, are left out: their light is not missed.
    variances : sequence of ndarray
        Variances of the same shape.

    Returns
    -------
    sums : dict of str to ndarray
        ``flux``, ``npixels``, ``background`` (integrations, dispersion) and ``variances``,
        ``background_variances`` (variances, integrations, dispersion), as `Sums`. A column whose
        normal matrix has a condition of 1e10 or more has a flux of 0, one without pixels NaN.
        Background variances are NaN where any variance of the column is (as in jwst 3.0.0).
    coefficients : ndarray
        Coefficients (integrations, dispersion, terms): background by order, then the source.

    Examples
    --------
    A source of 10 on a background of 1, with one pixel missing:

    >>> profile = np.array([[0.0], [0.25], [0.5], [0.25], [0.0]])
    >>> science = 1 + 10 * profile.astype(np.float32)[None]
    >>> science[0, 2] = np.nan
    >>> region = np.array([[True], [False], [False], [False], [True]])
    >>> sums, _ = fit_columns(ProfileFit(profile, 0, region), science, [np.ones((1, 5, 1))])
    >>> sums["flux"].round(12), sums["npixels"].round(12)
    (array([[10.]]), array([[1.33333333]]))
    """
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
        return _fit(fit, science, variances)


def model_images(fit, coefficients):
    """
    Images of a fit.

    Parameters
    ----------
    fit : ProfileFit
        Profile and background.
    coefficients : ndarray
        Coefficients (integrations, dispersion, terms) of :func:`fit_columns`.

    Returns
    -------
    images : ndarray
        Background and source (integrations, cross-dispersion, dispersion).
    """
    return np.einsum("txi,iyx->tyx", coefficients, _terms(fit))


def _fit(fit, science, variances):
    """As :func:`fit_columns`."""
    known = np.isfinite(science) & np.isfinite(sum(variances))
    touched = fit.profile != 0 if fit.region is None else (fit.profile != 0) | fit.region
    used = known & touched
    data = np.where(used, science, 0).astype(np.float64)
    terms = _terms(fit)
    matrix, vector = _normal_equations(terms, used, data)
    inverse = _inverse(matrix)
    coefficients = np.einsum("txij,txj->txi", inverse, vector)
    weights = np.einsum("txj,jyx->tyx", inverse[:, :, -1], terms) * used
    squared = weights**2
    summed = np.array(
        [
            np.einsum("tyx,tyx->tx", squared, np.where(np.isnan(variance), 0, variance))
            for variance in variances
        ]
    )
    power = (fit.profile**2).sum(axis=0)
    npixels = np.einsum("tyx,yx->tx", known, fit.profile) / power
    flux = coefficients[..., -1].copy()
    flux[np.abs(npixels) <= _NO_PIXELS] = np.nan
    sums = {"flux": flux, "npixels": npixels, "variances": summed}
    if fit.order < 0:
        sums |= {"background": np.zeros_like(flux), "background_variances": np.zeros_like(summed)}
    else:
        sums |= _background(fit, (known, terms, coefficients), summed, variances)
    return sums, coefficients


def _terms(fit):
    """Terms of the model (terms, cross-dispersion, dispersion)."""
    position = np.linspace(-1, 1, len(fit.profile))[:, None]
    powers = [np.broadcast_to(position**k, fit.profile.shape) for k in range(fit.order + 1)]
    return np.array([*powers, fit.profile])


def _normal_equations(terms, used, data):
    """Matrix (integrations, dispersion, terms, terms) and vector of the least squares."""
    count, (times, _, width) = len(terms), used.shape
    matrix = np.empty((times, width, count, count))
    for i in range(count):
        for j in range(i + 1):
            matrix[..., i, j] = np.einsum("tyx,yx->tx", used, terms[i] * terms[j])
            matrix[..., j, i] = matrix[..., i, j]
    return matrix, np.einsum("tyx,iyx->txi", data, terms)


def _inverse(matrix):
    """Inverse matrices; 0 where they are close to singular."""
    inverse = np.zeros_like(matrix)
    if matrix.shape[-1] == 1:
        good = matrix[..., 0, 0] > 0
    elif matrix.shape[-1] == 2:
        # The condition of a symmetric matrix, by its eigenvalues.
        trace = matrix[..., 0, 0] + matrix[..., 1, 1]
        determinant = matrix[..., 0, 0] * matrix[..., 1, 1] - matrix[..., 0, 1] ** 2
        largest = trace / 2 + np.hypot(
            (matrix[..., 0, 0] - matrix[..., 1, 1]) / 2, matrix[..., 0, 1]
        )
        good = largest**2 < _LARGEST_CONDITION * determinant
    else:
        good = np.linalg.cond(matrix) < _LARGEST_CONDITION
    inverse[good] = np.linalg.inv(matrix[good])
    return inverse


def _background(fit, model, summed, variances):
    """Background below the source, and the part of the variances that comes from it."""
    known, terms, coefficients = model
    level = np.einsum("txi,iyx->tyx", coefficients[..., :-1], terms[:-1])
    profile = fit.profile
    share = known * profile / np.einsum("tyx,yx->tx", known, profile**2)[:, None]
    background = (share * level).sum(axis=1)
    background[~np.isfinite(background)] = 0.0
    alone = np.array([(variance * share * share).sum(axis=1) for variance in variances])
    part = summed - alone
    return {"background": background, "background_variances": np.where(part < 0, 0.0, part)}
