import numpy as np
import pytest

from scripts.lib.moving_profile.flux import ColumnExtraction

NONE = (np.zeros(0, np.int64), np.zeros(0, np.int64))
ONE = np.ones((1, 1))


def extraction(hole_light=0.0, profile=(0.25, 0.5, 0.25), noise_factor=1.0):
    """One column of three pixels with unit weights."""
    model = np.zeros((3, 1), np.float32)
    profile = np.array(profile, np.float32).reshape(1, 3, 1)
    ones = np.ones((3, 1), np.float32)
    return ColumnExtraction(model, profile, ones, ones, np.array([[hole_light]]), noise_factor)


def summed(given, samples, lost=NONE, errors=2.0, photon=1.0):
    """Sums of one column."""
    values = np.array(samples, np.float32).reshape(1, 3, 1)
    residual = np.zeros_like(values)
    planes = np.full_like(values, errors), np.full_like(values, photon)
    return given.sums(values, ONE, residual, *planes, lost)


def fluxes(given, sums, background=0.0, scale=1.0):
    """Fluxes of one column."""
    return given.fluxes(sums, ONE, np.full((1, 1), background), scale)


def test_least_squares_by_hand():
    # sum P D = 1 + 10 + 2 = 13; sum P^2 = 0.375.
    given = extraction()
    found = fluxes(given, summed(given, [4.0, 20.0, 8.0]))
    assert found.flux[0, 0] == pytest.approx(13.0 / 0.375)
    assert found.filled[0, 0] == 32.0
    assert found.error[0, 0] == pytest.approx(2.0 * np.sqrt(0.375) / 0.375)
    assert found.photon_error[0, 0] == pytest.approx(np.sqrt(0.375) / 0.375)
    assert found.valid[0, 0] == 1.0


def test_a_bad_sample_is_left_out_and_filled():
    given = extraction()
    found = fluxes(given, summed(given, [4.0, 16.0, 0.0], (np.array([0]), np.array([2]))))
    flux = 9.0 / 0.3125
    assert found.flux[0, 0] == pytest.approx(flux)
    assert found.filled[0, 0] == pytest.approx(20.0 + 0.25 * flux)
    assert found.error[0, 0] == pytest.approx(2.0 * np.sqrt(0.3125) / 0.3125)
    assert found.photon_error[0, 0] == pytest.approx(np.sqrt(0.3125) / 0.3125)
    assert found.valid[0, 0] == 0.75


def test_an_outlier_leaves_what_a_bad_sample_would():
    given = extraction()
    sums = summed(given, [4.0, 16.0, 900.0])
    two = np.array([2.0])
    given.leave_out(sums, ONE, (np.array([0]), np.array([2])), np.array([900.0]), two, two)
    other = summed(given, [4.0, 16.0, 0.0], (np.array([0]), np.array([2])))
    for name in ("upper", "lower", "total", "lost", "variance", "expected", "lost_samples"):
        np.testing.assert_allclose(getattr(sums, name), getattr(other, name), rtol=1e-6)
    assert sums.chi2[0] == -4.0
    # With equal photons in all pixels the proportion is exact.
    photons = [fluxes(given, found).photon_error for found in (sums, other)]
    np.testing.assert_allclose(*photons, rtol=1e-6)


def test_less_than_half_of_the_light_gives_nan():
    given = extraction()
    lost = (np.array([0, 0]), np.array([0, 1]))
    found = fluxes(given, summed(given, [0.0, 0.0, 8.0], lost))
    assert np.isnan(found.flux[0, 0])
    assert found.valid[0, 0] == 0.25


def test_holes_are_filled_and_counted_as_missing_light():
    given = extraction(hole_light=0.25, profile=(0.25, 0.5, 0.0))
    found = fluxes(given, summed(given, [4.0, 8.0, 5000.0]))
    assert found.flux[0, 0] == pytest.approx(16.0)
    assert found.filled[0, 0] == pytest.approx(16.0)
    assert found.valid[0, 0] == 0.75 * 1.0


def test_background_and_noise_factor_are_in_the_error():
    given = extraction(noise_factor=3.0)
    found = fluxes(given, summed(given, [4.0, 20.0, 8.0]), background=0.5)
    # variance of upper: 4 x 0.375 + 0.5 x 1^2
    assert found.error[0, 0] == pytest.approx(3.0 * np.sqrt(2.0) / 0.375)


def test_fluxes_are_in_the_unit_of_the_samples():
    given = extraction()
    sums = summed(given, [4.0, 20.0, 8.0])
    one, half = fluxes(given, sums), fluxes(given, sums, scale=2.0)
    for name in ("flux", "filled", "error", "photon_error"):
        np.testing.assert_array_equal(getattr(half, name), getattr(one, name) / 2.0)


def test_light_in_holes_follows_the_motion():
    profile = np.array([[0.25, 0.5, 0.0], [-0.2, 0.0, 0.0]], np.float32)[:, :, None]
    ones = np.ones((3, 1), np.float32)
    hole_light = np.array([[0.25], [0.2]])
    given = ColumnExtraction(np.zeros((3, 1), np.float32), profile, ones, ones, hole_light, 1.0)
    terms = np.array([[1.0, 0.5]])
    values = np.array([15.0, 50.0, 0.0], np.float32).reshape(1, 3, 1)
    planes = np.ones_like(values), np.ones_like(values)
    sums = given.sums(values, terms, np.zeros_like(values), *planes, NONE)
    found = given.fluxes(sums, terms, np.zeros((1, 1)), 1.0)
    # A shift by half a pixel leaves 0.15 and 0.5 of the light; 0.35 is in the hole.
    assert found.flux[0, 0] == pytest.approx(100.0)
    assert found.filled[0, 0] == pytest.approx(65.0 + 35.0)
