"""What the spectra of a visit are compared with: trace, profile, response, background, noise."""

from dataclasses import dataclass, replace

import numpy as np

from scripts.lib.moving_profile.background import (
    LIMIT,
    ColumnRegion,
    Stripes,
    row_stripes,
    star_level,
    static_level,
    subtract_background,
)
from scripts.lib.moving_profile.band import Band, band_of_trace, find_trace, trace_width
from scripts.lib.moving_profile.column_profile import (
    column_flux,
    normalise_columns,
    without_dark_columns,
)
from scripts.lib.moving_profile.holes import hot_pixels, next_to
from scripts.lib.moving_profile.reference_passes import gather_star, measure_noise
from scripts.lib.moving_profile.reference_sample import (
    BLOCK,
    read_sample,
    regress_pixels,
    slow_share,
)
from scripts.lib.moving_profile.shape import (
    MOTION,
    ShapeBasis,
    fit_shapes,
    followed_terms,
    residual_sigma,
    spectral_terms,
    tint,
    true_width,
)

__all__ = ["SpectralOptions", "SpectralReference", "spectral_reference"]

# Fewer integrations do not show how a profile moves.
_FEWEST_MOVING = 20
# Columns with less light than this share of the brightest have no flux of their own.
_LIT = 0.003
_DARK, _FEWEST_DARK = 0.01, 64
# Order of the changes of the spectrum that are no motion.
_SPECTRAL = 4
_MARGIN = 1.5


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
    """

    background: str = "auto"
    stripes: bool = False
    trace: np.ndarray | None = None
    half_width: int | None = None
    excluded: np.ndarray | None = None


@dataclass(frozen=True)
class SpectralReference:
    """
    What the integrations of a visit have in common, in units of ``1 / scale``.

    Attributes
    ----------
    scale : float
        Power of two by which samples are multiplied.
    median, error : ndarray of float32, shape (y, x)
        Median integration, NaN where there are no data, and usual errors.
    band : Band
        Pixels of the star's light.
    trace : ndarray of float64, shape (x,)
        Row of its centre.
    width : float
        Its standard deviation across the trace [px].
    region : ColumnRegion
        Where the background is measured.
    stripes : Stripes or None
        Where stripes are measured.
    basis : ShapeBasis
        Images of the shape fit, in the band.
    changes : ndarray of float64, shape (J, x)
        Smooth changes of the spectrum, in the basis too, as of `shape.spectral_terms`.
    centre : ndarray of float64, shape (3,)
        Median x, y and width of the fits, which are taken off.
    width_gain : float
        Share of what the widths show that is not noise, by which they are multiplied
        before the profile follows them, together with the second order of y.
    model : ndarray of float32, shape (height, x)
        Median image of the star in the band; 0 in holes and columns without light.
    profile : ndarray of float32, shape (K, height, x)
        Share of the column's light in each pixel, its slopes with y and with the
        squared width; 0 in holes and columns without light. K is 3, or 1 if static.
    weight : ndarray of float32, shape (height, x)
        Inverse variance, with the noise of jumping pixels; 0 in holes.
    hole_light : ndarray of float64, shape (K, x)
        Share of the column's light that falls into holes, and its slopes.
    response : ndarray of float64, shape (2, x)
        Light of each column at level 1, and its slope with x.
    noise_factor : float
        Factor by which ERR is too small.
    noise : ndarray of float32, shape (y, x)
        Noise of each pixel in units of ERR.
    """

    scale: float
    median: np.ndarray
    error: np.ndarray
    band: Band
    trace: np.ndarray
    width: float
    region: ColumnRegion
    stripes: Stripes | None
    basis: ShapeBasis
    changes: np.ndarray
    centre: np.ndarray
    width_gain: float
    model: np.ndarray
    profile: np.ndarray
    weight: np.ndarray
    hole_light: np.ndarray
    response: np.ndarray
    noise_factor: float
    noise: np.ndarray

    @property
    def lit(self):
        """Columns with light, (x,)."""
        return self.profile[0].any(axis=0)

    def common_variance(self, members):
        """
        Variance that the columns of a sum have in common: what is left of stripes.

        Parameters
        ----------
        members : ndarray of bool, shape (x,)
            Columns of the sum.

        Returns
        -------
        variance : float
            To be added to the sum of the columns' variances, in the squared unit of the
            samples.
        """
        if self.stripes is None:
            return 0.0
        weighted = self.weight.astype(np.float64) * self.profile[0]
        norm = (weighted * self.profile[0]).sum(axis=0)
        used = members & (norm > 0)
        shares = np.zeros_like(weighted)
        shares[:, used] = weighted[:, used] / norm[used]
        rows = self.band.pixels // self.median.shape[1]
        sums = np.bincount(rows.reshape(-1), shares.reshape(-1), minlength=len(self.median))
        return float(np.sum(self.stripes.rest * sums**2)) / self.scale**2


@dataclass(frozen=True)
class _Scene:
    """What is known before the shapes are fitted."""

    band: Band
    trace: np.ndarray
    width: float
    model: np.ndarray
    holes: np.ndarray
    weight: np.ndarray
    region: ColumnRegion


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
        Samples to read at a time; it changes no byte of the reference.

    Returns
    -------
    reference : SpectralReference
        The reference. With fewer than 20 integrations the profile is static.

    Notes
    -----
    The peak of the memory is at most 25 bytes for each sample of the band, 50 for each of a
    block and of the 2048 pixels that are fitted at a time, and 100 for each pixel, besides
    planes that are in memory already: 260 MB for 150 integrations of NIRISS SOSS with a
    band of 41 rows.
    """
    options = options or SpectralOptions()
    sample = read_sample(planes, firsts, block)
    scene = _scene(sample, options)
    stripes = _stripes(sample, scene) if options.stripes else None
    if stripes is not None:
        scene = _weights_with_stripes(scene, stripes)

    def subtract(samples, lost):
        return subtract_background(samples, lost, scene.region, stripes).parts

    pixels = scene.band.pixels.reshape(-1)
    values, bad, background = gather_star(sample, subtract, pixels)
    basis, changes, fitted, centre = _shapes(values, np.nonzero(bad), scene, sample.firsts)
    profile, response, hole_light = _profile(values, bad, scene, fitted)
    parts = without_dark_columns(scene.band.gather(scene.model), profile, response[0], _LIT)
    residual = _residual(values, fitted, response, *parts)
    residual[bad] = np.nan
    factor, noise = measure_noise(sample, background, pixels, residual)
    weight = scene.band.gather(scene.weight * (factor / noise) ** 2).astype(np.float32)
    return SpectralReference(
        sample.scale, sample.median, sample.error, scene.band, scene.trace, scene.width,
        scene.region, stripes, basis, changes, centre, fitted.width_gain, *parts, weight, hole_light,
        response, factor, noise,
    )  # fmt: skip


def _scene(sample, options):
    """Trace, band, background region, star and holes of the median image."""
    shape, known = sample.median.shape, np.isfinite(sample.median) & (sample.error > 0)
    trace, width = options.trace, None
    if trace is None:
        rough = np.nan_to_num(sample.median - static_level(sample.median, known))
        trace, width = find_trace(rough)
        # Once more with the level of what is far from this trace.
        far = np.abs(np.arange(shape[0])[:, None] - trace) > max(4.0, 4.5 * width)
        if (known & far).any():
            trace, width = find_trace(
                np.nan_to_num(sample.median - static_level(sample.median, known & far))
            )
    half = options.half_width or max(4, int(np.ceil(4.5 * width)))
    band = band_of_trace(trace, half, shape)
    used = known & (np.abs(np.arange(shape[0])[:, None] - trace) > half + _MARGIN)
    if options.excluded is not None:
        used &= ~options.excluded
    level = static_level(sample.median, used) if used.any() else np.zeros(shape[1])
    model = np.where(known, sample.median - level, 0.0).astype(np.float32)
    holes = ~known
    holes |= hot_pixels(model, holes, band)
    with np.errstate(divide="ignore"):
        weight = np.where(holes, 0.0, 1.0 / sample.error**2).astype(np.float32)
    noise = sample.pairs[used & np.isfinite(sample.pairs)]
    factor = float(np.median(noise)) if len(noise) else 1.0
    mode = "column" if options.background == "auto" else options.background
    region = ColumnRegion(used, (LIMIT * factor * sample.error).astype(np.float32), mode)
    if width is None:
        width = trace_width(np.where(holes, 0.0, model), trace, half)
    return _Scene(band, trace, width, model, holes, weight, region)


def _stripes(sample, scene):
    """The dark columns, and how much of what they show is stripes; None if there are too few."""
    light = scene.band.gather(np.where(scene.holes, 0.0, scene.model)).sum(axis=0)
    columns = np.flatnonzero(light < _DARK * np.percentile(light, 95.0))
    if len(columns) < _FEWEST_DARK:
        return None
    model = np.where(scene.holes, 0.0, scene.model).astype(np.float32)
    inside = np.zeros(model.shape, np.float32)
    inside.reshape(-1)[scene.band.pixels.reshape(-1)] = 1.0
    good = np.isfinite(sample.median) & ~scene.holes
    parts = (columns, model, inside, scene.region.limit, good)
    unit = Stripes(*parts, np.ones(len(model), np.float32), np.zeros(len(model)))
    found = []
    for _, samples, lost in sample.frame_blocks():
        subtract_background(samples, lost, scene.region)
        found.append(row_stripes(samples, lost, star_level(samples, lost, unit), unit))
    rows, number = (np.concatenate(part) for part in zip(*found, strict=True))
    variance = (scene.region.limit[:, columns] / LIMIT) ** 2
    noise = np.nanmedian(variance, axis=1) / np.maximum(np.median(number, axis=0), 1)
    total = (1.4826 * np.median(np.abs(rows - np.median(rows, axis=0)), axis=0)) ** 2
    stripe = max(float(np.median(total - noise)), 0.0)
    gain = stripe / (stripe + noise)
    return Stripes(*parts, gain.astype(np.float32), (gain * noise).astype(np.float64))


def _weights_with_stripes(scene, stripes):
    """Weights that are best for the sum of all columns, of which each has all that is left of a stripe."""
    light = scene.band.gather(scene.model).sum(axis=0)
    columns = np.count_nonzero(light > _LIT * light.max())
    used = scene.weight > 0
    inverse = np.where(used, scene.weight, 1.0)
    factor = np.nanmedian((scene.region.limit / LIMIT * np.sqrt(scene.weight))[used])
    common = columns * stripes.rest[:, None] / factor**2
    weight = 1.0 / (1.0 / inverse + common)
    return replace(scene, weight=np.where(used, weight, 0.0).astype(np.float32))


def _shapes(values, places, scene, firsts):
    """Basis of the fit with the changes of the spectrum, what is found in the sample, and the centre."""
    model, weight = scene.model, np.where(next_to(scene.holes), 0.0, scene.weight)
    down, right = (np.gradient(model, axis=axis) for axis in (0, 1))
    curved = np.zeros_like(model)
    curved[1:-1] = 0.5 * (model[2:] - 2.0 * model[1:-1] + model[:-2])
    images = scene.band.gather(np.stack([model, -right, -down, curved])).astype(np.float32)
    images[:, scene.band.gather(scene.holes)] = 0.0
    weight = scene.band.gather(weight).astype(np.float32)
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


def _profile(samples, bad, scene, fitted):
    """Profile (K, height, x), response (2, x) and the share of light in holes (K, x)."""
    coefficients = fitted.coefficients
    usable = np.where(np.isfinite(coefficients), coefficients, 0.0)
    level = np.where(usable[:, :1] > 0, usable[:, :1], 1.0)
    moving = len(samples) >= _FEWEST_MOVING
    terms = followed_terms(coefficients, fitted.width_gain)[:, : 1 + 2 * moving]
    regressors = level * terms
    holes, model = (scene.band.gather(image) for image in (scene.holes, scene.model))
    values = samples.reshape(-1, *holes.shape) + model
    values.reshape(bad.shape)[bad] = np.nan
    values.reshape(bad.shape)[fitted.rejected] = np.nan
    values[:, holes] = np.nan
    values[~np.isfinite(coefficients[:, 0])] = np.nan
    values /= fitted.spectrum.astype(np.float32)[:, None]
    found = regress_pixels(values.reshape(len(values), -1), regressors)
    found = found.reshape(-1, *holes.shape)
    empty = ~np.isfinite(found).all(axis=0)
    found[:, empty] = 0.0
    profile, hole_light = normalise_columns(found, empty)
    weight = np.where(empty, 0.0, scene.band.gather(scene.weight))
    flux = column_flux(values, terms, profile, weight)
    response = regress_pixels(
        flux / level, np.column_stack([np.ones(len(level)), usable[:, 1]])[:, : 1 + moving]
    )
    full = np.zeros((2, response.shape[1]))
    full[: len(response)] = np.nan_to_num(response)
    return profile, full, hole_light


def _residual(samples, fitted, response, model, profile):
    """Samples of the band minus their model, (integrations, P)."""
    known = np.isfinite(fitted.coefficients)
    coefficients = np.where(known, fitted.coefficients, (1.0, 0.0, 0.0, 0.0))
    terms = followed_terms(coefficients, fitted.width_gain)[:, : len(profile)]
    level = coefficients[:, :1] * (response[0] + coefficients[:, 1:2] * response[1])
    level *= fitted.spectrum
    star = np.einsum("nk,kyx->nyx", terms.astype(np.float32), profile)
    star *= level[:, None, :].astype(np.float32)
    np.subtract(samples.reshape(star.shape) + model, star, out=star)
    # The profile is fitted to the same samples, and takes its share of their noise.
    star *= np.float32(1.0 / np.sqrt(1.0 - len(profile) / max(len(samples), len(profile) + 1)))
    return star.reshape(samples.shape)
