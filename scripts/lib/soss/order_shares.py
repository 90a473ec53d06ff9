"""Which part of the light of each pixel of NIRISS SOSS belongs to which spectral order."""

from functools import partial

import numpy as np

__all__ = ["order_amplitudes", "order_share", "share_of_each"]


def order_amplitudes(image, profiles):
    """
    Light of each spectral order in each column, by least squares of all orders together.

    Parameters
    ----------
    image : ndarray of float, shape (y, x)
        Light of all orders without background; NaN is left out.
    profiles : dict of int to ndarray, shape (y, x)
        Share of a column's light in each pixel, as of the SPECPROFILE reference.

    Returns
    -------
    amplitudes : dict of int to ndarray of float64, shape (x,)
        Light, not negative; 0 where an order has no profile.
    """
    stack = np.stack([np.nan_to_num(profile).astype(np.float64) for profile in profiles.values()])
    good = np.isfinite(image)
    normal = np.einsum("kyx,lyx->xkl", stack * good, stack)
    scale = np.maximum(np.trace(normal, axis1=1, axis2=2), 1e-30)
    # An order without light in a column has the amplitude 0.
    normal[:, range(len(stack)), range(len(stack))] += 1e-9 * scale[:, None]
    right = np.einsum("kyx,yx->xk", stack, np.where(good, image, 0.0).astype(np.float64))
    found = np.linalg.solve(normal, right[..., None])[..., 0]
    return dict(zip(profiles, np.maximum(found.T, 0.0), strict=True))


def order_share(image, profiles, order):
    """
    Share of one spectral order in the light of each pixel.

    Parameters
    ----------
    image, profiles
        As for :func:`order_amplitudes`.
    order : int
        The order.

    Returns
    -------
    share : ndarray of float32, shape (y, x)
        From 0 to 1, the sum over the orders being 1; 0 where none has light.
    """
    amplitudes = order_amplitudes(image, profiles)
    light = {number: np.nan_to_num(profiles[number]) * amplitudes[number] for number in profiles}
    total = sum(light.values())
    known = total > 0
    return np.where(known, light[order] / np.where(known, total, 1.0), 0.0).astype(np.float32)


def share_of_each(profiles):
    """
    Functions that give the share of each order in an image.

    Parameters
    ----------
    profiles : dict of int to ndarray, shape (y, x)
        As for :func:`order_amplitudes`.

    Returns
    -------
    functions : dict of int to callable
        Each takes an image as :func:`order_share` does.
    """
    return {order: partial(order_share, profiles=profiles, order=order) for order in profiles}
