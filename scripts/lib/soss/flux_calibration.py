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
        If the file has no such table, or EXPMID is missing while the file has
        coefficients that depend on time.
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
        if self._coefficients and self._time is None:
            msg = f"EXPMID: found none, expected the time for {', '.join(self._coefficients)} of {path}"
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
            If several rows are for the same order.
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
            conversions[order] = self._scale(row) * _response(self._table[row], wavelength)
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

    def _scale(self, row):
        """Scalar conversion of a row at the time of the exposure."""
        names = self._table.dtype.names
        scale = self._table[row]["photmjsr" if "photmjsr" in names else "photmj"]
        correction = 1.0
        for name, table in self._coefficients.items():
            correction *= float(_CORRECTIONS[name](self._time, table)[row])
        return scale / correction


def _response(row, wavelength):
    """Relative response at wavelengths; 0 beyond the table."""
    count = row["nelem"] if "nelem" in row.dtype.names else None
    points, response = row["wavelength"][:count], row["relresponse"][:count]
    if not (np.diff(points) > 0).all():
        order = np.argsort(points, kind="stable")
        points, response = points[order], response[order]
    if 0 < points.max() < _LARGEST_METRES:
        points = points * points.dtype.type(_METRES_TO_MICRONS)
    return np.nan_to_num(np.interp(wavelength, points, response, left=np.nan, right=np.nan))
