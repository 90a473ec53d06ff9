"""What is wrong with the pixels of a detector throughout a visit."""

from dataclasses import dataclass

import numpy as np

from scripts.simulation.detector import DEAD, DO_NOT_USE, draw_bad_pixels

__all__ = ["Faults", "draw_faults", "row_stripes", "with_gradient"]

# Of the pixels that are drawn as bad, a third is warm and can be used.
_DRAWN_PER_UNUSABLE = 1.5
_RTN_HEIGHT = (4.0, 12.0)
_RTN_SHARE = 0.3
_HOT_HEIGHT = (5.0, 60.0)
# Pixels with more than this share of the brightest pixel of their element belong to the star.
_STAR_SHARE = 0.01
_RESTING_SHARE = 0.1
_FIELD_PER_ROWS = 8


@dataclass(frozen=True)
class Faults:
    """
    Maps of a detector, each of shape (rows, columns) unless it says otherwise.

    Attributes
    ----------
    noise : ndarray
        Noise of an integration out of transit, electrons.
    star : ndarray of bool
        Pixels of the star's core.
    flags : ndarray of uint32
        DQ of the pixels that are bad throughout.
    resting : ndarray of bool
        Column that is dead for a part of the visit.
    flat : ndarray
        Relative response.
    slopes : ndarray, shape (2, rows, columns)
        Relative change of the response to the star by a motion of one pixel in x and y.
    rtn, hot : ndarray
        Electrons by which pixels are brighter now and then, and throughout; 0 for most.
    """

    noise: np.ndarray
    star: np.ndarray
    flags: np.ndarray
    resting: np.ndarray
    flat: np.ndarray
    slopes: np.ndarray
    rtn: np.ndarray
    hot: np.ndarray

    def response(self, motion):
        """
        Relative response to the star.

        Parameters
        ----------
        motion : ndarray, shape (3,)
            Displacement in x and y, pixels; the rest does not matter here.

        Returns
        -------
        ndarray, shape (rows, columns)
            Response.
        """
        return self.flat * (1.0 + motion[0] * self.slopes[0] + motion[1] * self.slopes[1])

    def unflagged_electrons(self, generator):
        """
        Electrons of jumping and of hot pixels in one integration.

        Parameters
        ----------
        generator : Generator
            Source of random numbers.

        Returns
        -------
        ndarray, shape (rows, columns)
            Electrons.
        """
        return self.hot + self.rtn * (generator.random(self.rtn.shape) < _RTN_SHARE)

    def rests(self, integration, total):
        """
        Pixels that are dead in one integration, but not throughout.

        Parameters
        ----------
        integration, total : int
            Number of the integration, 1-based, and of all.

        Returns
        -------
        ndarray of bool, shape (rows, columns)
            The resting column in the middle tenth of the visit, nothing else.
        """
        from_middle = abs((integration - 0.5) / total - 0.5)
        return self.resting & (from_middle < _RESTING_SHARE / 2.0)


def draw_faults(trouble, scene, readout, never_lit, generator):
    """
    Choose what is wrong with a detector.

    Parameters
    ----------
    trouble : Trouble
        How much of everything.
    scene : Scene
        Star and background.
    readout : Readout
        Integration time and read noise.
    never_lit : ndarray of uint32 or None
        Flags of the pixels that never see light.
    generator : Generator
        Source of random numbers.

    Returns
    -------
    Faults
        Maps of the detector.
    """
    shape, templates = scene.shape, scene.templates(np.zeros(3))
    electrons = (templates.sum(axis=0) + scene.background_image()) * readout.integration_time
    noise = np.sqrt(electrons + readout.read_noise**2)
    flags = draw_bad_pixels(shape, min(_DRAWN_PER_UNUSABLE * trouble.bad, 1.0), generator)
    dead, resting = _bad_columns(scene) if trouble.columns else np.zeros((2, *shape), bool)
    flags[dead] = DEAD | DO_NOT_USE
    if never_lit is not None:
        flags = np.where(never_lit > 0, never_lit, flags)
    sound = (flags & DO_NOT_USE) == 0

    def heights(share, limits):
        chosen = (generator.random(shape) < share) & sound
        return chosen * noise * generator.uniform(*limits, shape)

    return Faults(
        noise=noise,
        star=_star_pixels(templates, scene.element_shape),
        flags=flags,
        resting=resting,
        flat=1.0 + trouble.flat * generator.normal(size=shape),
        slopes=trouble.response * generator.normal(size=(2, *shape)),
        rtn=heights(trouble.rtn, _RTN_HEIGHT),
        hot=heights(trouble.hot, _HOT_HEIGHT),
    )


def _bad_columns(scene):
    """Elements of the dispersion that are dead throughout, and for a while, (2, rows, columns)."""
    vector = scene.element_shape[1:]
    count = np.prod(vector)
    # An image has one element, and nobody would observe with a dead column through the only star.
    places = (count // 3, count // 2 + 7) if count > 1 else (-1, -1)
    columns = [(np.arange(count) == place).reshape(vector) for place in places]
    return np.stack([np.broadcast_to(column, scene.shape) for column in columns])


def _star_pixels(templates, element_shape):
    """Pixels with some of the light of the brightest pixel of their element, in any order."""
    axes = tuple(axis for axis in (1, 2) if element_shape[axis] == 1)
    peak = templates.max(axis=axes, keepdims=True)
    return np.any((templates > _STAR_SHARE * peak) & (peak > 0.0), axis=0)


def with_gradient(background, rise):
    """
    Background with a gradient.

    Parameters
    ----------
    background : ndarray, shape (rows, columns)
        Background without one.
    rise : float
        Relative rise from the middle to the upper edge; half as much to the right edge.

    Returns
    -------
    ndarray, shape (rows, columns)
        Background of the same mean, but for the shape of the one given.
    """
    rows, columns = (np.linspace(-1.0, 1.0, size) for size in background.shape)
    return background * (1.0 + rise * (rows[:, None] + 0.5 * columns))


def row_stripes(rows, slope, generator):
    """
    Noise that the pixels of each row of an integration have in common.

    Parameters
    ----------
    rows : int
        Rows.
    slope : float
        Power falls with this power of the frequency: 1 is 1/f noise, 0 white noise.
    generator : Generator
        Source of random numbers.

    Returns
    -------
    ndarray, shape (rows,)
        Noise whose expected variance about its mean is 1.
    """
    length = _FIELD_PER_ROWS * rows
    power = np.zeros(length // 2 + 1)
    power[1:] = np.arange(1.0, power.size) ** -slope
    series = np.fft.irfft(np.fft.rfft(generator.normal(size=length)) * np.sqrt(power), length)
    covariance = np.fft.irfft(power, length)
    lags = np.abs(np.subtract.outer(np.arange(rows), np.arange(rows)))
    return series[:rows] / np.sqrt(covariance[0] - covariance[lags].mean())
