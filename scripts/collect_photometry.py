"""
Stack the photometry of all segments into one table: photometry to phot.

Inputs
------
photometry
    Photometry of each segment, in the order of the product.
segments
    The segments, for their world coordinates.
association
    Association of the product; a change of it makes the table again.

Outputs
-------
phot
    Photometry of the product, ECSV; of several detectors with a column ``detector``.
"""

import logging
from itertools import chain

import numpy as np

from scripts.lib.errors import InputError
from scripts.lib.files.ecsv import write_quantities
from scripts.lib.fits.reader import open_fits
from scripts.lib.photometry.sky import add_sky, check_units
from scripts.lib.photometry.table import COLUMNS, PhotometryTable, read_photometry
from scripts.lib.segment_data.step_record import read_record
from scripts.lib.segment_data.world_coordinates import check_sky, evaluation_errors, read_wcs

log = logging.getLogger(__name__)


def stack(tables, names):
    """
    Stack tables in their order.

    Parameters
    ----------
    tables : list of PhotometryTable
        Tables of the segments.
    names : list of str
        Names of the tables in messages.

    Returns
    -------
    table : PhotometryTable
        All rows. A column that a table does not have (the width of a star that
        was not found) is NaN in its rows. Of descriptions that differ, the last
        one is kept, with a warning; ``number_of_integrations`` is the number of
        rows. Tables of several detectors: the rows of a detector follow each other,
        a column ``detector`` names it, and the description names all. (jwst 3.0.0 mixes the rows.)

    Raises
    ------
    InputError
        If the units of a column differ.
    """
    detectors = [table.meta["detector"] or "" for table in tables]
    order = sorted(range(len(tables)), key=lambda k: detectors.index(detectors[k]))
    tables, names = [tables[k] for k in order], [names[k] for k in order]
    units = _common_units(tables, names)
    columns = {
        name: np.concatenate(
            [table.columns.get(name, np.full(_length(table), np.nan)) for table in tables]
        )
        for name in units
    }
    meta = _common_meta(tables, names)
    meta["number_of_integrations"] = sum(map(_length, tables))
    if len(set(detectors)) > 1:
        meta["detector"] = ", ".join(dict.fromkeys(detectors))
        owners = np.repeat([detectors[k] for k in order], list(map(_length, tables)))
        columns = {"detector": owners} | columns
    return PhotometryTable(columns, units, meta)


def _length(table):
    """Number of rows of a table."""
    return len(table.columns["MJD"])


def _common_units(tables, names):
    """Unit of each column that any table has; InputError where they differ."""
    units = {}
    for column in COLUMNS:
        found = [
            (table.units[column], name)
            for table, name in zip(tables, names, strict=True)
            if column in table.units
        ]
        for unit, name in found:
            if unit != found[0][0]:
                msg = f"{name}: {column}: found unit {unit}, expected {found[0][0]} as in {found[0][1]}"
                raise InputError(msg)
        if found:
            units[column] = found[0][0]
    return units


def _common_meta(tables, names):
    """Descriptions of all tables together."""
    meta = dict(tables[0].meta)
    for table, name in zip(tables, names, strict=True):
        for key, value in table.meta.items():
            if value is None or value == meta[key]:
                continue
            if meta[key] is not None and key != "detector":
                log.warning("%s: %s is %r, not %r as before it", name, key, value, meta[key])
            meta[key] = value
    return meta


def _read(path, segment):
    """Table of one segment with its sky coordinates, and what the steps have found in its data."""
    table = read_photometry(path)
    with open_fits(path) as file:
        _, warnings = read_record(file)
    with open_fits(segment) as source:
        wcs = read_wcs(source)
        with evaluation_errors(source.path):
            table = add_sky(table, wcs)
        names = ("aperture_ra_icrs", "aperture_dec_icrs")
        sky = np.array([table.columns[name] for name in names])
        # All positions of a segment are in one array of pixels.
        for position in sky.T[np.isfinite(sky).all(axis=0)][:1]:
            check_sky(source.path, source.primary, position)
    return table, warnings


def process(snakemake):
    """Write the photometry table of one product."""
    paths, segments = list(snakemake.input.photometry), list(snakemake.input.segments)
    tables, found = zip(*map(_read, paths, segments), strict=True)
    table = stack(tables, segments)
    check_units(table, segments[0])
    if records := list(snakemake.params.reference_files):
        table.meta["reference_files"] = records
    if warnings := list(dict.fromkeys([*snakemake.params.input_warnings, *chain(*found)])):
        table.meta["input_warnings"] = warnings
    write_quantities(snakemake.output.phot, table.columns, table.units, table.meta)
    log.info("%s: %d integrations", snakemake.output.phot, table.meta["number_of_integrations"])


if __name__ == "__main__":
    from scripts.lib.jobs.job import run_job

    run_job(snakemake, process)
