"""Convolution of a spectrum to the resolution of one spectral order of NIRISS SOSS."""

import numpy as np

from scripts.lib.errors import InputError

__all__ = ["Kernel", "convolution_matrix"]

# A bicubic spline needs as many.
_FEWEST_KERNELS = 4
# Of a kernel's peak: what interpolation may leave below zero.
_NEGATIVE = 0.01


def _check_values(centres, kernels):
    """Raise unless each kernel (pixels, kernels) is finite and positive, small ripples apart."""
    peaks = kernels.max(axis=0)
    # NaN is in no order.
    is_good = np.isfinite(kernels).all(axis=0) & (peaks > 0)
    is_good &= kernels.min(axis=0) >= -_NEGATIVE * peaks
    if not is_good.all():
        first = int(np.argmin(is_good))
        msg = (
            f"speckernel: KERNELS: found values of {kernels[:, first].min():.4g} to "
            f"{peaks[first]:.4g} at {centres[first]:.3f} µm (as bad: {np.sum(~is_good)} of "
            f"{len(is_good)} kernels on the trace), expected finite numbers that are 0 or more "
            "and not all 0"
        )
        raise InputError(msg)


class Kernel:
    """
    Spectral resolution kernel of one order as a function of wavelength.

    Parameters
    ----------
    wavelengths, kernels : ndarray
        Central wavelengths [µm] and values (oversampled pixels, kernels),
        float32, of the speckernel reference.
    halfwidth : int
        Half width in pixels.
    trace : ndarray
        Wavelength (columns,) of each column, 0 where there is no trace.

    Attributes
    ----------
    least : float32
        Smallest positive value; all values within the half width are raised
        to it.

    Raises
    ------
    InputError
        If too few kernels fall on the trace for an interpolation, or one of them is not finite, has
        no positive value or is below zero by more than 1 % of its peak.

    Notes
    -----
    Kernels are tabulated in pixels; a straight line through the wavelengths of
    the surrounding columns turns these into wavelengths (``WebbKernel`` of
    jwst 3.0.0, whose central wavelengths are in single precision).
    """

    def __init__(self, wavelengths, kernels, halfwidth, trace):
        from scipy.interpolate import RectBivariateSpline

        self._halfwidth = halfwidth
        valid = trace != 0
        if np.diff(trace)[valid[1:] & valid[:-1]].mean() < 0:
            trace, valid = trace[::-1], valid[::-1]
        table = wavelengths[0]
        low, high = self._on_trace(table, trace[valid])
        box = [None, None, table[max(low - 1, 0)], table[min(high + 1, len(table) - 1)]]
        kernels = kernels[:, low : high + 1]
        _check_values(table[low : high + 1], kernels)
        self.least = kernels[kernels > 0].min()
        self._centres = table[low : high + 1].copy()
        self._lines = np.array(
            [self._wavelength_line(number, trace, valid) for number in range(len(self._centres))]
        )
        pixels = np.linspace(-halfwidth, halfwidth, len(wavelengths))
        if len(self._centres) < _FEWEST_KERNELS or not (np.diff(self._centres) > 0).all():
            msg = (
                f"speckernel: WAVELENGTHS: found {len(self._centres)} kernels within "
                f"{trace[valid].min():.3f} to {trace[valid].max():.3f} µm, expected "
                f"{_FEWEST_KERNELS} or more, in different columns"
            )
            raise InputError(msg)
        self._spline = RectBivariateSpline(pixels, self._centres, kernels, bbox=box)

    @staticmethod
    def _on_trace(table, trace):
        """First and last kernel whose centre is on the trace."""
        trace = trace[trace > 0]
        low, high = np.searchsorted(table, trace.min()), np.searchsorted(table, trace.max()) - 1
        if high < low:
            msg = (
                f"speckernel: WAVELENGTHS: found {table[0]} to {table[-1]} µm, expected kernels "
                f"within {trace.min():.3f} to {trace.max():.3f} µm"
            )
            raise InputError(msg)
        return int(low), int(high)

    def _wavelength_line(self, number, trace, valid):
        """Slope and constant of wavelength by pixel around the column nearest to a kernel."""
        from numpy.polynomial import Polynomial

        distance = np.where(valid, np.abs(trace - self._centres[number]), np.inf)
        column = int(np.argmin(distance))
        self._centres[number] = trace[column]
        offsets = np.arange(-self._halfwidth, self._halfwidth + 1)
        inside = (column + offsets >= 0) & (column + offsets < len(trace))
        offsets = offsets[inside]
        offsets = offsets[valid[column + offsets]]
        constant, slope = Polynomial.fit(offsets, trace[column + offsets], 1).convert().coef
        return slope, constant

    def pixel_scale(self, centre):
        """
        Factor and constant that turn wavelength into pixels from the kernel's centre.

        Parameters
        ----------
        centre : ndarray
            Central wavelengths (n,) in µm.

        Returns
        -------
        factor, constant : ndarray
            ``pixel = factor * wavelength + constant``.
        """
        centres, lines = self._centres, self._lines
        number = np.clip(np.searchsorted(centres, centre) - 1, 0, len(centres) - 2)
        step = centres[number + 1] - centres[number]
        lower, upper = (centres[number + 1] - centre) / step, (centre - centres[number]) / step
        slope = lower * lines[number, 0] + upper * lines[number + 1, 0]
        constant = -(lower * lines[number, 1] + upper * lines[number + 1, 1])
        return 1 / slope, constant / slope

    def values(self, pixels, centre):
        """
        Values of the kernel.

        Parameters
        ----------
        pixels : ndarray
            Offsets (n,) from the centre in pixels.
        centre : ndarray
            Central wavelengths (n,) in µm.

        Returns
        -------
        values : ndarray
            At least ``least`` within the half width, 0 beyond.
        """
        values = np.maximum(self._spline(pixels, centre, grid=False), self.least)
        values[np.abs(pixels) > self._halfwidth] = 0
        return values

    def support(self, grid, centre):
        """
        Range of grid points within the half width of each centre.

        Parameters
        ----------
        grid : ndarray
            Ascending wavelengths.
        centre : ndarray
            Central wavelengths (n,).

        Returns
        -------
        first, last : ndarray
            Indices (n,), one point wider than needed on both sides.
        """
        factor, constant = self.pixel_scale(centre)
        low = (-self._halfwidth - constant) / factor
        high = (self._halfwidth - constant) / factor
        first = np.searchsorted(grid, low) - 1
        return np.maximum(first, 0), np.minimum(np.searchsorted(grid, high), len(grid) - 1)


def convolution_matrix(kernel, grid, bounds):
    """
    Matrix that convolves a spectrum on a grid.

    Parameters
    ----------
    kernel : Kernel or None
        The kernel; None leaves the spectrum as it is.
    grid : ndarray
        Ascending wavelengths (points,).
    bounds : tuple of int
        First index of the grid wanted, and one past the last.

    Returns
    -------
    matrix : csr_matrix
        Shape (bounds[1] - bounds[0], points); each row sums to 1. Values are
        weighted by the trapezoidal rule, of which the outermost diagonals have
        their inner half only.
    """
    from scipy.sparse import csr_matrix

    first_row, end_row = bounds
    rows = np.arange(first_row, end_row)
    shape = len(rows), len(grid)
    if kernel is None:
        return csr_matrix((np.ones(len(rows)), (rows - first_row, rows)), shape=shape)
    first, last = kernel.support(grid, grid[rows])
    lengths = last - first + 1
    pointers = np.concatenate(([0], np.cumsum(lengths)))
    row = np.repeat(np.arange(len(rows)), lengths)
    points = np.arange(pointers[-1]) - pointers[row] + first[row]
    factor, constant = kernel.pixel_scale(grid[rows])
    pixels = factor[row] * grid[points] + constant[row]
    values = kernel.values(pixels, grid[rows][row])
    kept = values > 0
    row, points, values = row[kept], points[kept], values[kept]
    values *= _trapezoid(grid, points, points - rows[row])
    values /= np.bincount(row, values, len(rows))[row]
    return csr_matrix((values, (row, points)), shape=shape)


def _trapezoid(grid, points, offsets):
    """Weights of the trapezoidal rule, cut at the outermost diagonals and the ends of the grid."""
    half = 0.5 * np.diff(grid)
    reach = np.abs(offsets).max()
    left = np.concatenate(([0.0], half))[points]
    right = np.concatenate((half, [0.0]))[points]
    return np.where(offsets > -reach, left, 0.0) + np.where(offsets < reach, right, 0.0)
