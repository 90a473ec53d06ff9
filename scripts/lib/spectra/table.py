"""Layout of the EXTRACT1D table of a time series: columns, units, rows and keywords."""

import numpy as np

from scripts.lib.fits.cards import format_card, set_card
from scripts.lib.fits.extensions import column_cards, table_shape_cards

__all__ = [
    "CALIBRATED_UNITS",
    "COUNT_RATE_UNITS",
    "SLIT_KEYWORDS",
    "fill_rows",
    "row_dtype",
    "table_cards",
]

_UNSIGNED_ZERO = 1 << 31
_FLUX, _FLUX_VARIANCE = "flux", "flux variance"
_BRIGHTNESS, _BRIGHTNESS_VARIANCE = "brightness", "brightness variance"

# Columns with a value for each spectral element: name, kind of unit.
_VECTORS = (
    ("WAVELENGTH", "um"),
    ("FLUX", _FLUX),
    ("FLUX_ERROR", _FLUX),
    ("FLUX_VAR_POISSON", _FLUX_VARIANCE),
    ("FLUX_VAR_RNOISE", _FLUX_VARIANCE),
    ("FLUX_VAR_FLAT", _FLUX_VARIANCE),
    ("SURF_BRIGHT", _BRIGHTNESS),
    ("SB_ERROR", _BRIGHTNESS),
    ("SB_VAR_POISSON", _BRIGHTNESS_VARIANCE),
    ("SB_VAR_RNOISE", _BRIGHTNESS_VARIANCE),
    ("SB_VAR_FLAT", _BRIGHTNESS_VARIANCE),
    ("DQ", None),
    ("BACKGROUND", _BRIGHTNESS),
    ("BKGD_ERROR", _BRIGHTNESS),
    ("BKGD_VAR_POISSON", _BRIGHTNESS_VARIANCE),
    ("BKGD_VAR_RNOISE", _BRIGHTNESS_VARIANCE),
    ("BKGD_VAR_FLAT", _BRIGHTNESS_VARIANCE),
    ("NPIXELS", None),
)
_TIMES = ("MJD-BEG", "MJD-AVG", "MJD-END", "TDB-BEG", "TDB-MID", "TDB-END")
_UNSIGNED = ("DQ", "N_ALONGDISP")

CALIBRATED_UNITS = {
    _FLUX: "Jy",
    _FLUX_VARIANCE: "Jy^2",
    _BRIGHTNESS: "MJy/sr",
    _BRIGHTNESS_VARIANCE: "MJy^2 / sr^2",
}
COUNT_RATE_UNITS = {
    _FLUX: "DN/s",
    _FLUX_VARIANCE: "DN^2 / s^2",
    _BRIGHTNESS: "DN/s",
    _BRIGHTNESS_VARIANCE: "DN^2 / s^2",
}

# Keywords of the table, in their order, with their comments.
_KEYWORDS = {
    "SLTNAME": "Slit name",
    "SLITID": "Slitlet ID",
    "SOURCEID": "Source ID number",
    "SRCNAME": "Source name",
    "SRCALIAS": "Source alias",
    "STLARITY": "Source stellarity",
    "SRCTYPE": "Source type used for calibration",
    "TA_XPOS": "Source x-position in TA verification image",
    "TA_YPOS": "Source y-position in TA verification image",
    "SRCXPOS": "Source position in slit (x-axis)",
    "SRCYPOS": "Source position in slit (y-axis)",
    "SRCRA": "Right Ascension of the source",
    "SRCDEC": "Declination of the source",
    "EXTRXSTR": "X axis start of extraction region",
    "EXTRXSTP": "X axis end of extraction region",
    "EXTRYSTR": "Y axis start of extraction region",
    "EXTRYSTP": "Y axis end of extraction region",
    "SHUTSTA": "All (open and close) shutters in a slit",
    "SLIT_RA": "[deg] Right Ascension at middle of slit",
    "SLIT_DEC": "[deg] Declination at middle of slit",
    "MSAQUAD": "MSA quadrant for slit",
    "SLTXSCL": "Scale open to full MSA slit coordinates (X dir)",
    "SLTYSCL": "Scale open to full MSA slit coordinates (Y dir)",
    "SPORDER": "Spectral order number",
    "DISPAXIS": "Dispersion direction",
    "DETECTOR": "Name of detector used to acquire the data",
    "WAVECOR": "Wavelength corrected (T/F)",
    "PTHLOSS": "Type of pathloss correction applied",
    "BARSHDW": "Barshadow corrected (T/F)",
    "S_REGION": "Spatial footprint of the observation",
    "PA_APER": "[deg] Position angle of aperture used",
}
# Keywords of a slit's SCI extension that are copied to the table.
SLIT_KEYWORDS = (
    "SLITID",
    "SOURCEID",
    "SRCNAME",
    "SRCALIAS",
    "STLARITY",
    "SRCTYPE",
    "TA_XPOS",
    "TA_YPOS",
    "SRCXPOS",
    "SRCYPOS",
    "SRCRA",
    "SRCDEC",
    "SHUTSTA",
    "MSAQUAD",
    "SLTXSCL",
    "SLTYSCL",
    "WAVECOR",
    "PTHLOSS",
    "BARSHDW",
)


def row_dtype(n_elements):
    """
    Type of one row as stored in the file.

    Parameters
    ----------
    n_elements : int
        Number of spectral elements.

    Returns
    -------
    dtype : dtype
        Big-endian structured type; unsigned columns are signed integers from
        which 2**31 was subtracted (FITS convention).
    """
    vectors = [(name, ">i4" if name in _UNSIGNED else ">f8", (n_elements,)) for name, _ in _VECTORS]
    scalars = [("N_ALONGDISP", ">i4"), ("SEGMENT", ">i4"), *((name, ">f8") for name in _TIMES)]
    return np.dtype([("INT_NUM", ">i4"), *vectors, *scalars])


def fill_rows(columns, n_elements):
    """
    Arrange columns as rows of the table.

    Parameters
    ----------
    columns : dict of str to ndarray or scalar
        A value or array (integrations,) or (integrations, elements) for every
        column but ``N_ALONGDISP``; ``INT_NUM`` is an array.
    n_elements : int
        Number of spectral elements.

    Returns
    -------
    rows : ndarray
        Rows (integrations,) of type :func:`row_dtype`, as stored.
    """
    rows = np.empty(len(columns["INT_NUM"]), row_dtype(n_elements))
    for name in rows.dtype.names:
        values = n_elements if name == "N_ALONGDISP" else columns[name]
        if name in _UNSIGNED:
            values = np.asarray(values, dtype=np.int64) - _UNSIGNED_ZERO
        rows[name] = values
    return rows


def table_cards(n_rows, n_elements, units, keywords):
    """
    Header of the table.

    Parameters
    ----------
    n_rows, n_elements : int
        Number of integrations and of spectral elements.
    units : dict
        ``CALIBRATED_UNITS`` or ``COUNT_RATE_UNITS``.
    keywords : dict of str to object
        Values of keywords of the spectrum; None is left out.

    Returns
    -------
    cards : list of str
        Cards of 80 characters without ``END``.
    """
    dtype = row_dtype(n_elements)
    cards = table_shape_cards(dtype, n_rows)
    for number, name in enumerate(dtype.names, start=1):
        vector = dict(_VECTORS).get(name)
        unit = "d" if name in _TIMES else units.get(vector, vector)
        zero = _UNSIGNED_ZERO if name in _UNSIGNED else None
        cards += column_cards(number, name, dtype[name], unit, zero)
    cards.append(format_card("EXTNAME", "EXTRACT1D", "extension name"))
    cards.append(format_card("EXTVER", 1, "extension value"))
    for keyword, comment in _KEYWORDS.items():
        if keywords.get(keyword) is not None:
            set_card(cards, keyword, keywords[keyword], comment)
    return cards
