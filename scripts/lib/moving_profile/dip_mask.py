"""Find the integrations of a dip, without a model of it, so that something else can be measured around it."""

import numpy as np

from scripts.lib.moving_profile.tie import second_difference_noise

__all__ = ["dip_mask"]

# Means of so many integrations at most are compared with each other.
_MEANS = 300
# A dip takes off so much of the chi-square; there are so many at most.
_GAIN, _DIPS = 16.0, 3
# Share of a box that is neither line nor step, at least, and share of the integrations on either side of the
# step that a box must leave.
_OWN, _LEFT = 0.02, 0.25
# A flank goes on while the mean of so many integrations is so many of its errors below the line.
_STRETCH, _BELOW = 3, 2.0
# Integrations that are left out on either side of it, and share of its length.
_MARGIN, _SHARE = 2, 0.05


def dip_mask(flux, place):
    """
    Find the dips of a light curve that may have a step.

    Parameters
    ----------
    flux : ndarray of float64, shape (integrations,)
        Light curve; NaN is left out.
    place : int
        First integration after the step.

    Returns
    -------
    dips : ndarray of bool, shape (integrations,)
        Integrations of at most three dips with their flanks and some integrations around them.

    Notes
    -----
    Of all boxes the one is a dip that describes the flux best, jointly with a straight line and the
    step, if it takes at least 16 off the chi-square. It grows while the flux next to it is below the
    line. Shape and depth of the dip play no part.

    Examples
    --------
    >>> flux = np.where(np.abs(np.arange(60) - 20) < 6, 0.98, 1.0) - 1e-3 * (np.arange(60) >= 45)
    >>> flux += 1e-4 * np.cos(9.0 * np.arange(60) ** 2)
    >>> np.flatnonzero(dip_mask(flux, 45))[[0, -1]]
    array([13, 27])
    """
    dips = np.zeros(len(flux), dtype=bool)
    noise = second_difference_noise(flux)
    for _ in range(_DIPS if noise > 0 else 0):
        used = np.isfinite(flux) & ~dips
        box = _best_box(flux, place, used, noise)
        if box is None:
            break
        wider = dips.copy()
        wider[_with_flanks(flux, place, used, box, noise)] = True
        # What wanders as a whole has no dip.
        if wider.all():
            break
        dips = wider
    return dips


def _terms(length, place):
    """Columns of a straight line and a step."""
    time = np.arange(length)
    return np.column_stack([np.ones(length), time / max(length, 1) - 0.5, time >= place])


def _best_box(flux, place, used, noise):
    """First and last integration of the box that describes a dip best; None if none does."""
    size = -(-len(flux) // _MEANS)
    starts = np.arange(0, len(flux), size)
    number = np.add.reduceat(used.astype(np.float64), starts)
    root = np.sqrt(number)
    sums = [
        np.add.reduceat(np.where(used, x, 0.0), starts) for x in (flux, *_terms(len(flux), place).T)
    ]
    values, *columns = (np.divide(x, root, out=np.zeros(len(x)), where=root > 0) for x in sums)
    basis = np.linalg.qr(np.column_stack(columns))[0]
    rest = values - basis @ (basis.T @ values)
    # Sums over all boxes at once, as differences of sums from the start.
    light, squares = (_boxes(x) for x in (root * rest, number))
    own = squares - sum(_boxes(root * term) ** 2 for term in basis.T)
    usable = own > _OWN * np.maximum(squares, 1.0)
    for side in (starts < place, starts >= place):
        usable &= _boxes(number * side) <= (1.0 - _LEFT) * np.sum(number * side)
    gain = np.where(usable & (light < 0), light**2 / np.where(usable, own, 1.0), 0.0) / noise**2
    first, last = np.unravel_index(int(np.argmax(gain)), gain.shape)
    if not gain[first, last] > _GAIN:
        return None
    return int(starts[first]), int(min(starts[last] + size, len(flux)) - 1)


def _boxes(values):
    """Sum of values from each first to each last one, (first, last); 0 where these are not in order."""
    total = np.concatenate([[0.0], np.cumsum(values)])
    return np.triu(total[None, 1:] - total[:-1, None])


def _with_flanks(flux, place, used, box, noise):
    """Slice of the integrations of a dip of which most is known."""
    first, last = box
    terms = _terms(len(flux), place)
    for _ in range(_DIPS):
        outside = used.copy()
        outside[first : last + 1] = False
        if not outside.any():
            break
        fit = np.linalg.lstsq(terms[outside], flux[outside], rcond=None)[0]
        below = np.where(used, flux - terms @ fit, 0.0) / noise
        # Beyond the step nothing is a flank.
        left = place if first >= place else 0
        right = place if last < place else len(flux)
        grown = first - _flank(below[left:first][::-1]), last + _flank(below[last + 1 : right])
        if grown == (first, last):
            break
        first, last = grown
    margin = max(_MARGIN, round(_SHARE * (last - first)))
    return slice(max(first - margin, 0), last + 1 + margin)


def _flank(below):
    """Integrations that go on being below the line, next to a dip."""
    if len(below) < _STRETCH:
        return 0
    means = np.convolve(below, np.ones(_STRETCH) / _STRETCH, "valid")
    ended = np.flatnonzero(means > -_BELOW / np.sqrt(_STRETCH))
    return int(ended[0]) if len(ended) else len(below)
