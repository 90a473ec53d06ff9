"""
Put the spectra of all segments into one product: spectra to x1dints.

Inputs
------
spectra
    Spectra of each segment, in the order of the product.
association
    Association of the product; named in its header. A change of it makes the product again.

Outputs
-------
x1dints
    Product: the tables of all segments in their order, and the times.

Settings
--------
adaptive_trace_model/skip
    Whether the trace is modelled, as the product is to say.
"""

import logging
import tempfile
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from scripts.lib.errors import InputError
from scripts.lib.fits.cards import set_card
from scripts.lib.fits.reader import open_fits
from scripts.lib.fits.writer import ProductWriter
from scripts.lib.provenance.input_warnings import warning_lines
from scripts.lib.provenance.reference_records import add_records, recorded_texts
from scripts.lib.provenance.software import JWST_VERSION, history_line
from scripts.lib.segment_data.integrations import NUMBER, UTC, exposure_key
from scripts.lib.segment_data.step_record import KEYWORDS, read_record

log = logging.getLogger(__name__)

_SOSS_KEYWORDS = {
    "TIKRESID": (max, "Largest relative residual of a linear solution"),
    "SOSSNGRD": (max, "Points of the largest wavelength grid"),
    "SOSSDECO": (all, "Orders decontaminated"),
    "SOSSBADP": (min, "Treatment of bad pixels"),
}


def merge_times(tables, exposures, names=(NUMBER,)):
    """
    Merge tables of times of the segments of one detector.

    Parameters
    ----------
    tables : list of ndarray
        Structured arrays with the columns `names`.
    exposures : list of (tuple or None)
        Exposure of each table, from
        :func:`~scripts.lib.segment_data.integrations.exposure_key`.
    names : sequence of str, optional
        Columns that identify a row of an exposure.

    Returns
    -------
    merged : ndarray
        One row for each integration of each exposure: exposures in the order in which they
        are met, rows by `names`, ascending; the first of equal ones. Without known
        exposures rows are equal if their mid times in UTC are as well. (jwst 3.0.0
        makes NINTS rows, with zeros or copies of other rows where a segment is
        missing, and keeps the last detector and the last exposure only.)
    """
    parts = {}
    for table, exposure in zip(tables, exposures, strict=True):
        parts.setdefault(exposure, []).append(table)
    return np.concatenate([_merge(parts[key], names, key is None) for key in parts])


def _merge(tables, names, by_time):
    """Merge the tables of one exposure, or by time as well those of unknown exposures."""
    rows = np.concatenate(tables)
    keys = [rows[name] for name in names]
    first = _first_rows(keys)
    if by_time and UTC[1] in rows.dtype.names:
        timed = _first_rows([*keys, np.nan_to_num(rows[UTC[1]])])
        # A number that occurs at two times is of two exposures.
        if len(timed) > len(first):
            return rows[np.sort(timed)]
    return rows[first]


def _first_rows(keys):
    """Index of the first row of each key, in the order of the keys."""
    return np.unique(np.rec.fromarrays(keys), return_index=True)[1]


def distinct_int_times(tables, detectors, exposures):
    """
    INT_TIMES of each detector, where they differ.

    Parameters
    ----------
    tables : list of ndarray
        INT_TIMES of each segment.
    detectors : list of str
        Detector of each segment.
    exposures : list of (tuple or None)
        Exposure of each segment, as for :func:`merge_times`.

    Returns
    -------
    merged : dict of str to ndarray
        Merged table of each detector in the order of the segments; only the
        first detector's when all are equal.
    """
    merged = {}
    for detector in dict.fromkeys(detectors):
        chosen = [k for k, owner in enumerate(detectors) if owner == detector]
        merged[detector] = merge_times([tables[k] for k in chosen], [exposures[k] for k in chosen])
    first = next(iter(merged))
    if all(np.array_equal(table, merged[first]) for table in merged.values()):
        return {first: merged[first]}
    return merged


def same_columns(tables):
    """
    Give tables of times the columns of the first one, by name.

    Parameters
    ----------
    tables : list of FitsFile
        Spectra of each segment, with INT_TIMES.

    Returns
    -------
    rows : list of ndarray
        Structured array of each, with the columns of the first in its order.

    Raises
    ------
    InputError
        If a table has no such column of numbers.
    """
    rows = [spectra.read_table("INT_TIMES") for spectra in tables]
    dtype = rows[0].dtype
    made = []
    for spectra, table in zip(tables, rows, strict=True):
        missing = [
            name
            for name in dtype.names
            if name not in table.dtype.names or table.dtype[name].shape != dtype[name].shape
        ]
        if missing:
            expected = f"the columns of {tables[0].path.name}"
            msg = f"{spectra.path}: INT_TIMES: found no {', '.join(missing)}, expected {expected}"
            raise InputError(msg)
        same = np.empty(len(table), dtype)
        for name in dtype.names:
            same[name] = table[name]
        made.append(same)
    return made


def _int_times_hdus(tables, primaries):
    """INT_TIMES of each detector as FITS table HDUs; the second names its detector."""
    from astropy.io import fits

    detectors = [primary.get("DETECTOR") for primary in primaries]
    merged = distinct_int_times(tables, detectors, list(map(exposure_key, primaries)))
    hdus = []
    for version, (detector, table) in enumerate(merged.items(), start=1):
        hdu = fits.BinTableHDU(table, name="INT_TIMES", ver=version)
        if len(merged) > 1:
            hdu.header["DETECTOR"] = (detector, "detector these times are of")
            log.info("%s has INT_TIMES of its own: INT_TIMES,%d", detector, version)
        hdus.append(hdu)
    return hdus


def product_times(files):
    """
    Tables of times of the product.

    Parameters
    ----------
    files : list of FitsFile
        Spectra of each segment, in the order of the product.

    Returns
    -------
    hdus : list of astropy.io.fits.BinTableHDU
        INT_TIMES of each detector where they differ, and INT_TIMES_STRIPE of
        superstripe subarrays, each integration and stripe of an exposure once, in order;
        tables that no segment has are left out.
    """
    from astropy.io import fits

    timed = [spectra for spectra in files if "INT_TIMES" in spectra]
    hdus = []
    if timed:
        hdus += _int_times_hdus(same_columns(timed), [spectra.primary for spectra in timed])
    striped = [spectra for spectra in files if "INT_TIMES_STRIPE" in spectra]
    if striped:
        tables = [spectra.read_table("INT_TIMES_STRIPE") for spectra in striped]
        exposures = [exposure_key(spectra.primary) for spectra in striped]
        rows = merge_times(tables, exposures, tables[0].dtype.names[:2])
        hdus.append(fits.BinTableHDU(rows, name="INT_TIMES_STRIPE"))
    return hdus


def _set_model_keywords(cards, files):
    """Set the keywords of NIRISS SOSS's models, which are in no schema, from the segments' headers."""
    for keyword, (choose, comment) in _SOSS_KEYWORDS.items():
        values = [spectra.primary.get(keyword) for spectra in files]
        values = [value for value in values if value is not None]
        if values:
            set_card(cards, keyword, choose(values), comment, after="R_")


def _set_step_records(cards, files):
    """Set how many samples pixel_replace filled, of all segments; return what their steps found."""
    records = [read_record(spectra) for spectra in files]
    counts = [found for found, _ in records if found]
    # Each is put in front of the one before.
    for method, (keyword, comment) in reversed(KEYWORDS.items()) if counts else ():
        set_card(cards, keyword, sum(found[method] for found in counts), comment, after="R_")
    return list(dict.fromkeys(text for _, found in records for text in found))


def _write_product(path, skeleton, files, warnings, models_trace):
    """Write the product: headers and small tables from the skeleton, rows from the segments' files."""
    tables = [
        (spectra, hdu) for spectra in files for hdu in spectra.hdus if hdu.name == "EXTRACT1D"
    ]
    with ProductWriter(path) as product:
        for hdu in skeleton.hdus:
            cards, source, rows = list(hdu.cards), skeleton, hdu
            if hdu.name == "PRIMARY":
                _set_model_keywords(cards, files)
                if not models_trace:
                    # Models that were made to replace pixels do not count.
                    set_card(cards, "S_TRCMOD", "SKIPPED")
                headers = [spectra.hdus[0].cards for spectra in files]
                add_records(cards, recorded_texts(headers))
                for line in warning_lines([*warnings, *_set_step_records(cards, files)]):
                    set_card(cards, "HISTORY", line)
                made = history_line(f"calwebb_tso3 as of jwst {JWST_VERSION}")
                set_card(cards, "HISTORY", made)
            if hdu.name == "EXTRACT1D":
                source, rows = tables.pop(0)
                set_card(cards, "NAXIS2", rows.header["NAXIS2"])
                first = source.primary.get("INTSTART")
                if first is not None:
                    set_card(
                        cards, "INTSTART", first, "Number of the first integration of this table"
                    )
            product.copy_data(source, rows, product.append_hdu(cards, rows.data_bytes))


def process(snakemake):
    """Write the x1dints product from the spectra of its segments."""
    path = Path(snakemake.output.x1dints)
    with ExitStack() as stack:
        files = [stack.enter_context(open_fits(name)) for name in snakemake.input.spectra]
        if not any("EXTRACT1D" in spectra for spectra in files):
            msg = f"{path.name}: no spectrum was extracted from any segment; see the logs of extract_1d"
            raise InputError(msg)
        from scripts.lib.spectra.product import product_skeleton

        asn_pool, asn_table = snakemake.params.asn_pool, snakemake.params.asn_table
        hdus = product_skeleton(path.name, files, asn_pool, asn_table)
        for position, hdu in enumerate(product_times(files), start=1):
            hdus.insert(position, hdu)
        with tempfile.TemporaryDirectory() as folder:
            hdus.writeto(Path(folder) / "skeleton.fits")
            skeleton = stack.enter_context(open_fits(Path(folder) / "skeleton.fits"))
            warnings = snakemake.params.input_warnings
            models_trace = not snakemake.params.adaptive_trace_model["skip"]
            _write_product(path, skeleton, files, warnings, models_trace)


if __name__ == "__main__":
    from scripts.lib.jobs.job import run_job

    run_job(snakemake, process)
