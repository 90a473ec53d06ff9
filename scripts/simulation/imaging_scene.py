"""Noise-free images of a star in imaging, from optics or from real frames."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.fft

from scripts.simulation.optics import Optics, frequencies
from scripts.simulation.scene import CORE_WIDENING, TILT_WING_WIDTH

__all__ = ["ImagingScene", "Source"]


@dataclass(frozen=True)
class Source:
    """
    Star and background of an image.

    Attributes
    ----------
    position : tuple of float
        Column and row of the star without displacement, 0-based.
    wavelength : float
        Wavelength of the light curve, micron.
    electron_rate : float
        The star's electrons per second in all pixels together.
    background_rate : float
        Electrons per second and pixel.
    calibration : float
        The star's light in units of the data per electron per second.
    conversion : ndarray, shape (rows, columns)
        Units of the data per electron per second in every pixel.
    """

    position: tuple[float, float]
    wavelength: float
    electron_rate: float
    background_rate: float
    calibration: float
    conversion: np.ndarray


@dataclass(frozen=True)
class ImagingScene:
    """
    A star's image by Fourier optics.

    The field is twice as wide as the frame and periodic.

    Attributes
    ----------
    source : Source
        Star and background.
    optics : Optics
        Telescope and pixels.
    with_tilt_event : bool
        Whether the second state of the telescope is needed.
    least_field : int
        Least width of the field, pixels; more than the star's image.
    """

    source: Source
    optics: Optics
    with_tilt_event: bool = False
    least_field: int = 0

    @property
    def shape(self):
        """Rows and columns."""
        return self.source.conversion.shape

    @property
    def wavelength(self):
        """Wavelength of the light curve, micron, shape (1,)."""
        return np.array([self.source.wavelength])

    @cached_property
    def field_size(self):
        """Width of the square field, pixels."""
        return scipy.fft.next_fast_len(max(2 * max(self.shape), self.least_field), real=True)

    @cached_property
    def _transfer(self):
        """Transfer function of the star in its position, and what a tilt event adds to it."""
        (column, row), size = self.source.position, self.field_size
        shift = _displacement(column, row, size)
        quiet = self.optics.transfer_function(size)
        if not self.with_tilt_event:
            return quiet * shift, np.zeros(1)
        return quiet * shift, (self.optics.disturbed().transfer_function(size) - quiet) * shift

    def field(self, pointing):
        """
        Share of the star's light in every pixel of the field.

        Parameters
        ----------
        pointing : ndarray, shape (3,)
            Displacement in x and y, pixels, and state of the telescope.

        Returns
        -------
        ndarray, shape (field_size, field_size)
            Shares whose sum is 1; the frame begins at the first row and column.
        """
        transfer, change = self._transfer
        if pointing[2]:
            transfer = transfer + pointing[2] * change
        transfer = transfer * _displacement(pointing[0], pointing[1], self.field_size)
        share = scipy.fft.irfft2(transfer, s=(self.field_size,) * 2, overwrite_x=True)
        return np.clip(share, 0.0, None, out=share)

    def image(self, light, pointing):
        """
        Electron rates of one integration.

        Parameters
        ----------
        light : ndarray, shape (1,)
            The star's relative light.
        pointing : ndarray, shape (3,)
            Displacement in x and y, pixels, and state of the telescope.

        Returns
        -------
        ndarray, shape (rows, columns)
            Electrons per second and pixel.
        """
        share = self.field(pointing)[: self.shape[0], : self.shape[1]]
        return share * (self.source.electron_rate * light[0]) + self.source.background_rate

    @property
    def element_shape(self):
        """One order and one element."""
        return 1, 1, 1

    def background_image(self):
        """Electrons per second of the background, shape (rows, columns)."""
        return np.full(self.shape, self.source.background_rate)

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
        transfer = self._transfer[0] * _displacement(motion[0], motion[1], self.field_size)
        if motion[2]:
            transfer = transfer * self._spread(motion[2])
        share = scipy.fft.irfft2(transfer, s=(self.field_size,) * 2, overwrite_x=True)
        share = np.clip(share[: self.shape[0], : self.shape[1]], 0.0, None)
        return (self.source.electron_rate * share)[np.newaxis]

    def _spread(self, wings):
        """Factor of the transfer function that moves a share of the light into wings."""
        rows, columns = frequencies(self.field_size)
        square = rows**2 + columns**2
        variance = self.optics.core_width(self.source.wavelength) ** 2

        def widened(factor):
            return np.exp(-2.0 * np.pi**2 * square * variance * (factor**2 - 1.0))

        core = widened(1.0 + CORE_WIDENING * wings)
        return (1.0 - wings) * core + wings * widened(TILT_WING_WIDTH)

    def moved_light(self, light, motion):
        """Relative light of the star: all of it, wherever the star is."""
        return light

    def light(self):
        """Return the star's summed light in units of the data, shape (1,)."""
        return np.array([self.source.electron_rate * self.source.calibration])

    def conversion_image(self):
        """Return the units of the data per electron per second, shape (rows, columns)."""
        return self.source.conversion

    def truth(self):
        """
        Describe the scene.

        Returns
        -------
        dict of ndarray
            wavelength (micron), position (0-based column and row, pixels) and psf, the share of the
            undisplaced star's light in every pixel.
        """
        psf = self.field(np.zeros(3))[: self.shape[0], : self.shape[1]]
        position = np.array(self.source.position)
        return {"wavelength": self.wavelength, "position": position, "psf": psf}


def _displacement(columns, rows, size):
    """Factor of the transfer function that moves an image."""
    along_rows, along_columns = frequencies(size)
    turn = -2j * np.pi
    return np.exp(turn * rows * along_rows) * np.exp(turn * columns * along_columns)
