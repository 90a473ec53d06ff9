"""References and apertures of a NIRISS SOSS segment."""

import logging
from dataclasses import dataclass

import numpy as np

from scripts.lib.soss.atoca.detector_model import OrderOptics
from scripts.lib.soss.atoca.kernel import Kernel
from scripts.lib.soss.box import box_weights
from scripts.lib.soss.geometry import order_geometries
from scripts.lib.soss.references import read_kernels, read_profiles
from scripts.lib.soss.traces import Throughput

__all__ = ["Scene", "SossReferences", "build_scene", "load_references"]

log = logging.getLogger(__name__)

# Order 3, like blue order 2, is modelled at its own resolution.
_CONVOLVED_ORDERS = (1, 2)


@dataclass(frozen=True)
class Scene:
    """
    Detector and masks of a segment.

    Attributes
    ----------
    optics : dict of int to OrderOptics
        How the orders fall.
    geometry : dict of int to OrderGeometry
        Traces.
    weights : dict of int to ndarray
        Box weights (rows, columns) of the orders to extract.
    masked : ndarray
        Pixels (rows, columns) that are bad in all integrations.
    reference_pixels : ndarray
        Reference pixels that are not bad.
    separation : tuple of float
        Limits [µm] of the model of orders 1 and 2, and of blue order 2.
    single_orders : bool
        Whether blue order 2 and order 3 are modelled (not for SUBSTRIP96).
    """

    optics: dict
    geometry: dict
    weights: dict
    masked: np.ndarray
    reference_pixels: np.ndarray
    separation: tuple
    single_orders: bool

    def outside(self, order):
        """Pixels outside the aperture of an order."""
        return ~(self.weights[order] > 0) | self.reference_pixels

    @property
    def outside_all(self):
        """Pixels outside the apertures of all orders."""
        return np.all([self.outside(order) for order in self.weights], axis=0)


@dataclass(frozen=True)
class SossReferences:
    """
    References of a segment, turned to its pupil-wheel position.

    Attributes
    ----------
    geometry : dict of int to OrderGeometry
        Traces and wavelengths of the orders to extract.
    optics : dict of int to OrderOptics
        How they fall on the detector.
    separation : tuple of float
        Limits [µm] of the models.
    """

    geometry: dict
    optics: dict
    separation: tuple


def load_references(traces, paths, position, subarray, shape, order_3):
    """
    Read the references of a segment.

    Parameters
    ----------
    traces : TraceReference
        Content of ``pastasoss``.
    paths : dict of str to str
        Files ``pastasoss``, ``specprofile`` and ``speckernel``.
    position : float
        Position of the pupil wheel [deg].
    subarray : str
        SUBSTRIP96 or SUBSTRIP256.
    shape : tuple of int
        Rows and columns of the images.
    order_3 : bool
        Whether order 3 is wanted; it is never extracted from SUBSTRIP96.

    Returns
    -------
    references : SossReferences
        What they say about each order.

    Raises
    ------
    InputError
        If a reference does not fit the segment.
    """
    geometry = order_geometries(traces, position, subarray, shape[1], order_3=order_3)
    if order_3 and subarray != "SUBSTRIP96" and 3 not in geometry:
        log.warning("%s: found no spectral order 3, which is not extracted", paths["pastasoss"])
    profiles = read_profiles(paths["specprofile"], shape, list(geometry))
    kernels = read_kernels(paths["speckernel"])
    optics = {}
    for order in geometry:
        entry, kernel = traces.orders[order], None
        if order in _CONVOLVED_ORDERS:
            trace = np.zeros(shape[1])
            trace[: len(geometry[order].trace_wavelength)] = geometry[order].trace_wavelength
            kernel = Kernel(kernels.wavelengths, kernels.kernels, kernels.halfwidth, trace)
        throughput = Throughput(entry.throughput_wavelength, entry.throughput)
        wavelength = geometry[order].wavelength
        optics[order] = OrderOptics(wavelength, profiles[order], throughput, kernel)
    return SossReferences(geometry, optics, traces.separation)


def build_scene(references, subarray, width, masked, reference_pixels):
    """
    Apertures and masks of a segment.

    Parameters
    ----------
    references : SossReferences
        Traces.
    subarray : str
        SUBSTRIP96 or SUBSTRIP256. Of SUBSTRIP96 all pixels make the aperture
        of order 2, and blue order 2 is not modelled.
    width : float
        Width of the box in pixels.
    masked, reference_pixels : ndarray
        Masks (rows, columns).

    Returns
    -------
    scene : Scene
        The scene.
    """
    weights = {
        order: box_weights(geometry.trace_rows, width, masked.shape)
        for order, geometry in references.geometry.items()
    }
    if subarray == "SUBSTRIP96":
        weights[2] = np.ones(masked.shape)
    return Scene(
        references.optics,
        references.geometry,
        weights,
        masked,
        reference_pixels,
        references.separation,
        subarray != "SUBSTRIP96",
    )
