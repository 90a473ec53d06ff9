"""Replace invalid pixels of spectral images by the means of their neighbours."""

import numpy as np

from scripts.lib.segment_data.dq import DO_NOT_USE, FLUX_ESTIMATED, NON_SCIENCE

__all__ = ["replace_pixels"]


def replace_pixels(planes):
    """
    Replace pixels without a finite value along the smaller gradient, in place.

    Of the two pairs of neighbours, left and right or below and above, the one
    with the smaller difference is averaged, whatever the direction of dispersion.

    Parameters
    ----------
    planes : dict of str to ndarray, shape (..., y, x)
        SCI, ERR and variances (names starting with ``VAR_``) in float32, DQ
        in uint32. All except SCI may be missing; planes of another shape than
        SCI are not changed. The images must be whole, as pixels at their
        borders are not replaced.

    Returns
    -------
    count : int
        Number of pixels replaced.

    Notes
    -----
    As ``mingrad`` of jwst 3.0.0: pixels in the first two and the last row and
    column are not replaced, nor are pixels without a pair of finite values. If
    both differences are equal, left and right are averaged. Errors are
    averaged; of variances the roots are averaged and the mean is squared. NaN in
    a pair gives NaN. Replaced pixels get ``FLUX_ESTIMATED`` and lose
    ``DO_NOT_USE`` unless they are ``NON_SCIENCE``. Replaced values are not used
    for other pixels.
    """
    shape = planes["SCI"].shape
    pixels, first, second = _neighbours(planes["SCI"])
    for name, plane in planes.items():
        if plane.shape != shape:
            continue
        if name == "DQ":
            plane[pixels] = _flag_estimated(plane[pixels])
        else:
            plane[pixels] = _mean(plane[first], plane[second], name.startswith("VAR_"))
    return len(pixels[0])


def _neighbours(sci):
    """Indices of the pixels to replace, and of the two neighbours of each to average."""
    *image, y, x = np.nonzero(~np.isfinite(sci[..., 2:-1, 2:-1]))
    y, x = y + 2, x + 2
    with np.errstate(invalid="ignore", over="ignore"):
        horizontal = np.abs(sci[(*image, y, x - 1)] - sci[(*image, y, x + 1)])
        vertical = np.abs(sci[(*image, y - 1, x)] - sci[(*image, y + 1, x)])
    horizontal[np.isnan(horizontal)] = np.inf
    usable = np.isfinite(np.fmin(horizontal, vertical))
    *image, y, x = (index[usable] for index in (*image, y, x))
    up = vertical[usable] < horizontal[usable]
    right = ~up
    return (*image, y, x), (*image, y - up, x - right), (*image, y + up, x + right)


def _mean(first, second, is_variance):
    """Mean of the values of two neighbours; variances are averaged as errors."""
    with np.errstate(invalid="ignore", over="ignore"):
        if is_variance:
            return ((np.sqrt(first) + np.sqrt(second)) / 2) ** 2
        return (first + second) / 2


def _flag_estimated(dq):
    """DQ of pixels whose values have been estimated."""
    usable = (dq & NON_SCIENCE) == 0
    return np.where(usable, dq & ~np.uint32(DO_NOT_USE), dq) | np.uint32(FLUX_ESTIMATED)
