"""Reference file of the traces of NIRISS SOSS, their wavelengths and throughputs (pastasoss)."""

import io
from dataclasses import dataclass

import numpy as np

from scripts.lib.errors import InputError
from scripts.lib.files.asdf_tree import split
from scripts.lib.files.asdf_values import plain_entries
from scripts.lib.files.fast_yaml import check_nesting
from scripts.lib.files.limited import read_limited

__all__ = ["OrderReference", "TraceReference", "read_traces", "select_orders"]

# Far more than a file of CRDS has.
_MOST_BYTES, _MOST_WAVELENGTHS = 1 << 26, 1_000_000
# A spline needs so many points; no detector of JWST has so many pixels along a side.
_FEWEST_POINTS, _LONGEST_SIDE = 4, 1 << 14
# Numbers of the file as a whole, and how many.
_META = {
    "pwcpos_cmd": 1,
    "pwcpos_bounds": 2,
    "wavemap_wlmin": 1,
    "wavemap_wlmax": 1,
    "wavemap_nwl": 1,
    "subarray_ymin": 1,
    "soss_xdim": 1,
    "soss_ydim": 1,
    "order2_separation_cutoff": 2,
}
# Lists with an entry for each spectral order, and their numbers with their dimensions.
_PARTS = {
    "traces": {"trace": 2, "pivot_x": 0, "pivot_y": 0, "cutoff": 0},
    "wavecal_models": {"coefficients": 1, "scale_extents": 2},
    "throughputs": {"wavelength": 1, "throughput": 1},
}
_FORMS = ("a number", "a list of numbers", "a table of numbers")


@dataclass(frozen=True)
class OrderReference:
    """
    What the pastasoss reference says about one spectral order.

    Attributes
    ----------
    order : int
        Spectral order.
    trace : ndarray of float64, shape (points, 2)
        Columns and rows of the trace at the commanded position of
        the pupil wheel, pixels of SUBSTRIP256 from 0.
    pivot : tuple of float
        Column and row about which the trace rotates.
    cutoff : int
        Number of columns in which the order is extracted.
    coefficients : ndarray of float64, shape (terms,)
        Coefficients of the wavelength in scaled column and wheel offset, by
        total degree: 1, x, p, x^2, xp, p^2, ...
    extents : ndarray of float64, shape (2, 2)
        Column and wheel offset that are scaled to 0, and those that are scaled to 1.
    throughput_wavelength, throughput : ndarray of float64, shape (points,)
        Table of the throughput; wavelength in µm.
    """

    order: int
    trace: np.ndarray
    pivot: tuple
    cutoff: int
    coefficients: np.ndarray
    extents: np.ndarray
    throughput_wavelength: np.ndarray
    throughput: np.ndarray


@dataclass(frozen=True)
class TraceReference:
    """
    Content of a pastasoss reference file.

    Attributes
    ----------
    path : str or Path
        The file.
    orders : dict of int to OrderReference
        The spectral orders.
    commanded : float
        Commanded position of the pupil wheel [deg].
    bounds : tuple of float
        Positions of the wheel for which the file is valid [deg].
    wavelengths : ndarray of float64, shape (samples,)
        Wavelengths [µm] at which the rotated traces are sampled.
    first_row : int
        Row of the full frame where the subarray starts.
    size : tuple of int
        Rows that a wavelength map covers, and columns.
    separation : tuple of float
        Wavelengths [µm] that limit the common model of orders 1 and 2, and
        the model of the blue part of order 2.
    """

    path: object
    orders: dict
    commanded: float
    bounds: tuple
    wavelengths: np.ndarray
    first_row: int
    size: tuple
    separation: tuple


def read_traces(path):
    """
    Read a pastasoss reference file.

    Parameters
    ----------
    path : str or Path
        ASDF file.

    Returns
    -------
    reference : TraceReference
        Its content.

    Raises
    ------
    InputError
        If the file is not ASDF, something is missing or of another form, or it gives a tilt: this
        workflow relies on wavelengths that are equal in all rows of a column.
    """
    try:
        tree = _tree(path)
    # On a damaged tree the parsers of asdf raise exceptions of any kind.
    except Exception as error:
        reason = " ".join(str(error).split())
        msg = f"{path}: found no ASDF file ({reason}), expected a pastasoss reference"
        raise InputError(msg) from error
    try:
        return _trace_reference(path, tree)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        reason = f"{type(error).__name__}: {' '.join(str(error).split())}"
        msg = f"{path}: found entries of another form ({reason}), expected a pastasoss reference"
        raise InputError(msg) from error


def _trace_reference(path, tree):
    """Content of the file from its entries."""
    meta = tree.get("meta", {})
    missing = [f"meta.{name}" for name in _META if name not in meta]
    missing += [name for name in _PARTS if name not in tree]
    if missing:
        msg = f"{path}: {', '.join(missing)} missing, expected a pastasoss reference"
        raise InputError(msg)
    found = _meta_numbers(path, meta)
    numbers = [int(entry["spectral_order"]) for entry in tree["traces"]]
    columns = int(found["soss_xdim"])
    return TraceReference(
        path=path,
        orders={number: _order_reference(path, tree, number, columns) for number in numbers},
        commanded=found["pwcpos_cmd"],
        bounds=tuple(found["pwcpos_bounds"]),
        wavelengths=np.linspace(
            found["wavemap_wlmin"], found["wavemap_wlmax"], int(found["wavemap_nwl"])
        ),
        first_row=int(found["subarray_ymin"]),
        size=(int(found["soss_ydim"]), columns),
        separation=tuple(found["order2_separation_cutoff"]),
    )


def _meta_numbers(path, meta):
    """Numbers of the file as a whole, checked: a float or a list of two by name."""
    found = {}
    for name, count in _META.items():
        values = np.array(meta[name], dtype=float)
        if values.size != count or values.ndim > 1 or not np.isfinite(values).all():
            expected = "a finite number" if count == 1 else "two finite numbers"
            shown = values.tolist() if values.size <= 4 else f"shape {values.shape}"
            msg = f"{path}: meta.{name}: found {shown}, expected {expected}"
            raise InputError(msg)
        found[name] = values.item() if count == 1 else values.tolist()
    first_row, rows, columns = (
        int(found[name]) for name in ("subarray_ymin", "soss_ydim", "soss_xdim")
    )
    if not (0 < rows <= _LONGEST_SIDE and 0 < columns <= _LONGEST_SIDE):
        found_size, expected = f"{columns}, {rows}", f"1 to {_LONGEST_SIDE}"
        msg = f"{path}: meta.soss_xdim, soss_ydim: found {found_size}, expected {expected} pixels"
        raise InputError(msg)
    if not columns - rows <= first_row < columns:
        msg = (
            f"{path}: meta.subarray_ymin: found {first_row}, "
            f"expected {columns - rows} to {columns - 1}, the rows of the wavelength map"
        )
        raise InputError(msg)
    limits = found["wavemap_wlmin"], found["wavemap_wlmax"], int(found["wavemap_nwl"])
    if not (0 < limits[0] < limits[1] and 1 < limits[2] <= _MOST_WAVELENGTHS):
        msg = (
            f"{path}: meta.wavemap_wlmin, wavemap_wlmax, wavemap_nwl: found {limits}, expected "
            f"ascending wavelengths [um] and at most {_MOST_WAVELENGTHS} of them"
        )
        raise InputError(msg)
    low, high = found["pwcpos_bounds"]
    if low > high:
        msg = f"{path}: meta.pwcpos_bounds: found {low} to {high}, expected ascending angles [deg]"
        raise InputError(msg)
    if min(cutoffs := found["order2_separation_cutoff"]) <= 0:
        msg = f"{path}: meta.order2_separation_cutoff: found {cutoffs}, expected wavelengths [um]"
        raise InputError(msg)
    return found


def _tree(path):
    """Entries of the file: as they are where they are plain, else by asdf."""
    content = read_limited(path, _MOST_BYTES)
    try:
        return plain_entries(content, ("meta", *_PARTS))
    except ValueError:
        import asdf

        # The parser that asdf uses crashes on trees that are nested too deeply.
        check_nesting(split(content)[0])
        options = {"lazy_load": False, "memmap": False, "validate_checksums": True}
        with asdf.open(io.BytesIO(content), **options) as file:
            return file.tree


def _order_reference(path, tree, number, columns):
    """Entries of one spectral order in the three lists of the file."""
    found = {}
    for part, names in _PARTS.items():
        entries = [entry for entry in tree[part] if int(entry.get("spectral_order", -1)) == number]
        missing = [name for name in names if not entries or name not in entries[0]]
        if missing:
            msg = f"{path}: {part}: {', '.join(missing)} missing for spectral order {number}"
            raise InputError(msg)
        label = f"{path}: order {number}: {part}"
        found |= {
            name: _array(f"{label}.{name}", entries[0][name], dimensions)
            for name, dimensions in names.items()
        }
        if np.any(np.asarray(entries[0].get("tilt", 0.0)) != 0):
            msg = (
                f"{path}: {part}: found a tilt for spectral order {number}, expected none: "
                "the rows of the wavelength map must be equal"
            )
            raise InputError(msg)
    label = f"{path}: order {number}"
    _check_trace(label, found["trace"], found["cutoff"], columns)
    _check_wavelengths(label, found["coefficients"], found["scale_extents"])
    _check_throughput(label, found["wavelength"], found["throughput"])
    return OrderReference(
        order=number,
        trace=found["trace"],
        pivot=(float(found["pivot_x"]), float(found["pivot_y"])),
        cutoff=int(found["cutoff"]),
        coefficients=found["coefficients"],
        extents=found["scale_extents"],
        throughput_wavelength=found["wavelength"],
        throughput=found["throughput"],
    )


def _array(label, entry, dimensions):
    """Array of an entry, which must have finite numbers."""
    values = np.array(entry, dtype=float)
    if not values.size or values.ndim != dimensions:
        msg = f"{label}: found shape {values.shape}, expected {_FORMS[dimensions]}"
        raise InputError(msg)
    if not np.isfinite(values).all():
        msg = f"{label}: found NaN or infinite numbers, expected finite ones"
        raise InputError(msg)
    return values


def _check_trace(label, trace, cutoff, columns):
    """Raise unless a trace has points in several columns, and the order columns of the image."""
    if trace.shape[1] != 2:
        msg = f"{label}: traces.trace: found shape {trace.shape}, expected (points, 2)"
        raise InputError(msg)
    different = len(np.unique(trace[:, 0]))
    if different < _FEWEST_POINTS:
        expected = f"{_FEWEST_POINTS} or more"
        msg = f"{label}: traces.trace: found points in {different} columns, expected {expected}"
        raise InputError(msg)
    if not _FEWEST_POINTS <= cutoff <= columns:
        expected = f"{_FEWEST_POINTS} to {columns} columns"
        msg = f"{label}: traces.cutoff: found {cutoff:g}, expected {expected}"
        raise InputError(msg)


def _check_wavelengths(label, coefficients, extents):
    """Raise unless there are the coefficients of a polynomial of two variables, and their scales."""
    degree = int(np.sqrt(2 * len(coefficients))) - 1
    if len(coefficients) < 3 or len(coefficients) != (degree + 1) * (degree + 2) // 2:
        expected = "3, 6, 10, ... of a polynomial of two variables"
        found = len(coefficients)
        msg = f"{label}: wavecal_models.coefficients: found {found}, expected {expected}"
        raise InputError(msg)
    if extents.shape != (2, 2) or (extents[0] == extents[1]).any():
        found = " to ".join(str(row.tolist()) for row in extents)
        expected = "a column and an offset of the wheel, and two others"
        msg = f"{label}: wavecal_models.scale_extents: found {found}, expected {expected}"
        raise InputError(msg)


def _check_throughput(label, wavelength, throughput):
    """Raise unless there is a throughput for each of some different wavelengths."""
    different = len(np.unique(wavelength))
    if not len(wavelength) == different == len(throughput) >= 2:
        found = f"{len(wavelength)} wavelengths, {different} of them different, and {len(throughput)} values"
        msg = f"{label}: throughputs: found {found}, expected 2 or more, a value for each"
        raise InputError(msg)


def select_orders(reference, wanted):
    """
    Spectral orders to extract.

    Parameters
    ----------
    reference : TraceReference
        What the pastasoss file has.
    wanted : list of int
        What is wanted.

    Returns
    -------
    orders : list of int
        The wanted orders that the file has.

    Raises
    ------
    InputError
        If order 1 or 2 is missing, without which there is no extraction.
    """
    missing = [order for order in (1, 2) if order not in reference.orders]
    if missing:
        msg = (
            f"{reference.path}: traces: found spectral orders {sorted(reference.orders)}, "
            "expected at least 1 and 2"
        )
        raise InputError(msg)
    return [order for order in wanted if order in reference.orders]
