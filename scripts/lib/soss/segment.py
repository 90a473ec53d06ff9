"""Read NIRISS SOSS segments by rows or by integrations."""

import math
from collections import Counter

import numpy as np

from scripts.lib.errors import InputError
from scripts.lib.instruments.soss import SHAPES, soss_layout

__all__ = ["SossSegment"]

_PLANES = ("SCI", "ERR", "DQ")
# Memory of the medians over time for each sample of the rows that are read at a time.
_BYTES_PER_ROW_SAMPLE = 64
# Memory of the extraction for each sample of the images that are read at a time.
_BYTES_PER_IMAGE_SAMPLE = 24
_LONGEST_BLOCK = 32
# Pixels are replaced only this far from the first and last row of an image.
_MARGIN_BELOW, _MARGIN_ABOVE = 2, 1
# A sample that replacement changes: ascending places in the flattened image, and new values.
_CHANGE = np.dtype([("pixel", "i4"), ("SCI", "f4"), ("ERR", "f4"), ("DQ", "u4")])


class SossSegment:
    """
    Planes of a segment, with invalid pixels replaced if asked for.

    Parameters
    ----------
    member : FitsFile
        Open file of the segment.
    replacer : Replacer, optional
        How invalid pixels are replaced; they are not without one.
    scratch : binary file, optional
        Open for reading and writing, empty; needed if new values depend on more than adjacent
        pixels.

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
    kept in the scratch file: 16 bytes for each sample that changes. Memory: some images.
    """

    def __init__(self, member, replacer=None, scratch=None):
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
            self._changes = _Changes(scratch, self.shape[1:])
            for integration in range(self.shape[0]):
                self._replace_all(integration)

    def _replace_all(self, integration):
        """Replace the pixels of an integration, and keep what that changes."""
        before = self._read_stored(slice(integration, integration + 1), slice(None))
        after = {name: plane.copy() for name, plane in before.items()}
        self.replaced += self._replacer(after)
        self._changes.add(before, after)

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

    def block_length(self, memory_mb):
        """
        Integrations whose images fit the memory.

        Parameters
        ----------
        memory_mb : float
            Working memory.

        Returns
        -------
        count : int
            Number of integrations, 1 to 32.
        """
        fitting = int(memory_mb * 1e6 / (_BYTES_PER_IMAGE_SAMPLE * math.prod(self.shape[1:])))
        return max(1, min(fitting, _LONGEST_BLOCK))

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
            inside = slice(*rows.indices(self.shape[1])[:2])
            for place, integration in enumerate(range(self.shape[0])[integrations]):
                self._changes.apply(planes, place, integration, inside)
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


class _Changes:
    """
    Samples that replacement changes, kept in a file.

    Parameters
    ----------
    scratch : binary file
        Open for reading and writing, empty.
    shape : tuple of int
        (rows, columns) of an image.
    """

    def __init__(self, scratch, shape):
        self._scratch, self._shape = scratch, shape
        # For each integration the place of the first change of each row, and of the end.
        self._places = []

    def add(self, before, after):
        """Add what differs between planes (1, rows, columns) of the next integration."""
        different = np.zeros(math.prod(self._shape), bool)
        for name, plane in before.items():
            same = (plane == after[name]) | ((plane != plane) & (after[name] != after[name]))
            different |= ~same.ravel()
        changes = np.empty(np.count_nonzero(different), _CHANGE)
        changes["pixel"] = np.flatnonzero(different)
        for name, plane in after.items():
            changes[name] = plane.ravel()[different]
        first = self._places[-1][-1] if self._places else 0
        rows = np.arange(self._shape[0] + 1) * self._shape[1]
        self._places.append(first + np.searchsorted(changes["pixel"], rows))
        self._scratch.write(changes.tobytes())

    def apply(self, planes, place, integration, rows):
        """Change one integration of planes that hold a range of rows of the image."""
        first, last = (self._places[integration][row] for row in (rows.start, rows.stop))
        self._scratch.seek(int(first) * _CHANGE.itemsize)
        changes = np.frombuffer(self._scratch.read(int(last - first) * _CHANGE.itemsize), _CHANGE)
        pixels = changes["pixel"] - rows.start * self._shape[1]
        for name, plane in planes.items():
            plane[place].reshape(-1)[pixels] = changes[name]
