"""Comparison of the products of a simulated visit with what is true."""

import numpy as np

from benchmarks.product_truth import read_masks, read_outlier_truth, read_products, read_truth
from benchmarks.profile_scenes import fit_depth
from scripts.simulation.lost_and_hit import HIT_SIGMAS

# Hits above this many errors are to be found.
CERTAIN = 9.0
# Share of normal samples beyond five standard deviations.
GAUSSIAN = 5.733e-7
# Integrations around lost samples, and at the ends of segments, where windows have fewer samples.
REACH = 12
# Bins with less light than this share of the brightest are left out.
_LIT = 0.05
# Integrations on each side of a seam whose means are compared, at most.
_SEAM = 60
# In ingress and egress the dip changes faster than this share of its fastest change.
_STEEP = 0.2
# Where hits are; the last one is none of the others.
PLACES = ("near_lost", "edge", "ingress", "star", "elsewhere")


def judge_visit(folder):
    """
    Compare the products of a visit with the truth.

    Parameters
    ----------
    folder : Path
        Folder of the simulated and processed visit.

    Returns
    -------
    list of dict
        Of each detector and order: ``detector``, ``order``, and the metrics of `judge_curve`
        and `judge_outliers`.
    """
    found = []
    for (detector, order), products in read_products(folder).items():
        truth = read_truth(folder, detector, order)
        outliers = judge_masks(folder, detector, products.segment, truth)
        about = {"detector": detector, "order": order}
        found.append(about | judge_curve(truth, products) | outliers)
    return found


def judge_curve(truth, products):
    """
    Compare light curves of one detector and order with the truth.

    Parameters
    ----------
    truth : CurveTruth
        Truth.
    products : CurveProducts
        Light curves.

    Returns
    -------
    metrics : dict of str to float
        For each flux of the products, ``<name>``: its scatter over the ideal one, and ``ours``, that
        of the last one. Of this: ``bias``, measured minus true depth in errors of the ideal depth, and ``bias_to_ideal``, minus
        that of the ideal light curve, whose noise is the same; ``dilution``, measured over true depth
        less 1; ``over_error``, scatter over quoted error; ``missing``, integrations without a
        flux; ``seam_rms`` and ``seam_max``, steps at the seams of segments over their errors, and those of
        the ideal light curve, ``ideal_seam_rms`` and ``ideal_seam_max``. For ``x``,
        ``y`` and ``width``, ``<name>_transit``: absolute correlation with the transit; ``x_rms`` and
        ``y_rms``: rms of measured minus true position, pixels, medians taken off. Those of
        `judge_bins` where there are bins.
    """
    bins = products.bins
    limits = (bins.lower.min(), bins.upper.max()) if bins is not None else ()
    (star, ideal), _ = truth.summed(*limits)
    dip = (star.max() - star) / np.ptp(star)
    true_depth = np.ptp(star) / star.max()
    ideal_depth, error, scatter = fit_depth(ideal, dip)
    fits = {name: fit_depth(flux, dip) for name, flux in products.fluxes.items()}
    last = list(products.fluxes)[-1]
    flux, (depth, _, ours) = products.fluxes[last], fits[last]
    quoted = _median(products.errors) / _median(flux)
    of_ideal = judge_seams(ideal, star, products.segment)
    return {
        **{name: found[2] / scatter for name, found in fits.items()},
        "ours": ours / scatter,
        "bias": (depth - true_depth) / error,
        "bias_to_ideal": (depth - ideal_depth) / error,
        "dilution": depth / true_depth - 1.0,
        "over_error": ours / quoted,
        "missing": int(np.count_nonzero(~np.isfinite(flux))),
        **judge_seams(flux, star, products.segment),
        **{f"ideal_{name}": value for name, value in of_ideal.items()},
        **judge_shapes(products.shapes, truth.motion, dip),
        **(judge_bins(truth, bins, dip) if bins is not None else {}),
    }


def _median(values):
    """Median of the finite values; NaN without any."""
    finite = values[np.isfinite(values)]
    return float(np.median(finite)) if finite.size else np.nan


def judge_seams(flux, star, segment):
    """
    Steps where segments meet, next to a straight line that both sides have in common.

    Parameters
    ----------
    flux, star : ndarray, shape (integrations,)
        Measured flux, NaN where missing, and true level.
    segment : ndarray of int, shape (integrations,)
        Numbers of the segments.

    Returns
    -------
    metrics : dict of str to float
        ``seam_rms``, ``seam_max``: of the steps of flux over true level, from up to 60 integrations
        on each side, in their errors; NaN of a single segment.
    """
    relative = flux / star
    noise = 1.4826 * _median(np.abs(np.diff(relative))) / np.sqrt(2.0)
    edges = [0, *(np.flatnonzero(np.diff(segment)) + 1), len(segment)]
    steps = []
    for start, seam, end in zip(edges, edges[1:], edges[2:], strict=False):
        around = np.arange(max(start, seam - _SEAM), min(end, seam + _SEAM))
        around = around[np.isfinite(relative[around])]
        after = around >= seam
        if min(np.count_nonzero(after), np.count_nonzero(~after)) > 1:
            design = np.column_stack([after, np.ones(len(around)), around - seam])
            step = np.linalg.lstsq(design, relative[around], rcond=None)[0][0]
            steps.append(step / (noise * np.sqrt(np.linalg.inv(design.T @ design)[0, 0])))
    if not steps:
        return {"seam_rms": np.nan, "seam_max": np.nan}
    return {
        "seam_rms": float(np.sqrt(np.mean(np.square(steps)))),
        "seam_max": float(np.max(np.abs(steps))),
    }


def judge_shapes(shapes, motion, dip):
    """
    Positions and widths next to the motion and the transit.

    Parameters
    ----------
    shapes : dict of str to ndarray, shape (integrations,)
        ``x``, ``y`` and ``width``, pixels, NaN where unknown.
    motion : ndarray, shape (integrations, 2)
        True displacement in x and y, pixels.
    dip : ndarray, shape (integrations,)
        Shape of the transit.

    Returns
    -------
    metrics : dict of str to float
        As of `judge_curve`; NaN where a shape is unknown throughout or never changes.
    """
    found = {}
    for name, values in shapes.items():
        known = np.isfinite(values)
        found[f"{name}_transit"] = _correlation(values[known], dip[known])
        if name in ("x", "y"):
            offset = values[known] - motion[known, "xy".index(name)]
            rms = np.sqrt(np.mean((offset - np.median(offset)) ** 2)) if len(offset) else np.nan
            found[f"{name}_rms"] = float(rms)
    return found


def _correlation(values, dip):
    """Absolute correlation of two series; NaN where one does not change."""
    if len(values) < 2 or not np.ptp(values) or not np.ptp(dip):
        return float("nan")
    return float(abs(np.corrcoef(values, dip)[0, 1]))


def judge_bins(truth, bins, dip):
    """
    Compare light curves in bins with the truth.

    Parameters
    ----------
    truth : CurveTruth
        Truth.
    bins : Bins
        Light curves.
    dip : ndarray, shape (integrations,)
        Shape of the transit.

    Returns
    -------
    metrics : dict of str to float
        ``bin_50``, ``bin_90``: median and 90th percentile of scatter over the ideal one; ``bin_bias``, mean
        of measured minus true depth in errors of the ideal one; ``bin_over_error``, median of
        scatter over quoted error; ``bins`` and ``bins_missing``, those with light, and those of them
        without a flux in most integrations.
    """
    levels, lights = zip(
        *(truth.summed(*limits) for limits in zip(bins.lower, bins.upper, strict=True)),
        strict=True,
    )
    lit = np.flatnonzero(np.array(lights) >= _LIT * max(lights))
    known = [index for index in lit if np.isfinite(bins.flux[:, index]).mean() > 0.5]
    rows = []
    for index in known:
        (star, ideal), flux = levels[index], bins.flux[:, index]
        _, error, scatter = fit_depth(ideal, dip)
        depth, _, ours = fit_depth(flux, dip)
        quoted = _median(bins.error[:, index]) / _median(flux)
        true_depth = np.ptp(star) / star.max()
        rows.append((ours / scatter, (depth - true_depth) / error, ours / quoted))
    ratio, bias, over_error = np.transpose(rows)
    return {
        "bin_50": float(np.percentile(ratio, 50)),
        "bin_90": float(np.percentile(ratio, 90)),
        "bin_bias": float(bias.mean()),
        "bin_over_error": float(np.median(over_error)),
        "bins": len(lit),
        "bins_missing": len(lit) - len(known),
    }


def judge_masks(folder, detector, segment, truth):
    """
    Compare the outliers that were found with the hits.

    Parameters
    ----------
    folder : Path
        Folder of the visit.
    detector : str
        Name in lower case.
    segment : ndarray of int, shape (integrations,)
        Numbers of the segments.
    truth : CurveTruth
        Truth of a light curve, for ingress and egress.

    Returns
    -------
    metrics : dict of str to float
        Those of `judge_outliers`, each after ``ours_`` and ``archive_``; none of ours without
        files of masks.
    """
    outliers = read_outlier_truth(folder, detector)
    places = hit_places(outliers, segment, truth.summed()[0][0])
    return {
        f"{whose}_{name}": value
        for whose, mask in read_masks(folder, detector).items()
        for name, value in judge_outliers(outliers, mask, places).items()
    }


def hit_places(outliers, segment, star):
    """
    Say where hits are.

    Parameters
    ----------
    outliers : OutlierTruth
        The hits.
    segment : ndarray of int, shape (integrations,)
        Numbers of the segments.
    star : ndarray, shape (integrations,)
        True level of the star.

    Returns
    -------
    dict of str to ndarray of bool, shape (hits,)
        ``near_lost``: a sample of the same pixel is lost up to 12 integrations away; ``edge``: up to 12
        integrations from an end of a segment; ``ingress``: in ingress or egress; ``star``: on the
        star; ``elsewhere``: none of these.
    """
    integration, row, column = outliers.hits.T
    lost = np.zeros(outliers.shape, bool)
    lost[tuple(outliers.lost.T)] = True
    near = np.zeros(len(integration), bool)
    for step in range(-REACH, REACH + 1):
        other = integration + step
        inside = (other >= 0) & (other < outliers.shape[0])
        near[inside] |= lost[other[inside], row[inside], column[inside]]
    ends = np.flatnonzero(np.diff(segment, prepend=segment[0] - 1, append=segment[-1] + 1))
    distance = np.min(
        [np.minimum(np.abs(integration - end), np.abs(integration - end + 1)) for end in ends],
        axis=0,
    )
    dip = (star.max() - star) / np.ptp(star)
    speed = np.abs(np.gradient(dip))
    places = {
        "near_lost": near,
        "edge": distance < REACH,
        "ingress": (speed > _STEEP * speed.max())[integration],
        "star": outliers.star[row, column],
    }
    return places | {"elsewhere": ~np.any(list(places.values()), axis=0)}


def judge_outliers(outliers, mask, places):
    """
    Compare outliers that were found with the hits.

    Parameters
    ----------
    outliers : OutlierTruth
        The hits.
    mask : ndarray of bool, shape (integrations, rows, columns)
        Outliers.
    places : dict of str to ndarray of bool, shape (hits,)
        As of `hit_places`.

    Returns
    -------
    metrics : dict of str to float
        Outside pixels that jump: ``hits`` and ``missed`` above nine errors; ``missed_<place>`` and
        ``hits_<place>`` of them; ``recall_<sigmas>``, share of the hits of each size that was found, NaN
        without any; ``false``, other outliers over those of normal noise.

    Raises
    ------
    ValueError
        The mask has another shape than the visit.
    """
    if mask.shape != outliers.shape:
        msg = f"mask of outliers: found shape {mask.shape}, expected {outliers.shape}"
        raise ValueError(msg)
    where = tuple(outliers.hits.T)
    tested = ~outliers.rtn[where[1:]]
    caught, sizes = mask[where], np.abs(outliers.sigmas)
    certain = tested & (sizes > CERTAIN)
    found = {"hits": _count(certain), "missed": _count(certain & ~caught)}
    for name, place in places.items():
        found[f"hits_{name}"] = _count(certain & place)
        found[f"missed_{name}"] = _count(certain & place & ~caught)
    for size in HIT_SIGMAS:
        those = tested & (sizes == size)
        found[f"recall_{size:g}"] = float(caught[those].mean()) if those.any() else float("nan")
    rest = mask & ~(outliers.rtn | outliers.unusable)
    rest[where] = False
    rest[tuple(outliers.lost.T)] = False
    found["false"] = float(np.count_nonzero(rest) / (GAUSSIAN * rest.size))
    return found


def _count(chosen):
    """Number of True elements."""
    return int(np.count_nonzero(chosen))
