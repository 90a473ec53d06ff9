"""Write and read the photometry of one segment as a FITS table."""

from dataclasses import dataclass

import numpy as np

from scripts.lib.fits.cards import format_card, set_card
from scripts.lib.fits.extensions import table_cards, table_rows
from scripts.lib.fits.reader import open_fits
from scripts.lib.fits.writer import ProductWriter
from scripts.lib.segment_data.step_record import append_record

__all__ = [
    "BACKGROUND_COLUMNS",
    "COLUMNS",
    "META_KEYWORDS",
    "PhotometryTable",
    "make_table",
    "read_photometry",
    "write_photometry",
]

_TABLE = "PHOTOMETRY"
_FLUX, _PIXEL, _DEGREE = "flux", "pix", "deg"

# Columns of the table in their order, with the kind of their unit: None for times.
COLUMNS = {
    "MJD": None,
    "BJD_TDB": None,
    "aperture_sum": _FLUX,
    "aperture_sum_err": _FLUX,
    "annulus_sum": _FLUX,
    "annulus_sum_err": _FLUX,
    "annulus_mean": _FLUX,
    "annulus_mean_err": _FLUX,
    "aperture_bkg": _FLUX,
    "aperture_bkg_err": _FLUX,
    "net_aperture_sum": _FLUX,
    "net_aperture_sum_err": _FLUX,
    "aperture_x": _PIXEL,
    "aperture_y": _PIXEL,
    "aperture_ra_icrs": _DEGREE,
    "aperture_dec_icrs": _DEGREE,
    "centroid_x": _PIXEL,
    "centroid_y": _PIXEL,
    "psf_width_x": _PIXEL,
    "psf_width_y": _PIXEL,
    "psf_flux": _FLUX,
}
BACKGROUND_COLUMNS = (
    "annulus_sum",
    "annulus_sum_err",
    "annulus_mean",
    "annulus_mean_err",
    "aperture_bkg",
    "aperture_bkg_err",
)

# Descriptions of the table, with the keywords that have them in FITS.
META_KEYWORDS = {
    "instrument": "INSTRUME",
    "detector": "DETECTOR",
    "channel": "CHANNEL",
    "subarray": "SUBARRAY",
    "filter": "FILTER",
    "pupil": "PUPIL",
    "target_name": "TARGNAME",
    "apertures": "APERTURE",
}


@dataclass(frozen=True)
class PhotometryTable:
    """
    A photometry table.

    Attributes
    ----------
    columns : dict of str to ndarray
        Columns (integrations,), float64 or float32, in the order of ``COLUMNS``.
    units : dict of str to (str or None)
        Unit of each column.
    meta : dict of str to (str or None)
        Descriptions, in the order of ``META_KEYWORDS``.
    """

    columns: dict
    units: dict
    meta: dict


def make_table(columns, flux_unit, meta, has_background=True):
    """
    Make a table of columns in their order and with their units.

    Parameters
    ----------
    columns : dict of str to ndarray
        Columns (integrations,), some of ``COLUMNS``.
    flux_unit : str
        Unit of fluxes.
    meta : dict of str to (str or None)
        Descriptions.
    has_background : bool, optional
        Whether a background was measured; without it its columns have no unit.

    Returns
    -------
    table : PhotometryTable
        The table.
    """
    units = {
        name: flux_unit if kind == _FLUX else kind
        for name, kind in COLUMNS.items()
        if name in columns
    }
    if not has_background:
        units |= dict.fromkeys(BACKGROUND_COLUMNS)
    return PhotometryTable({name: columns[name] for name in units}, units, meta)


def write_photometry(path, table, warnings=()):
    """
    Write a photometry table as FITS, without loss; whole or not at all.

    Parameters
    ----------
    path : str or Path
        The file.
    table : PhotometryTable
        The table.
    warnings : sequence of str, optional
        What the steps found in the data, one line each, for
        :func:`~scripts.lib.segment_data.step_record.read_record`.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    rows = table_rows(table.columns)
    primary = [
        format_card("SIMPLE", True, "conforms to FITS"),
        format_card("BITPIX", 8),
        format_card("NAXIS", 0),
        format_card("EXTEND", True),
    ]
    for name, keyword in META_KEYWORDS.items():
        if table.meta.get(name) is not None:
            set_card(primary, keyword, table.meta[name], name)
    with ProductWriter(path) as product:
        product.append_hdu(primary)
        offset = product.append_hdu(table_cards(_TABLE, rows, table.units), rows.nbytes)
        product.write(rows.view(np.uint8), offset)
        append_record(product, None, warnings)


def read_photometry(path):
    """
    Read a photometry table that :func:`write_photometry` wrote.

    Parameters
    ----------
    path : str or Path
        The file.

    Returns
    -------
    table : PhotometryTable
        The table as it was written.

    Raises
    ------
    InputError
        If the file cannot be read or has no such table.
    """
    with open_fits(path) as file:
        rows, header = file.read_table(_TABLE), file.header(_TABLE)
        meta = {name: file.primary.get(keyword) for name, keyword in META_KEYWORDS.items()}
    names = rows.dtype.names
    units = {name: header.get(f"TUNIT{k}") for k, name in enumerate(names, start=1)}
    return PhotometryTable({name: rows[name] for name in names}, units, meta)
