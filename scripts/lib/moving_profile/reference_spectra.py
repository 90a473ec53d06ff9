"""What the spectra of a visit are compared with: trace, profile, response, background, noise."""

from dataclasses import dataclass, replace

import numpy as np

from scripts.lib.moving_profile.background import (
    LIMIT,
    subtract_background,
)
from scripts.lib.moving_profile.column_profile import moved_images, without_dark_columns
from scripts.lib.moving_profile.holes import lit_holes, next_to
from scripts.lib.moving_profile.order_light import crosstalk, follow, star_change, unmodelled_light
from scripts.lib.moving_profile.reference_passes import gather_star, measure_noise
from scripts.lib.moving_profile.reference_profile import fit_profile
from scripts.lib.moving_profile.reference_sample import (
    BLOCK,
    read_sample,
    slow_share,
)
from scripts.lib.moving_profile.reference_scene import spectral_scene
from scripts.lib.moving_profile.reference_stripes import find_stripes, weights_with_stripes
from scripts.lib.moving_profile.references import SpectralReference
from scripts.lib.moving_profile.shape import (
    MOTION,
    ShapeBasis,
    fit_shapes,
    residual_sigma,
    spectral_terms,
    tint,
    true_width,
)

__all__ = [
    "SpectralOptions",
    "spectral_reference",
    "spectral_references",
]

# Columns with less light than this share of the brightest have no flux of their own; nor
# those of an order among others with less than so many errors of an integration's sum.
_LIT, _FAINT = 0.003, 3.0
# Order of the changes of the spectrum that are no motion.
_SPECTRAL = 4
_ALONE = "all"


@dataclass(frozen=True)
class SpectralOptions:
    """
    What is known of a spectrum beforehand.

    Attributes
    ----------
    background : str
        ``auto``, ``column``, ``frame`` or ``none``.
    stripes : bool
        Whether readout stripes run along the dispersion.
    trace : ndarray of float or None, shape (x,)
        Row of the trace in each column; None to find it.
    half_width : int or None
        Rows on either side of the trace; None for 4.5 widths, at least 4.
    excluded : ndarray of bool or None, shape (y, x)
        Pixels that are no background, such as those of other spectral orders.
    share : callable or None
        Takes an image of the light of all spectral orders (y, x), in which what is unknown is
        NaN, and gives the share of this order in each pixel (y, x); None if there is no other.
    """

    background: str = "auto"
    stripes: bool = False
    trace: np.ndarray | None = None
    half_width: int | None = None
    excluded: np.ndarray | None = None
    share: object | None = None


@dataclass(frozen=True)
class _Fitted:
    """What is found in the sample: motion, rejected samples, width gain, and spectra over the median."""

    coefficients: np.ndarray
    rejected: tuple
    width_gain: float
    spectrum: np.ndarray


def spectral_reference(planes, firsts, options=None, block=BLOCK):
    """
    Measure the reference of a visit from some of its integrations.

    Parameters
    ----------
    planes : Planes
        The integrations, as of `sample.sample_integrations`, dispersion along x, or what
        gives parts of them as `reference_sample.Sample` says.
    firsts : ndarray of int
        Those that are followed by the next one of the visit, as of
        `sample.consecutive_pairs`.
    options : SpectralOptions, optional
        What is known beforehand.
    block : int, optional
        Samples to read at a time, but four rows at least; it changes no byte of the reference.

    Returns
    -------
    reference : SpectralReference
        The reference. With fewer than 20 integrations the profile is static.

    Notes
    -----
    The peak of the memory is at most 25 bytes for each sample of the band, 50 for each of a
    block and of the 2048 pixels that are fitted at a time, and 100 for each pixel, besides
    planes that are in memory already.
    """
    named = {_ALONE: options or SpectralOptions()}
    return spectral_references(planes, firsts, named, block)[_ALONE]


def spectral_references(planes, firsts, options, block=BLOCK):
    """
    Measure the references of all spectral orders of a visit.

    Parameters
    ----------
    planes, firsts, block
        As for :func:`spectral_reference`.
    options : dict of str to SpectralOptions
        What is known of each order. All have the same ``excluded`` pixels, which hold all
        bands; only an order without others may have stripes.

    Returns
    -------
    references : dict of str to SpectralReference
        Of each order. They have background, noise, scale and the motion of the first in common.
    """
    sample = read_sample(planes, firsts, block)
    scenes = {name: spectral_scene(sample, given) for name, given in options.items()}
    first = next(iter(scenes))
    stripes = find_stripes(sample, scenes[first]) if options[first].stripes else None
    if stripes is not None:
        scenes[first] = weights_with_stripes(scenes[first], stripes, _LIT)

    def subtract(samples, lost):
        return subtract_background(samples, lost, scenes[first].region, stripes).parts

    pixels = np.unique(np.concatenate([s.band.pixels.reshape(-1) for s in scenes.values()]))
    values, bad, background = gather_star(sample, subtract, pixels)
    places = {
        name: np.searchsorted(pixels, scene.band.pixels.reshape(-1))
        for name, scene in scenes.items()
    }
    fits = {}
    for name, scene in scenes.items():
        parts = values[:, places[name]], bad[:, places[name]]
        leader = fits[first].fitted if fits else None
        fits[name] = _fit_order(*parts, scene, sample.firsts, leader)
    _subtract_star(values, places, scenes, fits)
    values[bad] = np.nan
    factor, noise = measure_noise(sample, background, pixels, values)
    references = {}
    for name, scene in scenes.items():
        fit = fits[name]
        weight = scene.band.gather(scene.weight * (factor / noise) ** 2).astype(np.float32)
        references[name] = SpectralReference(
            sample.scale, sample.median, sample.error, scene.band, scene.trace, scene.width,
            scene.region, stripes, fit.basis, fit.changes, fit.centre, fit.fitted.width_gain, fit.model,
            fit.profile, weight, fit.hole_light, fit.lit_holes, fit.hole_shape, fit.response, factor, noise,
        )  # fmt: skip
    lights = {name: np.where(scene.holes, 0.0, scene.own.model) for name, scene in scenes.items()}
    for name, reference in references.items():
        reference.crosstalk.update(crosstalk(name, references, lights))
    return references


def _subtract_star(values, places, scenes, fits):
    """Subtract what the star adds to its median from samples (integrations, P), in place."""
    for name, fit in fits.items():
        fitted = fit.fitted
        change, _, _ = star_change(fitted.coefficients, fitted.spectrum, fitted.width_gain, fit)
        values[:, places[name]] -= change.reshape(len(values), -1)
    first, scene = next(iter(fits.values())), next(iter(scenes.values()))
    if len(fits) > 1:
        parts = [(scene.band, scene.holes, fits[name].model) for name, scene in scenes.items()]
        left = unmodelled_light(scene.model, parts)
        level = np.nan_to_num(first.fitted.coefficients[:, 0] - 1.0).astype(np.float32)
        pixels = np.unique(np.concatenate([band.pixels.reshape(-1) for band, _, _ in parts]))
        values -= np.multiply.outer(level, left.reshape(-1)[pixels])
    # The profile is fitted to the same samples, and takes its share of their noise.
    terms = len(first.profile)
    values *= np.float32(1.0 / np.sqrt(1.0 - terms / max(len(values), terms + 1)))


@dataclass(frozen=True)
class _Fit:
    """What is fitted to the samples of one spectral order."""

    basis: ShapeBasis
    changes: np.ndarray
    fitted: _Fitted
    centre: np.ndarray
    model: np.ndarray
    profile: np.ndarray
    hole_light: np.ndarray
    lit_holes: np.ndarray
    hole_shape: np.ndarray
    response: np.ndarray


def _fit_order(values, bad, scene, firsts, leader=None):
    """Shapes, profile and response of one spectral order, which moves as the leader does."""
    basis, changes, fitted, centre = _shapes(values, np.nonzero(bad), scene, firsts)
    if leader is not None:
        motion = follow(fitted.coefficients, leader.coefficients)
        fitted = replace(fitted, coefficients=motion, width_gain=leader.width_gain)
    if scene.share is not None:
        values = values * scene.band.gather(scene.share).reshape(-1).astype(np.float32)
    profile, response, hole_light = fit_profile(values, bad, scene.own, fitted)
    own, least = scene.band.gather(scene.own.model), _LIT
    if scene.share is not None:
        # Where an order ends, what is left is light of others and background.
        usual = np.divide(
            1.0, scene.weight, where=scene.weight > 0, out=np.zeros(scene.weight.shape)
        )
        error = np.sqrt(scene.band.gather(usual).sum(axis=0))
        least = np.maximum(_LIT, _FAINT * error / max(response[0].max(), 1e-30))
    star, profile = without_dark_columns(own, profile, response[0], least)
    holes = lit_holes(profile, own)
    return _Fit(basis, changes, fitted, centre, star, profile, hole_light, *holes, response)


def _shapes(values, places, scene, firsts):
    """Basis of the fit with the changes of the spectrum, what is found in the sample, and the centre."""
    weight = scene.band.gather(np.where(next_to(scene.holes), 0.0, scene.weight))
    weight = weight.astype(np.float32)
    images = moved_images(scene).astype(np.float32)
    images[:, scene.band.gather(scene.holes)] = 0.0
    changes = spectral_terms(images[0], weight, _SPECTRAL)
    images = np.concatenate([images, changes[:, None] * images[0]]).astype(np.float32)
    images = images.reshape(-1, weight.size)
    weight = weight.reshape(-1)
    used = scene.weight > 0
    sigma = float(np.nanmedian((scene.region.limit / LIMIT * np.sqrt(scene.weight))[used]))
    for _ in range(2):
        basis = ShapeBasis(images, weight, sigma)
        coefficients, rejected = fit_shapes(values, places, basis)
        sigma = residual_sigma(values, coefficients, images, weight)
    spectrum = tint(coefficients[:, MOTION:], changes)
    coefficients = coefficients[:, :MOTION]
    centre = np.nan_to_num(np.nanmedian(coefficients[:, 1:], axis=0))
    coefficients[:, 1:] -= centre
    coefficients[:, 3] = true_width(coefficients)
    middle = float(np.nan_to_num(np.nanmedian(coefficients[:, 3])))
    coefficients[:, 3] -= middle
    centre[2] += middle
    gain = slow_share(coefficients[:, 3], firsts)
    fitted = _Fitted(coefficients, rejected, gain, spectrum)
    return ShapeBasis(images, weight, sigma), changes, fitted, centre
