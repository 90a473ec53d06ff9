"""Noise of every spectral element, elements that are noisier than their neighbours, and a map."""

import numpy as np

from scripts.lib.light_curves.noise import MAD_TO_SIGMA, mad_sigma
from scripts.lib.segment_data.medians import nan_median

__all__ = [
    "LightCurveMap",
    "choose_stretches",
    "element_noise",
    "find_worse_elements",
    "running_median",
]

# Stretches of consecutive integrations in which elements are compared, and their length.
_STRETCHES = 8
_STRETCH_LENGTH = 50
_NEIGHBOURS = 51
_WORST_FACTOR = 1.5
_NOISE_THRESHOLD = 8.0
_DRIFT_THRESHOLD = 6.0
_MAP_TIMES = 400
_MAP_BINS = 200


def choose_stretches(n_integrations):
    """
    Choose stretches of consecutive integrations, spread evenly.

    Parameters
    ----------
    n_integrations : int
        Number of integrations.

    Returns
    -------
    slices : list of slice
        Not overlapping; together at most 400 integrations.
    """
    count = min(_STRETCHES, max(n_integrations // 8, 1))
    length = min(_STRETCH_LENGTH, n_integrations // count)
    starts = np.linspace(0, n_integrations - length, count).astype(int)
    return [slice(int(start), int(start) + length) for start in starts]


def running_median(values, width=_NEIGHBOURS):
    """
    Median of each value and its neighbours.

    Parameters
    ----------
    values : ndarray, shape (n,)
        Values; NaN is left out.
    width : int, optional
        Number of values in the median, odd.

    Returns
    -------
    median : ndarray, shape (n,)
        NaN where all of these values are.

    Examples
    --------
    Beyond the ends, nothing counts:

    >>> running_median(np.array([1.0, 5.0, np.nan, 2.0, 3.0]), width=3)
    array([3. , 3. , 3.5, 2.5, 2.5])
    """
    half = width // 2
    padded = np.pad(values, half, constant_values=np.nan)
    windows = np.lib.stride_tricks.sliding_window_view(padded, width)
    known = np.isfinite(windows).any(axis=1)
    median = np.full(len(values), np.nan)
    median[known] = np.nanmedian(windows[known], axis=1)
    return median


def element_noise(stretches):
    """
    Noise of every element in some stretches of consecutive integrations.

    Parameters
    ----------
    stretches : list of dict of str to ndarray
        ``FLUX``, ``ERROR`` and ``PHOTON_ERROR`` (integrations, elements)
        of each stretch.

    Returns
    -------
    metrics : dict of str to ndarray, shape (elements,)
        ``noise``, ``error`` and ``photon``: point-to-point scatter by the
        median absolute deviation, propagated error and photon noise, all
        relative to the element's median flux; ``drift``: root mean square of
        the stretches' medians, less those of the neighbouring elements, over
        what white noise gives. NaN where an element has no flux.
    """
    flux = np.concatenate([stretch["FLUX"] for stretch in stretches])
    with np.errstate(invalid="ignore", divide="ignore"):
        level = nan_median(flux)
        level = np.where(level > 0, level, np.nan)
        steps = np.concatenate([np.diff(stretch["FLUX"], axis=0) for stretch in stretches])
        steps -= nan_median(steps)
        noise = MAD_TO_SIGMA * nan_median(np.abs(steps)) / np.sqrt(2.0) / level
        error, photon = (
            nan_median(np.concatenate([stretch[name] for stretch in stretches])) / level
            for name in ("ERROR", "PHOTON_ERROR")
        )
        medians = np.stack([nan_median(stretch["FLUX"]) for stretch in stretches]) / level
        spread = 1.2533 * noise / np.sqrt(min(len(stretch["FLUX"]) for stretch in stretches))
        local = medians - np.stack([running_median(row) for row in medians])
        local -= local.mean(axis=0)
        drift = np.sqrt((local**2).sum(axis=0) / max(len(stretches) - 1, 1)) / spread
    return {"noise": noise, "error": error, "photon": photon, "drift": drift}


def find_worse_elements(metrics, threshold=_NOISE_THRESHOLD):
    """
    Find elements that are noisier, or drift more, than their neighbours.

    Parameters
    ----------
    metrics : dict of str to ndarray
        Of :func:`element_noise`.
    threshold : float, optional
        Robust standard deviations by which a noisy element exceeds its neighbours.

    Returns
    -------
    found : list of dict
        ``element`` (from 0), ``kind`` (``noise`` or ``drift``) and ``factor``
        over the median, for noise of the neighbours, for drift of all elements;
        worst first. A noisy element exceeds it 1.5 times and by the threshold; a drifting one has a ``drift`` above 6 and above
        twice the median.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = metrics["noise"] / metrics["error"]
        usual = running_median(ratio)
        excess = np.where(usual > 0, ratio / usual - 1.0, np.nan)
    spread = np.nan_to_num(mad_sigma(excess))
    noisy = (ratio > _WORST_FACTOR * usual) & (excess > threshold * max(spread, 0.01))
    drift = metrics["drift"]
    typical = np.nanmedian(drift) if np.isfinite(drift).any() else np.nan
    drifting = drift > max(_DRIFT_THRESHOLD, 2.0 * typical)
    found = [
        {"element": int(element), "kind": "noise", "factor": float(ratio[element] / usual[element])}
        for element in np.flatnonzero(noisy)
    ]
    found += [
        {"element": int(element), "kind": "drift", "factor": float(drift[element] / typical)}
        for element in np.flatnonzero(drifting & ~noisy)
    ]
    return sorted(found, key=lambda worse: -worse["factor"])


class LightCurveMap:
    """
    Average of spectra over time and wavelength, filled block by block.

    Parameters
    ----------
    n_integrations, n_elements : int
        Shape of all spectra.

    Notes
    -----
    At most 400 times by 200 wavelengths are held.
    """

    def __init__(self, n_integrations, n_elements):
        self.time_step = -(-n_integrations // _MAP_TIMES)
        self.bin_step = -(-n_elements // _MAP_BINS)
        shape = (-(-n_integrations // self.time_step), -(-n_elements // self.bin_step))
        self._sums, self._weights = np.zeros(shape), np.zeros(shape)

    def add(self, rows, flux, template):
        """
        Add a block of spectra.

        Parameters
        ----------
        rows : slice
            Their rows in the series.
        flux : ndarray, shape (integrations, elements)
            Flux; a NaN is left out of both sum and template.
        template : ndarray, shape (elements,)
            Median spectrum.
        """
        good = np.isfinite(flux) & (template > 0)
        times = np.arange(rows.start, rows.stop) // self.time_step
        starts = np.arange(0, flux.shape[1], self.bin_step)
        for target, values in (
            (self._sums, np.where(good, flux, 0.0)),
            (self._weights, np.where(good, template, 0.0)),
        ):
            np.add.at(target, times, np.add.reduceat(values, starts, axis=1))

    def image(self):
        """Flux over its median in every cell (times, wavelengths); NaN in a cell without flux."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(self._weights > 0, self._sums / self._weights, np.nan).astype(
                np.float32
            )
