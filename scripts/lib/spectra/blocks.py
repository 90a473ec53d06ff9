"""Read the data of a segment block by block, ready for the extraction of spectra."""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from scripts.lib.provenance.software import JWST_VERSION
from scripts.lib.segment_data.dq import unify_nan_and_dq
from scripts.lib.spectra.apertures import HORIZONTAL

__all__ = ["VARIANCES", "ImagePart", "SpectralBlocks"]

VARIANCES = ("VAR_POISSON", "VAR_RNOISE", "VAR_FLAT")
_ALL = slice(None)


@dataclass(frozen=True)
class ImagePart:
    """
    Part of images.

    Attributes
    ----------
    dispersion_axis : int
        1 if dispersion runs along x, 2 if along y.
    rows, columns : slice
        The part (cross-dispersion, dispersion).
    """

    dispersion_axis: int
    rows: slice
    columns: slice


class SpectralBlocks:
    """
    Blocks of integrations of the part of the images that the spectra depend on.

    Parameters
    ----------
    member : FitsFile
        Open file of the segment.
    extraction : Extraction or ImagePart
        Part of the images, and direction of dispersion.
    replacer : Replacer, optional
        How invalid pixels are replaced; they are not without one.

    Attributes
    ----------
    replaced : Counter
        Samples replaced so far by each algorithm, and those left without a value.

    Notes
    -----
    Memory of a block: its planes twice; of whole images where pixels are
    replaced.
    """

    def __init__(self, member, extraction, replacer=None):
        self._member = member
        self._replacer = replacer
        self.replaced = Counter()
        self._horizontal = extraction.dispersion_axis == HORIZONTAL
        self._rows = extraction.rows if self._horizontal else extraction.columns
        self._columns = extraction.columns if self._horizontal else extraction.rows
        self._unify = replacer is not None or not _nan_and_dq_agree(member.primary)
        wanted = ("SCI", *VARIANCES, "ERR", "DQ") if self._unify else ("SCI", *VARIANCES)
        shape = member.shape("SCI")
        self._names = [name for name in wanted if name in member and member.shape(name) == shape]

    @property
    def integration_bytes(self):
        """Length of the planes of one integration as read."""
        _, height, width = self._member.shape("SCI")
        rows = height if self._replacer else self._rows.stop - self._rows.start
        return 4 * len(self._names) * rows * width

    def read(self, integrations):
        """
        Read some integrations.

        Parameters
        ----------
        integrations : slice
            Range of integrations.

        Returns
        -------
        science : ndarray
            Float32 data (integrations, cross-dispersion, dispersion); NaN
            where a plane is NaN or DQ has DO_NOT_USE.
        variances : list of ndarray
            The three variances of the same shape; 0 where the file has none.
        """
        rows = _ALL if self._replacer else self._rows
        planes = {name: self._read_plane(name, integrations, rows) for name in self._names}
        if self._replacer:
            self.replaced += self._replacer(planes)
            planes = {name: plane[:, self._rows] for name, plane in planes.items()}
        planes = {name: plane[..., self._columns] for name, plane in planes.items()}
        if self._unify:
            errors = [plane for name, plane in planes.items() if name not in ("SCI", "DQ")]
            unify_nan_and_dq(planes["SCI"], planes.get("DQ"), *errors)
        science, *variances = (
            self._orient(planes[name] if name in planes else np.zeros_like(planes["SCI"]))
            for name in ("SCI", *VARIANCES)
        )
        return science, variances

    def _read_plane(self, name, integrations, rows):
        """Read one extension in the type of its data model."""
        plane = self._member.read(name, integrations, rows)
        return plane if name == "DQ" else plane.astype(np.float32, copy=False)

    def _orient(self, plane):
        """Turn data so that dispersion is along the last axis."""
        return plane if self._horizontal else np.ascontiguousarray(plane.swapaxes(1, 2))


def _nan_and_dq_agree(primary):
    """Whether outlier detection, of this workflow or of ``jwst`` 3.0.0, has made NaN and DQ agree."""
    status = str(primary.get("S_OUTLIR")).upper()
    return status == "COMPLETE" and primary.get("CAL_VER") == JWST_VERSION
