"""Flux of each column by least squares on the moving profile, from sums over its pixels."""

from dataclasses import dataclass

import numpy as np

__all__ = ["ColumnExtraction", "ColumnFluxes", "ColumnSums"]

_FEWEST_LIGHT = 0.5


@dataclass
class ColumnSums:
    """
    Sums of some integrations over the good pixels of each column.

    Attributes
    ----------
    upper, lower : ndarray of float64, shape (frames, x)
        Sums of weight times profile times sample, and times profile.
    total : ndarray of float64, shape (frames, x)
        Plain sum of the samples.
    lost : ndarray of float64, shape (frames, x)
        Profile in the pixels that are left out, other than holes.
    variance, photon : ndarray of float64, shape (frames, x)
        Variances of ``upper``: from the errors, and of the photons alone, the latter
        with the outliers.
    kept : ndarray of float64, shape (frames, x)
        ``lower`` with the outliers.
    chi2 : ndarray of float64, shape (frames,)
        Sum of the squared residuals times the weight.
    expected : ndarray of float64, shape (frames,)
        What noise alone gives for it, with errors as usual.
    lost_samples : ndarray of int64, shape (frames,)
        Number of samples that are left out.
    """

    upper: np.ndarray
    lower: np.ndarray
    total: np.ndarray
    lost: np.ndarray
    variance: np.ndarray
    photon: np.ndarray
    kept: np.ndarray
    chi2: np.ndarray
    expected: np.ndarray
    lost_samples: np.ndarray


@dataclass(frozen=True)
class ColumnFluxes:
    """
    Flux of each column, in the unit of the samples.

    Attributes
    ----------
    flux : ndarray of float64, shape (frames, x)
        Least squares on the profile, as the sum over the whole band. NaN where
        less than half of the profile's light is good or there is hardly any light.
    filled : ndarray of float64, shape (frames, x)
        Sum of the samples, with what is left out filled from the profile.
    error, photon_error : ndarray of float64, shape (frames, x)
        Standard deviations of ``flux``: all of it, and that of the photons.
    valid : ndarray of float64, shape (frames, x)
        Share of the profile's light that is good.
    """

    flux: np.ndarray
    filled: np.ndarray
    error: np.ndarray
    photon_error: np.ndarray
    valid: np.ndarray


class ColumnExtraction:
    """
    Sums that give the flux of each column, without a model of each sample.

    Parameters
    ----------
    model : ndarray of float32, shape (height, x)
        Median image of the star; 0 in holes.
    profile : ndarray of float32, shape (K, height, x)
        Profile and its slopes; 0 in holes.
    weight : ndarray of float32, shape (height, x)
        Inverse variance; 0 in holes.
    error : ndarray of float32, shape (height, x)
        Usual errors.
    hole_light : ndarray of float64, shape (K, x)
        Share of the light in holes, and its slopes.
    noise_factor : float
        Factor by which ERR is too small.

    Notes
    -----
    The profile is a sum of images with coefficients of the integration, and so
    are all sums over it: the pixels are projected on these images once.
    """

    def __init__(self, model, profile, weight, error, hole_light, noise_factor):
        good = profile[0] != 0
        self.model, self.profile = model, profile
        self.weight = np.where(good, weight, np.float32(0.0))
        self.images = np.concatenate([self.weight * profile, good[None]]).astype(np.float32)
        exact = profile.astype(np.float64)
        self.normal = np.einsum("kyx,lyx,yx->klx", exact, exact, self.weight.astype(np.float64))
        self.static = np.einsum("kyx,yx->kx", self.images.astype(np.float64), model.astype(float))
        self.light = exact.sum(axis=1)
        self.hole_light = hole_light
        self.noise_factor = noise_factor
        self.first = self.images[0]
        self.first_sum = self.first.astype(np.float64).sum(axis=0)
        squared = np.where(self.weight > 0, error, 0.0).astype(np.float64) ** 2
        self.expected = (squared * self.weight).reshape(-1)

    def sums(self, values, terms, residual, errors, photon, lost):
        """
        Sum the pixels of each column.

        Parameters
        ----------
        values : ndarray of float32, shape (frames, height, x)
            Samples minus background and minus the median image; 0 where bad.
        terms : ndarray of float64, shape (frames, K)
            Coefficients of the profile's images, the first of them 1.
        residual : ndarray of float32, shape (frames, height, x)
            Samples minus their model; 0 where bad.
        errors, photon : ndarray of float32, shape (frames, height, x)
            Errors of the samples, and their photon variance; without NaN. The latter
            becomes 0 where samples are bad.
        lost : tuple of ndarray of int, (frames, pixels)
            The bad samples.

        Returns
        -------
        sums : ColumnSums
            Without the bad samples.
        """
        products = np.einsum("nyx,kyx->nkx", values, self.images).astype(np.float64)
        products += self.static
        upper = _weighted(terms, products[:, :-1])
        lower = sum(
            (terms[:, k] * terms[:, j])[:, None] * self.normal[k, j]
            for k in range(terms.shape[1])
            for j in range(terms.shape[1])
        )
        scaled = errors * self.first
        variance = np.einsum("nyx,nyx->nx", scaled, scaled).astype(np.float64)
        photon.reshape(len(photon), -1)[lost] = 0.0
        light = np.einsum("nyx,yx->nx", photon, self.first**2).astype(np.float64)
        weighted = residual * np.sqrt(self.weight)
        chi2 = np.add.reduce(np.einsum("nyx,nyx->nx", weighted, weighted), axis=1, dtype=float)
        expected = np.full(len(values), self.expected.sum())
        nothing, none = np.zeros_like(upper), np.zeros(len(values), np.int64)
        sums = ColumnSums(
            upper, lower, products[:, -1], nothing, variance, light, lower, chi2, expected, none
        )
        frames, places = lost
        used = self.weight.reshape(-1)[places] > 0
        lost = frames[used], places[used]
        known = errors.reshape(len(errors), -1)[lost]
        self.leave_out(sums, terms, lost, np.zeros(len(known)), np.zeros(len(known)), known)
        sums.kept = sums.lower.copy()
        return sums

    def leave_out(self, sums, terms, lost, values, residual, errors):
        """
        Take samples off the sums, in place.

        Parameters
        ----------
        sums : ColumnSums
            The sums.
        terms : ndarray of float64, shape (frames, K)
            Coefficients of the profile's images.
        lost : tuple of ndarray of int, (frames, pixels)
            The samples; none of them in holes.
        values, residual, errors : ndarray, shape (n,)
            Their values minus the median image, residuals and errors, as they were summed.
        """
        frames, pixels = lost
        if not len(frames):
            return
        count, width = sums.upper.shape
        cells = frames * width + pixels % width
        images = self.profile.reshape(len(self.profile), -1)[:, pixels]
        shape = np.add.reduce(terms[frames].T * images, axis=0)
        weight = self.weight.reshape(-1)[pixels].astype(np.float64)
        samples = values + self.model.reshape(-1)[pixels].astype(np.float64)
        scaled = errors.astype(np.float64) * self.first.reshape(-1)[pixels]

        def summed(weights):
            """Sums for each frame and column."""
            return np.bincount(cells, weights=weights, minlength=count * width).reshape(count, -1)

        sums.upper -= summed(weight * shape * samples)
        sums.lower -= summed(weight * shape**2)
        sums.total -= summed(samples)
        sums.lost += summed(shape)
        sums.variance -= summed(scaled**2)
        squared = weight * residual.astype(np.float64) ** 2
        sums.chi2 -= np.bincount(frames, weights=squared, minlength=count)
        sums.expected -= np.bincount(frames, weights=self.expected[pixels], minlength=count)
        sums.lost_samples += np.bincount(frames, minlength=count)

    def fluxes(self, sums, terms, background_variance, scale):
        """
        Fluxes from sums.

        Parameters
        ----------
        sums : ColumnSums
            Without bad samples and outliers.
        terms : ndarray of float64, shape (frames, K)
            Coefficients of the profile's images.
        background_variance : ndarray of float64, shape (frames, x)
            Variance of the background in units of squared ERR.
        scale : float
            Power of two by which the samples were multiplied.

        Returns
        -------
        fluxes : ColumnFluxes
            In the unit before that.
        """
        light = _weighted(terms, self.light[None])
        valid = (
            (light - sums.lost) / np.where(light > 0, light, np.nan) * (1.0 - self.hole_light[0])
        )
        good = (valid >= _FEWEST_LIGHT) & (sums.lower > 0)
        lower = np.where(good, sums.lower, np.nan)
        flux = sums.upper / lower
        filled = sums.total + flux * (sums.lost + _weighted(terms, self.hole_light[None]))
        share = np.maximum(sums.variance, 0.0) + background_variance * self.first_sum**2
        # The photon variance of outliers is taken off in proportion to their weight.
        photon = sums.photon * (lower / np.where(good, sums.kept, np.nan))
        return ColumnFluxes(
            flux / scale,
            filled / scale,
            np.sqrt(share) * self.noise_factor / lower / scale,
            np.sqrt(photon) / lower / scale,
            np.nan_to_num(valid),
        )


def _weighted(terms, images):
    """Sum of the images (frames, K, x) times the coefficients (frames, K)."""
    return np.add.reduce(
        np.ascontiguousarray((terms[:, :, None] * images).transpose(1, 0, 2)), axis=0
    )
