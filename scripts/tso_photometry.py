"""
Measure the aperture photometry of every integration of a segment: crfints to table.

Inputs
------
segment
    Segment with outliers flagged; the calibrated one where that step is skipped.
gain
    GAIN reference; only needed for data in DN/s.

Outputs
-------
photometry
    Photometry of the segment: ``PHOTOMETRY``, a row for each integration.
catalog
    The same with sky coordinates, ECSV; if asked for.

Settings
--------
tso_photometry/save_catalog
    Whether the table of each segment is written.
tso_photometry/centroid_source
    Whether the star is searched; otherwise its planned position is used.
tso_photometry/search_box_width, tso_photometry/fit_box_width
    Boxes in which the star is searched and in which its centroid is measured.
tso_photometry/moving_centroid
    Whether the aperture follows the star from one integration to the next.
tso_photometry/radius
    Radius of the aperture.
tso_photometry/radius_inner, tso_photometry/radius_outer
    Radii of the annulus of the background.
"""

import logging
import time

import numpy as np

from scripts.lib.checks.photometry import aperture_errors, segment_errors
from scripts.lib.errors import InputError
from scripts.lib.files.ecsv import write_quantities
from scripts.lib.fits.headers import read_hdus
from scripts.lib.fits.reader import open_fits
from scripts.lib.instruments.imaging import gain_section, sums_whole_array
from scripts.lib.photometry.image_series import ImageSeries, conversion
from scripts.lib.photometry.measurement import Settings, measure
from scripts.lib.photometry.sky import add_sky, check_units
from scripts.lib.photometry.table import COLUMNS, META_KEYWORDS, make_table, write_photometry
from scripts.lib.segment_data.impossible_values import segment_warnings
from scripts.lib.segment_data.int_times import mid_times
from scripts.lib.segment_data.integrations import first_integration
from scripts.lib.segment_data.world_coordinates import read_wcs

log = logging.getLogger(__name__)

# Electrons per DN; detectors of JWST have 1 to 6.
_SMALLEST_GAIN, _LARGEST_GAIN = 0.001, 1000


def apertures_sentence(settings, whole_array):
    """Sentence of the table's meta that says what was summed."""
    if whole_array:
        return (
            "Photometry measured as the sum of all values in the subarray.  "
            "No background subtraction was performed."
        )
    return (
        f"Photometry measured in a circular aperture of r={settings.radius} pixels.  "
        f"Background calculated as the mean in a circular annulus with "
        f"r_inner={settings.radius_inner} pixels and r_outer={settings.radius_outer} pixels."
    )


def open_series(source, gain_path):
    """
    Open the images of a segment for photometry.

    Parameters
    ----------
    source : FitsFile
        The segment.
    gain_path : str or Path
        Gain reference; read only for data in DN/s.

    Returns
    -------
    series : ImageSeries
        Images in units of flux.
    unit : str
        Unit of flux.

    Raises
    ------
    InputError
        If the gain of a pixel with a value is less or more than any detector has.
    """
    gain, sci = None, source.header("SCI")
    shape = source.shape("SCI")
    if sci["BUNIT"] == "DN/s":
        with open_fits(gain_path) as reference:
            rows, columns = gain_section(source.primary, shape[1:], reference.hdus)
            gain = reference.read("SCI", rows=rows)[:, columns].astype(np.float32)
        _check_gain(gain, source, gain_path)
    factor, unit = conversion(
        sci["BUNIT"], sci.get("PIXAR_SR"), source.primary.get("EFFINTTM"), gain
    )
    return ImageSeries(source.read, shape, factor), unit


def _check_gain(gain, source, path):
    """Raise if a pixel that the first integration has a value of has no usable gain."""
    # Of NaN, neither holds.
    bad = ~((gain >= _SMALLEST_GAIN) & (gain <= _LARGEST_GAIN)) & np.isfinite(
        source.read("SCI", slice(0, 1))[0]
    )
    if bad.any():
        row, column = np.unravel_index(np.argmax(bad), bad.shape)
        found = f"{gain[row, column]} at row {row + 1}, column {column + 1} of the segment"
        more = f" and in {np.count_nonzero(bad) - 1} more pixels"
        limits = f"{_SMALLEST_GAIN} to {_LARGEST_GAIN}"
        msg = f"{path}: SCI: found {found}{more}, expected a gain of {limits}"
        raise InputError(msg)


def _check(source, options, gain_path):
    """Raise one error with everything that prevents the photometry of a segment."""
    gain_hdus = read_hdus(gain_path) if gain_path else None
    errors = segment_errors(source.path, source.hdus, options, gain_path, gain_hdus)
    if errors:
        raise InputError(*map(str, errors))


def _check_annulus(source, options, columns):
    """Raise if the annulus around the star's position, where it was found, is beyond the array."""
    found = [columns[name][np.isfinite(columns[name])] for name in ("aperture_x", "aperture_y")]
    if all(map(len, found)):
        position, shape = [float(np.median(values)) + 1 for values in found], source.shape("SCI")
        here = options | {"centroid_source": False}
        if errors := aperture_errors(str(source.path), here, shape[1:], position):
            raise InputError("\n".join(map(str, errors)))


def _read_times(source):
    """Read the mid times of a segment's integrations."""
    table = source.read_table("INT_TIMES") if "INT_TIMES" in source else None
    utc, tdb = mid_times(table, first_integration(source.primary), source.shape("SCI")[0])
    return {"MJD": utc, "BJD_TDB": tdb}


def _write_catalog(path, table, segment):
    """Write the table of one segment in the form of the product's."""
    with open_fits(segment) as source:
        table = add_sky(table, read_wcs(source))
    check_units(table, segment)
    columns = {name: table.columns[name] for name in COLUMNS if name in table.columns}
    write_quantities(path, columns, table.units, table.meta)


def process(snakemake):
    """Write the photometry of one segment."""
    started = time.monotonic()
    options, gain_path = snakemake.params.options, snakemake.input.gain or None
    with open_fits(snakemake.input.segment) as source:
        _check(source, options, gain_path)
        settings, sci = Settings.from_options(options), source.header("SCI")
        series, unit = open_series(source, gain_path)
        whole_array = sums_whole_array(source.primary)
        planned = sci["XREF_SCI"] - 1.0, sci["YREF_SCI"] - 1.0
        columns = _read_times(source) | measure(series, planned, settings, whole_array)
        if not whole_array:
            _check_annulus(source, options, columns)
        meta = {name: source.primary.get(key) for name, key in META_KEYWORDS.items()}
        warnings = segment_warnings(source)
    meta["apertures"] = apertures_sentence(settings, whole_array)
    table = make_table(columns, unit, meta, has_background=not whole_array)
    write_photometry(snakemake.output.photometry, table, warnings)
    if snakemake.output.catalog:
        _write_catalog(snakemake.output.catalog, table, snakemake.input.segment)
    log.info("%s: %.1f s", snakemake.output.photometry, time.monotonic() - started)


if __name__ == "__main__":
    from scripts.lib.jobs.job import run_job

    run_job(snakemake, process)
