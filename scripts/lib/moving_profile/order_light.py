"""Light of spectral orders that share pixels: what each adds to an integration, and to the others."""

import numpy as np

from scripts.lib.moving_profile.shape import followed_terms

__all__ = ["crosstalk", "follow", "remove_crosstalk", "star_change", "unmodelled_light"]


def follow(motion, leader):
    """
    Give a spectral order the motion of another one.

    What one order has of the light of others, with another depth of the transit, looks like motion.

    Parameters
    ----------
    motion, leader : ndarray of float64, shape (frames, 4)
        Level, x, y and width of the order, and of the brightest one.

    Returns
    -------
    motion : ndarray of float64, shape (frames, 4)
        The level of the order, and the motion of the brightest.

    Examples
    --------
    >>> follow(np.array([[0.9, 0.3, 0.3, 0.3]]), np.array([[0.8, 0.1, 0.2, 0.0]]))
    array([[0.9, 0.1, 0.2, 0. ]])
    """
    return np.hstack([motion[:, :1], leader[:, 1:]])


def star_change(motion, spectrum, width_gain, order):
    """
    Light of a spectral order minus that of its median image.

    Parameters
    ----------
    motion : ndarray of float64, shape (frames, 4)
        Level, x [px], y [px] and true width [px^2]; NaN counts as no motion, and as level 1.
    spectrum : ndarray of float64, shape (frames, x)
        As of `tint`.
    width_gain : float
        As of `followed_terms`.
    order : object
        ``model``, ``profile``, ``response``, ``lit_holes`` and ``hole_shape`` as of a `SpectralReference`.

    Returns
    -------
    change : ndarray of float32, shape (frames, height, x)
        The light, in the band of the order; in holes with data as the pixels next to them have it.
    terms : ndarray of float64, shape (frames, K)
        Coefficients of the profile's images.
    flux : ndarray of float64, shape (frames, x)
        Light of each column.
    """
    usable = np.where(np.isfinite(motion), motion, (1.0, 0.0, 0.0, 0.0))
    terms = followed_terms(motion, width_gain)[:, : len(order.profile)]
    flux = usable[:, :1] * (order.response[0] + usable[:, 1:2] * order.response[1])
    flux *= spectrum
    change = np.einsum("nk,kyx->nyx", terms.astype(np.float32), order.profile)
    change *= flux.astype(np.float32)[:, None, :]
    change -= order.model
    columns = order.lit_holes % change.shape[2]
    light = np.einsum("nk,kp->np", terms, order.hole_shape) * flux[:, columns]
    light -= order.hole_shape[0] * order.response[0, columns]
    change.reshape(len(change), -1)[:, order.lit_holes] = light
    return change, terms, flux


def unmodelled_light(light, orders):
    """
    Light in the bands of spectral orders that is in none of their models.

    Parameters
    ----------
    light : ndarray of float32, shape (y, x)
        Median image of the star, all orders together.
    orders : list of tuple
        Of each order: Band, holes (y, x), and model (height, x) in the band.

    Returns
    -------
    rest : ndarray of float32, shape (y, x)
        Wings that reach from one band into another, and columns with hardly any light; 0 in
        holes and outside the bands.
    """
    rest = np.zeros_like(light)
    for band, holes, _ in orders:
        inside = np.where(holes, np.float32(0.0), light)
        band.scatter(band.gather(inside), rest)
    for band, _, model in orders:
        band.subtract(model, rest)
    for band, holes, _ in orders:
        places = band.pixels.reshape(-1)
        rest.reshape(-1)[places[holes.reshape(-1)[places]]] = 0.0
    return rest


def crosstalk(name, references, lights):
    """
    What other spectral orders add to the flux of one.

    Parameters
    ----------
    name : str
        The order.
    references : dict of str to SpectralReference
        All orders.
    lights : dict of str to ndarray of float, shape (y, x)
        Median image of each order alone; 0 in holes.

    Returns
    -------
    shares : dict of str to ndarray of float64, shape (3, x)
        For each other order, what a unit of its flux adds to the flux of this one by least
        squares, and to its plain sum, and what its median adds to the former over the median
        of this order; 0 where either has no flux.
    """
    own, shares = references[name], {}
    profile = own.profile[0].astype(np.float64)
    weighted = np.where(profile != 0, own.weight, 0.0) * profile
    norm = (weighted * profile).sum(axis=0)
    for other, reference in references.items():
        if other == name:
            continue
        light = np.where(profile != 0, own.band.gather(lights[other]), 0.0).astype(np.float64)
        known = (norm > 0) & reference.lit
        flux = np.where(known, reference.response[0], 1.0)
        least = (weighted * light).sum(axis=0) / np.where(known, norm, 1.0)
        median = np.where(known & own.lit, own.response[0], np.inf)
        parts = [least / flux, light.sum(axis=0) / flux, least / median]
        shares[other] = np.where(known, np.stack(parts), 0.0)
    return shares


def remove_crosstalk(found, expected, references):
    """
    Take the light of other orders off fluxes, as far as it differs from what was expected.

    Parameters
    ----------
    found : dict of str to ColumnFluxes
        Fluxes of each order, of integrations from which the expected light of all
        other orders is subtracted; changed in place.
    expected : dict of str to ndarray of float64, shape (frames, x)
        That light, as the flux of each order in the same unit.
    references : dict of str to SpectralReference
        All orders.

    Notes
    -----
    A transit is deeper at some wavelengths than at others, and so is the light that one
    order has too much in another.
    """
    surplus = {name: np.nan_to_num(fluxes.flux - expected[name]) for name, fluxes in found.items()}
    variances = {name: np.nan_to_num(fluxes.error) ** 2 for name, fluxes in found.items()}
    for name, fluxes in found.items():
        variance = fluxes.error**2
        for other, (least, plain, _) in references[name].crosstalk.items():
            fluxes.flux[:] -= least * surplus[other]
            fluxes.filled[:] -= plain * surplus[other]
            variance += least**2 * variances[other]
        fluxes.error[:] = np.sqrt(variance)
