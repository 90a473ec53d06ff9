"""Light curves of simulated integrations: from the moving profile, and as plain sums."""

import time
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from benchmarks.profile_scenes import split
from scripts.lib.light_curves.element_sums import Groups, sum_groups
from scripts.lib.light_curves.image_curves import image_curve
from scripts.lib.light_curves.spectral_curves import corrected_columns
from scripts.lib.moving_profile.images import model_images
from scripts.lib.moving_profile.reference_images import image_reference
from scripts.lib.moving_profile.reference_spectra import SpectralOptions, spectral_reference
from scripts.lib.moving_profile.sample import consecutive_pairs, sample_integrations
from scripts.lib.moving_profile.spectra import model_spectra
from scripts.lib.moving_profile.tie import shape_terms, slow_width, tie_flux
from scripts.lib.moving_profile.white_light import template_spectrum
from scripts.lib.outliers.detection import Settings
from scripts.lib.outliers.rolling_median import window_starts
from scripts.lib.outliers.search import flag_rolling
from scripts.lib.segment_data.dq import DO_NOT_USE
from scripts.lib.segment_data.medians import nan_median

WINDOW = 25
# Columns in a bin, about a hundredth of the wavelength.
_BIN = 12
# Bins with less light than this share of the brightest are left out.
_LIT = 0.05
# What the sums of columns, and the light curve of images, are made of.
_COLUMN_VALUES = ("flux", "filled", "error", "photon_error", "valid", "background")
_IMAGE_VALUES = (
    *("flux", "error", "photon_error", "sums", "sum_errors", "sum_photon_errors"),
    *("valid", "background", "level", "x", "y", "width", "chi2", "n_outliers"),
)


@dataclass(frozen=True)
class Curves:
    """
    Light curves of a visit.

    Attributes
    ----------
    flux, error : ndarray of float64, shape (integrations,)
        Tied and decorrelated flux of all columns, and its quoted error.
    sums : dict of str to ndarray of float64, shape (integrations,)
        ``jwst``: sum with its outliers left out. ``completed``: the same with what is
        missing compensated by its share of the median.
    bins : list of tuple
        Slice of columns, tied flux and its quoted error, (integrations,) each.
    outliers : ndarray of bool, shape (integrations, y, x)
        What the moving profile finds.
    milliseconds : float
        CPU time of the comparison with the reference, for each integration.
    noise_factor : float
        Factor by which ERR was found to be too small.
    """

    flux: np.ndarray
    error: np.ndarray
    sums: dict
    bins: list
    outliers: np.ndarray
    milliseconds: float
    noise_factor: float


def spectral_curves(scene, stripes):
    """
    Extract spectra and sum them.

    Parameters
    ----------
    scene : Scene
        Of `profile_scenes.spectral_scene`.
    stripes : bool
        Whether readout stripes run along the dispersion.

    Returns
    -------
    curves : Curves
        The light curves.
    """
    sample = sample_integrations(len(scene.planes))
    options = SpectralOptions(stripes=stripes)
    reference = spectral_reference(scene.planes[sample], consecutive_pairs(sample), options)
    found, outliers, milliseconds = _model(model_spectra, scene, reference)
    template = template_spectrum(found("flux"))
    flux, error = _white_light(found, reference, template)
    bins = []
    for columns in _lit_bins(scene, template):
        members = np.zeros(len(template), dtype=bool)
        members[columns] = True
        bins.append((columns, *_white_light(found, reference, template, members)))
    used = np.zeros(scene.rtn.shape)
    reference.band.scatter(np.ones(reference.band.pixels.shape), used)
    positions = {name: found(name) for name in ("x", "y", "width")}
    columns, _ = corrected_columns({"flux": flux, "error": error}, positions)
    return Curves(
        columns["flux_corrected"],
        columns["flux_corrected_error"],
        _sums(scene, used, reference.region.used, by_column=True),
        bins,
        outliers,
        milliseconds,
        reference.noise_factor,
    )


def _white_light(found, reference, template, members=None):
    """Tied sum of columns and its quoted error."""
    used = np.isfinite(template) & (True if members is None else members)
    values = {name: found(name) for name in _COLUMN_VALUES}
    sums = sum_groups(values, template, Groups.from_numbers(np.where(used, 0, -1)))
    flux, filled, error = (sums[name][:, 0] for name in ("flux", "filled", "error"))
    terms, _ = shape_terms(found("x"), found("y"))
    tied = tie_flux(flux, filled, terms, slow_width(found("width")))
    return tied, np.sqrt(error**2 + reference.common_variance(used))


def _lit_bins(scene, template):
    """Bins of columns with light, of which at least half are known."""
    spectrum, known = scene.extra["spectrum"], np.isfinite(template)
    edges = np.linspace(0, len(spectrum), len(spectrum) // _BIN + 1).astype(int)
    for low, high in pairwise(edges):
        if spectrum[low:high].max() >= _LIT * spectrum.max() and known[low:high].mean() >= 0.5:
            yield slice(int(low), int(high))


def image_curves(scene):
    """
    Measure images of a star.

    Parameters
    ----------
    scene : Scene
        Of `profile_scenes.image_scene`.

    Returns
    -------
    curves : Curves
        The light curves; no bins.
    """
    sample = sample_integrations(len(scene.planes))
    reference = image_reference(scene.planes[sample], consecutive_pairs(sample))
    found, outliers, milliseconds = _model(model_images, scene, reference)
    names, models = list(reference.circles), {name: found(name) for name in _IMAGE_VALUES}
    columns, _ = image_curve(models, names, reference, (0.0, 0.0))
    circle = np.zeros(scene.rtn.size)
    circle[reference.pixels] = reference.circles[names[0]]
    plain = _sums(scene, circle.reshape(scene.rtn.shape), reference.ring.used, by_column=False)
    return Curves(
        columns["flux_corrected"],
        columns["flux_corrected_error"],
        plain,
        [],
        outliers,
        milliseconds,
        reference.noise_factor,
    )


def _model(function, scene, reference):
    """Compare all segments with the reference: a getter of what is found, outliers, CPU time."""
    segments, start = list(split(scene)), time.process_time()
    parts = [function([planes], extent, reference) for planes, extent in segments]
    seconds = time.process_time() - start
    outliers = np.zeros(scene.planes.sci.shape, dtype=bool)
    first = 0
    for part, (_, extent) in zip(parts, segments, strict=True):
        outliers.reshape(-1)[part.outliers + first * scene.rtn.size] = True
        first += extent.integrations

    def found(name):
        return np.concatenate([getattr(part, name) for part in parts])

    return found, outliers, 1e3 * seconds / len(scene.planes)


def _sums(scene, share, background, by_column):
    """Sums over pixels with the outliers of jwst left out, and compensated, by name."""
    samples = jwst_samples(scene.planes)
    level = _level(samples, background, by_column)
    light = (samples - level).astype(np.float64) * share
    flat = light.reshape(len(light), -1)
    median = np.nan_to_num(nan_median(np.ascontiguousarray(flat.T), axis=-1))
    missing = np.where(np.isnan(flat), median, 0.0).sum(axis=1) / median.sum()
    total = np.nansum(flat, axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return {"jwst": total, "completed": total / (1.0 - missing)}


def _level(samples, used, by_column):
    """Median of the background pixels, of each column or of the image, to be subtracted."""
    if by_column:
        outside = np.where(used, samples, np.float32(np.nan)).transpose(0, 2, 1)
        return np.nan_to_num(nan_median(np.ascontiguousarray(outside), axis=-1))[:, None, :]
    return nan_median(np.ascontiguousarray(samples[:, used]), axis=-1)[:, None, None]


def jwst_samples(planes):
    """
    Leave out bad samples, and the outliers of each segment as jwst finds them.

    Parameters
    ----------
    planes : Planes
        The integrations of a visit of three segments.

    Returns
    -------
    samples : ndarray of float32, shape (integrations, y, x)
        NaN where bad or an outlier.
    """
    flags = planes.dq.copy()
    samples = planes.sci.reshape(len(flags), -1)
    edges = np.linspace(0, len(flags), 4).astype(int)
    for low, high in pairwise(edges):
        frames = slice(low, high)
        part = flags[frames].reshape(high - low, -1)
        starts = window_starts(high - low, WINDOW)
        errors = planes.err[frames].reshape(part.shape)
        tested = slice(0, high - low)
        flag_rolling(samples[frames], part, errors, tested, starts, Settings(window=WINDOW))
    return np.where(flags & DO_NOT_USE, np.float32(np.nan), planes.sci)
