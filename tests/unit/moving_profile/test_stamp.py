import numpy as np
import pytest

from scripts.lib.moving_profile.stamp import circle, fill_hole, find_star


def gaussian(shape=(40, 50), centre=(22.3, 17.6), width=1.5, light=1000.0):
    """Image of a star at (x, y)."""
    y, x = np.ogrid[: shape[0], : shape[1]]
    return light * np.exp(-0.5 * ((x - centre[0]) ** 2 + (y - centre[1]) ** 2) / width**2)


def test_star_is_found_with_its_width():
    x, y, width = find_star(gaussian() + 50.0)
    assert (x, y) == (pytest.approx(22.3, abs=0.05), pytest.approx(17.6, abs=0.05))
    assert width == pytest.approx(1.5, rel=0.1)


def test_a_brighter_star_elsewhere_is_not_taken():
    image = gaussian() + gaussian(centre=(5.0, 35.0), light=5000.0)
    x, y, _ = find_star(image, position=(21.0, 18.0), half_width=6)
    assert (round(x), round(y)) == (22, 18)


def test_pixels_without_data_are_no_star():
    image = gaussian()
    image[18, 22] = np.nan
    x, y, _ = find_star(image)
    assert np.hypot(x - 22.3, y - 17.6) < 0.5


def test_circle_has_its_area():
    assert circle((21, 21), (10.2, 9.7), 6.0).sum() == pytest.approx(np.pi * 36.0, rel=2e-3)


def test_circle_shares_its_edge():
    share = circle((3, 3), (1.0, 1.0), 1.0)
    assert share[1, 1] == 1.0
    assert 0.3 < share[0, 1] < 0.6


def test_a_hole_in_a_gaussian_is_filled_exactly_with_its_derivatives():
    image = gaussian()
    value = image[17, 22]
    dx, dy, s2 = 22 - 22.3, 17 - 17.6, 1.5**2
    image[17, 22] = np.nan
    terms = fill_hole(image, np.full(image.shape, 1e-3), 17, 22)
    second = [dx**2 / s2**2 - 1 / s2, dy**2 / s2**2 - 1 / s2]
    expected = [1, dx / s2, dy / s2, sum(second) / 2, second[0] / 2, second[1] / 2, dx * dy / s2**2]
    np.testing.assert_allclose(terms, value * np.array(expected), rtol=1e-6, atol=1e-6)


def test_a_hole_in_the_background_is_the_mean_of_its_neighbours():
    image = np.full((9, 9), 2.0)
    image[4, 4] = np.nan
    terms = fill_hole(image, np.full(image.shape, 5.0), 4, 4)
    np.testing.assert_allclose(terms, [2.0, 0, 0, 0, 0, 0, 0])
