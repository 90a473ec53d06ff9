"""Rows of the table of light curves: flux, errors, flags, position and width."""

import numpy as np

from scripts.lib.light_curves.image_curves import image_curve, read_models
from scripts.lib.light_curves.quality import QUALITY_BITS, integration_quality
from scripts.lib.light_curves.spectral_curves import white_light
from scripts.lib.light_curves.spectral_series import series_times, sum_raw

__all__ = [
    "DESCRIPTIONS",
    "FLUXES",
    "flag_fractions",
    "imaging_rows",
    "normalise_flux",
    "spectral_rows",
    "split_curves",
]

DESCRIPTIONS = {
    "detector": "detector",
    "order": "spectral order, 0 of images",
    "segment": "number of the segment",
    "integration": "number of the integration in the exposure, from 1",
    "mjd_utc": "mid time, MJD in UTC",
    "bjd_tdb": "mid time at the barycentre of the solar system, MJD in TDB (add 2400000.5 for BJD)",
    "flux_raw": "the archive's sum: finite samples only, missing ones are dips",
    "flux_raw_error": "its error, propagated from the errors of the pixels",
    "flux": "our flux: from the moving profile, without outliers, nothing missing",
    "flux_error": "its error, of photons, detector and background, right where ERR is wrong by a factor",
    "flux_corrected": "the flux without what fast motion of the star does to it, where a test finds that",
    "flux_corrected_error": "its error",
    "photon_error": "the part of flux_error that is photon noise",
    "flux_norm": "flux_corrected over its median",
    "flux_norm_error": "error of flux_norm",
    "x": "position of the star, or shift of the spectrum, along x",
    "y": "position of the star, or shift of the spectrum, along y",
    "width": "width (standard deviation) of the star, or of the trace across the dispersion",
    "background": "background of a pixel",
    "chi2": "squared residuals from the model over their expectation",
    "n_outliers": "samples of the star or trace that are outliers and were left out",
    "missing": "fraction of the light that is in missing samples, and was filled in",
    "quality": "sum of bits; 0 is good: "
    + "; ".join(f"{1 << bit} {text}" for bit, text in enumerate(QUALITY_BITS)),
    "outlier_fraction": "fraction of the archive's aperture that is flagged OUTLIER",
    "invalid_fraction": "fraction of the archive's aperture that is missing",
}
FLUXES = (
    "flux_raw",
    "flux_raw_error",
    "flux",
    "flux_error",
    "flux_corrected",
    "flux_corrected_error",
    "photon_error",
    "background",
)


def split_curves(columns, by_time=True):
    """
    Split the light-curve table by detector and order.

    Parameters
    ----------
    columns : dict of str to ndarray
        The table; rows without ``mjd_utc`` stay as they are.
    by_time : bool, optional
        Whether to sort the rows of each curve by their time, where all are known.

    Returns
    -------
    curves : dict of (str, int) to dict of str to ndarray
        Rows of each detector and order, as they follow each other in the table.
    """
    curves = {}
    keys = list(zip(columns["detector"].tolist(), columns["order"].tolist(), strict=True))
    for key in dict.fromkeys(keys):
        rows = np.flatnonzero((columns["detector"] == key[0]) & (columns["order"] == key[1]))
        times = columns["mjd_utc"][rows] if "mjd_utc" in columns else rows
        if by_time and np.isfinite(times).all():
            rows = rows[np.argsort(times, kind="stable")]
        curves[key] = {name: values[rows] for name, values in columns.items()}
    return curves


def normalise_flux(columns):
    """
    Divide the corrected flux and its error by its median.

    Parameters
    ----------
    columns : dict of str to ndarray
        ``flux_corrected`` and ``flux_corrected_error`` (integrations,).

    Returns
    -------
    columns : dict of str to ndarray
        ``flux_norm`` and ``flux_norm_error``; NaN if the median is NaN or not positive: a
        light curve of negative flux is no light curve.
    """
    finite = columns["flux_corrected"][np.isfinite(columns["flux_corrected"])]
    median = np.median(finite) if len(finite) else np.nan
    median = median if median > 0 else np.nan
    return {
        "flux_norm": columns["flux_corrected"] / median,
        "flux_norm_error": columns["flux_corrected_error"] / median,
    }


def flag_fractions(segments):
    """
    Fractions of flagged pixels in the archive's aperture.

    Parameters
    ----------
    segments : iterable of dict of str to ndarray
        Statistics of the segments.

    Returns
    -------
    columns : dict of str to ndarray
        ``outlier_fraction`` and ``invalid_fraction`` (integrations,).
    """
    found = {"outlier_fraction": [], "invalid_fraction": []}
    for arrays in segments:
        size = max(arrays["class_sizes"][0], 1)
        for fractions, name in zip(found.values(), ("outliers", "invalid"), strict=True):
            fractions.append(arrays[name][:, 0] / size)
    return {name: np.concatenate(fractions) for name, fractions in found.items()}


def spectral_rows(series, limits, statistics, wanted=True):
    """
    Rows of the table for one detector and order.

    Parameters
    ----------
    series : ModelSeries
        The spectra.
    limits : tuple of float
        Range of wavelengths [um].
    statistics : iterable of dict of str to ndarray
        Statistics of the segments.
    wanted : bool, optional
        Whether motion may be taken off the flux.

    Returns
    -------
    columns : dict of str to ndarray
        All columns of the table, each (integrations,).
    record : dict
        How they were made, as of `spectral_curves.white_light`.
    """
    archive = series.archive
    used = (archive.wavelength >= limits[0]) & (archive.wavelength <= limits[1])
    columns, record = white_light(series, limits, wanted)
    columns |= series_times(archive) | sum_raw(archive, used) | flag_fractions(statistics)
    return _label_rows(columns, record, archive.detector, archive.order), record


def imaging_rows(tables, statistics, segments, models, reference, wanted=True):
    """
    Rows of the table for the images of one detector.

    Parameters
    ----------
    tables : sequence of PhotometryTable
        Photometry of the segments.
    statistics : sequence of dict of str to ndarray
        Their statistics.
    segments : sequence of dict
        ``number``, ``detector`` and ``first`` integration of each.
    models : sequence of str
        Files of their models.
    reference : ImageReference or None
        Reference of the visit.
    wanted : bool, optional
        Whether motion may be taken off the flux.

    Returns
    -------
    columns : dict of str to ndarray
        All columns of the table, each (integrations,); NaN in columns
        that the photometry does not have.
    record : dict
        How they were made, as of `image_curves.image_curve`.
    """
    lengths = [len(table.columns["MJD"]) for table in tables]

    def column(name):
        """Column over all segments, NaN where a segment has none."""
        parts = [
            table.columns.get(name, np.full(length, np.nan))
            for table, length in zip(tables, lengths, strict=True)
        ]
        return np.concatenate(parts).astype(float)

    found, circles, origin = read_models(models)
    columns, record = image_curve(found, circles, reference, origin, wanted)
    columns |= {
        "mjd_utc": column("MJD"),
        "bjd_tdb": column("BJD_TDB"),
        "segment": np.repeat([segment["number"] for segment in segments], lengths).astype(np.int64),
        "integration": np.concatenate(
            [
                segment["first"] + np.arange(length)
                for segment, length in zip(segments, lengths, strict=True)
            ]
        ).astype(np.int64),
        "flux_raw": column("net_aperture_sum"),
        "flux_raw_error": column("net_aperture_sum_err"),
    }
    columns |= flag_fractions(statistics)
    return _label_rows(columns, record, segments[0]["detector"], 0), record


def _label_rows(columns, record, detector, order):
    """Name the integrations of steps; add detector, order, quality and normalised flux, and put the columns into their order."""
    length = len(columns["flux"])
    columns["quality"] = integration_quality(
        columns["flux_corrected"],
        columns["missing"],
        columns["chi2"],
        columns["n_outliers"],
    )
    for step in record.get("steps", ()):
        step["integration"] = int(columns["integration"][step.pop("row")])
    columns |= normalise_flux(columns)
    columns["n_outliers"] = np.nan_to_num(columns["n_outliers"]).astype(np.int64)
    columns["detector"] = np.full(length, detector or "unknown")
    columns["order"] = np.full(length, order, dtype=np.int64)
    return {name: columns[name] for name in DESCRIPTIONS}
