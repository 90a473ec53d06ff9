"""Tie an optimally weighted flux to a plain sum, so that it shares the sum's immunity to changes of shape."""

import numpy as np

from scripts.lib.moving_profile.robust import SIGMA_OF_MAD
from scripts.lib.segment_data.medians import nan_median

__all__ = [
    "choose_flux",
    "scale_errors",
    "second_difference_noise",
    "shape_terms",
    "slow_width",
    "tie_flux",
]

_FEWEST_INTEGRATIONS = 20
_PROBABILITY = 0.01
_FEWEST_SCALED = 100
_LIMIT, _CLIPS = 5.0, 5
# Integrations of the running median of widths: as many as of the search for outliers.
_WINDOW = 25
# Relative uncertainty of noise from n second differences, times sqrt(n), and how often it counts as clear.
_NOISE_ERROR, _CLEARLY = 0.99, 2.0


def shape_terms(x, y, squares=False):
    """
    Regressors made of positions.

    Parameters
    ----------
    x, y : ndarray of float64, shape (integrations,)
        Position [px]; NaN counts as the median.
    squares : bool, optional
        Whether x^2, y^2 and x y are added.

    Returns
    -------
    terms : ndarray of float64, shape (integrations, K)
        Each minus its median.
    names : list of str
        What they are.
    """
    centred = {"x": _centred(x), "y": _centred(y)}
    if squares:
        for one, other, name in (("x", "x", "x^2"), ("y", "y", "y^2"), ("x", "y", "x y")):
            centred[name] = _centred(centred[one] * centred[other])
    return np.column_stack(list(centred.values())), list(centred)


def _centred(values):
    """Values minus their median; 0 where NaN."""
    known = values[np.isfinite(values)]
    return np.nan_to_num(values - np.median(known)) if len(known) else np.zeros(len(values))


def slow_width(width):
    """
    What of a width is more than the noise of single integrations, as a regressor.

    Parameters
    ----------
    width : ndarray of float64, shape (integrations,)
        Change of the squared width, in any unit; NaN is left out.

    Returns
    -------
    slow : ndarray of float64, shape (integrations,)
        Running median of 25 integrations, all where there are fewer, which keeps the step of a tilt
        event; minus its median and in units of its largest deviation. 0 where nothing changes.

    Notes
    -----
    The noise of a width comes from the photons of the integration, like that of its flux: a tie to
    the width itself would hand it on.

    Examples
    --------
    >>> slow = slow_width(np.repeat([0.0, 0.5], [40, 30]))
    >>> slow[[0, 39, 40, 69]]
    array([0., 0., 1., 1.])
    """
    window = min(_WINDOW, len(width) - 1 + len(width) % 2)
    if window < 1:
        return np.zeros(len(width))
    padded = np.pad(width, window // 2, mode="reflect")
    smooth = _centred(nan_median(np.lib.stride_tricks.sliding_window_view(padded, window), axis=-1))
    largest = np.abs(smooth).max()
    return smooth / largest if largest > 0 else smooth


def tie_flux(flux, filled, terms, width=None):
    """
    Tie the profile flux to the filled sum.

    Parameters
    ----------
    flux : ndarray of float64, shape (integrations,) or (integrations, bins)
        Flux by least squares on the profile.
    filled : ndarray of float64, same shape
        Sum over pixels of the same light, with what is missing filled in.
    terms : ndarray of float64, shape (integrations, K)
        As of `shape_terms`.
    width : ndarray of float64, shape (integrations,), optional
        As of `slow_width`.

    Returns
    -------
    tied : ndarray of float64, same shape
        Flux times the regression of filled / flux on 1, the terms and the width; without the width
        where an F test gives a probability of 1 % or more that it does nothing, and on 1 alone
        where one says so of the terms: their
        coefficients would be noise. As it was with fewer than 20 integrations. The
        star cancels in the ratio, so no dip can be taken for a change of shape.
    """
    if flux.ndim == 2:
        columns = [tie_flux(*pair, terms, width) for pair in zip(flux.T, filled.T, strict=True)]
        return np.stack(columns, axis=1) if columns else flux.copy()
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = filled / flux
    known = np.isfinite(ratio)
    if known.sum() < max(_FEWEST_INTEGRATIONS, 2 * (terms.shape[1] + 2)):
        return flux.copy()
    design = np.column_stack([np.ones(len(terms)), terms])
    if width is not None and width.any():
        whole = np.column_stack([design, width])
        fit, kept = _clipped_fit(whole, ratio, known)
        if _chance(whole[kept], ratio[kept], design.shape[1]) < _PROBABILITY:
            return flux * (whole @ fit)
    fit, kept = _clipped_fit(design, ratio, known)
    if _chance(design[kept], ratio[kept], 1) < _PROBABILITY:
        return flux * (design @ fit)
    return flux * np.mean(ratio[kept])


def _clipped_fit(design, values, kept):
    """Coefficients of a fit without values that are far from it, and those that it keeps."""
    for _ in range(_CLIPS):
        fit = np.linalg.lstsq(design[kept], values[kept], rcond=None)[0]
        residual = np.abs(values - design @ fit)
        near = residual <= _LIMIT * SIGMA_OF_MAD * np.median(residual[kept])
        if (near == kept).all() or near.sum() <= design.shape[1]:
            break
        kept = near
    return fit, kept


def _chance(design, values, simpler):
    """Probability that the first columns of a design describe values as well as all of them do."""
    from scipy.special import fdtrc

    terms, freedom = design.shape[1] - simpler, len(values) - design.shape[1]
    left, more = (
        np.sum((values - part @ np.linalg.lstsq(part, values, rcond=None)[0]) ** 2)
        for part in (design, design[:, :simpler])
    )
    gained = more - left
    if not left > 0 or not terms or freedom < 1:
        return 0.0
    return float(fdtrc(terms, freedom, max(gained, 0.0) / terms / (left / freedom)))


def second_difference_noise(flux, limit=4.0):
    """
    Noise of a series from its second differences.

    Parameters
    ----------
    flux : ndarray of float64, shape (integrations,)
        Series; NaN is left out.
    limit : float, optional
        Differences beyond so many robust standard deviations are left out.

    Returns
    -------
    noise : float
        Root mean square over the root of 6, in the unit of the series; NaN
        where there are fewer than 3 values.

    Examples
    --------
    >>> round(second_difference_noise(np.array([1.0, -1.0, 1.0, -1.0])), 3)
    1.633
    """
    known = flux[np.isfinite(flux)]
    if len(known) < 3:
        return float("nan")
    second = known[2:] - 2.0 * known[1:-1] + known[:-2]
    sigma = SIGMA_OF_MAD * np.median(np.abs(second))
    kept = second[np.abs(second) <= limit * sigma] if sigma > 0 else second
    return float(np.sqrt(np.mean(kept**2) / 6.0))


def scale_errors(flux, error):
    """
    Scale quoted errors to the noise that a series has, where this is clearly more.

    Parameters
    ----------
    flux, error : ndarray of float64, shape (integrations,)
        Series, and errors as propagated; NaN is left out.

    Returns
    -------
    scaled : ndarray of float64, shape (integrations,)
        The errors times the factor.
    factor : float
        Noise from second differences over the median error, if it is above 1 by two of its
        uncertainties; else 1, as with fewer than 100 integrations, of which an ingress may be
        a good part: what is propagated holds for single integrations, and a series may only
        show that something else adds to it.

    Examples
    --------
    >>> round(scale_errors(np.tile([1.0, -1.0], 50), np.full(100, 0.5))[1], 2)
    3.27
    """
    known = np.isfinite(flux) & np.isfinite(error)
    usual = float(np.median(error[known])) if known.any() else 0.0
    if known.sum() < _FEWEST_SCALED or not usual > 0:
        return error.copy(), 1.0
    factor = second_difference_noise(flux) / usual
    if not factor > 1.0 + _CLEARLY * _NOISE_ERROR / np.sqrt(known.sum()):
        return error.copy(), 1.0
    return error * factor, float(factor)


def choose_flux(candidates, better=0.01):
    """
    Choose the least noisy series.

    Parameters
    ----------
    candidates : dict of str to ndarray of float64, shape (integrations,)
        Series by name, the preferred first.
    better : float, optional
        How much less noise, relative to its level, a later one must have.

    Returns
    -------
    name : str
        The chosen series.
    noise : dict of str to float
        Relative noise of each.
    """
    noise = {
        name: second_difference_noise(series) / abs(float(np.nanmedian(series)))
        for name, series in candidates.items()
        if np.isfinite(series).any()
    }
    chosen = next(iter(candidates))
    for name, value in noise.items():
        if value < noise.get(chosen, np.inf) * (1.0 - better):
            chosen = name
    return chosen, noise
