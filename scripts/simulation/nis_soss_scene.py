"""Noise-free images of a star through the GR700XD grism: three orders, one over the other."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from scripts.simulation.nis_soss_orders import COLUMNS
from scripts.simulation.nis_soss_star import flux_density
from scripts.simulation.scene import CORE_WIDENING, TILT_WING_WIDTH, relative_slope

__all__ = [
    "KERNEL_HALF_WIDTH",
    "OrderLight",
    "SossScene",
    "column_light",
    "electron_scale",
    "kernel",
    "spatial_profile",
    "zodiacal_light",
]

_BOX_WIDTH = 40
KERNEL_HALF_WIDTH = 10
_PEAK_RATE = 12500.0
_SUBPIXELS = 8
_ZODIACAL_EDGE = 700
_ZODIACAL_STEP = 0.62
# Centre and width (pixels) and share of the light: the image is made broad by a cylindrical lens.
_PARTS_OF_PROFILE = (
    (-8.3, 2.3, 0.220),
    (-4.2, 2.3, 0.165),
    (0.0, 2.3, 0.170),
    (4.2, 2.3, 0.170),
    (8.3, 2.3, 0.225),
    (0.0, 16.0, 0.050),
)
_PROFILE_REACH = 120.0
_PROFILE_STEPS = 24001


@dataclass(frozen=True)
class OrderLight:
    """
    Light of the star in one spectral order, out of transit; vectors along the columns.

    Attributes
    ----------
    order : int
        Spectral order.
    wavelength : ndarray, shape (columns,)
        Wavelength, micron.
    trace : ndarray, shape (columns,)
        Row of the trace, from 0 at the bottom of the subarray.
    electron_rate : ndarray, shape (columns,)
        Electrons per second in a whole column.
    """

    order: int
    wavelength: np.ndarray
    trace: np.ndarray
    electron_rate: np.ndarray


@dataclass(frozen=True)
class SossScene:
    """
    A star's spectra on the detector; its vectors hold the columns of order 1, then 2, then 3.

    Attributes
    ----------
    shape : tuple of int
        Rows and columns.
    orders : tuple of OrderLight
        The spectral orders.
    background : float
        Zodiacal light on its bright side, electrons per second and pixel.
    conversion : float
        Units of the data per electron per second.
    depth : ndarray, shape (orders * columns,)
        Depth of the transit, for the truth.
    """

    shape: tuple[int, int]
    orders: tuple[OrderLight, ...]
    background: float
    conversion: float
    depth: np.ndarray

    @cached_property
    def wavelength(self):
        """Wavelength of all columns of all orders, micron."""
        return np.concatenate([order.wavelength for order in self.orders])

    def image(self, light, pointing):
        """
        Electron rates of one integration.

        Parameters
        ----------
        light : ndarray, shape (orders * columns,)
            The star's relative light.
        pointing : float
            Displacement of the star along the columns, pixels.

        Returns
        -------
        ndarray, shape (rows, columns)
            Electrons per second and pixel.
        """
        found = self.background_image()
        parts = np.split(light, len(self.orders))
        for order, part in zip(self.orders, parts, strict=True):
            profile = spatial_profile(self.shape[0], order.trace + pointing, order.wavelength)
            profile *= order.electron_rate * part
            found += profile
        return found

    @property
    def element_shape(self):
        """Orders; elements are columns."""
        return len(self.orders), 1, self.shape[1]

    def background_image(self):
        """Electrons per second of the background, shape (rows, columns)."""
        return np.tile(self.background * zodiacal_light(self.shape[1]), (self.shape[0], 1))

    def templates(self, motion):
        """
        Electrons per second of the star out of transit, by order.

        Parameters
        ----------
        motion : ndarray, shape (3,)
            Displacement in x and y, pixels, and share of the light in the wings of a tilt event.

        Returns
        -------
        ndarray, shape (orders, rows, columns)
            Electrons per second and pixel.
        """
        wings = motion[2]
        found = []
        for order in self.orders:
            place = self.shape[0], order.trace + motion[1], order.wavelength
            profile = spatial_profile(*place, 1.0 + CORE_WIDENING * wings)
            if wings:
                wide = spatial_profile(*place, TILT_WING_WIDTH)
                profile = (1.0 - wings) * profile + wings * wide
            found.append(order.electron_rate * profile)
        return np.stack(found)

    def moved_light(self, light, motion):
        """
        Relative light of every column when the star is displaced along the dispersion.

        Parameters
        ----------
        light : ndarray, shape (orders * columns,)
            The star's relative light.
        motion : ndarray, shape (3,)
            Displacement in x and y, pixels, and a share that does not matter here.

        Returns
        -------
        ndarray, shape (orders * columns,)
            Relative light, to first order in the displacement.
        """
        slopes = [relative_slope(order.electron_rate) for order in self.orders]
        return light * np.maximum(1.0 - motion[0] * np.concatenate(slopes), 0.0)

    def light(self):
        """The star's summed light in every column of every order, units of the data."""
        rates = np.concatenate([order.electron_rate for order in self.orders])
        return rates * self.conversion

    def conversion_image(self):
        """Units of the data per electron per second, shape (rows, columns)."""
        return np.broadcast_to(np.float64(self.conversion), self.shape)

    def truth(self):
        """
        Describe the scene.

        Returns
        -------
        dict of ndarray, shape (orders * columns,)
            order, column, wavelength (micron), trace (row from 0), depth and contamination: light
            of the other orders in a box of 40 pixels about the trace over the order's own, NaN
            without any of its own.
        """
        columns = np.arange(self.shape[1])
        return {
            "order": np.repeat([order.order for order in self.orders], columns.size),
            "column": np.tile(columns, len(self.orders)),
            "wavelength": self.wavelength,
            "trace": np.concatenate([order.trace for order in self.orders]),
            "depth": self.depth,
            "contamination": self.contamination(),
        }

    def contamination(self):
        """Light of other orders over an order's own in the box about its trace."""
        rows = np.arange(self.shape[0])[:, None]
        images = [
            order.electron_rate * spatial_profile(self.shape[0], order.trace, order.wavelength)
            for order in self.orders
        ]
        total = np.sum(images, axis=0)
        shares = []
        for order, image in zip(self.orders, images, strict=True):
            box = np.abs(rows - order.trace) <= _BOX_WIDTH / 2
            own = np.sum(image * box, axis=0)
            known = np.where(own > 0.0, own, np.nan)
            shares.append(np.sum(total * box, axis=0) / known - 1.0)
        return np.concatenate(shares)


def spatial_profile(rows, trace, wavelength, factor=1.0):
    """
    Share of a column's light in every pixel.

    Five Gaussians side by side make a flat top with higher edges, a sixth the wings; the image
    grows by 3 per cent per micron.

    Parameters
    ----------
    rows : int
        Rows of the image.
    trace : ndarray, shape (columns,)
        Row of the trace.
    wavelength : ndarray, shape (columns,)
        Wavelength, micron.
    factor : float, optional
        Width over the usual one.

    Returns
    -------
    ndarray, shape (rows, columns)
        Shares; they add up to less than 1 in columns whose trace is near an edge or off the image.
    """
    edges = np.arange(rows + 1)[:, None] - 0.5 - trace
    edges /= factor * (1.0 + 0.03 * (wavelength - 1.0))
    return np.diff(np.interp(edges, *_enclosed_light()), axis=0)


def _enclosed_light():
    """Light below a distance (pixels) from the trace; all of it is within the last distance."""
    from scipy.special import ndtr

    distance = np.linspace(-_PROFILE_REACH, _PROFILE_REACH, _PROFILE_STEPS)
    parts = [share * ndtr((distance - x) / width) for x, width, share in _PARTS_OF_PROFILE]
    light = np.sum(parts, axis=0)
    return distance, (light - light[0]) / (light[-1] - light[0])


def kernel(offset, wavelength):
    """
    Image of a line along the dispersion: a narrow core and a wing.

    Parameters
    ----------
    offset : ndarray
        Distance from the line, pixels.
    wavelength : ndarray
        Wavelength of the line, micron, which broadens the image.

    Returns
    -------
    ndarray
        Light per pixel of a line of unit light.
    """
    width = 0.7 + 0.15 * wavelength
    core, wing = (offset / width) ** 2, (offset / (3.0 * width)) ** 2
    peak = 1.0 / (np.sqrt(2.0 * np.pi) * width)
    return peak * (0.92 * np.exp(-0.5 * core) + 0.08 / 3.0 * np.exp(-0.5 * wing))


def zodiacal_light(columns):
    """
    Zodiacal light relative to its bright side: a step where the filter's edge is, and slopes.

    Parameters
    ----------
    columns : int
        Columns of the subarray.

    Returns
    -------
    ndarray, shape (columns,)
        Light; 1 on the bright side.
    """
    column = np.arange(columns)
    step = np.where(column < _ZODIACAL_EDGE, _ZODIACAL_STEP, 1.0)
    return step * (1.0 - 1e-4 * np.abs(column - _ZODIACAL_EDGE))


def column_light(optics, wheel_offset):
    """
    Light of the star in every column of an order, arbitrary scale common to all orders.

    The star's spectrum is blurred by the kernel, multiplied by the throughput and the energy of a
    photon, and integrated over the column.

    Parameters
    ----------
    optics : OrderOptics
        The order.
    wheel_offset : float
        Position of the pupil wheel minus the commanded one, degrees.

    Returns
    -------
    ndarray, shape (2048,)
        Photons.
    """
    reach = KERNEL_HALF_WIDTH * _SUBPIXELS
    steps = np.arange(-reach, COLUMNS * _SUBPIXELS + reach)
    wavelength = optics.wavelengths((steps + 0.5) / _SUBPIXELS - 0.5, wheel_offset)
    spectrum = flux_density(wavelength) / wavelength**2
    seen = slice(reach, -reach)
    blurred, total = np.zeros(COLUMNS * _SUBPIXELS), np.zeros(COLUMNS * _SUBPIXELS)
    for shift in range(-reach, reach + 1):
        weight = kernel(np.float64(shift / _SUBPIXELS), wavelength[seen])
        blurred += weight * spectrum[reach + shift : reach + shift + blurred.size]
        total += weight
    step = np.abs(np.gradient(wavelength))[seen]
    wavelength = wavelength[seen]
    photons = blurred / total * optics.throughput(wavelength) * wavelength * step
    return photons.reshape(COLUMNS, _SUBPIXELS).sum(axis=1)


def electron_scale(orders):
    """
    Electrons per second for a unit of `column_light`, such that order 1 has a usual peak.

    Parameters
    ----------
    orders : tuple of OrderOptics
        Spectral orders, the first one first.

    Returns
    -------
    float
        Electrons per second.
    """
    return _PEAK_RATE / float(column_light(orders[0], 0.0).max())
