import numpy as np
import pytest

from scripts.lib.spectra.psf_profile import find_shift, place_psf, psf_weights
from scripts.lib.spectra.psf_reference import PointSpread

SHAPE = (21, 6)
WAVELENGTH = np.broadcast_to(np.linspace(1, 2, 6), SHAPE).copy()
BOX = ((-0.5, 5.5), (-0.5, 20.5))


def point_spread(horizontal=True, order=1):
    """A Gaussian of 1.5 pixels with four positions a pixel, at 20 wavelengths in either order."""
    position = (np.arange(121) - 60) / 4
    image = np.repeat(np.exp(-0.5 * (position / 1.5) ** 2)[:, None], 20, axis=1)
    wavelength = np.linspace(0.9, 2.1, 20)[::order]
    image = image if horizontal else image.T
    return PointSpread(image, wavelength, 4.0, 60.0, 60.0)


def gaussian(centre):
    rows = np.exp(-0.5 * ((np.arange(21) - centre) / 1.5) ** 2)
    return (rows / rows.sum())[:, None] * np.ones(6)


@pytest.mark.parametrize("horizontal", [True, False])
@pytest.mark.parametrize("order", [1, -1])
def test_profile_lies_half_a_pixel_off_the_trace(horizontal, order):
    box = BOX if horizontal else BOX[::-1]
    trace = np.full(6, 9.0)
    place = place_psf(point_spread(horizontal, order), trace, WAVELENGTH, box, horizontal)
    assert (place.rows, place.columns) == (slice(0, 21), slice(0, 6))
    weights = psf_weights(place, 0.0)
    np.testing.assert_allclose(weights.sum(axis=0), 1)
    np.testing.assert_allclose(weights, gaussian(9.5), atol=2e-3)
    np.testing.assert_allclose(psf_weights(place, 0.5), gaussian(9.0), atol=2e-3)


def test_wavelengths_beyond_the_image_have_no_profile():
    wavelength = WAVELENGTH.copy()
    wavelength[:, 0], wavelength[3, 1] = 0.5, np.nan
    place = place_psf(point_spread(), np.full(6, 9.0), wavelength, BOX, True)
    weights = psf_weights(place, 0.0)
    assert (weights[:, 0] == 0).all()
    assert weights[3, 1] == 0
    np.testing.assert_allclose(weights[:, 1:].sum(axis=0), 1)


def test_the_cut_out_is_that_of_the_box():
    box = ((0.5, 4.5), (1.5, 19.5))
    place = place_psf(point_spread(), np.full(6, 9.0), WAVELENGTH, box, True)
    assert (place.rows, place.columns) == (slice(2, 20), slice(1, 5))
    assert psf_weights(place, 0.0).shape == (18, 4)


def test_the_search_finds_a_star_near_by():
    place = place_psf(point_spread(), np.full(6, 9.0), WAVELENGTH, BOX, True)
    science = (100 * gaussian(10.2) + 3).astype(np.float32)
    science[4, 2] = np.nan
    shift = find_shift(place, science, np.ones(SHAPE, np.float32))
    assert shift == pytest.approx(-0.7, abs=0.02)
