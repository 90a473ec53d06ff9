"""Take the response to fast motion off a light curve, without a model of its dip."""

from dataclasses import dataclass

import numpy as np

from scripts.lib.moving_profile.robust import SIGMA_OF_MAD

__all__ = ["Decorrelation", "decorrelate"]

# Fewer second differences show nothing.
_FEWEST = 20
_PROBABILITY = 0.01
_LIMIT, _CLIPS = 5.0, 3


@dataclass(frozen=True)
class Decorrelation:
    """
    What was taken off a light curve.

    Attributes
    ----------
    corrected : ndarray of float64, shape (integrations,)
        The light curve, corrected if ``applied``.
    applied : bool
        Whether the F test found the terms to matter.
    coefficients : dict of str to float
        Relative change of the flux for each unit of a term.
    probability : float
        Of as good a fit by chance; NaN where nothing can be fitted.
    """

    corrected: np.ndarray
    applied: bool
    coefficients: dict
    probability: float


def decorrelate(flux, terms, names):
    """
    Take off what fast motion does to a light curve, if it does anything.

    Parameters
    ----------
    flux : ndarray of float64, shape (integrations,)
        Light curve; NaN is left out.
    terms : ndarray of float64, shape (integrations, K)
        As of `tie.shape_terms`.
    names : list of str
        Their names.

    Returns
    -------
    result : Decorrelation
        With what was found; nothing is applied where the F test gives a
        probability of 1 % or more.

    Notes
    -----
    The coefficients are those of the second differences in time, in which a dip or
    a drift leaves next to nothing but a kink or two: they come from the fast motion
    only, and the slow motion's chance likeness with a dip does no harm. A spline
    with knots would do the same, but it cannot follow an ingress of a few
    integrations, and what it leaves of it correlates with anything slow.
    Differences of white noise are not independent; their covariance is known,
    and the test takes it into account.
    """
    known = flux[np.isfinite(flux)]
    nothing = Decorrelation(flux.copy(), False, {}, float("nan"))
    if not len(known) or not np.median(known) or not terms.any():
        return nothing
    relative = flux / np.median(known)
    values, design = (x[2:] - 2.0 * x[1:-1] + x[:-2] for x in (relative, terms))
    kept = np.isfinite(values)
    fewest = max(_FEWEST, 4 * terms.shape[1])
    for _ in range(_CLIPS):
        if kept.sum() < fewest:
            return nothing
        fit = np.linalg.lstsq(design[kept], values[kept], rcond=None)[0]
        residual = np.abs(values - design @ fit)
        near = residual <= _LIMIT * SIGMA_OF_MAD * np.median(residual[kept])
        if (near == kept).all():
            break
        kept = near
    probability = _chance(values, design, fit, kept)
    found = {name: float(value) for name, value in zip(names, fit, strict=True)}
    if not probability < _PROBABILITY:
        return Decorrelation(flux.copy(), False, found, probability)
    return Decorrelation(flux / (1.0 + terms @ fit), True, found, probability)


def _chance(values, design, fit, kept):
    """Probability of coefficients as large as these without any relation."""
    from scipy.special import fdtrc

    residual = np.where(kept, values - design @ fit, 0.0)
    used = np.where(kept[:, None], design, 0.0)
    freedom = int(kept.sum()) - len(fit)
    variance = np.sum(residual**2) / freedom / 6.0
    # Second differences of white noise have the covariances 6, -4 and 1 times its variance.
    spread = 6.0 * used.T @ used
    for lag, covariance in ((1, -4.0), (2, 1.0)):
        shifted = used[lag:].T @ used[:-lag]
        spread += covariance * (shifted + shifted.T)
    square = used.T @ used
    right = square @ fit
    if not variance > 0 or np.linalg.matrix_rank(spread) < len(fit):
        return float("nan")
    statistic = right @ np.linalg.solve(spread, right) / variance / len(fit)
    # About half of the differences are independent.
    return float(fdtrc(len(fit), max(freedom // 2, 1), statistic))
