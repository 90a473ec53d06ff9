"""Replace invalid pixels of spectral images by the profile of the neighbouring columns."""

from dataclasses import dataclass

import numpy as np

from scripts.lib.segment_data.dq import DO_NOT_USE, FLUX_ESTIMATED, NON_SCIENCE
from scripts.lib.segment_data.medians import nan_median
from scripts.lib.segment_data.scale_walk import walk_to_scales

__all__ = ["replace_by_profiles"]

# Profiles whose largest signal-to-noise is lower are not normalised.
_LEAST_SNR = 5
# Larger values would overflow when they are squared.
_LARGEST = 1e20
# Samples of neighbouring columns that are gathered at a time.
_GATHERED = 1 << 20


def replace_by_profiles(planes, horizontal, n_adjacent):
    """
    Replace invalid pixels by the median profile of neighbouring columns, in place.

    Columns here are the pixels of one dispersion element, and rows run across the dispersion. The
    profiles of usable neighbours are divided by their largest absolute values; their median is
    scaled to the pixels of the column that are valid, and replaces the others.

    Parameters
    ----------
    planes : dict of str to ndarray, shape (integrations, y, x)
        SCI, ERR and variances (names starting with ``VAR_``) in float32, DQ in uint32. Variances
        may be missing; those of another shape than SCI are not changed.
    horizontal : bool
        Whether dispersion runs along x.
    n_adjacent : int
        Neighbours on each side; 0 or less replaces nothing.

    Returns
    -------
    count : int
        Number of pixels replaced by finite values.

    Notes
    -----
    As ``fit_profile`` of jwst 3.0.0, bit for bit. Pixels with ``DO_NOT_USE`` are invalid. A column
    with no other pixel than these and ``NON_SCIENCE`` ones is neither replaced nor used. Pixels
    are replaced in the rows from the first to the last valid pixel of the integration unless they
    are ``NON_SCIENCE``, which become NaN. Where no neighbour has a value the pixel becomes NaN.
    ``DO_NOT_USE`` and ``FLUX_ESTIMATED`` of replaced pixels are toggled. If the largest valid pixel
    of a column is 0, or no valid row has a profile, the values are those of the normalised profile.
    Replaced values are not used for others. Memory: four times the planes.
    """
    columns = _Columns(planes, horizontal)
    integration, element = np.nonzero(columns.repaired)
    count = 0
    if n_adjacent < 1:
        return count
    n_adjacent = min(n_adjacent, columns.repaired.shape[1])
    length = max(1, _GATHERED // (2 * n_adjacent * columns.height))
    for first in range(0, len(element), length):
        chosen = slice(first, first + length)
        count += _repair(columns, integration[chosen], element[chosen], n_adjacent)
    columns.write_flags()
    return count


class _Columns:
    """
    The planes as columns, and what is known of each of these.

    Attributes
    ----------
    science : ndarray
        SCI (integrations, columns, rows), NaN at invalid pixels.
    usable, repaired : ndarray of bool
        Columns (integrations, columns) with valid pixels, and those of them with pixels to replace.
    replaced : ndarray of bool
        Pixels (integrations, columns, rows) to replace.
    inside : ndarray of bool
        Rows (integrations, rows) from the first to the last with a valid pixel.
    invalid : ndarray of bool
        Pixels with DO_NOT_USE.
    largest, snr : ndarray
        Largest absolute value and signal-to-noise (integrations, columns) of valid pixels; NaN
        of unusable columns.
    """

    def __init__(self, planes, horizontal):
        shape = planes["SCI"].shape
        self.planes = {
            name: plane.swapaxes(1, 2) if horizontal else plane
            for name, plane in planes.items()
            if plane.shape == shape
        }
        dq = self._dq = np.ascontiguousarray(self.planes["DQ"])
        self.height = dq.shape[2]
        self.invalid = (dq & DO_NOT_USE) != 0
        bad, outside = self.invalid, (dq & NON_SCIENCE) != 0
        valid_rows = ~bad.all(axis=1)
        self.inside = np.logical_or.accumulate(valid_rows, axis=1)
        self.inside &= np.logical_or.accumulate(valid_rows[:, ::-1], axis=1)[:, ::-1]
        self.usable = ~(bad | outside).all(axis=2)
        self.replaced = bad & ~outside & self.inside[:, None]
        self.repaired = self.usable & self.replaced.any(axis=2)
        self.science = np.where(bad, np.float32(np.nan), self.planes["SCI"])
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            ratio = np.abs(self.science / self.planes["ERR"])
        self.largest, self.snr = (
            np.where(self.usable, np.fmax.reduce(values, axis=2), np.float32(np.nan))
            for values in (np.abs(self.science), ratio)
        )

    def errors(self):
        """Names of the planes of errors and variances."""
        return [name for name in self.planes if name not in ("SCI", "DQ")]

    def flag(self, integration, element, row):
        """Flag pixels as estimated."""
        self._dq[integration, element, row] ^= np.uint32(DO_NOT_USE | FLUX_ESTIMATED)

    def write_flags(self):
        """Put the flags into their plane."""
        self.planes["DQ"][...] = self._dq


@dataclass(frozen=True)
class _Neighbours:
    """
    The neighbours of some columns.

    Attributes
    ----------
    element : ndarray of int
        Neighbours (neighbours, columns), inside the image.
    usable : ndarray of bool
        Which of them count.
    scales : ndarray
        By what their values are divided, NaN of those that do not count.
    """

    element: np.ndarray
    usable: np.ndarray
    scales: np.ndarray


def _find_neighbours(columns, integration, element, n_adjacent):
    """Usable neighbours of columns, with their scales."""
    steps = np.concatenate([np.arange(-n_adjacent, 0), np.arange(1, n_adjacent + 1)])
    places = element + steps[:, None]
    width = columns.usable.shape[1]
    inside = (places >= 0) & (places < width)
    places = places.clip(0, width - 1)
    usable = inside & columns.usable[integration, places]
    scales = np.where(usable, columns.largest[integration, places], np.float32(np.nan))
    snr = np.where(usable, columns.snr[integration, places], np.float32(np.nan))
    faint = np.fmax.reduce(snr, axis=0) < _LEAST_SNR
    scales[usable & faint] = 1
    return _Neighbours(places, usable, scales)


def _repair(columns, integration, element, n_adjacent):
    """Replace the pixels of some columns; return their number."""
    neighbours = _find_neighbours(columns, integration, element, n_adjacent)
    known = neighbours.usable.any(axis=0)
    current = columns.science[integration, element]
    known &= ~np.isnan(current).all(axis=1)
    integration, element = integration[known], element[known]
    if not len(element):
        return 0
    neighbours = _Neighbours(*(part[:, known] for part in vars(neighbours).values()))
    current = current[known]
    profile = _median_profile(columns, integration, neighbours)
    scale, level = _scales(current, profile, nan_median(neighbours.scales))
    return _write(columns, integration, element, neighbours, (profile, scale, level))


def _median_profile(columns, integration, neighbours):
    """Median (columns, rows) of the neighbours' normalised values."""
    values = columns.science[integration, neighbours.element]
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        values /= neighbours.scales[:, :, None]
    return nan_median(values)


def _scales(current, profile, typical):
    """
    Two factors for each column, from its profile to its values.

    Both are 1 where the neighbours were not normalised, or where no scale can be found.
    """
    finite = ~np.isnan(current)
    level = np.where(finite, current, np.float32(-np.inf)).max(axis=1)
    scale = np.ones_like(level)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        relative = np.abs(current / level[:, None])
        largest_profile = np.fmax.reduce(np.where(finite, np.abs(profile), np.nan), axis=1)
        # A profile without any value has no largest one, which compares as false.
        fitted = (typical != 1) & (largest_profile < _LARGEST)
        fitted &= np.fmax.reduce(relative, axis=1) < _LARGEST
    samples = np.where(fitted, np.count_nonzero(finite, axis=1), 0)
    for length in np.unique(samples[fitted]):
        group = samples == length
        used = finite[group]
        data, shape = (
            values[group][used].reshape(-1, length) for values in (relative, np.abs(profile))
        )
        scale[group] = walk_to_scales(data, shape)
    level[~fitted] = 1
    return scale, level


def _write(columns, integration, element, neighbours, model):
    """Write the values of some columns into the planes; return how many pixels are replaced."""
    profile, scale, level = model
    pixel = columns.replaced[integration, element]
    column, row = np.nonzero(pixel)
    place = integration[column], element[column], row
    with np.errstate(invalid="ignore", over="ignore"):
        values = profile[column, row] * scale[column] * level[column]
    outside = columns.invalid[integration, element] & columns.inside[integration] & ~pixel
    other, other_row = np.nonzero(outside)
    science = columns.planes["SCI"]
    science[integration[other], element[other], other_row] = np.nan
    science[place] = values
    for name in columns.errors():
        columns.planes[name][place] = _error_values(columns, name, place, column, neighbours, model)
    found = ~np.isnan(values)
    columns.flag(*(index[found] for index in place))
    return int(np.isfinite(values).sum())


def _error_values(columns, name, place, column, neighbours, model):
    """Errors or variances of replaced pixels: scaled medians of those of the neighbours."""
    _, scale, level = model
    integration, _, row = place
    element = neighbours.element[:, column]
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        errors = columns.planes[name][integration, element, row]
        errors[columns.invalid[integration, element, row]] = np.nan
        if name.startswith("VAR_"):
            errors = np.sqrt(errors)
        values = nan_median(errors / neighbours.scales[:, column])
        values = values * scale[column] * level[column]
        return np.square(values) if name.startswith("VAR_") else values
