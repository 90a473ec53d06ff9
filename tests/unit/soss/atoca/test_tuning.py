import logging
import re
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from scripts.lib.errors import InputError
from scripts.lib.soss.atoca.detector_model import OrderOptics, TooFewPixelsError
from scripts.lib.soss.atoca.regularisation import FactorSearch
from scripts.lib.soss.atoca.solver import RegularisedFit
from scripts.lib.soss.atoca.tuning import GridOptions, estimate_spectrum, tune, usable_profile
from tests.support.soss_scene import SHAPE, optics, order_image, scene, spectrum

ORDERS = (1, 2, 3)
OPTIONS = GridOptions(1e-2, 2, 1e-3, 2000, 1e-6)


@pytest.fixture(scope="module")
def images():
    return {order: order_image(order).astype("f4") for order in ORDERS}


@pytest.fixture(scope="module")
def models(images):
    return tune(scene(), sum(images.values()), np.ones(SHAPE, "f4"), OPTIONS)


class TestJointModel:
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

    def test_a_solution_that_overflows_is_an_error(self, images, monkeypatch):
        monkeypatch.setattr(RegularisedFit, "solve", lambda *_: np.array([1.0, np.nan]))
        with pytest.raises(InputError, match="no solution with the regularisation factor"):
            tune(scene(), sum(images.values()), np.ones(SHAPE, "f4"), OPTIONS)

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

    @pytest.mark.parametrize(
        ("columns", "message"),
        [(2, "no column on the wavelength grid"), (6, "has 3 points, fewer than 4")],
    )
    def test_an_estimate_of_few_points_is_an_error(self, images, columns, message):
        whole, bad = scene(), np.ones(SHAPE, bool)
        bad[:, 60 : 60 + columns] = False
        one = replace(whole.optics[1], profile=usable_profile(whole.optics[1]))
        nowhere = np.zeros(SHAPE, bool)
        with pytest.raises(TooFewPixelsError, match=message):
            estimate_spectrum(one, images[1], np.ones(SHAPE, "f4"), nowhere, bad)

    def test_points_of_the_estimate_that_round_off_decides_are_reported(self, images, caplog):
        with caplog.at_level(logging.INFO):
            tune(scene(), sum(images.values()), np.ones(SHAPE, "f4"), OPTIONS)
        # They are at the blue end, where the first pixel's edge sees little of its grid point.
        assert re.search(r"round-off decides \d+ of 116 points, between 0\.8", caplog.text)

    def test_an_ill_posed_single_order_is_a_warning(self, images, monkeypatch, caplog):
        monkeypatch.setattr(FactorSearch, "uncertainty", lambda *_: np.inf)
        with caplog.at_level(logging.WARNING):
            tune(scene(), sum(images.values()), np.ones(SHAPE, "f4"), OPTIONS)
        assert "the model of order 2 alone is ill-posed" in caplog.text
        assert "the model of order 3 alone is ill-posed" in caplog.text


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
