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
# A spline needs so many points; no detector of JWST has so many columns.
_FEWEST_POINTS, _MOST_COLUMNS = 4, 1 << 14
_META = (
    *("pwcpos_cmd", "pwcpos_bounds", "wavemap_wlmin", "wavemap_wlmax", "wavemap_nwl"),
    *("subarray_ymin", "soss_xdim", "soss_ydim", "order2_separation_cutoff"),
)
_PARTS = {
    "traces": ("trace", "pivot_x", "pivot_y", "cutoff"),
    "wavecal_models": ("coefficients", "scale_extents"),
    "throughputs": ("wavelength", "throughput"),
}
# Numbers of one spectral order and their dimensions.
_ARRAYS = {
    "traces.trace": 2,
    "traces.pivot_x": 0,
    "traces.pivot_y": 0,
    "wavecal_models.coefficients": 1,
    "wavecal_models.scale_extents": 2,
    "throughputs.wavelength": 1,
    "throughputs.throughput": 1,
}


@dataclass(frozen=True)
class OrderReference:
    """
    What the pastasoss reference says about one spectral order.

    Attributes
    ----------
    order : int
        Spectral order.
    trace : ndarray
        Columns and rows (points, 2) of the trace at the commanded position of
        the pupil wheel, pixels of SUBSTRIP256 from 0.
    pivot : tuple of float
        Column and row about which the trace rotates.
    cutoff : int
        Number of columns in which the order is extracted.
    coefficients : ndarray
        Coefficients of the wavelength in scaled column and wheel offset, by
        total degree: 1, x, p, x^2, xp, p^2, ...
    extents : ndarray
        Least and greatest (2, 2) column and wheel offset of that scaling.
    throughput_wavelength, throughput : ndarray
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
    wavelengths : ndarray
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
    first_row, rows, columns = (
        int(meta[name]) for name in ("subarray_ymin", "soss_ydim", "soss_xdim")
    )
    if not columns - rows <= first_row < columns:
        msg = (
            f"{path}: meta.subarray_ymin: found {first_row}, "
            f"expected {columns - rows} to {columns - 1}, the rows of the wavelength map"
        )
        raise InputError(msg)
    limits = float(meta["wavemap_wlmin"]), float(meta["wavemap_wlmax"]), int(meta["wavemap_nwl"])
    if not (0 < limits[0] < limits[1] < np.inf and 1 < limits[2] <= _MOST_WAVELENGTHS):
        msg = (
            f"{path}: meta.wavemap_wlmin, wavemap_wlmax, wavemap_nwl: found {limits}, expected "
            f"ascending wavelengths [um] and at most {_MOST_WAVELENGTHS} of them"
        )
        raise InputError(msg)
    numbers = [int(entry["spectral_order"]) for entry in tree["traces"]]
    bounds = tuple(float(bound) for bound in meta["pwcpos_bounds"])
    if not (len(bounds) == 2 and bounds[0] <= bounds[1]):
        msg = f"{path}: meta.pwcpos_bounds: found {bounds}, expected the first and last position [deg]"
        raise InputError(msg)
    return TraceReference(
        path=path,
        orders={number: _order_reference(path, tree, number) for number in numbers},
        commanded=float(meta["pwcpos_cmd"]),
        bounds=bounds,
        wavelengths=np.linspace(*limits),
        first_row=first_row,
        size=(rows, columns),
        separation=tuple(float(limit) for limit in meta["order2_separation_cutoff"]),
    )


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


def _order_reference(path, tree, number):
    """Entries of one spectral order in the three lists of the file."""
    found = {}
    for part, names in _PARTS.items():
        entries = [entry for entry in tree[part] if int(entry.get("spectral_order", -1)) == number]
        missing = [name for name in names if not entries or name not in entries[0]]
        if missing:
            msg = f"{path}: {part}: {', '.join(missing)} missing for spectral order {number}"
            raise InputError(msg)
        found |= {f"{part}.{name}": entries[0][name] for name in names}
        if np.any(np.asarray(entries[0].get("tilt", 0.0)) != 0):
            msg = (
                f"{path}: {part}: found a tilt for spectral order {number}, expected none: "
                "the rows of the wavelength map must be equal"
            )
            raise InputError(msg)
    arrays = {name: np.array(found[name], dtype=float) for name in _ARRAYS}
    _check_arrays(f"{path}: order {number}", arrays)
    cutoff = int(found["traces.cutoff"])
    if not _FEWEST_POINTS <= cutoff <= _MOST_COLUMNS:
        expected = f"{_FEWEST_POINTS} to {_MOST_COLUMNS} columns"
        msg = f"{path}: order {number}: traces.cutoff: found {cutoff}, expected {expected}"
        raise InputError(msg)
    return OrderReference(
        order=number,
        trace=arrays["traces.trace"],
        pivot=(float(arrays["traces.pivot_x"]), float(arrays["traces.pivot_y"])),
        cutoff=cutoff,
        coefficients=arrays["wavecal_models.coefficients"],
        extents=arrays["wavecal_models.scale_extents"],
        throughput_wavelength=arrays["throughputs.wavelength"],
        throughput=arrays["throughputs.throughput"],
    )


def _check_arrays(label, arrays):
    """Raise unless numbers are finite and make a trace, wavelengths and a throughput."""
    for name, values in arrays.items():
        if values.shape[:1] == (0,) or values.ndim != _ARRAYS[name]:
            expected = ("a number", "a list", "a table")[_ARRAYS[name]]
            msg = f"{label}: {name}: found shape {values.shape}, expected {expected}"
            raise InputError(msg)
        if not np.isfinite(values).all():
            msg = f"{label}: {name}: found others than finite numbers, expected those of a trace"
            raise InputError(msg)
    trace, coefficients, extents, wavelength, throughput = (
        arrays[name] for name in _ARRAYS if _ARRAYS[name]
    )
    if trace.shape[1] != 2 or len(np.unique(trace[:, 0])) < _FEWEST_POINTS:
        expected = f"(points, 2) with {_FEWEST_POINTS} columns or more"
        msg = f"{label}: traces.trace: found shape {trace.shape}, expected {expected}"
        raise InputError(msg)
    degree = int(np.sqrt(2 * len(coefficients))) - 1
    if len(coefficients) < 3 or len(coefficients) != (degree + 1) * (degree + 2) // 2:
        expected = "3, 6, 10, ... of a polynomial of two variables"
        msg = (
            f"{label}: wavecal_models.coefficients: found {len(coefficients)}, expected {expected}"
        )
        raise InputError(msg)
    if extents.shape != (2, 2) or not (extents[0] < extents[1]).all():
        found = " to ".join(str(row.tolist()) for row in extents)
        expected = "the least column and offset of the wheel, and larger ones"
        msg = f"{label}: wavecal_models.scale_extents: found {found}, expected {expected}"
        raise InputError(msg)
    if len(np.unique(wavelength)) != len(throughput) or len(throughput) < 2:
        found = f"{len(np.unique(wavelength))} wavelengths for {len(throughput)} values"
        expected = "as many, 2 or more"
        msg = f"{label}: throughputs: found {found}, expected {expected}"
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
