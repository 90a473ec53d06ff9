"""Lost samples and cosmic rays of single integrations."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

__all__ = ["HIT_SIGMAS", "REACH", "Hits", "draw_hits", "lost_pixels"]

_LOST_STREAM = 5
HIT_SIGMAS = (3.0, 6.0, 10.0, 30.0, 200.0)
_NEGATIVE = 0.1
# Integrations before and after a lost sample that count as near.
REACH = 12
# Of the samples of a star no more than this share is hit.
_LARGEST_SHARE = 0.01


@dataclass(frozen=True)
class Hits:
    """
    Hits of one integration.

    Attributes
    ----------
    pixels : ndarray of int, shape (hits,)
        Flat indices, ascending.
    sigmas : ndarray, shape (hits,)
        Electrons over the noise of the pixel, with their sign.
    """

    pixels: np.ndarray
    sigmas: np.ndarray


@lru_cache(maxsize=4 * REACH)
def lost_pixels(seed, detector, integration, share, size):
    """
    Pixels whose sample is lost in one integration alone.

    Parameters
    ----------
    seed, detector, integration : int
        Seed of the visit, and numbers of detector and integration.
    share : float
        Share of the pixels.
    size : int
        Pixels.

    Returns
    -------
    ndarray of int, shape (lost,)
        Flat indices, ascending; the same at each call.
    """
    generator = np.random.default_rng([seed, _LOST_STREAM, detector, integration])
    return np.unique(generator.integers(size, size=generator.poisson(share * size)))


def draw_hits(trouble, star, near, blocked, generator):
    """
    Choose the hits of one integration: everywhere, on the star, and near lost samples.

    Parameters
    ----------
    trouble : Trouble
        Hits per sample, and per lost sample.
    star : ndarray of int
        Flat indices of the star's pixels.
    near : ndarray of int
        Flat indices of the samples lost in up to `REACH` integrations before and after.
    blocked : ndarray of bool, shape (pixels,)
        Pixels that cannot be used in this integration.
    generator : Generator
        Source of random numbers.

    Returns
    -------
    Hits
        The hits, one a pixel at most.
    """
    size = blocked.size
    expected = trouble.hits * size
    anywhere = generator.integers(size, size=generator.poisson(expected))
    on_star = generator.poisson(min(expected, _LARGEST_SHARE * star.size))
    close = near[generator.random(near.size) < trouble.hits_near_lost / (2.0 * REACH)]
    chosen = [anywhere, generator.choice(star, on_star) if on_star else star[:0], close]
    pixels = np.unique(np.concatenate(chosen))
    pixels = pixels[~blocked[pixels]]
    signs = np.where(generator.random(pixels.size) < _NEGATIVE, -1.0, 1.0)
    return Hits(pixels, signs * generator.choice(HIT_SIGMAS, pixels.size))
