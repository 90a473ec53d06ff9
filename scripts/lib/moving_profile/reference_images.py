"""What the images of a visit are compared with: star, profile, background ring and noise."""

from dataclasses import dataclass

import numpy as np

from scripts.lib.moving_profile.background import LIMIT as BACKGROUND_LIMIT
from scripts.lib.moving_profile.pixel_regression import regress_pixels
from scripts.lib.moving_profile.reference_passes import gather_star, measure_noise
from scripts.lib.moving_profile.reference_sample import BLOCK, clear_noise, read_sample, slow_share
from scripts.lib.moving_profile.references import ImageReference
from scripts.lib.moving_profile.ring import Ring, quiet_ring, ring_background
from scripts.lib.moving_profile.stamp import circle, fill_holes, find_star
from scripts.lib.moving_profile.stamp_shape import (
    LIMIT,
    fit_motion,
    free_share,
    held_share,
    motion_terms,
)
from scripts.lib.moving_profile.star_motion import (
    derivative_tightness,
    moved_wings,
    numerical_terms,
    star_level,
)
from scripts.lib.segment_data.medians import nan_median

__all__ = ["ImageOptions", "image_reference"]

_FEWEST_MOVING = 20
# Radius of the pixels with light that is too faint for the profile, in radii of the stamp.
_APRON = 1.5
# Limits of rejection by turns, as the profile gets better.
_LIMITS = (20.0, 8.0, LIMIT)
# Least share of what widths show that counts as true.
_NARROWEST = 1e-3


@dataclass(frozen=True)
class ImageOptions:
    """
    What is known of images beforehand.

    Attributes
    ----------
    position : tuple of float or None
        Expected (x, y) of the star [px].
    half_width : float or None
        Farthest distance of its peak from there [px].
    whole : bool
        Whether the star fills the array, as with a weak lens: no background is measured.
    background : bool
        Whether it is measured in other images.
    """

    position: tuple | None = None
    half_width: float | None = None
    whole: bool = False
    background: bool = True


@dataclass(frozen=True)
class _Scene:
    """What is known before the shapes are fitted."""

    level: float
    light: np.ndarray
    star: tuple
    radius: float
    pixels: np.ndarray
    model: np.ndarray
    weight: np.ndarray
    ring: Ring
    apron: np.ndarray
    factor: float


def image_reference(planes, firsts, options=None, block=BLOCK):
    """
    Measure the reference of a visit from some of its images.

    Parameters
    ----------
    planes : Planes
        The images, as of `sample.sample_integrations`, or what gives parts of them as
        `reference_sample.Sample` says.
    firsts : ndarray of int
        Those that are followed by the next one of the visit.
    options : ImageOptions, optional
        What is known beforehand.
    block : int, optional
        Samples to read at a time, but four rows at least; it changes no byte of the reference.

    Returns
    -------
    reference : ImageReference
        The reference. With fewer than 20 images the profile is static.

    Notes
    -----
    The peak of the memory is at most 100 bytes for each sample of the stamp, 50 for each of a
    block and 250 for each pixel, besides planes that are in memory already.
    """
    sample = read_sample(planes, firsts, block)
    scene = _scene(sample, options or ImageOptions())

    def subtract(samples, lost):
        level = ring_background(samples, lost, scene.ring)[0].astype(np.float32)[:, None, None]
        samples -= level
        return [level]

    pixels = np.concatenate([scene.pixels, scene.apron])
    values, bad, background = gather_star(sample, subtract, pixels)
    fit = _fit_profile(values[:, : len(scene.pixels)], bad[:, : len(scene.pixels)], scene, sample)
    filled = _on_detector(fit.found, ~fit.holes, scene, sample)
    profile, light = _normalise(filled.reshape(len(filled), -1)[:, scene.pixels])
    wings = _wings(scene, sample)
    outside = values[:, len(scene.pixels) :] - moved_wings(fit.coefficients, wings)
    residual = np.hstack([_residual(fit, profile, light, scene), outside])
    residual[bad] = np.nan
    factor, noise = measure_noise(sample, background, pixels, residual)
    stamp = np.fmax(noise.reshape(-1)[scene.pixels], fit.noise * factor)
    noise.reshape(-1)[scene.pixels] = stamp
    model = np.where(fit.holes, 0.0, scene.model)
    weight = np.where(fit.holes, 0.0, scene.weight * (factor / stamp) ** 2)
    return ImageReference(
        sample.scale, sample.median, sample.error, scene.level, *scene.star, scene.ring,
        scene.pixels, model, fit.basis, fit.weight, fit.tightness, fit.centre, profile, light,
        fit.covariance, weight, _circles(scene, sample.median.shape), scene.apron, wings,
        factor, noise,
    )  # fmt: skip


@dataclass(frozen=True)
class _Fit:
    """Shapes of the sample, and the images that they were fitted with and that they give."""

    values: np.ndarray
    coefficients: np.ndarray
    centre: np.ndarray
    basis: np.ndarray
    weight: np.ndarray
    tightness: float
    found: np.ndarray
    holes: np.ndarray
    noise: np.ndarray
    covariance: np.ndarray


def _fit_profile(values, bad, scene, sample):
    """Fit shapes and profile by turns: first with numerical derivatives, then with those measured."""
    # The median of a star that moves and dims is no image of it: the level is fitted to the
    # profile itself, once that is known.
    values = values + scene.model
    basis, weight, prior = _derivatives(scene, sample)
    terms = len(prior[0]) if len(values) >= _FEWEST_MOVING else 1
    noise, tightness = np.ones(len(weight)), 0.0
    for limit in _LIMITS if terms > 1 else _LIMITS[-1:]:
        coefficients, kept, _ = _centred_shapes(values, ~bad, (basis, weight, tightness, limit))
        held = held_share(basis, weight, tightness)
        found = _regress(values, kept, coefficients, [p[:terms] for p in prior])
        holes = ~np.isfinite(found).all(axis=0) | (scene.weight == 0)
        if terms > 1:
            basis = np.where(holes, 0.0, found)
            noise = _own_noise(values, bad, coefficients, (basis, weight, tightness))
            width = coefficients[:, 3] / held
            tightness = scene.factor**2 * _width_tightness(width, sample.firsts)
        basis = np.where(holes, 0.0, basis)
        weight = np.where(holes, 0.0, scene.weight if terms > 1 else weight) / noise**2
    coefficients, _, centre = _centred_shapes(values, ~bad, (basis, weight, tightness, LIMIT))
    covariance = _covariance(coefficients, scene, prior[1][:terms])
    return _Fit(
        values, coefficients, centre, basis, weight, tightness, found, holes, noise, covariance
    )


def _own_noise(values, bad, coefficients, fit):
    """Noise of each pixel of the stamp over the usual one, 1 where it is not clearly more."""
    basis, weight, tightness = fit
    known = np.isfinite(coefficients[:, 0])
    level = np.where(known, coefficients[:, 0], 1.0)[:, None]
    star = level * np.einsum("nk,kp->np", motion_terms(coefficients, len(basis)), basis)
    size = (values - star) * np.sqrt(weight) / free_share(basis[:4], weight, tightness)
    size[bad | ~known[:, None]] = np.nan
    return clear_noise(size)


def _width_tightness(width, firsts):
    """Inverse variance of what widths, free of any tightness, show that is no noise."""
    share = max(slow_share(width, firsts), _NARROWEST)
    variance = share * np.nanvar(width) if np.isfinite(width).any() else 0.0
    return float(1.0 / variance) if variance > 0 else 0.0


def _covariance(coefficients, scene, tightness):
    """Covariance of the coefficients in the typical of the bright pixels."""
    used = coefficients[np.isfinite(coefficients[:, 0])]
    regressors = used[:, :1] * motion_terms(used, len(tightness))
    bright = scene.model > 0.2 * scene.model.max()
    normal = np.einsum("nk,nl->kl", regressors, regressors)
    normal += np.diag(
        np.median(tightness[:, bright], axis=1) if bright.any() else 0.0 * tightness[:, 0]
    )
    return np.linalg.pinv(normal)


def _centred_shapes(values, good, fit):
    """Coefficients of the sample with their median at 0, the samples that were kept, and that median."""
    coefficients, kept = fit_motion(values, good, *fit)
    known = np.isfinite(coefficients[:, 0])
    centre = np.median(coefficients[known, 1:], axis=0) if known.any() else np.zeros(3)
    coefficients[:, 1:] -= centre
    return coefficients, kept, centre


def _residual(fit, profile, light, scene):
    """Stamps of the sample minus their model, or minus the median star in holes."""
    count, terms = len(fit.values), len(profile)
    shape = np.einsum("nk,kp->np", motion_terms(fit.coefficients, terms), profile)
    star = fit.values - star_level(fit.coefficients, light) * shape
    # The profile is fitted to the same samples, and takes its share of their noise.
    star /= np.sqrt(1.0 - terms / max(count, terms + 1))
    return np.where(fit.holes, fit.values - scene.model, star)


def _scene(sample, options):
    """Star, stamp, ring and background of the median image."""
    shape, known = sample.median.shape, np.isfinite(sample.median) & (sample.error > 0)
    x, y, width = find_star(sample.median, options.position, options.half_width)
    distance = np.hypot(np.arange(shape[0])[:, None] - y, np.arange(shape[1]) - x)
    radius = max(5.0, 6.0 * width)
    used = known & (distance > min(1.2 * radius, 0.45 * min(shape)))
    if options.whole:
        radius = float(distance.max())
    if options.whole or not options.background:
        used = np.zeros(shape, dtype=bool)
    pixels = np.flatnonzero(distance <= radius)
    background, used = quiet_ring(sample.median, used)
    light = np.where(known, sample.median - background, 0.0)
    with np.errstate(divide="ignore"):
        weight = np.where(known, 1.0 / sample.error.astype(np.float64) ** 2, 0.0)
    noise = sample.pairs[used & np.isfinite(sample.pairs)]
    factor = float(np.median(noise)) if len(noise) else 1.0
    limit = (BACKGROUND_LIMIT * factor * sample.error).astype(np.float32)
    level = float(background[min(round(y), shape[0] - 1), min(round(x), shape[1] - 1)])
    ring = Ring(used, limit)
    apron = np.flatnonzero((distance > radius) & (distance <= _APRON * radius))
    return _Scene(
        level, light, (x, y, width), radius, pixels, light.reshape(-1)[pixels],
        weight.reshape(-1)[pixels], ring, apron, factor,
    )  # fmt: skip


def _wings(scene, sample):
    """The star of the median image about the stamp, and its derivatives, (4, A)."""
    # Medians of three by three pixels: the slopes at a hot or dead pixel are none of the star.
    light = np.where(np.isfinite(sample.median), scene.light, np.nan)
    padded = np.pad(light, 1, constant_values=np.nan)
    near = np.lib.stride_tricks.sliding_window_view(padded, (3, 3))
    star = np.nan_to_num(nan_median(near.reshape(*sample.median.shape, 9), axis=-1))
    return numerical_terms(star)[:4].reshape(4, -1)[:, scene.apron]


def _derivatives(scene, sample):
    """
    Numerical derivatives of the median star: basis of the first shape fit, and prior of the profile.

    Returns the images of the basis, their weights, and the prior as `regress_pixels` takes it.
    """
    holes = scene.weight == 0
    star = _on_detector(scene.model[None], ~holes, scene, sample)
    images = numerical_terms(star[0]).reshape(11, -1)[:, scene.pixels]
    basis, weight = np.where(holes, 0.0, images), scene.weight
    error = scene.factor * sample.error.reshape(-1)[scene.pixels]
    return basis, weight, (images, derivative_tightness(images, error, least=1e-3))


def _regress(values, kept, coefficients, prior):
    """Coefficient images of the profile in units of the median star, (terms, P)."""
    known = np.isfinite(coefficients[:, 0]) & (coefficients[:, 0] > 0)
    level = np.where(known, coefficients[:, 0], 1.0)
    samples = np.where(kept & known[:, None], values, np.nan)
    regressors = level[:, None] * motion_terms(coefficients, len(prior[0]))
    return regress_pixels(samples, regressors, prior=prior)


def _on_detector(images, known, scene, sample):
    """Images (K, P) on the detector, (K, y, x), with holes of the stamp filled; 0 outside of it."""
    shape = sample.median.shape
    whole = np.zeros((len(images), sample.median.size))
    whole[:, scene.pixels] = np.where(known, images, 0.0)
    inside, holes = (np.zeros(sample.median.size, dtype=bool) for _ in range(2))
    inside[scene.pixels[known]], holes[scene.pixels[~known]] = True, True
    whole, inside, holes = whole.reshape(-1, *shape), inside.reshape(shape), holes.reshape(shape)
    # A median of so many integrations has a fraction of their errors.
    error = scene.factor * np.nan_to_num(sample.error) * 1.25 / np.sqrt(len(sample))
    return fill_holes(whole, inside, holes, error, scene.star[2])


def _normalise(images):
    """Profile that sums to 1, with slopes that sum to 0, and the light of the star and its slopes."""
    light = images.sum(axis=1)
    profile = images / light[0]
    profile[1:] -= profile[0] * (light[1:] / light[0])[:, None]
    return profile, light


def _circles(scene, shape):
    """Shares of the stamp's pixels in circles about the star, the largest first."""
    x, y, width = scene.star
    radii = [scene.radius - 0.5, *(r * width for r in (4.0, 3.0, 2.5))]
    return {
        f"sum r={radius:.1f}": circle(shape, (x, y), radius).reshape(-1)[scene.pixels]
        for radius in sorted(set(radii), reverse=True)
        if radius <= scene.radius - 0.5
    }
