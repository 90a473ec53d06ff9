"""Scatter and light of sums over apertures of all sizes, from a sample of frames."""

import numpy as np

from scripts.lib.light_curves.frame_sample import star_frames, trace_frames
from scripts.lib.light_curves.noise import point_to_point_sigma
from scripts.lib.light_curves.segment_models import ModelFile
from scripts.lib.light_curves.segment_statistics import circle
from scripts.lib.segment_data.medians import nan_median

__all__ = [
    "fill_outliers",
    "scan_radii",
    "scan_star",
    "scan_trace",
    "scan_widths",
    "static_background",
]

_PPM = 1e6
# Integrations of the median frame, and deviation from it in its own scatter that is an outlier.
_MEDIAN_OF, _LIMIT = 31, 6.0
_FEWEST = 10
# Pixels with more than this share of the brightest one's light say what the level of a frame is.
_BRIGHT = 0.2
# Rows on either side of a trace: at least, at most, and in half widths of the archive's aperture.
_LEAST, _MOST, _WIDER = 8, 20, 2.5
# Light of other orders over that of this one above which sums are not of this one.
_MIXED = 0.1
# Radii about a star, from one pixel to so many times the outer radius of the background.
_RADII, _FARTHEST = 16, 1.2


def fill_outliers(sample):
    """
    Replace missing samples and outliers by the median frame at the level of the integration.

    Parameters
    ----------
    sample : ndarray of float, shape (integrations, ...)
        Samples without their background; NaN is missing.

    Returns
    -------
    filled : ndarray of float, same shape
        0 where a pixel is always missing.
    """
    shape, flat = sample.shape, sample.reshape(len(sample), -1)
    picks = np.linspace(0, len(flat) - 1, min(_MEDIAN_OF, len(flat))).astype(int)
    chosen = flat[picks]
    median = nan_median(chosen)
    light = np.where(np.isfinite(median), np.maximum(median, 0.0), 0.0)
    level = np.array([_level(frame, light) for frame in flat], flat.dtype)
    expected = level[:, None] * np.nan_to_num(median)
    scatter = 1.4826 * nan_median(np.abs(chosen - expected[picks]))
    with np.errstate(invalid="ignore"):
        good = np.abs(flat - expected) <= _LIMIT * np.maximum(scatter, 1e-12)
    return np.where(good, flat, expected).reshape(shape)


def _level(frame, light):
    """Light of a frame over that of the median frame: the median of the bright pixels, whatever hit some."""
    good = np.isfinite(frame) & (light > _BRIGHT * light.max(initial=0.0))
    return float(np.median(frame[good] / light[good])) if good.any() else 1.0


def _describe(sizes, sums, light):
    """Scatter about the light curve [ppm] and share of the light of sums; empty without light."""
    count, sums = len(sums), sums / light[:, None]
    levels = np.median(sums, axis=0)
    if count < _FEWEST or not (levels > 0).all():
        return {}
    scatter = [
        point_to_point_sigma(series / level) for series, level in zip(sums.T, levels, strict=True)
    ]
    return {
        "scan_sizes": np.asarray(sizes, float),
        "scan_scatter": _PPM * np.array(scatter),
        "scan_share": levels / levels.max(),
        "scan_sample": f"{count} neighbouring integrations",
    }


def static_background(image, trace, reach):
    """
    Estimate the background of a median image next to its trace.

    Parameters
    ----------
    image : ndarray of float, shape (y, x)
        Median image, NaN where unknown.
    trace : ndarray of float, shape (x,)
        Row of the trace in each column.
    reach : float
        Rows on either side that hold light.

    Returns
    -------
    background : ndarray of float, shape (x,)
        Lower quartile of the rows beyond; 0 where there are none.
    """
    rows = np.arange(len(image))[:, None]
    used = np.isfinite(image) & (np.abs(rows - trace) > reach)
    # NaN is sorted to the end.
    ordered, counts = np.sort(np.where(used, image, np.nan), axis=0), used.sum(axis=0)
    place = 0.25 * np.maximum(counts - 1, 0)
    before = place.astype(int)
    after = np.minimum(before + 1, np.maximum(counts - 1, 0))
    low, high = (np.take_along_axis(ordered, row[None], axis=0)[0] for row in (before, after))
    return np.where(counts > 0, low + (place - before) * (high - low), 0.0)


def scan_widths(sample, background, light):
    """
    Sum the rows next to a trace, from the inside to the outside.

    Parameters
    ----------
    sample : ndarray of float, shape (integrations, 2 reach + 1, columns)
        Samples of rows next to the trace, which is in the middle; NaN is missing.
    background : ndarray of float, shape (integrations, columns)
        Background of a pixel.
    light : ndarray of float, shape (integrations,)
        Light curve without its noise, by which the sums are divided: a transit is no scatter.

    Returns
    -------
    arrays : dict
        ``scan_sizes`` (half widths [pixels]), ``scan_scatter`` [ppm, from point to point] and
        ``scan_share`` (of the most light), each (widths,); ``scan_sample`` in words. Empty
        without light, or of less than 10 integrations.
    """
    filled = fill_outliers(sample - np.nan_to_num(background)[:, None, :])
    rows = filled.sum(axis=2, dtype=float)
    middle = rows.shape[1] // 2
    pairs = rows[:, middle + 1 :] + rows[:, middle - 1 :: -1] if middle else rows[:, :0]
    sums = np.cumsum(np.concatenate([rows[:, middle : middle + 1], pairs], axis=1), axis=1)
    return _describe(np.arange(sums.shape[1]) + 0.5, sums, light)


def scan_radii(sample, centre, radii, ring, light):
    """
    Sum the light in circles about a star.

    Parameters
    ----------
    sample : ndarray of float, shape (integrations, y, x)
        Samples around the star; NaN is missing.
    centre : tuple of float
        Column and row of the star in the sample.
    radii : sequence of float
        Radii [pixels].
    ring : tuple of float
        Inner and outer radius of the background.
    light : ndarray of float, shape (integrations,)
        As for :func:`scan_widths`.

    Returns
    -------
    arrays : dict
        As of :func:`scan_widths`, with radii as sizes.
    """
    shape = sample.shape[1:]
    rows, columns = np.indices(shape)
    distance = np.hypot(columns - centre[0], rows - centre[1])
    used = (distance >= ring[0]) & (distance <= ring[1])
    if not used.any():
        return {}
    level = np.nan_to_num(nan_median(sample[:, used].T))
    filled = fill_outliers(sample - level[:, None, None])
    # The mean is less noisy than the median, now that there are no outliers.
    filled = filled - filled[:, used].mean(axis=1)[:, None, None]
    weights = [circle(shape, *centre, radius).reshape(-1) for radius in radii]
    sums = filled.reshape(len(filled), -1).astype(float) @ np.stack(weights, axis=1)
    return _describe(radii, sums, light)


def scan_trace(frames, models, metrics, arrays):
    """
    Sum apertures of all widths about a trace, in a sample of its segments.

    Parameters
    ----------
    frames : Frames
        The segments of a detector.
    models : list of str
        Their models, of which the background is read.
    metrics : dict
        Metrics of the light curve: its ``order``, ``contamination_mean``, and the
        ``aperture_width_pix`` of the archive's.
    arrays : dict of str to ndarray
        ``trace`` (x,), ``median`` (y, x) in the frame of the file, and the ``model`` of the light
        curve, unless it is too short for one.

    Returns
    -------
    found : dict
        As of :func:`scan_widths`, and ``scan_archive``, half the width of the archive's aperture;
        empty where much of the light is that of other spectral orders.

    Notes
    -----
    Peak memory: six times 16 MB.
    """
    trace, width = arrays["trace"], metrics.get("aperture_width_pix")
    columns = np.flatnonzero(np.isfinite(trace))
    mixed = (metrics.get("contamination_mean") or 0.0) > _MIXED
    if mixed or not len(columns) or max(trace[columns]) >= frames.shape[0]:
        return {}
    reach = int(np.clip(_WIDER * (width or 0) / 2.0, _LEAST, _MOST))
    segment, rows, sample = trace_frames(frames, trace, reach)
    with ModelFile(models[segment], metrics["order"]) as model:
        background = model.read("BACKGROUND", rows)
    image = arrays["median"].T if int(arrays.get("across", 0)) == 1 else arrays["median"]
    background = np.nan_to_num(background) + static_background(image, trace, reach)
    light = _light(arrays, frames, segment, rows)
    found = scan_widths(sample, background[:, columns].astype(np.float32), light)
    return found | ({"scan_archive": width / 2.0} if width else {})


def _light(arrays, frames, segment, rows):
    """Model of the light curve in some integrations of a segment; 1 without a model."""
    first = sum(frames.lengths[:segment])
    model = arrays.get("model", np.empty(0))
    if len(model) != sum(frames.lengths):
        return np.ones(rows.stop - rows.start)
    return model[first + rows.start : first + rows.stop]


def scan_star(frames, arrays):
    """
    Sum circles of all sizes about a star, in a sample of its segments.

    Parameters
    ----------
    frames : Frames
        The segments of a detector.
    arrays : dict of str to ndarray
        ``centre``, column and row of the star; ``radii``: of the archive's aperture, and inner and
        outer radius of its background; ``model`` as for :func:`scan_trace`.

    Returns
    -------
    found : dict
        As of :func:`scan_radii`, and ``scan_archive``, the radius of the archive's aperture.
    """
    centre, radii = arrays["centre"], arrays["radii"]
    farthest = _FARTHEST * radii[2]
    segment, rows, sample, (column, row) = star_frames(frames, centre, farthest + 1.0)
    place = float(centre[0]) - column, float(centre[1]) - row
    light = _light(arrays, frames, segment, rows)
    found = scan_radii(sample, place, np.linspace(1.0, farthest, _RADII), radii[1:], light)
    return found | {"scan_archive": float(radii[0])}
