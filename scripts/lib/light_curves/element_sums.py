"""Sums of spectral elements, in white light and in bins, in which a missing element is no dip."""

from dataclasses import dataclass

import numpy as np

__all__ = ["Groups", "sum_groups"]


@dataclass(frozen=True)
class Groups:
    """
    Spectral elements that are summed together.

    Attributes
    ----------
    elements : ndarray of int, shape (members,)
        The elements of the first group, of the second, and so on.
    starts : ndarray of int, shape (groups,)
        Where each group starts among them.
    """

    elements: np.ndarray
    starts: np.ndarray

    @classmethod
    def from_numbers(cls, numbers):
        """
        Make groups of elements with the same number.

        Parameters
        ----------
        numbers : ndarray of int, shape (elements,)
            Group of each element; negative for none.

        Returns
        -------
        groups : Groups
            In the order of their numbers; numbers without elements have no group.

        Examples
        --------
        >>> Groups.from_numbers(np.array([1, 0, -1, 1]))
        Groups(elements=array([1, 0, 3]), starts=array([0, 1]))
        """
        order = np.argsort(numbers, kind="stable")
        order = order[numbers[order] >= 0]
        starts = np.unique(numbers[order], return_index=True)[1]
        return cls(order, starts)

    def __len__(self):
        return len(self.starts)

    def sum(self, values):
        """Sum the groups' elements of an array (integrations, elements): (integrations, groups)."""
        if not len(self.starts):
            return np.zeros((len(values), 0))
        return np.add.reduceat(values[:, self.elements], self.starts, axis=1)

    def members(self, group, count):
        """Return which of ``count`` elements are in a group, bool (elements,)."""
        end = self.starts[group + 1] if group + 1 < len(self.starts) else len(self.elements)
        found = np.zeros(count, dtype=bool)
        found[self.elements[self.starts[group] : end]] = True
        return found


def sum_groups(values, template, groups, wavelength=None):
    """
    Sum our spectra over groups of elements.

    Parameters
    ----------
    values : dict of str to ndarray
        ``flux``, ``filled``, ``error``, ``photon_error``, ``valid`` and ``background``
        (integrations, elements); NaN is missing.
    template : ndarray of float64, shape (elements,)
        Median spectrum; elements with NaN take no part.
    groups : Groups
        The elements of each sum.
    wavelength : ndarray of float64, shape (elements,), optional
        Where it is given, elements that are present have weights that keep the mean wavelength of
        the template's light, as far as none of them is negative.

    Returns
    -------
    sums : dict of str to ndarray of float64, shape (integrations, groups)
        ``flux`` and ``filled``: the sums times the ratio of the template's light to
        that of the elements present; NaN where these have less than half of it.
        ``error`` and ``photon_error``: roots of the summed squares, times that ratio.
        ``missing``: share of the light that is in missing elements and samples; 1 where no
        light is known.
        ``background``: mean of the known elements' background.

    Examples
    --------
    >>> ones = np.ones((2, 2))
    >>> values = dict.fromkeys(["filled", "error", "photon_error", "valid", "background"], ones)
    >>> values["flux"] = np.array([[2.0, 6.0], [np.nan, 6.0]])
    >>> sums = sum_groups(values, np.array([2.0, 6.0]), Groups.from_numbers(np.array([0, 0])))
    >>> sums["flux"].ravel()
    array([8., 8.])
    >>> sums["missing"].ravel()
    array([0.  , 0.25])
    """
    known = np.isfinite(template)
    light = np.where(known, template, 0.0)
    good = np.isfinite(values["flux"]) & known
    whole = groups.sum(light[None])[0]
    share = groups.sum(np.where(good, light, 0.0))
    enough = (share > 0) & (2.0 * share >= whole)
    ratio = np.where(enough, whole / np.where(enough, share, 1.0), np.nan)
    weights = np.where(good, 1.0, 0.0)
    if wavelength is not None and not good[:, groups.elements].all():
        weights = _balanced_weights(np.where(good, light, 0.0), light, wavelength, groups)
        ratio = np.where(enough, 1.0, np.nan)
    sums = {
        name: groups.sum(np.where(good, values[name], 0.0) * weights) * ratio
        for name in ("flux", "filled")
    }
    for name in ("error", "photon_error"):
        squares = (np.where(good, values[name], 0.0) * weights) ** 2
        sums[name] = np.sqrt(groups.sum(squares)) * ratio
    valid = groups.sum(np.where(good, light * values["valid"], 0.0))
    with np.errstate(invalid="ignore", divide="ignore"):
        sums["missing"] = np.where(whole > 0, np.clip(1.0 - valid / whole, 0.0, 1.0), 1.0)
        counted = np.isfinite(values["background"])
        total = groups.sum(np.where(counted, values["background"], 0.0))
        sums["background"] = total / groups.sum(counted.astype(float))
    return sums


def _balanced_weights(present, light, wavelength, groups):
    """
    Weights of elements that give the light and the mean wavelength of whole groups.

    They are a straight line in wavelength over the elements that are present, so that the sum of
    weight times light, and of weight times light times wavelength, is that of all elements.

    Parameters
    ----------
    present : ndarray, shape (integrations, elements)
        Template's light where an element is present, else 0.
    light, wavelength : ndarray, shape (elements,)
        Template's light, and wavelength.
    groups : Groups
        The groups.

    Returns
    -------
    weights : ndarray, shape (integrations, elements)
        1 in groups of which nothing is missing; the same for all elements of a group where the
        line would be negative anywhere.
    """
    lengths = np.diff(np.append(groups.starts, len(groups.elements)))
    owner = np.full(len(light), 0)
    owner[groups.elements] = np.repeat(np.arange(len(groups)), lengths)
    whole = groups.sum(light[None])[0]
    safe = np.where(whole > 0, whole, 1.0)
    known = np.where(np.isfinite(wavelength), wavelength, 0.0)
    mean = groups.sum((light * known)[None])[0] / safe
    offset = known - mean[owner]
    width = np.sqrt(groups.sum((light * offset**2)[None])[0] / safe)
    offset /= np.where(width > 0, width, 1.0)[owner]
    zeroth, first, second = (groups.sum(present * offset**power) for power in range(3))
    plain = np.where(zeroth > 0, whole / np.where(zeroth > 0, zeroth, 1.0), 0.0)
    slope = np.where(second > 0, -first / np.where(second > 0, second, 1.0), 0.0)
    total = zeroth + slope * first
    level = np.where(total > 0, whole / np.where(total > 0, total, 1.0), 0.0)
    slope *= level
    line = level[:, owner] + slope[:, owner] * offset
    lowest = np.minimum.reduceat(
        np.where(present > 0, line, np.inf)[:, groups.elements], groups.starts, axis=1
    )
    usable = (total > 0) & (lowest > 0)
    return np.where(usable[:, owner], line, plain[:, owner])
