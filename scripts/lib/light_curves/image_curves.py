"""Our light curve of images: the least noisy of several sums, tied and freed of motion."""

import numpy as np

from scripts.lib.light_curves.segment_models import ModelFile
from scripts.lib.light_curves.spectral_curves import corrected_columns, dilution_limit
from scripts.lib.moving_profile.stamp_shape import motion_errors
from scripts.lib.moving_profile.tie import choose_flux, shape_terms, slow_width, tie_flux

__all__ = ["image_curve", "read_models"]

_FLUXES = ("flux", "error", "photon_error", "background")
_SUMS = ("sums", "sum_errors", "sum_photon_errors")


def read_models(paths):
    """
    Read the models of images.

    Parameters
    ----------
    paths : list of str
        Models of the segments of a detector in the order of time.

    Returns
    -------
    columns : dict of str to ndarray
        All columns of the integrations, fluxes in the unit of the archive's
        photometry; ``sums``, ``sum_errors`` and ``sum_photon_errors`` (integrations, circles).
    circles : list of str
        Names of the circles, the largest first; empty where nothing was measured.
    origin : tuple of float
        Column and row that positions count from.
    """
    found, circles, origin = [], [], (0.0, 0.0)
    for path in paths:
        with ModelFile(path) as model:
            columns, factor = model.columns(), model.keywords["FACTOR"]
            circles = model.circles() or circles
            origin = model.keywords["X0"], model.keywords["Y0"]
        for name in _SUMS:
            names = [f"{name}_{k}" for k in range(len(model.circles()))]
            values = [columns.pop(column) for column in names]
            columns[name] = factor * np.stack(values, axis=1) if values else None
        columns |= {name: factor * columns[name] for name in _FLUXES}
        found.append(columns)
    for columns in found:
        missing = np.full((len(columns["flux"]), len(circles)), np.nan)
        columns |= {name: missing for name in _SUMS if columns[name] is None}
    whole = {name: np.concatenate([columns[name] for columns in found]) for name in found[0]}
    return whole, circles, origin


def image_curve(models, circles, reference, origin, wanted=True):
    """
    Light curve of a detector's images, with everything about its integrations.

    Parameters
    ----------
    models, circles, origin
        As of :func:`read_models`.
    reference : ImageReference or None
        Reference of the visit; None where nothing was measured.
    wanted : bool, optional
        Whether motion may be taken off.

    Returns
    -------
    columns : dict of str to ndarray, shape (integrations,)
        As of `spectral_curves.white_light`, the background per pixel.
    record : dict
        How the curve was made: ``method`` (``profile`` or the circle), ``noise_factor``, ``noise``
        of each candidate relative to its level, ``position_error`` of ``x``, ``y`` and ``width`` [px],
        and what `spectral_curves.corrected_columns` records.
    """
    errors = {"profile": (models["error"], models["photon_error"])}
    series, record = {}, {"method": "profile", "noise_factor": None}
    if circles:
        terms, _ = shape_terms(models["x"], models["y"], squares=True)
        width = slow_width(models["width"])
        sums = dict(zip(circles, models["sums"].T, strict=True))
        largest = sums[circles[0]]
        others = {name: sums[name] for name in circles[1:]} | {"profile": models["flux"]}
        tied = {name: tie_flux(flux, largest, terms, width) for name, flux in others.items()}
        series = {circles[0]: largest} | tied
        pairs = zip(models["sum_errors"].T, models["sum_photon_errors"].T, strict=True)
        errors |= dict(zip(circles, pairs, strict=True))
        record["method"], record["noise"] = choose_flux(series)
    flux = series.get(record["method"], models["flux"])
    error, photons = errors[record["method"]]
    curve, found = corrected_columns({"flux": flux, "error": error}, models, True, wanted)
    record |= found
    x, y, width = models["x"] + origin[0], models["y"] + origin[1], models["width"]
    if reference is not None:
        record["noise_factor"] = float(reference.noise_factor)
        record["position_error"] = _position_error(reference)
        if not reference.ring.used.any():
            light = reference.median.reshape(-1)[reference.pixels]
            record["dilution_limit"] = dilution_limit(reference.median, light)
        x, y = x + reference.x, y + reference.y
        width = np.sqrt(np.maximum(reference.width**2 + width, 0.0))
    columns = curve | {
        "photon_error": np.where(photons > 0, photons, np.nan),
        "background": models["background"],
        "missing": np.clip(1.0 - np.nan_to_num(models["valid"]), 0.0, 1.0),
        "chi2": models["chi2"],
        "n_outliers": models["n_outliers"],
        "x": x,
        "y": y,
        "width": width,
    }
    return columns, record


def _position_error(reference):
    """Errors of ``x``, ``y`` and ``width`` of an image of the median level [px]."""
    errors = reference.noise_factor * motion_errors(reference.basis, reference.basis_weight)[1:]
    errors[2] /= 2.0 * reference.width
    return dict(zip(("x", "y", "width"), errors.tolist(), strict=True))
