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


def sum_groups(values, template, groups):
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
    sums = {
        name: groups.sum(np.where(good, values[name], 0.0)) * ratio for name in ("flux", "filled")
    }
    for name in ("error", "photon_error"):
        squares = np.where(good, values[name], 0.0) ** 2
        sums[name] = np.sqrt(groups.sum(squares)) * ratio
    valid = groups.sum(np.where(good, light * values["valid"], 0.0))
    with np.errstate(invalid="ignore", divide="ignore"):
        sums["missing"] = np.where(whole > 0, np.clip(1.0 - valid / whole, 0.0, 1.0), 1.0)
        counted = np.isfinite(values["background"])
        total = groups.sum(np.where(counted, values["background"], 0.0))
        sums["background"] = total / groups.sum(counted.astype(float))
    return sums
