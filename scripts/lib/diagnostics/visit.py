"""Metrics of the noise, seams, flags and drifts of a visit, and a verdict in words."""

from collections import Counter

import numpy as np

from scripts.lib.diagnostics.comparison import archive_metrics
from scripts.lib.diagnostics.light_curve_metrics import find_seams, light_curve_metrics
from scripts.lib.diagnostics.placement import placement_metrics
from scripts.lib.diagnostics.spectral_noise import (
    LightCurveMap,
    choose_stretches,
    element_noise,
    find_worse_elements,
)
from scripts.lib.diagnostics.verdict import visit_verdict
from scripts.lib.files.plain_values import plain_value
from scripts.lib.light_curves.extraction_regions import read_statistics
from scripts.lib.light_curves.frame_statistics import CLASSES
from scripts.lib.light_curves.noise import MAD_TO_SIGMA
from scripts.lib.light_curves.quality import bursts_of_flags
from scripts.lib.light_curves.table import split_curves
from scripts.lib.provenance.software import SOFTWARE
from scripts.lib.segment_data.step_record import sum_counts

__all__ = [
    "contamination_metrics",
    "diagnose",
    "dropped_integrations",
    "frame_arrays",
    "read_order_statistics",
]

_FRAME_ARRAYS = (
    "median",
    "own_outlier_map",
    "profile",
    "noise",
    "aperture",
    "background",
    "trace",
    "across",
    "unit",
    "centre",
    "radii",
)
_FLAG_ARRAYS = ("outliers", "invalid", "class_sizes", "outlier_map", "replaced")
# Keyword of each description of the visit.
_KEYWORDS = {
    "target": "TARGNAME",
    "instrument": "INSTRUME",
    "exp_type": "EXP_TYPE",
    "filter": "FILTER",
    "grating": "GRATING",
    "subarray": "SUBARRAY",
}
# Factors between the scatter of white noise and what other tools print.
_CONVENTIONS = {
    "sigma": "standard deviation of white noise per integration, relative flux",
    "mad_sigma_over_mad": MAD_TO_SIGMA,
    "mad_diff_over_sigma": 0.9539,
    "mad_second_over_sigma": 0.8261,
}


def dropped_integrations(numbers, totals):
    """
    Numbers of the integrations that are missing from the exposures.

    Parameters
    ----------
    numbers : ndarray of int
        Numbers of the integrations in the segments, counted from 1 in each exposure.
    totals : list of int
        Number of integrations of each exposure.

    Returns
    -------
    dropped : list of int
        Ascending; a number that is missing from several exposures as often as that.
    """
    expected = Counter(number for total in totals for number in range(1, total + 1))
    return sorted((expected - Counter(numbers.tolist())).elements())


def _flag_metrics(statistics):
    """
    Flags of all segments of a detector by class of pixels.

    Parameters
    ----------
    statistics : list of dict of str to ndarray
        Statistics of the segments.

    Returns
    -------
    metrics : dict of str to dict
        For ``aperture``, ``wings`` and ``background``: number of pixels, and
        fractions of samples that are flagged as outliers and that are missing, with
        the largest fraction of outliers in an integration.
    """
    metrics = {}
    for column, name in enumerate(CLASSES):
        size = int(statistics[0]["class_sizes"][column])
        outliers = np.concatenate([arrays["outliers"][:, column] for arrays in statistics])
        invalid = np.concatenate([arrays["invalid"][:, column] for arrays in statistics])
        metrics[name] = {
            "pixels": size,
            "outlier_fraction": float(outliers.mean() / size) if size else None,
            "invalid_fraction": float(invalid.mean() / size) if size else None,
            "worst_outlier_fraction": float(outliers.max() / size) if size else None,
        }
    return metrics


def frame_arrays(statistics):
    """
    Images of a detector for plots.

    Parameters
    ----------
    statistics : list of dict of str to ndarray
        Statistics of the segments.

    Returns
    -------
    arrays : dict of str to ndarray
        Median image, aperture, background and trace of the first segment;
        sum of the maps of flags of all segments whose images have its size;
        fractions of outliers (integrations, classes).
    """
    first = statistics[0]
    arrays = {name: first[name] for name in _FRAME_ARRAYS if name in first}
    shape = first["outlier_map"].shape
    maps = [segment["outlier_map"] for segment in statistics]
    arrays["outlier_map"] = sum(flags for flags in maps if flags.shape == shape)
    counts = np.concatenate([segment["outliers"] for segment in statistics])
    arrays["outlier_fractions"] = counts / np.maximum(first["class_sizes"], 1)
    return arrays


def _comparison(rows, found, statistics):
    """The archive's light curve, what its flags took away, and how many outliers ours has."""
    size = int(statistics[0]["class_sizes"][0])
    return {
        "archive": archive_metrics(rows, found["expected_photon_ppm"]),
        "bursts": bursts_of_flags(rows["integration"], rows["outlier_fraction"], size),
        "n_outliers": int(rows["n_outliers"].sum()),
        "median_chi2": float(np.nanmedian(rows["chi2"]))
        if np.isfinite(rows["chi2"]).any()
        else None,
        "missing_mean": float(np.nanmean(rows["missing"]))
        if np.isfinite(rows["missing"]).any()
        else None,
        "negative": bool(np.nanmedian(rows["flux"]) <= 0)
        if np.isfinite(rows["flux"]).any()
        else False,
    }


def _record(meta, key):
    """How a light curve was made, from the meta of the table."""
    for record in meta.get("light_curves") or []:
        if (record["detector"] or "unknown", record["order"]) == key:
            return {
                name: value for name, value in record.items() if name not in ("detector", "order")
            }
    return {}


def _spectral_metrics(series):
    """
    Noise of the elements of one detector and order, and a map.

    Parameters
    ----------
    series : OwnSpectra
        The spectra.

    Returns
    -------
    metrics : dict
        ``worse_elements`` and medians over the elements of the ratio of noise
        to the errors and photons.
    arrays : dict of str to ndarray
        Noise of the elements, the map, and ``wavelength``, ``columns`` and median ``spectrum``.

    Notes
    -----
    Holds 400 spectra at most, and a block of some 16 MB.
    """
    image = LightCurveMap(series.n_integrations, series.n_elements)
    for rows, values in series.blocks():
        image.add(rows, values["FLUX"], series.template)
    stretches = []
    for rows in choose_stretches(series.n_integrations):
        parts = [values for _, values in series.blocks([rows])]
        stretches.append(
            {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        )
    elements = element_noise(stretches)
    worse = find_worse_elements(elements)
    for description in worse:
        element = description["element"]
        description["wavelength_um"] = float(series.wavelength[element])
        description["pixel"] = int(series.columns[element])
    metrics = {"worse_elements": worse}
    for name in ("error", "photon"):
        ratio = elements["noise"] / elements[name]
        ratio = ratio[np.isfinite(ratio)]
        key = f"median_element_ratio_to_{name}"
        metrics[key] = float(np.median(ratio)) if len(ratio) else None
    arrays = {f"element_{name}": values for name, values in elements.items()}
    spectrum = {name: getattr(series, name) for name in ("wavelength", "columns")}
    return metrics, arrays | spectrum | {"map": image.image(), "spectrum": series.template}


def _visit_metrics(curves, meta):
    """
    Describe the visit.

    Parameters
    ----------
    curves : dict of (str, int) to dict of str to ndarray
        Rows of the light curves.
    meta : dict
        Meta of the light-curve table.

    Returns
    -------
    metrics : dict
        Target, instrument, times, and numbers of integrations and segments.
    """
    first = next(iter(curves.values()))
    times = first["bjd_tdb"][np.isfinite(first["bjd_tdb"])]
    metrics = {name: meta.get(keyword) for name, keyword in _KEYWORDS.items()}
    return metrics | {
        "n_integrations": len(first["flux"]),
        "n_segments": 1 + len(find_seams(first)),
        "start_bjd_tdb": float(times[0]) if len(times) else None,
        "end_bjd_tdb": float(times[-1]) if len(times) else None,
        "duration_h": float(np.ptp(times) * 24.0) if len(times) else None,
    }


def read_order_statistics(paths, segments, detector, order):
    """
    Read the statistics of one light curve.

    Parameters
    ----------
    paths : list of str
        Files of the statistics of all segments.
    segments : list of dict
        ``detector`` of each.
    detector : str
        Detector of the light curve.
    order : int
        Its spectral order.

    Returns
    -------
    statistics : list of dict of str to ndarray
        Statistics of the detector's segments, or of all segments if none is of
        this detector; segments of which the order was not extracted are left
        out. All arrays of the first, only the flags of the rest.
    """
    chosen = [
        path
        for path, segment in zip(paths, segments, strict=True)
        if segment["detector"] == detector
    ]
    found = []
    for path in chosen or paths:
        arrays = read_statistics(path, order, _FLAG_ARRAYS if found else None)
        found += [arrays] if "outliers" in arrays else []
    return found


def contamination_metrics(contamination, spectrum):
    """
    Light of other orders in the aperture of an order, each column weighted by the order's light.

    Without the weights, columns in which the order has hardly any light would
    dominate: the ratio goes to infinity there.

    Parameters
    ----------
    contamination : ndarray, shape (elements,)
        Light of the other orders over that of this one in each column; NaN
        without a model.
    spectrum : ndarray, shape (elements,)
        Median spectrum; columns where it is NaN or not positive are left out.

    Returns
    -------
    metrics : dict of str to float
        ``contamination_mean`` and ``contamination_p95``, the ratio that 95 %
        of the order's light do not exceed; empty if all columns are left out.
    """
    used = np.flatnonzero(np.isfinite(contamination) & (spectrum > 0))
    if not len(used):
        return {}
    ascending = used[np.argsort(contamination[used])]
    ratios, share = contamination[ascending], np.cumsum(spectrum[ascending])
    share /= share[-1]
    return {
        "contamination_mean": float(np.average(ratios, weights=spectrum[ascending])),
        "contamination_p95": float(ratios[np.searchsorted(share, 0.95)]),
    }


def diagnose(product, table, series, order_statistics, exposure_integrations, planned=None):
    """
    Measure a visit.

    Parameters
    ----------
    product : str
        Name of the product.
    table : tuple
        Columns, units and meta of its light-curve table.
    series : list of OwnSpectra
        Our spectra of the visit; empty for images.
    order_statistics : callable
        Returns the statistics (list of dict) of a detector and order.
    exposure_integrations : dict of str to list of int
        Number of integrations of each exposure, by detector.
    planned : dict of str to dict, optional
        Planned position of the star and the box in which it is searched (``planned`` and ``box``
        of :func:`~scripts.lib.diagnostics.placement.placement_metrics`), by detector.

    Returns
    -------
    diagnostics : dict
        Content of the diagnostics file, without arrays or NaN.
    curves : dict of (str, int) to dict of str to ndarray
        Rows of the light curves.
    arrays : list of dict of str to ndarray
        Arrays for plots, of each light curve.
    """
    columns, units, meta = table
    curves = split_curves(columns)
    series = {(spectra.detector or "unknown", spectra.order): spectra for spectra in series}
    metrics, arrays = [], []
    for key, rows in curves.items():
        statistics = order_statistics(*key)
        found, plots = light_curve_metrics(rows)
        found["flags"] = _flag_metrics(statistics)
        found["replaced_samples"] = sum_counts(statistics)
        found |= _comparison(rows, found, statistics)
        found |= _record(meta, key)
        found["dropped_integrations"] = dropped_integrations(
            rows["integration"], exposure_integrations.get(key[0], [])
        )
        plots |= frame_arrays(statistics) | {"flux_unit": units.get("flux", "")}
        if "contamination" in statistics[0] and key in series:
            ratios = statistics[0]["contamination"]
            found |= contamination_metrics(ratios, series[key].template)
        if key in series:
            more, images = _spectral_metrics(series[key])
            found, plots = found | more, plots | images
        several = sum(detector == key[0] for detector, _ in curves) > 1
        names = {"detector": key[0], "order": key[1], "several_orders": several}
        star = (planned or {}).get(key[0], {})
        metrics.append(names | found | placement_metrics(statistics[0], not several, **star))
        arrays.append(plots)
    diagnostics = {
        "product": product,
        "made_by": SOFTWARE,
        "verdict": visit_verdict(metrics),
        "visit": _visit_metrics(curves, meta),
        "light_curves": metrics,
        "conventions": _CONVENTIONS,
    }
    return plain_value(diagnostics), curves, arrays
