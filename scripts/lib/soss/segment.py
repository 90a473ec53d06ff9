"""Read NIRISS SOSS segments by rows or by integrations."""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from scripts.lib.errors import InputError
from scripts.lib.instruments.soss import SHAPES, soss_layout

__all__ = ["SossSegment"]

_PLANES = ("SCI", "ERR", "DQ")
# Memory of the medians over time for each sample of the rows that are read at a time.
_BYTES_PER_ROW_SAMPLE = 64
# Pixels are replaced only this far from the first and last row of an image.
_MARGIN_BELOW, _MARGIN_ABOVE = 2, 1


class SossSegment:
    """
    Planes of a segment, with invalid pixels replaced if asked for.

    Parameters
    ----------
    member : FitsFile
        Open file of the segment.
    replacer : Replacer, optional
        How invalid pixels are replaced; they are not without one.

    Attributes
    ----------
    replaced : Counter
        Samples replaced by each algorithm, and those left without a value, of the integrations
        read so far.
    subarray : str
        SUBSTRIP96 or SUBSTRIP256.
    shape : tuple of int
        (integrations, rows, columns).

    Raises
    ------
    InputError
        If a plane is missing or has not the shape of the subarray.

    Notes
    -----
    If new values depend on more than adjacent pixels, they are all found at the start and
    kept: 16 bytes for each sample that changes.
    """

    def __init__(self, member, replacer=None):
        self._member, self._replacer = member, replacer
        self.replaced = Counter()
        self.subarray = soss_layout(member.primary.get("SUBARRAY"))
        self.shape = member.shape("SCI")
        expected = SHAPES[self.subarray]
        for name in _PLANES:
            shape = member.shape(name)
            if len(shape) != 3 or shape[1:] != expected or shape != self.shape:
                msg = (
                    f"{member.path}[{name}]: found shape {shape}, "
                    f"expected (integrations, {expected[0]}, {expected[1]}) for {self.subarray}"
                )
                raise InputError(msg)
        self._changes = None
        if replacer and not replacer.is_local:
            self._changes = [self._replace_all(k) for k in range(self.shape[0])]

    def _replace_all(self, integration):
        """Replace the pixels of an integration; return what that changes."""
        block = slice(integration, integration + 1)
        before = self._read_stored(block, slice(None))
        after = {name: plane.copy() for name, plane in before.items()}
        self.replaced += self._replacer(after)
        return _Changes.between(before, after)

    def slab_rows(self, memory_mb):
        """
        Rows whose time series fit the memory of medians over time.

        Parameters
        ----------
        memory_mb : float
            Working memory.

        Returns
        -------
        count : int
            Number of rows, at least 1.
        """
        length, height, width = self.shape
        fitting = int(memory_mb * 1e6 / (_BYTES_PER_ROW_SAMPLE * length * width))
        return max(1, min(fitting, height))

    def read_rows(self, rows):
        """
        Read some rows of all integrations.

        Parameters
        ----------
        rows : slice
            Range of rows.

        Returns
        -------
        science, error : ndarray
            Planes (integrations, rows, columns), float32.
        dq : ndarray
            Flags, uint32.
        """
        first, last = rows.start, rows.stop
        if self._replacer:
            first = max(first - _MARGIN_BELOW, 0)
            last = min(last + _MARGIN_ABOVE, self.shape[1])
        planes, _ = self._read(slice(None), slice(first, last))
        inside = slice(rows.start - first, rows.stop - first)
        return tuple(np.ascontiguousarray(plane[:, inside]) for plane in planes)

    def read_integrations(self, integrations):
        """
        Read whole images of some integrations.

        Parameters
        ----------
        integrations : slice
            Range of integrations.

        Returns
        -------
        science, error : ndarray
            Planes (integrations, rows, columns), float32.
        """
        planes, counts = self._read(integrations, slice(None))
        if self._changes is None:
            self.replaced += counts
        return planes[:2]

    def _read(self, integrations, rows):
        """Planes SCI, ERR and DQ, the last only where it is needed; counts of replaced samples."""
        planes, counts = self._read_stored(integrations, rows), Counter()
        if self._changes is not None:
            first, _, width = rows.start or 0, *self.shape[1:]
            for place, integration in enumerate(range(self.shape[0])[integrations]):
                self._changes[integration].apply(planes, place, first * width)
        elif self._replacer:
            counts = self._replacer(planes)
        return tuple(planes.values()), counts

    def _read_stored(self, integrations, rows):
        """Planes as they are in the file."""
        return {
            name: self._member.read(name, integrations, rows)
            for name in _PLANES
            if self._replacer or name != "DQ" or integrations == slice(None)
        }


@dataclass(frozen=True)
class _Changes:
    """
    Samples of an image that are changed.

    Attributes
    ----------
    pixels : ndarray of int32
        Ascending indices into the flattened image.
    values : dict of str to ndarray
        New values of each plane.
    """

    pixels: np.ndarray
    values: dict

    @classmethod
    def between(cls, before, after):
        """Changes from some planes (1, rows, columns) to others."""
        different = np.zeros(before["SCI"].size, bool)
        for name, plane in before.items():
            same = (plane == after[name]) | ((plane != plane) & (after[name] != after[name]))
            different |= ~same.ravel()
        pixels = np.flatnonzero(different).astype(np.int32)
        return cls(pixels, {name: plane.ravel()[pixels] for name, plane in after.items()})

    def apply(self, planes, place, first):
        """Change one integration of planes that start at the pixel ``first`` of the image."""
        for name, plane in planes.items():
            image = plane[place].reshape(-1)
            begin, end = np.searchsorted(self.pixels, (first, first + image.size))
            image[self.pixels[begin:end] - first] = self.values[name][begin:end]
