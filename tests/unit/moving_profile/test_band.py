import numpy as np

from scripts.lib.moving_profile.band import band_of_trace, find_trace, trace_width


def test_straight_band_is_a_slice():
    band = band_of_trace(np.full(4, 5.2), 2, (12, 4))
    assert band.rows == slice(3, 8)


def test_band_that_crosses_one_edge_has_one_row_more():
    band = band_of_trace(np.array([5.4, 5.6]), 2, (12, 2))
    assert band.rows == slice(3, 9)


def test_band_stays_in_the_image():
    assert band_of_trace(np.zeros(3), 2, (12, 3)).rows == slice(0, 5)
    assert band_of_trace(np.full(3, 11.0), 2, (12, 3)).rows == slice(7, 12)
    assert band_of_trace(np.full(3, 1.0), 20, (12, 3)).rows == slice(0, 12)


def test_tilted_band_gathers_its_rows_and_puts_them_back():
    image = np.arange(30.0).reshape(10, 3)
    band = band_of_trace(np.array([2.0, 4.0, 6.0]), 1, image.shape)
    assert band.rows is None
    gathered = band.gather(image[None])[0]
    np.testing.assert_array_equal(gathered, [[3, 10, 17], [6, 13, 20], [9, 16, 23]])
    other = np.zeros((1, 10, 3))
    band.scatter(gathered[None], other)
    assert other.sum() == gathered.sum()
    np.testing.assert_array_equal(band.gather(other)[0], gathered)


def test_samples_are_found_in_the_band():
    band = band_of_trace(np.array([2.0, 2.0]), 0, (4, 2))
    frames, pixels = band.inside(np.array([1, 4, 8 + 5, 8 + 7]))
    np.testing.assert_array_equal(frames, [0, 1])
    np.testing.assert_array_equal(pixels, [0, 1])


def test_a_copy_of_the_whole_image_is_a_copy():
    image = np.zeros((1, 3, 2))
    band_of_trace(np.ones(2), 5, (3, 2)).gather(image)[:] = 1.0
    assert not image.any()


def test_trace_of_a_gaussian_is_its_centre_and_width():
    rows, columns = np.arange(40.0)[:, None], np.arange(100.0)
    centre = 18.3 + 0.02 * columns
    image = 100.0 * np.exp(-0.5 * ((rows - centre) / 1.5) ** 2)
    image[25, 50] = 5000.0
    trace, width = find_trace(image)
    np.testing.assert_allclose(trace, centre, atol=0.02)
    np.testing.assert_allclose(width, 1.5, rtol=0.05)


def test_rows_that_are_bright_everywhere_are_no_trace_of_a_star_that_is_faint_in_most_columns():
    rows, columns = np.arange(60.0)[:, None], np.arange(300.0)
    star = 100.0 * np.exp(-columns / 60.0) * np.exp(-0.5 * ((rows - 38.0) / 1.5) ** 2)
    image = star + 2.3 * (rows < 4)
    np.testing.assert_allclose(find_trace(image)[0], 38.0, atol=0.1)


def test_a_trace_that_leaves_the_rows_about_its_middle_is_followed():
    rows, columns = np.arange(60.0)[:, None], np.arange(300.0)
    centre = 30.0 + 12.0 * (columns / 150.0 - 1.0) ** 2
    image = 100.0 * np.exp(-0.5 * ((rows - centre) / 1.2) ** 2)
    np.testing.assert_allclose(find_trace(image)[0], centre, atol=0.1)


def test_the_width_of_a_known_trace_is_that_of_its_light():
    rows, trace = np.arange(60.0)[:, None], 25.0 + 0.2 * np.arange(50)
    image = 100.0 * np.exp(-0.5 * ((rows - trace) / 3.0) ** 2)
    image[:, 40:] = 0.0
    # Light that is another's, negative values and columns without light do not count.
    image[58], image[2] = 1e5, -50.0
    np.testing.assert_allclose(trace_width(image, trace, 20), 3.0, rtol=0.03)


def test_the_width_of_no_light_is_not_known():
    assert np.isnan(trace_width(np.zeros((9, 5)), np.full(5, 4.0), 3))
