"""What the images of a visit are compared with: star, profile, background ring and noise."""

from dataclasses import dataclass

import numpy as np

from scripts.lib.moving_profile.background import LIMIT
from scripts.lib.moving_profile.holes import next_to
from scripts.lib.moving_profile.reference_passes import gather_star, measure_noise
from scripts.lib.moving_profile.reference_sample import BLOCK, read_sample, regress_pixels
from scripts.lib.moving_profile.ring import Ring, ring_background
from scripts.lib.moving_profile.robust import sorted_clipped_mean
from scripts.lib.moving_profile.stamp import circle, fill_hole, find_star
from scripts.lib.moving_profile.stamp_shape import fit_motion, motion_terms

__all__ = ["ImageOptions", "ImageReference", "image_reference", "numerical_terms", "star_level"]

_FEWEST_MOVING = 20
# Relative uncertainty of numerical derivatives of a star that is not much wider than a pixel.
_DERIVATIVES = 0.3


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
class ImageReference:
    """
    What the images of a visit have in common, in units of ``1 / scale``.

    Attributes
    ----------
    scale : float
        Power of two by which samples are multiplied.
    median, error : ndarray of float32, shape (y, x)
        Median image, NaN where there are no data, and usual errors.
    level : float
        Background of the median image.
    x, y, width : float
        Centre and standard deviation of the star in it [px].
    ring : Ring
        Where the background is measured.
    pixels : ndarray of int64, shape (P,)
        Flat indices of the stamp.
    model : ndarray of float64, shape (P,)
        Median star; 0 in holes.
    basis : ndarray of float64, shape (11, P)
        Images of the shape fit: the star of level 1 and what moves it; 0 in holes.
    basis_weight : ndarray of float64, shape (P,)
        Their weights.
    centre : ndarray of float64, shape (3,)
        Median x, y and width of the fits, which are taken off.
    profile : ndarray of float64, shape (K, P)
        Share of the star's light in each pixel and its coefficients of what `motion_terms`
        gives; holes are filled. K is 11, or 1 if static.
    light : ndarray of float64, shape (K,)
        Light of a star of level 1 in the stamp, and what motion adds to it: by the detector's
        response, and because levels are fitted with straight lines.
    covariance : ndarray of float64, shape (K, K)
        Covariance of the profile's coefficients in a bright pixel, in units of the
        variance of a sample: what the model of an unusual motion is uncertain by.
    weight : ndarray of float64, shape (P,)
        Inverse variance; 0 in holes.
    circles : dict of str to ndarray of float64, shape (P,)
        Share of each pixel in the circles of the filled sums, by name, the largest first.
    noise_factor : float
        Factor by which ERR is too small.
    noise : ndarray of float32, shape (y, x)
        Noise of each pixel in units of ERR.
    """

    scale: float
    median: np.ndarray
    error: np.ndarray
    level: float
    x: float
    y: float
    width: float
    ring: Ring
    pixels: np.ndarray
    model: np.ndarray
    basis: np.ndarray
    basis_weight: np.ndarray
    centre: np.ndarray
    profile: np.ndarray
    light: np.ndarray
    covariance: np.ndarray
    weight: np.ndarray
    circles: dict
    noise_factor: float
    noise: np.ndarray


@dataclass(frozen=True)
class _Scene:
    """What is known before the shapes are fitted."""

    level: float
    star: tuple
    radius: float
    pixels: np.ndarray
    model: np.ndarray
    weight: np.ndarray
    ring: Ring


def star_level(coefficients, light):
    """
    Light of the star in the stamp.

    Parameters
    ----------
    coefficients : ndarray of float64, shape (frames, 4)
        Level, x, y and width; a level of NaN counts as 1.
    light : ndarray of float64, shape (K,)
        As of `ImageReference`.

    Returns
    -------
    level : ndarray of float64, shape (frames, 1)
        The light.
    """
    level = np.where(np.isfinite(coefficients[:, 0]), coefficients[:, 0], 1.0)
    factor = np.add.reduce(motion_terms(coefficients, len(light)) * light, axis=1)
    return (level * factor)[:, None]


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
        Samples to read at a time; it changes no byte of the reference.

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

    values, bad, background = gather_star(sample, subtract, scene.pixels)
    fit = _fit_profile(values, bad, scene, sample)
    profile, light = _normalise(_fill(fit.found, fit.holes, scene, sample))
    residual = _residual(fit, profile, light, scene)
    residual[bad] = np.nan
    factor, noise = measure_noise(sample, background, scene.pixels, residual)
    model, weight = (np.where(fit.holes, 0.0, image) for image in (scene.model, scene.weight))
    return ImageReference(
        sample.scale, sample.median, sample.error, scene.level, *scene.star, scene.ring,
        scene.pixels, model, fit.basis, fit.weight, fit.centre, profile, light,
        fit.covariance, weight, _circles(scene, sample.median.shape), factor, noise,
    )  # fmt: skip


@dataclass(frozen=True)
class _Fit:
    """Shapes of the sample, and the images that they were fitted with and that they give."""

    values: np.ndarray
    coefficients: np.ndarray
    centre: np.ndarray
    basis: np.ndarray
    weight: np.ndarray
    found: np.ndarray
    holes: np.ndarray
    covariance: np.ndarray


def _fit_profile(values, bad, scene, sample):
    """Fit shapes and profile by turns: first with numerical derivatives, then with those measured."""
    # The median of a star that moves and dims is no image of it: the level is fitted to the
    # profile itself, once that is known.
    values = values + scene.model
    basis, weight, prior = _derivatives(scene, sample)
    terms = len(prior[0]) if len(values) >= _FEWEST_MOVING else 1
    for _ in range(2 if terms > 1 else 1):
        coefficients, kept, _ = _centred_shapes(values, ~bad, basis, weight)
        found = _regress(values, kept, coefficients, [p[:terms] for p in prior])
        holes = ~np.isfinite(found).all(axis=0) | (scene.weight == 0)
        basis = np.where(holes, 0.0, found if terms > 1 else basis)
        weight = np.where(holes, 0.0, scene.weight if terms > 1 else weight)
    coefficients, _, centre = _centred_shapes(values, ~bad, basis, weight)
    covariance = _covariance(coefficients, scene, prior[1][:terms])
    return _Fit(values, coefficients, centre, basis, weight, found, holes, covariance)


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


def _centred_shapes(values, good, basis, weight):
    """Coefficients of the sample with their median at 0, the samples that were kept, and that median."""
    coefficients, kept = fit_motion(values, good, basis, weight)
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
    level = float(np.nan_to_num(sorted_clipped_mean(sample.median[used])[0])) if used.any() else 0.0
    flat = np.where(known, sample.median - level, 0.0).reshape(-1)[pixels].astype(np.float64)
    with np.errstate(divide="ignore"):
        weight = np.where(known, 1.0 / sample.error.astype(np.float64) ** 2, 0.0)
    noise = sample.pairs[used & np.isfinite(sample.pairs)]
    factor = float(np.median(noise)) if len(noise) else 1.0
    limit = (LIMIT * factor * sample.error).astype(np.float32)
    star = (x, y, width)
    return _Scene(level, star, radius, pixels, flat, weight.reshape(-1)[pixels], Ring(used, limit))


def _derivatives(scene, sample):
    """
    Numerical derivatives of the median star: basis of the first shape fit, and prior of the profile.

    Returns the images of the basis, their weights, and the prior as `regress_pixels` takes it.
    """
    shape = sample.median.shape
    image = np.full(shape, np.nan).reshape(-1)
    image[scene.pixels] = np.where(scene.weight > 0, scene.model, np.nan)
    holes = np.zeros(shape, dtype=bool).reshape(-1)
    holes[scene.pixels[scene.weight == 0]] = True
    image, holes = image.reshape(shape), holes.reshape(shape)
    star = np.nan_to_num(image)
    for y, x in np.argwhere(holes):
        star[y, x] = fill_hole(image, np.nan_to_num(sample.error), y, x)[0]
    images = numerical_terms(star).reshape(11, -1)[:, scene.pixels]
    near = next_to(holes).reshape(-1)[scene.pixels]
    basis, weight = np.where(near, 0.0, images), np.where(near, 0.0, scene.weight)
    # Where a derivative happens to be 0, that of the other pixels at its distance is what is known.
    uncertain = _DERIVATIVES * np.maximum(np.abs(images), 0.3 * np.abs(images[:1]))
    error = sample.error.reshape(-1)[scene.pixels]
    tightness = np.nan_to_num(error / np.maximum(uncertain, 1e-3)) ** 2
    tightness[0] = 0.0
    return basis, weight, (images, tightness)


def numerical_terms(star):
    """
    What motion adds to a star, from differences of its pixels.

    Parameters
    ----------
    star : ndarray of float64, shape (y, x)
        The star.

    Returns
    -------
    images : ndarray of float64, shape (11, y, x)
        The star and its coefficients of the terms of `motion_terms`: those of its
        Taylor series, with central differences. What is outside of the image is 0.
    """

    def along(image, axis):
        """Central difference, negative: a star that moves by +1 adds this."""
        return 0.5 * (_shifted(image, 1, axis) - _shifted(image, -1, axis))

    def curved(image, axis):
        """Second difference."""
        return _shifted(image, 1, axis) + _shifted(image, -1, axis) - 2.0 * image

    x, y, xx, yy = along(star, 1), along(star, 0), curved(star, 1), curved(star, 0)
    squares = [0.5 * xx, 0.5 * yy, along(x, 0)]
    cubes = [along(xx, 1) / 6.0, along(yy, 0) / 6.0, 0.5 * along(xx, 0), 0.5 * along(yy, 1)]
    return np.stack([star, x, y, 0.5 * (xx + yy), *squares, *cubes])


def _shifted(image, by, axis):
    """Image moved by a pixel along an axis, with zeros behind it."""
    moved = np.roll(image, by, axis)
    edge = [slice(None)] * 2
    edge[axis] = 0 if by > 0 else -1
    moved[tuple(edge)] = 0.0
    return moved


def _regress(values, kept, coefficients, prior):
    """Coefficient images of the profile in units of the median star, (terms, P)."""
    known = np.isfinite(coefficients[:, 0]) & (coefficients[:, 0] > 0)
    level = np.where(known, coefficients[:, 0], 1.0)
    samples = np.where(kept & known[:, None], values, np.nan)
    regressors = level[:, None] * motion_terms(coefficients, len(prior[0]))
    return regress_pixels(samples, regressors, prior=prior)


def _fill(found, holes, scene, sample):
    """Coefficient images with holes filled from the pixels about them."""
    shape = sample.median.shape
    image = np.full(shape, np.nan).reshape(-1)
    image[scene.pixels] = np.where(holes, np.nan, found[0])
    image, filled = image.reshape(shape), found.copy()
    for index in np.flatnonzero(holes):
        y, x = divmod(int(scene.pixels[index]), shape[1])
        terms = fill_hole(image, np.nan_to_num(sample.error), y, x)[: len(found)]
        # A hole has no third derivatives.
        filled[:, index] = 0.0
        filled[: len(terms), index] = terms
    return filled


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
