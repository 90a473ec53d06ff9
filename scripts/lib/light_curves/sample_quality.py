"""Quality of each sample of our spectra, and which are left out of light curves in bins."""

from dataclasses import dataclass

import numpy as np

from scripts.lib.outliers.rolling_median import rolling_median_block
from scripts.lib.segment_data.medians import nan_median

__all__ = ["LEFT_OUT", "SPECTRA_FLAGS", "SampleLimits", "sample_quality"]

# Bits of QUALITY, with the same meaning as `quality.QUALITY_BITS`.
SPECTRA_FLAGS = {
    1: "no flux",
    4: "more than a tenth of the light is missing and was filled in",
    16: "flux is an outlier among its neighbours in time",
    32: "bad channel: noisier, or drifting more, than its neighbours",
}
_NO_FLUX, _FILLED, _OUTLIER, _BAD_CHANNEL = SPECTRA_FLAGS
# Bits of samples that sums leave out. The profile gives the flux of one of which much is missing, with a
# larger error and no bias; a bad channel is left out of a bin as a whole.
LEFT_OUT = _NO_FLUX | _OUTLIER
_MOST_MISSING, _NEIGHBOURS = 0.1, 9


@dataclass(frozen=True)
class SampleLimits:
    """
    What is known of the channels of a visit, by which its samples are judged.

    Attributes
    ----------
    bad : ndarray of bool, shape (elements,)
        Channels that are worse than their neighbours.
    noise : ndarray, shape (elements,), optional
        Scatter of each channel from point to point, relative to its median flux; NaN is not judged.
    clip : float, optional
        Deviation in units of the noise above which a sample is an outlier; None for none.
    """

    bad: np.ndarray
    noise: np.ndarray | None = None
    clip: float | None = None


def sample_quality(values, template, limits=None):
    """
    Judge the samples of a block of spectra.

    Parameters
    ----------
    values : dict of str to ndarray
        ``flux`` and ``valid`` (integrations, elements); NaN is missing.
    template : ndarray, shape (elements,)
        Median spectrum.
    limits : SampleLimits, optional
        Without it only the first two bits are set.

    Returns
    -------
    quality : ndarray of uint8, shape (integrations, elements)
        Sum of the bits of :data:`SPECTRA_FLAGS`; 0 is good. Outliers are compared with the
        median of nine integrations, after what all channels have in common is divided out; none
        are searched in blocks of fewer.

    Examples
    --------
    >>> values = {"flux": np.array([[1.0, np.nan]]), "valid": np.array([[0.5, 0.0]])}
    >>> sample_quality(values, np.ones(2))
    array([[4, 5]], dtype=uint8)
    """
    quality = np.where(np.isfinite(values["flux"]), 0, _NO_FLUX).astype(np.uint8)
    quality[values["valid"] < 1.0 - _MOST_MISSING] |= _FILLED
    if limits is None:
        return quality
    quality[:, limits.bad] |= _BAD_CHANNEL
    if limits.clip is not None and len(quality) >= _NEIGHBOURS:
        quality[_outlying(values["flux"], template, limits)] |= _OUTLIER
    return quality


def _outlying(flux, template, limits):
    """Samples that deviate from the median of their neighbours in time, bool."""
    with np.errstate(invalid="ignore", divide="ignore"):
        relative = flux / np.where(template > 0, template, np.nan)
    usable = np.isfinite(relative) & np.isfinite(limits.noise)
    common = nan_median(np.where(usable, relative, np.nan), axis=1)
    relative = np.where(usable, relative / np.where(common > 0, common, 1.0)[:, None], 1.0)
    padded = np.pad(relative, ((_NEIGHBOURS // 2, _NEIGHBOURS // 2), (0, 0)), mode="reflect")
    middle = rolling_median_block(padded, _NEIGHBOURS)
    limit = limits.clip * np.nan_to_num(limits.noise, nan=np.inf)
    return usable & (np.abs(relative - middle) > limit)
