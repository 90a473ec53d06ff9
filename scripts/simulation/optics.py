"""Images of a star through the segmented primary mirror, by Fourier optics."""

from dataclasses import dataclass, replace

import numpy as np

__all__ = ["ARCSEC", "Optics", "frequencies"]

ARCSEC = np.pi / 180.0 / 3600.0
_SEGMENT_WIDTH = 1.32
_SEGMENT_SPACING = 1.3265
_MIRROR_WIDTH = 5.0 * _SEGMENT_SPACING
_RINGS = 2
_STRUT_WIDTH = 0.13
_STRUT_ANGLES = (90.0, 240.0, 300.0)
_LEAST_SAMPLES = 256
_ASTIGMATISM = 0.03
_COMA = 0.02
_FOLD = 0.12
# Standard deviation of the core of an Airy pattern over wavelength / diameter.
_CORE_WIDTH = 0.42


@dataclass(frozen=True)
class Optics:
    """
    Telescope and pixels that form the image of a star.

    Attributes
    ----------
    scale : float
        Size of a pixel, arcsec.
    passband : tuple of float
        Wavelengths over which the image is averaged, micron.
    defocus : float
        Optical path from the mirror's centre to its edge that a lens adds, micron.
    fold : float
        Tilt of the three segments in each of the two wings towards each other, as the path at
        their edges, micron. The image gets wider and keeps its position.
    """

    scale: float
    passband: tuple[float, ...]
    defocus: float = 0.0
    fold: float = 0.0

    def disturbed(self):
        """Return the optics after a tilt event."""
        return replace(self, fold=_FOLD)

    def core_width(self, wavelength):
        """
        Standard deviation of the Gaussian that is as wide as the core of a star's image in focus.

        Parameters
        ----------
        wavelength : float
            Micron.

        Returns
        -------
        float
            Pixels.
        """
        return _CORE_WIDTH * wavelength * 1e-6 / _MIRROR_WIDTH / (self.scale * ARCSEC)

    def transfer_function(self, size):
        """
        Transfer function of telescope and pixels.

        The image is the squared modulus of the Fourier transform of the mirror's complex
        transmission, taken as a matrix product at the pixels' centres (Soummer et al. 2007,
        Optics Express 15, 15935). The telescope passes no frequency above one per two pixels at
        the scales and wavelengths in use, so these samples hold the whole image.

        Parameters
        ----------
        size : int
            Width of the square field, pixels.

        Returns
        -------
        ndarray of complex, shape (size, size // 2 + 1)
            As `scipy.fft.rfft2` orders it; 1 at frequency zero: the field holds all light.
        """
        mirror = _Mirror.sampled(max(_LEAST_SAMPLES, size))
        angle = np.fft.fftfreq(size, 1.0 / size) * self.scale * ARCSEC
        image = np.zeros((size, size))
        for wavelength in self.passband:
            phase = 2.0 * np.pi * mirror.path(self.defocus, self.fold) / wavelength
            turns = np.outer(angle, mirror.coordinate) / (wavelength * 1e-6)
            kernel = np.exp(-2j * np.pi * turns)
            field = kernel @ (mirror.transmission * np.exp(1j * phase)) @ kernel.T
            image += np.abs(field) ** 2 / wavelength**2
        transfer = np.fft.rfft2(image / image.sum())
        rows, columns = frequencies(size)
        return transfer * np.sinc(rows) * np.sinc(columns)


def frequencies(size):
    """
    Frequencies per pixel along rows, shape (size, 1), and columns, (1, size // 2 + 1).

    Parameters
    ----------
    size : int
        Pixels along each axis.

    Returns
    -------
    rows, columns : ndarray
        Cycles per pixel.
    """
    return np.fft.fftfreq(size)[:, None], np.fft.rfftfreq(size)[None, :]


@dataclass(frozen=True)
class _Mirror:
    """Primary mirror on a square grid: coordinates (m), transmission, path of a unit fold."""

    coordinate: np.ndarray
    transmission: np.ndarray
    wings: np.ndarray

    @classmethod
    def sampled(cls, samples):
        """Mirror of 18 hexagons around the hole in the middle, with the struts' shadow."""
        coordinate = (np.arange(samples) - (samples - 1) / 2.0) * _MIRROR_WIDTH / samples
        y, x = np.meshgrid(coordinate, coordinate, indexing="ij")
        transmission, wings = np.zeros_like(x), np.zeros_like(x)
        for column, centre in _segment_centres():
            inside = _inside_hexagon(x - centre[0], y - centre[1])
            transmission[inside] = 1.0
            if abs(column) == _RINGS:
                outwards = np.sign(column) * (x - centre[0])[inside]
                wings[inside] = outwards / (_SEGMENT_WIDTH / 2.0)
        transmission[_behind_struts(x, y)] = 0.0
        return cls(coordinate, transmission, wings)

    def path(self, defocus, fold):
        """Optical path, micron: defocus, small fixed aberrations, and folded wings."""
        y, x = np.meshgrid(self.coordinate, self.coordinate, indexing="ij")
        x, y = x / (_MIRROR_WIDTH / 2.0), y / (_MIRROR_WIDTH / 2.0)
        aberrations = _ASTIGMATISM * (x**2 - y**2) + _COMA * y * (3.0 * (x**2 + y**2) - 2.0)
        return defocus * (x**2 + y**2) + aberrations + fold * self.wings


def _segment_centres():
    """Column number and centre (m) of every segment."""
    steps = range(-_RINGS, _RINGS + 1)
    return [
        (column, (column * _SEGMENT_SPACING * np.sqrt(0.75), _SEGMENT_SPACING * (row + column / 2)))
        for column in steps
        for row in steps
        if 0 < max(abs(column), abs(row), abs(column + row)) <= _RINGS
    ]


def _inside_hexagon(x, y):
    """Points of a segment around the origin; two of its sides are horizontal."""
    slope = np.sqrt(0.75) * x
    distance = np.maximum(np.abs(y), np.maximum(np.abs(slope + y / 2), np.abs(slope - y / 2)))
    return distance <= _SEGMENT_WIDTH / 2.0


def _behind_struts(x, y):
    """Points in the shadow of the secondary mirror's three struts."""
    shadow = np.zeros(x.shape, bool)
    for angle in np.deg2rad(_STRUT_ANGLES):
        along = x * np.cos(angle) + y * np.sin(angle)
        across = y * np.cos(angle) - x * np.sin(angle)
        shadow |= (along > 0.0) & (np.abs(across) < _STRUT_WIDTH / 2.0)
    return shadow
