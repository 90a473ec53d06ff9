"""Rows of the table of light curves: flux, errors, flags, position and width."""

import numpy as np

from scripts.lib.light_curves.extraction_regions import read_statistics
from scripts.lib.light_curves.frame_statistics import ShapeFit, pixel_classes
from scripts.lib.light_curves.segment_statistics import background_level
from scripts.lib.light_curves.spectral_series import series_times, sum_spectra, valid_share

__all__ = [
    "DESCRIPTIONS",
    "flag_fractions",
    "imaging_rows",
    "normalise_flux",
    "segment_shifts",
    "spectral_rows",
    "white_light",
]

DESCRIPTIONS = {
    "detector": "detector",
    "order": "spectral order, 0 of images",
    "segment": "number of the segment",
    "integration": "number of the integration in the exposure, from 1",
    "mjd_utc": "mid time, MJD in UTC",
    "bjd_tdb": "mid time at the barycentre of the solar system, MJD in TDB (add 2400000.5 for BJD)",
    "flux_raw": "sum of the finite samples, as in the white-light table of jwst",
    "flux": "the sum with missing pixels and samples compensated",
    "flux_error": "error propagated from the errors of the pixels",
    "photon_error": "the part of the error that is photon noise",
    "flux_norm": "flux over its median",
    "flux_norm_error": "error of flux_norm",
    "missing": "fraction of the light that is in missing pixels and samples",
    "outlier_fraction": "fraction of the aperture's pixels flagged OUTLIER",
    "invalid_fraction": "fraction of the aperture's pixels that are missing",
    "x": "position of the star, or shift of the spectrum, along x",
    "y": "position of the star, or shift of the spectrum, along y",
    "width": "width (standard deviation) of the star, or of the trace across the dispersion",
}
# Arrays of a segment's statistics about the trace's position, and about flags.
_SHAPE_ARRAYS = ("median", "aperture", "background", "across", "trace_moments", "shapes")
_FLAG_ARRAYS = ("outliers", "invalid", "class_sizes")


def normalise_flux(columns):
    """
    Divide flux and error by the median of the flux.

    Parameters
    ----------
    columns : dict of str to ndarray
        ``flux`` and ``flux_error`` (integrations,).

    Returns
    -------
    columns : dict of str to ndarray
        ``flux_norm`` and ``flux_norm_error``; NaN if the median is NaN or 0.
    """
    finite = columns["flux"][np.isfinite(columns["flux"])]
    median = np.median(finite) if len(finite) else np.nan
    median = median if median else np.nan
    return {
        "flux_norm": columns["flux"] / median,
        "flux_norm_error": columns["flux_error"] / abs(median),
    }


def segment_shifts(segments):
    """
    Position of the trace in every integration, in the frame of the first segment.

    Parameters
    ----------
    segments : iterable of dict of str to ndarray
        Statistics of the segments of one detector and order, in order of time.

    Returns
    -------
    columns : dict of str to ndarray
        ``x`` and ``y`` (integrations,): mean position of the trace across the
        dispersion, and shift since the first segment's median along it
        [pixels]; ``width`` [pixels]. NaN where unknown, as in segments whose
        images have another size than the first.
    """
    segments = iter(segments)
    first = next(segments)
    across = int(first["across"])
    fit, image = _fit_median(first)
    centre, width = first["trace_moments"]
    origin = np.zeros(2)
    origin[1 - across] = centre
    shifts = [first["shapes"][:, 1:]]
    for arrays in segments:
        other_fit, other = _fit_median(arrays)
        start = np.full(4, np.nan)
        if other.shape == image.shape:
            # The noise of a median biases fits to it; in the difference the two biases cancel.
            start = (fit(other[np.newaxis])[0] - other_fit(image[np.newaxis])[0]) / 2.0
        shifts.append(arrays["shapes"][:, 1:] + start[1:])
    x, y, variance = np.concatenate(shifts).T
    squared = np.maximum(width**2 + variance, 0.0)
    return {"x": origin[0] + x, "y": origin[1] + y, "width": np.sqrt(squared)}


def flag_fractions(segments):
    """
    Fractions of flagged pixels in the aperture.

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


def white_light(series, limits):
    """
    Sum the spectra of one detector and order.

    Parameters
    ----------
    series : SpectralSeries
        The spectra.
    limits : tuple of float
        Range of wavelengths [um].

    Returns
    -------
    columns : dict of str to ndarray
        Columns of :func:`scripts.lib.light_curves.spectral_series.sum_spectra`.
    """
    used = (series.wavelength >= limits[0]) & (series.wavelength <= limits[1])
    template = series.template
    columns = {}
    for rows, values in series.blocks():
        for name, part in sum_spectra(values, template, used).items():
            columns.setdefault(name, np.empty(series.n_integrations))[rows] = part
    return columns


def spectral_rows(series, limits):
    """
    Rows of the table for one detector and order.

    Parameters
    ----------
    series, limits
        As for :func:`white_light`.

    Returns
    -------
    columns : dict of str to ndarray
        All columns of the table, each (integrations,).
    """
    columns = series_times(series) | white_light(series, limits)
    for names, gather in ((_SHAPE_ARRAYS, segment_shifts), (_FLAG_ARRAYS, flag_fractions)):
        parts = (read_statistics(part.statistics, series.order, names) for part in series.parts)
        columns |= gather(parts)
    return _label_rows(columns, series.detector, series.order)


def imaging_rows(tables, statistics, segments):
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

    Returns
    -------
    columns : dict of str to ndarray
        All columns of the table, each (integrations,); NaN in columns
        that the photometry does not have, and in fluxes of which half of the
        light or more is missing.
    """
    lengths = [len(table.columns["MJD"]) for table in tables]

    def column(name):
        """Column over all segments, NaN where a segment has none."""
        parts = [
            table.columns.get(name, np.full(length, np.nan))
            for table, length in zip(tables, lengths, strict=True)
        ]
        return np.concatenate(parts).astype(float)

    missing = np.concatenate([arrays["missing"][:, 0] for arrays in statistics]).astype(float)
    share = valid_share(missing)
    photon = np.concatenate([arrays["photon_share"] for arrays in statistics])
    net, background = column("net_aperture_sum"), np.nan_to_num(column("aperture_bkg"), nan=0.0)
    columns = {
        "mjd_utc": column("MJD"),
        "bjd_tdb": column("BJD_TDB"),
        "segment": np.repeat([segment["number"] for segment in segments], lengths).astype(np.int64),
        "integration": np.concatenate(
            [
                segment["first"] + np.arange(length)
                for segment, length in zip(segments, lengths, strict=True)
            ]
        ).astype(np.int64),
        "flux_raw": net,
        "flux": net / share,
        "flux_error": column("net_aperture_sum_err") / share,
        "photon_error": photon * np.nanmedian(net + background),
        "missing": missing,
        "x": column("centroid_x"),
        "y": column("centroid_y"),
        "width": np.sqrt(np.abs(column("psf_width_x") * column("psf_width_y"))),
    }
    columns |= flag_fractions(statistics)
    return _label_rows(columns, segments[0]["detector"], 0)


def _fit_median(arrays):
    """Fit to a segment's median image without background, and this image."""
    across = int(arrays["across"])
    level = background_level(arrays["median"], arrays["background"] > 0, across)
    image = arrays["median"] - level
    used = pixel_classes(arrays["aperture"] > 0)[:2].any(axis=0)
    return ShapeFit(image, used, across), image


def _label_rows(columns, detector, order):
    """Add detector, order and normalised flux, and put the columns into the order of the table."""
    length = len(columns["flux"])
    columns |= normalise_flux(columns)
    columns["detector"] = np.full(length, detector or "unknown")
    columns["order"] = np.full(length, order, dtype=np.int64)
    return {name: columns[name] for name in DESCRIPTIONS}
