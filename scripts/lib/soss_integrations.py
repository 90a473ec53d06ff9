"""
Extract the orders of NIRISS SOSS integrations, decontaminated or not.

Everything that is needed of an image are weighted sums over the rows of its
columns; the models of the orders have one amplitude for each column.
"""

from dataclasses import dataclass

import numpy as np

from scripts.lib.soss_box import blank_empty, nearest_errors
from scripts.lib.soss_single import SingleOrderFit

_RED_ORDERS = (1, 2)


@dataclass(frozen=True)
class Spectra:
    """
    Spectra of one order.

    Attributes
    ----------
    flux, error, npixels : ndarray
        Box sums, their errors and sums of weights (integrations, columns).
    """

    flux: np.ndarray
    error: np.ndarray
    npixels: np.ndarray


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
    optics : dict of int to OrderOptics
        All orders.
    """

    def __init__(self, order, weights, masked, optics):
        self.order = order
        self._n_columns = weights.shape[1]
        self.pixels = np.flatnonzero(weights > 0)
        self.columns = self.pixels % self._n_columns
        self.weights = weights.reshape(-1)[self.pixels]
        self.masked = masked.reshape(-1)[self.pixels]
        self.profiles = {
            number: one.profile.reshape(-1)[self.pixels].astype(float)
            for number, one in optics.items()
        }

    def sum(self, values):
        """Sum values (pixels,) of the aperture over the rows of each column."""
        return np.bincount(self.columns, values, self._n_columns)

    def model(self, order, amplitudes):
        """Model (pixels,) of an order from its amplitudes (columns,); NaN is taken as 0."""
        return self.profiles[order] * np.nan_to_num(amplitudes)[self.columns]


class RedSolver:
    """
    Amplitudes of orders 1 and 2 from images.

    Parameters
    ----------
    models : TunedModels
        Models of the segment.
    median_error : ndarray
        Median errors (rows, columns), float32.
    """

    def __init__(self, models, median_error):
        from scipy.sparse import csr_matrix, vstack

        red = models.red
        self._pixels = np.flatnonzero(~red.mask)
        columns = self._pixels % red.mask.shape[1]
        self._error = median_error.reshape(-1)[self._pixels]
        self._sums = vstack(
            [
                csr_matrix(
                    (
                        profile.reshape(-1)[self._pixels] / self._error,
                        (columns, np.arange(len(columns))),
                    ),
                    shape=(red.mask.shape[1], len(columns)),
                )
                for profile in red.profiles
            ]
        ).tocsr()
        self._spread = vstack(red.projections).T.tocsr()
        self._collect = vstack(
            [
                rebuild.projections[0] @ kernel
                for rebuild, kernel in zip(models.red_rebuild, red.kernels, strict=True)
            ]
        ).tocsr()
        self._covered = np.array([rebuild.columns[0] for rebuild in models.red_rebuild])
        self._factors = models.factors

    def spectra(self, images):
        """
        Spectra on the wavelength grid.

        Parameters
        ----------
        images : ndarray
            Data (integrations, pixels of the image); the quotient of data and
            median error is taken in their type.

        Returns
        -------
        spectra : ndarray
            Spectra (points, integrations).
        """
        sums = np.empty((self._sums.shape[0], len(images)))
        for place, image in enumerate(images):
            sums[:, place] = self._sums @ (image[self._pixels] / self._error).astype(float)
        return self._factors.solve(self._spread @ sums)

    def amplitudes(self, spectra):
        """
        Amplitudes of the models of orders 1 and 2.

        Parameters
        ----------
        spectra : ndarray
            Spectra (points, integrations).

        Returns
        -------
        amplitudes : ndarray
            Values (integrations, orders, columns); NaN beyond the grid.
        """
        amplitudes = (self._collect @ spectra).T.reshape(spectra.shape[1], *self._covered.shape)
        return np.where(self._covered, amplitudes, np.nan)


class IntegrationExtractor:
    """
    Extraction of integrations that share apertures, masks and models.

    Parameters
    ----------
    scene : Scene
        Detector and masks.
    median_error : ndarray
        Median errors (rows, columns), float32.
    models : TunedModels or None
        Models for decontamination; None extracts the image as it is.
    model_bad_pixels : bool
        Whether bad pixels take the value of the model, or are left out.
    """

    def __init__(self, scene, median_error, models=None, model_bad_pixels=False):
        optics = scene.optics if models is None else models.optics
        self._orders = list(scene.weights)
        self._model_bad_pixels = model_bad_pixels and models is not None
        self._apertures = [
            Aperture(order, weights, scene.masked, optics)
            for order, weights in scene.weights.items()
        ]
        self._shared = scene.outside_all
        self.red = None if models is None else RedSolver(models, median_error)
        self._singles = {}
        if models is not None:
            self._singles = {
                order: SingleOrderFit(model) for order, model in models.singles.items()
            }

    def amplitudes(self, images, errors, spectra=None):
        """
        Amplitudes of the models of all orders.

        Parameters
        ----------
        images, errors : ndarray
            Data and errors (integrations, rows, columns).
        spectra : ndarray, optional
            Result of :meth:`RedSolver.spectra`, if known already.

        Returns
        -------
        amplitudes : dict of int to ndarray
            Values (integrations, columns) for each order, NaN where there is
            no model; empty without models.
        """
        if self.red is None:
            return {}
        flat = images.reshape(len(images), -1)
        if spectra is None:
            spectra = self.red.spectra(flat)
        red = self.red.amplitudes(spectra)
        found = {order: red[:, place] for place, order in enumerate(_RED_ORDERS)}
        for order, single in self._singles.items():
            alone = np.array(
                [
                    single.amplitude(single.solve(image, error))
                    for image, error in zip(flat, errors.reshape(len(errors), -1), strict=True)
                ]
            )
            found[order] = (
                np.where(np.isnan(found[order]), alone, found[order]) if order in found else alone
            )
        return found

    def extract(self, images, errors, amplitudes):
        """
        Sum integrations over the apertures.

        Parameters
        ----------
        images, errors : ndarray
            Data and errors (integrations, rows, columns).
        amplitudes : dict of int to ndarray
            Result of :meth:`amplitudes`.

        Returns
        -------
        spectra : dict of int to Spectra
            Spectra of each order.
        """
        images, errors = (array.reshape(len(array), -1) for array in (images, errors))
        extract_one = self._extract_modelled if self._model_bad_pixels else self._extract_masked
        spectra = {}
        for aperture in self._apertures:
            rows = [
                extract_one(
                    aperture,
                    image[aperture.pixels],
                    error[aperture.pixels],
                    {order: values[place] for order, values in amplitudes.items()},
                )
                for place, (image, error) in enumerate(zip(images, errors, strict=True))
            ]
            spectra[aperture.order] = Spectra(
                *(np.array(values) for values in zip(*rows, strict=True))
            )
        return spectra

    def _extract_masked(self, aperture, data, error, amplitudes):
        """Flux, error and number of pixels of one order in one integration, bad pixels left out."""
        weights = np.where(aperture.masked | ~(error > 0), 0.0, aperture.weights)
        data = self._decontaminated(aperture, data, amplitudes)
        return _sums(aperture, weights, data, error)

    def _extract_modelled(self, aperture, data, error, amplitudes):
        """Flux, error and number of pixels of one order, bad pixels replaced by its model."""
        bad = aperture.masked | ~(error > 0)
        data = self._decontaminated(aperture, data, amplitudes)
        own = amplitudes.get(aperture.order)
        modelled = np.zeros(len(data), bool)
        if own is not None:
            modelled = np.isfinite(own)[aperture.columns]
        replaced = bad & modelled
        data = np.where(replaced, aperture.model(aperture.order, own), data)
        error = error.copy()
        error[replaced] = nearest_errors(data[replaced], data[~bad], error[~bad])
        weights = np.where(bad & ~replaced, 0.0, aperture.weights)
        return _sums(aperture, weights, data, error)

    def _decontaminated(self, aperture, data, amplitudes):
        """Data of an aperture without the models of the other orders."""
        data = data.astype(float)
        for order, values in amplitudes.items():
            if order != aperture.order:
                data -= aperture.model(order, values)
        return data


def _sums(aperture, weights, data, error):
    """Box sums of one integration."""
    used = weights > 0
    flux = aperture.sum(np.where(used, weights * data, 0.0))
    with np.errstate(invalid="ignore", over="ignore"):
        variance = aperture.sum(np.where(used, weights * error**2, 0.0))
    return blank_empty(flux, np.sqrt(variance), aperture.sum(weights))
