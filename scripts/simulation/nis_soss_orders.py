"""Spectral orders of NIRISS SOSS: traces, wavelengths and throughputs, from a model or a measurement."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from scripts.lib.errors import InputError

__all__ = [
    "COLUMNS",
    "ROWS_BELOW_SUBSTRIP96",
    "WHEEL_COMMANDED",
    "WHEEL_EXTENT",
    "OrderOptics",
    "soss_orders",
]

COLUMNS = 2048
ROWS_BELOW_SUBSTRIP96 = 10
WHEEL_COMMANDED = 245.76
WHEEL_EXTENT = (-0.10, 0.16)
_WHEEL_TERMS = (-0.0017, 0.0036)
_DEGREE_OF_MEASURED = 5
_FITS_COLUMNS = ("WAVELENGTH", "X", "Y", "THROUGHPUT")
_PIVOTS = {1: (1887.0, 54.0), 2: (1677.0, 200.0), 3: (1444.0, 361.0)}
_CUTOFFS = {1: 2048, 2: 1783, 3: 1134}
# The trace of order 1 is known from its fifth to its 2044th column.
_TRACE_COLUMNS = {1: (4, 2044), 2: (0, 2048), 3: (0, 2048)}
# Polynomials in column / 2048 fitted to the SPECTRACE reference of SUBSTRIP256 (2022-06-05).
_ROW_TERMS = {
    1: (83.683, -93.159, 102.167, -704.6, 3097.785, -7310.316, 9638.072, -6631.176, 1893.717),
    2: (101.385, -21.799, -221.982, 1155.667, -1794.36, 1188.283),
    3: (143.36, 38.446, 15.839, 477.669, 0.132),
}
_WAVELENGTH_TERMS = {
    1: (2.8336116, -2.0706945, 0.2143366, -0.3619399, 0.2303323, 0.0),
    2: (1.4088761, -0.9100164, -0.2092237, 0.1960913),
    3: (0.9570273, -0.7031679, 0.2751898, -0.1419284),
}
# Throughputs at wavelengths in micron, read off the same reference.
_THROUGHPUT_NODES = {
    1: (
        (0.5, 0),
        (0.6, 0.0022),
        (0.65, 0.0025),
        (0.7, 0.021),
        (0.75, 0.074),
        (0.8, 0.137),
        (0.9, 0.265),
        (1, 0.385),
        (1.1, 0.492),
        (1.2, 0.546),
        (1.3, 0.529),
        (1.4, 0.473),
        (1.6, 0.359),
        (1.8, 0.281),
        (2, 0.237),
        (2.2, 0.201),
        (2.4, 0.176),
        (2.6, 0.156),
        (2.8, 0.137),
        (3, 0.113),
        (3.5, 0.072),
        (4, 0.041),
        (4.5, 0.021),
        (5.5, 0),
    ),
    2: (
        (0.5, 0),
        (0.55, 0.0124),
        (0.575, 0.0436),
        (0.6, 0.094),
        (0.625, 0.17),
        (0.65, 0.25),
        (0.675, 0.314),
        (0.7, 0.347),
        (0.725, 0.343),
        (0.75, 0.315),
        (0.8, 0.226),
        (0.9, 0.102),
        (1, 0.038),
        (1.1, 0.0105),
        (1.2, 0.0021),
        (1.3, 0.0011),
        (1.4, 0.0028),
        (1.5, 0.005),
        (2, 0.0104),
        (2.5, 0.0115),
        (3, 0.0094),
        (4, 0.0048),
        (5.5, 0),
    ),
    3: (
        (0.5, 0),
        (0.65, 0),
        (0.675, 0.0017),
        (0.7, 0.0072),
        (0.72, 0.0165),
        (0.74, 0.0217),
        (0.76, 0.0239),
        (0.8, 0.0247),
        (0.85, 0.021),
        (0.9, 0.0158),
        (1, 0.0076),
        (1.1, 0.0032),
        (1.2, 0),
        (5.5, 0),
    ),
}


@dataclass(frozen=True)
class OrderOptics:
    """
    Where the light of one spectral order falls, and how much of it.

    Attributes
    ----------
    order : int
        Spectral order.
    columns, rows : ndarray, shape (points,)
        Trace at the commanded position of the pupil wheel, pixels of SUBSTRIP256 from 0.
    wavelength_terms : tuple of float
        Wavelength (micron) as a polynomial in column / 2048 at that position.
    throughput_table : tuple of ndarray
        Wavelengths (micron) and throughputs.
    """

    order: int
    columns: np.ndarray
    rows: np.ndarray
    wavelength_terms: tuple[float, ...]
    throughput_table: tuple[np.ndarray, np.ndarray]

    @property
    def pivot(self):
        """Column and row about which the pupil wheel rotates the trace."""
        return _PIVOTS[self.order]

    @property
    def cutoff(self):
        """Number of columns with a useful trace."""
        return _CUTOFFS[self.order]

    def trace(self, wheel_offset):
        """
        Row of the trace in every column.

        Parameters
        ----------
        wheel_offset : float
            Position of the pupil wheel minus the commanded one, degrees.

        Returns
        -------
        ndarray, shape (2048,)
            Rows of SUBSTRIP256 from 0, continued in a straight line where no trace is known.
        """
        angle = np.deg2rad(wheel_offset)
        right, above = self.columns - self.pivot[0], self.rows - self.pivot[1]
        turned_columns = self.pivot[0] + right * np.cos(angle) - above * np.sin(angle)
        turned_rows = self.pivot[1] + right * np.sin(angle) + above * np.cos(angle)
        return _interpolate_straight(np.arange(COLUMNS), turned_columns, turned_rows)

    def wavelengths(self, columns, wheel_offset):
        """
        Wavelength in columns.

        Parameters
        ----------
        columns : ndarray
            Columns from 0, fractions included.
        wheel_offset : float
            Position of the pupil wheel minus the commanded one, degrees.

        Returns
        -------
        ndarray
            Wavelength, micron.
        """
        scaled = np.asarray(columns) / COLUMNS
        turn = (wheel_offset / np.ptp(WHEEL_EXTENT)) / self.order
        shift = (_WHEEL_TERMS[0] + _WHEEL_TERMS[1] * scaled) * turn
        return np.polynomial.polynomial.polyval(scaled, self.wavelength_terms) + shift

    def coefficients(self):
        """
        Coefficients of the wavelength in scaled column and scaled offset of the wheel.

        Returns
        -------
        ndarray
            In the order of a PASTASOSS reference: by total degree, powers of the wheel's offset
            ascending within a degree. The scaling maps 0 to 2048 and `WHEEL_EXTENT` to 0 to 1.
        """
        degree = np.arange(len(self.wavelength_terms))
        found = np.zeros(degree.size * (degree.size + 1) // 2)
        found[degree * (degree + 1) // 2] = self.wavelength_terms
        zero = -WHEEL_EXTENT[0] / np.ptp(WHEEL_EXTENT)
        plain, with_column = np.array(_WHEEL_TERMS) / self.order
        found[[0, 1]] -= zero * plain, zero * with_column
        found[[2, 4]] = plain, with_column
        return found

    def throughput(self, wavelength):
        """
        Throughput at wavelengths in micron, by cubic splines, 0 beyond the table.

        Parameters
        ----------
        wavelength : ndarray
            Wavelengths, micron.

        Returns
        -------
        ndarray
            Throughputs, of the same shape.
        """
        from scipy.interpolate import CubicSpline

        table, values = self.throughput_table
        inside = (wavelength >= table[0]) & (wavelength <= table[-1])
        return np.where(inside, np.clip(CubicSpline(table, values)(wavelength), 0.0, None), 0.0)


def soss_orders(spectrace):
    """
    Orders 1 to 3 of NIRISS SOSS.

    Parameters
    ----------
    spectrace : str or None
        SPECTRACE reference of SUBSTRIP256 (FITS), or a folder that holds one; None for polynomials
        and nodes close to it.

    Returns
    -------
    tuple of OrderOptics
        The orders, ascending.

    Raises
    ------
    InputError
        No such file, or it is no SPECTRACE reference of SUBSTRIP256 with three orders.
    """
    return _modelled_orders() if spectrace is None else _measured_orders(spectrace)


@cache
def _modelled_orders():
    """Orders from the polynomials and nodes of this module."""
    from scipy.interpolate import PchipInterpolator

    table = np.linspace(0.5, 5.5, 501)
    orders = []
    for order, terms in _ROW_TERMS.items():
        columns = np.arange(*_TRACE_COLUMNS[order], dtype=float)
        rows = np.polynomial.polynomial.polyval(columns / COLUMNS, terms)
        wavelengths, values = np.transpose(_THROUGHPUT_NODES[order])
        throughput = table, PchipInterpolator(wavelengths, values)(table)
        orders.append(OrderOptics(order, columns, rows, _WAVELENGTH_TERMS[order], throughput))
    return tuple(orders)


@cache
def _measured_orders(source):
    """Orders from a SPECTRACE reference."""
    from astropy.io import fits

    path = _spectrace_file(Path(source))
    with fits.open(path) as file:
        tables = {hdu.ver: hdu.data for hdu in file if hdu.name == "ORDER"}
        for order in _CUTOFFS:
            names = tables[order].names if order in tables else []
            if not set(_FITS_COLUMNS) <= set(names):
                msg = (
                    f"{path}: extension ORDER {order}: found columns {list(names)}, "
                    f"expected {', '.join(_FITS_COLUMNS)}"
                )
                raise InputError(msg)
        return tuple(_measured_order(order, tables[order]) for order in _CUTOFFS)


def _measured_order(order, table):
    """One order from its table: columns, rows and throughput at ascending wavelengths."""
    wavelength, column, row, throughput = (
        np.array(table[name], dtype=float) for name in _FITS_COLUMNS
    )
    ascending = np.argsort(column)
    columns = np.arange(*_TRACE_COLUMNS[order], dtype=float)
    rows = np.interp(columns, column[ascending], row[ascending])
    used = np.arange(_CUTOFFS[order])
    along = np.interp(used, column[ascending], wavelength[ascending])
    terms = np.polynomial.polynomial.polyfit(used / COLUMNS, along, _DEGREE_OF_MEASURED)
    return OrderOptics(order, columns, rows, tuple(terms.tolist()), (wavelength, throughput))


def _spectrace_file(source):
    """Find the SPECTRACE reference of SUBSTRIP256: the file named, or one in the folder named."""
    from astropy.io import fits

    candidates = sorted(source.glob("*spectrace*.fits")) if source.is_dir() else [source]
    found = {path: fits.getheader(path).get("SUBARRAY") for path in candidates if path.is_file()}
    for path, subarray in found.items():
        if subarray == "SUBSTRIP256":
            return path
    subarrays = ", ".join(f"{path.name}: {subarray}" for path, subarray in found.items())
    msg = (
        f"real_references: {source}: found {subarrays or 'no file'}, "
        "expected a SPECTRACE reference (FITS) of SUBARRAY SUBSTRIP256"
    )
    raise InputError(msg)


def _interpolate_straight(x, points, values):
    """Linear interpolation that goes on with the first and last slope."""
    left = np.clip(np.searchsorted(points, x) - 1, 0, points.size - 2)
    slope = (values[left + 1] - values[left]) / (points[left + 1] - points[left])
    return values[left] + slope * (x - points[left])
