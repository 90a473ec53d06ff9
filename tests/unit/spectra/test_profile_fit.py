import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.lib.segment_data.dq import DO_NOT_USE
from scripts.lib.segment_data.profile_replacement import replace_by_profiles
from scripts.lib.spectra.profile_fit import ProfileFit, fit_columns, model_images

NAN = np.nan
PROFILE = np.repeat(np.array([0.0, 0.1, 0.2, 0.4, 0.2, 0.1, 0.0])[:, None], 3, axis=1)
REGION = np.zeros((7, 3), bool)
REGION[[0, 6]] = True


def scene(flux=10.0, level=0.0, slope=0.0):
    """One integration of a source on a background, and a variance of 1 for each of three kinds."""
    position = np.linspace(-1, 1, 7)[:, None]
    science = (flux * PROFILE + level + slope * position).astype(np.float32)[None]
    return science, [np.ones_like(science) for _ in range(3)]


def test_flux_and_variance_of_a_profile():
    science, variances = scene()
    sums, coefficients = fit_columns(ProfileFit(PROFILE), science, variances)
    np.testing.assert_allclose(sums["flux"], 10, rtol=1e-6)
    # The sum of the squares of the profile is 0.26.
    np.testing.assert_allclose(sums["variances"], 1 / 0.26)
    np.testing.assert_allclose(sums["npixels"], 1 / 0.26)
    assert (sums["background"] == 0).all()
    assert coefficients.shape == (1, 3, 1)


def test_bad_pixels_lose_no_light():
    science, variances = scene()
    science[0, 3, 0], variances[2][0, 4, 1] = NAN, NAN
    sums, _ = fit_columns(ProfileFit(PROFILE), science, variances)
    np.testing.assert_allclose(sums["flux"], 10, rtol=1e-6)
    np.testing.assert_allclose(sums["variances"][0, 0], [1 / 0.1, 1 / 0.22, 1 / 0.26])
    np.testing.assert_allclose(sums["npixels"][0], [0.6 / 0.26, 0.8 / 0.26, 1 / 0.26])


@pytest.mark.parametrize(("order", "slope"), [(0, 0.0), (1, 0.3), (2, 0.3)])
@pytest.mark.parametrize("region", [None, REGION])
def test_a_background_is_fitted_with_the_source(order, slope, region):
    science, variances = scene(level=5.0, slope=slope)
    sums, _ = fit_columns(ProfileFit(PROFILE, order, region), science, variances)
    np.testing.assert_allclose(sums["flux"], 10, rtol=1e-5)
    # Of a constant background the weighted sum is that of the profile over that of its squares.
    np.testing.assert_allclose(sums["background"], 5 / 0.26, rtol=1e-5)
    assert (sums["background_variances"] > 0).all()


def test_background_variance_is_the_excess_over_a_fit_without():
    science, variances = scene(level=5.0)
    sums, _ = fit_columns(ProfileFit(PROFILE, 0, REGION), science, variances)
    alone, _ = fit_columns(ProfileFit(PROFILE), science, variances)
    excess = sums["variances"] - alone["variances"]
    np.testing.assert_allclose(sums["background_variances"], excess)


def test_a_bad_pixel_anywhere_makes_the_background_variance_nan():
    science, variances = scene()
    variances[0][0, 0, 1] = NAN
    sums, _ = fit_columns(ProfileFit(PROFILE, 0, REGION), science, variances)
    np.testing.assert_array_equal(np.isnan(sums["background_variances"][0, 0]), [0, 1, 0])


def test_a_column_without_pixels_has_no_flux_and_one_that_is_singular_none_of_it():
    science, variances = scene()
    science[0, :, 0] = NAN
    profile = PROFILE.copy()
    profile[:, 1] = 1 / 7
    sums, _ = fit_columns(ProfileFit(profile, 0), science, variances)
    assert np.isnan(sums["flux"][0, 0])
    assert sums["flux"][0, 1] == 0
    assert sums["flux"][0, 2] == pytest.approx(10, rel=1e-5)


@given(st.integers(0, 2**32 - 1), st.sampled_from([-1, 0, 1, 2]))
def test_equals_least_squares_column_by_column(seed, order):
    rng = np.random.default_rng(seed)
    science = rng.normal(size=(2, 7, 3)).astype(np.float32)
    science[rng.random(science.shape) < 0.1] = NAN
    variances = [np.ones_like(science)]
    fit = ProfileFit(PROFILE, order, REGION)
    sums, coefficients = fit_columns(fit, science, variances)
    position = np.linspace(-1, 1, 7)
    for integration, column in np.ndindex(2, 3):
        used = np.isfinite(science[integration, :, column])
        terms = [position**k for k in range(order + 1)] + [PROFILE[:, column]]
        design = np.array(terms).T[used]
        if np.linalg.cond(design.T @ design) > 1e8:
            continue
        best = np.linalg.lstsq(design, science[integration, used, column], rcond=None)[0]
        np.testing.assert_allclose(coefficients[integration, column], best, rtol=1e-5, atol=1e-6)
        assert sums["flux"][integration, column] == coefficients[integration, column, -1]


def test_light_of_lost_pixels_is_missed_by_the_box_alone():
    """A star with 3 % of the pixels lost in each integration: summed, fitted, or replaced first."""
    rng = np.random.default_rng(7)
    rows = np.arange(24)[:, None] - 11.5
    profile = np.repeat(np.exp(-0.5 * (rows / 1.5) ** 2), 50, axis=1)
    profile /= profile.sum(axis=0)
    spectrum = 1e4 * (1 + 0.3 * np.sin(np.arange(50) / 8))
    truth = np.broadcast_to(spectrum * profile, (40, 24, 50))
    science = (truth + rng.normal(size=truth.shape)).astype(np.float32)
    planes = {
        "SCI": science,
        "ERR": np.ones_like(science),
        "DQ": np.zeros(science.shape, np.uint32),
    }
    lost = rng.random(science.shape) < 0.03
    science[lost], planes["DQ"][lost] = np.nan, DO_NOT_USE
    variances = [np.where(lost, np.float32(np.nan), np.float32(1))]
    fitted = fit_columns(ProfileFit(profile), science, variances)[0]["flux"]
    summed = np.nansum(science[:, 6:18], axis=1)
    replace_by_profiles(planes, True, 3)
    replaced = planes["SCI"][:, 6:18].sum(axis=1)
    lack, *others = (1 - flux / spectrum for flux in (summed, fitted, replaced))
    assert lack.mean() == pytest.approx(0.03, abs=0.005)
    for other in others:
        assert abs(other.mean()) < 1e-4
        assert other.std() < 0.1 * lack.std()


def test_images_of_a_fit_are_background_and_source():
    science, variances = scene(level=5.0, slope=0.3)
    fit = ProfileFit(PROFILE, 1, REGION)
    _, coefficients = fit_columns(fit, science, variances)
    np.testing.assert_allclose(model_images(fit, coefficients), science, rtol=1e-5)
