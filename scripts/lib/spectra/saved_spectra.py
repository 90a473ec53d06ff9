"""Copies of a segment's spectra under the names of the steps of ``jwst``."""

from pathlib import Path

from scripts.lib.fits.cards import remove_card, set_card
from scripts.lib.fits.reader import open_fits
from scripts.lib.fits.writer import ProductWriter
from scripts.lib.provenance.software import JWST_KEYWORDS, file_date

__all__ = ["save_spectra", "saved_cards"]

_COPIED = ("PRIMARY", "INT_TIMES", "INT_TIMES_STRIPE", "EXTRACT1D")


def save_spectra(spectra, path):
    """
    Copy the spectra of a segment, without what only this workflow keeps with them.

    Parameters
    ----------
    spectra : str or Path
        Complete file of the segment's spectra.
    path : str or Path
        The file to write: primary header, times and EXTRACT1D tables.
    """
    with open_fits(spectra) as source, ProductWriter(path) as product:
        for hdu in source.hdus:
            if hdu.name not in _COPIED:
                continue
            cards = saved_cards(hdu.cards, path) if hdu.name == "PRIMARY" else list(hdu.cards)
            # The footprint is in the product of the visit.
            remove_card(cards, "S_REGION")
            product.copy_data(source, hdu, product.append_hdu(cards, hdu.data_bytes))


def saved_cards(cards, path):
    """Copy of the cards of a primary header, with the name of a file and the time."""
    cards = list(cards)
    names = {"DATE": file_date(), "FILENAME": Path(path).name, **JWST_KEYWORDS}
    for keyword, value in names.items():
        set_card(cards, keyword, value)
    return cards
