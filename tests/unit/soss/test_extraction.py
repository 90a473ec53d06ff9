import logging

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from scripts.lib.soss.atoca.tuning import GridOptions, tune
from scripts.lib.soss.extraction import IntegrationExtractor
from tests.support.soss_scene import SHAPE, order_image, scene

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

    def test_an_integration_without_a_solution_is_warned_of_and_left_as_it_is(
        self, images, models, caplog
    ):
        image = sum(images.values())
        extractor = IntegrationExtractor(scene(), np.ones(SHAPE, "f4"), models)
        block, errors = np.stack([image, image]), np.ones((2, *SHAPE), "f4")
        block[1, 14, 60] = np.inf
        with caplog.at_level(logging.WARNING):
            solution = extractor.solve(block, errors)
        assert np.isfinite(solution.joint[:, 0]).any()
        assert np.isnan(solution.joint[:, 1]).all()
        assert "orders 1 and 2 has no solution for 1 of 2 integrations" in caplog.text
        amplitudes = extractor.amplitudes(solution)
        assert np.isnan(amplitudes[1][1]).all()
        whole = extract(image)[2].flux[0]
        found = extractor.extract(np.stack([image, image]), errors, {1: amplitudes[1]})[2].flux
        assert_array_equal(found[1], whole)
        assert (found[0] != whole).any()
