import numpy as np

from scripts.lib.moving_profile.ring import Ring, ring_background

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


def test_without_pixels_there_is_no_background():
    level, number = ring_background(images([3.0]), NONE, ring(used=False))
    assert (level[0], number[0]) == (0.0, np.inf)


def test_an_image_without_good_pixels_has_none():
    level, number = ring_background(np.zeros((1, 10, 10), np.float32), np.arange(100), ring())
    assert (level[0], number[0]) == (0.0, np.inf)
