"""Profile of a spectrum across the dispersion: whether there is light, and edges without any."""

from dataclasses import dataclass

import numpy as np

from scripts.lib.trace_model.clipping import clipped_mean

__all__ = ["CrossProfile", "cross_profile", "is_bright", "pixel_step", "trim_edges"]

# Bins are noise below this signal-to-noise, and negative sources below its negative.
_NOISE = 5
_EXCESS_ERROR = 5


@dataclass(frozen=True)
class CrossProfile:
    """
    Medians in bins of half a pixel across the dispersion; NaN where a bin is empty.

    Attributes
    ----------
    coordinate : ndarray
        Centres of the bins.
    error, snr : ndarray
        Median error and signal-to-noise.
    """

    coordinate: np.ndarray
    error: np.ndarray
    snr: np.ndarray

    @property
    def has_negative_source(self):
        """Whether light was subtracted somewhere."""
        return bool((self.snr < -_NOISE).any())


def pixel_step(coordinate):
    """Median step of a coordinate (rows, columns) from one row to the next."""
    return np.abs(np.nanmedian(np.diff(coordinate, axis=0)))


def cross_profile(flux, error, coordinate):
    """
    Collapse an image along the dispersion.

    Parameters
    ----------
    flux, error, coordinate : ndarray of float32
        Image, its errors and the coordinate across (rows, columns), with dispersion along
        rows. Pixels that are not finite, or without positive error, are left out.

    Returns
    -------
    profile : CrossProfile or None
        None if no pixel is left, or the coordinate is the same in all rows.
    """
    valid = np.isfinite(flux) & np.isfinite(error) & np.isfinite(coordinate) & (error > 0)
    if not valid.any():
        return None
    step = pixel_step(coordinate) / 2.0
    if not step > 0:
        return None
    centres = np.arange(np.nanmin(coordinate), np.nanmax(coordinate), step)
    place, errors = coordinate[valid], error[valid]
    with np.errstate(over="ignore"):
        ratios = flux[valid] / errors
    known = np.isfinite(ratios)
    place, errors, ratios = place[known], errors[known], ratios[known]
    medians = np.full((2, len(centres)), np.nan, centres.dtype)
    for k, centre in enumerate(centres):
        inside = (place >= centre - step / 2.0) & (place < centre + step / 2.0)
        if inside.any():
            medians[:, k] = np.median(errors[inside]), np.median(ratios[inside])
    return CrossProfile(centres, *medians)


def is_bright(profile, threshold):
    """
    Whether the largest signal-to-noise of a profile exceeds a threshold.

    Parameters
    ----------
    profile : CrossProfile or None
        The profile.
    threshold : float
        The threshold; 0 or less is always exceeded.

    Returns
    -------
    bright : bool
        False without a profile.
    """
    if threshold <= 0:
        return True
    return profile is not None and bool((profile.snr > threshold).any())


def trim_edges(flux, coordinate, profile):
    """
    Make edges without light but with large errors NaN, in place.

    Parameters
    ----------
    flux, coordinate : ndarray
        Image and coordinate across (rows, columns).
    profile : CrossProfile
        Its profile. Bins with a signal-to-noise below 5 and an error of more than the
        clipped mean by 5 standard deviations are bad; pixels from the nearest bad bin on
        either side of 0 outwards become NaN, unless all bins are bad.
    """
    known = np.isfinite(profile.snr)
    if not known.any():
        return
    mean, deviation = clipped_mean(profile.error[known])
    with np.errstate(invalid="ignore"):
        bad = (np.abs(profile.snr) < _NOISE) & (profile.error > mean + _EXCESS_ERROR * deviation)
    if bad.all():
        return
    places = profile.coordinate[bad]
    if (places < 0).any():
        flux[coordinate <= places[places < 0].max()] = np.nan
    if (places > 0).any():
        flux[coordinate >= places[places > 0].min()] = np.nan
