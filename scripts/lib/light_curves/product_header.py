"""Headers of the light-curve products of our own."""

from scripts.lib.fits.cards import format_card
from scripts.lib.fits.extensions import image_cards, table_cards, table_rows
from scripts.lib.provenance.input_warnings import warning_lines
from scripts.lib.provenance.reference_records import history_lines
from scripts.lib.provenance.software import SOFTWARE, file_date, history_line

__all__ = [
    "append_image",
    "append_table",
    "append_times",
    "label_cards",
    "labels_of",
    "primary_cards",
]

# Keywords of the first segment that say what was observed, and their comments.
_COPIED = {
    "TELESCOP": "Telescope",
    "INSTRUME": "Instrument",
    "EXP_TYPE": "Type of data in the exposure",
    "FILTER": "Filter",
    "PUPIL": "Pupil wheel element",
    "GRATING": "Grating",
    "SUBARRAY": "Subarray",
    "TARGNAME": "Target",
    "TARGPROP": "Proposer's name for the target",
    "TARG_RA": "[deg] Right ascension of the target",
    "TARG_DEC": "[deg] Declination of the target",
    "PROGRAM": "Program number",
    "OBSERVTN": "Observation number",
    "VISIT": "Visit number",
    "PI_NAME": "Principal investigator",
    "DATE-OBS": "[yyyy-mm-dd] UTC date at start of first exposure",
    "TIME-OBS": "[hh:mm:ss.sss] UTC time at start of exposure",
    "DATE-BEG": "UTC start of first exposure",
    "DATE-END": "UTC end of first exposure",
    "CAL_VER": "Calibration software version of the input",
    "CRDS_CTX": "Context of the reference files of earlier stages",
}
_TIME_COMMENTS = {
    "MJD_UTC": "mid time, UTC: JD - 2400000.5",
    "BJD_TDB": "mid time, TDB, barycentre: BJD - 2400000.5",
    "SEGMENT": "number of the segment",
    "INTEGRATION": "number in the exposure, from 1",
}
# The standard's words for the scale of each time, and the place for which it is ; of
# UTC none is given, which would need the telescope's orbit.
_TIME_CARDS = (
    ("MJDREF", 0.0, "times are MJD, counted from 0"),
    ("TCTYP1", "UTC", "time scale of MJD_UTC"),
    ("TCTYP2", "TDB", "time scale of BJD_TDB"),
    ("TRPOS2", "BARYCENTER", "BJD_TDB is that at the barycentre"),
)


def primary_cards(what, primary, options, warnings=(), records=()):
    """
    Primary header of a product of our own.

    Parameters
    ----------
    what : str
        What the product holds, for the HISTORY.
    primary : dict
        Keywords of a segment's primary header.
    options : dict of str to (value, comment)
        Further keywords.
    warnings : iterable of str, optional
        Warnings about the input, for the HISTORY.
    records : iterable of str, optional
        Records of reference files, as `reference_records` makes them, for the HISTORY.

    Returns
    -------
    cards : list of str
        Cards without END.
    """
    known = {name: primary.get(name) for name in _COPIED}
    return [
        format_card("SIMPLE", True, "conforms to FITS"),
        format_card("BITPIX", 8),
        format_card("NAXIS", 0),
        format_card("EXTEND", True),
        *(
            format_card(name, known[name], _COPIED[name])
            for name in known
            if known[name] is not None
        ),
        format_card("DATE", file_date(), "UTC date this file was made"),
        format_card("CREATOR", SOFTWARE, "Software that made this file"),
        format_card("TIMEUNIT", "d", "Unit of the times"),
        format_card("TIMEOFF", 2400000.5, "[d] to add to MJD_UTC and BJD_TDB for JD"),
        *(format_card(name, value, comment) for name, (value, comment) in options.items()),
        format_card("HISTORY", history_line(what)),
        *(format_card("HISTORY", line) for line in history_lines(records)),
        *(format_card("HISTORY", line) for line in warning_lines(warnings)),
    ]


def label_cards(detector, order):
    """
    Cards that name a detector and spectral order.

    Parameters
    ----------
    detector : str
        Detector, may be empty.
    order : int
        Spectral order.

    Returns
    -------
    cards : list of str
        DETECTOR and SPORDER.
    """
    return [
        format_card("DETECTOR", detector or "N/A", "Detector"),
        format_card("SPORDER", order, "Spectral order"),
    ]


def append_times(product, columns, version, extra=()):
    """
    Add the table TIME to a product.

    Parameters
    ----------
    product : ProductWriter
        The file.
    columns : dict of str to ndarray
        ``mjd_utc``, ``bjd_tdb``, ``segment`` and ``integration`` (integrations,), as of
        `spectral_series.series_times`.
    version, extra
        As for :func:`append_table`.

    Notes
    -----
    Both times are modified Julian dates; comments, time scales (TCTYPn) and MJDREF say so.
    """
    columns = {name.upper(): columns[name.lower()] for name in _TIME_COMMENTS}
    cards = [format_card(*card) for card in _TIME_CARDS]
    units = dict.fromkeys(("MJD_UTC", "BJD_TDB"), "d")
    append_table(product, columns, units, "TIME", version, _TIME_COMMENTS, [*cards, *extra])


def append_table(product, columns, units, name, version, comments, extra=()):
    """
    Add a binary table to a product.

    Parameters
    ----------
    product : ProductWriter
        The file.
    columns : dict of str to ndarray
        Columns (rows,).
    units : dict of str to str
        Units of those that have one.
    name : str
        Name of the extension (EXTNAME).
    version : int
        Number among those of this name (EXTVER).
    comments : dict of str to str
        What each column is.
    extra : iterable of str, optional
        Further cards.
    """
    rows = table_rows(columns)
    cards = [*table_cards(name, rows, units, version, comments), *extra]
    offset = product.append_hdu(cards, rows.nbytes)
    product.write(memoryview(rows).cast("B") if rows.size else b"", offset)


def append_image(product, name, shape, bitpix, version, unit, extra=()):
    """
    Reserve room for an image in a product.

    Parameters
    ----------
    product : ProductWriter
        The file.
    name, version, extra
        As for :func:`append_table`.
    shape : tuple of int
        Shape in numpy order.
    bitpix : int
        Type of the values (BITPIX).
    unit : str or None
        Unit of the values.

    Returns
    -------
    offset : int
        Offset of its data in the file.
    """
    size = shape[0] * shape[1] * abs(bitpix) // 8
    return product.append_hdu([*image_cards(name, shape, bitpix, version, unit), *extra], size)


def labels_of(file, table, unnamed="unknown"):
    """
    Read of which detectors and orders a product is.

    Parameters
    ----------
    file : FitsFile
        A product of our own, open.
    table : str
        Name of its tables, of which each detector and order has one.
    unnamed : str, optional
        Name of a detector without one; by default that of the table of light curves.

    Returns
    -------
    labels : list of (str, int)
        Detector and order of each EXTVER from 1 on.
    """
    count = sum(hdu.name == table for hdu in file.hdus)
    headers = [file.header("FLUX", version) for version in range(1, 1 + count)]
    names = (unnamed if header["DETECTOR"] == "N/A" else header["DETECTOR"] for header in headers)
    return list(zip(names, (header["SPORDER"] for header in headers), strict=True))
