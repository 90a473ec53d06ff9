import numpy as np
import pytest
from astropy.convolution import convolve
from hypothesis import given
from hypothesis import strategies as st

from scripts.lib.spectra.background import BackgroundModel, fit_background, smooth_along_dispersion

N_ROWS, N_COLUMNS = 10, 3


def model(region_rows, aperture_rows=(4, 5), order=0, fit="poly", smoothing=0, weight=1.0):
    """Background on whole rows of images of ten rows."""
    position = np.linspace(-1, 1, N_ROWS)
    return BackgroundModel(
        fit=fit,
        order=order,
        smoothing_length=smoothing,
        region=np.ones((len(region_rows), N_COLUMNS), bool),
        region_position=position[list(region_rows)],
        aperture=np.full((len(aperture_rows), N_COLUMNS), weight),
        aperture_position=position[list(aperture_rows)],
    )


def cube(*columns):
    """Cube (1, rows, columns) of float32 in which all columns are alike, or as given."""
    columns = columns * N_COLUMNS if len(columns) == 1 else columns
    return np.array(columns, dtype=np.float32).T[np.newaxis]


def constant_variances(science, *values):
    return [np.full(science.shape, value, np.float32) for value in values]


def test_mean_of_the_region_and_its_variance():
    science = cube([1, 2, 6])
    level, variances = fit_background(
        model((0, 1, 9)), science, constant_variances(science, 3.0, 0.5, 0.0)
    )
    np.testing.assert_allclose(level, 3.0, rtol=1e-15)
    # Two pixels of the aperture share one mean of three: 2^2 * 3 sigma^2 / 3^2.
    np.testing.assert_allclose(variances[:, 0], [[4.0] * 3, [2 / 3] * 3, [0.0] * 3], rtol=1e-15)


def test_variance_grows_with_the_weights_of_the_aperture():
    science = cube([1, 2, 6])
    variances = constant_variances(science, 3.0)
    half = fit_background(model((0, 1, 9), weight=0.5), science, variances)[1]
    np.testing.assert_allclose(half, 1.0, rtol=1e-15)


def test_invalid_pixels_are_left_out():
    science = cube([1, np.nan, 3], [np.inf, 2, 4], [1, 2, 3])
    variance = np.ones_like(science)
    variance[0, 2, 2] = np.inf
    level, variances = fit_background(model((0, 1, 9)), science, [variance])
    np.testing.assert_allclose(level[0, 0], [2.0, 3.0, 1.5])
    np.testing.assert_allclose(variances[0, 0], [2.0, 2.0, 2.0])


def test_pixels_outside_the_region_are_left_out():
    settings = model((0, 1, 9))
    settings.region[0, 1] = False
    science = cube([100, 2, 6])
    level, _ = fit_background(settings, science, constant_variances(science, 1.0))
    np.testing.assert_allclose(level[0, 0], [36.0, 4.0, 36.0])


@pytest.mark.parametrize("order", [0, 1, 2])
def test_a_column_without_pixels_has_no_background(order):
    science = cube([1, 2, 6, 8], [np.nan] * 4, [1, 2, 6, 8])
    level, variances = fit_background(
        model((0, 1, 8, 9), order=order), science, constant_variances(science, 1.0)
    )
    assert (level[0, :, 1] == 0).all()
    assert (variances[:, 0, 1] == 0).all()
    assert (level[0, :, [0, 2]] != 0).all()


def test_polynomials_are_reproduced():
    y = np.linspace(-1, 1, N_ROWS)
    rows, aperture_rows = [0, 1, 2, 7, 8, 9], [4, 5]
    for order, values in ((1, 3 + 2 * y), (2, 3 + 2 * y - 4 * y**2)):
        science = cube(values[rows])
        level, _ = fit_background(
            model(rows, aperture_rows, order), science, constant_variances(science, 1.0)
        )
        expected = np.broadcast_to(values[aperture_rows][:, np.newaxis], (2, N_COLUMNS))
        np.testing.assert_allclose(level[0], expected, rtol=1e-6)


def test_too_few_rows_for_the_order_give_no_background():
    science = cube([1, np.nan, 6], [np.nan, 2, np.nan], [1, 2, 6])
    level, variances = fit_background(
        model((0, 1, 9), order=1), science, constant_variances(science, 1.0)
    )
    assert (level[0, :, 1] == 0).all()
    assert variances[0, 0, 1] == 0
    assert (level[0, :, 0] != 0).all()


def reference_polynomial(settings, science, variances):
    """Plain least squares of each column: values at the aperture and variance of their sum."""
    order = settings.order
    levels, total = np.zeros((2, N_COLUMNS)), np.zeros(N_COLUMNS)
    for x in range(N_COLUMNS):
        good = np.isfinite(science[:, x]) & settings.region[:, x]
        design = np.array(
            [[p**j for j in range(order + 1)] for p in settings.region_position[good]]
        )
        at_aperture = np.array(
            [[p**j for j in range(order + 1)] for p in settings.aperture_position]
        )
        solution = np.linalg.pinv(design)
        levels[:, x] = at_aperture @ solution @ science[good, x]
        weights = settings.aperture[:, x] @ at_aperture @ solution
        total[x] = (weights**2 * variances[good, x]).sum()
    return levels, total


@pytest.mark.parametrize("order", [0, 1, 2, 3])
@pytest.mark.parametrize("n_rows", [8, 70, 130])
def test_equals_least_squares_of_each_column(order, n_rows):
    rng = np.random.default_rng(order)
    science = rng.normal(5, 1, (4, n_rows, N_COLUMNS)).astype(np.float32)
    science[rng.random(science.shape) < 0.1] = np.nan
    variance = rng.random(science.shape, dtype=np.float32)
    position = np.linspace(-1, 1, n_rows + 2)
    settings = BackgroundModel(
        *("poly", order, 0),
        region=rng.random((n_rows, N_COLUMNS)) < 0.95,
        region_position=position[:n_rows],
        aperture=rng.random((2, N_COLUMNS)),
        aperture_position=position[n_rows:],
    )
    level, variances = fit_background(settings, science, [variance])
    for t in range(4):
        expected, total = reference_polynomial(settings, science[t].astype(float), variance[t])
        np.testing.assert_allclose(
            np.broadcast_to(level[t], expected.shape), expected, rtol=1e-9, atol=1e-9
        )
        np.testing.assert_allclose(variances[0, t], total, rtol=1e-9)


@pytest.mark.parametrize(
    ("values", "median"),
    [
        ([5, 1, 3], 3),
        ([5, 1, 3, 2], 2.5),
        ([np.nan, 1, 3, 2], 2),
        ([np.nan, np.nan, 7, np.nan], 7),
        ([np.inf, 1, 2, np.nan], 2),
    ],
)
def test_median_of_the_region(values, median):
    science = cube(values)
    rows = (0, 1, 8, 9)[: len(values)]
    level, _ = fit_background(model(rows, fit="median"), science, constant_variances(science, 1.0))
    assert level.dtype == np.float32
    np.testing.assert_array_equal(level[0, 0], median)


def test_variance_of_a_median_is_that_of_the_mean_scaled():
    science = cube([5, 1, np.nan])
    _, variances = fit_background(
        model((0, 1, 9), fit="median"), science, constant_variances(science, 3.0)
    )
    # 1.2^2 * (two pixels)^2 * 2 sigma^2 / 2^2
    np.testing.assert_allclose(variances[0, 0], 1.44 * 4 * 6 / 4, rtol=1e-15)


def test_median_of_nothing_is_nan():
    science = cube([np.nan] * 3)
    level, variances = fit_background(
        model((0, 1, 9), fit="median"), science, constant_variances(science, 3.0)
    )
    assert np.isnan(level).all()
    assert (variances == 0).all()


@pytest.mark.filterwarnings("ignore:nan_treatment='interpolate'")
@pytest.mark.parametrize("length", [3, 5, 9, 11])
@pytest.mark.parametrize("bad", [0.0, 0.1, 0.9])
def test_smoothing_equals_astropy(length, bad):
    rng = np.random.default_rng(length)
    images = rng.normal(size=(3, 4, 40)).astype(np.float32)
    images[rng.random(images.shape) < bad] = np.nan
    smoothed = smooth_along_dispersion(images, length, np.isnan(images).any(axis=(1, 2)))
    kernel = np.ones((1, length)) / length
    for image, result in zip(images, smoothed, strict=True):
        np.testing.assert_array_equal(result, convolve(image, kernel, boundary="extend"))


def test_smoothed_values_stand_in_for_nan_only_in_a_median():
    science = cube([1, 4, 7], [np.nan, 4, 7], [3, 4, 7])
    variances = constant_variances(science, 1.0)
    mean, _ = fit_background(model((0, 1, 9), smoothing=3), science, variances)
    median, _ = fit_background(model((0, 1, 9), smoothing=3, fit="median"), science, variances)
    assert mean[0, 0, 1] == 5.5
    assert median[0, 0, 1] == 4
    assert mean[0, 0, 0] == 4


@given(st.permutations(range(4)), st.sampled_from(["median", "poly"]), st.integers(0, 2))
def test_integrations_do_not_influence_each_other(order, fit, degree):
    rng = np.random.default_rng(0)
    science = rng.normal(size=(4, 6, N_COLUMNS)).astype(np.float32)
    science[rng.random(science.shape) < 0.3] = np.nan
    settings = model((0, 1, 2, 7, 8, 9), order=degree, fit=fit)
    level, variances = fit_background(settings, science, [science**2])
    permuted = fit_background(settings, science[order], [science[order] ** 2])
    np.testing.assert_array_equal(permuted[0], level[order])
    np.testing.assert_array_equal(permuted[1], variances[:, order])


@given(st.integers(-1000, 1000), st.sampled_from(["median", "poly"]), st.integers(0, 2))
def test_a_constant_moves_the_level_by_itself(constant, fit, degree):
    rng = np.random.default_rng(1)
    science = rng.integers(-9, 9, (2, 6, N_COLUMNS)).astype(np.float32)
    settings = model((0, 1, 2, 7, 8, 9), order=degree, fit=fit)
    level, variances = fit_background(settings, science, [np.ones_like(science)])
    moved = fit_background(settings, science + np.float32(constant), [np.ones_like(science)])
    np.testing.assert_allclose(moved[0], level + constant, atol=1e-9)
    np.testing.assert_array_equal(moved[1], variances)
