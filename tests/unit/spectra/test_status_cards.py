from astropy.io import fits

from scripts.lib.fits.cards import format_card
from scripts.lib.spectra.status_cards import set_statuses


def test_statuses_follow_those_of_other_steps():
    cards = [format_card("S_FLAT", "COMPLETE"), format_card("S_PXREPL", "SKIPPED")]
    cards.append(format_card("TARGNAME", "WASP-0"))
    set_statuses(cards, {"S_EXTR1D": "COMPLETE", "S_PXREPL": "COMPLETE"})
    header = fits.Header.fromstring("".join(cards))
    assert list(header) == ["S_FLAT", "S_PXREPL", "S_EXTR1D", "TARGNAME"]
    assert header["S_PXREPL"] == "COMPLETE"
    assert header.comments["S_EXTR1D"] == "1-D Spectral Extraction"
