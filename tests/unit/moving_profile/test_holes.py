import numpy as np

from scripts.lib.moving_profile.band import Band, band_of_trace
from scripts.lib.moving_profile.holes import hot_pixels, local_median, next_to, share_of_holes


def star(columns=60):
    """A trace with light in three rows, one half of it in the middle."""
    model = np.zeros((9, columns), np.float32)
    model[3:6] = np.array([[25.0], [50.0], [25.0]]) * np.linspace(1.0, 3.0, columns)
    return model


def test_neighbours_of_a_hole_are_named():
    holes = np.zeros((3, 3), dtype=bool)
    holes[1, 1] = True
    np.testing.assert_array_equal(next_to(holes), [[0, 1, 0], [1, 1, 1], [0, 1, 0]])


def test_the_last_column_counts_for_those_beyond_the_ends():
    found = local_median(np.array([[1.0, 5.0, 2.0, np.nan, 9.0]]), columns=3)
    np.testing.assert_array_equal(found, [[1.0, 2.0, 3.5, 5.5, 9.0]])


def test_a_band_that_steps_close_to_an_end_has_no_hot_pixels():
    model = np.zeros((12, 60), np.float32)
    rows = np.arange(12.0)[:, None]
    model[:] = 1000.0 * np.exp(-0.5 * (rows - 6.0) ** 2)
    band = Band(np.where(np.arange(60) < 4, 3, 2), 8, model.shape)
    assert not hot_pixels(model, np.zeros(model.shape, dtype=bool), band).any()


def test_a_hot_pixel_is_found_and_a_dark_one_is_not():
    model = star()
    model[4, 30] *= 1.1
    model[4, 40] *= 0.98
    band = band_of_trace(np.full(60, 4.0), 2, model.shape)
    found = hot_pixels(model, np.zeros(model.shape, dtype=bool), band)
    np.testing.assert_array_equal(np.argwhere(found), [[4, 30]])


def test_holes_are_no_hot_pixels():
    model = star()
    holes = np.zeros(model.shape, dtype=bool)
    holes[4, 30], model[4, 30] = True, 0.0
    band = band_of_trace(np.full(60, 4.0), 2, model.shape)
    assert not hot_pixels(model, holes, band).any()


def test_share_of_a_hole_is_that_of_its_neighbours():
    profile = star()[3:6].astype(float)
    holes = np.zeros(profile.shape, dtype=bool)
    holes[1, 20], holes[:, 40] = True, True
    share = share_of_holes(profile, holes)
    np.testing.assert_allclose(share[[0, 20, 40]], [0.0, 0.5, 1.0], atol=1e-12)
