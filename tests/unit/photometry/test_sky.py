import numpy as np
import pytest

from scripts.lib.errors import InputError
from scripts.lib.photometry.sky import add_sky, check_units
from scripts.lib.photometry.table import COLUMNS, META_KEYWORDS, make_table


def table(unit="Jy"):
    """Table whose column k counts from k / 100."""
    names = [name for name in COLUMNS if "icrs" not in name]
    columns = {name: np.arange(2) + list(COLUMNS).index(name) / 100 for name in names}
    return make_table(columns, unit, dict.fromkeys(META_KEYWORDS))


def test_coordinates_of_the_aperture():
    added = add_sky(table(), lambda x, y: (x + 100, y - 50))
    np.testing.assert_allclose(added.columns["aperture_ra_icrs"], [100.12, 101.12])
    np.testing.assert_allclose(added.columns["aperture_dec_icrs"], [-49.87, -48.87])
    assert added.units["aperture_ra_icrs"] == "deg"


def test_a_lost_position_has_no_coordinates():
    lost = table()
    lost.columns["aperture_x"][1] = np.nan
    added = add_sky(lost, lambda x, y: (0 * y, 0 * y))
    np.testing.assert_array_equal(added.columns["aperture_dec_icrs"], [0, np.nan])


def test_units_that_astropy_does_not_know_are_refused():
    check_units(table("electron"), "a.fits")
    with pytest.raises(InputError, match=r"a\.fits: BUNIT in SCI: found 'furlong'"):
        check_units(table("furlong"), "a.fits")
