"""Some frames of a visit's segments for the plots of its report: next to the star or trace, and at jumps."""

import numpy as np

from scripts.lib.fits.reader import open_fits
from scripts.lib.segment_data.dq import DO_NOT_USE

__all__ = ["Frames", "frames_at_jump", "star_frames", "trace_frames"]

# Consecutive integrations in a sample, at most, and its bytes.
_MOST, _BYTES = 150, 1 << 24
# Bytes that are read at a time.
_BLOCK_BYTES = 1 << 23
# Integrations before and after a jump.
_NEAR = 10


class Frames:
    """
    Samples of a detector's segments, as one series.

    Parameters
    ----------
    paths : list of str
        Segments in the order of time.
    turned : bool, optional
        Whether images are transposed, so that the dispersion is along the last axis.

    Attributes
    ----------
    lengths : list of int
        Integrations of each segment.
    shape : tuple of int
        Rows and columns as they are given.
    """

    def __init__(self, paths, turned=False):
        self._paths, self._turned = paths, turned
        self.lengths, shapes = [], []
        for path in paths:
            with open_fits(path) as file:
                count, *shape = file.shape("SCI")
            self.lengths.append(count)
            shapes.append(tuple(shape[::-1] if turned else shape))
        self.shape = shapes[0]

    def read(self, first, count, rows=slice(None)):
        """
        Read consecutive integrations, also across segments.

        Parameters
        ----------
        first, count : int
            First integration of the series, and their number.
        rows : slice, optional
            Rows as they are given.

        Returns
        -------
        frames : ndarray of float32, shape (integrations, y, x)
            Samples, NaN where DQ says that they cannot be used; fewer where the series ends.
        """
        parts, start = [], 0
        for path, length in zip(self._paths, self.lengths, strict=True):
            low, high = max(first - start, 0), min(first + count - start, length)
            if low < high:
                parts.append(self._read(path, slice(low, high), rows))
            start += length
        return np.concatenate(parts)

    def _read(self, path, integrations, rows):
        """Read integrations of a segment."""
        with open_fits(path) as file:
            if self._turned:
                planes = [
                    file.read(name, integrations, turned=True)[:, rows] for name in ("SCI", "DQ")
                ]
            else:
                planes = [file.read(name, integrations, rows) for name in ("SCI", "DQ")]
        samples, flags = planes
        return np.where(flags & DO_NOT_USE, np.float32(np.nan), samples.astype(np.float32))

    def stretch(self, samples):
        """
        Choose consecutive integrations of one segment for a sample.

        Parameters
        ----------
        samples : int
            Samples of each integration that are kept.

        Returns
        -------
        segment : int
            The longest segment.
        rows : slice
            Integrations in its middle.
        """
        longest = int(np.argmax(self.lengths))
        length = self.lengths[longest]
        count = int(min(_MOST, max(_BYTES // (4 * max(samples, 1)), 10), length))
        first = (length - count) // 2
        return longest, slice(first, first + count)

    def blocks(self, segment, rows, part):
        """
        Read integrations of a segment in blocks of 8 MB.

        Parameters
        ----------
        segment : int
            Number of the segment, from 0.
        rows : slice
            Its integrations.
        part : slice
            Rows of the images.

        Yields
        ------
        frames : ndarray of float32, shape (integrations, y, x)
            As of :meth:`read`.
        """
        samples = (part.stop - part.start) * self.shape[1]
        step = max(_BLOCK_BYTES // (4 * max(samples, 1)), 1)
        for start in range(rows.start, rows.stop, step):
            block = slice(start, min(start + step, rows.stop))
            yield self._read(self._paths[segment], block, part)


def trace_frames(frames, trace, reach):
    """
    Read the rows next to a trace in consecutive integrations.

    Parameters
    ----------
    frames : Frames
        The segments, dispersion along the last axis.
    trace : ndarray of float, shape (x,)
        Row of the trace in each column; NaN where there is none.
    reach : int
        Rows on either side.

    Returns
    -------
    segment : int
        Number of the segment that the sample is of.
    integrations : slice
        Its integrations.
    sample : ndarray of float32, shape (integrations, 2 reach + 1, columns)
        Samples next to the trace, NaN beyond the array; columns without a trace are left out.
    """
    columns = np.flatnonzero(np.isfinite(trace))
    rows = np.round(trace[columns]).astype(int) + np.arange(-reach, reach + 1)[:, None]
    low, high = max(int(rows.min()), 0), min(int(rows.max()) + 1, frames.shape[0])
    segment, integrations = frames.stretch(rows.size)
    inside = (rows >= 0) & (rows < frames.shape[0])
    picked = np.clip(rows, low, high - 1) - low
    parts = [
        np.where(inside, block[:, picked, columns], np.float32(np.nan))
        for block in frames.blocks(segment, integrations, slice(low, high))
    ]
    return segment, integrations, np.concatenate(parts)


def star_frames(frames, centre, reach):
    """
    Read the surroundings of a star in consecutive integrations.

    Parameters
    ----------
    frames : Frames
        The segments.
    centre : tuple of float
        Column and row of the star.
    reach : float
        Pixels on either side.

    Returns
    -------
    segment : int
        Number of the segment that the sample is of.
    integrations : slice
        Its integrations.
    sample : ndarray of float32, shape (integrations, y, x)
        Part of the images.
    origin : tuple of int
        Its first column and row.
    """
    x, y = (round(float(value)) for value in centre)
    size = int(np.ceil(reach))
    rows = slice(max(y - size, 0), min(y + size + 1, frames.shape[0]))
    columns = slice(max(x - size, 0), min(x + size + 1, frames.shape[1]))
    stretch = frames.stretch((rows.stop - rows.start) * (columns.stop - columns.start))
    parts = [block[:, :, columns] for block in frames.blocks(*stretch, rows)]
    return *stretch, np.concatenate(parts), (columns.start, rows.start)


def frames_at_jump(frames, row):
    """
    Average frames before and after a jump.

    Parameters
    ----------
    frames : Frames
        The segments.
    row : int
        First integration after the jump.

    Returns
    -------
    found : dict of str to ndarray of float32, shape (y, x)
        ``before`` and ``after``: means of up to ten integrations, NaN where there is no good sample.
    """
    total = sum(frames.lengths)
    near = [(max(row - _NEAR, 0), min(row, _NEAR)), (row, min(_NEAR, total - row))]
    images = [_mean(frames.read(first, count)) for first, count in near]
    return dict(zip(("before", "after"), images, strict=True))


def _mean(frames):
    """Mean over the integrations; NaN is left out."""
    known = np.isfinite(frames)
    counts = known.sum(axis=0)
    sums = np.where(known, frames, 0.0).sum(axis=0)
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan).astype(np.float32)
