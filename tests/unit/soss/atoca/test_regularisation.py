import logging

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from scripts.lib.errors import InputError
from scripts.lib.soss.atoca.detector_model import build_model
from scripts.lib.soss.atoca.regularisation import (
    FactorSearch,
    best_factor,
    first_difference,
    guess_factor,
    neighbours,
    roughness_matrix,
)
from tests.support.soss_scene import SHAPE, optics, order_image, scene, spectrum

GRID = np.arange(0.85, 2.8, 0.008)


def model():
    return build_model([optics(1)], GRID, [scene((1,)).outside(1)])


def test_the_first_difference_of_a_line_is_its_slope():
    grid = np.array([1.0, 2.0, 4.0, 4.5])
    assert_allclose(first_difference(grid) @ (3 * grid + 1), 3)
    matrix = first_difference(grid).toarray()
    assert_allclose(roughness_matrix(grid).toarray(), matrix.T @ matrix)


def test_the_guess_weighs_roughness_against_pixels():
    found = guess_factor(model(), lambda x: 5 * x)
    pixels = (~model().mask).sum()
    assert_allclose(found, np.sqrt(pixels / (25 * (len(GRID) - 1))))


@pytest.mark.parametrize("slope", [0.0, 1e200])
def test_without_a_finite_roughness_there_is_no_guess(slope):
    with pytest.raises(InputError, match="soss_estimate: found a spectrum whose slopes"):
        guess_factor(model(), lambda x: slope * x)


class TestBestFactor:
    def test_it_is_where_the_loss_begins_to_rise(self):
        powers = np.linspace(-8, 0, 17)
        losses = 0.5 + 0.1 * np.maximum(powers + 4, 0) ** 2
        # The slope 0.2 (p + 4) is 1e-3 at p = -3.995; the curve through the points is a little wider.
        found = np.log10(best_factor(10**powers, losses))
        assert -4.6 < found < -3.9

    def test_order_and_failed_tests_do_not_matter(self):
        powers = np.linspace(-8, 0, 17)
        losses = 0.5 + 0.1 * np.maximum(powers + 4, 0) ** 2
        expected = best_factor(10**powers, losses)
        shuffled = np.random.default_rng(0).permutation(18)
        factors = np.append(10**powers, 1e3)[shuffled]
        found = best_factor(factors, np.append(losses, np.nan)[shuffled])
        # 10000 samples of 11 decades.
        assert_allclose(np.log10(found), np.log10(expected), atol=1.1e-3)

    def test_a_flat_loss_takes_the_largest_factor_with_a_warning(self, caplog):
        with caplog.at_level(logging.WARNING):
            assert best_factor(np.logspace(-3, 0, 10), np.ones(10)) == 1.0
        assert "does not worsen" in caplog.text

    @pytest.mark.parametrize("finite", [2, 3])
    def test_few_solutions_are_enough(self, finite):
        losses = np.full(10, np.nan)
        losses[:finite] = np.arange(finite)
        assert best_factor(np.logspace(-3, 0, 10), losses) == pytest.approx(1e-3)

    def test_a_single_solution_is_not(self, caplog):
        losses = np.full(10, np.nan)
        losses[4] = 1.0
        assert best_factor(np.logspace(-3, 0, 10), losses) == pytest.approx(1.0)
        assert "cannot be searched" in caplog.text


class TestNeighbours:
    def test_inside_they_are_geometric_means(self):
        assert_allclose(neighbours(np.array([100.0, 1.0, 10.0]), 12.0), [10**0.5, 10**1.5])

    def test_at_the_ends_one_goes_beyond(self):
        assert_allclose(neighbours(np.array([1.0, 10.0, 100.0]), 0.5), [0.1, 10**0.5])
        assert_allclose(neighbours(np.array([1.0, 10.0, 100.0]), 200), [10**1.5, 1000])


class TestSearch:
    def search(self):
        generator = np.random.default_rng(2)
        image = order_image(1)
        error = np.full(SHAPE, 0.02 * image.max())
        return FactorSearch(model(), image + error * generator.normal(size=SHAPE), error)

    def test_the_loss_is_that_of_the_noise_for_a_good_fit_and_rises_with_smoothing(self):
        search = self.search()
        normal = np.log(1 + np.random.default_rng(0).normal(size=200000) ** 2).mean()
        assert search.loss(1e-5) == pytest.approx(normal, rel=0.1)
        assert search.loss(1.0) > 2 * normal

    def test_the_best_factor_lies_between(self):
        search = self.search()
        best = search.best(1e-4, (-4, 4))
        assert 1e-8 < best < 1e-1
        assert search.loss(best) < search.loss(1e-8) + 0.05

    def test_the_solution_is_the_spectrum(self):
        search = self.search()
        found = search.spectrum(1e-4)
        inside = (GRID > 0.95) & (GRID < 2.7)
        assert_allclose(found[inside], spectrum(GRID[inside]), rtol=0.2)

    def test_points_without_valid_pixels_stay_zero(self):
        search = self.search()
        unreached = np.setdiff1d(np.arange(len(GRID)), search._reached)
        assert len(unreached)
        assert_array_equal(search.spectrum(1e-4)[unreached], 0)

    def test_without_a_solution_there_is_no_loss(self):
        assert np.isnan(self.search().loss(np.nan))

    def test_a_loss_that_overflows_is_infinite(self, monkeypatch):
        search = self.search()
        monkeypatch.setattr(search, "spectrum", lambda _: np.full(len(GRID), 1e200))
        assert search.loss(1e-4) == np.inf

    def test_the_solution_is_certain_with_a_good_factor_only(self):
        search = self.search()
        assert search.uncertainty(1e-4) < 1e-8
        assert search.uncertainty(np.nan) == np.inf


def test_masked_pixels_do_not_matter():
    image, error = order_image(1), np.ones(SHAPE)
    bad = np.zeros(SHAPE, bool)
    bad[15, 20:100:7] = True
    masked = build_model([optics(1)], GRID, [scene((1,)).outside(1)], bad)
    expected = FactorSearch(masked, image, error).loss(1e-3)
    spoilt, spoilt_error = image.copy(), error.copy()
    spoilt[bad], spoilt_error[bad] = np.nan, np.inf
    assert_array_equal(FactorSearch(masked, spoilt, spoilt_error).loss(1e-3), expected)
