import numpy as np
import pytest

from scripts.lib.moving_profile.stamp_shape import fit_motion, fit_stamps, free_share, motion_terms

TRUE = np.array([[0.02, 0.1, -0.2, 0.01], [-0.01, -0.05, 0.3, 0.0]])
EXPECTED = TRUE / (1.0 + TRUE[:, :1]) * [0, 1, 1, 1] + (1.0 + TRUE[:, :1]) * [1, 0, 0, 0]
IMAGES = np.random.default_rng(1).normal(size=(4, 60))
WEIGHT = np.full(60, 4.0)
NOISE = 0.01 * np.random.default_rng(2).normal(size=(2, 60))


def fit(samples, good=None):
    """Fit with all samples good."""
    good = np.ones(samples.shape, dtype=bool) if good is None else good
    return fit_stamps(samples, good, IMAGES, WEIGHT)


def test_coefficients_are_recovered():
    found, kept = fit(TRUE @ IMAGES)
    np.testing.assert_allclose(found, EXPECTED, atol=1e-9)
    assert kept.sum() > 60


def test_hits_and_bad_samples_have_no_part():
    samples = TRUE @ IMAGES + NOISE
    good = np.ones(samples.shape, dtype=bool)
    samples[0, 7], samples[1, 20], good[1, 20] = 50.0, -9.0, False
    found, kept = fit(samples, good)
    np.testing.assert_allclose(found, EXPECTED, atol=0.01)
    assert not kept[0, 7]
    assert not kept[1, 20]


def test_too_little_light_gives_nan():
    good = np.ones((2, 60), dtype=bool)
    good[1, np.argsort(-np.abs(IMAGES[0]))[:45]] = False
    found, _ = fit(TRUE @ IMAGES + NOISE, good)
    assert np.isfinite(found[0]).all()
    assert np.isnan(found[1]).all()


@pytest.mark.parametrize("size", [1, 3, 5])
def test_groups_give_the_same_bytes(size):
    rng = np.random.default_rng(3)
    samples = rng.normal(size=(15, 60))
    samples[::4, 10] += 90.0
    good = rng.random(samples.shape) > 0.05
    whole, _ = fit(samples, good)
    for first in range(0, 15, size):
        part, _ = fit(samples[first : first + size], good[first : first + size])
        np.testing.assert_array_equal(part, whole[first : first + size])


def test_regressors_by_hand():
    terms = motion_terms(np.array([[1.0, 2.0, 3.0, 0.5], [np.nan] * 4]), 11)
    expected = [[1, 2, 3, 0.5, 4, 9, 6, 8, 27, 12, 18], [1, *[0] * 10]]
    np.testing.assert_array_equal(terms, expected)
    assert motion_terms(np.ones((2, 4)), 1).shape == (2, 1)


def test_squares_of_the_motion_do_not_shift_the_level():
    images = np.random.default_rng(4).normal(size=(11, 60))
    motion = np.array([[1.0, 0.1, -0.05, 0.0], [0.7, -0.08, 0.1, 0.0]])
    samples = motion[:, :1] * (motion_terms(motion, 11) @ images)
    good = np.ones(samples.shape, dtype=bool)
    straight, _ = fit_stamps(samples - images[0], good, images[:4], WEIGHT)
    found, _ = fit_motion(samples, good, images, WEIGHT)
    assert np.abs(found - motion).max() < 0.3 * np.abs(straight - motion).max()


# A star that is five pixels wide: one pixel has a third of the weight.
ROW = np.arange(-30.0, 31.0)
STAR = 1e4 * np.exp(-0.5 * ROW**2)
NARROW = np.stack([STAR, ROW * STAR])
POISSON = 1.0 / (STAR + 50.0)


def test_a_share_of_the_noise_is_left_by_a_fit():
    rng = np.random.default_rng(5)
    samples = rng.normal(size=(4000, 61)) / np.sqrt(POISSON)
    found, _ = fit_stamps(samples, np.ones(samples.shape, dtype=bool), NARROW, POISSON, limit=99.0)
    coefficients = found * np.column_stack([np.ones(len(found)), found[:, 0]]) - [1.0, 0.0]
    left = np.std(samples - coefficients @ NARROW, axis=0) * np.sqrt(POISSON)
    np.testing.assert_allclose(left, free_share(NARROW, POISSON), rtol=0.05)
    assert left.min() < 0.8


@pytest.mark.parametrize("amplitude", [12.0, 30.0, -30.0, 300.0])
def test_a_hit_that_the_fit_follows_is_left_out(amplitude):
    rng = np.random.default_rng(6)
    noise = rng.normal(size=(50, 61)) / np.sqrt(POISSON)
    samples = noise.copy()
    samples[:, 31] += amplitude / np.sqrt(POISSON[31])
    good = np.ones(samples.shape, dtype=bool)
    found, kept = fit_stamps(samples, good, NARROW, POISSON)
    good[:, 31] = False
    expected, _ = fit_stamps(noise, good, NARROW, POISSON)
    without = ~kept[:, 31]
    assert without.mean() > 0.9
    only = without & (kept.sum(axis=1) == 60)
    assert only.sum() > 30
    np.testing.assert_allclose(found[only], expected[only], atol=1e-9)


def test_a_width_that_is_expected_to_be_nothing_is_held():
    samples = np.repeat(TRUE[:1] @ IMAGES, 2, axis=0)
    good = np.ones(samples.shape, dtype=bool)
    free, _ = fit_stamps(samples, good, IMAGES, WEIGHT)
    held, _ = fit_stamps(samples, good, IMAGES, WEIGHT, tightness=1e9)
    assert free[0, 3] == pytest.approx(EXPECTED[0, 3])
    assert abs(held[0, 3]) < 1e-6
