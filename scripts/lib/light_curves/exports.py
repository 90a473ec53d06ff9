"""Our light curves and spectra in the layouts of other tools: Eureka!'s Stage 3, and the ERS's xarray."""

import json
import re
from dataclasses import dataclass

import numpy as np

from scripts.lib.errors import InputError
from scripts.lib.files.netcdf import NetcdfVariable
from scripts.lib.fits.reader import open_fits
from scripts.lib.instruments.modes import MODES
from scripts.lib.light_curves.product_header import labels_of
from scripts.lib.light_curves.table import split_curves
from scripts.lib.provenance.software import SOFTWARE

__all__ = [
    "Curve",
    "eureka_images",
    "eureka_spectra",
    "filter_wavelength",
    "find_version",
    "label",
    "split_table",
    "xarray_curves",
]

_BLOCK_BYTES = 1 << 24
_FILTER = re.compile(r"F(\d{3,4})[A-Z]2?")


@dataclass(frozen=True)
class Curve:
    """
    Rows of the light-curve table of one detector and order.

    Attributes
    ----------
    detector : str
        Detector.
    order : int
        Spectral order, 0 for images.
    columns : dict of str to ndarray
        Columns of the table, each (integrations,).
    unit : str
        Unit of the fluxes.
    meta : dict
        Facts of the product.
    """

    detector: str
    order: int
    columns: dict
    unit: str
    meta: dict

    @property
    def times(self):
        """Mid times as MJD [d], at the barycentre in TDB or, if these are not known, in UTC; and the scale."""
        if np.isfinite(self.columns["bjd_tdb"]).any():
            return self.columns["bjd_tdb"], "BMJD_TDB"
        return self.columns["mjd_utc"], "MJD_UTC"

    @property
    def is_across_x(self):
        """Whether the dispersion of spectra is along y."""
        mode = MODES.get(self.meta.get("EXP_TYPE"))
        return mode is not None and mode.is_dispersed_along_y


def split_table(columns, units, meta):
    """
    Divide a light-curve table into its curves.

    Parameters
    ----------
    columns, units, meta : dict
        As `ecsv.read_ecsv` returns them.

    Returns
    -------
    curves : list of Curve
        By detector and order, as they follow each other.
    """
    return [
        Curve(*key, rows, units.get("flux", ""), meta)
        for key, rows in split_curves(columns, by_time=False).items()
    ]


def find_version(path, table, curve):
    """
    Find a curve in a product of spectra or bins.

    Parameters
    ----------
    path : str or Path
        The product.
    table : str
        Name of its tables, of which each detector and order has one.
    curve : Curve
        The light curve.

    Returns
    -------
    version : int or None
        EXTVER of the same detector and order; None if it is not there.
    """
    with open_fits(path) as file:
        known = labels_of(file, table)
    key = curve.detector, curve.order
    return 1 + known.index(key) if key in known else None


def label(curve, curves):
    """
    Name a curve among those of its product, for a file.

    Parameters
    ----------
    curve : Curve
        One of them.
    curves : list of Curve
        All of them.

    Returns
    -------
    name : str
        The detector, with the order where a detector has several.

    Examples
    --------
    >>> curves = [Curve("NIS", order, {}, "Jy", {}) for order in (1, 2)]
    >>> label(curves[1], curves), label(curves[1], curves[1:])
    ('nis-order2', 'nis')
    """
    several = sum(other.detector == curve.detector for other in curves) > 1
    return curve.detector.lower() + (f"-order{curve.order}" if several else "")


def filter_wavelength(name):
    """
    Wavelength that the name of a filter states.

    Parameters
    ----------
    name : str
        Such as F210M.

    Returns
    -------
    wavelength : float
        Wavelength [µm], rounded as in the name.

    Raises
    ------
    InputError
        If the name has none.

    Examples
    --------
    >>> filter_wavelength("F210M"), filter_wavelength("F1500W")
    (2.1, 15.0)
    """
    if not (found := _FILTER.fullmatch(str(name))):
        msg = (
            f"FILTER: found {name}, expected one with a wavelength in its name, which exports need"
        )
        raise InputError(msg)
    return int(found[1]) / 100.0


def eureka_spectra(curve, path, version):
    """
    Spectra as Stage 4 of Eureka! reads them.

    Parameters
    ----------
    curve : Curve
        Light curve of the same detector and order.
    path : str or Path
        Product of our spectra.
    version : int
        EXTVER of the detector and order.

    Returns
    -------
    contents : tuple
        Arguments of `netcdf.write_netcdf` after the path: ``optspec``, ``opterr`` and ``optmask`` (True is
        left out) over ``time`` and ``x``, ``wave_1d``, and the position and width of the trace. NaN is masked.
    """
    with open_fits(path) as file:
        spectrum = file.read_table("SPECTRUM", version)
    axis, units, variables = _eureka_start(curve)
    units = units | {"wave_units": "microns"}
    across, along = ("x", "y") if curve.is_across_x else ("y", "x")
    variables["x"] = NetcdfVariable(("x",), spectrum["COLUMN"].astype(np.int64))
    variables["optspec"] = NetcdfVariable(("time", "x"), np.float64, units)
    variables["opterr"] = NetcdfVariable(("time", "x"), np.float64, units)
    variables["optmask"] = NetcdfVariable(("time", "x"), bool, units | {"flux_units": "None"})
    variables |= _wavelengths(spectrum["WAVELENGTH"].astype(float))
    named = {"centroid_y": across, "centroid_x": along, "centroid_sy": "width"}
    variables |= _positions(curve, named)
    sizes = {"time": len(axis), "x": len(spectrum["COLUMN"])}
    return sizes, variables, _eureka_attributes(curve), _eureka_blocks(path, version, sizes)


def _eureka_blocks(path, version, sizes):
    """Spectra by block of integrations, as `netcdf.write_netcdf` takes them."""
    step = max(1, _BLOCK_BYTES // (8 * max(sizes["x"], 1)))
    with open_fits(path) as file:
        for start in range(0, sizes["time"], step):
            rows = slice(start, min(start + step, sizes["time"]))
            flux, error = (
                file.read(name, rows=rows, version=version).astype(np.float64)
                for name in ("FLUX", "ERROR")
            )
            where = (rows, slice(None))
            yield "optspec", where, flux
            yield "opterr", where, error
            # A channel of Eureka! is the mean of what is not masked: without what was filled in, that dips.
            yield "optmask", where, ~(np.isfinite(flux) & np.isfinite(error))


def eureka_images(curve):
    """
    Photometry of images as Stage 4 of Eureka! reads it.

    Parameters
    ----------
    curve : Curve
        The light curve.

    Returns
    -------
    contents : tuple
        As of :func:`eureka_spectra`, with ``aplev`` and ``aperr`` over ``time``, and the wavelength
        that the filter's name states.

    Raises
    ------
    InputError
        As :func:`filter_wavelength`.
    """
    axis, units, variables = _eureka_start(curve)
    for name, column in (("aplev", "flux_corrected"), ("aperr", "flux_corrected_error")):
        variables[name] = NetcdfVariable(("time",), curve.columns[column], units)
    variables["x"] = NetcdfVariable(("x",), np.zeros(1, np.int64))
    variables |= _wavelengths(np.array([filter_wavelength(curve.meta.get("FILTER"))]))
    names = {"centroid_x": "x", "centroid_y": "y", "centroid_sx": "width", "centroid_sy": "width"}
    variables |= _positions(curve, names)
    sizes = {"time": len(axis), "x": 1}
    return sizes, variables, _eureka_attributes(curve) | {"photometry": True}, ()


def _eureka_start(curve):
    """Times, attributes of fluxes, and the first variable."""
    axis, scale = curve.times
    units = {"flux_units": curve.unit, "time_units": scale}
    return axis, units, {"time": NetcdfVariable(("time",), axis, {"time_units": scale})}


def _wavelengths(values):
    """Variable of the wavelengths."""
    return {"wave_1d": NetcdfVariable(("x",), values, {"wave_units": "microns"})}


def _positions(curve, names):
    """Variables of position and width by the columns of the table."""
    attributes = {"units": "pixels", "time_units": curve.times[1]}
    return {
        name: NetcdfVariable(("time",), curve.columns[column], attributes)
        for name, column in names.items()
    }


def _eureka_attributes(curve):
    """Attributes of a file for Eureka!."""
    return {
        "inst": str(curve.meta.get("INSTRUME", "unknown")).lower(),
        "data_format": "custom",
        "filter": str(curve.meta.get("FILTER", "unknown")),
        "code": SOFTWARE,
    }


def xarray_curves(curve, path=None, version=1, *, binned=False):
    """
    Spectra or light curves in the layout of the Early Release Science community, as chromatic reads it.

    Parameters
    ----------
    curve : Curve
        Light curve of the detector and order.
    path : str or Path, optional
        Product of our spectra, or of our light curves in bins; none for images.
    version : int, optional
        EXTVER of the detector and order.
    binned : bool, optional
        Whether it is the one of bins.

    Returns
    -------
    contents : tuple
        Arguments of `netcdf.write_netcdf` after the path: ``flux``, ``flux_error`` and ``quality_flag``
        (True is good, as in chromatic) over ``wavelength`` and ``time``; of bins and images ``raw_flux``,
        ``raw_flux_error``, ``quality_flag``, and the limits of the bins.

    Raises
    ------
    InputError
        As :func:`filter_wavelength`, for images.
    """
    if path is None:
        axes = {"wavelength": np.array([filter_wavelength(curve.meta.get("FILTER"))])}
        sources = None
    else:
        axes, sources = _spectral_axes(path, version, binned), (path, version)
    time, scale = curve.times
    start = "raw_" if binned or path is None else ""
    names = [f"{start}flux", f"{start}flux_error", "quality_flag"]
    variables = {
        name: NetcdfVariable(("wavelength",), values, {"units": "um"})
        for name, values in axes.items()
    }
    variables["time"] = NetcdfVariable(("time",), time, {"units": "d", "time_scale": scale})
    for name, dtype in zip(names, (np.float64, np.float64, bool), strict=True):
        unit = "" if name == "quality_flag" else curve.unit
        variables[name] = NetcdfVariable(("wavelength", "time"), dtype, {"units": unit})
    for name in ("x", "y", "width"):
        variables[name] = NetcdfVariable(("time",), curve.columns[name], {"units": "pix"})
    sizes = {"wavelength": len(axes["wavelength"]), "time": len(time)}
    return sizes, variables, _xarray_attributes(curve), _xarray_blocks(curve, sources, names, sizes)


def _spectral_axes(path, version, binned):
    """Wavelengths of spectra, or of bins with their limits."""
    with open_fits(path) as file:
        table = file.read_table("BINS" if binned else "SPECTRUM", version)
    names = {"wavelength": "WAVELENGTH"}
    if binned:
        names |= {"start_wavelength": "LOWER", "end_wavelength": "UPPER"}
    return {name: table[column].astype(float) for name, column in names.items()}


def _xarray_blocks(curve, sources, names, sizes):
    """Fluxes, errors and quality by block of integrations, turned."""
    if sources is None:
        flux, error, quality = (
            curve.columns[name] for name in ("flux_corrected", "flux_corrected_error", "quality")
        )
        values = flux, error, (quality == 0) & np.isfinite(flux)
        yield from (
            (name, (0, slice(None)), part) for name, part in zip(names, values, strict=True)
        )
        return
    path, version = sources
    step = max(1, _BLOCK_BYTES // (8 * max(sizes["wavelength"], 1)))
    with open_fits(path) as file:
        for start in range(0, sizes["time"], step):
            rows = slice(start, min(start + step, sizes["time"]))
            flux, error, quality = (
                file.read(name, rows=rows, version=version) for name in ("FLUX", "ERROR", "QUALITY")
            )
            values = flux.astype(float), error.astype(float), (quality == 0) & np.isfinite(flux)
            for name, part in zip(names, values, strict=True):
                yield name, (slice(None), rows), part.T


def _xarray_attributes(curve):
    """Attributes of a file, each as JSON, as chromatic reads and writes them."""
    facts = {
        "author": "not stated",
        "contact": "not stated",
        "code": SOFTWARE,
        "data_origin": "our light curves of the calibrated segments (_calints)",
        "detector": curve.detector,
        "order": curve.order,
    }
    facts |= {
        key.lower(): value for key, value in curve.meta.items() if isinstance(value, str | int)
    }
    return {key: json.dumps(value) for key, value in facts.items()}
