"""Which integrations of a visit its reference is made of."""

import numpy as np

__all__ = ["consecutive_pairs", "sample_integrations"]

_PAIRS = 75


def sample_integrations(integrations, pairs=_PAIRS):
    """
    Pairs of consecutive integrations spread evenly over a visit.

    Parameters
    ----------
    integrations : int
        Number of integrations of the visit, over all of its segments.
    pairs : int, optional
        Number of pairs.

    Returns
    -------
    sample : ndarray of int
        The integrations, ascending: all of them if there are no more than
        two for each pair.

    Examples
    --------
    >>> sample_integrations(9, pairs=2)
    array([0, 1, 7, 8])
    >>> sample_integrations(4, pairs=2)
    array([0, 1, 2, 3])
    """
    if integrations <= 2 * pairs:
        return np.arange(integrations)
    firsts = np.arange(pairs) * (integrations - 2) // max(pairs - 1, 1)
    return np.unique(np.concatenate([firsts, firsts + 1]))


def consecutive_pairs(sample):
    """
    Positions in a sample that are followed by the next integration of the visit.

    Parameters
    ----------
    sample : ndarray of int
        Numbers of integrations, ascending.

    Returns
    -------
    firsts : ndarray of int
        Index of the first of each pair in ``sample``.

    Examples
    --------
    >>> consecutive_pairs(np.array([0, 1, 7, 8]))
    array([0, 2])
    """
    return np.flatnonzero(np.diff(sample) == 1)
