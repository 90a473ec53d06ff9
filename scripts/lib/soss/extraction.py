"""
Extract the orders of NIRISS SOSS integrations, decontaminated or not.

Everything that is needed of an image are weighted sums over the rows of its
columns; the models of the orders have one amplitude for each column.
"""

import logging
from dataclasses import dataclass

import numpy as np

from scripts.lib.soss.apertures import Aperture, BoxExtraction, ModelledExtraction
from scripts.lib.soss.atoca.single_order import SingleOrderFit

__all__ = ["IntegrationExtractor", "JointSolver", "Solution", "Spectra", "contamination"]

log = logging.getLogger(__name__)

_JOINT_ORDERS = (1, 2)


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


@dataclass(frozen=True)
class Solution:
    """
    Spectra on the wavelength grids of the models.

    Attributes
    ----------
    joint : ndarray
        Spectra (points, integrations) of orders 1 and 2.
    singles : dict of int to ndarray
        Spectra (integrations, points) of blue order 2 and of order 3.
    """

    joint: np.ndarray
    singles: dict


class JointSolver:
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

        joint = models.joint
        self._pixels = np.flatnonzero(~joint.mask)
        columns = self._pixels % joint.mask.shape[1]
        self._error = median_error.reshape(-1)[self._pixels]
        self._sums = vstack(
            [
                csr_matrix(
                    (
                        profile.reshape(-1)[self._pixels] / self._error,
                        (columns, np.arange(len(columns))),
                    ),
                    shape=(joint.mask.shape[1], len(columns)),
                )
                for profile in joint.profiles
            ]
        ).tocsr()
        self._spread = vstack(joint.projections).T.tocsr()
        self._collect = vstack(
            [
                rebuild.projections[0] @ kernel
                for rebuild, kernel in zip(models.joint_rebuild, joint.kernels, strict=True)
            ]
        ).tocsr()
        self._covered = np.array([rebuild.columns[0] for rebuild in models.joint_rebuild])
        self._fit = models.fit

    def solve(self, images):
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
            Spectra (points, integrations); NaN for an integration without a
            solution.
        """
        sums = np.empty((self._sums.shape[0], len(images)))
        with np.errstate(over="ignore"):
            for column, image in enumerate(images):
                sums[:, column] = self._sums @ (image[self._pixels] / self._error).astype(float)
        return self._fit.solve(self._spread @ sums)

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
        kind = ModelledExtraction if model_bad_pixels and models is not None else BoxExtraction
        self._apertures = {
            order: kind(Aperture(order, weights, scene.masked, scene.reference_pixels, optics))
            for order, weights in scene.weights.items()
        }
        self._joint = None if models is None else JointSolver(models, median_error)
        self._singles = {}
        if models is not None:
            self._singles = {
                order: SingleOrderFit(model) for order, model in models.singles.items()
            }

    def solve(self, images, errors):
        """
        Fit the models to integrations.

        Parameters
        ----------
        images, errors : ndarray
            Data and errors (integrations, rows, columns).

        Returns
        -------
        solution : Solution or None
            Spectra on the grids of the models; None without models. Those of
            an integration without a solution are NaN, with a warning.
        """
        if self._joint is None:
            return None
        images, errors = (array.reshape(len(array), -1) for array in (images, errors))
        singles = {
            order: np.array(
                [single.solve(image, error) for image, error in zip(images, errors, strict=True)]
            )
            for order, single in self._singles.items()
        }
        joint = self._joint.solve(images)
        _warn_of_unsolved("orders 1 and 2", joint.T)
        for order, spectra in singles.items():
            _warn_of_unsolved(f"order {order} alone", spectra)
        return Solution(joint, singles)

    def amplitudes(self, solution):
        """
        Amplitudes of the models of all orders.

        Parameters
        ----------
        solution : Solution or None
            Result of :meth:`solve`.

        Returns
        -------
        amplitudes : dict of int to ndarray
            Values (integrations, columns) for each order, NaN where there is
            no model; empty without models.
        """
        if solution is None:
            return {}
        joint = self._joint.amplitudes(solution.joint)
        found = {order: joint[:, row] for row, order in enumerate(_JOINT_ORDERS)}
        for order, spectra in solution.singles.items():
            alone = np.array([self._singles[order].amplitude(spectrum) for spectrum in spectra])
            joint_part = found.get(order, np.full_like(alone, np.nan))
            found[order] = np.where(np.isnan(joint_part), alone, joint_part)
        return found

    def extract(self, images, errors, amplitudes):
        """
        Sum integrations over the apertures.

        Parameters
        ----------
        images, errors : ndarray
            Data and errors (integrations, rows, columns).
        amplitudes : dict of int to ndarray
            Result of :meth:`amplitudes`; the models that are taken off.

        Returns
        -------
        spectra : dict of int to Spectra
            Spectra of each order.
        """
        images, errors = (array.reshape(len(array), -1) for array in (images, errors))
        spectra = {}
        for order, aperture in self._apertures.items():
            rows = [
                aperture.extract(
                    image, error, {other: values[row] for other, values in amplitudes.items()}
                )
                for row, (image, error) in enumerate(zip(images, errors, strict=True))
            ]
            spectra[order] = Spectra(*(np.array(values) for values in zip(*rows, strict=True)))
        return spectra


def _warn_of_unsolved(name, spectra):
    """Warn if the spectra (integrations, points) of a model have integrations of NaN only."""
    unsolved = int(np.isnan(spectra).all(axis=1).sum())
    if unsolved:
        log.warning(
            "the model of %s has no solution for %d of %d integrations: nothing is subtracted for it there",
            *(name, unsolved, len(spectra)),
        )


def contamination(scene, models, image, error):
    """
    Light of the other orders in the aperture of each order.

    Parameters
    ----------
    scene : Scene
        Detector and masks.
    models : TunedModels or None
        Models of the segment.
    image, error : ndarray
        Typical image (background subtracted) and median errors (rows,
        columns); anything where masked.

    Returns
    -------
    ratio : dict of int to ndarray
        Box sum (columns,) of the models of the other orders over that of the
        order alone, bad pixels left out of both; NaN without models.
    """
    if models is None:
        return {order: np.full(image.shape[1], np.nan) for order in scene.weights}
    extractor = IntegrationExtractor(scene, error, models)
    images, errors = np.where(np.isfinite(image), image, 0.0)[None], error[None]
    amplitudes = extractor.amplitudes(extractor.solve(images, errors))
    plain, clean = (extractor.extract(images, errors, found) for found in ({}, amplitudes))
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        return {order: (plain[order].flux / clean[order].flux - 1)[0] for order in plain}
