"""Interface of a scene, and noise-free images of a dispersed star."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

__all__ = ["Scene", "SpectralScene", "enclosed_share"]

_WING_SHARE = 0.08
_WING_WIDTH = 4.0


class Scene(Protocol):
    """Interface of a star's image; see `SpectralScene` and `ImagingScene`."""

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
