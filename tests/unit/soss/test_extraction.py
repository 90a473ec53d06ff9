import logging
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from scripts.lib.errors import InputError
from scripts.lib.soss.atoca.detector_model import OrderOptics
from scripts.lib.soss.atoca.tuning import GridOptions, estimate_spectrum, tune, usable_profile
from scripts.lib.soss.extraction import IntegrationExtractor
from tests.support.soss_scene import SHAPE, optics, order_image, scene, spectrum

ORDERS = (1, 2, 3)
OPTIONS = GridOptions(1e-2, 2, 1e-3, 2000, 1e-6)


@pytest.fixture(scope="module")
def images():
    return {order: order_image(order).astype("f4") for order in ORDERS}


@pytest.fixture(scope="module")
def models(images):
    return tune(scene(), sum(images.values()), np.ones(SHAPE, "f4"), OPTIONS)


def extract(image, error=None, models=None, masked=None, model_bad_pixels=False):
    error = np.ones(SHAPE, "f4") if error is None else error
    extractor = IntegrationExtractor(
        scene(masked=masked), np.ones(SHAPE, "f4"), models, model_bad_pixels
    )
    block, errors = image[None].astype("f4"), error[None]
    return extractor.extract(block, errors, extractor.amplitudes(extractor.solve(block, errors)))


class TestPlainBox:
    def test_flux_error_and_pixels_are_weighted_sums(self, images):
        image, weights = sum(images.values()), scene().weights
        found = extract(image, np.full(SHAPE, 2, "f4"))
        for order in ORDERS:
            assert_allclose(found[order].flux[0], (weights[order] * image).sum(axis=0), rtol=1e-6)
            npixels = weights[order].sum(axis=0)
            assert_allclose(found[order].npixels[0], npixels)
            assert_allclose(found[order].error[0], 2 * np.sqrt(npixels))

    def test_masked_pixels_are_left_out(self, images):
        masked = np.zeros(SHAPE, bool)
        masked[14, 3], masked[:, 7] = True, True
        image = np.where(masked, np.nan, images[1])
        found = extract(image, masked=masked)[1]
        assert_allclose(found.npixels[0, 3], scene().weights[1][:, 3].sum() - 1)
        assert np.isfinite(found.flux[0, 3])
        assert np.isnan([found.flux[0, 7], found.error[0, 7]]).all()
        assert found.npixels[0, 7] == 0

    def test_pixels_without_a_positive_error_are_left_out_of_that_integration(self, images):
        error = np.ones(SHAPE, "f4")
        error[14, 3] = 0
        found, whole = extract(images[1], error)[1], extract(images[1])[1]
        assert_allclose(whole.npixels[0, 3] - found.npixels[0, 3], 1)
        assert_allclose(whole.flux[0, 3] - found.flux[0, 3], images[1][14, 3], rtol=1e-5)
        assert_array_equal(found.flux[0, 4:], whole.flux[0, 4:])


class TestDecontamination:
    inside = slice(12, 80)

    def test_each_order_loses_the_light_of_the_others(self, images, models):
        image = sum(images.values())
        decontaminated, contaminated = extract(image, models=models), extract(image)
        for order in (1, 2):
            truth = (scene().weights[order] * images[order]).sum(axis=0)[self.inside]
            bias = np.abs(decontaminated[order].flux[0][self.inside] - truth)
            plain = np.abs(contaminated[order].flux[0][self.inside] - truth)
            assert bias.max() < 0.3 * plain.max()

    def test_a_masked_pixel_in_one_integration_does_not_change_the_models(self, images, models):
        image, error = sum(images.values()), np.ones(SHAPE, "f4")
        error[14, 60] = 0
        found, whole = extract(image, error, models), extract(image, models=models)
        assert_allclose(whole[1].flux[0, 60] - found[1].flux[0, 60], images[1][14, 60], rtol=1e-2)

    def test_bad_pixels_take_the_value_of_the_model(self, images):
        masked = np.zeros(SHAPE, bool)
        masked[15, 20:80:5] = True
        image = np.where(masked, 0, sum(images.values())).astype("f4")
        models = tune(scene(masked=masked), image, np.ones(SHAPE, "f4"), OPTIONS)
        found = extract(image, models=models, masked=masked, model_bad_pixels=True)[1]
        assert_allclose(found.npixels[0], scene().weights[1].sum(axis=0))
        truth = (scene().weights[1] * images[1]).sum(axis=0)
        assert_allclose(found.flux[0, 20:80], truth[20:80], rtol=0.02)

    def test_integrations_are_extracted_each_on_its_own(self, images, models):
        image = sum(images.values())
        extractor = IntegrationExtractor(scene(), np.ones(SHAPE, "f4"), models)
        block = np.stack([image, 2 * image]).astype("f4")
        errors = np.ones_like(block)
        found = extractor.extract(
            block, errors, extractor.amplitudes(extractor.solve(block, errors))
        )
        alone = extract(image, models=models)
        for order in ORDERS:
            assert_allclose(found[order].flux[0], alone[order].flux[0], rtol=1e-9)


class TestTuning:
    def test_a_given_factor_and_grid_are_used(self, images, models):
        options = replace(OPTIONS, grid=models.joint.grid)
        found = tune(scene(), sum(images.values()), np.ones(SHAPE, "f4"), options)
        assert found.factor == OPTIONS.tikfac
        assert_array_equal(found.joint.grid, models.joint.grid)
        assert found.residual < 1e-10

    def test_order_three_and_blue_order_two_are_modelled_apart(self, models):
        assert set(models.singles) == {2, 3}
        assert models.singles[2].fit.grid[-1] < 0.95

    def test_substrip96_has_the_common_model_only(self, images):
        image = images[1] + images[2]
        found = tune(scene((1, 2), single_orders=False), image, np.ones(SHAPE, "f4"), OPTIONS)
        assert found.singles == {}

    def test_an_ill_posed_model_is_a_warning_that_says_what_to_do(self, images, caplog):
        options = replace(OPTIONS, tikfac=1e-14)
        with caplog.at_level(logging.WARNING):
            tune(scene(), sum(images.values()), np.ones(SHAPE, "f4"), options)
        assert "ill-posed with the regularisation factor 1e-14" in caplog.text
        assert "raise extract_1d/soss_tikfac" in caplog.text

    def test_a_singular_model_is_an_error(self, images):
        options = replace(OPTIONS, tikfac=0.0)
        with pytest.raises(InputError, match="no solution with the regularisation factor 0"):
            tune(scene(), sum(images.values()), np.ones(SHAPE, "f4"), options)

    def test_the_estimate_is_the_spectrum_where_order_one_is_alone(self, images):
        whole = scene()
        one = replace(whole.optics[1], profile=usable_profile(whole.optics[1]))
        bad = np.zeros(SHAPE, bool)
        estimate = estimate_spectrum(one, images[1], np.ones(SHAPE, "f4"), whole.outside(1), bad)
        wavelength = np.linspace(1.1, 2.5, 20)
        assert_allclose(estimate(wavelength), spectrum(wavelength), rtol=0.1)


def test_usable_profiles_are_positive_and_never_empty():
    profile = optics(1).profile.copy()
    profile[3, 5], profile[:, 9] = -1, 0
    wavelength = optics(1).wavelength.copy()
    wavelength[11] = 0
    found = usable_profile(OrderOptics(wavelength, profile))
    assert found.dtype == np.float32
    assert found[3, 5] == 0
    assert (found[:, [9, 11]] == 1).all()
    assert_array_equal(found[:, 20:], profile[:, 20:])
