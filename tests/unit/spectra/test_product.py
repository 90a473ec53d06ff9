import numpy as np
import pytest

from scripts.lib.spectra.product import spectral_wcs


@pytest.mark.parametrize("wavelength", [[1.0, 2.0, 4.0], [4.0, 2.0, 1.0]])
def test_the_spectral_wcs_goes_there_and_back(wavelength):
    wcs = spectral_wcs(10.0, -20.0, np.array(wavelength))
    ra, dec, middle = wcs(1.5)
    assert (ra, dec) == (10.0, -20.0)
    assert middle == pytest.approx((wavelength[1] + wavelength[2]) / 2)
    assert wcs.invert(ra, dec, middle) == pytest.approx(1.5)
