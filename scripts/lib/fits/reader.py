"""Read FITS data block by block."""

import os
from operator import index
from pathlib import Path

import numpy as np

from scripts.lib.errors import InputError
from scripts.lib.fits.headers import read_hdus
from scripts.lib.fits.tables import UNSIGNED, native_table, table_dtype

__all__ = ["PIECE_LENGTH", "FitsFile", "open_fits"]

_IMAGE_DTYPES = {8: "u1", 16: ">i2", 32: ">i4", 64: ">i8", -32: ">f4", -64: ">f8"}
# Bytes whose order is swapped at a time: they stay in the processor's cache.
PIECE_LENGTH = 1 << 20
# Bytes between two columns of a row up to which one read of both is faster than two.
_LONGEST_GAP = 1 << 12


class FitsFile:
    """
    Read access to the data of a FITS file by block, without memory mapping.

    Only headers are kept in memory: peak memory is that of the arrays returned and, for tables and
    turned images, of what is read for them, with short gaps between columns.

    Parameters
    ----------
    path : str or Path
        The file.

    Attributes
    ----------
    path : Path
        The file.
    hdus : list of Hdu
        All header-data units in file order.
    primary : dict
        Keywords of the primary header.

    Raises
    ------
    InputError
        If the file is not FITS or ends early.
    """

    def __init__(self, path):
        self.path = Path(path)
        self.hdus = read_hdus(path)
        self.primary = self.hdus[0].header
        self._file = self.path.open("rb", buffering=0)

    def __enter__(self):
        return self

    def __exit__(self, *_exception):
        self._file.close()

    def __contains__(self, name):
        return any(hdu.name == name for hdu in self.hdus)

    def hdu(self, name, version=1):
        """Return the header-data unit of this name, the ``version``-th in file order, or raise InputError."""
        found = [hdu for hdu in self.hdus if hdu.name == name]
        if len(found) < version:
            msg = f"{self.path}: extension {name} (number {version}) is missing"
            raise InputError(msg)
        return found[version - 1]

    def header(self, name, version=1):
        """Return the keywords of one extension as a dictionary."""
        return self.hdu(name, version).header

    def shape(self, name):
        """Return the shape of an image extension in numpy order, e.g. (integrations, y, x)."""
        return self.hdu(name).shape

    def read_into(self, array, offset):
        """Fill a contiguous array from an offset of the file; InputError where the file ends early."""
        view = memoryview(array).cast("B") if array.size else memoryview(b"")
        done = 0
        while done < len(view):
            try:
                count = os.preadv(self._file.fileno(), [view[done:]], offset + done)
            except OSError as error:
                msg = f"{self.path}: cannot be read: {error.strerror} at byte {offset + done}"
                raise InputError(msg) from error
            if count == 0:
                msg = f"{self.path}: ends at byte {offset + done} although its headers promise more"
                raise InputError(msg)
            done += count

    def read_bytes(self, name):
        """Return the data of an extension as they are stored, without their padding."""
        hdu = self.hdu(name)
        content = bytearray(hdu.data_bytes)
        self.read_into(np.frombuffer(content, np.uint8), hdu.data_offset)
        return bytes(content)

    def read(self, name, integrations=slice(None), rows=slice(None), version=1, turned=False):
        """
        Read a block of an image in native byte order.

        Parameters
        ----------
        name : str
            Extension name.
        integrations : slice or sequence of int, optional
            Range along the first axis of a 3-D image, or numbers on it from 0, or from the end if
            negative; ignored for 2-D images.
        rows : slice, optional
            Range along the axis before the last.
        version : int, optional
            Number of the extension among those of this name, in file order.
        turned : bool, optional
            Whether rows and columns are exchanged, in the same pass as the order of bytes.

        Returns
        -------
        block : ndarray
            Array of shape (integrations, rows, x), or (rows, x) of a 2-D
            image, contiguous, of the type in the file in native byte order; signed
            integers with the BZERO of the unsigned convention become unsigned
            (DQ: uint32).

        Raises
        ------
        InputError
            If the extension is missing, has another BZERO or a BSCALE, or not
            two or three axes.
        IndexError
            If the image has no integration of a number.
        """
        hdu = self.hdu(name, version)
        header, dtype = hdu.header, np.dtype(_IMAGE_DTYPES[hdu.header["BITPIX"]])
        zero, scale = header.get("BZERO") or 0, header.get("BSCALE") or 1
        unsigned = UNSIGNED.get(dtype) if zero == 1 << (8 * dtype.itemsize - 1) else None
        if scale != 1 or (zero and unsigned is None):
            msg = (
                f"{self.path}[{name}]: found BZERO={zero} and BSCALE={scale}, "
                "expected none or those of unsigned integers"
            )
            raise InputError(msg)
        if turned:
            stored = self._read_image(hdu, dtype, integrations, rows)
            native = np.ascontiguousarray(np.swapaxes(stored, -1, -2), dtype.newbyteorder("="))
        else:
            native = self._read_image(hdu, dtype.newbyteorder("="), integrations, rows)
        if unsigned is None:
            return native
        native = native.view(unsigned)
        native ^= native.dtype.type(zero)
        return native

    def read_stored(self, name, integrations=slice(None), rows=slice(None)):
        """Read a block of an image as :meth:`read` does, but as stored: big-endian."""
        hdu = self.hdu(name)
        return self._read_image(hdu, _IMAGE_DTYPES[hdu.header["BITPIX"]], integrations, rows)

    def _read_image(self, hdu, dtype, integrations, rows):
        """Read a block: a range of whole frames together, and else frame by frame."""
        shape = self._check_axes(hdu, (2, 3)).shape
        shape, dtype = shape if len(shape) == 3 else (1, *shape), np.dtype(dtype)
        integrations = integrations if len(hdu.shape) == 3 else slice(None)
        known, is_range = range(shape[0]), isinstance(integrations, slice)
        numbers = known[integrations] if is_range else [known[index(n)] for n in integrations]
        low, high, _ = rows.indices(shape[1])
        block = np.empty((len(numbers), max(high - low, 0), shape[2]), dtype)
        row_length = shape[2] * dtype.itemsize
        frame_length = shape[1] * row_length
        start = hdu.data_offset + low * row_length
        if is_range and numbers.step == 1 and block.shape[1] == shape[1]:
            self._fill(block, start + numbers.start * frame_length)
        elif is_range:
            for frame, number in zip(block, numbers, strict=True):
                self._fill(frame, start + number * frame_length)
        else:
            # Of many short parts swapping one by one would take longer than reading.
            for frame, number in zip(block, numbers, strict=True):
                self.read_into(frame, start + number * frame_length)
            if dtype != dtype.newbyteorder(">"):
                block.byteswap(inplace=True)
        return block if len(hdu.shape) == 3 else block[0]

    def _fill(self, array, offset):
        """Fill an array from an offset; swap to native byte order in a buffer that stays in the cache."""
        if not array.dtype.isnative:
            self.read_into(array, offset)
            return
        flat = array.reshape(-1)
        buffer = np.empty(max(1, min(PIECE_LENGTH // array.itemsize, len(flat))), array.dtype)
        stored = buffer.view(buffer.dtype.newbyteorder(">"))
        for first in range(0, len(flat), len(buffer)):
            piece = flat[first : first + len(buffer)]
            self.read_into(buffer[: len(piece)], offset + first * array.itemsize)
            # Copying from the buffer is faster than swapping the bytes in the array.
            piece[:] = stored[: len(piece)]

    def read_table(self, name, version=1, rows=slice(None)):
        """
        Read rows of a binary table.

        Parameters
        ----------
        name : str
            Extension name.
        version : int, optional
            Number of the extension among those of this name, in file order.
        rows : slice, optional
            Range of rows.

        Returns
        -------
        table : ndarray
            Native structured array; columns of the unsigned convention
            (TZERO) are unsigned.

        Raises
        ------
        InputError
            If the extension is missing or no table, or has columns that are not supported.
        """
        hdu, dtype, numbers = self._table(name, version, rows)
        stored = np.empty(len(numbers), dtype)
        self.read_into(stored, hdu.data_offset + numbers.start * dtype.itemsize)
        return native_table(stored, hdu.header)

    def read_columns(self, name, columns, version=1, rows=slice(None)):
        """
        Read some columns of a binary table, and not the bytes between them but for short gaps.

        Parameters
        ----------
        name : str
            Extension name.
        columns : list of str
            Column names.
        version : int, optional
            Number of the extension among those of this name, in file order.
        rows : slice, optional
            Range of rows.

        Returns
        -------
        arrays : dict of str to ndarray
            Native array of shape (rows,) or (rows, elements) for each column.
            Columns of the unsigned convention are not converted.

        Raises
        ------
        InputError
            If the extension is missing or no table, or has columns that are not supported.
        """
        hdu, dtype, numbers = self._table(name, version, rows)
        arrays = {}
        for together in _neighbouring(dtype, columns):
            fields = [dtype.fields[column][:2] for column in together]
            first = fields[0][1]
            part = np.dtype(
                {
                    "names": together,
                    "formats": [field for field, _ in fields],
                    "offsets": [offset - first for _, offset in fields],
                }
            )
            values = np.empty(len(numbers), part)
            # Columns without elements have no bytes.
            if values.nbytes:
                stored = values.view(np.uint8).reshape(len(numbers), -1)
                for row, number in zip(stored, numbers, strict=True):
                    self.read_into(row, hdu.data_offset + number * dtype.itemsize + first)
            for column in together:
                native = dtype.fields[column][0].base.newbyteorder("=")
                arrays[column] = values[column].astype(native)
        return {column: arrays[column] for column in columns}

    def _table(self, name, version, rows):
        """Header-data unit of a table, type of its rows as stored, and numbers of some rows."""
        hdu = self._check_axes(self.hdu(name, version), (2,))
        dtype = table_dtype(hdu.header, f"{self.path}[{name}]")
        return hdu, dtype, range(*rows.indices(hdu.shape[0]))

    def _check_axes(self, hdu, allowed):
        """Return a header-data unit if it has a number of axes that is allowed, else raise."""
        if len(hdu.shape) not in allowed:
            expected = " or ".join(map(str, allowed))
            msg = f"{self.path}[{hdu.name}]: NAXIS: found {len(hdu.shape)}, expected {expected}"
            raise InputError(msg)
        return hdu


def _neighbouring(dtype, columns):
    """Some columns of a table in lists of those that are read together, in the order of the file."""
    lists, end = [], -np.inf
    for column in sorted(set(columns), key=lambda name: dtype.fields[name][1]):
        field, offset = dtype.fields[column][:2]
        if offset - end > _LONGEST_GAP:
            lists.append([])
        lists[-1].append(column)
        end = max(end, offset + field.itemsize)
    return lists


def open_fits(path):
    """Open a FITS file for reading by block; see :class:`FitsFile`."""
    return FitsFile(path)
