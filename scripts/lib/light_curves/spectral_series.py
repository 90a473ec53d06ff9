"""The archive's spectra of one detector and order over all segments, read by block."""

import logging
from dataclasses import dataclass, field

import numpy as np

from scripts.lib.errors import InputError
from scripts.lib.fits.columns import parse_form
from scripts.lib.fits.reader import open_fits

__all__ = ["Part", "SpectralSeries", "open_series", "series_times", "sum_raw"]

log = logging.getLogger(__name__)

_VALUES = ("FLUX", "FLUX_ERROR")
_BLOCK_BYTES = 1 << 24


@dataclass(frozen=True)
class Part:
    """
    Spectra of one segment.

    Attributes
    ----------
    path : str
        File of the segment's spectra.
    version : int
        Number of the table among those of the file.
    rows : slice
        Its rows in the series.
    segment : int
        Number of the segment.
    first : int
        Number of its first integration.
    """

    path: str
    version: int
    rows: slice
    segment: int
    first: int


@dataclass
class SpectralSeries:
    """
    Spectra of one detector and spectral order.

    Attributes
    ----------
    detector : str
        Detector.
    order : int
        Spectral order.
    unit : str
        Unit of the flux.
    n_elements : int
        Number of spectral elements.
    wavelength : ndarray, shape (elements,)
        Wavelength [um].
    parts : list of Part
        The segments in order of time.
    """

    detector: str
    order: int
    unit: str
    n_elements: int
    wavelength: np.ndarray
    parts: list = field(default_factory=list)

    @property
    def n_integrations(self):
        """Number of integrations."""
        return self.parts[-1].rows.stop

    def blocks(self):
        """
        Go through the spectra.

        Yields
        ------
        rows : slice
            Rows of the block in the series.
        values : dict of str to ndarray
            ``FLUX`` and ``FLUX_ERROR``, float64 (integrations, elements).
        """
        step = max(1, _BLOCK_BYTES // (8 * self.n_elements * len(_VALUES)))
        for part in self.parts:
            with open_fits(part.path) as file:
                for start in range(part.rows.start, part.rows.stop, step):
                    rows = slice(start, min(start + step, part.rows.stop))
                    local = slice(rows.start - part.rows.start, rows.stop - part.rows.start)
                    values = file.read_columns("EXTRACT1D", list(_VALUES), part.version, local)
                    yield (
                        rows,
                        {name: array.reshape(len(array), -1) for name, array in values.items()},
                    )


def open_series(spectra, segments):
    """
    Sort the spectra of all segments by detector and order.

    Parameters
    ----------
    spectra : list of str
        Files of the segments' spectra.
    segments : list of dict
        ``number``, ``detector`` and ``first`` integration of each.

    Returns
    -------
    series : list of SpectralSeries
        One for each detector and order, in the order in which they are met. A segment whose
        spectra have another number of elements than the first is left out
        with a warning.

    Raises
    ------
    InputError
        If no segment has a spectrum.
    """
    found = {}
    for path, segment in zip(spectra, segments, strict=True):
        with open_fits(path) as file:
            count = sum(hdu.name == "EXTRACT1D" for hdu in file.hdus)
            for version in range(1, count + 1):
                series = _find_series(file, version, segment, found)
                if series is None:
                    continue
                start = series.parts[-1].rows.stop if series.parts else 0
                rows = slice(start, start + file.header("EXTRACT1D", version)["NAXIS2"])
                numbers = segment["number"], segment["first"]
                series.parts.append(Part(path, version, rows, *numbers))
    filled = [series for series in found.values() if series.parts and series.n_integrations]
    if not filled:
        msg = f"{spectra[0]}: EXTRACT1D: found no spectrum in any segment, expected one or more"
        raise InputError(msg)
    return filled


def _find_series(file, version, segment, found):
    """Series to which a table belongs; None if its number of elements differs from the first's."""
    header = file.header("EXTRACT1D", version)
    order = header.get("SPORDER") or 1
    detector = str(header.get("DETECTOR") or segment["detector"] or "")
    numbers = {header[f"TTYPE{number}"]: number for number in range(1, header["TFIELDS"] + 1)}
    n_elements = parse_form(header[f"TFORM{numbers['FLUX']}"]).count
    if (detector, order) not in found:
        rows = slice(0, 1)
        wavelength = file.read_columns("EXTRACT1D", ["WAVELENGTH"], version, rows)["WAVELENGTH"]
        found[detector, order] = SpectralSeries(
            detector,
            order,
            str(header.get(f"TUNIT{numbers['FLUX']}") or ""),
            n_elements,
            wavelength.reshape(-1) if wavelength.size else np.full(n_elements, np.nan),
        )
    series = found[detector, order]
    if series.n_elements != n_elements:
        log.warning(
            "%s: %d spectral elements, not %d as before it; left out of tables and report",
            file.path,
            n_elements,
            series.n_elements,
        )
        return None
    return series


def series_times(series):
    """
    Times and numbers of the integrations of a series.

    Parameters
    ----------
    series : SpectralSeries
        The series.

    Returns
    -------
    columns : dict of str to ndarray
        ``mjd_utc`` and ``bjd_tdb`` (MJD of the barycentric TDB) [d], NaN
        where unknown; ``segment`` and ``integration``.
    """
    names = {"mjd_utc": "MJD-AVG", "bjd_tdb": "TDB-MID"}
    columns = {name: np.full(series.n_integrations, np.nan) for name in names}
    columns |= {
        name: np.zeros(series.n_integrations, np.int64) for name in ("segment", "integration")
    }
    for part in series.parts:
        with open_fits(part.path) as file:
            times = file.read_columns("EXTRACT1D", list(names.values()), part.version)
        for name, stored in names.items():
            columns[name][part.rows] = times[stored]
        columns["segment"][part.rows] = part.segment
        columns["integration"][part.rows] = part.first + np.arange(part.rows.stop - part.rows.start)
    return columns


def sum_raw(series, used):
    """
    Sum the spectra over elements as ``jwst`` does.

    Parameters
    ----------
    series : SpectralSeries
        The spectra.
    used : ndarray of bool, shape (elements,)
        Elements to sum.

    Returns
    -------
    columns : dict of str to ndarray
        ``flux_raw`` (integrations,), the sum of the finite samples, NaN where there are none; and
        ``flux_raw_error``, propagated from their errors.
    """
    columns = {
        name: np.full(series.n_integrations, np.nan) for name in ("flux_raw", "flux_raw_error")
    }
    for rows, values in series.blocks():
        flux, error = (values[name][:, used] for name in _VALUES)
        known = np.isfinite(flux)
        some = known.any(axis=1)
        columns["flux_raw"][rows] = np.where(some, np.nansum(flux, axis=1), np.nan)
        squares = np.where(known, np.nan_to_num(error), 0.0) ** 2
        columns["flux_raw_error"][rows] = np.where(some, np.sqrt(squares.sum(axis=1)), np.nan)
    return columns
