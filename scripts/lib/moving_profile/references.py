"""What the integrations of a visit are compared with, as it is measured once and read by each segment."""

from dataclasses import dataclass, field

import numpy as np

from scripts.lib.moving_profile.background import ColumnRegion, Stripes
from scripts.lib.moving_profile.band import Band
from scripts.lib.moving_profile.ring import Ring
from scripts.lib.moving_profile.shape import ShapeBasis

__all__ = ["ImageReference", "SpectralReference"]


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
    lit_holes : ndarray of int64, shape (P,)
        Flat indices (height, x) of the holes that have data, such as hot pixels: they are tested for
        outliers too.
    hole_shape : ndarray of float32, shape (K, P)
        Share of the column's light in each of them, and its slopes, from the pixels next to it.
    response : ndarray of float64, shape (2, x)
        Light of each column at level 1, and its slope with x.
    noise_factor : float
        Factor by which ERR is too small.
    noise : ndarray of float32, shape (y, x)
        Noise of each pixel in units of ERR.
    crosstalk : dict of str to ndarray of float64, shape (3, x)
        What each other spectral order adds, as of `order_light.crosstalk`.
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
    lit_holes: np.ndarray
    hole_shape: np.ndarray
    response: np.ndarray
    noise_factor: float
    noise: np.ndarray
    crosstalk: dict = field(default_factory=dict)

    @property
    def lit(self):
        """Columns with light, (x,)."""
        return self.profile[0].any(axis=0)

    @property
    def contamination(self):
        """Light of other spectral orders over that of this one in its flux, before it is taken off."""
        return sum((shares[2] for shares in self.crosstalk.values()), np.zeros(len(self.trace)))

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
        return float(np.einsum("y,yk,k", sums, self.stripes.rest, sums)) / self.scale**2


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
        Background of the median image at the star.
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
        Their weights; less where a pixel is noisy.
    basis_tightness : float
        Inverse variance of the width, as of `fit_motion`.
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
        Inverse variance, with the noise of jumping pixels; 0 in holes.
    circles : dict of str to ndarray of float64, shape (P,)
        Share of each pixel in the circles of the filled sums, by name, the largest first.
    apron : ndarray of int64, shape (A,)
        Flat indices of the pixels about the stamp that have some light of the star.
    wings : ndarray of float64, shape (4, A)
        The star there, and what x, y and width add to it.
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
    basis_tightness: float
    centre: np.ndarray
    profile: np.ndarray
    light: np.ndarray
    covariance: np.ndarray
    weight: np.ndarray
    circles: dict
    apron: np.ndarray
    wings: np.ndarray
    noise_factor: float
    noise: np.ndarray
