"""
Sum the flux of every spectrum over a wavelength range: x1dints to whtlt.

Inputs
------
x1dints
    Spectra of the product.
wavelengthrange
    WAVELENGTHRANGE reference: limits by filter and order; all wavelengths without it.

Outputs
-------
whtlt
    White-light curve of each detector and order, ECSV; its times are those of the spectra.

Settings
--------
white_light/min_wavelength, white_light/max_wavelength
    Limits of the sum; those of the reference where null.
"""

import logging
from dataclasses import dataclass

import numpy as np

from scripts.lib.files.ecsv import write_quantities
from scripts.lib.findings import stop_at_errors
from scripts.lib.fits.reader import open_fits
from scripts.lib.light_curves.wavelength_ranges import read_ranges, wavelength_range
from scripts.lib.provenance.input_warnings import new_warnings
from scripts.lib.provenance.reference_records import reference_texts
from scripts.lib.spectra.wavelength_limits import limit_findings

log = logging.getLogger(__name__)

_BLOCK_BYTES = 1 << 26
_LONGEST_EXPOSURE = np.int64(1 << 32)


@dataclass(frozen=True)
class SummedSpectra:
    """
    White-light sums of an EXTRACT1D table.

    Attributes
    ----------
    detector : str or None
        Detector; None where the table does not name one (SOSS).
    order : int
        Spectral order.
    mjd, bjd : ndarray
        Mid times (integrations,) [d]; NaN where unknown.
    flux : ndarray
        Summed flux (integrations,); NaN where no sample is finite.
    integration : ndarray
        Integration numbers (integrations,).
    """

    detector: str | None
    order: int
    mjd: np.ndarray
    bjd: np.ndarray
    flux: np.ndarray
    integration: np.ndarray


def sum_in_range(wavelength, flux, min_wavelength, max_wavelength):
    """
    Sum spectra over a wavelength range.

    Parameters
    ----------
    wavelength : ndarray
        Wavelengths (integrations, elements) [um].
    flux : ndarray
        Fluxes (integrations, elements).
    min_wavelength, max_wavelength : float
        Inclusive range [um].

    Returns
    -------
    total : ndarray
        Sums (integrations,) over the finite fluxes in the range; NaN without
        any. (jwst 3.0.0 gives 0 there, as if the star had vanished.)

    Examples
    --------
    >>> wavelength = np.array([[1.0, 2.0, 3.0], [1.0, 2.0, 3.0]])
    >>> flux = np.array([[1.0, 2.0, 4.0], [1.0, np.nan, 4.0]])
    >>> sum_in_range(wavelength, flux, 1.5, 3.0)
    array([6., 4.])
    """
    used = (wavelength >= min_wavelength) & (wavelength <= max_wavelength) & ~np.isnan(flux)
    total = np.where(used, flux, 0.0).sum(axis=1)
    return np.where(used.any(axis=1), total, np.nan)


def mark_first(times):
    """
    Mark the first occurrence of each time.

    Parameters
    ----------
    times : ndarray
        Times (n,); NaN for unknown.

    Returns
    -------
    first : ndarray of bool
        True for the first occurrence of every finite time.

    Examples
    --------
    >>> mark_first(np.array([1.0, 2.0, 1.0, np.nan]))
    array([ True,  True, False, False])
    """
    first = np.zeros(len(times), dtype=bool)
    first[np.unique(times, return_index=True)[1]] = True
    return first & ~np.isnan(times)


def light_curve_columns(spectra):
    """
    Arrange white-light sums into the columns of the light-curve table.

    Rows of a detector are its mid times, sorted, and every flux goes to the
    row of its own time, whatever the order of the tables. (jwst 3.0.0 sorts
    the times but not the fluxes.) A time met again in the same order and
    detector is left out; rows without a time are left out unless no spectrum
    has any: then integration numbers are the time base, of one exposure after
    the other.

    Parameters
    ----------
    spectra : list of SummedSpectra
        One for each EXTRACT1D table.

    Returns
    -------
    columns : dict of str to ndarray
        Columns in the order of the product, padded with NaN (integration
        numbers: with 0) to the longest detector.
    dropped : int
        Number of spectra left out.
    """
    timed = any(np.isfinite(table.mjd).any() for table in spectra)
    detectors = list(dict.fromkeys(table.detector for table in spectra))
    orders = list(dict.fromkeys(table.order for table in spectra))
    curves = [
        _detector_curves([table for table in spectra if table.detector == name], orders, timed)
        for name in detectors
    ]
    length = max(len(curve["key"]) for curve in curves)
    columns = {}
    for name, curve in zip(detectors, curves, strict=True):
        suffix = f"_{name}" if len(detectors) > 1 or str(name).upper() in ("NRS1", "NRS2") else ""
        columns[f"MJD_UTC{suffix}"] = _pad(curve["mjd"], length)
        columns[f"BJD_TDB{suffix}"] = _pad(curve["bjd"], length)
        if not timed:
            columns[f"integration_number{suffix}"] = _pad(curve["number"], length)
        for order in orders:
            part = f"_order_{order}" if len(orders) > 1 else ""
            columns[f"whitelight_flux{part}{suffix}"] = _pad(curve[order], length)
    return columns, sum(curve["dropped"] for curve in curves)


def _detector_curves(spectra, orders, timed):
    """Times of one detector, and a column of flux for each order."""
    keys = [table.mjd for table in spectra] if timed else _counts_up(spectra)
    key, first = np.unique(np.concatenate(keys), return_index=True)
    kept = ~np.isnan(key.astype(float))
    key, first = key[kept], first[kept]
    curve = {
        "key": key,
        "number": np.concatenate([table.integration for table in spectra])[first],
        "mjd": np.concatenate([table.mjd for table in spectra])[first],
        "bjd": np.concatenate([table.bjd for table in spectra])[first],
        "dropped": 0,
    }
    for order in orders:
        members = [
            (times, table)
            for times, table in zip(keys, spectra, strict=True)
            if table.order == order
        ]
        curve[order] = np.full(len(key), np.nan)
        if not members:
            continue
        times = np.concatenate([times for times, _ in members])
        flux = np.concatenate([table.flux for _, table in members])
        used = mark_first(times.astype(float))
        curve[order][np.searchsorted(key, times[used])] = flux[used]
        curve["dropped"] += int((~used).sum())
    return curve


def _counts_up(spectra):
    """Integration numbers of each table that go on where one of another exposure starts again."""
    numbers, taken = [], {}
    for table in spectra:
        exposures = taken.setdefault(table.order, [set()])
        if not exposures[-1].isdisjoint(table.integration.tolist()):
            exposures.append(set())
        exposures[-1].update(table.integration.tolist())
        numbers.append(table.integration + _LONGEST_EXPOSURE * (len(exposures) - 1))
    return numbers


def _pad(values, length):
    """Extend a column to ``length`` rows with NaN, or with 0 if it holds integers."""
    fill = 0 if values.dtype.kind in "iu" else np.nan
    return np.concatenate([values, np.full(length - len(values), fill, values.dtype)])


def _sum_table(product, version, limits):
    """Sum one EXTRACT1D table of an x1dints file by blocks of rows."""
    header = product.header("EXTRACT1D", version)
    order = header.get("SPORDER")
    n_rows, row_bytes = header["NAXIS2"], header["NAXIS1"]
    step = max(1, _BLOCK_BYTES // max(row_bytes, 1))
    flux = np.empty(n_rows)
    for first in range(0, n_rows, step):
        rows = slice(first, min(first + step, n_rows))
        block = product.read_columns("EXTRACT1D", ["WAVELENGTH", "FLUX"], version, rows)
        shape = (rows.stop - rows.start, -1)
        flux[rows] = sum_in_range(
            block["WAVELENGTH"].reshape(shape), block["FLUX"].reshape(shape), *limits
        )
    times = product.read_columns("EXTRACT1D", ["MJD-AVG", "TDB-MID", "INT_NUM"], version)
    start = header.get("INTSTART")
    integration = times["INT_NUM"] if start is None else start + np.arange(n_rows, dtype=np.int32)
    if np.isnan(flux).any():
        log.warning(
            "%s: order %s: %d spectra have no finite flux in the wavelength range; NaN",
            product.path,
            order,
            np.isnan(flux).sum(),
        )
    return SummedSpectra(
        header.get("DETECTOR"), order, times["MJD-AVG"], times["TDB-MID"], flux, integration
    )


def _find_limits(product, versions, options, reference):
    """Limits [um] of the sum of each table, and warnings; InputError if they hold no element of any."""
    user_limits = [options[f"{end}_wavelength"] for end in ("min", "max")]
    limits, by_name, wavelengths = [], {}, {}
    for version in versions:
        header = product.header("EXTRACT1D", version)
        order, filter_name = header.get("SPORDER"), product.primary.get("FILTER")
        limits.append(wavelength_range(order, filter_name, reference, *user_limits))
        name = f"{header.get('DETECTOR') or product.primary.get('DETECTOR')} order {order}"
        rows = slice(0, min(1, header["NAXIS2"]))
        first = product.read_columns("EXTRACT1D", ["WAVELENGTH"], version, rows)["WAVELENGTH"]
        wavelengths[name] = np.append(wavelengths.get(name, []), first.ravel())
        by_name[name] = limits[-1]
    is_limited = user_limits != [None, None]
    if not is_limited and reference is None:
        return limits, []
    key = {} if is_limited else {"key": "references/wavelengthrange"}
    findings = limit_findings(wavelengths, by_name, **key)
    stop_at_errors(findings)
    return limits, [str(finding) for finding in findings]


def _table_meta(primary):
    """Meta of the light-curve table from the primary header."""
    keywords = {
        "instrument": "INSTRUME",
        "exp_type": "EXP_TYPE",
        "subarray": "SUBARRAY",
        "filter": "FILTER",
        "pupil": "PUPIL",
        "target_name": "TARGNAME",
    }
    return {name: primary.get(keyword) for name, keyword in keywords.items()}


def process(snakemake):
    """Turn one x1dints product into its white-light curve."""
    with open_fits(snakemake.input.x1dints) as product:
        wavelengthrange = snakemake.input.wavelengthrange
        reference = read_ranges(wavelengthrange) if wavelengthrange else None
        versions = range(1, 1 + sum(hdu.name == "EXTRACT1D" for hdu in product.hdus))
        limits, found = _find_limits(product, versions, snakemake.params.options, reference)
        spectra = [_sum_table(product, *pair) for pair in zip(versions, limits, strict=True)]
        header = product.header("EXTRACT1D")
        unit = next(
            header.get(f"TUNIT{number}")
            for number in range(1, header["TFIELDS"] + 1)
            if header[f"TTYPE{number}"] == "FLUX"
        )
        meta = _table_meta(product.primary)
        warnings = list(snakemake.params.input_warnings)
        found += new_warnings(product.hdus[0].cards, warnings)
    columns, dropped = light_curve_columns(spectra)
    if dropped:
        total = sum(len(table.flux) for table in spectra)
        found.append(
            f"{dropped} of {total} spectra have no mid time of their own: not in this table"
        )
    for warning in found:
        log.warning("%s", warning)
    meta["number_of_integrations"] = len(next(iter(columns.values())))
    if any(name.startswith("integration_number") for name in columns):
        meta["time_base"] = "integration number: INT_TIMES gives no times for these data"
        log.warning("no spectrum has a mid time: integration numbers are the time base")
    used = {"wavelengthrange": wavelengthrange or None}
    if records := reference_texts(snakemake, used):
        meta["reference_files"] = records
    if warnings := [*warnings, *found]:
        meta["input_warnings"] = warnings
    units = {name: unit or None for name in columns if name.startswith("whitelight")}
    write_quantities(snakemake.output.whtlt, columns, units, meta)


if __name__ == "__main__":
    from scripts.lib.jobs.job import run_job

    # The step collect_spectra has logged the warnings about the input.
    run_job(snakemake, process, logs_input_warnings=False)
