import numpy as np
import pytest

from scripts.lib.moving_profile.shape import (
    ShapeBasis,
    fit_shapes,
    followed_terms,
    residual_sigma,
    spectral_terms,
    true_width,
)

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


def spectrum_across_a_tilted_trace():
    """Spectrum of 60 columns with lines, 9 rows high; its weights, and its motion along x and y."""
    column = np.arange(60.0)
    light = (1.0 + np.sin(column / 19.0)) * (1.0 - 0.3 * (column % 12 == 5))
    row = np.arange(9.0)[:, None] - 4.0 - 0.02 * (column - 30.0)
    model = 100.0 * light * np.exp(-0.5 * row**2)
    return model, np.full(model.shape, 0.25), [-np.gradient(model, axis=k) for k in (1, 0)]


def test_changes_of_the_spectrum_are_orthogonal_to_the_star():
    model, weight, _ = spectrum_across_a_tilted_trace()
    terms = spectral_terms(model, weight, 4)
    images = np.concatenate([model[None], terms[:, None] * model]).reshape(5, -1)
    normal = (images * weight.reshape(-1)) @ images.T
    np.testing.assert_allclose(normal, normal[0, 0] * np.eye(5), atol=1e-9 * normal[0, 0])


def test_columns_without_light_do_not_bend_the_changes():
    model, weight, _ = spectrum_across_a_tilted_trace()
    dark = np.hstack([model, np.full((9, 40), 1e-3)])
    terms = spectral_terms(dark, np.full(dark.shape, 0.25), 4)
    np.testing.assert_array_equal(terms[:, 60:], 0.0)
    np.testing.assert_allclose(terms[:, :60], spectral_terms(model, weight, 4), atol=1e-9)


@pytest.mark.parametrize("columns", [0, 1, 2])
def test_few_columns_have_few_changes(columns):
    model = np.zeros((3, 8))
    model[:, :columns] = 5.0
    assert len(spectral_terms(model, np.ones(model.shape), 4)) == max(columns - 1, 0)


def test_a_smooth_change_of_the_spectrum_is_no_motion():
    model, weight, (right, down) = spectrum_across_a_tilted_trace()
    terms = spectral_terms(model, weight, 3)[:, None] * model
    images = np.stack([model, right, down, *terms]).astype(np.float32).reshape(6, -1)
    # A transit of 2 % that is deeper at one end, and a shift of 0.01 pixels.
    dimmer = -0.02 * (1.0 + 0.3 * np.linspace(-1.0, 1.0, 60))
    sample = (dimmer * model + 0.01 * down).astype(np.float32).reshape(1, -1)
    flat = weight.astype(np.float32).reshape(-1)
    found, _ = fit_shapes(sample, NONE, ShapeBasis(images, flat, 1.0))
    np.testing.assert_allclose(found[0, 1:3], [0.0, 0.01 / found[0, 0]], atol=1e-6)
    mean = (dimmer * weight * model**2).sum() / (weight * model**2).sum()
    assert found[0, 0] - 1.0 == pytest.approx(mean, abs=1e-4)
    simple, _ = fit_shapes(sample, NONE, ShapeBasis(images[:3], flat, 1.0))
    assert abs(simple[0, 1]) > 1e-3


def test_the_usual_residual_is_that_of_the_noise(basis):
    rng = np.random.default_rng(2)
    noise = 3.0 * rng.normal(size=(200, 21)).astype(np.float32)
    coefficients, _ = fit_shapes(noise, NONE, basis)
    sigma = residual_sigma(noise, coefficients, basis.images, basis.weight)
    # Of 21 pixels the fit takes four: the noise of 3 has a weight of 1/4.
    assert sigma == pytest.approx(1.5 * np.sqrt(17 / 21), rel=0.06)
    # Of 200 frames every sixth counts; what was not fitted there leaves all of its noise.
    coefficients[6:12] = np.nan
    unfitted = residual_sigma(noise, coefficients, basis.images, basis.weight)
    assert unfitted != sigma
    assert unfitted == pytest.approx(sigma, rel=0.02)


def test_the_second_order_of_a_shift_is_no_width():
    row = np.arange(-8.0, 9.0)
    star, moved = (np.exp(-0.5 * (row - shift) ** 2 / 2.0) for shift in (0.0, 0.1))
    curved = np.zeros(17)
    curved[1:-1] = 0.5 * (star[2:] - 2.0 * star[1:-1] + star[:-2])
    images = np.stack([star, np.zeros(17), -np.gradient(star), curved])
    found = np.linalg.lstsq(images.T, moved, rcond=None)[0][None]
    assert found[0, 3] > 0.008
    assert abs(true_width(found)[0]) < 0.15 * found[0, 3]
    # The profile follows all of it, and of a true width what is no noise.
    np.testing.assert_allclose(followed_terms(found, 0.0)[0], [1.0, found[0, 2], found[0, 2] ** 2])


def test_an_unknown_motion_is_followed_as_none():
    np.testing.assert_array_equal(followed_terms(np.full((1, 4), np.nan), 0.5), [[1.0, 0.0, 0.0]])
