"""Replace invalid pixels of spectral images by a model of the trace."""

import numpy as np

from scripts.lib.segment_data.dq import DO_NOT_USE, FLUX_ESTIMATED

__all__ = ["replace_by_trace"]


def replace_by_trace(planes, trace, horizontal):
    """
    Replace pixels without a finite value by those of a trace model, in place.

    Parameters
    ----------
    planes : dict of str to ndarray, shape (integrations, y, x)
        SCI, ERR and variances (names starting with ``VAR_``) in float32, DQ in uint32. Variances of
        another shape than SCI are not changed.
    trace : ndarray
        Model (y, x) at the level of the segment's median image; NaN where there is none.
    horizontal : bool
        Whether dispersion runs along x.

    Returns
    -------
    count : int
        Number of pixels replaced.

    Notes
    -----
    As ``trace_model`` of jwst 3.0.0, without the pixels that it leaves to other methods. The values
    are not scaled to the light of the integration. Errors, and roots of variances, are interpolated
    along the dispersion. ``DO_NOT_USE`` is cleared and ``FLUX_ESTIMATED`` set. All variances of an
    integration with replaced pixels are squares of their float32 roots, which may change their
    last bit (as in jwst).
    """
    science = planes["SCI"]
    pixels = np.nonzero(~np.isfinite(science) & np.isfinite(trace))
    science[pixels] = trace[pixels[1:]]
    planes["DQ"][pixels] &= ~np.uint32(DO_NOT_USE)
    planes["DQ"][pixels] |= np.uint32(FLUX_ESTIMATED)
    for name, plane in planes.items():
        if name in ("SCI", "DQ") or plane.shape != science.shape:
            continue
        changed = np.unique(pixels[0])
        is_variance = name.startswith("VAR_")
        if is_variance:
            with np.errstate(invalid="ignore"):
                plane[changed] = np.sqrt(plane[changed])
        _interpolate(plane, pixels, horizontal)
        if is_variance:
            with np.errstate(over="ignore"):
                plane[changed] = np.square(plane[changed])
    return len(pixels[0])


def _interpolate(plane, pixels, horizontal):
    """Interpolate pixels along the dispersion through the others of their row, in place."""
    plane[pixels] = np.nan
    rows = plane if horizontal else plane.swapaxes(1, 2)
    integration, row, element = pixels if horizontal else (pixels[0], pixels[2], pixels[1])
    if not len(row):
        return
    order = np.lexsort((element, row, integration))
    integration, row, element = integration[order], row[order], element[order]
    new = np.flatnonzero((np.diff(integration) != 0) | (np.diff(row) != 0)) + 1
    for first, last in zip([0, *new], [*new, len(row)], strict=True):
        line = rows[integration[first], row[first]]
        valid = np.flatnonzero(np.isfinite(line))
        if len(valid):
            wanted = element[first:last]
            line[wanted] = np.interp(wanted, valid, line[valid])
