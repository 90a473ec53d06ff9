import numpy as np

from scripts.lib.moving_profile.stamp_shape import motion_terms
from scripts.lib.moving_profile.star_motion import moved_wings, numerical_terms, star_level


def test_numerical_terms_are_those_of_a_taylor_series():
    y, x = np.mgrid[:17.0, :17.0] - 8.0

    def star(dx, dy):
        return 3.0 + (x - dx) ** 3 + 2.0 * (x - dx) ** 2 * (y - dy) - (y - dy) ** 2 + x - dx

    images = numerical_terms(star(0.0, 0.0))
    terms = motion_terms(np.array([[1.0, 0.3, -0.2, 0.0]]), 11)[0]
    moved = np.tensordot(terms, images, axes=1)
    # Derivatives of derivatives reach over six pixels.
    inside = slice(6, -6), slice(6, -6)
    np.testing.assert_allclose(moved[inside], star(0.3, -0.2)[inside], atol=1e-9)


def test_level_of_the_star_by_hand():
    coefficients = np.array([[0.5, 2.0, 0.0, 0.0], [np.nan] * 4])
    level = star_level(coefficients, np.array([10.0, 1.0, 0.0]))
    np.testing.assert_array_equal(level, [[6.0], [10.0]])


def test_wings_of_a_dimmer_and_moved_star_by_hand():
    wings = np.array([[100.0, 50.0], [4.0, -2.0], [0.0, 1.0], [0.0, 0.0]])
    coefficients = np.array([[0.9, 0.5, 2.0, 0.0], [np.nan] * 4])
    expected = [[0.9 * 102.0 - 100.0, 0.9 * 51.0 - 50.0], [0.0, 0.0]]
    np.testing.assert_allclose(moved_wings(coefficients, wings), expected)
