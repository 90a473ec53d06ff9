"""Take the steps of tilt events off a light curve, measured around its dip."""

from dataclasses import dataclass

import numpy as np

from scripts.lib.moving_profile.dip_mask import dip_mask
from scripts.lib.moving_profile.tie import second_difference_noise

__all__ = ["Step", "remove_steps"]

# Integrations on either side from which a step is measured: the most that a line describes.
_REACHES = (10**9, 120, 60, 24, 12, 6)
_FEWEST = 3
_PROBABILITY, _ERRORS = 1e-3, 5.0
# No tilt event changes the flux by more.
_LARGEST = 5e-3
# How many standard deviations above its expectation the chi-square of a fit may be.
_POOR = 3.0


@dataclass(frozen=True)
class Step:
    """
    A step that was taken off.

    Attributes
    ----------
    integration : int
        The first integration after it.
    height, error : float
        Relative change of the flux that was taken off, and the standard deviation of its measurement.
    probability : float
        Of a measurement as large by chance.
    """

    integration: int
    height: float
    error: float
    probability: float


def remove_steps(flux, terms, width, candidates):
    """
    Take steps off a light curve that motion or width show as well.

    Parameters
    ----------
    flux : ndarray of float64, shape (integrations,)
        Light curve, as of `decorrelation.decorrelate`; NaN is left out.
    terms : ndarray of float64, shape (integrations, K)
        Positions, as of `tie.shape_terms`. They never contain a dip.
    width : ndarray of float64, shape (integrations,)
        Change of the squared width, which never does either; NaN is left out.
    candidates : list of int
        First integrations after the steps that may be.

    Returns
    -------
    corrected : ndarray of float64, shape (integrations,)
        The flux, divided from each step on by what it changed.
    steps : list of Step
        Those that were removed.

    Notes
    -----
    A step is measured jointly with a straight line through the integrations outside of the dip,
    as of `dip_mask.dip_mask`; where that is no good description, through 120, 60, 24, 12 or 6 on
    either side, and if none is, nothing is done.

    Where the width has a step of more than five of its errors, light has moved outwards for certain, and
    some of it out of any finite aperture: the step of the flux is taken off times 1 - (error /
    height)^2, which is all of a large one and nothing of what is smaller than its error. Where only
    the position has one, it is taken off if it is larger than five of its errors with a
    probability below 0.001: an ingress of one integration is a step too, but nothing moves. Should
    something move right then, it is taken for a step if it is shallower than 0.5 %: no tilt
    event changes the flux by more.
    """
    places = sorted({int(k) for k in candidates})
    edges = [0, *places, len(flux)]
    corrected, steps = flux.copy(), []
    for index, place in enumerate(places, start=1):
        part = slice(edges[index - 1], edges[index + 1])
        local = place - part.start
        certain = _significant(_measure(width[part], local))
        if not certain and not any(_significant(_measure(term[part], local)) for term in terms.T):
            continue
        found = _measure(corrected[part], local, dip_mask(corrected[part], local))
        if not _is_step(found, certain):
            continue
        before, height, error, probability = found
        ratio = height / before * (1.0 - (error / height) ** 2 if certain else 1.0)
        corrected[place:] /= 1.0 + ratio
        steps.append(Step(place, ratio, abs(error / before), probability))
    return corrected, steps


def _is_step(found, certain):
    """Whether the measurement of a flux is a step, if there is one for certain or there may be."""
    if found is None or abs(found[1]) > _LARGEST * abs(found[0]):
        return False
    return abs(found[1]) > found[2] if certain else _significant(found)


def _significant(found):
    """Whether a measurement of `_measure` is a step."""
    return found is not None and abs(found[1]) > _ERRORS * found[2] and found[3] < _PROBABILITY


def _measure(values, place, left_out=False):
    """Level before a step, its height, error and probability; None where nothing describes the values."""
    from scipy.special import stdtr

    noise = second_difference_noise(values)
    time = np.arange(len(values)) - place + 0.5
    for reach in _REACHES:
        used = np.isfinite(values) & (np.abs(time) < reach) & ~np.asarray(left_out)
        after = time > 0
        design = np.column_stack([after, np.ones(len(time)), time])[used]
        freedom = len(design) - design.shape[1]
        if min(np.sum(used & after), np.sum(used & ~after)) < _FEWEST or not noise > 0:
            continue
        fit = np.linalg.lstsq(design, values[used], rcond=None)[0]
        squares = np.sum((values[used] - design @ fit) ** 2) / noise**2
        # The noise is uncertain as well: by the root of the number of values, nearly.
        spread = np.sqrt(2.0 * freedom + 4.0 * freedom**2 / np.isfinite(values).sum())
        if squares > freedom + _POOR * spread:
            continue
        error = noise * np.sqrt(np.linalg.inv(design.T @ design)[0, 0])
        probability = 2.0 * float(stdtr(freedom, -abs(fit[0]) / error))
        return float(fit[1]), float(fit[0]), float(error), probability
    return None
