"""Integrations of segments as the moving profile takes them: in blocks, with the dispersion along x."""

import logging
from contextlib import ExitStack
from itertools import groupby
from operator import itemgetter

import numpy as np

from scripts.lib.errors import InputError
from scripts.lib.fits.reader import open_fits
from scripts.lib.moving_profile.frames import Planes

__all__ = ["PlaneReader", "VisitSample", "blocks_with_halo", "crop_about"]

log = logging.getLogger(__name__)

_NEEDED = ("SCI", "ERR", "DQ")
# Samples of a block: four planes of so many take 16 MB.
_BLOCK = 1 << 20


class PlaneReader:
    """
    Planes of one segment.

    Parameters
    ----------
    file : FitsFile
        The calibrated segment.
    crop : tuple of slice, optional
        Rows and columns of the detector to read; all by default.
    factor : ndarray of float32, shape (y, x), optional
        Factor of SCI and ERR, for example the gain; of the whole array.

    Attributes
    ----------
    turned : bool
        Whether the dispersion is along y in the file, so that images are transposed.
    shape : tuple of int
        Integrations, rows and columns as they are given, after crop and transposition.

    Raises
    ------
    InputError
        If SCI, ERR and DQ are no cubes of one shape.
    """

    def __init__(self, file, crop=(slice(None), slice(None)), factor=None):
        shape = file.shape("SCI")
        for name in _NEEDED:
            found = file.shape(name)
            if found != shape or len(found) != 3:
                expected = f"that of SCI, {shape}" if len(shape) == 3 else "(integrations, y, x)"
                msg = f"{file.path}[{name}]: found shape {found}, expected {expected}"
                raise InputError(msg)
        self._file, self._crop = file, crop
        self._factor = None if factor is None else factor[crop]
        self._has_photons = "VAR_POISSON" in file and file.shape("VAR_POISSON") == shape
        self.turned = file.header("SCI").get("DISPAXIS") == 2
        height, width = (
            len(range(*part.indices(n))) for part, n in zip(crop, shape[1:], strict=True)
        )
        self.shape = (shape[0], width, height) if self.turned else (shape[0], height, width)

    def read(self, integrations, rows=slice(None), photons=True):
        """
        Read a block.

        Parameters
        ----------
        integrations : slice or sequence of int
            Consecutive integrations, or the numbers of others.
        rows : slice, optional
            Rows as they are given.
        photons : bool, optional
            Whether the variance of the photons is read.

        Returns
        -------
        planes : Planes
            With ``var_poisson`` of 0, and read-only, where the segment has none or it is not read.
        """
        photons = photons and self._has_photons
        sci, err = (self._plane(name, integrations, rows, np.float32) for name in ("SCI", "ERR"))
        dq = self._plane("DQ", integrations, rows, np.uint32)
        variance = np.broadcast_to(np.float32(0.0), sci.shape)
        if photons:
            variance = self._plane("VAR_POISSON", integrations, rows, np.float32)
        if self._factor is not None:
            with np.errstate(over="ignore", invalid="ignore"):
                factor = self._factor[rows]
                sci, err = sci * factor, err * factor
                variance = variance * factor**2 if photons else variance
        return Planes(sci, err, dq, variance)

    def _plane(self, name, integrations, rows, dtype):
        """Read a plane of a block."""
        part, columns = self._crop
        if self.turned:
            block = self._file.read(name, integrations, part, turned=True)[:, columns][:, rows]
        else:
            numbers = range(*part.indices(self._file.shape(name)[1]))[rows]
            part = slice(numbers.start, numbers.stop)
            block = self._file.read(name, integrations, part)[:, :, columns]
        with np.errstate(over="ignore"):
            return np.ascontiguousarray(block, dtype)

    def blocks(self, integrations=slice(None)):
        """
        Read consecutive integrations block by block.

        Parameters
        ----------
        integrations : slice, optional
            Which; all by default.

        Yields
        ------
        planes : Planes
            At most 2^20 samples, but at least one integration.
        """
        first, last, _ = integrations.indices(self.shape[0])
        step = max(_BLOCK // max(self.shape[1] * self.shape[2], 1), 1)
        for start in range(first, last, step):
            yield self.read(slice(start, min(start + step, last)))


def blocks_with_halo(own, before=None, after=None, halo=0):
    """
    Read a segment with the ends of its neighbours.

    Parameters
    ----------
    own : PlaneReader
        The segment.
    before, after : PlaneReader, optional
        The segments before and after it; None where there is none.
    halo : int, optional
        Integrations to take of each.

    Returns
    -------
    numbers : tuple of int
        How many are taken of the segment before and of the one after.
    blocks : iterator of Planes
        All integrations in the order of time.
    """
    counts = [min(halo, reader.shape[0]) if reader else 0 for reader in (before, after)]

    def blocks():
        if counts[0]:
            yield from before.blocks(slice(before.shape[0] - counts[0], None))
        yield from own.blocks()
        if counts[1]:
            yield from after.blocks(slice(0, counts[1]))

    return tuple(counts), blocks()


class VisitSample:
    """
    Some integrations of a visit, read part by part; the variance of the photons is 0 and read-only.

    Parameters
    ----------
    paths : list of str
        The segments in the order of time.
    lengths : list of int
        Their numbers of integrations.
    numbers : ndarray of int
        Integrations to take, counted over all segments, ascending.
    reader : callable, optional
        Makes a `PlaneReader` of an open file.

    Attributes
    ----------
    shape : tuple of int
        Integrations, rows and columns.

    Raises
    ------
    InputError
        If a segment has another size than the first, or fewer integrations than given.
    """

    def __init__(self, paths, lengths, numbers, reader=PlaneReader):
        self._stack, self._readers = ExitStack(), {}
        starts = np.concatenate([[0], np.cumsum(lengths)])
        segments = np.searchsorted(starts, numbers, side="right") - 1
        self._places = list(
            zip(segments.tolist(), (numbers - starts[segments]).tolist(), strict=True)
        )
        try:
            self._open(paths, lengths, reader)
        except BaseException:
            self._stack.close()
            raise

    def _open(self, paths, lengths, reader):
        """Open the segments that the sample needs."""
        frame = None
        for index in dict.fromkeys(segment for segment, _ in self._places):
            opened = reader(self._stack.enter_context(open_fits(paths[index])))
            expected = (lengths[index], *(frame or opened.shape[1:]))
            if opened.shape != expected:
                msg = f"{paths[index]}[SCI]: found shape {opened.shape}, expected {expected}"
                raise InputError(msg)
            frame = opened.shape[1:]
            self._readers[index] = opened
        self.shape = (len(self._places), *frame)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self._stack.close()

    def __len__(self):
        return len(self._places)

    def __getitem__(self, frames):
        return self._read(self._places[frames], slice(None))

    def rows(self, rows):
        """Read a slice of rows of all integrations."""
        return self._read(self._places, rows)

    @property
    def turned(self):
        """Whether the dispersion is along y in the files."""
        return next(iter(self._readers.values())).turned

    def _read(self, places, rows):
        """Read integrations of one segment after the other."""
        parts = [
            self._readers[segment].read([number for _, number in group], rows, photons=False)
            for segment, group in groupby(places, itemgetter(0))
        ]
        if len(parts) == 1:
            return parts[0]
        sci, err, dq = (
            np.concatenate([getattr(part, name) for part in parts]) for name in ("sci", "err", "dq")
        )
        return Planes(sci, err, dq, np.broadcast_to(np.float32(0.0), sci.shape))


def crop_about(position, shape, reach):
    """
    Part of an image about a position.

    Parameters
    ----------
    position : tuple of float
        (x, y) [px].
    shape : tuple of int
        Shape (y, x) of the image.
    reach : int
        Pixels to take on either side.

    Returns
    -------
    rows, columns : slice
        The part, of the same size wherever the position is, unless the image is smaller.

    Examples
    --------
    >>> crop_about((5.0, 90.0), (100, 20), 8)
    (slice(82, 99, None), slice(0, 17, None))
    """
    parts = []
    for centre, length in zip(reversed(position), shape, strict=True):
        size = min(2 * reach + 1, length)
        middle = centre if np.isfinite(centre) else length / 2
        start = int(np.clip(round(middle) - reach, 0, length - size))
        parts.append(slice(start, start + size))
    return tuple(parts)
