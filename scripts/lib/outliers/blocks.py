"""Divide a cube into blocks for work over time within limited memory."""

from dataclasses import dataclass

__all__ = ["Block", "affordable_threads", "is_rolling", "plan_blocks"]

# A block has at least this many pixels if memory allows: reading fewer at a time is slow.
_FEWEST_PIXELS = 16384


@dataclass(frozen=True)
class Block:
    """
    Part of a cube that is processed at a time.

    Attributes
    ----------
    rows : slice
        Rows of the images.
    frames : slice
        Integrations to read.
    integrations : slice
        Integrations to test; their windows lie in ``frames``.
    """

    rows: slice
    frames: slice
    integrations: slice

    @property
    def tested(self):
        """Integrations to test, counted from the first frame."""
        first = self.frames.start
        return slice(self.integrations.start - first, self.integrations.stop - first)


def is_rolling(window, integrations):
    """
    Return whether a series has a rolling median, not one median of all integrations.

    Parameters
    ----------
    window : int
        Integrations in the window of the rolling median.
    integrations : int
        Integrations in the series.

    Returns
    -------
    rolling : bool
        True if the window has more than one integration and fewer than the series.
    """
    return 1 < window < integrations


def plan_blocks(shape, window, samples):
    """
    Divide a cube into blocks that cover every sample once.

    Parameters
    ----------
    shape : tuple of int
        (integrations, y, x).
    window : int
        Integrations in the window of the rolling median.
    samples : int
        Largest number of samples in a block. A block has more if one row over
        twice the window has or, for a median of all integrations, one row
        over all of them.

    Returns
    -------
    blocks : list of Block
        All integrations of some rows if these have enough pixels to be read
        fast, else also divided in time. Where the series is divided, the
        frames at the borders belong to two blocks.
    """
    series, height, width = shape
    rows = max(samples // (series * width), 1)
    times = series
    if is_rolling(window, series) and rows * width < _FEWEST_PIXELS:
        rows = max(min(_FEWEST_PIXELS, samples // (2 * window)) // width, 1)
        times = min(series, max(samples // (min(rows, height) * width), 2 * window))
    return [
        Block(slice(top, min(top + rows, height)), frames, integrations)
        for top in range(0, height, rows)
        for frames, integrations in _divide_series(series, window, times)
    ]


def _divide_series(series, window, times):
    """Pairs of slices: frames of at most ``times`` integrations, and the integrations to test."""
    if times >= series:
        return [(slice(0, series), slice(0, series))]
    step, end, before = times - window + 1, series - window + 1, window // 2
    pieces = [(low, min(low + step, end)) for low in range(0, end, step)]
    return [
        (
            slice(low, high + window - 1),
            slice(low + before if low else 0, high + before if high < end else series),
        )
        for low, high in pieces
    ]


def affordable_threads(threads, blocks, shape, samples):
    """
    Number of blocks to work on at a time: blocks of wide frames may have more than their share.

    Parameters
    ----------
    threads : int
        Threads that are allowed.
    blocks : list of Block
        The blocks.
    shape : tuple of int
        Shape of the cube (integrations, y, x).
    samples : int
        Samples that all threads together may hold.

    Returns
    -------
    threads : int
        From 1 to the number of blocks.
    """
    largest = max(
        (block.frames.stop - block.frames.start) * (block.rows.stop - block.rows.start)
        for block in blocks
    )
    return max(1, min(threads, len(blocks), samples // (largest * shape[2])))
