import numpy as np
import pytest

from scripts.lib.moving_profile.stamp import circle, fill_holes, find_star


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


@pytest.mark.parametrize("width", [1.0, 1.5, 3.0])
def test_holes_in_a_star_and_its_slopes_are_filled(width):
    star = gaussian(width=width)
    images = np.stack([star, -np.gradient(star, axis=1), -np.gradient(star, axis=0)])
    holes = np.zeros(star.shape, dtype=bool)
    holes[17, 22] = holes[18, 21] = True
    given = np.where(holes, np.nan, images)
    filled = fill_holes(given, ~holes, holes, np.full(star.shape, 0.1), width)
    np.testing.assert_allclose(filled[:, holes], images[:, holes], atol=0.015 * star.max())
    np.testing.assert_array_equal(filled[:, ~holes], images[:, ~holes])


def test_a_hole_in_the_background_is_near_its_neighbours():
    image = np.full((1, 9, 9), 2.0)
    holes = np.zeros((9, 9), dtype=bool)
    holes[4, 4] = True
    filled = fill_holes(image, ~holes, holes, np.full((9, 9), 5.0), 1.5)
    assert filled[0, 4, 4] == pytest.approx(2.0, abs=0.4)


def test_a_hole_without_neighbours_is_empty():
    image, known = np.full((1, 9, 9), 2.0), np.zeros((9, 9), dtype=bool)
    assert not fill_holes(image, known, ~known, np.ones((9, 9)), 1.5).any()


def test_a_hole_at_the_edge_is_filled():
    star = gaussian(centre=(1.2, 17.6))
    holes = np.zeros(star.shape, dtype=bool)
    holes[17, 0] = True
    filled = fill_holes(star[None], ~holes, holes, np.full(star.shape, 0.1), 1.5)
    assert filled[0, 17, 0] == pytest.approx(star[17, 0], rel=0.05)
