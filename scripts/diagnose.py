"""Rule diagnose: noise, seams, flags and drifts of a visit in figures, and a verdict in words."""

import json
import logging
import math
from pathlib import Path

import numpy as np

from scripts import __version__
from scripts.lib.array_files import read_arrays, write_arrays, write_text
from scripts.lib.ecsv import read_ecsv
from scripts.lib.element_noise import LightCurveMap, element_figures, stretches, worse_elements
from scripts.lib.frame_statistics import CLASSES
from scripts.lib.light_curve_figures import light_curve_figures
from scripts.lib.noise import MAD_TO_SIGMA
from scripts.lib.spectral_series import open_series
from scripts.lib.verdict import overall

log = logging.getLogger(__name__)

_META = {
    "target": "TARGNAME",
    "instrument": "INSTRUME",
    "exp_type": "EXP_TYPE",
    "filter": "FILTER",
    "grating": "GRATING",
    "subarray": "SUBARRAY",
}


def split_curves(columns):
    """
    Split the light-curve table by detector and order.

    Parameters
    ----------
    columns : dict of str to ndarray
        The table.

    Returns
    -------
    curves : dict of (str, int) to dict of str to ndarray
        Rows of each detector and order, in order of time where it is known.
    """
    curves = {}
    keys = list(zip(columns["detector"].tolist(), columns["order"].tolist(), strict=True))
    for key in dict.fromkeys(keys):
        rows = np.flatnonzero((columns["detector"] == key[0]) & (columns["order"] == key[1]))
        times = columns["mjd_utc"][rows]
        if np.isfinite(times).all():
            rows = rows[np.argsort(times, kind="stable")]
        curves[key] = {name: values[rows] for name, values in columns.items()}
    return curves


def dropped_integrations(numbers, total):
    """
    Numbers of integrations that the exposure should have.

    Parameters
    ----------
    numbers : ndarray of int
        Numbers of those that are there, counted from 1.
    total : int
        Number of integrations of the exposure.

    Returns
    -------
    dropped : list of int
        Ascending.
    """
    return sorted(set(range(1, total + 1)) - set(numbers.tolist()))


def flag_figures(statistics):
    """
    Flags of all segments of a detector by class of pixels.

    Parameters
    ----------
    statistics : list of dict of str to ndarray
        Statistics of the segments.

    Returns
    -------
    figures : dict of str to dict
        For ``aperture``, ``wings`` and ``background``: number of pixels, and
        fractions of samples flagged as outliers and lacking altogether, with
        the largest fraction of outliers in an integration.
    """
    figures = {}
    for k, name in enumerate(CLASSES):
        size = int(statistics[0]["class_sizes"][k])
        outliers = np.concatenate([arrays["outliers"][:, k] for arrays in statistics])
        invalid = np.concatenate([arrays["invalid"][:, k] for arrays in statistics])
        figures[name] = {
            "pixels": size,
            "outlier_fraction": float(outliers.mean() / size) if size else None,
            "invalid_fraction": float(invalid.mean() / size) if size else None,
            "worst_outlier_fraction": float(outliers.max() / size) if size else None,
        }
    return figures


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
        sums of the maps of flags; fractions of outliers per integration and
        class (integrations, classes).
    """
    first = statistics[0]
    names = ("median", "aperture", "background", "trace", "across", "unit", "centre", "radii")
    arrays = {name: first[name] for name in names if name in first}
    arrays["outlier_map"] = sum(one["outlier_map"] for one in statistics)
    counts = np.concatenate([one["outliers"] for one in statistics])
    arrays["outlier_fractions"] = counts / np.maximum(first["class_sizes"], 1)
    return arrays


def spectral_figures(series, columns):
    """
    Noise of the elements of one detector and order, and a map.

    Parameters
    ----------
    series : SpectralSeries
        The spectra.
    columns : ndarray of int
        Detector pixel along the dispersion of every element.

    Returns
    -------
    figures : dict
        ``worse_elements`` and medians over the elements of the ratio of noise
        to the errors and photons.
    arrays : dict of str to ndarray
        Noise of the elements, and the map.

    Notes
    -----
    Holds 400 spectra at most, and a block of some 16 MB.
    """
    template = series.template()
    image = LightCurveMap(series.n_integrations, series.n_elements)
    for rows, values in series.blocks():
        image.add(rows, values["FLUX"], template)
    groups = []
    for wanted in stretches(series.n_integrations):
        parts = [values for _, values in series.blocks([wanted])]
        groups.append({name: np.concatenate([part[name] for part in parts]) for name in parts[0]})
    elements = element_figures(groups)
    worse = worse_elements(elements)
    for one in worse:
        one["wavelength_um"] = float(series.wavelength[one["element"]])
        one["pixel"] = int(columns[one["element"]]) if len(columns) else one["element"]
    figures = {"worse_elements": worse}
    for name in ("error", "photon"):
        ratio = elements["noise"] / elements[name]
        ratio = ratio[np.isfinite(ratio)]
        key = f"median_element_ratio_to_{name}"
        figures[key] = float(np.median(ratio)) if len(ratio) else None
    arrays = {f"element_{name}": values for name, values in elements.items()}
    return figures, arrays | {"map": image.image(), "wavelength": series.wavelength}


def visit_figures(curves, meta):
    """
    What the visit is.

    Parameters
    ----------
    curves : dict of (str, int) to dict of str to ndarray
        Rows of the light curves.
    meta : dict
        Meta of the light-curve table.

    Returns
    -------
    figures : dict
        Target, instrument, times and numbers.
    """
    first = next(iter(curves.values()))
    times = first["bjd_tdb"][np.isfinite(first["bjd_tdb"])]
    figures = {name: meta.get(keyword) for name, keyword in _META.items()}
    return figures | {
        "n_integrations": len(first["flux"]),
        "n_segments": len(np.unique(first["segment"])),
        "start_bjd_tdb": float(times[0]) if len(times) else None,
        "end_bjd_tdb": float(times[-1]) if len(times) else None,
        "duration_h": float(np.ptp(times) * 24.0) if len(times) else None,
    }


def conventions():
    """Factors between the scatter of white noise and what tools print."""
    return {
        "sigma": "standard deviation of white noise per integration, relative flux",
        "mad_sigma_over_mad": MAD_TO_SIGMA,
        "mad_diff_over_sigma": 0.9539,
        "mad_second_over_sigma": 0.8261,
    }


def plain(value):
    """Value as JSON can have it: no arrays, NaN is null, six digits."""
    if isinstance(value, dict):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [plain(one) for one in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        return value if abs(value) > 1e4 else float(f"{value:.6g}")
    return value


def _detector_statistics(paths, segments, detector):
    """Statistics of the segments of one detector; of all if none is of it."""
    chosen = [
        path
        for path, segment in zip(paths, segments, strict=True)
        if segment["detector"] == detector
    ]
    return [read_arrays(path) for path in chosen or paths]


def _element_pixels(statistics, n_elements):
    """Detector pixel along the dispersion of every element; empty if not known."""
    first = statistics[0]
    if "across" not in first:
        return np.empty(0, int)
    pixels = np.flatnonzero((first["aperture"] > 0).any(axis=int(first["across"])))
    return pixels if len(pixels) == n_elements else np.empty(0, int)


def process(snakemake):
    """Write figures and plot data of one product."""
    params, inputs = snakemake.params, snakemake.input
    columns, _, meta = read_ecsv(inputs.light_curve)
    curves = split_curves(columns)
    series = {}
    if inputs.get("spectra"):
        opened = open_series(
            list(inputs.spectra), params.segments, list(inputs.statistics), params.replaced
        )
        series = {(one.detector, one.order): one for one in opened}
    figures, arrays = [], {}
    for k, (key, rows) in enumerate(curves.items()):
        statistics = _detector_statistics(list(inputs.statistics), params.segments, key[0])
        found, plots = light_curve_figures(rows)
        found["flags"] = flag_figures(statistics)
        found["dropped_integrations"] = dropped_integrations(
            rows["integration"], params.exposure_integrations
        )
        plots |= frame_arrays(statistics)
        if key in series:
            pixels = _element_pixels(statistics, series[key].n_elements)
            more, images = spectral_figures(series[key], pixels)
            found, plots = found | more, plots | images
        figures.append({"detector": key[0], "order": key[1], **found})
        arrays |= {f"{k}/{name}": values for name, values in plots.items()}
    product = {
        "product": params.product,
        "made_by": f"tso3flow {__version__}",
        "verdict": overall(figures),
        "visit": visit_figures(curves, meta),
        "light_curves": figures,
        "conventions": conventions(),
    }
    write_arrays(Path(snakemake.output.plot_data), arrays)
    text = json.dumps(plain(product), indent=1, allow_nan=False, ensure_ascii=False)
    write_text(Path(snakemake.output.diagnostics), f"{text}\n")
    for sentence in (*product["verdict"]["noise"], *product["verdict"]["findings"]):
        log.info("%s", sentence)


if __name__ == "__main__":
    from scripts.lib.job import run_job

    run_job(snakemake, process)
