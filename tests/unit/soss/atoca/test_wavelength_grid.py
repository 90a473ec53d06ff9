import logging

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from scripts.lib.soss.atoca.wavelength_grid import (
    combined_grid,
    integration_error,
    oversample,
    pixel_edges,
    refine,
)
from tests.support.soss_scene import geometry


class TestOversample:
    def test_every_interval_is_divided(self):
        assert_allclose(oversample(np.array([0.0, 1.0, 3.0]), 2), [0, 0.5, 1, 2, 3])

    def test_each_interval_has_a_number_of_its_own(self):
        found = oversample(np.array([0.0, 1.0, 3.0]), np.array([1, 4]))
        assert_allclose(found, [0, 1, 1.5, 2, 2.5, 3])

    @given(st.lists(st.integers(1, 4), min_size=1, max_size=20))
    def test_points_of_the_grid_stay(self, parts):
        grid = np.cumsum(np.arange(1.0, len(parts) + 2))
        found = oversample(grid, np.array(parts))
        assert len(found) == sum(parts) + 1
        assert_allclose(np.abs(found[:, None] - grid).min(axis=0), 0, atol=1e-9)


def test_pixel_edges():
    assert_allclose(pixel_edges(np.array([1.0, 2.0, 4.0])), [0.5, 1.5, 3.0, 5.0])


class TestError:
    def test_straight_lines_have_none(self):
        error, _ = integration_error(np.array([0.0, 1.0, 4.0]), lambda x: 2 * x + 1)
        assert_allclose(error, 0, atol=1e-12)

    def test_a_parabola_has_the_error_of_one_trapezoid(self):
        # The trapezoid gives 1/2 where the integral, which one Romberg step finds, is 1/3.
        error, relative = integration_error(np.array([0.0, 1.0]), np.square)
        assert_allclose(error, 1 / 6)
        assert_allclose(relative, 1 / 2)

    def test_a_vanishing_integral_has_an_infinite_relative_error(self):
        assert integration_error(np.array([-1.0, 1.0]), lambda x: x)[1][0] == np.inf


class TestRefine:
    def test_a_flat_spectrum_needs_no_more_points(self):
        grid, converged = refine(np.linspace(1, 2, 11), np.ones_like, 1000, 1e-4)
        assert converged
        assert_array_equal(grid, np.linspace(1, 2, 11))

    def test_points_gather_where_the_spectrum_is_curved(self):
        def line(x):
            return 1 + np.exp(-0.5 * ((x - 1.5) / 0.01) ** 2)

        grid, converged = refine(np.linspace(1, 2, 51), line, 10000, 1e-4)
        assert converged
        assert np.diff(grid)[np.abs(grid[1:] - 1.5) < 0.02].max() < 0.005
        assert np.diff(grid)[grid[1:] < 1.3].min() > 0.01

    def test_the_worst_intervals_come_first_when_points_run_out(self):
        grid, converged = refine(np.arange(11.0), lambda x: x**3, 13, 1e-9)
        assert not converged
        # The relative error of a cubic is largest near zero.
        assert_allclose(grid, [0, 0.5, 1, 1.5, *range(2, 11)])

    def test_without_room_for_a_point_all_intervals_are_halved(self):
        grid, converged = refine(np.arange(11.0), lambda x: x**3, 11, 1e-9)
        assert not converged
        assert len(grid) == 21

    def test_points_are_not_closer_than_the_least_step(self):
        grid, _ = refine(np.linspace(1, 1.0001, 5), lambda x: np.sin(1e6 * x) + 2, 1000, 1e-9)
        assert np.diff(grid).min() > 1e-5


class TestCombined:
    def native(self):
        return {order: geometry(order).native_grid[0] for order in (1, 2)}

    def test_it_spans_from_the_limit_of_order_two_to_the_end_of_order_one(self):
        grid = combined_grid(self.native(), np.ones_like, 0.77, 2, 1e-4, 20000)
        assert (np.diff(grid) > 0).all()
        assert 0.74 < grid[0] <= 0.77
        assert grid[-1] >= 2.8

    def test_shared_wavelengths_have_the_finer_grid_of_order_two(self):
        grid = combined_grid(self.native(), np.ones_like, 0.77, 2, 1e-4, 20000)
        steps, middle = np.diff(grid), (grid[1:] + grid[:-1]) / 2
        widths = [np.diff(self.native()[order])[0] / 2 for order in (1, 2)]
        assert_allclose(np.median(steps[middle > 1.6]), widths[0])
        assert_allclose(np.median(steps[(middle > 0.9) & (middle < 1.3)]), widths[1])

    def test_a_grid_at_its_limit_is_a_warning(self, caplog):
        def lines(x):
            return 2 + np.sin(300 * x)

        with caplog.at_level(logging.WARNING):
            combined_grid(self.native(), lines, 0.77, 2, 1e-4, 600)
        assert "soss_max_grid_size 600" in caplog.text
