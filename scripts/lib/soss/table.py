"""Rows and header of the EXTRACT1D tables of NIRISS SOSS."""

import numpy as np

from scripts.lib.fits.cards import set_card
from scripts.lib.spectra.table import COUNT_RATE_UNITS, fill_rows, row_dtype, table_cards

__all__ = ["soss_cards", "soss_rows"]

_EXTRACTED = ("FLUX", "FLUX_ERROR", "BACKGROUND")
_CALIBRATED = (*_EXTRACTED, "BKGD_ERROR")
_VARIANCES = tuple(
    f"{prefix}_VAR_{kind}" for prefix in ("FLUX", "BKGD") for kind in ("POISSON", "RNOISE", "FLAT")
)


def soss_cards(n_rows, n_elements, order, calibrated):
    """
    Header of the table of one spectral order.

    Parameters
    ----------
    n_rows, n_elements : int
        Number of integrations and of spectral elements.
    order : int
        Spectral order; also the number of the extension in its file.
    calibrated : bool
        Whether fluxes are in MJy, or in DN/s.

    Returns
    -------
    cards : list of str
        Cards without ``END``. Columns that are never filled have no unit.
    """
    cards = table_cards(n_rows, n_elements, COUNT_RATE_UNITS, {"SPORDER": order})
    set_card(cards, "EXTVER", order)
    units = dict.fromkeys(_EXTRACTED, "DN/s")
    if calibrated:
        units = dict.fromkeys(_CALIBRATED, "MJy") | dict.fromkeys(_VARIANCES, "MJy^2")
    kept = {name: "d" for name in row_dtype(1).names if name[:3] in ("MJD", "TDB")}
    kept |= {"WAVELENGTH": "um", **units}
    for number, name in enumerate(row_dtype(1).names, start=1):
        cards = [card for card in cards if not card.startswith(f"{f'TUNIT{number}':<8s}=")]
        if name in kept:
            set_card(cards, f"TUNIT{number}", kept[name], after=f"{f'TFORM{number}':<8s}=")
    return cards


def soss_rows(spectra, background, wavelength, conversion, columns):
    """
    Rows of the table of one spectral order.

    Parameters
    ----------
    spectra : Spectra
        Flux, error and number of pixels (integrations, columns).
    background : ndarray
        Background (integrations, columns) that was subtracted.
    wavelength : ndarray
        Wavelengths (elements,) in µm; the first columns are used.
    conversion : ndarray or None
        Factor (elements,) to MJy, or None.
    columns : dict
        ``INT_NUM``, times (integrations,) and ``SEGMENT``.

    Returns
    -------
    rows : ndarray
        Rows as stored. All columns that are not given are 0, DQ too where the
        flux is NaN (as in jwst 3.0.0).
    """
    n_elements = len(wavelength)
    values = dict.fromkeys(row_dtype(1).names, 0.0)
    values |= {
        "WAVELENGTH": wavelength,
        "FLUX": spectra.flux[:, :n_elements],
        "FLUX_ERROR": spectra.error[:, :n_elements],
        "BACKGROUND": background[:, :n_elements],
        "NPIXELS": spectra.npixels[:, :n_elements],
        "DQ": np.zeros(n_elements, np.int64),
    }
    if conversion is not None:
        for name in _EXTRACTED:
            values[name] = values[name] * conversion
    return fill_rows(values | columns, n_elements)
