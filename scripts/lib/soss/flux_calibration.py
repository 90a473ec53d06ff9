"""Flux calibration of NIRISS SOSS spectra."""

import logging

import numpy as np

from scripts.lib.errors import InputError
from scripts.lib.fits.reader import open_fits

__all__ = ["FluxCalibration"]

log = logging.getLogger(__name__)

_DAYS_PER_YEAR = 365.0
_LARGEST_METRES = 1e-4
_METRES_TO_MICRONS = 1e6
# MJy for 1 DN/s. At the red end of order 3, where nearly no light arrives, the reference of 2023 has 200;
# in the middle of order 1, 5e-5.
_SMALLEST_FACTOR, _LARGEST_FACTOR = 1e-12, 1e7


def _linear_correction(time, table):
    """
    Throughput relative to the reference day, linear in time.

    Parameters
    ----------
    time : float
        Time [MJD].
    table : ndarray
        Rows of TIMECOEFF_LINEAR: ``t0`` [MJD] and ``lossperyear``.

    Returns
    -------
    correction : ndarray
        Relative throughput (rows,).
    """
    return 1.0 - table["lossperyear"] * (time - table["t0"]) / _DAYS_PER_YEAR


def _exponential_correction(time, table):
    """
    Throughput relative to the reference day, decaying exponentially.

    Parameters
    ----------
    time : float
        Time [MJD].
    table : ndarray
        Rows of TIMECOEFF_EXPONENTIAL: ``t0``, ``amplitude``, ``tau``, ``const``.

    Returns
    -------
    correction : ndarray
        Relative throughput (rows,).
    """
    return table["amplitude"] * np.exp(-(time - table["t0"]) / table["tau"]) + table["const"]


def _powerlaw_correction(time, table):
    """
    Throughput relative to the reference day, decaying as a softened power law.

    Parameters
    ----------
    time : float
        Time [MJD].
    table : ndarray
        Rows of TIMECOEFF_POWERLAW: ``t0``, ``year1value``, ``tsoft``, ``alpha``.

    Returns
    -------
    correction : ndarray
        Relative throughput (rows,).
    """
    norm = ((_DAYS_PER_YEAR + table["tsoft"]) ** table["alpha"]) / table["year1value"]
    return ((time - table["t0"] + table["tsoft"]) ** table["alpha"]) / norm


_COLUMNS = ("filter", "pupil", "order", "wavelength", "relresponse")
_CORRECTIONS = {
    "TIMECOEFF_LINEAR": _linear_correction,
    "TIMECOEFF_EXPONENTIAL": _exponential_correction,
    "TIMECOEFF_POWERLAW": _powerlaw_correction,
}


class FluxCalibration:
    """
    Conversion of SOSS count rates to flux.

    Parameters
    ----------
    path : str or Path
        FITS file of a photom reference.
    primary : dict
        Keywords of the segment: FILTER, PUPIL, EXPMID.
    follows_time : bool, optional
        Whether the throughput is that of the time of the exposure, if the file says how it changes.

    Raises
    ------
    InputError
        If the file has no such table, or an empty one or one without the columns; or if EXPMID is
        missing while the file has coefficients that depend on time.
    """

    def __init__(self, path, primary, follows_time=True):
        self._path, self._time = path, primary.get("EXPMID")
        self._filter, self._pupil = (
            str(primary.get(keyword)).upper() for keyword in ("FILTER", "PUPIL")
        )
        with open_fits(path) as file:
            self._table = file.read_table("PHOTOM")
            self._coefficients = {
                name: file.read_table(name)
                for name in _CORRECTIONS
                if name in file and follows_time
            }
        self._check_tables()
        if self._coefficients and self._time is None:
            msg = f"EXPMID: found none, expected the time for {', '.join(self._coefficients)} of {path}"
            raise InputError(msg)

    def _check_tables(self):
        """Raise if a table has no rows, or no such column."""
        columns = {"PHOTOM": (self._table, _COLUMNS)}
        columns |= {name: (table, ()) for name, table in self._coefficients.items()}
        for name, (table, wanted) in columns.items():
            missing = [column for column in wanted if column not in table.dtype.names]
            if missing:
                msg = f"{self._path}: {name}: found no column {', '.join(missing)}, expected it"
                raise InputError(msg)
            if not len(table) or len(table) != len(self._table):
                rows = len(self._table) or "one or more"
                msg = f"{self._path}: {name}: found {len(table)} rows, expected {rows}"
                raise InputError(msg)

    def conversions(self, wavelengths):
        """
        Factors from DN/s to MJy.

        Parameters
        ----------
        wavelengths : dict of int to ndarray
            Wavelengths (elements,) in µm by spectral order, in order of the
            product.

        Returns
        -------
        conversions : dict of int to ndarray
            Factors (elements,), 0 beyond the reference's wavelengths. The first
            order without a row in the reference and all that follow are left
            out, with a warning (as in jwst 3.0.0).

        Raises
        ------
        InputError
            If several rows are for the same order, or a value in the row of an order is not finite
            and positive, or gives a factor that no instrument has.
        """
        conversions = {}
        for order, wavelength in wavelengths.items():
            row = self._find_row(order)
            if row is None:
                log.warning(
                    "%s: found no row with FILTER %s, PUPIL %s, ORDER %d: orders %s stay in DN/s",
                    *(self._path, self._filter, self._pupil, order),
                    [number for number in wavelengths if number not in conversions],
                )
                break
            label = f"{self._path}: PHOTOM: row {row + 1}"
            response = _response(self._table[row], wavelength, label)
            conversions[order] = self._scale(row, label) * response
            # Beyond the reference's wavelengths all may be 0.
            largest = conversions[order].max(initial=0.0)
            if largest and not _SMALLEST_FACTOR <= largest <= _LARGEST_FACTOR:
                limits = f"{_SMALLEST_FACTOR:g} to {_LARGEST_FACTOR:g}"
                msg = f"{label}: found a factor of {largest:g} MJy for 1 DN/s, expected {limits}"
                raise InputError(msg)
        return conversions

    def _find_row(self, order):
        """Index of the row of an order, or None."""
        filters, pupils = (
            np.char.upper(np.char.strip(self._table[name].astype(str)))
            for name in ("filter", "pupil")
        )
        matches = (filters == self._filter) & (pupils == self._pupil)
        rows = np.flatnonzero(matches & (self._table["order"] == order))
        if len(rows) > 1:
            msg = (
                f"{self._path}: PHOTOM: found {len(rows)} rows with FILTER {self._filter}, "
                f"PUPIL {self._pupil}, ORDER {order}, expected one"
            )
            raise InputError(msg)
        return int(rows[0]) if len(rows) else None

    def _scale(self, row, label):
        """Scalar conversion of a row at the time of the exposure."""
        name = "photmjsr" if "photmjsr" in self._table.dtype.names else "photmj"
        scale = self._table[row][name] if name in self._table.dtype.names else np.nan
        if not 0 < scale < np.inf:
            msg = f"{label}: {name}: found {scale}, expected a finite number above 0"
            raise InputError(msg)
        correction = 1.0
        for name, table in self._coefficients.items():
            correction *= float(_CORRECTIONS[name](self._time, table)[row])
        if not 0 < correction < np.inf:
            found = f"found a correction for time of {correction:g} at EXPMID {self._time}"
            msg = f"{label}: {found}, expected a finite number above 0"
            raise InputError(msg)
        return scale / correction


def _response(row, wavelength, label):
    """Relative response at wavelengths; 0 beyond the table."""
    size = np.size(row["wavelength"])
    count = int(row["nelem"]) if "nelem" in row.dtype.names else size
    if count not in range(1, size + 1):
        msg = f"{label}: nelem: found {count}, expected a number from 1 to {size}"
        raise InputError(msg)
    points, response = (np.atleast_1d(row[name])[:count] for name in ("wavelength", "relresponse"))
    for name, values in (("wavelength", points), ("relresponse", response)):
        if bad := np.count_nonzero(~(np.isfinite(values) & (values >= 0))):
            expected = "finite numbers that are not negative"
            msg = f"{label}: {name}: found {bad} of {count} others, expected {expected}"
            raise InputError(msg)
    if not (np.diff(points) > 0).all():
        order = np.argsort(points, kind="stable")
        points, response = points[order], response[order]
    if 0 < points.max() < _LARGEST_METRES:
        points = points * points.dtype.type(_METRES_TO_MICRONS)
    return np.nan_to_num(np.interp(wavelength, points, response, left=np.nan, right=np.nan))
