"""Where the light is next to the aperture: the trace of spectra, and other sources around a star."""

import numpy as np

from scripts.lib.light_curves.noise import mad_sigma

__all__ = ["image_placement", "placement_findings", "placement_metrics", "trace_placement"]

# Parts of a trace along the dispersion, each of which is located by itself.
_CHUNKS = 16
# The trace of one of several orders is looked for within this part of its aperture's width.
_NEAR = 0.5
# Light within so many widths of the aperture counts as the trace's.
_REACH = 2.0
# An offset is worth a look from this many pixels and this part of the aperture's width on, and
# less of the light than this.
_LEAST_OFFSET, _LEAST_PART, _LEAST_SHARE = 1.0, 0.15, 0.9
# Light of another place over that of the aperture, and of the aperture over the scatter of others.
_OTHER_SOURCE, _LEAST_STAR = 0.5, 5.0


def placement_metrics(statistics, single=True, planned=None, box=None):
    """
    Measure where the light of a light curve is next to its aperture.

    Parameters
    ----------
    statistics : dict of str to ndarray
        Statistics of a segment: ``median`` and ``aperture``; of spectra ``across``, of images that
        are not summed as a whole ``centre`` and ``radii``.
    single, planned, box
        As for :func:`trace_placement` and :func:`image_placement`.

    Returns
    -------
    metrics : dict of str to (float or None)
        Those of one of the two functions, with ``aperture_width_pix`` or ``aperture_radius_pix``;
        empty for images that are summed as a whole.
    """
    median, aperture = statistics["median"], statistics["aperture"]
    if "centre" in statistics:
        radius = float(statistics["radii"][0])
        found = image_placement(median, statistics["centre"], radius, planned, box)
        return found | {"aperture_radius_pix": radius}
    if "across" not in statistics:
        return {}
    across = int(statistics["across"])
    pixels = (aperture > 0).sum(axis=across)
    width = float(np.median(pixels[pixels > 0])) if pixels.any() else None
    found = trace_placement(median, aperture, across, single)
    return found | {"aperture_width_pix": width}


def trace_placement(median, aperture, across, single=True):
    """
    Measure where a trace is next to its aperture, and how much of its light the aperture holds.

    Parameters
    ----------
    median : ndarray of float, shape (y, x)
        Median image, NaN where unknown.
    aperture : ndarray of float, shape (y, x)
        Weights of the sum.
    across : int
        Axis across the dispersion.
    single : bool, optional
        Whether the trace is the only one of the image. Of several it is looked for near its
        aperture, and the share of its light is not measured.

    Returns
    -------
    metrics : dict of str to (float or None)
        ``trace_offset_pix``: position of the trace across the dispersion minus that of the
        aperture, median of up to 16 parts; ``aperture_share``: light in the aperture over that within twice its
        width around the trace. None where there is no light.
    """
    unknown = {"trace_offset_pix": None, "aperture_share": None}
    if median.shape != aperture.shape or not (aperture > 0).any():
        return unknown
    image, weights = (np.moveaxis(values, across, 0) for values in (median, aperture))
    used = np.flatnonzero(weights.any(axis=0))
    width = max(int(np.median((weights[:, used] > 0).sum(axis=0))), 1)
    rows = np.arange(len(image), dtype=float)
    offsets, light, held, total = [], [], 0.0, 0.0
    for columns in np.array_split(used, min(_CHUNKS, len(used))):
        part, profile = weights[:, columns], _profile(image[:, columns], width)
        middle = float((part.sum(axis=1) * rows).sum() / part.sum())
        near = np.ones(len(rows), bool) if single else np.abs(rows - middle) <= _NEAR * width
        centre = _centre(np.where(near, profile, 0.0), rows, width)
        if centre is None:
            continue
        around = np.abs(rows - centre) <= _REACH * width
        offsets.append(centre - middle)
        light.append(max(profile[around].sum(), 0.0))
        held += (profile * part.mean(axis=1)).sum()
        total += profile[around].sum()
    if not offsets:
        return unknown
    share = float(np.clip(held / total, 0.0, 1.0)) if single and total > 0 else None
    return {"trace_offset_pix": _weighted_median(offsets, light), "aperture_share": share}


def _profile(image, width):
    """Light across the dispersion of some columns, without a background; NaN samples are left out."""
    known = np.isfinite(image).any(axis=1)
    profile = np.zeros(len(image))
    if not known.any():
        return profile
    profile[known] = np.nanmedian(image[known], axis=1)
    # The faintest rows are background, as far as there are more of them than the trace takes.
    faint = np.sort(profile[known])[: max(known.sum() - 2 * width, known.sum() // 4, 1)]
    profile[known] -= np.median(faint)
    return profile


def _centre(profile, rows, width):
    """Centre of the light where an aperture holds most of it; None without light."""
    sums = np.convolve(profile, np.ones(width), mode="same")
    if not sums.max() > 0:
        return None
    peak = float(rows[np.argmax(sums)])
    for _ in range(5):
        near = np.where(np.abs(rows - peak) <= width / 2.0 + 0.5, np.maximum(profile, 0.0), 0.0)
        if not near.sum() > 0:
            return None
        peak = float((near * rows).sum() / near.sum())
    return peak


def _weighted_median(values, weights):
    """Value below which half of the weights are."""
    order = np.argsort(values)
    sums = np.cumsum(np.asarray(weights)[order])
    return float(np.asarray(values)[order][np.searchsorted(sums, sums[-1] / 2.0)])


def image_placement(median, centre, radius, planned=None, box=None):
    """
    Compare the light in a circular aperture with that in others of its size.

    Parameters
    ----------
    median : ndarray of float, shape (y, x)
        Median image, NaN where unknown.
    centre : sequence of float
        Position (x, y) of the aperture [pixels from 0].
    radius : float
        Its radius [pixels].
    planned : sequence of float, optional
        Planned position (x, y) of the star.
    box : int, optional
        Width of the box around it in which the star is searched; the whole image if not given.

    Returns
    -------
    metrics : dict of str to (float or None)
        ``planned_distance_pix``: from the planned position to the aperture; ``star_significance``:
        light in the aperture over the scatter of that in others outside twice its radius;
        ``other_light`` and ``other_distance_pix``: largest light of those in the box
        over that of the aperture, and how far from it; infinite where the aperture's is not
        positive.
    """
    planned_distance = None if planned is None else float(np.hypot(*np.subtract(centre, planned)))
    metrics = {"planned_distance_pix": planned_distance, "star_significance": None}
    metrics |= {"other_light": None, "other_distance_pix": None}
    sums = _disc_sums(median, radius)
    y, x = np.indices(median.shape)
    distance = np.hypot(x - centre[0], y - centre[1])
    others = distance > 2.0 * radius
    own = sums[np.unravel_index(np.argmin(distance), median.shape)]
    if others.sum() < 10 or not np.isfinite(sums[others]).any():
        return metrics
    scatter = mad_sigma(sums[others])
    metrics["star_significance"] = float(own / scatter) if scatter > 0 else None
    if planned is not None and box is not None:
        half = box / 2.0
        others &= (np.abs(x - planned[0]) <= half) & (np.abs(y - planned[1]) <= half)
    if others.any():
        best = np.argmax(np.where(others, sums, -np.inf))
        brightest = sums.ravel()[best]
        if scatter > 0 and brightest > _LEAST_STAR * scatter:
            metrics["other_light"] = float(brightest / own) if own > 0 else np.inf
            metrics["other_distance_pix"] = float(distance.ravel()[best])
    return metrics


def _disc_sums(median, radius):
    """Light within a radius of each pixel, without the background; NaN samples count as background."""
    from scipy.signal import fftconvolve

    clean = np.nan_to_num(median - np.nanmedian(median), nan=0.0)
    reach = int(np.ceil(radius))
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    return fftconvolve(clean, (np.hypot(x, y) <= radius).astype(float), mode="same")


def placement_findings(curve):
    """
    Say what is unusual about where the aperture is.

    Parameters
    ----------
    curve : dict
        Metrics of a light curve; those of this module may be missing.

    Yields
    ------
    text : str
        A sentence for each.
    """
    yield from _trace_findings(curve)
    yield from _star_findings(curve)


def _trace_findings(curve):
    """An aperture next to its trace, or one that holds too little of its light."""
    offset, share = curve.get("trace_offset_pix"), curve.get("aperture_share")
    width = curve.get("aperture_width_pix") or 0.0
    beyond = offset is not None and abs(offset) > max(_LEAST_OFFSET, _LEAST_PART * width)
    if beyond or (share is not None and share < _LEAST_SHARE):
        text = f"the trace is {offset:+.1f} pixels from the middle of the aperture"
        if share is not None:
            text += f", which holds {100 * share:.0f} % of its light"
        yield f"{text}: see extract_1d/position_offset and the extract1d reference"


def _star_findings(curve):
    """An aperture without a star, or next to a brighter place."""
    significance, distance = curve.get("star_significance"), curve.get("planned_distance_pix")
    place = "" if distance is None else f", {distance:.1f} pixels from the planned position"
    other = curve.get("other_light")
    if other is not None and other > _OTHER_SOURCE:
        ratio = "more light than it" if other > 10.0 else f"{other:.2f} times its light"
        yield (
            f"an aperture {curve['other_distance_pix']:.1f} pixels from this one{place} holds {ratio}: "
            "another source is in the box in which the star is searched; see "
            "tso_photometry/search_box_width"
        )
    elif significance is not None and significance < _LEAST_STAR:
        yield (
            f"there is no star in the aperture{place}: its light is {significance:.1f} times the "
            "scatter of other places of its size"
        )
    elif distance is not None and distance > 2.0 * (curve.get("aperture_radius_pix") or np.inf):
        yield f"the aperture is {distance:.1f} pixels from the planned position"
