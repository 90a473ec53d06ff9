"""Images of what was extracted: source and background as they were fitted or summed."""

from dataclasses import replace

import numpy as np

from scripts.lib.spectra.apertures import HORIZONTAL
from scripts.lib.spectra.background import fit_background
from scripts.lib.spectra.profile_fit import fit_columns, model_images

__all__ = ["profile_image", "scene_images"]


def profile_image(extraction, shape):
    """
    Weights of the pixels in the spectrum.

    Parameters
    ----------
    extraction : Extraction
        How the spectrum is extracted.
    shape : tuple of int
        Shape (y, x) of an integration.

    Returns
    -------
    image : ndarray of float32
        Weights (y, x) of the box, or the profile that is fitted.
    """
    across_along = shape if extraction.dispersion_axis == HORIZONTAL else shape[::-1]
    image = np.zeros(across_along, np.float32)
    part = image[extraction.rows, extraction.columns]
    part[extraction.aperture_rows] = extraction.weights
    return image if extraction.dispersion_axis == HORIZONTAL else image.T


def scene_images(extraction, science, variances):
    """
    Source and background of some integrations.

    Parameters
    ----------
    extraction : Extraction
        How the spectra are extracted: planned for whole images.
    science : ndarray
        Data (integrations, cross-dispersion, dispersion).
    variances : sequence of ndarray
        Variances of the same shape.

    Returns
    -------
    images : ndarray
        Float64 models of the same shape: the fit, or of a box the background and, in its valid
        pixels, the mean of the source times their weights.
    """
    if extraction.fit is not None:
        _, coefficients = fit_columns(extraction.fit, science, variances)
        return model_images(extraction.fit, coefficients)
    weights = np.zeros(science.shape[1:])
    weights[extraction.aperture_rows] = extraction.weights
    level = np.zeros_like(science[:, :1], dtype=float)
    if extraction.background is not None:
        level = _background(extraction, weights, science, variances)
    with np.errstate(invalid="ignore"):
        difference = science - level
    valid = np.isfinite(difference) * weights
    npixels = valid.sum(axis=1, keepdims=True)
    flux = np.where(valid > 0, difference, 0.0)
    flux = (flux * valid).sum(axis=1, keepdims=True)
    mean = np.divide(flux, npixels, out=np.zeros_like(flux), where=npixels > 0)
    return level + mean * valid


def _background(extraction, weights, science, variances):
    """Background at all rows (integrations, rows or 1, dispersion)."""
    model = replace(
        extraction.background,
        aperture=weights,
        aperture_position=np.linspace(-1, 1, len(weights)),
    )
    rows = extraction.background_rows
    any_nan = np.isnan(science).any(axis=(1, 2)) if model.smoothing_length else True
    parts = science[:, rows], [variance[:, rows] for variance in variances]
    return fit_background(model, *parts, any_nan=any_nan)[0].astype(float)
