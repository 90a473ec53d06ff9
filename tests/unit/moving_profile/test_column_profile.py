import numpy as np

from scripts.lib.moving_profile.column_profile import (
    column_flux,
    normalise_columns,
    without_dark_columns,
)

# Light of three rows, and what motion adds to it.
PROFILE = np.array([0.25, 0.5, 0.25])
SLOPE = np.array([-0.2, 0.0, 0.2])


def columns(light, response=0.0):
    """Light and slope of columns that have a profile in common; response is that of the detector."""
    star = np.array(light)[None, :] * PROFILE[:, None]
    return np.stack([star, np.array(light) * SLOPE[:, None] + response * star])


def test_shares_sum_to_one_and_slopes_to_nothing():
    found = columns(np.full(30, 80.0), response=0.05)
    profile, hole_light = normalise_columns(found, np.zeros((3, 30), dtype=bool))
    np.testing.assert_allclose(profile[0], np.repeat(PROFILE[:, None], 30, axis=1), rtol=1e-6)
    np.testing.assert_allclose(profile[1], np.repeat(SLOPE[:, None], 30, axis=1), atol=1e-7)
    np.testing.assert_array_equal(hole_light, 0.0)


def test_light_that_moves_into_a_hole_is_not_taken_for_response():
    found, holes = columns(np.full(30, 80.0), response=0.05), np.zeros((3, 30), dtype=bool)
    holes[2, 12] = True
    found[:, holes] = 0.0
    profile, hole_light = normalise_columns(found, holes)
    np.testing.assert_allclose(profile[:, :2, 12], [PROFILE[:2], SLOPE[:2]], atol=1e-7)
    np.testing.assert_allclose(hole_light[:, 12], [0.25, 0.2], atol=1e-12)
    np.testing.assert_array_equal(np.delete(hole_light, 12, axis=1), 0.0)


def test_a_column_of_holes_has_no_profile():
    found, holes = columns(np.full(30, 80.0)), np.zeros((3, 30), dtype=bool)
    holes[:, 5] = True
    found[:, holes] = 0.0
    profile, hole_light = normalise_columns(found, holes)
    assert not profile[:, :, 5].any()
    assert hole_light[0, 5] == 1.0


def test_flux_of_a_moved_column_by_hand():
    shape = PROFILE + 0.1 * SLOPE
    profile = np.stack([PROFILE, SLOPE]).astype(np.float32)[:, :, None]
    values = (40.0 * shape).astype(np.float32).reshape(1, 3, 1)
    terms, weight = np.array([[1.0, 0.1]]), np.array([[1.0], [2.0], [1.0]])
    assert abs(column_flux(values, terms, profile, weight)[0, 0] - 40.0) < 1e-4
    values[0, 1] = np.nan
    assert abs(column_flux(values, terms, profile, weight)[0, 0] - 40.0) < 1e-4
    values[:] = np.nan
    assert np.isnan(column_flux(values, terms, profile, weight)).all()


def test_dark_columns_and_holes_have_no_star():
    profile = np.ones((2, 3, 4), np.float32)
    profile[:, 1, 0] = 0.0
    model, left = without_dark_columns(np.full((3, 4), 5.0), profile, np.array([9, 8, 0.2, 9]), 0.1)
    np.testing.assert_array_equal(model, [[5, 5, 0, 5], [0, 5, 0, 5], [5, 5, 0, 5]])
    np.testing.assert_array_equal(left[0], profile[0] * [1, 1, 0, 1])
