import numpy as np

from scripts.lib.moving_profile.static_background import static_background, static_level


def used_rows(columns=3):
    """All rows but those of the star."""
    used = np.ones((14, columns), dtype=bool)
    used[6:8] = False
    return used


def test_background_of_the_median_is_the_clipped_mean():
    image = np.repeat([[1.0, 2.0, 3.0]], 14, axis=0).astype(np.float32)
    image[0, 0], image[1, 1] = 700.0, np.nan
    np.testing.assert_array_equal(static_level(image, used_rows()), [1.0, 2.0, 3.0])


def test_background_of_the_median_follows_a_gradient_of_light():
    rows = np.arange(14.0)
    used = np.ones((14, 40), dtype=bool)
    used[3:7] = False
    level = np.linspace(50.0, 200.0, 40)
    plane = level * (1.0 + 0.01 * (rows[:, None] - 8.3))
    image = (plane + 0.01 * np.random.default_rng(1).normal(size=plane.shape)).astype(np.float32)
    image[3:7] += 500.0
    # A companion in two rows of half of the columns.
    image[11:13, :20] += 300.0
    found = static_background(image, used)
    # The companion's rows do not count: a slope of 1 % is right to a hundredth of it.
    np.testing.assert_allclose(found[:, 20:], plane[:, 20:], rtol=1e-3)
    assert np.abs(static_level(image, used)[30:] - plane[5, 30:]).min() > 1.0


def test_a_gradient_of_the_readout_is_the_same_in_all_columns():
    rows = np.arange(14.0)
    generator = np.random.default_rng(2)
    level = np.array([-1.0, 0.0, 1.0, 0.5] * 10)
    plane = level + 0.05 * (rows[:, None] - 6.5)
    image = (plane + 0.02 * generator.normal(size=plane.shape)).astype(np.float32)
    found = static_background(image, used_rows(40))
    np.testing.assert_allclose(found, plane, atol=0.03)


def test_background_is_constant_beyond_its_rows():
    rows = np.arange(20.0)
    image = np.repeat(100.0 + rows[:, None], 30, axis=1).astype(np.float32)
    used = np.zeros((20, 30), dtype=bool)
    used[12:] = True
    found = static_background(image, used)
    np.testing.assert_allclose(found[12:], image[12:], rtol=1e-6)
    np.testing.assert_allclose(found[:12], 112.0, rtol=1e-6)


def test_a_column_without_pixels_and_no_background_at_all():
    image = np.repeat(100.0 + np.arange(20.0)[:, None], 30, axis=1).astype(np.float32)
    used = np.ones((20, 30), dtype=bool)
    used[:, 4] = False
    np.testing.assert_allclose(static_background(image, used)[:, 4], 109.5, rtol=1e-6)
    assert not static_background(image, np.zeros_like(used)).any()
