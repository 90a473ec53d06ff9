"""Quality of each integration of a light curve, as bits."""

import numpy as np

__all__ = ["QUALITY_BITS", "bin_quality", "bursts_of_flags", "bursts_text", "integration_quality"]

# Meaning of each bit, from the lowest.
QUALITY_BITS = (
    "no flux",
    "position and width could not be measured",
    "more than a tenth of the light is missing and was filled in",
    "more outliers than cosmic rays make",
    "flux is an outlier among its neighbours",
    "bad channels alone: they are noisier, or drift more, than their neighbours",
)
_MOST_MISSING = 0.1
# Outliers above the median of the visit, in standard deviations of a Poisson number.
_BURST = 8.0
_OUTLYING, _NEIGHBOURS = 5.0, 9
# Part of the aperture that no cosmic ray covers, and pixels below which an aperture is too small to say.
_FLAGGED, _FEWEST_PIXELS = 0.15, 20
_SHOWN = 5


def integration_quality(flux, missing, positions, n_outliers):
    """
    Judge the integrations of a light curve.

    Parameters
    ----------
    flux : ndarray of float64, shape (integrations,)
        Light curve; NaN is missing.
    missing : ndarray of float64, shape (integrations,)
        Share of the light that is missing.
    positions : ndarray of float64, shape (integrations,)
        Position or width; NaN where it could not be measured.
    n_outliers : ndarray of float64, shape (integrations,)
        Number of outliers of each.

    Returns
    -------
    quality : ndarray of int64, shape (integrations,)
        Sum of the bits of :data:`QUALITY_BITS`; 0 is good.

    Examples
    --------
    >>> none = np.zeros(3)
    >>> integration_quality(np.array([1.0, np.nan, 1.0]), np.array([0.0, 1.0, 0.2]), none, none)
    array([0, 5, 4])
    """
    usual = np.nanmedian(n_outliers) if np.isfinite(n_outliers).any() else 0.0
    with np.errstate(invalid="ignore"):
        many = n_outliers > usual + _BURST * np.sqrt(max(usual, 1.0))
        bits = [~np.isfinite(flux), ~np.isfinite(positions), missing > _MOST_MISSING, many]
    return _pack([*bits, _outlying(flux)])


def bin_quality(flux, missing, bad=False):
    """
    Judge a light curve in a bin of wavelength.

    Parameters
    ----------
    flux, missing : ndarray of float64, shape (integrations,)
        As for :func:`integration_quality`.
    bad : bool, optional
        Whether all channels of the bin are bad.

    Returns
    -------
    quality : ndarray of int64, shape (integrations,)
        As there, with the bits that a bin can have.
    """
    nothing = np.zeros(len(flux), dtype=bool)
    with np.errstate(invalid="ignore"):
        few = missing > _MOST_MISSING
    bits = [~np.isfinite(flux), nothing, few, nothing, _outlying(flux)]
    return _pack([*bits, np.full(len(flux), bad)])


def _pack(bits):
    """Sum of bits."""
    return sum(flags.astype(np.int64) << k for k, flags in enumerate(bits))


def _outlying(flux):
    """Values far from the median of their neighbours."""
    known = np.flatnonzero(np.isfinite(flux))
    found = np.zeros(len(flux), dtype=bool)
    if len(known) <= _NEIGHBOURS:
        return found
    values = np.pad(flux[known], _NEIGHBOURS // 2, mode="reflect")
    middle = np.median(np.lib.stride_tricks.sliding_window_view(values, _NEIGHBOURS), axis=1)
    rest = np.abs(flux[known] - middle)
    limit = _OUTLYING * 1.4826 * np.median(rest)
    found[known] = (rest > limit) & (limit > 0)
    return found


def bursts_of_flags(integrations, outliers, size):
    """
    Find integrations in which the archive's flags take much of the aperture.

    Parameters
    ----------
    integrations : ndarray of int, shape (integrations,)
        Their numbers.
    outliers : ndarray of float, shape (integrations,)
        Fraction of the aperture that is flagged as outliers.
    size : int
        Pixels of the aperture.

    Returns
    -------
    bursts : list of dict
        ``integration`` and ``fraction`` of each, in the order of time; empty where the aperture has
        less than 20 pixels.

    Examples
    --------
    >>> bursts_of_flags(np.array([7, 8]), np.array([0.01, 0.6]), 40)
    [{'integration': 8, 'fraction': 0.6}]
    """
    if size < _FEWEST_PIXELS or len(outliers) != len(integrations):
        return []
    return [
        {"integration": int(integrations[k]), "fraction": float(outliers[k])}
        for k in np.flatnonzero(outliers > _FLAGGED)
    ]


def bursts_text(bursts):
    """
    Say what bursts of flags mean.

    Parameters
    ----------
    bursts : list of dict
        As of :func:`bursts_of_flags`, one or more.

    Returns
    -------
    text : str
        Integrations and fractions, and the setting that keeps them.
    """
    shown = ", ".join(
        f"{burst['integration']} ({100 * burst['fraction']:.0f} %)" for burst in bursts[:_SHOWN]
    )
    more = f" and {len(bursts) - _SHOWN} others" if len(bursts) > _SHOWN else ""
    several = "s" if len(bursts) > 1 else ""
    return (
        f"the archive's outlier flags take much of the aperture in {len(bursts)} integration{several}: "
        f"{shown}{more}; no cosmic ray does that, and its product lost what happened there "
        "(a flare, a steep dip, a jump); a larger outlier_detection/snr keeps it"
    )
