"""Pixels that have no part in a profile: without data, next to such, or hot without a flag."""

import numpy as np

from scripts.lib.moving_profile.robust import SIGMA_OF_MAD
from scripts.lib.segment_data.medians import nan_median

__all__ = [
    "fill_columns",
    "hot_pixels",
    "lit_holes",
    "local_median",
    "next_to",
    "share_of_holes",
    "slope_in_holes",
]

_COLUMNS = 17
_ROUNDS = 3
_BRIGHT = 0.05
# A hot pixel is brighter than expected by both: local standard deviations, share of the column.
_LOCAL, _SHARE = 8.0, 0.008


def next_to(holes):
    """
    Extend holes by the pixels next to them, where a three-point derivative would take them in.

    Parameters
    ----------
    holes : ndarray of bool, shape (y, x)
        The holes.

    Returns
    -------
    wider : ndarray of bool, shape (y, x)
        The holes and their four neighbours.

    Examples
    --------
    >>> next_to(np.array([[False, True, False, False]]))
    array([[ True,  True,  True, False]])
    """
    wider = holes.copy()
    wider[1:] |= holes[:-1]
    wider[:-1] |= holes[1:]
    wider[:, 1:] |= holes[:, :-1]
    wider[:, :-1] |= holes[:, 1:]
    return wider


def local_median(images, columns=_COLUMNS):
    """
    Median over neighbouring columns along each row, leaving out NaN.

    Parameters
    ----------
    images : ndarray of float, shape (y, x)
        An image.
    columns : int, optional
        Length of the stretch, uneven. At the ends the last column counts for those that are
        missing: a step of the band close to an end, to which most columns of a shorter stretch were
        beyond, would make its whole profile look too bright.

    Returns
    -------
    median : ndarray of float, shape (y, x)
        NaN where all are.
    """
    half = columns // 2
    padded = np.pad(images, ((0, 0), (half, half)), mode="edge")
    return nan_median(np.lib.stride_tricks.sliding_window_view(padded, columns, axis=1), axis=-1)


def hot_pixels(model, holes, band):
    """
    Find pixels of the trace that are brighter than its profile.

    Parameters
    ----------
    model : ndarray of float32, shape (y, x)
        Median image of the star.
    holes : ndarray of bool, shape (y, x)
        Pixels without data.
    band : Band
        The trace.

    Returns
    -------
    hot : ndarray of bool, shape (y, x)
        Pixels brighter than the local profile by more than 8 of its local robust
        standard deviations and 0.8 % of the column's flux, in columns above 5 % of
        the bright ones. Only too bright ones: an error of the flat field adds no light.
    """
    light = np.where(band.gather(holes), np.nan, band.gather(model)).astype(np.float64)
    scale = np.nansum(light, axis=0)
    bright = scale > _BRIGHT * np.percentile(scale, 95.0)
    found = np.zeros(light.shape, dtype=bool)
    for _ in range(_ROUNDS):
        clean = np.where(found | ~bright, np.nan, light)
        profile = clean / np.where(bright, scale, np.nan)
        expected = local_median(profile)
        sigma = SIGMA_OF_MAD * local_median(np.abs(profile - expected))
        good = np.isfinite(clean) & np.isfinite(expected)
        square = np.where(good, expected, 0.0) ** 2
        product = np.where(good, expected * np.nan_to_num(clean), 0.0)
        norm = square.sum(axis=0)
        scale = np.divide(product.sum(axis=0), norm, out=np.ones(len(norm)), where=norm > 0)
        with np.errstate(invalid="ignore", divide="ignore"):
            excess = light / scale - expected
            found = bright & (excess > np.maximum(_LOCAL * sigma, _SHARE))
    image = np.zeros(model.shape, dtype=bool)
    image.reshape(-1)[band.pixels.reshape(-1)[found.reshape(-1)]] = True
    return image


def fill_columns(light, holes):
    """
    Fill holes with what the profile of the neighbouring columns says of them.

    Parameters
    ----------
    light : ndarray of float, shape (height, x)
        Light in the band; any value in holes.
    holes : ndarray of bool, shape (height, x)
        The holes.

    Returns
    -------
    filled : ndarray of float64, shape (height, x)
        The light; 0 where no column nearby has any.
    total : ndarray of float64, shape (x,)
        Light of each column, by least squares on the profile of its neighbours; 0 without any.

    Examples
    --------
    >>> light, holes = np.repeat([[2.0], [6.0]], 5, axis=1), np.zeros((2, 5), dtype=bool)
    >>> holes[1, 2] = True
    >>> filled, total = fill_columns(light, holes)
    >>> filled[:, 2].tolist(), total.tolist()
    ([2.0, 6.0], [8.0, 8.0, 8.0, 8.0, 8.0])
    """
    known = np.where(holes, np.nan, light).astype(np.float64)
    total = np.nansum(known, axis=0)
    for _ in range(2):
        # Columns without light, or with noise for it, show no profile.
        bright = total > _BRIGHT * total.max(initial=0.0)
        profile = np.maximum(
            np.nan_to_num(local_median(known / np.where(bright, total, np.nan))), 0
        )
        profile /= np.maximum(profile.sum(axis=0), 1e-30)
        seen = np.where(np.isnan(known), 0.0, profile)
        norm = (seen * profile).sum(axis=0)
        product = (seen * np.nan_to_num(known)).sum(axis=0)
        total = np.divide(product, norm, out=np.zeros(len(norm)), where=norm > 0)
    return np.where(np.isnan(known), profile * total, known), total


def lit_holes(profile, model):
    """
    Holes that have data all the same, such as hot pixels, and the star's light in them.

    Parameters
    ----------
    profile : ndarray of float32, shape (K, height, x)
        Share of each column's light in each pixel, and its slopes; 0 in holes and columns without light.
    model : ndarray of float32, shape (height, x)
        Median image of the star; 0 where there are no data.

    Returns
    -------
    places : ndarray of int64, shape (P,)
        Flat indices (height, x) of the holes, ascending.
    shape : ndarray of float32, shape (K, P)
        Share of the column's light in each of them, and its slopes: medians of the pixels next
        to it along its row, 8 on either side; 0 where all are holes.

    Examples
    --------
    >>> profile = np.full((1, 2, 3), 0.5, np.float32)
    >>> profile[0, 1, 1] = 0.0
    >>> places, shape = lit_holes(profile, np.full((2, 3), 7.0, np.float32))
    >>> places.tolist(), shape.tolist()
    ([4], [[0.5]])
    """
    holes, lit = profile[0] == 0, profile[0].any(axis=0)
    places = np.flatnonzero(holes & lit & (model != 0))
    rows, columns = np.divmod(places, profile.shape[2])
    half = _COLUMNS // 2
    near = np.clip(columns[:, None] + np.arange(-half, half + 1), 0, profile.shape[2] - 1)
    around = np.where(holes[rows[:, None], near], np.nan, profile[:, rows[:, None], near])
    return places, np.nan_to_num(nan_median(around, axis=-1)).astype(np.float32)


def share_of_holes(profile, holes):
    """
    Share of each column's light that falls into holes, from the profile of its neighbours.

    Parameters
    ----------
    profile : ndarray of float64, shape (height, x)
        Light in the band; any value in holes.
    holes : ndarray of bool, shape (height, x)
        The holes.

    Returns
    -------
    share : ndarray of float64, shape (x,)
        From 0 to 1; 1 where a column has nothing but holes.
    """
    light = np.where(holes, np.nan, profile)
    total = np.nansum(light, axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        expected = np.nan_to_num(local_median(light / total))
    expected = np.maximum(expected, 0.0)
    whole = expected.sum(axis=0)
    share = np.divide(
        np.where(holes, expected, 0.0).sum(axis=0), whole, out=np.zeros(len(whole)), where=whole > 0
    )
    share[holes.all(axis=0)] = 1.0
    return np.clip(share, 0.0, 1.0)


def slope_in_holes(slope, holes):
    """
    Light that motion moves into the holes of each column, from the slopes of its neighbours.

    Parameters
    ----------
    slope : ndarray of float64, shape (height, x)
        What a unit of motion adds to the share of a column's light in each pixel; any
        value in holes.
    holes : ndarray of bool, shape (height, x)
        The holes.

    Returns
    -------
    light : ndarray of float64, shape (x,)
        Share of the column's light; 0 without holes.

    Examples
    --------
    >>> slope = np.repeat([[-0.25], [0.0], [0.25]], 5, axis=1)
    >>> holes = np.zeros((3, 5), dtype=bool)
    >>> holes[2, 3] = True
    >>> slope_in_holes(slope, holes)
    array([0.  , 0.  , 0.  , 0.25, 0.  ])
    """
    expected = local_median(np.where(holes, np.nan, slope))
    return np.where(holes, np.nan_to_num(expected), 0.0).sum(axis=0)
