"""A segment with its halo: groups of integrations on their way through the outlier search."""

from dataclasses import dataclass

import numpy as np

from scripts.lib.moving_profile.outlier_flags import OutlierSearch, threshold_factor

__all__ = ["Extent", "Segment", "divide", "join", "threshold_image"]

# Samples handled at a time: fewer make calls on short rows, more leave the cache.
_SAMPLES = 1 << 18
_MOST = 64


@dataclass(frozen=True)
class Extent:
    """
    Integrations of a segment and of its halo.

    Attributes
    ----------
    integrations : int
        The segment's own.
    before, after : int, optional
        Those of the neighbouring segments, at most half a window each; 0 where
        there is no neighbour or a gap in time.
    """

    integrations: int
    before: int = 0
    after: int = 0

    @property
    def frames(self):
        """Number of integrations in all."""
        return self.before + self.integrations + self.after


def divide(blocks, pixels):
    """
    Divide blocks of integrations into groups that fit the cache.

    Parameters
    ----------
    blocks : iterable of Planes
        Consecutive integrations.
    pixels : int
        Pixels of an integration.

    Yields
    ------
    planes : Planes
        At most 2^18 samples, but at least 4 and at most 64 integrations of a block.
    """
    step = _largest_group(pixels)
    for planes in blocks:
        for first in range(0, len(planes), step):
            yield planes[first : first + step]


def _largest_group(pixels):
    """
    Integrations of the groups that `divide` makes.

    Parameters
    ----------
    pixels : int
        Pixels of an integration.

    Returns
    -------
    integrations : int
        The largest number.

    Examples
    --------
    >>> _largest_group(32 * 512), _largest_group(256 * 2048)
    (16, 4)
    """
    return int(np.clip(_SAMPLES // pixels, 4, _MOST))


def threshold_image(noise, snr, window):
    """
    Factor of ERR above which a sample of each pixel is an outlier.

    Parameters
    ----------
    noise : ndarray of float32, shape (y, x)
        Noise in units of ERR; NaN where there are no data.
    snr : float
        Threshold in standard deviations.
    window : int
        Integrations of the local medians.

    Returns
    -------
    factor : ndarray of float32, shape (y, x)
        Finite everywhere.
    """
    known = np.where(np.isfinite(noise) & (noise > 0), noise, 1.0)
    return (known * threshold_factor(snr, window)).astype(np.float32)


def join(parts):
    """
    Put the results of groups behind each other.

    Parameters
    ----------
    parts : list of dict
        Arrays by name, in the order of time.

    Returns
    -------
    whole : dict of ndarray
        Arrays of all.
    """
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


class Segment:
    """
    Series of integrations with a halo, and its outliers as far as they are known.

    Parameters
    ----------
    extent : Extent
        Numbers of integrations.
    shape : tuple of int
        Shape (y, x) of an integration.
    window : int
        Integrations of the local medians, uneven. A shorter series has one
        window, of the largest uneven number.

    Attributes
    ----------
    window : int
        The window's true length.
    next : int
        The frame to come, counted from the first of the halo.
    done : int
        Frames before this one have been tested.
    """

    def __init__(self, extent, shape, window):
        if window % 2 == 0 or window < 3:
            msg = f"the window must be uneven and at least 3, not {window}"
            raise ValueError(msg)
        if extent.integrations < 1:
            msg = "a segment has at least one integration"
            raise ValueError(msg)
        self._extent, self._shape = extent, tuple(shape)
        self.window = min(window, extent.frames - (extent.frames + 1) % 2)
        pixels = shape[0] * shape[1]
        tested = slice(extent.before, extent.before + extent.integrations)
        self._search = OutlierSearch(
            extent.frames, self.window, pixels, _largest_group(pixels), tested
        )
        self.next, self.done = 0, extent.before
        self._found = []

    def room(self, frames):
        """
        Arrays to fill with residuals and thresholds of the next frames.

        Parameters
        ----------
        frames : int
            Number of frames.

        Returns
        -------
        residual, threshold : ndarray of float32, shape (frames, y, x)
            Valid until the next call.
        """
        if self.next + frames > self._extent.frames:
            msg = f"expected {self._extent.frames} integrations, found more"
            raise ValueError(msg)
        return [part.reshape(-1, *self._shape) for part in self._search.room(frames)]

    def own(self, first, frames):
        """
        Part of some frames that is the segment's own, not the halo's.

        Parameters
        ----------
        first, frames : int
            First frame and number of frames.

        Returns
        -------
        part : slice
            Within these frames; may be empty.
        """
        low = min(max(self._extent.before - first, 0), frames)
        end = self._extent.before + self._extent.integrations
        return slice(low, max(min(end - first, frames), low))

    def search(self, frames):
        """
        Test frames with those just filled in; some may wait for more.

        Parameters
        ----------
        frames : int
            Their number.
        """
        first, end, places, residual, threshold = self._search.search(frames)
        self.next += frames
        self.done = max(end, self.done)
        rows, pixels = np.divmod(places, self._shape[0] * self._shape[1])
        self._found.append((rows + first, pixels, residual, threshold))

    def outliers(self, first, frames):
        """
        Take the outliers of tested frames.

        Parameters
        ----------
        first, frames : int
            First frame and number of frames.

        Returns
        -------
        frame, pixel : ndarray of int64
            Frame, counted from ``first``, and flat index in it.
        residual, threshold : ndarray of float32
            Their residuals and thresholds.
        """
        rows, *rest = (np.concatenate(parts) for parts in zip(*self._found, strict=True))
        taken = rows < first + frames
        self._found = [(rows[~taken], *(part[~taken] for part in rest))]
        return rows[taken] - first, *(part[taken] for part in rest)

    def check_complete(self):
        """
        Check that all frames have come.

        Raises
        ------
        ValueError
            If some are missing.
        """
        if self.next != self._extent.frames:
            msg = f"expected {self._extent.frames} integrations, found {self.next}"
            raise ValueError(msg)
