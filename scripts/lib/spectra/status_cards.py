"""Keywords that say which steps the spectra went through."""

from scripts.lib.fits.cards import set_card

__all__ = ["set_statuses"]

_COMMENTS = {
    "S_EXTR1D": "1-D Spectral Extraction",
    "S_PXREPL": "Pixel Replacement",
    "S_TRCMOD": "Adaptive Trace Model",
}


def set_statuses(cards, statuses):
    """
    Set the keywords of steps in a primary header, in place.

    Parameters
    ----------
    cards : list of str
        Cards of the header.
    statuses : dict of str to str
        COMPLETE, SKIPPED or FAILED by ``S_EXTR1D``, ``S_PXREPL`` and ``S_TRCMOD``.
    """
    for keyword, status in statuses.items():
        set_card(cards, keyword, status, _COMMENTS[keyword], after="S_")
