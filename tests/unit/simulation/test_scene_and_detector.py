"""Parts of the simulator: transit, times, scene and detector."""

import erfa
import numpy as np
import pytest

from scripts.simulation.coordinates import inverse_quadratic
from scripts.simulation.detector import (
    DEAD,
    DO_NOT_USE,
    HOT,
    WARM,
    Planes,
    Readout,
    draw_bad_pixels,
    expose,
    fill_integration,
    spoil,
)
from scripts.simulation.options import VisitOptions
from scripts.simulation.scene import SpectralScene, enclosed_share
from scripts.simulation.star import light_curve, planet_radius, star_spectrum
from scripts.simulation.timing import TARGET_DEC, TARGET_RA, Clock, barycentric, int_times_table


def test_light_curve_is_one_outside_transit_and_follows_the_radius():
    wavelength = np.array([3.9, 4.3, 4.7])
    options = VisitOptions("nrs_brightobj", radius_ratio=0.1, impact_parameter=0.0)
    light = light_curve(np.array([0.0, 0.5, 1.0]), (0.0, 1.0), wavelength, options)
    assert light.shape == (3, 3)
    np.testing.assert_array_equal(light[[0, 2]], 1.0)
    depth = 1.0 - light[1]
    assert depth[1] > max(depth[0], depth[2])
    np.testing.assert_allclose(depth, planet_radius(wavelength, 0.1) ** 2, rtol=0.06)


def test_star_spectrum_is_one_at_two_micron_and_falls():
    flux = star_spectrum(np.array([2.0, 4.0, 8.0, 14.0]))
    assert flux[0] == pytest.approx(1.0, abs=1e-6)
    assert np.all(np.diff(flux) < 0.0)


def test_rows_of_int_times():
    table = int_times_table(Clock(60000.0, cadence=86.4, integration_time=43.2), 3, 5)
    np.testing.assert_array_equal(table["integration_number"], [3, 4, 5])
    np.testing.assert_allclose(table["int_start_MJD_UTC"] - 60000.0, [0.002, 0.003, 0.004])
    np.testing.assert_allclose(table["int_mid_MJD_UTC"] - 60000.0, [0.00225, 0.00325, 0.00425])
    np.testing.assert_allclose(table["int_end_MJD_UTC"] - 60000.0, [0.0025, 0.0035, 0.0045])
    assert np.all(np.diff(table["int_mid_BJD_TDB"]) > 0.0)


def test_int_times_without_rows():
    assert int_times_table(Clock(60000.0, 1.0, 1.0), 1, 0).shape == (0,)


def test_barycentric_time_is_near_the_ephemeris():
    mjd = np.array([59700.0, 59790.0, 59880.0, 59970.0])
    earth = erfa.epv00(2400000.5, mjd)[1]["p"]
    target = erfa.s2c(np.deg2rad(TARGET_RA), np.deg2rad(TARGET_DEC))
    seconds = (barycentric(mjd) - mjd) * 86400.0
    np.testing.assert_allclose(seconds, 69.184 + 499.005 * (earth @ target), atol=20.0)


def _scene(dispersion_axis=1, shape=(41, 3)):
    vector = np.ones(shape[2 - dispersion_axis])
    return SpectralScene(
        shape=shape,
        dispersion_axis=dispersion_axis,
        wavelength=4.0 * vector,
        trace=20.0 * vector,
        width=1.2 * vector,
        electron_rate=100.0 * vector,
        background_rate=0.5,
        conversion=2.0 * vector,
    )


def test_scene_holds_the_light_of_the_star_and_the_background():
    image = _scene().image(np.array([1.0, 0.9, 0.5]), 0.0)
    np.testing.assert_allclose(image.sum(axis=0) - 0.5 * 41, [100.0, 90.0, 50.0], rtol=1e-4)
    np.testing.assert_allclose(image, image[::-1])


def test_offset_moves_the_star():
    image = _scene().image(np.ones(3), 0.25) - 0.5
    centroid = (np.arange(41)[:, None] * image).sum(axis=0) / image.sum(axis=0)
    np.testing.assert_allclose(centroid, 20.25, atol=1e-3)


def test_vertical_dispersion_is_the_transpose():
    light = np.array([1.0, 0.9, 0.5])
    vertical = _scene(dispersion_axis=2, shape=(3, 41)).image(light, 0.1)
    np.testing.assert_array_equal(vertical, _scene().image(light, 0.1).T)


def test_enclosed_share_of_pixels_is_the_sum_of_the_profile():
    scene = _scene()
    share = enclosed_share(np.array([7.0]), np.array([1.2]), 0.0)
    assert scene.profile(41, 0.0)[17:24, 0].sum() == pytest.approx(share[0])


def test_bad_pixels_come_in_three_kinds():
    dq = draw_bad_pixels((30, 20), 0.01, np.random.default_rng(1))
    values, counts = np.unique(dq[dq > 0], return_counts=True)
    assert dict(zip(values.tolist(), counts.tolist(), strict=True)) == {
        DEAD | DO_NOT_USE: 2,
        HOT | DO_NOT_USE: 2,
        WARM: 2,
    }


def test_without_light_only_cosmic_rays_are_left():
    readout = Readout(integration_time=4.0, read_noise=0.0)
    measured, hits = expose(np.zeros((20, 30)), readout, 0.02, np.random.default_rng(3))
    expected = np.zeros((20, 30))
    expected[hits[:, 0].astype(int), hits[:, 1].astype(int)] = hits[:, 2] / 4.0
    assert len(hits) > 0
    np.testing.assert_array_equal(measured, expected)


def test_noise_has_the_variance_that_is_written():
    readout = Readout(integration_time=10.0, read_noise=5.0)
    rate = np.full((100, 100), 20.0)
    measured, hits = expose(rate, readout, 0.0, np.random.default_rng(4))
    planes = Planes.empty((1, 100, 100))
    fill_integration(planes, 0, measured, np.ones_like(rate), readout)
    assert len(hits) == 0
    written = np.mean(planes.var_poisson + planes.var_rnoise)
    assert np.var(measured) == pytest.approx(written, rel=0.05)


def test_variances_of_one_pixel():
    planes = Planes.empty((1, 1, 1))
    readout = Readout(integration_time=2.0, read_noise=3.0)
    fill_integration(planes, 0, np.array([[4.0]]), np.array([[0.5]]), readout)
    assert planes.sci[0, 0, 0] == pytest.approx(2.0)
    assert planes.var_poisson[0, 0, 0] == pytest.approx(0.5)
    assert planes.var_rnoise[0, 0, 0] == pytest.approx(0.5625)
    assert planes.var_flat[0, 0, 0] == pytest.approx(4e-6)
    assert planes.err[0, 0, 0] == pytest.approx(np.sqrt(1.062504))


def test_negative_rates_have_no_photon_variance():
    planes = Planes.empty((1, 1, 1))
    fill_integration(planes, 0, np.array([[-1.0]]), np.array([[1.0]]), Readout(1.0, 1.0))
    assert planes.var_poisson[0, 0, 0] == 0.0


def test_spoiled_pixels():
    planes = Planes.empty((1, 1, 4))
    readout = Readout(1.0, 1.0)
    fill_integration(planes, 0, np.full((1, 4), 5.0), np.ones((1, 4)), readout)
    bad = np.array([[DEAD | DO_NOT_USE, HOT | DO_NOT_USE, WARM, 0]], np.uint32)
    lost = spoil(planes, 0, bad, 0.0, np.random.default_rng(1))
    assert lost.shape == (0, 2)
    np.testing.assert_array_equal(np.isnan(planes.sci[0, 0]), [True, False, False, False])
    np.testing.assert_array_equal(np.isnan(planes.var_flat[0, 0]), [True, False, False, False])
    assert planes.sci[0, 0, 1] == 250.0
    np.testing.assert_array_equal(planes.dq[0], bad)


def test_lost_pixels_are_nan_and_flagged():
    planes = Planes.empty((1, 3, 4))
    fill_integration(planes, 0, np.full((3, 4), 5.0), np.ones((3, 4)), Readout(1.0, 1.0))
    lost = spoil(planes, 0, np.zeros((3, 4), np.uint32), 1.0, np.random.default_rng(1))
    assert lost.shape == (12, 2)
    assert np.all(np.isnan(planes.err))
    assert np.all(planes.dq == DO_NOT_USE)


@pytest.mark.parametrize(
    "coefficients", [(2.83, 0.0037, -1.4e-7), (14.1, -0.012, -2.6e-5), (2.35, 0.0008, 2e-9)]
)
def test_inverse_of_a_dispersion_relation(coefficients):
    argument = np.linspace(-0.5, 255.5, 20)
    value = np.polynomial.polynomial.polyval(argument, coefficients)
    np.testing.assert_allclose(inverse_quadratic(coefficients)(value), argument, atol=1e-5)
