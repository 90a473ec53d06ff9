import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from scripts.lib.soss.apertures import Aperture, BoxExtraction, ModelledExtraction
from scripts.lib.soss.atoca.detector_model import OrderOptics

# Two columns of three rows; the box of order 1 is the upper two rows, half of the second one.
WEIGHTS = np.array([[1.0, 1.0], [0.5, 0.5], [0.0, 0.0]])
IMAGE = np.array([[10.0, 20.0], [4.0, 8.0], [99.0, 99.0]], "f4").reshape(-1)
ERROR = np.array([[3.0, 1.0], [8.0, 2.0], [1.0, 1.0]], "f4").reshape(-1)
OWN = np.array([[0.6, 0.6], [0.4, 0.4], [0.0, 0.0]])
OTHER = np.array([[0.2, 0.1], [0.4, 0.2], [0.4, 0.7]])
AMPLITUDES = {1: np.array([15.0, 30.0]), 2: np.array([5.0, 10.0])}


def aperture(masked=None, reference_pixels=None):
    optics = {1: OrderOptics(np.ones(2), OWN), 2: OrderOptics(np.ones(2), OTHER)}
    none = np.zeros(WEIGHTS.shape, bool)
    masked = none if masked is None else masked
    reference_pixels = none if reference_pixels is None else reference_pixels
    return Aperture(1, WEIGHTS, masked, reference_pixels, optics)


@pytest.fixture
def masked():
    bad = np.zeros(WEIGHTS.shape, bool)
    bad[0, 0] = True
    return bad


class TestAperture:
    def test_it_sums_its_pixels_by_column(self):
        assert_array_equal(aperture().sum(np.array([1.0, 2.0, 30.0, 40.0])), [31, 42])

    def test_a_model_without_amplitude_is_zero(self):
        model = aperture().model(2, np.array([np.nan, 10.0]))
        assert_allclose(model, [0, 1, 0, 2])


class TestBox:
    def test_flux_error_and_pixels_by_hand(self):
        flux, error, npixels = BoxExtraction(aperture()).extract(IMAGE, ERROR, {})
        assert_allclose(flux, [10 + 2, 20 + 4])
        # The weights are not squared, as in jwst.
        assert_allclose(error, np.sqrt([9 + 32, 1 + 2]))
        assert_allclose(npixels, 1.5)

    def test_the_other_order_is_subtracted_and_the_own_is_not(self):
        flux, _, _ = BoxExtraction(aperture()).extract(IMAGE, ERROR, AMPLITUDES)
        assert_allclose(flux, [12 - 5 * (0.2 + 0.2), 24 - 10 * (0.1 + 0.1)])

    @pytest.mark.parametrize("by_error", [False, True])
    def test_bad_pixels_are_left_out(self, masked, by_error):
        error = np.where(masked.reshape(-1), 0, ERROR) if by_error else ERROR
        box = BoxExtraction(aperture(None if by_error else masked))
        flux, _, npixels = box.extract(IMAGE, error, AMPLITUDES)
        assert_allclose(flux, [2 - 5 * 0.2, 24 - 10 * 0.2])
        assert_allclose(npixels, [0.5, 1.5])


class TestModelled:
    def test_bad_pixels_take_the_model_and_the_error_of_the_nearest_value(self, masked):
        flux, error, npixels = ModelledExtraction(aperture(masked)).extract(
            IMAGE, ERROR, AMPLITUDES
        )
        # The model of the bad pixel is 0.6 * 15 = 9. Of 2, 19 and 6, the others without order 2, 6 is
        # the nearest, and its error 2.
        assert_allclose(flux, [9 + 0.5 * 2, 19 + 0.5 * 6])
        assert_allclose(error, np.sqrt([4 + 32, 1 + 2]))
        assert_allclose(npixels, 1.5)

    def test_without_a_model_they_are_left_out(self, masked):
        amplitudes = {1: np.array([np.nan, 30.0])}
        flux, _, npixels = ModelledExtraction(aperture(masked)).extract(IMAGE, ERROR, amplitudes)
        assert_allclose(flux, [2, 24])
        assert_allclose(npixels, [0.5, 1.5])

    def test_reference_pixels_are_left_out_as_they_see_no_light(self, masked):
        extraction = ModelledExtraction(aperture(masked, reference_pixels=masked))
        flux, _, npixels = extraction.extract(IMAGE, ERROR, AMPLITUDES)
        # The other pixel of the first column holds 4 - 5 * 0.4 = 2, half of which is in the box.
        assert_allclose(flux, [0.5 * 2, 19 + 0.5 * 6])
        assert_allclose(npixels, [0.5, 1.5])
