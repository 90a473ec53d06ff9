import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.lib.spectra.sums import (
    correct_aperture,
    make_calibration,
    spectrum_columns,
    sum_aperture,
)
from tests.support.spectral_segments import row_images

NAN, INF = np.nan, np.inf


def images(*pixels):
    """Cube (1, rows, 1) of float32."""
    return np.array(pixels, np.float32)[np.newaxis, :, np.newaxis]


def weights(*pixels):
    return np.array(pixels, float)[:, np.newaxis]


def test_sum_of_rows():
    science = row_images()["SCI"]
    sums = sum_aperture(science, [science], np.full((6, 5), 1.0))
    np.testing.assert_array_equal(sums.flux, np.repeat([[15], [615], [1215]], 5, axis=1))
    np.testing.assert_array_equal(sums.variances[0], sums.flux)
    np.testing.assert_array_equal(sums.npixels, 6)
    np.testing.assert_array_equal(sums.background, 0)


def test_partial_pixels_count_in_part_and_squared_in_variances():
    sums = sum_aperture(images(2, 4, 8), [images(1, 1, 4)], weights(0, 1, 0.5))
    assert (sums.flux, sums.npixels, sums.variances) == (8, 1.5, 2)


def test_lost_pixels_are_not_compensated():
    sums = sum_aperture(images(2, NAN, INF, 5), [images(1, 1, 1, 1)], weights(1, 1, 1, 1))
    assert (sums.flux, sums.npixels, sums.variances) == (7, 2, 2)


def test_variances_that_are_not_finite():
    variances = [images(NAN, 2, INF), images(1, INF, NAN), images(INF, 3, INF)]
    sums = sum_aperture(images(1, 2, NAN), variances, weights(1, 1, 1))
    np.testing.assert_array_equal(sums.variances[:, 0, 0], [2, INF, INF])
    outside = sum_aperture(images(1, 2, 3), variances, weights(0, 1, 0))
    np.testing.assert_array_equal(outside.variances[:, 0, 0], [2, INF, 3])


@pytest.mark.parametrize("pixels", [(NAN, NAN), (-INF, INF)])
def test_no_pixel_no_flux(pixels):
    sums = sum_aperture(images(*pixels), [images(1, 1)], weights(1, 1))
    assert np.isnan(sums.flux)
    assert (sums.npixels, sums.variances) == (0, 0)


def test_weights_next_to_nothing_are_nothing():
    sums = sum_aperture(images(1, 2), [images(1, 1)], weights(4e-9, 4e-9))
    assert np.isnan(sums.flux)
    assert sums.npixels == 8e-9


def test_background_is_subtracted_and_summed_over_the_same_pixels():
    level = np.full((1, 1, 1), 1.5)
    sums = sum_aperture(
        images(2, NAN, 4), [images(1, 1, 1)], weights(1, 1, 0.5), level, np.full((1, 1, 1), 9.0)
    )
    assert sums.flux == 0.5 + 1.25
    assert sums.background == 1.5 * 1.5
    assert sums.variances == 1.25 + 9
    assert sums.background_variances == 9


def test_background_that_varies_across_dispersion():
    level = np.array([1.0, 2.0, 3.0])[np.newaxis, :, np.newaxis]
    sums = sum_aperture(
        images(2, NAN, 4), [images(1, 1, 1)], weights(1, 1, 0.5), level, np.zeros((1, 1, 1))
    )
    assert sums.flux == 1.5
    assert sums.background == 2.5


def test_without_a_background_level_there_is_no_flux():
    level = np.full((1, 1, 1), np.float32(NAN))
    sums = sum_aperture(images(2, 4), [images(1, 1)], weights(1, 1), level, np.zeros((1, 1, 1)))
    assert np.isnan(sums.flux)
    assert (sums.npixels, sums.background) == (0, 0)


def reference_sums(science, variance, weights, level):
    """Plain loops over the pixels of each column."""
    n_integrations, n_rows, n_columns = science.shape
    result = np.zeros((4, n_integrations, n_columns))
    for t in range(n_integrations):
        for x in range(n_columns):
            for y in range(n_rows):
                value = float(science[t, y, x]) - level[t, 0, x]
                if np.isfinite(value):
                    w, v = weights[y, x], float(variance[t, y, x])
                    result[:, t, x] += (
                        w * value,
                        w,
                        0 if np.isnan(v) else w * w * v,
                        w * level[t, 0, x],
                    )
    result[0][result[1] == 0] = NAN
    return result


@given(st.integers(0, 1000))
def test_equals_plain_loops(seed):
    rng = np.random.default_rng(seed)
    science = rng.normal(size=(2, 5, 4)).astype(np.float32)
    variance = rng.random(science.shape, dtype=np.float32)
    science[rng.random(science.shape) < 0.4] = NAN
    variance[rng.random(science.shape) < 0.2] = NAN
    share, level = rng.random((5, 4)).round(1), rng.normal(size=(2, 1, 4))
    sums = sum_aperture(science, [variance], share, level, np.zeros((1, 2, 4)))
    flux, npixels, variances, background = reference_sums(science, variance, share, level)
    np.testing.assert_allclose(sums.flux, flux, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(sums.npixels, npixels, rtol=1e-12)
    np.testing.assert_allclose(sums.variances[0], variances, rtol=1e-12)
    np.testing.assert_allclose(sums.background, background, rtol=1e-12, atol=1e-12)


@given(st.integers(-1000, 1000), st.permutations(range(3)))
def test_linear_and_independent_integrations(factor, order):
    science = row_images()["SCI"].astype(float)
    share = np.linspace(0, 1, 30).reshape(6, 5)
    sums = sum_aperture(science, [science], share)
    scaled = sum_aperture(factor * science[order], [science[order]], share)
    np.testing.assert_allclose(scaled.flux, factor * sums.flux[order], rtol=1e-12)
    np.testing.assert_array_equal(scaled.npixels, sums.npixels[order])
    np.testing.assert_array_equal(scaled.variances, sums.variances[:, order])


@pytest.fixture(name="sums")
def fixture_sums():
    """Flux 8 of 4 pixels, background 2, variances 16 of which half come from the background."""
    level = np.full((1, 1, 1), 0.5)
    return sum_aperture(
        images(2.5, 2.5, 2.5, 2.5),
        [images(2, 2, 2, 2)] * 3,
        weights(1, 1, 1, 1),
        level,
        np.full((3, 1, 1), 8.0),
    )


COLUMNS = ("FLUX", "FLUX_VAR_FLAT", "SURF_BRIGHT", "SB_VAR_FLAT", "BACKGROUND", "BKGD_VAR_FLAT")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((False, True, None), (8, 16, 2, 1, 0.5, 0.5)),
        ((True, True, 0.25), (8e6, 16e12, 0, 0, 2, 8)),
        ((True, False, 0.25), (2e6, 1e12, 2, 1, 0.5, 0.5)),
    ],
    ids=["count rate", "point source in a slit", "surface brightness"],
)
def test_units_of_the_spectrum(sums, arguments, expected):
    columns = spectrum_columns(sums, make_calibration(*arguments))
    for name, value in zip(COLUMNS, expected, strict=True):
        assert columns[name] == pytest.approx(value, rel=1e-14), name
    for prefix, variance in zip(("FLUX", "SB", "BKGD"), expected[1::2], strict=True):
        assert columns[f"{prefix}_ERROR"] == pytest.approx(np.sqrt(3 * variance), rel=1e-14)
    assert columns["NPIXELS"] == 4


def test_only_a_missing_flux_is_flagged():
    lost = sum_aperture(images(NAN), [images(1)] * 3, weights(1))
    columns = spectrum_columns(lost, make_calibration(False, False, None))
    assert columns["DQ"] == 1
    assert np.isnan(columns["SURF_BRIGHT"])
    assert columns["BACKGROUND"] == columns["SB_VAR_FLAT"] == columns["NPIXELS"] == 0


def test_aperture_correction_leaves_the_background(sums):
    columns = spectrum_columns(sums, make_calibration(False, False, None))
    before = {name: values.copy() for name, values in columns.items()}
    correct_aperture(columns, np.array([3.0]))
    for name, values in columns.items():
        factor = 1
        if name.startswith(("FLUX", "SB", "SURF")):
            factor = 9 if "VAR" in name else 3
        assert values == factor * before[name], name
