"""Write products block by block, whole or not at all."""

import os
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from scripts.lib.files.atomic import atomic_file, open_part
from scripts.lib.fits.cards import header_bytes, padded_length
from scripts.lib.fits.checksums import checksum_cards, data_sum, placeholder_cards
from scripts.lib.fits.reader import PIECE_LENGTH

__all__ = ["ProductWriter"]

_COPY_LENGTH = 1 << 24


class ProductWriter:
    """
    Write a FITS product that appears under its name only when it is complete.

    The bytes are written by :func:`~scripts.lib.files.atomic.atomic_file`:
    leaving the ``with`` block cleanly syncs them to disk and gives the file
    its name, an exception removes them.

    Parameters
    ----------
    path : str or Path
        Final name of the product.
    checksums : bool, optional
        Whether each header gets CHECKSUM and DATASUM; the data are read again for it, by block.
    """

    def __init__(self, path, *, checksums=False):
        self.path = Path(path)
        self._end = 0
        self._checksums, self._headers = checksums, []
        self._file = None
        self._open = None

    def __enter__(self):
        with ExitStack() as stack:
            part = stack.enter_context(atomic_file(self.path))
            self._file = stack.enter_context(open_part(part, "r+b", buffering=0))
            self._open = stack.pop_all()
        return self

    def __exit__(self, exception_type, *exception):
        if exception_type is not None:
            return self._open.__exit__(exception_type, *exception)
        with self._open:
            self._file.truncate(self._end)
            for header in self._headers:
                self._write_checksums(*header)
        return None

    def append_hdu(self, cards, data_bytes=0):
        """
        Append a header and reserve room for its data.

        Parameters
        ----------
        cards : list of str
            Header cards without ``END``.
        data_bytes : int, optional
            Length of the data [bytes]; they are padded to whole FITS blocks with zeros.

        Returns
        -------
        offset : int
            Offset of the data in the file [bytes].
        """
        header = header_bytes([*cards, *placeholder_cards()] if self._checksums else cards)
        self.write(header, self._end)
        offset = self._end + len(header)
        start, self._end = self._end, offset + padded_length(data_bytes)
        if self._checksums:
            self._headers.append((header, start, offset, self._end))
        return offset

    def _write_checksums(self, header, start, offset, end):
        """Sum a header and its data, which are written, and put the sums into their cards."""
        total = 0
        for first in range(offset, end, _COPY_LENGTH):
            total = data_sum(
                os.pread(self._file.fileno(), min(_COPY_LENGTH, end - first), first), total
            )
        for placeholder, card in checksum_cards(header, total).items():
            self.write(card.encode(), start + header.index(placeholder.encode()))

    def write(self, data, offset):
        """Write the bytes of a contiguous array or bytes object at an offset of the file."""
        view = memoryview(data).cast("B") if len(data) else memoryview(b"")
        done = 0
        while done < len(view):
            done += os.pwrite(self._file.fileno(), view[done:], offset + done)

    def write_block(self, block, offset, shape, integration=0, row=0):
        """
        Write a block of a cube whose data start at an offset.

        Parameters
        ----------
        block : ndarray
            Array of shape (integrations, rows, x): float32, float64 or
            unsigned integer (stored by the unsigned convention).
        offset : int
            Offset returned by :meth:`append_hdu`.
        shape : tuple of int
            Shape of the whole cube (integrations, y, x).
        integration, row : int, optional
            Position of the block's first element in the cube.
        """
        row_length = shape[2] * block.itemsize
        frame_length = shape[1] * row_length
        start = offset + integration * frame_length + row * row_length
        if block.shape[1] == shape[1]:
            self._write_stored(block, start)
            return
        for k, frame in enumerate(block):
            self._write_stored(frame, start + k * frame_length)

    def _write_stored(self, array, offset):
        """Write an array big-endian, in pieces that stay in the processor's cache."""
        flat, dtype = array.reshape(-1), array.dtype
        step = PIECE_LENGTH // array.itemsize
        for first in range(0, len(flat), step):
            piece = flat[first : first + step]
            if dtype.kind == "u":
                piece = piece ^ dtype.type(1 << (8 * dtype.itemsize - 1))
            stored = np.ascontiguousarray(piece, dtype.newbyteorder(">"))
            self.write(stored, offset + first * array.itemsize)

    def copy_data(self, source, hdu, offset):
        """
        Copy the data of an extension byte for byte.

        Parameters
        ----------
        source : FitsFile
            File that holds the extension.
        hdu : Hdu
            The extension.
        offset : int
            Offset returned by :meth:`append_hdu` for ``hdu.data_bytes``.
        """
        for done in range(0, hdu.data_bytes, _COPY_LENGTH):
            piece = np.empty(min(_COPY_LENGTH, hdu.data_bytes - done), np.uint8)
            source.read_into(piece, hdu.data_offset + done)
            self.write(piece, offset + done)
