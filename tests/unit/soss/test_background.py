import numpy as np
from astropy.stats import SigmaClip
from numpy.testing import assert_allclose, assert_array_equal

from scripts.lib.soss.background import subtract_background


def image(shape=(96, 20)):
    generator = np.random.default_rng(3)
    values = generator.normal(5, 1, shape).astype("f4")
    values[10:30] += 100
    values[40, ::2] = 20
    return values


def test_it_is_the_clipped_mean_of_the_dark_pixels_of_a_column():
    values, masked = image(), np.zeros((96, 20), bool)
    masked[50] = True
    difference, background = subtract_background(values, masked)
    bright = values > np.percentile(values, 100 * (1 - 40 / 96))
    clipped = SigmaClip(sigma=3, maxiters=None, cenfunc="mean")(
        np.ma.array(values, mask=masked | bright), axis=0
    )
    assert_allclose(background, clipped.mean(axis=0), rtol=1e-6)
    assert_array_equal(difference, values - background)
    assert difference.dtype == np.float64


def test_two_traces_are_left_out_of_images_of_256_rows():
    values = np.tile(np.arange(256, dtype="f4")[:, None], (1, 3))
    _, background = subtract_background(values, np.zeros(values.shape, bool))
    bright = np.percentile(values, 100 * (1 - 80 / 256))
    assert_allclose(background, values[:, 0][values[:, 0] <= bright].mean(), rtol=1e-6)


def test_columns_without_pixels_have_none():
    masked = np.zeros((96, 20), bool)
    masked[:, 4] = True
    assert subtract_background(image(), masked)[1][4] == 0


def test_pixels_that_are_not_finite_are_left_out():
    values = image()
    values[60, 7] = np.nan
    assert np.isfinite(subtract_background(values, np.zeros((96, 20), bool))[1]).all()
