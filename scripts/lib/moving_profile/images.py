"""Compare the images of a segment with the reference of the visit."""

from dataclasses import dataclass

import numpy as np

from scripts.lib.moving_profile.frames import prepare_frames
from scripts.lib.moving_profile.ring import ring_background
from scripts.lib.moving_profile.segment import Segment, divide, join, threshold_image
from scripts.lib.moving_profile.stamp_shape import fit_motion, held_share, motion_terms
from scripts.lib.moving_profile.star_motion import moved_wings, star_level

__all__ = ["ImageModel", "images_parts", "model_images"]

_FEWEST_LIGHT = 0.5


@dataclass(frozen=True)
class ImageModel:
    """
    What is measured of each image of a segment.

    Attributes
    ----------
    flux, error, photon_error : ndarray of float64, shape (integrations,)
        Least squares on the profile, as the sum over the stamp, and its errors, in the
        unit of the samples. NaN where less than half of the profile's light is good.
    sums : ndarray of float64, shape (integrations, circles)
        Sums over the reference's circles, with what is missing filled from the profile.
    sum_errors, sum_photon_errors : ndarray of float64, shape (integrations, circles)
        Their errors.
    valid : ndarray of float64, shape (integrations,)
        Share of the profile's light that is good.
    background : ndarray of float64, shape (integrations,)
        Background of a pixel.
    level, x, y, width : ndarray of float64, shape (integrations,)
        Level of the star (1 in the median), its position relative to the median [px]
        and the change of its squared width [px^2]; NaN where too little is good.
    chi2 : ndarray of float64, shape (integrations,)
        Squared residuals in units of the noise, for each degree of freedom.
    n_outliers, n_bad : ndarray of int64, shape (integrations,)
        Outliers and bad samples in the stamp.
    outliers : ndarray of int64
        Flat indices (integrations, y, x) of all outliers, ascending.
    """

    flux: np.ndarray
    error: np.ndarray
    photon_error: np.ndarray
    sums: np.ndarray
    sum_errors: np.ndarray
    sum_photon_errors: np.ndarray
    valid: np.ndarray
    background: np.ndarray
    level: np.ndarray
    x: np.ndarray
    y: np.ndarray
    width: np.ndarray
    chi2: np.ndarray
    n_outliers: np.ndarray
    n_bad: np.ndarray
    outliers: np.ndarray


@dataclass
class _Group:
    """Stamps of images whose outliers are not known yet; all (frames, P) but as noted."""

    first: int
    samples: np.ndarray
    profile: np.ndarray
    residual: np.ndarray
    errors: np.ndarray
    photon: np.ndarray
    bad: np.ndarray
    coefficients: np.ndarray  # (frames, 4)
    background: np.ndarray  # (frames,)
    number: np.ndarray  # (frames,)

    def __len__(self):
        return len(self.samples)


def model_images(blocks, extent, reference, snr=5.0, window=25):
    """
    Measure fluxes, shapes and outliers of a segment.

    Parameters
    ----------
    blocks : iterable of Planes
        Consecutive images, in blocks of any size: those of the end of the segment
        before, the segment's own, and those of the beginning of the next.
    extent : Extent
        How many of each.
    reference : ImageReference
        Reference of the visit.
    snr : float, optional
        Threshold of outliers in standard deviations.
    window : int, optional
        Integrations of the local medians, uneven.

    Returns
    -------
    model : ImageModel
        The same bytes whatever the blocks.
    """
    parts = images_parts(blocks, extent, reference, snr, window)
    return ImageModel(**join([vars(part) for part in parts]))


def images_parts(blocks, extent, reference, snr=5.0, window=25):
    """
    Measure a segment and give what is done, some images at a time.

    Parameters
    ----------
    blocks, extent, reference, snr, window
        As for :func:`model_images`.

    Yields
    ------
    part : ImageModel
        Of the next images, in the order of time; ``outliers`` counts from the
        segment's first integration.

    Notes
    -----
    Peak memory: 40 bytes for each sample of the images of a block and two windows.
    """
    work = _Work(extent, reference, snr, window)
    for planes in divide(blocks, reference.median.size):
        yield from work.add(planes)
    work.segment.check_complete()


class _Work:
    """State of a segment on the way."""

    def __init__(self, extent, reference, snr, window):
        self.reference, self.extent = reference, extent
        self.segment = Segment(extent, reference.median.shape, window)
        self.threshold = threshold_image(reference.noise, snr, self.segment.window)
        used = reference.ring.used
        squares = reference.error.astype(np.float64)[used] ** 2
        self.background_error2 = float(squares.mean()) if used.any() else 0.0
        self.position = np.full(used.size, -1)
        self.position[reference.pixels] = np.arange(len(reference.pixels))
        self.held = held_share(reference.basis, reference.basis_weight, reference.basis_tightness)
        self.circles = np.stack(list(reference.circles.values()))
        # What a noisy pixel measures is worse than what the others say of it.
        own = reference.noise.reshape(-1)[reference.pixels]
        self.quiet = ~(own > reference.noise_factor)
        self.groups = []

    def add(self, planes):
        """Compare a group of images with the reference; give those that are tested."""
        ref, first = self.reference, self.segment.next
        residual, threshold = self.segment.room(len(planes))
        frames = prepare_frames(planes, ref.scale, ref.median, ref.error, out=residual)
        np.multiply(frames.error, self.threshold, out=threshold)
        threshold.reshape(-1)[frames.bad] = np.inf
        background, number = ring_background(residual, frames.bad, ref.ring)
        residual -= background.astype(np.float32)[:, None, None]
        residual.reshape(-1)[frames.bad] = 0.0
        flat = residual.reshape(len(residual), -1)
        values = np.take(flat, ref.pixels, axis=1).astype(np.float64)
        limits = threshold.reshape(len(flat), -1)
        bad, outside = (np.isinf(np.take(limits, p, axis=1)) for p in (ref.pixels, ref.apron))
        samples = values + ref.model
        coefficients, _ = fit_motion(
            samples, ~bad, ref.basis, ref.basis_weight, ref.basis_tightness
        )
        coefficients[:, 1:] -= ref.centre
        terms = motion_terms(coefficients, len(ref.profile))
        # A motion that the sample hardly has leaves the model uncertain.
        uncertain = np.einsum("nk,kl,nl->n", terms, ref.covariance, terms)
        factor = np.sqrt(1.0 + np.maximum(uncertain, 0.0)).astype(np.float32)
        limits[:, ref.pixels] *= factor[:, None]
        profile = np.einsum("nk,kp->np", terms, ref.profile)
        level = star_level(coefficients, ref.light)
        rest = np.where(ref.weight > 0, samples - level * profile, values)
        rest[bad] = 0.0
        flat[:, ref.pixels] = rest
        rest_of_wings = flat[:, ref.apron] - moved_wings(coefficients, ref.wings)
        flat[:, ref.apron] = np.where(outside, np.float32(0.0), rest_of_wings)
        own = self.segment.own(first, len(planes))
        if own.stop > own.start:
            errors, photon = (
                np.take(plane[own].reshape(own.stop - own.start, -1), ref.pixels, axis=1)
                for plane in (frames.error, planes.var_poisson)
            )
            photon = np.fmax(photon.astype(np.float64), 0.0) * ref.scale**2
            stamps = (part[own] for part in (samples, profile, rest))
            others = (part[own] for part in (bad, coefficients, background, number))
            noise = errors.astype(np.float64), photon
            self.groups.append(_Group(first + own.start, *stamps, *noise, *others))
        self.segment.search(len(planes))
        while self.groups and self.segment.done >= self.groups[0].first + len(self.groups[0]):
            yield ImageModel(**self._finish_group(self.groups.pop(0)))

    def _finish_group(self, group):
        """Fluxes of a group whose outliers are known."""
        ref, scale, factor = self.reference, self.reference.scale, self.reference.noise_factor
        hit, outliers = self._hits(group)
        solid = ref.weight > 0
        good = solid & ~group.bad & ~hit
        weighted = np.where(good, ref.weight * group.profile, 0.0)
        lower = _sum(weighted * group.profile)
        light = _sum(group.profile)
        valid = _sum(np.where(good, group.profile, 0.0)) / light
        enough = (valid >= _FEWEST_LIGHT) & (lower > 0)
        lower = np.where(enough, lower, np.nan)
        flux = _sum(weighted * group.samples) / lower
        variance = np.where(np.isfinite(group.errors), group.errors, 0.0) ** 2
        background = self.background_error2 / group.number
        shared = background * _sum(weighted) ** 2
        error = np.sqrt(_sum(weighted**2 * variance) + shared) * factor / lower
        photon = np.sqrt(_sum(weighted**2 * group.photon)) / lower
        sums, sum_errors, sum_photon_errors = self._filled_sums(
            group, good, flux, weighted / lower[:, None], (variance, background)
        )
        freedom = np.count_nonzero(good, axis=1) - group.coefficients.shape[1]
        expected = np.maximum(freedom, 0) * factor**2
        chi2 = _sum(np.where(good, ref.weight * group.residual**2, 0.0))
        known = np.isfinite(group.coefficients[:, 0]) & (expected > 0)
        return {
            "flux": flux / scale,
            "error": error / scale,
            "photon_error": photon / scale,
            "sums": sums / scale,
            "sum_errors": sum_errors * factor / scale,
            "sum_photon_errors": sum_photon_errors / scale,
            "valid": np.nan_to_num(valid),
            "background": (group.background + ref.level) / scale,
            **dict(zip(("level", "x", "y"), group.coefficients.T, strict=False)),
            # As measured: only the profile follows what is left of it.
            "width": group.coefficients[:, 3] / self.held,
            "chi2": chi2 / np.where(known, expected, np.nan),
            "n_outliers": np.count_nonzero(hit & solid, axis=1),
            "n_bad": np.count_nonzero(group.bad & solid, axis=1),
            "outliers": outliers,
        }

    def _hits(self, group):
        """Outliers of a group: a mask of its stamps, and flat indices in the segment."""
        frames, pixels, _, _ = self.segment.outliers(group.first, len(group))
        hit, position = np.zeros(group.bad.shape, dtype=bool), self.position[pixels]
        hit[frames[position >= 0], position[position >= 0]] = True
        first = group.first - self.extent.before
        return hit, (frames + first) * self.reference.median.size + pixels

    def _filled_sums(self, group, good, flux, shares, variances):
        """
        Sums over the circles with what is missing filled from the profile, and their errors.

        What is filled in is a sum over the good samples too, by their shares in the flux.
        """
        variance, background = variances
        good = good & self.quiet
        sums, errors, photon_errors = [], [], []
        for circle in self.circles:
            missing = _sum(np.where(good, 0.0, circle * group.profile))[:, None]
            weights = np.where(good, circle, 0.0) + missing * shares
            sums.append(_sum(np.where(good, circle * group.samples, 0.0)) + flux * missing[:, 0])
            noise = _sum(weights**2 * variance) + background * _sum(weights) ** 2
            errors.append(np.sqrt(noise))
            photon_errors.append(np.sqrt(_sum(weights**2 * group.photon)))
        return (np.stack(x, axis=1) for x in (sums, errors, photon_errors))


def _sum(values):
    """Sum over the pixels of each image."""
    return np.add.reduce(values, axis=1)
