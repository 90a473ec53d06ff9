"""Trace, band, background and star of the median image of a visit's spectra."""

from dataclasses import dataclass, replace

import numpy as np

from scripts.lib.moving_profile.background import LIMIT, ColumnRegion
from scripts.lib.moving_profile.band import Band, band_of_trace, find_trace, trace_width
from scripts.lib.moving_profile.holes import hot_pixels
from scripts.lib.moving_profile.static_background import static_background, static_level

__all__ = ["Scene", "spectral_scene"]

_MARGIN = 1.5


@dataclass(frozen=True)
class Scene:
    """
    What is known of a spectral order before the shapes are fitted.

    Attributes
    ----------
    band, trace, width, region
        As of a `SpectralReference`.
    model : ndarray of float32, shape (y, x)
        Median image of the star without background, all orders together.
    holes : ndarray of bool, shape (y, x)
        Pixels without data, and hot ones in the band.
    weight : ndarray of float32, shape (y, x)
        Inverse variance; 0 in holes.
    share : ndarray of float32 or None, shape (y, x)
        Share of the order in the light of each pixel; None if there is no other.
    """

    band: Band
    trace: np.ndarray
    width: float
    model: np.ndarray
    holes: np.ndarray
    weight: np.ndarray
    region: ColumnRegion
    share: np.ndarray | None = None

    @property
    def own(self):
        """The scene with the light of its spectral order alone."""
        if self.share is None:
            return self
        return replace(self, model=(self.model * self.share).astype(np.float32))


def spectral_scene(sample, options):
    """
    Find trace, band, background region, star and holes of the median image.

    Parameters
    ----------
    sample : Sample
        The integrations.
    options : SpectralOptions
        What is known beforehand.

    Returns
    -------
    scene : Scene
        What is found.
    """
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
    level = static_background(sample.median, used)
    model = np.where(known, sample.median - level, 0.0).astype(np.float32)
    share = options.share and options.share(np.where(known, model, np.nan))
    own = model if share is None else (model * share).astype(np.float32)
    holes = ~known
    holes |= hot_pixels(own, holes, band)
    with np.errstate(divide="ignore"):
        weight = np.where(holes, 0.0, 1.0 / sample.error**2).astype(np.float32)
    noise = sample.pairs[used & np.isfinite(sample.pairs)]
    factor = float(np.median(noise)) if len(noise) else 1.0
    mode = "column" if options.background == "auto" else options.background
    light = np.where(holes, np.float32(0.0), model)
    limit = (LIMIT * factor * sample.error).astype(np.float32)
    region = ColumnRegion(used, limit, mode, light)
    if width is None:
        width = trace_width(np.where(holes, np.float32(0.0), own), trace, half)
    return Scene(band, trace, width, model, holes, weight, region, share)
