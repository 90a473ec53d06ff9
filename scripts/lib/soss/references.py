"""Reference files of NIRISS SOSS: traces (pastasoss), spatial profiles and convolution kernels."""

import io
from dataclasses import dataclass

import numpy as np

from scripts.lib.errors import InputError
from scripts.lib.files.asdf_tree import split
from scripts.lib.files.asdf_values import plain_entries
from scripts.lib.files.fast_yaml import check_nesting
from scripts.lib.files.limited import read_limited
from scripts.lib.fits.reader import open_fits
from scripts.lib.instruments.soss import TOO_MANY_ROWS

__all__ = [
    "KernelReference",
    "OrderReference",
    "TraceReference",
    "read_kernels",
    "read_profiles",
    "read_traces",
    "select_orders",
]

# Far more than a file of CRDS has.
_MOST_BYTES, _MOST_WAVELENGTHS = 1 << 26, 1_000_000
# A trace of fewer columns has no spline through it.
_FEWEST_COLUMNS = 4
_META = (
    *("pwcpos_cmd", "pwcpos_bounds", "wavemap_wlmin", "wavemap_wlmax", "wavemap_nwl"),
    *("subarray_ymin", "soss_xdim", "soss_ydim", "order2_separation_cutoff"),
)
_PARTS = {
    "traces": ("trace", "pivot_x", "pivot_y", "cutoff"),
    "wavecal_models": ("coefficients", "scale_extents"),
    "throughputs": ("wavelength", "throughput"),
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


@dataclass(frozen=True)
class KernelReference:
    """
    Content of a speckernel reference file.

    Attributes
    ----------
    wavelengths, kernels : ndarray
        Central wavelengths [µm] and values (oversampled pixels, kernels),
        float32.
    halfwidth : int
        Half width of the kernels in pixels.
    """

    wavelengths: np.ndarray
    kernels: np.ndarray
    halfwidth: int


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
    return TraceReference(
        path=path,
        orders={number: _order_reference(path, tree, number) for number in numbers},
        commanded=float(meta["pwcpos_cmd"]),
        bounds=tuple(float(bound) for bound in meta["pwcpos_bounds"]),
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
    trace = np.array(found["traces.trace"], dtype=float)
    if trace.ndim != 2 or trace.shape[1] != 2:
        msg = f"{path}: traces.trace of order {number}: found shape {trace.shape}, expected (points, 2)"
        raise InputError(msg)
    _check_numbers(f"{path}: order {number}", found)
    return OrderReference(
        order=number,
        trace=trace,
        pivot=(float(found["traces.pivot_x"]), float(found["traces.pivot_y"])),
        cutoff=int(found["traces.cutoff"]),
        coefficients=np.array(found["wavecal_models.coefficients"], dtype=float),
        extents=np.array(found["wavecal_models.scale_extents"], dtype=float),
        throughput_wavelength=np.array(found["throughputs.wavelength"], dtype=float),
        throughput=np.array(found["throughputs.throughput"], dtype=float),
    )


def _check_numbers(label, found):
    """Raise unless a trace and its wavelengths are finite and it has columns."""
    for name in ("traces.trace", "traces.pivot_x", "traces.pivot_y", "wavecal_models.coefficients"):
        if not np.isfinite(np.array(found[name], dtype=float)).all():
            msg = f"{label}: {name}: found others than finite numbers, expected those of a trace"
            raise InputError(msg)
    if int(found["traces.cutoff"]) < _FEWEST_COLUMNS:
        expected = f"{_FEWEST_COLUMNS} columns or more"
        msg = f"{label}: traces.cutoff: found {found['traces.cutoff']}, expected {expected}"
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


def read_profiles(path, shape, orders):
    """
    Read the spatial profiles of the traces.

    Parameters
    ----------
    path : str or Path
        FITS file of a specprofile reference.
    shape : tuple of int
        Shape (rows, columns) of the science images.
    orders : list of int
        Spectral orders wanted.

    Returns
    -------
    profiles : dict of int to ndarray
        Profile (rows, columns), float32, of each order, without the padding
        around the image, which is trimmed evenly from both sides.

    Raises
    ------
    InputError
        If an order is missing, or a profile does not fit the image.
    """
    profiles = {}
    with open_fits(path) as file:
        hdus = [hdu for hdu in file.hdus if hdu.name == "ORDER" and len(hdu.shape) == 2]
        # The order is a keyword, or else the position in the file.
        found = {
            hdu.header.get("ORDER") or position: hdu for position, hdu in enumerate(hdus, start=1)
        }
        for order in orders:
            if order not in found:
                msg = f"{path}: ORDER: found spectral orders {sorted(found)}, expected also {order}"
                raise InputError(msg)
            profiles[order] = _trimmed(_read_image(file, found[order]), shape, path, order)
    return profiles


def _read_image(file, hdu):
    """Image of one extension in native order and double or single precision as stored."""
    image = np.empty(hdu.shape, f">f{abs(hdu.header['BITPIX']) // 8}")
    file.read_into(image, hdu.data_offset)
    return image.astype(np.float32)


def _trimmed(image, shape, path, order):
    """Middle of an image, of the shape wanted."""
    excess = [have - want for have, want in zip(image.shape, shape, strict=True)]
    if any(extra < 0 or extra % 2 for extra in excess) or excess[0] >= TOO_MANY_ROWS:
        msg = (
            f"{path}: profile of spectral order {order}: found shape {image.shape}, "
            f"expected {tuple(shape)} with equal padding on opposite sides: "
            "is it a reference of this subarray?"
        )
        raise InputError(msg)
    rows, columns = (
        slice(extra // 2, extra // 2 + want) for extra, want in zip(excess, shape, strict=True)
    )
    return np.ascontiguousarray(image[rows, columns])


def read_kernels(path):
    """
    Read the convolution kernels.

    Parameters
    ----------
    path : str or Path
        FITS file of a speckernel reference.

    Returns
    -------
    reference : KernelReference
        Its content.

    Raises
    ------
    InputError
        If the arrays are empty or differ in shape, the half width is missing, or the wavelengths
        are not finite, positive and in ascending order.
    """
    with open_fits(path) as file:
        wavelengths = _read_image(file, file.hdu("WAVELENGTHS"))
        kernels = _read_image(file, file.hdu("KERNELS"))
        halfwidth = file.header("KERNELS").get("HALFWIDT")
    if not kernels.size:
        msg = f"{path}: KERNELS: found shape {kernels.shape}, expected at least one kernel"
        raise InputError(msg)
    if wavelengths.shape != kernels.shape or wavelengths.ndim != 2:
        msg = (
            f"{path}: KERNELS: found shape {kernels.shape}, "
            f"expected that of WAVELENGTHS, {wavelengths.shape}"
        )
        raise InputError(msg)
    # A NaN is not in order.
    if not ((wavelengths > 0) & (wavelengths < np.inf)).all() or (np.diff(wavelengths) < 0).any():
        found = f"{wavelengths.min()} to {wavelengths.max()}, or out of order"
        msg = f"{path}: WAVELENGTHS: found {found}, expected ascending numbers above 0 [um]"
        raise InputError(msg)
    if not isinstance(halfwidth, int) or halfwidth < 1:
        msg = f"{path}[KERNELS]: HALFWIDT: found {halfwidth!r}, expected a number of pixels"
        raise InputError(msg)
    return KernelReference(wavelengths, kernels, halfwidth)
