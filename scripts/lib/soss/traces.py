"""
Traces and wavelengths of the spectral orders of NIRISS SOSS.

All follow from one angle, the position of the pupil wheel (model "pastasoss").
The dispersion is along rows without tilt, so a wavelength belongs to a column.
"""

from dataclasses import dataclass

import numpy as np

from scripts.lib.errors import InputError

__all__ = [
    "OrderGeometry",
    "Throughput",
    "check_position",
    "column_wavelengths",
    "order_geometry",
    "rotate_trace",
    "sample_linear",
    "wavelength_map",
]

_HIGHEST_ROW = 255.0
_ROW_OFFSET_SUBSTRIP96 = 10
_TOLERANCE_PIXELS = 1e-2
_ITERATIONS = 5


@dataclass(frozen=True)
class OrderGeometry:
    """
    Where one spectral order falls.

    Attributes
    ----------
    order : int
        Spectral order.
    wavelength : ndarray
        Wavelength [µm] of each column (columns,); NaN beyond the table.
    trace_rows : ndarray
        Row of the trace in columns 0 .. cutoff - 1.
    trace_wavelength : ndarray
        Wavelength [µm] of the trace there.
    """

    order: int
    wavelength: np.ndarray
    trace_rows: np.ndarray
    trace_wavelength: np.ndarray

    @property
    def native_grid(self):
        """Wavelengths of the trace, ascending, and the columns that they belong to."""
        columns = np.flatnonzero(np.isfinite(self.trace_wavelength))
        ascending = np.argsort(self.trace_wavelength[columns], kind="stable")
        return self.trace_wavelength[columns][ascending], columns[ascending]


def order_geometry(reference, order, position, subarray):
    """
    Trace and wavelengths of one spectral order.

    Parameters
    ----------
    reference : TraceReference
        Content of the pastasoss reference file.
    order : int
        Spectral order.
    position : float
        Position of the pupil wheel [deg].
    subarray : str
        SUBSTRIP96 or SUBSTRIP256.

    Returns
    -------
    geometry : OrderGeometry
        Rows are counted from the start of the subarray.

    Raises
    ------
    InputError
        If the position is missing or outside the bounds of the reference, or if the entries of
        the reference give no trace.

    References
    ----------
    ``pastasoss.get_soss_wavemaps`` of jwst 3.0.0.
    """
    check_position(reference, position)
    entry, angle = reference.orders[order], position - reference.commanded
    try:
        with np.errstate(all="ignore"):
            geometry = _geometry(reference, entry, angle, subarray)
    # What splines and polynomials raise for numbers that make no curve.
    except (ArithmeticError, LookupError, ValueError) as error:
        raise _no_trace(reference, order, position) from error
    if not np.isfinite([geometry.trace_rows, geometry.trace_wavelength]).all():
        raise _no_trace(reference, order, position)
    return geometry


def _no_trace(reference, order, position):
    """Error for entries of a reference that make no trace."""
    return InputError(
        f"{reference.path}: order {order}: found no trace and wavelengths at a pupil wheel of "
        f"{position}, expected a trace that goes on and wavelengths that change along it"
    )


def _geometry(reference, entry, angle, subarray):
    """Trace and wavelengths with the pupil wheel turned by an angle [deg]."""
    columns, rows = entry.trace.T
    if subarray == "SUBSTRIP96":
        rows = rows - _ROW_OFFSET_SUBSTRIP96
    columns, rows = rotate_trace(columns, rows, angle, entry.pivot)
    wavelengths = column_wavelengths(entry.coefficients, entry.extents, columns, angle)
    grid = reference.wavelengths
    on_grid = [sample_linear(grid, wavelengths, values) for values in (columns, rows)]
    return OrderGeometry(
        entry.order,
        wavelength_map(grid, on_grid[0], reference.size[1]),
        *_trace_in_columns(*on_grid, grid, entry.cutoff),
    )


def check_position(reference, position):
    """Raise InputError if the pupil wheel is not where the reference is valid."""
    low, high = reference.bounds
    if position is None or not low <= position <= high:
        msg = f"PWCPOS: found {position}, expected {low} to {high}, the bounds of {reference.path}"
        raise InputError(msg)


def rotate_trace(columns, rows, angle, pivot):
    """
    Rotate a trace and sample it again in the same columns.

    Parameters
    ----------
    columns, rows : ndarray
        Positions (points,) in pixels.
    angle : float
        Angle in degrees.
    pivot : tuple of float
        Column and row of the centre.

    Returns
    -------
    columns, rows : ndarray
        Points of the rotated trace in rows up to 255, linearly inter- and
        extrapolated.
    """
    cosine, sine = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    x, y = columns - pivot[0], rows - pivot[1]
    turned = np.array([[cosine, -sine], [sine, cosine]]) @ np.vstack([x, y])
    new_rows = _extrapolating(columns, turned[0] + pivot[0], turned[1] + pivot[1])
    inside = new_rows <= _HIGHEST_ROW
    return columns[inside], new_rows[inside]


def _extrapolating(x, points, values):
    """Linear interpolation that goes on beyond the ends, for points in any order."""
    order = np.argsort(points, kind="mergesort")
    points, values = points[order], values[order]
    right = np.clip(np.searchsorted(points, x), 1, len(points) - 1)
    left = right - 1
    slope = (values[right] - values[left]) / (points[right] - points[left])
    return slope * (x - points[left]) + values[left]


def column_wavelengths(coefficients, extents, columns, angle):
    """
    Wavelength of columns by the polynomial of the reference.

    Parameters
    ----------
    coefficients : ndarray
        By total degree: 1, x, p, x^2, xp, p^2, ...
    extents : ndarray
        Column and angle (2, 2) that are scaled to 0, and those that are scaled to 1.
    columns : ndarray
        Columns (points,).
    angle : float
        Offset of the pupil wheel [deg].

    Returns
    -------
    wavelengths : ndarray
        Wavelengths (points,) in µm.

    Notes
    -----
    Last digits decide which points of a grid of column centres take part in a
    model, so the operations are in the order of Horner's scheme of
    ``astropy.modeling.Polynomial2D``, as in jwst 3.0.0. Importing that takes
    longer than all else that is done with the traces.
    """
    (x_low, p_low), (x_high, p_high) = extents
    x = (columns - x_low) / (x_high - x_low)
    p = (angle - p_low) / (p_high - p_low)
    degree = int(np.sqrt(2 * len(coefficients))) - 1
    inner = outer = np.zeros(len(columns))
    for n in range(degree, -1, -1):
        for m in range(degree - n, -1, -1):
            term = coefficients[(m + n) * (m + n + 1) // 2 + n]
            if m:
                inner = x * (term + inner)
        if n:
            outer, inner = p * (term + inner + outer), np.zeros(len(columns))
    return term + inner + outer


def sample_linear(grid, points, values):
    """
    Interpolate on a grid, extrapolating with the slopes at both ends.

    Parameters
    ----------
    grid : ndarray
        Ascending abscissae wanted.
    points, values : ndarray
        Table in any order of the points.

    Returns
    -------
    sampled : ndarray
        Values on the grid.
    """
    order = np.argsort(points, kind="stable")
    points, values = points[order], values[order]
    above, below = grid[grid > points[-1]], grid[grid < points[0]]
    slope_above = (values[-1] - values[-2]) / (points[-1] - points[-2])
    slope_below = (values[1] - values[0]) / (points[1] - points[0])
    values = np.concatenate(
        (
            values[0] + (below - points[0]) * slope_below,
            values,
            values[-1] + (above - points[-1]) * slope_above,
        )
    )
    return np.interp(grid, np.concatenate((below, points, above)), values)


def wavelength_map(wavelengths, columns, n_columns):
    """
    Wavelength in the middle of each column.

    Parameters
    ----------
    wavelengths : ndarray
        Ascending wavelengths [µm].
    columns : ndarray
        Columns where they fall, descending.
    n_columns : int
        Number of columns of the image.

    Returns
    -------
    wavelength : ndarray
        Wavelength (columns,) [µm], NaN outside the table. The correction that
        jwst 3.0.0 iterates for tilted spectra is only round-off here, and done
        for equal last digits.
    """
    pixels, shift = np.arange(n_columns, dtype=float), 0.0
    for _ in range(_ITERATIONS):
        estimate = np.interp(pixels - shift, columns[::-1], wavelengths[::-1])
        difference = np.interp(estimate, wavelengths, columns) - pixels
        shift = shift + difference
        if np.all(np.abs(difference) < _TOLERANCE_PIXELS):
            break
    return np.interp(pixels - shift, columns[::-1], wavelengths[::-1], left=np.nan, right=np.nan)


def _trace_in_columns(columns, rows, wavelengths, cutoff):
    """Rows and wavelengths of a trace in the columns before the cutoff, by cubic splines."""
    from scipy.interpolate import CubicSpline

    if columns[0] > columns[1]:
        columns, rows, wavelengths = columns[::-1], rows[::-1], wavelengths[::-1]
    pixels = np.arange(cutoff)
    return CubicSpline(columns, rows)(pixels), CubicSpline(columns, wavelengths)(pixels)


class Throughput:
    """
    Throughput of one spectral order as a function of wavelength.

    Parameters
    ----------
    wavelength, throughput : ndarray
        Table; the ends of the throughput are taken as 0.

    Notes
    -----
    A cubic spline with zero slope at both ends. Wavelengths are sorted, but
    not the throughputs with them, as in jwst 3.0.0.
    """

    def __init__(self, wavelength, throughput):
        from scipy.interpolate import make_interp_spline

        wavelength, throughput = np.sort(wavelength), np.array(throughput, dtype=float)
        throughput[[0, -1]] = 0.0
        self._range = wavelength[0], wavelength[-1]
        self._spline = make_interp_spline(
            wavelength, throughput, k=3, bc_type=("clamped", "clamped")
        )

    def __call__(self, wavelength):
        """Throughput at wavelengths [µm]; 0 outside the table."""
        return self._spline(np.clip(wavelength, *self._range))
