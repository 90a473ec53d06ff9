"""Robust regression of the samples of each pixel on what changes from integration to integration."""

import numpy as np

from scripts.lib.moving_profile.robust import sigma_about

__all__ = ["regress_pixels"]

# Pixels that are fitted at a time.
_PIECE = 2048
# A pixel with fewer good samples than this share is a hole.
_FEWEST_GOOD = 0.3


def regress_pixels(values, regressors, clips=2, limit=5.0, prior=None):
    """
    Robust least squares of each pixel's samples on the same regressors.

    Parameters
    ----------
    values : ndarray of float32, shape (integrations, pixels)
        Samples; NaN is left out.
    regressors : ndarray of float64, shape (integrations, K)
        Regressors, without NaN.
    clips : int, optional
        Times that samples far from the fit are left out.
    limit : float, optional
        How far, in robust standard deviations of the pixel's residuals.
    prior : tuple of ndarray of float64, shape (K, pixels), optional
        What is expected of each coefficient, and the squared ratio of a sample's error to the
        uncertainty of that; 0 where nothing is known. Keeps coefficients of regressors
        that hardly vary from being noise.

    Returns
    -------
    coefficients : ndarray of float64, shape (K, pixels)
        NaN where fewer than 30 % of the samples are good.
    """
    pieces = [slice(k, k + _PIECE) for k in range(0, values.shape[1], _PIECE)]
    parts = [
        _regress(
            values[:, piece],
            regressors,
            (clips, limit),
            None if prior is None else [image[:, piece].T for image in prior],
        )
        for piece in pieces
    ]
    return np.concatenate(parts, axis=1)


def _regress(values, regressors, clipping, prior):
    """`regress_pixels` of a piece."""
    clips, limit = clipping
    samples = np.ascontiguousarray(values.T, dtype=np.float64)
    terms = regressors.shape[1]
    # Sums along rows in memory: einsum takes half of the time of those along columns, or less.
    regressors = np.ascontiguousarray(regressors.T)
    products = (regressors[:, None] * regressors).reshape(-1, samples.shape[1])
    for clip in range(clips + 1):
        good = np.isfinite(samples)
        normal = np.einsum("pn,jn->pj", good.astype(np.float64), products)
        right = np.einsum("pn,kn->pk", np.where(good, samples, 0.0), regressors)
        enough = good.sum(axis=1) >= max(_FEWEST_GOOD * samples.shape[1], terms)
        normal = normal.reshape(-1, terms, terms)
        if prior is not None:
            normal[:, range(terms), range(terms)] += prior[1]
            right += prior[1] * prior[0]
        normal[~enough] = np.eye(terms)
        # Regressors that do not vary have the coefficient 0.
        normal[:, range(terms), range(terms)] += 1e-12 * np.maximum(normal[:, 0, :1], 1.0)
        found = np.linalg.solve(normal, right[..., None])[..., 0]
        if clip < clips:
            residual = samples - np.einsum("pk,kn->pn", found, regressors)
            sigma = sigma_about(residual, np.zeros(len(residual)))
            samples[np.abs(residual) > limit * sigma[:, None]] = np.nan
    found[~enough] = np.nan
    return found.T
