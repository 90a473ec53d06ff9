"""Median of the images of a segment, and how each image differs from it: shifts, flags, light."""

import numpy as np

from scripts.lib.segment_data.medians import nan_median

__all__ = [
    "CLASSES",
    "ShapeFit",
    "class_counts",
    "image_derivative",
    "median_frame",
    "missing_light",
    "pixel_classes",
    "spread_indices",
    "trace_moments",
]

CLASSES = ("aperture", "wings", "background")
# Width in pixels of the wings on each side of the aperture.
_WING_WIDTH = 3
# Five-point first and second derivative (Abramowitz & Stegun 1964, table 25.2).
_FIRST = np.array([1, -8, 0, 8, -1]) / 12
_SECOND = np.array([-1, 16, -30, 16, -1]) / 12
# Derivatives below this part of the median are rounding errors.
_LEAST_STRUCTURE = 1e-9
# Relative to the largest. Smaller ones are rounding errors of the scaled normal matrix, which
# the default of numpy, 1e-15, would invert on one processor and not on another.
_SMALLEST_SINGULAR_VALUE = 1e-12


def spread_indices(length, count):
    """
    Choose evenly spread integrations.

    Parameters
    ----------
    length : int
        Number of integrations.
    count : int
        Largest number of integrations to choose.

    Returns
    -------
    indices : ndarray of int
        Ascending, without repetition.
    """
    return np.unique(np.linspace(0, length - 1, min(count, length)).round().astype(int))


def median_frame(frames):
    """
    Median over integrations of the samples that are finite.

    Parameters
    ----------
    frames : ndarray of float, shape (integrations, y, x)
        Images in any unit; infinite samples are set to NaN in place.

    Returns
    -------
    median : ndarray of float64, shape (y, x)
        NaN where more than half of the samples are not finite.
    """
    finite = np.isfinite(frames)
    frames[~finite] = np.nan
    median = nan_median(frames, dtype=np.float64)
    median[2 * np.count_nonzero(finite, axis=0) < len(frames)] = np.nan
    return median


def pixel_classes(aperture):
    """
    Sort pixels into those of the aperture, its wings and the rest.

    Parameters
    ----------
    aperture : ndarray of bool, shape (y, x)
        Pixels in the sum.

    Returns
    -------
    classes : ndarray of bool, shape (3, y, x)
        Pixels in the aperture; not in it but within 3 pixels
        along an axis; all others.
    """
    near = aperture.copy()
    for step in range(1, _WING_WIDTH + 1):
        for axis in (0, 1):
            for rolled, wrapped in ((step, slice(None, step)), (-step, slice(-step, None))):
                shifted = np.roll(aperture, rolled, axis)
                shifted[(wrapped,) if axis == 0 else (slice(None), wrapped)] = False
                near |= shifted
    return np.stack([aperture, near & ~aperture, ~near])


def image_derivative(image, axis, kernel=_FIRST):
    """
    Five-point derivative of an image.

    Parameters
    ----------
    image : ndarray of float, shape (y, x)
        The image.
    axis : int
        Axis of the derivative.
    kernel : ndarray, shape (5,), optional
        Weights of the neighbours from -2 to 2.

    Returns
    -------
    slope : ndarray of float, shape (y, x)
        Per pixel; 0 in the two pixels at each end, NaN next to NaN.
    """
    turned = np.moveaxis(image, axis, 0)
    slope = np.zeros_like(turned)
    length = len(turned)
    if length > 4:
        slope[2:-2] = sum(
            weight * turned[start : length - 4 + start] for start, weight in enumerate(kernel)
        )
    return np.moveaxis(slope, 0, axis)


class ShapeFit:
    """
    Linear fit of the shift and broadening of images against their median.

    An image that is brighter by a, moved by (dx, dy) and broadened across one
    axis by a variance v is (1 + a) (M - dx M_x - dy M_y + v / 2 M_cc) to first
    order. The square of the shift across adds to v and is subtracted from it.
    The coefficients follow by least squares, weighted as for photon noise, over
    all pixels of the aperture and its wings at once, so that single bad pixels
    matter little.

    Parameters
    ----------
    median : ndarray of float, shape (y, x)
        Median image M; NaN pixels and their neighbours are left out.
    used : ndarray of bool, shape (y, x)
        Pixels that are fitted.
    across : int
        Axis across which the width is measured: 0 (y) or 1 (x).
    """

    def __init__(self, median, used, across):
        templates = np.stack(
            [
                median,
                image_derivative(median, 1),
                image_derivative(median, 0),
                image_derivative(median, across, _SECOND),
            ]
        )
        self._across = 2 if across == 0 else 1
        self._used = used & np.isfinite(templates).all(axis=0)
        basis = templates[:, self._used]
        self._median = basis[0]
        if not basis.size:
            self._solution = np.zeros((0, 4))
            return
        level = np.abs(self._median)
        weights = 1.0 / np.maximum(level, 0.05 * np.percentile(level, 99.0) + 1e-300)
        scale = np.sqrt((basis**2 * weights).sum(axis=1))
        # An image without structure along an axis does not change by a shift along it.
        undetermined = scale <= _LEAST_STRUCTURE * scale[0]
        scaled = np.where(
            undetermined[:, None], 0.0, basis / np.where(undetermined, 1.0, scale)[:, None]
        )
        normal = (scaled * weights) @ scaled.T
        self._solution = (
            (scaled * weights).T
            @ np.linalg.pinv(normal, rcond=_SMALLEST_SINGULAR_VALUE)
            / np.where(undetermined, np.nan, scale)
        )

    def __call__(self, images):
        """
        Fit images.

        Parameters
        ----------
        images : ndarray of float, shape (integrations, y, x)
            Images in the unit of the median; NaN pixels count as unchanged.

        Returns
        -------
        shapes : ndarray of float64, shape (integrations, 4)
            Brightness minus 1, shift along x and y [pixels], change of the
            squared width [pixels**2]; NaN for an image without a sample, and
            where the median has too little structure to determine a coefficient.
        """
        difference = images[:, self._used].astype(np.float64) - self._median
        empty = ~np.isfinite(difference).any(axis=1)
        coefficients = np.nan_to_num(difference, nan=0.0) @ self._solution
        brightness = np.where(1.0 + coefficients[:, 0] > 0, 1.0 + coefficients[:, 0], np.nan)
        shapes = coefficients * np.array([1.0, -1.0, -1.0, 2.0])
        shapes[:, 1:] /= brightness[:, None]
        shapes[:, 3] -= shapes[:, self._across] ** 2
        shapes[empty | (len(self._median) == 0)] = np.nan
        return shapes


def trace_moments(median, weights, across):
    """
    Position and width of a trace.

    Parameters
    ----------
    median : ndarray of float, shape (y, x)
        Median image without background.
    weights : ndarray of float, shape (y, x)
        Weights of the pixels; 0 leaves a pixel out.
    across : int
        Axis across the dispersion.

    Returns
    -------
    centre : ndarray of float64, shape (elements along dispersion,)
        Flux-weighted mean position [pixels]; NaN without flux.
    mean_centre, width : float
        Mean of these positions, and root of the mean squared distance from them,
        both weighted by flux [pixels].
    """
    light = np.where(np.isfinite(median), np.maximum(median, 0.0) * (weights > 0), 0.0)
    light = np.moveaxis(light, across, 0)
    position = np.arange(len(light), dtype=float)[:, None]
    total = light.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        centre = (light * position).sum(axis=0) / total
    known = total > 0
    if not known.any():
        return centre, np.nan, np.nan
    mean = float(np.average(centre[known], weights=total[known]))
    squares = (light[:, known] * (position - centre[known]) ** 2).sum()
    return centre, mean, float(np.sqrt(squares / total.sum()))


def class_counts(flags, classes):
    """
    Count flagged pixels of each class.

    Parameters
    ----------
    flags : ndarray of bool, shape (integrations, y, x)
        Flagged pixels.
    classes : ndarray of bool, shape (classes, y, x)
        Pixels of each class.

    Returns
    -------
    counts : ndarray of float64, shape (integrations, classes)
        Numbers of flagged pixels.
    """
    matrix = classes.reshape(len(classes), -1).T.astype(np.float32)
    return (flags.reshape(len(flags), -1).astype(np.float32) @ matrix).astype(np.float64)


def missing_light(invalid, light, across):
    """
    Part of the light of each spectral element that is in invalid pixels.

    Parameters
    ----------
    invalid : ndarray of bool, shape (integrations, y, x)
        Missing pixels of each integration.
    light : ndarray of float, shape (y, x)
        Median image without background times the weights of the sum; NaN
        where the pixel is missing in all integrations, which loses no light.
    across : int or None
        Axis across the dispersion; None takes the image as one element.

    Returns
    -------
    missing : ndarray of float32, shape (integrations, elements)
        Fractions from 0 to 1.
    """
    light = np.maximum(np.nan_to_num(light, nan=0.0), 0.0)
    axes = (0, 1) if across is None else across
    total = np.atleast_1d(light.sum(axis=axes))
    lost = np.where(invalid, light, 0.0).sum(axis=(1, 2) if across is None else across + 1)
    lost = lost.reshape(len(invalid), -1)
    share = np.divide(lost, total, out=np.zeros_like(lost), where=total > 0)
    return np.clip(share, 0.0, 1.0).astype(np.float32)
