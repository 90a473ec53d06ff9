"""Samples far from the local median of their pixel, found by counting."""

from dataclasses import dataclass

import numpy as np

__all__ = ["OutlierSearch", "find_outliers", "threshold_factor", "window_starts"]

# Pixels that are searched at a time: the arrays of a group of windows then stay in the cache.
_PIXELS = 4096


def threshold_factor(snr, window):
    """
    Threshold in errors of a single sample, for a deviation from a local median.

    Parameters
    ----------
    snr : float
        Threshold in standard deviations of the difference.
    window : int
        Samples of the median, the noise of which adds to that of the sample.

    Returns
    -------
    factor : float
        ``snr * sqrt(1 + pi / (2 window))``.
    """
    return snr * float(np.sqrt(1.0 + np.pi / (2.0 * window)))


def window_starts(integrations, window):
    """
    First frame of the window of each frame.

    Parameters
    ----------
    integrations : int
        Number of frames.
    window : int
        Length of the window, at most that number.

    Returns
    -------
    starts : ndarray of int, shape (integrations,)
        Windows are centred; those at the ends are the nearest whole ones.

    Examples
    --------
    >>> window_starts(5, 3)
    array([0, 0, 1, 2, 2])
    """
    return np.clip(np.arange(integrations) - window // 2, 0, integrations - window)


def find_outliers(residual, threshold, starts, tested, window):
    """
    Find samples that deviate from the median of their window by more than a threshold.

    Parameters
    ----------
    residual : ndarray of float32, shape (frames, pixels)
        Samples minus their model, without NaN; 0 where bad.
    threshold : ndarray of float32, shape (frames, pixels)
        Largest deviation of a good sample; infinite where bad.
    starts : ndarray of int, shape (tested,)
        Frame at which the window of each tested frame starts, ascending.
    tested : slice
        Frames to test.
    window : int
        Length of the windows, uneven.

    Returns
    -------
    places : ndarray of int64
        Flat indices, in (tested, pixels), of the outliers, ascending. Deviations
        are rounded to float32, as ``residual - median`` is.

    Notes
    -----
    Windows that share more than half of their samples have medians between the
    smallest and largest shared ones; samples that are near both are done with. For
    the others no median is needed: it is above ``R + T`` exactly if more than half
    of the samples are.
    """
    found = []
    pixels = residual.shape[1]
    for group in _groups(starts, window):
        first, last = starts[group][[0, -1]]
        for left in range(0, pixels, _PIXELS):
            columns = slice(left, left + _PIXELS)
            samples = residual[first : last + window, columns]
            limits = threshold[tested][group][:, columns]
            own = residual[tested][group][:, columns]
            shared = residual[last : first + window, columns]
            rows, places = _far(samples, own, limits, shared, starts[group] - first, window)
            found.append((rows + group.start) * pixels + places + left)
    return np.sort(np.concatenate(found)) if found else np.zeros(0, np.int64)


def _groups(starts, window):
    """Slices of tested frames the windows of which share more than half of their samples."""
    groups, first = [], 0
    while first < len(starts):
        last = int(np.searchsorted(starts, starts[first] + _windows_at_once(window)))
        groups.append(slice(first, last))
        first = last
    return groups


def _windows_at_once(window):
    """Number of consecutive windows that share more than half of their samples."""
    return (window + 1) // 2


def _far(samples, own, limits, shared, starts, window):
    """Frames and pixels of the outliers of one group and piece."""
    distance = own - np.minimum.reduce(shared, axis=0)
    np.maximum(distance, np.maximum.reduce(shared, axis=0) - own, out=distance)
    candidates = np.flatnonzero(distance > limits)
    rows, pixels = np.divmod(candidates, own.shape[1])
    # A deviation of each sample of the window from the one that is tested.
    deviation = samples[starts[rows] + np.arange(window)[:, None], pixels]
    deviation -= own[rows, pixels]
    limit = limits[rows, pixels]
    above = (deviation > limit).sum(axis=0)
    below = (deviation < -limit).sum(axis=0)
    outlier = np.maximum(above, below) > window // 2
    return rows[outlier], pixels[outlier]


@dataclass
class OutlierSearch:
    """
    Search a series of frames that come in groups, keeping no more than it needs.

    Attributes
    ----------
    integrations : int
        Frames in all, with those of the halo.
    window : int
        Length of the windows, uneven, at most that number.
    pixels : int
        Pixels of a frame.
    largest : int
        Largest number of frames of a group.
    tested : slice
        Frames to test; the others only lie in their windows.
    """

    integrations: int
    window: int
    pixels: int
    largest: int
    tested: slice

    def __post_init__(self):
        self._starts = window_starts(self.integrations, self.window)
        capacity = min(self.integrations, self.window - 1 + 2 * max(self.largest, self.window))
        self._residual = np.empty((capacity, self.pixels), np.float32)
        self._threshold = np.empty((capacity, self.pixels), np.float32)
        # Frames in memory: from the first to the next to come; tested up to done.
        self._first = self._next = 0
        self._done = self.tested.start

    def room(self, frames):
        """
        Arrays for the residuals and thresholds of the next frames, to be filled in.

        Parameters
        ----------
        frames : int
            Number of frames.

        Returns
        -------
        residual, threshold : ndarray of float32, shape (frames, pixels)
            Parts of the memory of the search.
        """
        held = self._next - self._first
        if held + frames > len(self._residual):
            needed = int(self._starts[min(self._done, self.integrations - 1)])
            shift = needed - self._first
            # One by one: where both parts overlap a copy of all would take their memory again.
            for memory in (self._residual, self._threshold):
                for frame in range(shift, held):
                    memory[frame - shift] = memory[frame]
            self._first, held = needed, held - shift
        part = slice(held, held + frames)
        return self._residual[part], self._threshold[part]

    def search(self, frames):
        """
        Take the frames that were filled in and test those whose windows are complete.

        Up to half a window of them wait for the frames to come, to be tested with those.

        Parameters
        ----------
        frames : int
            Number of new frames.

        Returns
        -------
        first, end : int
            The frames that were tested now.
        places : ndarray of int64
            Flat indices of the outliers in (tested frames, pixels).
        residual, threshold : ndarray of float32, shape (outliers,)
            Their residuals and thresholds.
        """
        self._next += frames
        ready = np.searchsorted(self._starts, self._next - self.window, side="right")
        end, first = min(int(ready), self.tested.stop), self._done
        if self._next < self.integrations:
            # The extremes of the shared samples cost the same for one frame as for all that share them.
            end -= max(end - first, 0) % _windows_at_once(self.window)
        self._done = max(end, first)
        if end <= first:
            nothing = np.zeros(0, np.float32)
            return first, first, np.zeros(0, np.int64), nothing, nothing
        held = slice(0, self._next - self._first)
        tested = slice(first - self._first, end - self._first)
        residual, threshold = self._residual[held], self._threshold[held]
        places = find_outliers(
            residual, threshold, self._starts[first:end] - self._first, tested, self.window
        )
        chosen = (x[tested].reshape(-1)[places] for x in (residual, threshold))
        return first, end, places, *chosen
