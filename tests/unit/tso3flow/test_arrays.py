import numpy as np
import pytest

from scripts.lib.diagnostics.light_curve_metrics import light_curve_metrics
from scripts.lib.errors import InputError
from scripts.lib.outliers.blocks import Block
from scripts.lib.outliers.detection import Settings, detect_outliers
from tso3flow.arrays import (
    aperture_photometry,
    flag_outliers,
    noise_report,
    sum_aperture,
    white_light,
)


def test_outliers_are_those_of_the_workflow_and_arrays_stay_as_they_were():
    rng = np.random.default_rng(1)
    data = rng.normal(size=(40, 4, 5)).astype(np.float32)
    data[3, 1, 1] = data[39, 3, 4] = 30.0
    data[20, 0, 0] = np.nan
    before, error = data.copy(), np.ones_like(data)
    found = flag_outliers(data, error, window=9)
    planes = {"SCI": data.copy(), "ERR": error.copy(), "DQ": np.isnan(data).astype(np.uint32)}
    whole = slice(0, 40)
    detect_outliers(planes, Block(slice(0, 4), whole, whole), 40, Settings(window=9))
    np.testing.assert_array_equal(found, (planes["DQ"] & 16) != 0)
    assert np.argwhere(found).tolist() == [[3, 1, 1], [39, 3, 4]]
    np.testing.assert_array_equal(data, before)


def test_a_bad_sample_counts_as_missing():
    data = np.array([1.0, 1.0, 90.0, 1.0, 1.0, 1.0, 1.0])
    bad = np.zeros(7, bool)
    assert flag_outliers(data, np.ones(7), window=3).tolist() == [False, False, True] + [False] * 4
    bad[3] = True
    # The running medians of the neighbours are not known either.
    assert not flag_outliers(data, np.ones(7), window=3, bad=bad).any()


def test_one_median_serves_short_series():
    assert flag_outliers([10.0, 11.0, 10.0, 30.0], np.ones(4)).tolist() == [False] * 3 + [True]


def test_background_is_taken_off_what_is_in_the_aperture():
    frames = np.full((2, 3, 4), 5.0)
    frames[1, 0, 2] = np.nan
    found = sum_aperture(frames, np.ones((2, 3, 4)), [[1], [1], [0]], background=[[1.0], [2.0]])
    np.testing.assert_array_equal(found.flux, [[8, 8, 8, 8], [6, 6, 3, 6]])
    np.testing.assert_allclose(found.error**2, [[2, 2, 2, 2], [2, 2, 1, 2]])
    np.testing.assert_array_equal(found.npixels, [[2, 2, 2, 2], [2, 2, 1, 2]])


def test_white_light_keeps_to_its_range_and_needs_half_of_the_light():
    flux = np.array([[1.0, 4.0, 3.0], [1.0, np.nan, 3.0], [1.0, 4.0, np.nan], [np.nan] * 3])
    found, error = white_light([1.0, 2.0, 3.0], flux, np.ones((4, 3)), low=1.5)
    np.testing.assert_allclose(found, [7.0, np.nan, 7.0, np.nan])
    np.testing.assert_allclose(error, [np.sqrt(2.0), np.nan, 1.75, np.nan])


def test_an_element_that_never_has_flux_takes_no_part():
    flux = np.array([[np.nan, 2.0], [np.nan, 3.0]])
    np.testing.assert_array_equal(white_light([1.0, 2.0], flux, np.ones((2, 2)))[0], [2.0, 3.0])


def test_photometry_follows_the_centre_and_has_errors_of_the_background():
    images = np.full((2, 21, 21), 2.0)
    images[0, 10, 8] += 50.0
    images[1, 10, 12] += 70.0
    error = np.full(images.shape, 0.5)
    found = aperture_photometry(images, error, [8, 12], 10, 3.0, annulus=(4, 6))
    np.testing.assert_allclose(found.flux, [50.0, 70.0], rtol=1e-5)
    np.testing.assert_allclose(found.background, 2.0, rtol=1e-6)
    area, ring = np.pi * 9, np.pi * 20
    np.testing.assert_allclose(found.error, 0.5 * np.sqrt(area + area**2 / ring), rtol=1e-5)
    bare = aperture_photometry(images, error, [8, np.nan], 10, 3.0)
    np.testing.assert_allclose(bare.flux[0], 50.0 + 2.0 * area, rtol=1e-5)
    assert np.isnan(bare.flux[1])
    assert bare.background.tolist() == [0.0, 0.0]


def test_noise_is_measured_about_a_transit():
    rng = np.random.default_rng(5)
    time = np.arange(600) / 1440.0
    flux = 3.0 * (1.0 + 3e-4 * rng.normal(size=600))
    flux[250:350] *= 0.99
    flux[10] = np.nan
    report = noise_report(time, flux, np.full(600, 3.0 * 3e-4))
    assert report["scatter_ppm"] == pytest.approx(300.0, rel=0.08)
    assert report["ratio"] == pytest.approx(1.0, rel=0.08)
    assert report["depth_ppm"] == pytest.approx(10_000, rel=0.15)
    assert report["jumps"] == []
    assert report["beta_10_30_min"] == pytest.approx(1.0, abs=0.35)


@pytest.mark.parametrize("step", [0.0, 1e-3])
def test_noise_is_that_of_the_report_in_which_jumps_count(step):
    rng = np.random.default_rng(5)
    time, jump = np.arange(600) / 1440.0, step * (np.arange(600) >= 300)
    flux = 1.0 + 3e-4 * rng.normal(size=600) + jump
    columns = {name: np.full(600, np.nan) for name in ("flux_error", "photon_error")}
    columns |= {name: np.arange(600.0) for name in ("x", "y", "width", "integration")}
    columns |= dict.fromkeys(("bjd_tdb", "mjd_utc"), time) | {"segment": np.ones(600, int)}
    metrics, _ = light_curve_metrics(
        columns | dict.fromkeys(("flux", "flux_norm"), flux / np.median(flux))
    )
    report = noise_report(time, flux)
    assert len(report["jumps"]) == bool(step)
    # As steep as three times the noise, it may be found one integration off.
    assert report["jumps"] == pytest.approx([300] if step else [], abs=1)
    for name in ("scatter_ppm", "point_to_point_sigma_ppm", "mad_sigma_ppm", "beta_10_30_min"):
        assert report[name] == pytest.approx(metrics[name], rel=1e-9), name
    assert report["scatter_ppm"] == pytest.approx(580.0 if step else 300.0, rel=0.1)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: flag_outliers(np.ones(3), np.ones(4)), "error: found shape"),
        (lambda: flag_outliers(np.ones(3), np.ones(3), snr=0), "snr: found 0, expected"),
        (lambda: flag_outliers(np.ones(3), np.ones(3), window=2.5), "window: found 2.5"),
        (lambda: sum_aperture(np.ones((3, 3)), np.ones((3, 3)), 1), "frames: found"),
        (
            lambda: sum_aperture(np.ones((1, 3, 2)), np.ones((1, 3, 2)), np.ones((4, 1))),
            r"aperture: found shape \(4, 1\), expected shape \(3, 2\)",
        ),
        (lambda: white_light([1], [[1.0]], [[1.0]], low=2), "low, high: found"),
        (
            lambda: aperture_photometry(np.ones((1, 5, 5)), np.ones((1, 5, 5)), 2, 2, -1),
            "radius: found -1",
        ),
        (
            lambda: aperture_photometry(
                np.ones((1, 5, 5)), np.ones((1, 5, 5)), 2, 2, 1, annulus=(3, 2)
            ),
            "annulus: found",
        ),
        (lambda: noise_report(np.arange(5.0), np.ones(5)), "flux: found 5, expected 20"),
        (lambda: noise_report(np.arange(30.0), -np.ones(30)), "expected a positive median"),
    ],
)
def test_what_is_wrong_is_one_line(call, message):
    with pytest.raises(InputError, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)
