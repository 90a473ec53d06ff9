"""Derivatives of stars that are hardly wider than a pixel."""

import numpy as np
import pytest
from scipy.special import ndtr

from scripts.lib.moving_profile.derivatives import curvature, slope

PIXELS = np.arange(-12.0, 13.0)


def star(width, moved=0.0):
    """A Gaussian star, integrated over its pixels, in a row of an image."""
    edges = np.arange(-12.5, 13.0) - moved
    return np.diff(ndtr(edges / width))[None]


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize(("width", "part"), [(0.85, 0.06), (1.2, 0.016), (2.0, 2e-3)])
def test_a_small_shift_of_a_star_is_its_slope_times_the_shift(axis, width, part):
    image = np.repeat(star(width), 3, axis=0)
    true = (star(width, 0.01) - star(width, -0.01)) / 0.02
    found = -slope(image if axis else image.T, axis)
    found = (found if axis else found.T)[1]
    scale = (found @ true[0]) / (true[0] @ true[0])
    assert scale == pytest.approx(1.0, abs=part)
    # With one neighbour on each side it is too flat by far more.
    flat = -np.gradient(star(width)[0]) @ true[0] / (true[0] @ true[0])
    assert 1.0 - flat > 4.0 * (1.0 - scale)


def test_a_small_change_of_the_square_of_the_width_is_half_the_curvature_times_it():
    true = (star(np.sqrt(1.44 + 0.01)) - star(np.sqrt(1.44 - 0.01)))[0] / 0.02
    np.testing.assert_allclose(0.5 * curvature(star(1.2), 1)[0], true, atol=3e-3)


def test_beyond_the_ends_an_image_goes_on_as_it_is():
    image = np.full((5, 2), 3.0)
    np.testing.assert_allclose(slope(image, 0), 0.0, atol=1e-12)
    np.testing.assert_allclose(curvature(image, 0), 0.0, atol=1e-12)
