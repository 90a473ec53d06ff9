"""Noise, cosmic rays and bad pixels of a detector."""

from dataclasses import dataclass

import numpy as np

__all__ = [
    "DEAD",
    "DO_NOT_USE",
    "HOT",
    "REFERENCE_PIXEL",
    "WARM",
    "Planes",
    "Readout",
    "draw_bad_pixels",
    "expose",
    "fill_integration",
    "lose",
    "response",
    "spoil",
]

DO_NOT_USE = 1
DEAD = 1024
HOT = 2048
WARM = 4096
REFERENCE_PIXEL = 2147483648
_FLAT_ERROR = 1e-3
_MEDIAN_HIT = 3000.0
_SETTLING_TIME = 0.1


@dataclass(frozen=True)
class Readout:
    """
    How a detector turns electrons into an integration's slopes.

    Attributes
    ----------
    integration_time : float
        Seconds.
    read_noise : float
        Noise of the slope at zero light, electrons per integration.
    """

    integration_time: float
    read_noise: float


@dataclass
class Planes:
    """The image extensions of one segment, shape (integrations, rows, columns)."""

    sci: np.ndarray
    err: np.ndarray
    dq: np.ndarray
    var_poisson: np.ndarray
    var_rnoise: np.ndarray
    var_flat: np.ndarray

    @classmethod
    def empty(cls, shape):
        """
        Planes to be filled, float32, DQ uint32.

        Parameters
        ----------
        shape : tuple of int
            Integrations, rows and columns.

        Returns
        -------
        Planes
            Undefined values in all planes but DQ, which is 0.
        """
        floats = [np.empty(shape, np.float32) for _ in range(5)]
        return cls(floats[0], floats[1], np.zeros(shape, np.uint32), *floats[2:])


def draw_bad_pixels(shape, rate, generator):
    """
    Choose the bad pixels: of `rate` a third each dead, hot, and warm (usable).

    Parameters
    ----------
    shape : tuple of int
        Rows and columns.
    rate : float
        Part of the pixels.
    generator : Generator
        Source of random numbers.

    Returns
    -------
    ndarray of uint32, shape (rows, columns)
        DEAD and DO_NOT_USE, HOT and DO_NOT_USE, WARM alone, or 0.
    """
    dq = np.zeros(shape, np.uint32)
    count = round(rate * dq.size)
    chosen = generator.choice(dq.size, size=count, replace=False)
    flags = np.array([DEAD | DO_NOT_USE, HOT | DO_NOT_USE, WARM], np.uint32)
    dq.flat[chosen] = flags[np.arange(count) % len(flags)]
    return dq


def response(integration_numbers, total, height):
    """
    Response of a detector that settles exponentially.

    Parameters
    ----------
    integration_numbers : ndarray, shape (integrations,)
        Integration numbers, 1-based.
    total : int
        Integrations of the exposure; in a tenth of it the ramp falls by a factor e.
    height : float
        Response in the first integration minus that of the settled detector, which is 1.

    Returns
    -------
    ndarray, shape (integrations,)
        Response; exactly 1 without a ramp.
    """
    elapsed = (np.asarray(integration_numbers) - 1.0) / (_SETTLING_TIME * total)
    return 1.0 + height * np.exp(-elapsed)


def expose(rate, readout, cosmic_ray_rate, generator):
    """
    Measured electron rates of one integration.

    Parameters
    ----------
    rate : ndarray, shape (rows, columns)
        Expected electrons per second and pixel.
    readout : Readout
        Integration time and read noise.
    cosmic_ray_rate : float
        Hits per pixel. A hit leaves electrons of a log-normal distribution with median 3000.
    generator : Generator
        Source of random numbers.

    Returns
    -------
    measured : ndarray, shape (rows, columns)
        Electrons per second with photon and read noise and cosmic rays.
    hits : ndarray, shape (hits, 3)
        Row, column and electrons of every hit.
    """
    seconds = readout.integration_time
    electrons = generator.poisson(rate * seconds).astype(float)
    electrons += generator.normal(0.0, readout.read_noise, rate.shape)
    count = generator.poisson(cosmic_ray_rate * rate.size)
    hit = generator.choice(rate.size, size=min(count, rate.size), replace=False)
    charge = _MEDIAN_HIT * generator.lognormal(0.0, 1.0, hit.size)
    electrons.flat[hit] += charge
    rows, columns = np.unravel_index(hit, rate.shape)
    return electrons / seconds, np.stack([rows, columns, charge], axis=-1)


def fill_integration(planes, index, measured, conversion, readout):
    """
    Put one integration's values and their errors, in units of the data, into the planes.

    The photon variance is that of the measured rate, as ramp fitting makes it; ERR is the root of
    the sum of the three variances.

    Parameters
    ----------
    planes : Planes
        Changed in place.
    index : int
        Integration in the segment, 0-based.
    measured : ndarray, shape (rows, columns)
        Electrons per second.
    conversion : ndarray, shape (rows, columns)
        Units of the data per electron per second.
    readout : Readout
        Integration time and read noise.
    """
    seconds = readout.integration_time
    planes.sci[index] = measured * conversion
    planes.var_poisson[index] = np.clip(measured, 0.0, None) / seconds * conversion**2
    planes.var_rnoise[index] = (readout.read_noise / seconds * conversion) ** 2
    planes.var_flat[index] = (_FLAT_ERROR * measured * conversion) ** 2
    planes.err[index] = np.sqrt(
        planes.var_poisson[index] + planes.var_rnoise[index] + planes.var_flat[index]
    )


def spoil(planes, index, bad, nan_rate, generator):
    """
    Flag the bad pixels of one integration.

    Dead and reference pixels are NaN in SCI, ERR and the variances; hot ones have a finite, far too high SCI;
    warm ones are only flagged. Pixels lost in this integration alone are NaN and DO_NOT_USE.

    Parameters
    ----------
    planes : Planes
        Changed in place.
    index : int
        Integration in the segment, 0-based.
    bad : ndarray of uint32, shape (rows, columns)
        Flags of the detector.
    nan_rate : float
        Part of the pixels to lose in this integration.
    generator : Generator
        Source of random numbers.

    Returns
    -------
    ndarray, shape (lost, 2)
        Row and column of the pixels lost in this integration alone.
    """
    lost = generator.random(bad.shape) < nan_rate
    lose(planes, index, bad, lost, lost)
    return np.argwhere(lost)


def lose(planes, index, bad, lost, gone):
    """
    Flag the bad pixels of one integration and those that are lost in it alone.

    Parameters
    ----------
    planes : Planes
        Changed in place.
    index : int
        Integration in the segment, 0-based.
    bad : ndarray of uint32, shape (rows, columns)
        Flags of the detector; see `spoil`.
    lost, gone : ndarray of bool, shape (rows, columns)
        Pixels to flag DO_NOT_USE, and those of them whose values are NaN.
    """
    planes.dq[index] = bad
    hot = (bad & HOT) > 0
    planes.sci[index][hot] = 50.0 * np.abs(planes.sci[index]).max()
    planes.dq[index][lost] |= DO_NOT_USE
    without = gone | ((bad & (DEAD | REFERENCE_PIXEL)) > 0)
    for plane in (planes.sci, planes.err, planes.var_poisson, planes.var_rnoise, planes.var_flat):
        plane[index][without] = np.nan
