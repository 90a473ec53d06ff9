"""Products of a run, opened from Python."""

import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from scripts.lib.errors import InputError
from scripts.lib.files.ecsv import read_ecsv
from scripts.lib.fits.reader import open_fits
from scripts.lib.light_curves.product_header import labels_of
from scripts.lib.light_curves.table import split_curves

__all__ = ["Bins", "LightCurve", "Product", "Spectra", "open_product"]

_ENDINGS = ("_lc.ecsv", "_spectra.fits", "_speclc.fits", "_diagnostics.json")


def open_product(path):
    """
    Open the light curves, spectra and diagnostics of a visit.

    Parameters
    ----------
    path : str or Path
        Any of its files that end in ``_lc.ecsv``, ``_spectra.fits``, ``_speclc.fits`` or
        ``_diagnostics.json``, the start of their names, or a folder with those of one visit.

    Returns
    -------
    product : Product
        Files are read when they are asked for.

    Raises
    ------
    InputError
        If there is no light-curve table, or the folder has those of several visits.
    """
    path = Path(path)
    if path.is_dir():
        found = sorted(path.glob("*_lc.ecsv"))
        if len(found) != 1:
            names = ", ".join(file.name for file in found) or "none"
            msg = f"{path}: folder: found {names}, expected the *_lc.ecsv of one visit"
            raise InputError(msg)
        path = found[0]
    stem = str(path)
    for ending in _ENDINGS:
        stem = stem.removesuffix(ending)
    product = Product(stem)
    if not product.file("_lc.ecsv").is_file():
        msg = f"{product.file('_lc.ecsv')}: file: found none, expected the light curves of a run"
        raise InputError(msg)
    return product


@dataclass(frozen=True)
class Product:
    """
    The products of one visit.

    Attributes
    ----------
    stem : str
        Path of its files without their endings.
    """

    stem: str

    def file(self, ending):
        """Path of the file with an ending, such as ``_lc.ecsv``; it may not exist."""
        return Path(f"{self.stem}{ending}")

    def curves(self):
        """Detector and spectral order of each light curve, as a list of tuples; 0 for images."""
        columns, _, _ = read_ecsv(self.file("_lc.ecsv"))
        return list(split_curves(columns, by_time=False))

    def light_curve(self, detector=None, order=None):
        """
        Read a light curve.

        Parameters
        ----------
        detector : str, optional
            Such as ``NRS1``; may be left out where there is one.
        order : int, optional
            Spectral order; may be left out where there is one.

        Returns
        -------
        curve : LightCurve
            All columns of the table.

        Raises
        ------
        InputError
            If none or several fit.
        """
        path = self.file("_lc.ecsv")
        columns, units, meta = read_ecsv(path)
        curves = split_curves(columns, by_time=False)
        key = _choose(path, list(curves), detector, order)
        return LightCurve(*key, curves[key], units, meta)

    def spectra(self, detector=None, order=None):
        """
        Read our spectra at the detector's resolution; see :meth:`light_curve`.

        Returns
        -------
        spectra : Spectra
            Of one detector and order.
        """
        axes = ("WAVELENGTH", "COLUMN")
        return Spectra(*self._read("_spectra.fits", "SPECTRUM", axes, detector, order))

    def bins(self, detector=None, order=None):
        """
        Read light curves in bins of wavelength; see :meth:`light_curve`.

        Returns
        -------
        bins : Bins
            Of one detector and order.
        """
        axes = ("WAVELENGTH", "LOWER", "UPPER")
        return Bins(*self._read("_speclc.fits", "BINS", axes, detector, order))

    def diagnostics(self):
        """Return the metrics of the visit, defined in docs/reference/diagnostics.md, as a dict."""
        return json.loads(_existing(self.file("_diagnostics.json")).read_text(encoding="utf-8"))

    def _read(self, ending, table, axes, detector, order):
        """Values of `Spectra` or `Bins` from a FITS product, for its detector and order that fit."""
        path = _existing(self.file(ending))
        with open_fits(path) as file:
            known = labels_of(file, table)
            labels = _choose(path, known, detector, order)
            version = 1 + known.index(labels)
            time, found = (file.read_table(name, version) for name in ("TIME", table))
            images = [file.read(name, version=version) for name in ("FLUX", "ERROR", "QUALITY")]
            unit = file.header("FLUX", version).get("BUNIT", "")
        return *labels, time["BJD_TDB"], *(found[name] for name in axes), *images, unit


@dataclass(frozen=True)
class LightCurve:
    """
    Light curve of one detector and order.

    Attributes
    ----------
    detector : str
        Detector.
    order : int
        Spectral order, 0 for images.
    columns : dict of str to ndarray
        Columns of ``_lc.ecsv``, each (integrations,).
    units : dict of str to str
        Units of those that have one.
    meta : dict
        Facts of the product.

    Examples
    --------
    >>> columns = {"mjd_utc": np.array([59770.0, 59770.1]), "bjd_tdb": np.array([59770.2, 59770.3])}
    >>> columns |= {"flux_corrected": np.array([2.0, 2.1]), "quality": np.array([0, 16])}
    >>> curve = LightCurve("NRS1", 1, columns)
    >>> curve.time_scale, curve.time
    ('tdb', array([59770.2, 59770.3]))
    >>> curve.flux[curve.good]
    array([2.])
    """

    detector: str
    order: int
    columns: dict
    units: dict = field(default_factory=dict)
    meta: dict = field(default_factory=dict)

    @property
    def time_scale(self):
        """Scale of :attr:`time`: ``tdb``, at the barycentre, or ``utc`` where that is not known."""
        return "tdb" if np.isfinite(self.columns["bjd_tdb"]).any() else "utc"

    @property
    def time(self):
        """Mid times as MJD [d] in :attr:`time_scale`; add 2400000.5 for JD."""
        return self.columns["bjd_tdb" if self.time_scale == "tdb" else "mjd_utc"]

    @property
    def flux(self):
        """Our flux, corrected for motion where a test finds that; NaN is missing."""
        return self.columns["flux_corrected"]

    @property
    def flux_err(self):
        """Error of :attr:`flux`."""
        return self.columns["flux_corrected_error"]

    @property
    def quality(self):
        """Sum of the quality bits, 0 is good; the table's description has their meanings."""
        return self.columns["quality"]

    @property
    def good(self):
        """Integrations with a time and a flux and no quality bit, bool (integrations,)."""
        return np.isfinite(self.time) & np.isfinite(self.flux) & (self.quality == 0)

    def to_timeseries(self):
        """
        Make an `astropy.timeseries.TimeSeries` of the integrations that have a time.

        Returns
        -------
        series : TimeSeries
            ``time`` in the right scale, ``flux`` and ``flux_err`` with their unit, and ``quality``.
        """
        from astropy.timeseries import TimeSeries

        return TimeSeries(**self._data())

    def to_lightkurve(self):
        """
        Make a `lightkurve.LightCurve` of the integrations that have a time.

        Returns
        -------
        curve : LightCurve
            As :meth:`to_timeseries`; its ``meta`` has TARGNAME, as OBJECT too, and the rest.

        Raises
        ------
        InputError
            If lightkurve is not installed.
        """
        try:
            from lightkurve import LightCurve as Lightkurve
        except ModuleNotFoundError as error:
            if error.name != "lightkurve":
                raise
            msg = "lightkurve: package: found none, expected one: pip install lightkurve"
            raise InputError(msg) from None
        data = self._data()
        meta = self.meta | {"OBJECT": self.meta.get("TARGNAME"), "DETECTOR": self.detector}
        values = data.pop("data")
        return Lightkurve(time=data["time"], data=values, meta=meta | {"SPORDER": self.order})

    def _data(self):
        """Arguments of time series: times and columns."""
        from astropy.time import Time
        from astropy.units import Quantity

        known = np.isfinite(self.time)
        unit = self.units.get("flux_corrected", "")
        return {
            "time": Time(self.time[known], format="mjd", scale=self.time_scale),
            "data": {
                "flux": Quantity(self.flux[known], unit),
                "flux_err": Quantity(self.flux_err[known], unit),
                "quality": self.quality[known],
            },
        }


@dataclass(frozen=True)
class Spectra:
    """
    Our spectra of one detector and order.

    Attributes
    ----------
    detector : str
        Detector.
    order : int
        Spectral order.
    time : ndarray, shape (integrations,)
        Mid times at the barycentre, MJD in TDB [d].
    wavelength : ndarray, shape (elements,)
        Wavelengths [µm].
    columns : ndarray of int, shape (elements,)
        Pixels along the dispersion.
    flux, error : ndarray of float64, shape (integrations, elements)
        Flux and its error; NaN is missing.
    quality : ndarray of uint8, shape (integrations, elements)
        Sum of bits; 0 is good, 1 no flux, 4 more than a tenth of the light was filled in.
    unit : str
        Unit of the flux.
    """

    detector: str
    order: int
    time: np.ndarray
    wavelength: np.ndarray
    columns: np.ndarray
    flux: np.ndarray
    error: np.ndarray
    quality: np.ndarray
    unit: str


@dataclass(frozen=True)
class Bins:
    """
    Light curves of one detector and order in bins of wavelength.

    Attributes
    ----------
    detector, order, time, flux, error, unit
        As of :class:`Spectra`, with bins instead of elements.
    wavelength, lower, upper : ndarray, shape (bins,)
        Mean wavelength and limits of each bin [µm].
    quality : ndarray of uint8, shape (integrations, bins)
        Sum of bits, as in ``_lc.ecsv``; 0 is good.
    """

    detector: str
    order: int
    time: np.ndarray
    wavelength: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    flux: np.ndarray
    error: np.ndarray
    quality: np.ndarray
    unit: str


def _existing(path):
    """Path of a file that must exist."""
    if not path.is_file():
        msg = f"{path}: file: found none, expected one of a run that is not set to skip it"
        raise InputError(msg)
    return path


def _choose(path, known, detector, order):
    """The one pair of detector and order that fits."""
    fitting = [
        pair
        for pair in known
        if detector in (None, pair[0], pair[0].lower()) and order in (None, pair[1])
    ]
    if len(fitting) != 1:
        wanted = f"detector {detector or 'any'}, order {'any' if order is None else order}"
        shown = ", ".join(f"{name} order {number}" for name, number in known)
        msg = f"{path}: light curve: found {len(fitting)} for {wanted}, expected one of {shown}"
        raise InputError(msg)
    return fitting[0]
