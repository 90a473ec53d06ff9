"""A star's image and light from real frames: cut-outs and light curve of an Erebus result file."""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np

from scripts.lib.errors import InputError
from scripts.simulation.imaging_scene import ImagingScene

__all__ = ["RealFrames", "RealScene", "make_frames", "read_frames"]

_SMOOTHED_FRAMES = 9
_QUIET = np.zeros(3)
_CUBE_AXES = 3


@dataclass(frozen=True)
class RealFrames:
    """
    Real cut-outs of a star and its light curve.

    Attributes
    ----------
    shares : ndarray, shape (integrations, rows, columns)
        Share of the light within the cut-out in every pixel.
    light : ndarray, shape (integrations,)
        Light relative to its median.
    """

    shares: np.ndarray
    light: np.ndarray

    @cached_property
    def centroids(self):
        """Centre of mass in x and y, pixels of the cut-out, shape (integrations, 2)."""
        _, rows, columns = self.shares.shape
        x, y = self.shares.sum(axis=1), self.shares.sum(axis=2)
        return np.stack([x @ np.arange(columns), y @ np.arange(rows)], axis=1)

    def align(self, position):
        """
        Place the cut-outs on whole pixels so that the star is near a position.

        Parameters
        ----------
        position : tuple of float
            Column and row, 0-based.

        Returns
        -------
        corner : tuple of int
            Column and row of the cut-outs' first pixel.
        mean_position : tuple of float
            Column and row of the star in the mean of all frames.
        """
        centroid = self.centroids.mean(axis=0)
        corner = np.rint(position - centroid)
        (left, below), mean_position = corner.astype(int).tolist(), (corner + centroid).tolist()
        return (left, below), tuple(mean_position)

    def motion(self, integrations):
        """
        Displacement of the star in the first integrations.

        Parameters
        ----------
        integrations : int
            Integrations wanted.

        Returns
        -------
        ndarray, shape (integrations, 3)
            Centroid in x and y minus its mean over all frames, pixels, and number of the frame.

        Raises
        ------
        InputError
            There are fewer frames.
        """
        if integrations > len(self.light):
            msg = (
                f"integrations: found {integrations}, expected at most {len(self.light)}, "
                "the number of real frames"
            )
            raise InputError(msg)
        displacement = self.centroids - self.centroids.mean(axis=0)
        return np.column_stack([displacement, np.arange(len(self.light))])[:integrations]


def make_frames(frames, flux):
    """
    Take cut-outs and light curve of the same integrations, smoothed in time.

    The frames carry the noise of the observation, and the simulator adds its own. A running mean
    over 9 integrations keeps what changes slowly - shape, motion, detector ramp, eclipse - and
    leaves a ninth of the variance.

    Parameters
    ----------
    frames : ndarray, shape (all integrations, rows, columns)
        Cut-outs of the star without background, of any scale.
    flux : ndarray, shape (integrations,)
        Light curve; as many integrations are missing at its start as at its end.

    Returns
    -------
    RealFrames
        Of the integrations of the light curve.
    """
    first = (len(frames) - len(flux)) // 2
    kept = np.clip(frames[first : first + len(flux)], 0.0, None).astype(float)
    shares = _running_mean(kept / kept.sum(axis=(1, 2), keepdims=True))
    light = _running_mean(flux / np.median(flux))
    return RealFrames(shares, light)


def _running_mean(series):
    """Centred mean over time, of fewer integrations near the ends."""
    half = _SMOOTHED_FRAMES // 2
    sums = np.concatenate([np.zeros((1, *series.shape[1:])), np.cumsum(series, axis=0)])
    index = np.arange(len(series))
    first, last = np.maximum(index - half, 0), np.minimum(index + half + 1, len(series))
    count = (last - first).reshape(-1, *(1,) * (series.ndim - 1))
    return (sums[last] - sums[first]) / count


@lru_cache(maxsize=1)
def read_frames(path):
    """
    Read a result file of Erebus (Connors et al. 2025), HDF5 with ``frames`` and ``raw_flux``.

    Parameters
    ----------
    path : str
        The file.

    Returns
    -------
    RealFrames
        Its frames and light curve.

    Raises
    ------
    InputError
        The file is missing or not such a file, or h5py is not installed.
    """
    if not Path(path).is_file():
        msg = f"real_frames: found no file {path}"
        raise InputError(msg)
    try:
        import h5py
    except ImportError as error:
        msg = (
            f"real_frames: found no package h5py, which is needed to read {path} and is not among "
            "the requirements; expected it to be installed"
        )
        raise InputError(msg) from error
    try:
        with h5py.File(path) as file:
            frames, flux = file["frames"][:], file["raw_flux"][:]
    except (OSError, KeyError) as error:
        msg = (
            f"real_frames: {path}: found {error}, expected HDF5 with the data sets frames "
            "(integrations, y, x) and raw_flux (integrations)"
        )
        raise InputError(msg) from error
    if frames.ndim != _CUBE_AXES or flux.ndim != 1 or not 0 < len(flux) <= len(frames):
        msg = (
            f"real_frames: {path}: found shapes {frames.shape} of frames and {flux.shape} of "
            "raw_flux, expected (integrations, y, x) and no more integrations of raw_flux"
        )
        raise InputError(msg)
    return make_frames(frames, flux.astype(float))


@dataclass(frozen=True)
class RealScene:
    """
    A star's image from real frames, continued by optics where the cut-outs are empty.

    Attributes
    ----------
    model : ImagingScene
        The star by Fourier optics in its mean position, for the light outside the cut-outs.
    frames : RealFrames
        Cut-outs of the star.
    corner : tuple of int
        Column and row of the cut-outs' first pixel.
    """

    model: ImagingScene
    frames: RealFrames
    corner: tuple[int, int]

    @property
    def shape(self):
        """Rows and columns."""
        return self.model.shape

    @property
    def wavelength(self):
        """Wavelength, micron, shape (1,)."""
        return self.model.wavelength

    @cached_property
    def _wings(self):
        """Shares of the light outside the cut-outs, shape (rows, columns), and share inside."""
        field = self.model.field(_QUIET)
        rows, columns = self._pixels()
        lit = self.frames.shares.max(axis=0) > 0.0
        field[(rows[:, None] % len(field), columns % len(field))] *= ~lit
        return field[: self.shape[0], : self.shape[1]], 1.0 - field.sum()

    def _pixels(self):
        """Rows and columns of the cut-outs in the frame, which they may leave."""
        _, height, width = self.frames.shares.shape
        return self.corner[1] + np.arange(height), self.corner[0] + np.arange(width)

    def _share(self, cutout):
        """Share of the star's light in every pixel of the frame, shape (rows, columns)."""
        wings, inside = self._wings
        share = wings.copy()
        rows, columns = self._pixels()
        seen = (rows >= 0) & (rows < self.shape[0]), (columns >= 0) & (columns < self.shape[1])
        share[np.ix_(rows[seen[0]], columns[seen[1]])] += inside * cutout[np.ix_(*seen)]
        return share

    def image(self, light, pointing):
        """
        Electron rates of one integration.

        Parameters
        ----------
        light : ndarray, shape (1,)
            The star's relative light.
        pointing : ndarray, shape (3,)
            The last element is the number of the frame; the displacement is in the frame.

        Returns
        -------
        ndarray, shape (rows, columns)
            Electrons per second and pixel.
        """
        source = self.model.source
        share = self._share(self.frames.shares[int(pointing[2])])
        return share * (source.electron_rate * light[0]) + source.background_rate

    def light(self):
        """Return the star's summed light in units of the data, shape (1,)."""
        return self.model.light()

    def conversion_image(self):
        """Return the units of the data per electron per second, shape (rows, columns)."""
        return self.model.conversion_image()

    def truth(self):
        """Describe the scene as `ImagingScene.truth` does, by the mean of the frames."""
        return self.model.truth() | {"psf": self._share(self.frames.shares.mean(axis=0))}
