import numpy as np
import pytest

from scripts.lib.moving_profile.frames import Planes
from scripts.lib.moving_profile.reference_sample import (
    clear_noise,
    noise_of_pixels,
    over_pixels,
    pair_noise,
    read_sample,
    residual_noise,
    slow_share,
)

NAN = np.nan


def test_sample_has_medians_of_the_good():
    sci = np.array([1.0, 2.0, 3.0, 100.0], np.float32).reshape(4, 1, 1)
    dq = np.array([0, 0, 4, 1], np.uint32).reshape(4, 1, 1)
    err = np.full_like(sci, 0.25)
    sample = read_sample(Planes(sci, err, dq, err), np.arange(3))
    assert sample.scale == 4.0
    assert sample.median[0, 0] == 8.0
    assert sample.error[0, 0] == 1.0
    ((rows, samples, errors),) = sample.row_blocks()
    assert rows == slice(0, 1)
    np.testing.assert_array_equal(samples[:, 0, 0], [-4.0, 0.0, 4.0, NAN])
    np.testing.assert_array_equal(errors[:, 0, 0], [1.0, 1.0, 1.0, NAN])
    ((frames, samples, lost),) = sample.frame_blocks()
    assert frames == slice(0, 4)
    np.testing.assert_array_equal(samples[:, 0, 0], [-4.0, 0.0, 4.0, 0.0])
    assert lost.tolist() == [3]


def test_a_pixel_with_less_than_half_good_has_no_median():
    sci = np.ones((4, 1, 2), np.float32)
    err = np.ones_like(sci)
    err[:3, 0, 0], err[:2, 0, 1] = (NAN, 0.0, -1.0), 0.0
    sample = read_sample(Planes(sci, err, np.zeros(sci.shape, np.uint32), err), np.arange(3))
    np.testing.assert_array_equal(sample.median, [[NAN, 1.0]])


def test_pixels_are_handled_in_pieces():
    cube = np.arange(3.0 * 5000).reshape(3, 1, 5000)
    image = over_pixels(lambda a, b: a.sum(axis=1) - b[:, 0], cube, cube)
    np.testing.assert_array_equal(image, (cube[1] + cube[2]))


def test_noise_of_pairs_ignores_what_is_slow():
    values = np.array([0.0, 1.0, 100.0, 101.0, 50.0, 49.0])[:, None]
    noise = pair_noise(values, np.full((6, 1), 2.0), np.array([0, 2, 4]))
    assert noise[0] == pytest.approx(0.5 * 1.4826 / np.sqrt(2.0))


def test_noise_factor_is_that_of_the_errors_and_jumping_pixels_have_their_own():
    rng = np.random.default_rng(5)
    residual = rng.normal(size=(150, 20, 20)).astype(np.float32) * 1.4
    residual[:, 3, 4] *= 5.0
    residual[7, 2, 2] = NAN
    errors = np.ones_like(residual)
    pairs, own = residual_noise(residual, errors, np.arange(149))
    factor, noise = noise_of_pixels(pairs, own, 150, np.ones((20, 20), dtype=bool))
    assert factor == pytest.approx(1.4, rel=0.02)
    assert noise[3, 4] == pytest.approx(7.0, rel=0.3)
    assert np.count_nonzero(noise != np.float32(factor)) == 1


def test_noise_has_no_slow_share_and_a_step_is_all_slow():
    noise = np.random.default_rng(1).normal(size=1000)
    step = np.where(np.arange(1000) < 800, 0.0, 10.0)
    assert slow_share(noise, np.arange(999)) < 0.1
    assert slow_share(step + 0.1 * noise, np.arange(999)) > 0.98
    assert slow_share(np.full(5, NAN), np.arange(4)) == 0.0


def test_pixels_that_jump_are_noisier_and_those_with_a_hit_are_not():
    rng = np.random.default_rng(4)
    size = rng.normal(size=(150, 40))
    size[rng.random(150) < 0.3, 3] += 6.0
    size[70, 5], size[80, 6] = 200.0, NAN
    noise = clear_noise(size)
    assert noise[3] > 2.0
    np.testing.assert_array_equal(np.delete(noise, 3), 1.0)


def test_noise_of_pixels_without_samples_is_usual():
    np.testing.assert_array_equal(clear_noise(np.full((9, 3), NAN)), 1.0)


def test_noise_of_pixels_is_the_same_where_errors_are_wrong_by_a_factor():
    size = np.random.default_rng(7).normal(size=(150, 60))
    size[::4, 9] += 6.0
    expected = clear_noise(size)
    assert (expected > 1.0).tolist() == (np.arange(60) == 9).tolist()
    for factor in (0.5, 2.0):
        np.testing.assert_allclose(clear_noise(factor * size), expected)
