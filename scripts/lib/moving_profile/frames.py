"""Integrations as the models take them: their difference to the median, errors, and what is bad."""

from dataclasses import dataclass

import numpy as np

from scripts.lib.segment_data.dq import DO_NOT_USE

__all__ = ["Frames", "Planes", "power_of_two", "prepare_frames", "scaled_variance"]


@dataclass(frozen=True)
class Planes:
    """
    Planes of consecutive integrations, as of a calibrated segment.

    Attributes
    ----------
    sci, err : ndarray of float32, shape (integrations, y, x)
        Samples and errors, in the unit of the segment. The dispersion is along x.
    dq : ndarray of uint32, shape (integrations, y, x)
        DQ flags; of these only ``DO_NOT_USE`` makes a sample bad.
    var_poisson : ndarray of float32, shape (integrations, y, x)
        Variance of the photon noise, in the square of that unit; may be read-only.
    """

    sci: np.ndarray
    err: np.ndarray
    dq: np.ndarray
    var_poisson: np.ndarray

    def __len__(self):
        return len(self.sci)

    def __getitem__(self, frames):
        return Planes(self.sci[frames], self.err[frames], self.dq[frames], self.var_poisson[frames])

    @property
    def shape(self):
        """Integrations, rows and columns."""
        return self.sci.shape

    def rows(self, rows):
        """Give a slice of rows of all integrations."""
        planes = (self.sci, self.err, self.dq, self.var_poisson)
        return Planes(*(plane[:, rows] for plane in planes))


@dataclass(frozen=True)
class Frames:
    """
    Integrations ready for a comparison with the reference, in its scaled unit.

    Attributes
    ----------
    difference : ndarray of float32, shape (frames, y, x)
        Samples minus the median of the visit; 0 where bad.
    error : ndarray of float32, shape (frames, y, x)
        Their errors, without NaN: the usual one of the pixel where a sample has none, and 1
        where the pixel has none either, as those without any good sample do.
    bad : ndarray of int64
        Flat indices of the bad samples, ascending.
    """

    difference: np.ndarray
    error: np.ndarray
    bad: np.ndarray


def power_of_two(error):
    """
    Power of two by which samples are multiplied to have errors near 1.

    Parameters
    ----------
    error : ndarray of float
        Usual errors, in the unit of the segment; NaN is left out.

    Returns
    -------
    scale : float
        The factor, exact in any precision; 1 if no error is positive.

    Examples
    --------
    >>> power_of_two(np.array([0.24, 0.25, 0.26]))
    4.0
    """
    positive = error[np.isfinite(error) & (error > 0)]
    if not len(positive):
        return 1.0
    return float(2.0 ** -np.round(np.log2(np.median(positive.astype(np.float64)))))


def prepare_frames(planes, scale, median, error, out=None):
    """
    Subtract the median of the visit and find what is bad.

    Parameters
    ----------
    planes : Planes
        Consecutive integrations.
    scale : float
        Power of two by which samples and errors are multiplied.
    median : ndarray of float32, shape (y, x)
        Median of the visit in the scaled unit; a pixel with NaN is always bad.
    error : ndarray of float32, shape (y, x)
        Usual errors in the scaled unit.
    out : ndarray of float32, shape (integrations, y, x), optional
        Takes the difference.

    Returns
    -------
    frames : Frames
        A sample is bad if it has ``DO_NOT_USE`` or is not finite. Those with an
        error that is not finite or not positive are good. No error is below the
        usual one of its pixel.
    """
    factor = np.float32(scale)
    with np.errstate(invalid="ignore", over="ignore"):
        difference = np.multiply(planes.sci, factor, out=out, dtype=np.float32)
        difference -= median
        errors = np.multiply(planes.err, factor, dtype=np.float32)
        # The photon noise of a sample is in its own ERR: that of a low one is too small.
        np.fmax(errors, error, out=errors)
        known = errors > 0
        known &= errors < np.inf
    good = np.isfinite(difference)
    good &= (planes.dq & np.uint32(DO_NOT_USE)) == 0
    bad, unknown = np.flatnonzero(~good), np.flatnonzero(~known)
    difference.reshape(-1)[bad] = 0.0
    usual = error.reshape(-1)[unknown % median.size]
    errors.reshape(-1)[unknown] = np.where(usual > 0, usual, np.float32(1.0))
    return Frames(difference, errors, bad)


def scaled_variance(variance, scale):
    """
    Multiply a variance by the square of a power of two, in place.

    Parameters
    ----------
    variance : ndarray of float32
        Variance; NaN and what is negative become 0.
    scale : float
        The power of two.

    Returns
    -------
    variance : ndarray of float32
        The array.
    """
    factor = np.float32(scale)
    np.fmax(variance, np.float32(0.0), out=variance)
    variance *= factor
    variance *= factor
    return variance
