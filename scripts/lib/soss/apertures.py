"""Sums of NIRISS SOSS integrations over the apertures of the orders, with or without decontamination."""

import numpy as np

from scripts.lib.soss.box import blank_empty, nearest_errors

__all__ = ["Aperture", "BoxExtraction", "ModelledExtraction"]


class Aperture:
    """
    Pixels of the aperture of one order.

    Parameters
    ----------
    order : int
        Spectral order.
    weights : ndarray
        Box weights (rows, columns).
    masked : ndarray
        Pixels that are bad in all integrations.
    reference_pixels : ndarray
        Reference pixels, which see no light: no model replaces them.
    optics : dict of int to OrderOptics
        All orders.
    """

    def __init__(self, order, weights, masked, reference_pixels, optics):
        self.order, self.n_columns = order, weights.shape[1]
        self.pixels = np.flatnonzero(weights > 0)
        self.columns = self.pixels % self.n_columns
        self.weights = weights.reshape(-1)[self.pixels]
        self.masked = masked.reshape(-1)[self.pixels]
        self.is_reference = reference_pixels.reshape(-1)[self.pixels]
        self.profiles = {
            number: one.profile.reshape(-1)[self.pixels].astype(float)
            for number, one in optics.items()
        }

    def sum(self, values):
        """Sum values (pixels,) of the aperture over the rows of each column."""
        return np.bincount(self.columns, values, self.n_columns)

    def model(self, order, amplitudes):
        """Model (pixels,) of an order from its amplitudes (columns,); NaN is taken as 0."""
        return self.profiles[order] * np.nan_to_num(amplitudes)[self.columns]


class BoxExtraction:
    """
    Sums over an aperture, its bad pixels left out.

    Parameters
    ----------
    aperture : Aperture
        The aperture.

    Notes
    -----
    As long as the same pixels are bad, what the models of other orders add to
    the sums is their amplitude times a number for each column.
    """

    def __init__(self, aperture):
        from scipy.sparse import csr_matrix

        self._aperture = aperture
        used = np.flatnonzero(~aperture.masked)
        weights, columns = aperture.weights[used], aperture.columns[used]
        self._used = aperture.pixels[used]
        self._sums = csr_matrix(
            (weights, (columns, np.arange(len(used)))), shape=(aperture.n_columns, len(used))
        )
        self._npixels = np.bincount(columns, weights, aperture.n_columns)
        self._shares = {
            order: np.bincount(columns, weights * profile[used], aperture.n_columns)
            for order, profile in aperture.profiles.items()
            if order != aperture.order
        }

    def extract(self, image, error, amplitudes):
        """
        Extract one integration.

        Parameters
        ----------
        image, error : ndarray
            Data and errors (pixels of the image,).
        amplitudes : dict of int to ndarray
            Amplitudes (columns,) of the models of all orders.

        Returns
        -------
        flux, error, npixels : ndarray
            Box sums (columns,); NaN where no pixel is left.
        """
        aperture = self._aperture
        used_error = error[self._used].astype(float)
        if not (used_error > 0).all():
            error = error[aperture.pixels].astype(float)
            weights = np.where(aperture.masked | ~(error > 0), 0.0, aperture.weights)
            data = _decontaminated(aperture, image[aperture.pixels], amplitudes)
            return _weighted_sums(aperture, weights, data, error)
        flux = self._sums @ image[self._used].astype(float)
        for order, values in amplitudes.items():
            if order != aperture.order:
                flux -= self._shares[order] * np.nan_to_num(values)
        variance = self._sums @ (used_error * used_error)
        return blank_empty(flux, np.sqrt(variance), self._npixels)


class ModelledExtraction:
    """
    Sums over an aperture, its bad pixels replaced by the order's model.

    Parameters
    ----------
    aperture : Aperture
        The aperture.
    """

    def __init__(self, aperture):
        self._aperture = aperture

    def extract(self, image, error, amplitudes):
        """Extract one integration, as :meth:`BoxExtraction.extract`."""
        aperture, own = self._aperture, amplitudes[self._aperture.order]
        error = error[aperture.pixels].astype(float)
        bad = aperture.masked | ~(error > 0)
        data = _decontaminated(aperture, image[aperture.pixels], amplitudes)
        replaced = bad & np.isfinite(own)[aperture.columns] & ~aperture.is_reference
        data = np.where(replaced, aperture.model(aperture.order, own), data)
        error[replaced] = nearest_errors(data[replaced], data[~bad], error[~bad])
        weights = np.where(bad & ~replaced, 0.0, aperture.weights)
        return _weighted_sums(aperture, weights, data, error)


def _decontaminated(aperture, data, amplitudes):
    """
    Data of an aperture without the models of the other orders.

    Parameters
    ----------
    aperture : Aperture
        The aperture.
    data : ndarray
        Data (pixels of the aperture,).
    amplitudes : dict of int to ndarray
        Amplitudes (columns,) of all orders; NaN where there is no model.

    Returns
    -------
    data : ndarray
        Differences (pixels of the aperture,), float64.
    """
    data = data.astype(float)
    for order, values in amplitudes.items():
        if order != aperture.order:
            data -= aperture.model(order, values)
    return data


def _weighted_sums(aperture, weights, data, error):
    """
    Box sums of one integration with weights of its own.

    Parameters
    ----------
    aperture : Aperture
        The aperture.
    weights, data, error : ndarray
        Weights, data and errors (pixels of the aperture,); anything where the
        weight is 0.

    Returns
    -------
    flux, error, npixels : ndarray
        Sums (columns,); NaN where no pixel is left.
    """
    used = weights > 0
    flux = aperture.sum(np.where(used, weights * data, 0.0))
    with np.errstate(invalid="ignore", over="ignore"):
        variance = aperture.sum(np.where(used, weights * error**2, 0.0))
    return blank_empty(flux, np.sqrt(variance), aperture.sum(weights))
