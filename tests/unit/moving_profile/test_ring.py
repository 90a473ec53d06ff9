import numpy as np
import pytest

from scripts.lib.moving_profile.ring import Ring, quiet_ring, ring_background

NONE = np.zeros(0, np.int64)


def ring(limit=3.5, used=True):
    """Ring of a 10 by 10 image about a star of 2 by 2 pixels."""
    image = np.full((10, 10), used)
    image[4:6, 4:6] = False
    return Ring(image, np.full((10, 10), limit, np.float32))


def images(levels):
    """Images of a level with a star."""
    cube = np.repeat(np.array(levels, np.float32), 100).reshape(-1, 10, 10)
    cube[:, 4:6, 4:6] += 1000.0
    return cube


def test_each_image_has_its_level():
    cube = images([3.0, -2.0])
    cube[1, 0, 0] = 500.0
    level, number = ring_background(cube, NONE, ring())
    np.testing.assert_array_equal(level, [3.0, -2.0])
    np.testing.assert_array_equal(number, [96, 95])


def test_bad_samples_have_no_part():
    cube = images([3.0])
    bad = np.array([0, 8, 44])
    cube.reshape(-1)[bad] = 0.0
    level, number = ring_background(cube, bad, ring(limit=1.0))
    assert (level[0], number[0]) == (3.0, 94)


def test_wrong_limits_are_replaced_by_sorting():
    cube = images([0.0]) + np.arange(100, dtype=np.float32).reshape(10, 10)
    level, number = ring_background(cube, NONE, ring(limit=0.1))
    assert number[0] == 96
    np.testing.assert_allclose(level[0], (4950 - 44 - 45 - 54 - 55) / 96)


@pytest.mark.parametrize("slope", [0.0, 2.0])
def test_a_plane_of_a_median_image_is_that_at_the_star_where_the_ring_is_cut(slope):
    y, x = np.indices((20, 20))
    plane = 5.0 + slope * x - 0.5 * slope * y
    median = plane.astype(np.float32)
    median[0, 7], median[19, 19], median[9:11, 9:11] = 500.0, -500.0, 1000.0
    used = np.ones((20, 20), bool)
    used[9:11, 9:11] = used[:, :4] = False
    background, quiet = quiet_ring(median, used)
    expected = used.copy()
    expected[0, 7] = expected[19, 19] = False
    np.testing.assert_array_equal(quiet, expected)
    np.testing.assert_allclose(background, plane, rtol=1e-6, atol=1e-5)
    assert used[0, 7]


def test_few_pixels_of_a_median_image_have_a_level_alone():
    median = np.arange(64, dtype=np.float32).reshape(8, 8)
    background, quiet = quiet_ring(median, median < 50)
    np.testing.assert_array_equal(background, 24.5)
    assert quiet.sum() == 50


def test_a_median_image_without_a_ring_has_no_background():
    background, quiet = quiet_ring(np.ones((3, 3), np.float32), np.zeros((3, 3), bool))
    assert not background.any()
    assert not quiet.any()


def test_without_pixels_there_is_no_background():
    level, number = ring_background(images([3.0]), NONE, ring(used=False))
    assert (level[0], number[0]) == (0.0, np.inf)


def test_an_image_without_good_pixels_has_none():
    level, number = ring_background(np.zeros((1, 10, 10), np.float32), np.arange(100), ring())
    assert (level[0], number[0]) == (0.0, np.inf)
