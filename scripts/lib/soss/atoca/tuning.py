"""
Models of the overlapping orders of a NIRISS SOSS segment, tuned on its typical image.

Orders 1 and 2 are modelled together (ATOCA); the blue part of order 2, which is
free of order 1, and order 3 each on their own.
"""

import logging
from dataclasses import dataclass, replace

import numpy as np

from scripts.lib.errors import InputError
from scripts.lib.soss.atoca.detector_model import (
    OrderOptics,
    TooFewPixelsError,
    build_model,
    design_matrix,
    pixel_matrix,
    right_side,
)
from scripts.lib.soss.atoca.regularisation import (
    FactorSearch,
    guess_factor,
    quotient_image,
    roughness_matrix,
)
from scripts.lib.soss.atoca.solver import (
    LeastSquares,
    SingularError,
    numerical_uncertainty,
    solve_plain,
)
from scripts.lib.soss.atoca.wavelength_grid import combined_grid, oversample

__all__ = [
    "GridOptions",
    "SingleOrder",
    "TunedModels",
    "estimate_spectrum",
    "tune",
    "usable_profile",
]

log = logging.getLogger(__name__)

_CONTAMINATION = 1e-4
_JOINT_DECADES = (-4, 4)
_SINGLE_DECADES = (-2, 8)
_SINGLE_OVERSAMPLING = 3
# Wavelength [µm] below which jwst 3.0.0 models order 2 alone in every integration; only for the
# typical image it takes the value of the reference file.
_BLUE_LIMIT = 0.95
# Relative residual, or numerical uncertainty of the solution, that makes the spectra doubtful.
_POOR_SOLUTION = 1e-6
# Relative uncertainty of the estimate that the grid can follow: soss_rtol is 1e-4 by default.
_POOR_ESTIMATE = 1e-4
# A cubic spline needs as many.
_FEWEST_POINTS = 4


@dataclass(frozen=True)
class GridOptions:
    """
    Parameters of the common model of orders 1 and 2.

    Attributes
    ----------
    threshold, n_os, rtol, max_grid_size : float or int
        As the step parameters ``soss_*`` of the same names.
    tikfac : float or None
        Regularisation factor of orders 1 and 2; None searches it.
    grid : ndarray or None
        Wavelength grid; None makes one.
    estimate : callable or None
        Estimate of the spectrum; None makes one where it is needed.
    """

    threshold: float
    n_os: int
    rtol: float
    max_grid_size: int
    tikfac: float | None = None
    grid: np.ndarray | None = None
    estimate: object = None


@dataclass(frozen=True)
class SingleOrder:
    """
    Model of one order on its own.

    Attributes
    ----------
    fit : DetectorModel
        Model of the pixels that are fitted.
    rebuild : DetectorModel
        Model of all pixels in the apertures.
    factor : float
        Regularisation factor.
    """

    fit: object
    rebuild: object
    factor: float


@dataclass(frozen=True)
class TunedModels:
    """
    All that the integrations of a segment share.

    Attributes
    ----------
    joint : DetectorModel
        Model of orders 1 and 2.
    joint_rebuild : list of DetectorModel
        Model of each of them alone, on its convolved grid.
    fit : RegularisedFit
        Solves for the spectrum of orders 1 and 2.
    factor : float
        Regularisation factor of orders 1 and 2.
    residual : float
        Relative residual of the solution for the typical image.
    singles : dict of int to SingleOrder
        Models of blue order 2 and of order 3, where there are enough pixels.
    optics : dict of int to OrderOptics
        The orders; order 1 with the profile that was used.
    """

    joint: object
    joint_rebuild: list
    fit: object
    factor: float
    residual: float
    singles: dict
    optics: dict


def tune(scene, image, error, options):
    """
    Tune grid and regularisation on the typical image.

    Parameters
    ----------
    scene : Scene
        Detector and masks.
    image, error : ndarray
        Typical image (background subtracted) and median errors (rows,
        columns).
    options : GridOptions
        Parameters.

    Returns
    -------
    models : TunedModels
        What the integrations share.

    Raises
    ------
    TooFewPixelsError
        If order 1 or 2 has too few valid pixels on the grid, or the estimate
        too few points.
    InputError
        If the equations have no solution with the regularisation factor, or no
        factor can be guessed from the estimate.
    """
    bad = scene.masked | ~(error > 0)
    optics, estimate = dict(scene.optics), options.estimate
    if estimate is None and (options.grid is None or options.tikfac is None):
        optics[1] = replace(optics[1], profile=usable_profile(optics[1]))
        estimate = estimate_spectrum(
            optics[1],
            image,
            error,
            outside=scene.outside(1) | (optics[2].profile >= _CONTAMINATION),
            bad=bad,
        )
    grid = options.grid
    if grid is None:
        native = {order: scene.geometry[order].native_grid[0] for order in (1, 2)}
        limits = options.n_os, options.rtol, options.max_grid_size
        grid = combined_grid(native, estimate, scene.separation[0], *limits)
    log.info("wavelength grid: %.4f to %.4f µm, %d points", grid[0], grid[-1], len(grid))
    joint = build_model(
        [optics[1], optics[2]],
        grid,
        [scene.outside(1), scene.outside(2)],
        bad,
        options.threshold,
    )
    factor = options.tikfac
    if factor is None:
        factor = FactorSearch(joint, image, error).best(
            guess_factor(joint, estimate), _JOINT_DECADES
        )
    fit, residual = _joint_fit(joint, image, error, factor)
    singles = _single_orders(scene, optics, image, error, bad, factor)
    rebuild = _rebuild_models(scene, optics, joint)
    return TunedModels(joint, rebuild, fit, factor, residual, singles, optics)


def usable_profile(optics):
    """
    Profile without negative values and empty columns.

    Parameters
    ----------
    optics : OrderOptics
        One spectral order.

    Returns
    -------
    profile : ndarray
        Profile (rows, columns) in its own type: 0 instead of negative values
        and where the wavelength is not positive, and 1 all over columns
        without any. jwst 3.0.0 changes it like this for the estimate of the
        spectrum, and then keeps it for all models.
    """
    profile = np.where(optics.profile < 0, optics.profile.dtype.type(0), optics.profile)
    profile[:, optics.wavelength <= 0] = 0
    profile[:, profile.sum(axis=0) == 0] = 1
    return profile


def estimate_spectrum(optics, image, error, outside, bad):
    """
    Estimate the spectrum from the part of order 1 that is not contaminated.

    Parameters
    ----------
    optics : OrderOptics
        Order 1 with the profile of :func:`usable_profile`.
    image, error : ndarray
        Data and errors (rows, columns).
    outside : ndarray
        Pixels outside the aperture or contaminated by order 2.
    bad : ndarray
        Bad pixels.

    Returns
    -------
    estimate : callable
        Cubic spline of the spectrum by wavelength [µm], that extrapolates.
    """
    from scipy.interpolate import UnivariateSpline
    from scipy.sparse import csr_matrix

    whole = np.broadcast_to(optics.wavelength, optics.profile.shape)
    centres = np.average(whole, weights=optics.profile, axis=0)
    lit = np.isfinite(centres) & ~(optics.profile == 1).all(axis=0)
    grid = oversample(np.sort(centres[lit]), 1)
    model = build_model([replace(optics, kernel=None)], grid, [outside], bad)
    # Pixel by pixel: the equations are so ill-conditioned that round-off changes their solution.
    good = ~model.mask
    pixels = pixel_matrix(model, error)
    right = csr_matrix(image[good] / error[good]).dot(pixels).toarray().squeeze()
    valid = np.flatnonzero(right)
    solution, uncertainty = solve_plain(pixels.T.dot(pixels)[valid, :][:, valid], right[valid])
    doubtful = ~(uncertainty <= _POOR_ESTIMATE)
    if doubtful.any():
        log.info(
            "estimate of the spectrum: round-off decides %d of %d points, between %.3f and %.3f µm; "
            "the wavelength grid made from it may differ there on another processor",
            *(doubtful.sum(), len(valid), *grid[valid][doubtful][[0, -1]]),
        )
    finite = np.isfinite(solution)
    if finite.sum() < _FEWEST_POINTS:
        msg = f"the estimate of the spectrum has {finite.sum()} points, fewer than {_FEWEST_POINTS}"
        raise TooFewPixelsError(msg)
    return UnivariateSpline(grid[valid][finite], solution[finite], k=3, s=0, ext=0)


def _joint_fit(joint, image, error, factor):
    """Fit of orders 1 and 2 with one factor, and the relative residual of a solution."""
    right = right_side(joint, error, quotient_image(joint, image, error))
    try:
        fit = LeastSquares(design_matrix(joint, error), roughness_matrix(joint.grid)).fit(factor)
        solution = _finite(fit.solve(right))
    except SingularError as problem:
        msg = (
            "the model of orders 1 and 2 has no solution with the regularisation factor "
            f"{factor:.3g}: set extract_1d/soss_tikfac to a larger value"
        )
        raise InputError(msg) from problem
    remainder = right - fit.product(solution)
    residual = float(np.linalg.norm(remainder) / np.linalg.norm(right))
    uncertainty = numerical_uncertainty(fit.solve, remainder, solution)
    log.info(
        "regularisation factor %.6g: the solution has a relative residual of %.2g and a numerical "
        "uncertainty of %.2g",
        *(factor, residual, uncertainty),
    )
    if not (residual <= _POOR_SOLUTION and uncertainty <= _POOR_SOLUTION):
        log.warning(
            "the model of orders 1 and 2 is ill-posed with the regularisation factor %.3g (relative "
            "residual %.2g, numerical uncertainty %.2g), and decontaminated spectra are not to be "
            "trusted: raise extract_1d/soss_tikfac by factors of ten until this warning is gone",
            *(factor, residual, uncertainty),
        )
    return fit, residual


def _finite(solution):
    """Return a solution that is finite; SingularError for any other."""
    if np.isfinite(solution).all():
        return solution
    msg = "the solution overflows"
    raise SingularError(msg)


def _rebuild_models(scene, optics, joint):
    """Models of order 1 and of order 2 alone, without convolution, bad pixels included."""
    return [
        build_model(
            [replace(optics[order], kernel=None)], joint.grid[slice(*bounds)], [scene.outside_all]
        )
        for order, bounds in zip((1, 2), joint.bounds, strict=True)
    ]


def _single_orders(scene, optics, image, error, bad, factor):
    """Models of blue order 2 and of order 3."""
    singles = {}
    wanted = [order for order in scene.weights if order > 1 and scene.single_orders]
    for order in wanted:
        native = scene.geometry[order].native_grid[0]
        plain = OrderOptics(optics[order].wavelength, optics[order].profile)
        tuned, used = (
            native[native < limit] if order == 2 else native
            for limit in (scene.separation[1], _BLUE_LIMIT)
        )
        try:
            fit = _single_model(plain, tuned, scene.outside(order) | bad)
            found = _single_factor(order, FactorSearch(fit, image, error), factor)
            fit = _single_model(plain, used, scene.outside(order) | scene.masked)
            rebuild = _single_model(plain, used, scene.outside_all)
        except TooFewPixelsError:
            log.warning("too few valid pixels to model spectral order %d alone", order)
            continue
        singles[order] = SingleOrder(fit, rebuild, found)
    return singles


def _single_factor(order, search, guess):
    """Regularisation factor of one order alone, with a warning if its model is ill-posed."""
    factor = search.best(guess, _SINGLE_DECADES)
    log.info("regularisation factor of order %d alone: %.6g", order, factor)
    uncertainty = search.uncertainty(factor)
    if not uncertainty <= _POOR_SOLUTION:
        log.warning(
            "the model of order %d alone is ill-posed with the regularisation factor %.3g (numerical "
            "uncertainty %.2g): spectra cleaned of it may differ on another processor",
            *(order, factor, uncertainty),
        )
    return factor


def _single_model(optics, wavelengths, mask):
    """Model of one order on a grid three times finer than its columns."""
    return build_model([optics], oversample(wavelengths, _SINGLE_OVERSAMPLING), [mask])
