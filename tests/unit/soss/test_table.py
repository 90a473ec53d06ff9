import numpy as np
import pytest
from numpy.testing import assert_array_equal

from scripts.lib.soss.extraction import Spectra
from scripts.lib.soss.table import soss_cards, soss_rows


def rows(conversion=None):
    flux = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, np.nan]])
    spectra = Spectra(flux, flux / 10, np.full((2, 3), 40.0))
    columns = {"INT_NUM": np.array([7, 8]), "SEGMENT": 2}
    # The order ends before the last column.
    return soss_rows(spectra, np.full((2, 3), 0.5), np.array([1.0, 0.9]), conversion, columns)


def test_columns_beyond_the_order_are_left_out():
    found = rows()
    assert_array_equal(found["FLUX"], [[1, 2], [4, 5]])
    assert_array_equal(found["WAVELENGTH"], [[1, 0.9], [1, 0.9]])
    assert_array_equal(found["INT_NUM"], [7, 8])
    assert (found["NPIXELS"] == 40).all()
    # 0 as FITS stores it, with the sign bit as its zero point.
    assert (found["DQ"] == -(2**31)).all()
    assert not found["FLUX_VAR_POISSON"].any()


def test_calibration_converts_flux_error_and_background():
    found = rows(np.array([2.0, 10.0]))
    assert_array_equal(found["FLUX"], [[2, 20], [8, 50]])
    np.testing.assert_allclose(found["FLUX_ERROR"], [[0.2, 2], [0.8, 5]])
    assert_array_equal(found["BACKGROUND"], [[1, 5], [1, 5]])


def unit(cards, name):
    values = {card[:8].strip(): card[10:].split("'")[1].strip() for card in cards if "'" in card}
    (number,) = (key[5:] for key, value in values.items() if key[:5] == "TTYPE" and value == name)
    return values.get(f"TUNIT{number}")


@pytest.mark.parametrize(
    ("calibrated", "flux", "variance"), [(False, "DN/s", None), (True, "MJy", "MJy^2")]
)
def test_units_are_those_of_the_values(calibrated, flux, variance):
    cards = soss_cards(2, 3, 2, calibrated)
    assert unit(cards, "FLUX") == unit(cards, "BACKGROUND") == flux
    assert unit(cards, "FLUX_VAR_POISSON") == variance
    assert unit(cards, "WAVELENGTH") == "um"
    assert unit(cards, "NPIXELS") is None
    assert any(card.startswith("EXTVER  =                    2") for card in cards)
