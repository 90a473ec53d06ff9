"""Interface of a scene, and noise-free images of a dispersed star."""

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

__all__ = [
    "CORE_WIDENING",
    "TILT_WING_WIDTH",
    "Scene",
    "SpectralScene",
    "enclosed_share",
    "relative_slope",
]

# A tilt event widens the core of the star's image by this times the share of light in its wings,
CORE_WIDENING = 4.0 / 3.0
# which are so many times as wide as the core.
TILT_WING_WIDTH = 2.5

_WING_SHARE = 0.08
_WING_WIDTH = 4.0


class Scene(Protocol):
    """
    Interface of a star's image; see `SpectralScene` and `ImagingScene`.

    The star's light comes in elements of one wavelength each: columns, rows, or the whole image. A
    scene of real frames has no `element_shape`, `background_image`, `templates` and `moved_light`.
    """

    @property
    def shape(self):
        """Rows and columns."""

    @property
    def wavelength(self):
        """Wavelengths of the light curve, micron."""

    def image(self, light, pointing):
        """
        Electrons per second and pixel of one integration.

        Parameters
        ----------
        light : ndarray, shape (wavelengths,)
            Relative light of the star.
        pointing : ndarray or float
            Pointing of this integration, an element of the result of the mode's `pointing`.

        Returns
        -------
        ndarray, shape (rows, columns)
            Expected electrons.
        """

    @property
    def element_shape(self):
        """Orders, and rows and columns of the array of elements, which broadcasts over the image."""

    def background_image(self):
        """Electrons per second of the background, shape (rows, columns)."""

    def templates(self, motion):
        """
        Electrons per second of the star out of transit, by spectral order.

        Parameters
        ----------
        motion : ndarray, shape (3,)
            Displacement in x and y, pixels, and share of the light in the wings of a tilt event;
            of the displacement along the dispersion nothing is seen here.

        Returns
        -------
        ndarray, shape (orders, rows, columns)
            Electrons per second and pixel.
        """

    def moved_light(self, light, motion):
        """
        Relative light of every element when the star is displaced along the dispersion.

        Parameters
        ----------
        light : ndarray, shape (wavelengths,)
            Relative light of the star.
        motion : ndarray, shape (3,)
            As of `templates`.

        Returns
        -------
        ndarray, shape (wavelengths,)
            Relative light, to first order in the displacement.
        """

    def light(self):
        """The star's summed light at every wavelength in units of the data."""

    def conversion_image(self):
        """Units of the data per electron per second."""

    def truth(self):
        """Arrays that describe the scene, by name."""


@dataclass(frozen=True)
class SpectralScene:
    """
    A star's spectrum on a detector, out of transit.

    Vectors run along the dispersion axis; the trace is counted in pixels of the other axis.

    Attributes
    ----------
    shape : tuple of int
        Rows and columns.
    dispersion_axis : {1, 2}
        1: wavelength along the columns (horizontal); 2: along the rows (vertical).
    wavelength : ndarray, shape (dispersion,)
        Wavelength of the star's light, micron.
    trace, width : ndarray, shape (dispersion,)
        Centre and standard deviation of the star's image across the dispersion, pixels.
    electron_rate : ndarray, shape (dispersion,)
        The star's electrons per second in a whole dispersion element.
    background_rate : float
        Electrons per second and pixel.
    conversion : ndarray, shape (dispersion,)
        Units of the data per electron per second.
    """

    shape: tuple[int, int]
    dispersion_axis: int
    wavelength: np.ndarray
    trace: np.ndarray
    width: np.ndarray
    electron_rate: np.ndarray
    background_rate: float
    conversion: np.ndarray

    def image(self, light, pointing):
        """
        Electron rates of one integration.

        Parameters
        ----------
        light : ndarray, shape (dispersion,)
            The star's relative light.
        pointing : float
            Cross-dispersion displacement of the star, pixels.

        Returns
        -------
        ndarray, shape (rows, columns)
            Electrons per second and pixel.
        """
        size = self.shape[self.dispersion_axis - 1]
        across = self.electron_rate * light * self.profile(size, pointing)
        across += self.background_rate
        return across if self.dispersion_axis == 1 else across.T

    def profile(self, size, offset):
        """
        Share of the star's light in every pixel, shape (cross-dispersion, dispersion).

        A Gaussian core and a Gaussian wing four times as wide, integrated over the pixels.

        Parameters
        ----------
        size : int
            Pixels across the dispersion.
        offset : float
            Displacement of the star, pixels.

        Returns
        -------
        ndarray, shape (cross-dispersion, dispersion)
            Shares.
        """
        edges = np.arange(size + 1)[:, None] - 0.5 - (self.trace + offset)
        return np.diff(_cumulative(edges / self.width), axis=0)

    @property
    def element_shape(self):
        """One order; elements are columns or rows."""
        vector = (1, self.shape[1]) if self.dispersion_axis == 1 else (self.shape[0], 1)
        return (1, *vector)

    def background_image(self):
        """Electrons per second of the background, shape (rows, columns)."""
        return np.full(self.shape, self.background_rate)

    def templates(self, motion):
        """
        Electrons per second of the star out of transit.

        Parameters
        ----------
        motion : ndarray, shape (3,)
            Displacement in x and y, pixels, and share of the light in the wings of a tilt event.

        Returns
        -------
        ndarray, shape (1, rows, columns)
            Electrons per second and pixel.
        """
        across, wings = motion[2 - self.dispersion_axis], motion[2]
        size = self.shape[self.dispersion_axis - 1]
        profile = self._wider(1.0 + CORE_WIDENING * wings).profile(size, across)
        if wings:
            wide = self._wider(TILT_WING_WIDTH).profile(size, across)
            profile = (1.0 - wings) * profile + wings * wide
        profile *= self.electron_rate
        return (profile if self.dispersion_axis == 1 else profile.T)[np.newaxis]

    def _wider(self, factor):
        """Return the scene with the star's image wider by a factor."""
        return replace(self, width=factor * self.width)

    def moved_light(self, light, motion):
        """
        Relative light of every element when the star is displaced along the dispersion.

        Parameters
        ----------
        light : ndarray, shape (dispersion,)
            The star's relative light.
        motion : ndarray, shape (3,)
            Displacement in x and y, pixels, and a share that does not matter here.

        Returns
        -------
        ndarray, shape (dispersion,)
            Relative light, to first order in the displacement.
        """
        along = motion[self.dispersion_axis - 1]
        return light * np.maximum(1.0 - along * relative_slope(self.electron_rate), 0.0)

    def truth(self):
        """Wavelength, trace and width of the star's image, along the dispersion axis."""
        return {"wavelength": self.wavelength, "trace": self.trace, "width": self.width}

    def light(self):
        """The star's summed light per dispersion element in units of the data."""
        return self.electron_rate * self.conversion

    def conversion_image(self):
        """Units of the data per electron per second, shape (rows, columns)."""
        vector = self.conversion if self.dispersion_axis == 1 else self.conversion[:, None]
        return np.broadcast_to(vector, self.shape)


def relative_slope(rate):
    """
    Relative change of a spectrum from one element to the next.

    Parameters
    ----------
    rate : ndarray, shape (elements,)
        The spectrum.

    Returns
    -------
    ndarray, shape (elements,)
        Slope over value; 0 where there is no light.
    """
    return np.divide(np.gradient(rate), rate, out=np.zeros(rate.shape), where=rate > 0.0)


def enclosed_share(size, width, centre):
    """
    Share of the star's light in an aperture across the dispersion.

    Parameters
    ----------
    size : ndarray
        Width of the aperture, pixels.
    width : ndarray
        Standard deviation of the core of the star's image, pixels.
    centre : ndarray or float
        Distance of the star from the aperture's middle, pixels.

    Returns
    -------
    ndarray
        Share between 0 and 1, of the arguments' common shape.
    """
    upper, lower = (size / 2.0 - centre) / width, (-size / 2.0 - centre) / width
    return _cumulative(upper) - _cumulative(lower)


def _cumulative(distance):
    """Light below a distance from the star, in standard deviations of the core."""
    from scipy.special import ndtr

    return (1.0 - _WING_SHARE) * ndtr(distance) + _WING_SHARE * ndtr(distance / _WING_WIDTH)
