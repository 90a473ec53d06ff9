"""Read NIRISS SOSS segments by rows or by integrations."""

import numpy as np

from scripts.lib.errors import InputError
from scripts.lib.instruments.soss import SHAPES, soss_layout
from scripts.lib.segment_data.pixel_replacement import replace_pixels

__all__ = ["SossSegment"]

_PLANES = ("SCI", "ERR", "DQ")
# Pixels are replaced only this far from the first and last row of an image.
_MARGIN_BELOW, _MARGIN_ABOVE = 2, 1


class SossSegment:
    """
    Planes of a segment, with invalid pixels replaced if asked for.

    Parameters
    ----------
    member : FitsFile
        Open file of the segment.
    replace : bool, optional
        Whether invalid pixels are replaced by values of their neighbours.

    Attributes
    ----------
    subarray : str
        SUBSTRIP96 or SUBSTRIP256.
    shape : tuple of int
        (integrations, rows, columns).

    Raises
    ------
    InputError
        If a plane is missing or has not the shape of the subarray.
    """

    def __init__(self, member, replace=False):
        self._member, self._replace = member, replace
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
        if self._replace:
            first = max(first - _MARGIN_BELOW, 0)
            last = min(last + _MARGIN_ABOVE, self.shape[1])
        planes = self._read(slice(None), slice(first, last))
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
        return self._read(integrations, slice(None))[:2]

    def _read(self, integrations, rows):
        """Planes SCI, ERR and DQ; DQ only where it is needed."""
        planes = {
            name: self._member.read(name, integrations, rows)
            for name in _PLANES
            if self._replace or name != "DQ" or integrations == slice(None)
        }
        if self._replace:
            replace_pixels(planes)
        return tuple(planes.values())
