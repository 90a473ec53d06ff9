"""
Aperture corrections: the factor for the flux that falls outside the aperture.

Both kinds interpolate bilinearly in wavelength and in the size of the aperture
and are constant beyond the tabulated sizes.
"""

import math
import re

import numpy as np

from scripts.lib.errors import InputError
from scripts.lib.fits.reader import open_fits
from scripts.lib.instruments.modes import MODES, mode_of
from scripts.lib.segment_data.world_coordinates import cross_dispersion_scale

__all__ = [
    "ApertureCorrection",
    "check_phases",
    "check_sizes",
    "correction_by_phase",
    "correction_by_size",
    "read_row",
    "select_row",
]

# Of factors, wavelengths [um] and sizes of apertures [pixels].
_LARGEST = 10_000
# Corrections are near 1 or above.
_SMALLEST_CORRECTION = 0.01


def read_row(path, keys):
    """
    Read the row of an APCORR reference file for an observation.

    Parameters
    ----------
    path : str or Path
        The file, with a table APCORR.
    keys : dict of str to str
        As for :func:`select_row`.

    Returns
    -------
    row : dict of str to object
        Values of the row by column name, arrays in their shape.
    unit : str
        Unit of the sizes, ``pixels`` if the file does not say.

    Raises
    ------
    InputError
        If the file has no such row, or arrays in it do not have the shape that it gives them.
    """
    with open_fits(path) as file:
        header = file.header("APCORR")
        row = select_row(file.read_table("APCORR"), keys, f"{path}[APCORR]")
    missing = {"wavelength", "size", "apcorr"} - row.keys()
    if missing:
        msg = f"{path}[APCORR]: columns {sorted(missing)} are missing; found {sorted(row)}"
        raise InputError(msg)
    for number in range(1, header["TFIELDS"] + 1):
        name, shape = header[f"TTYPE{number}"].lower(), header.get(f"TDIM{number}")
        if shape and np.ndim(row[name]):
            row[name] = _shaped(row[name], shape, f"{path}[APCORR]: TDIM{number}")
    return row, str(header.get("SIZEUNIT") or "pixels").lower()


def _shaped(values, text, label):
    """Array in the shape of a TDIM."""
    lengths = re.fullmatch(r"\( *\d{1,9}(?: *, *\d{1,9})* *\)", str(text).strip())
    shape = [int(length) for length in re.findall(r"\d+", lengths[0])][::-1] if lengths else []
    if math.prod(shape) != values.size or not shape:
        msg = f"{label}: found {text!r} for {values.size} values, expected their lengths"
        raise InputError(msg)
    return values.reshape(shape)


def select_row(table, keys, label="APCORR table"):
    """
    Find the row of an APCORR table for an observation.

    Parameters
    ----------
    table : ndarray
        Structured array of the APCORR extension.
    keys : dict of str to str
        Value that each selecting column must have; case does not matter.
    label : str, optional
        Name of the table in messages.

    Returns
    -------
    row : dict of str to object
        Values of the row by column name in lower case.

    Raises
    ------
    InputError
        If a column is missing or not exactly one row fits.
    """
    columns = {name.lower(): name for name in table.dtype.names}
    missing = [key for key in keys if key not in columns]
    if missing:
        msg = f"{label}: columns {missing} are missing; found {sorted(columns)}"
        raise InputError(msg)
    fits = np.ones(len(table), dtype=bool)
    for key, value in keys.items():
        fits &= np.array(
            [_text(entry) == str(value).upper() for entry in table[columns[key]]], dtype=bool
        )
    if fits.sum() != 1:
        msg = f"{label}: found {fits.sum()} rows for {keys}, expected 1"
        raise InputError(msg)
    row = table[fits][0]
    return {key: row[name] for key, name in columns.items()}


def _text(entry):
    """Text of a table entry in capitals, without padding."""
    text = entry.decode("ascii", "replace") if isinstance(entry, bytes) else str(entry)
    return text.strip().upper()


def check_sizes(row, label="APCORR table"):
    """
    Make sure that a row for MIRI LRS can be interpolated.

    Parameters
    ----------
    row : dict
        As for :func:`correction_by_size`.
    label : str, optional
        Name of the table in messages.

    Raises
    ------
    InputError
        If a column is missing or has another number of axes, if the used lengths are no counts, or
        if what is used of an array is not finite and positive.
    """
    _check_axes(row, {"wavelength": 1, "size": 1, "apcorr": 2}, label)
    used = []
    for name, axis in (("nelem_wl", 0), ("nelem_size", 1)):
        largest = row["apcorr"].shape[axis]
        if name not in row or np.ndim(row[name]) or row[name] not in range(2, largest + 1):
            msg = f"{label}: {name}: found {row.get(name)}, expected a number from 2 to {largest}"
            raise InputError(msg)
        used.append(slice(int(row[name])))
    _check_positive(row["wavelength"][used[0]], f"{label}: wavelength")
    _check_positive(row["size"][used[1]], f"{label}: size")
    _check_positive(row["apcorr"][*used], f"{label}: apcorr", _SMALLEST_CORRECTION)


def check_phases(row, label="APCORR table"):
    """
    Make sure that a row for NIRSpec can be interpolated.

    Parameters
    ----------
    row : dict
        As for :func:`correction_by_phase`.
    label : str, optional
        Name of the table in messages.

    Raises
    ------
    InputError
        If a column is missing or has another shape than the others, if phases do not ascend, or if
        a value is not finite or is negative; 0 stands for no correction.
    """
    _check_axes(row, {"pixphase": 1, "wavelength": 1, "size": 2, "apcorr": 3}, label)
    phases, wavelengths = len(row["pixphase"]), len(row["wavelength"])
    expected = (len(row["size"]), wavelengths, phases)
    if row["apcorr"].shape != expected or row["size"].shape != expected[:2] or wavelengths < 2:
        found = f"{row['apcorr'].shape} and {row['size'].shape}"
        msg = f"{label}: apcorr and size: found shapes {found}, expected {expected} and {expected[:2]}"
        raise InputError(msg)
    if not (np.isfinite(row["pixphase"]).all() and _ascends(row["pixphase"])):
        msg = f"{label}: pixphase: found {row['pixphase']}, expected ascending phases"
        raise InputError(msg)
    for name in ("wavelength", "size", "apcorr"):
        least = _SMALLEST_CORRECTION if name == "apcorr" else 0.0
        _check_positive(row[name], f"{label}: {name}", least, or_zero=True)
        if not row[name].any():
            msg = f"{label}: {name}: found 0 everywhere, expected numbers above 0"
            raise InputError(msg)


def _check_axes(row, axes, label):
    """Raise if a column is missing or has another number of axes."""
    for name, count in axes.items():
        found = np.ndim(row[name]) if name in row else None
        if found != count:
            msg = f"{label}: {name}: found {'none' if found is None else f'{found} axes'}, expected {count}"
            raise InputError(msg)


def _check_positive(values, label, smallest=0.0, or_zero=False):
    """Raise if a value is not positive, or smaller or larger than any is; zero may have a meaning."""
    is_zero = (values == 0) & or_zero
    bad = ~((values <= _LARGEST) & (values >= smallest) & (values > 0) | is_zero)
    if bad.any():
        first = np.unravel_index(np.argmax(bad), bad.shape)
        position = ", ".join(str(k + 1) for k in first)
        least = f"numbers from {smallest:g}" if smallest else "numbers above 0"
        least += " or 0" if or_zero else ""
        found = f"{values[first]} in element {position}"
        msg = f"{label}: found {found}, expected {least} and at most {_LARGEST}"
        raise InputError(msg)


def correction_by_size(row, npixels, wavelength):
    """
    Aperture correction of MIRI LRS spectra.

    Parameters
    ----------
    row : dict
        Row of the APCORR table: ``wavelength`` and ``size`` with their used
        lengths ``nelem_wl`` and ``nelem_size``, and ``apcorr`` (wavelength, size).
        Wavelengths may be in any order; sizes ascend [pixels].
    npixels : ndarray
        Number of pixels in the sum of each element (integrations, elements).
    wavelength : ndarray
        Wavelength (elements,) [um].

    Returns
    -------
    correction : ndarray
        Factors (integrations, elements); constant beyond the table.
    """
    n_wavelengths, n_sizes = int(row["nelem_wl"]), int(row["nelem_size"])
    order = np.argsort(row["wavelength"][:n_wavelengths])
    known = row["wavelength"][:n_wavelengths][order].astype(float)
    sizes = row["size"][:n_sizes].astype(float)
    if not (_ascends(known) and _ascends(sizes)):
        msg = "APCORR table: wavelengths must differ and sizes must ascend, two or more of each"
        raise InputError(msg)
    table = row["apcorr"][:n_wavelengths, :n_sizes][order].astype(float)
    # One curve of correction against size for each element of the spectrum.
    curves = _interpolate_rows(known, table, np.clip(wavelength, known[0], known[-1]))
    return _interpolate_sizes(np.broadcast_to(sizes, curves.shape), curves, npixels)


def correction_by_phase(row, npixels, wavelength, phase=0.5):
    """
    Aperture correction of NIRSpec slit spectra.

    Parameters
    ----------
    row : dict
        Row of the APCORR table: ``pixphase`` (phases,), ``wavelength``
        (wavelengths,), ``size`` (sizes, wavelengths) [pixels] and ``apcorr``
        (sizes, wavelengths, phases).
    npixels : ndarray
        Number of pixels in the sum of each element (elements,).
    wavelength : ndarray
        Wavelength (elements,) [um].
    phase : float, optional
        Position of the source in its pixel.

    Returns
    -------
    correction : ndarray
        Factors (elements,); 1 outside the table's wavelengths or phases, where
        its wavelengths or sizes do not ascend, and instead of 0.
    """
    from scipy.interpolate import interp1d

    correction = np.ones(len(wavelength))
    phases, order = row["pixphase"], np.argsort(row["wavelength"])
    known = row["wavelength"][order].astype(float)
    if not (_ascends(known) and phases.min() <= phase <= phases.max()):
        return correction
    inside = (wavelength >= known[0]) & (wavelength <= known[-1])
    # In the table's own precision up to here, as in jwst 3.0.0.
    at_phase = interp1d(phases, row["apcorr"])(phase).astype(float)
    sizes = interp1d(row["wavelength"], row["size"])(wavelength[inside]).T.astype(float)
    curves = _interpolate_rows(known, at_phase[:, order].T, wavelength[inside])
    ascending = (np.diff(sizes, axis=1) > 0).all(axis=1) & (sizes.shape[1] > 1)
    values = np.ones(len(curves))
    values[ascending] = _interpolate_sizes(
        sizes[ascending], curves[ascending], npixels[inside][ascending][np.newaxis]
    )[0]
    correction[inside] = np.where(values == 0, 1.0, values)
    return correction


def _ascends(values):
    """Whether there are two values or more, each above the one before."""
    return len(values) > 1 and bool((np.diff(values) > 0).all())


def _interpolate_rows(known, rows, wanted):
    """Interpolate between the rows (known, ...) of a table at the wanted positions (wanted,)."""
    low = np.clip(np.searchsorted(known, wanted, side="right") - 1, 0, len(known) - 2)
    part = (wanted - known[low]) / (known[low + 1] - known[low])
    part = part.reshape(-1, *[1] * (rows.ndim - 1))
    return rows[low] * (1.0 - part) + rows[low + 1] * part


def _interpolate_sizes(sizes, curves, npixels):
    """Correction at the sizes ``npixels`` (integrations, elements) on curves (elements, sizes)."""
    wanted = np.clip(npixels, sizes[:, 0], sizes[:, -1])
    low = np.zeros(wanted.shape, dtype=int)
    for boundary in range(1, sizes.shape[1] - 1):
        low += wanted >= sizes[:, boundary]
    element = np.arange(sizes.shape[0])
    left, right = sizes[element, low], sizes[element, low + 1]
    part = (wanted - left) / (right - left)
    return curves[element, low] * (1.0 - part) + curves[element, low + 1] * part


class ApertureCorrection:
    """
    Aperture correction of the spectra of one segment.

    Parameters
    ----------
    path : str or Path
        APCORR reference file.
    primary : dict
        Primary header of the segment.
    extraction : Extraction
        Wavelengths, position on the sky and slit of the spectra.

    Raises
    ------
    InputError
        If there is no correction for such data, or not exactly one.
    """

    def __init__(self, path, primary, extraction):
        self._by_phase = primary.get("INSTRUME") == "NIRSPEC"
        self._wavelength = extraction.wavelength
        self._factors = None
        self._row, unit = read_row(path, _selecting_keys(path, primary, extraction.name))
        (check_phases if self._by_phase else check_sizes)(self._row, f"{path}[APCORR]")
        if unit.startswith("arcsec"):
            self._row["size"] = self._row["size"] / self._pixel_scale(path, extraction)

    def _pixel_scale(self, path, extraction):
        """Size of a pixel across dispersion [arcsec]."""
        if extraction.position is None:
            msg = (
                f"{path}: sizes are in arcsec, but the WCS of the data gives no sky position; "
                "expected one, to convert them to pixels there"
            )
            raise InputError(msg)
        # The ends of NIRSpec's wavelength range may not be on the sky.
        wavelength = np.median(self._wavelength) if self._by_phase else self._wavelength.min()
        return extraction.coordinates.evaluate(
            float,
            cross_dispersion_scale,
            extraction.position,
            wavelength,
            extraction.dispersion_axis,
        )

    def __call__(self, npixels):
        """
        Correct the integrations that come next.

        Parameters
        ----------
        npixels : ndarray
            Number of pixels in each sum (integrations, elements).

        Returns
        -------
        factors : ndarray
            Factors (integrations, elements); or (elements,) for NIRSpec, where
            as in jwst 3.0.0 the first integration decides for all.
        """
        if not self._by_phase:
            return correction_by_size(self._row, npixels, self._wavelength)
        if self._factors is None:
            self._factors = correction_by_phase(self._row, npixels[0], self._wavelength)
        return self._factors


def _selecting_keys(path, primary, slit):
    """Values of the columns that select the row of the table."""
    exp_type = str(primary.get("EXP_TYPE"))
    mode = mode_of(exp_type)
    if not mode.has_aperture_correction:
        corrected = [name for name, other in MODES.items() if other.has_aperture_correction]
        msg = f"{path}: aperture correction for EXP_TYPE {exp_type}; expected {' or '.join(corrected)} data, or no such reference"
        raise InputError(msg)
    return {
        name: slit if name == "slit" else primary.get(name.upper())
        for name in mode.correction_columns
    }
