import numpy as np
import pytest

from scripts.lib.moving_profile.shape import ShapeBasis, fit_shapes

NONE = (np.zeros(0, np.int64), np.zeros(0, np.int64))


@pytest.fixture
def basis():
    x = np.arange(-10.0, 11.0)
    star = 100.0 * np.exp(-0.5 * (x / 2.0) ** 2)
    images = np.array([star, np.gradient(star), -x * star / 7.0, np.roll(star, 3)], np.float32)
    return ShapeBasis(images, np.full(21, 0.25, np.float32), 1.0)


TRUE = np.array([[0.02, 0.1, -0.2, 0.01], [-0.01, -0.05, 0.3, 0.0], [0.0, 0.0, 0.0, 0.0]])
EXPECTED = TRUE / (1.0 + TRUE[:, :1]) * [0, 1, 1, 1] + (1.0 + TRUE[:, :1]) * [1, 0, 0, 0]


def test_exact_combinations_are_recovered(basis):
    samples = (TRUE @ basis.images).astype(np.float32)
    found, rejected = fit_shapes(samples, NONE, basis)
    np.testing.assert_allclose(found, EXPECTED, atol=1e-5)
    assert not len(rejected[0])


def test_bad_samples_have_no_part(basis):
    samples = (TRUE @ basis.images).astype(np.float32)
    samples[1, 9] = 0.0
    found, _ = fit_shapes(samples, (np.array([1]), np.array([9])), basis)
    np.testing.assert_allclose(found, EXPECTED, atol=1e-5)


@pytest.mark.parametrize("amplitude", [20.0, 300.0, -300.0])
def test_hits_are_rejected(basis, amplitude):
    samples = (TRUE @ basis.images).astype(np.float32)
    samples[0, 10] += amplitude
    found, rejected = fit_shapes(samples, NONE, basis)
    np.testing.assert_array_equal(rejected, [[0], [10]])
    np.testing.assert_allclose(found, EXPECTED, atol=1e-4)


def test_too_little_light_gives_nan(basis):
    samples = (TRUE @ basis.images).astype(np.float32)
    lost = np.arange(7, 14)
    samples[1, lost] = 0.0
    found, _ = fit_shapes(samples, (np.ones(7, np.int64), lost), basis)
    assert np.isnan(found[1]).all()
    assert np.isfinite(found[[0, 2]]).all()


@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_groups_give_the_same_bytes(basis, size):
    rng = np.random.default_rng(3)
    samples = rng.normal(size=(15, 21)).astype(np.float32) * 3
    samples[::4, 10] += 90.0
    samples[7, 3] = 0.0
    whole, _ = fit_shapes(samples, (np.array([7]), np.array([3])), basis)
    for first in range(0, 15, size):
        own = first <= 7 < first + size
        lost = (np.array([7 - first]), np.array([3])) if own else NONE
        part, _ = fit_shapes(samples[first : first + size], lost, basis)
        np.testing.assert_array_equal(part, whole[first : first + size])
