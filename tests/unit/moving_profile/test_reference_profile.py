from types import SimpleNamespace

import numpy as np

from scripts.lib.moving_profile.background import LIMIT, ColumnRegion
from scripts.lib.moving_profile.band import Band
from scripts.lib.moving_profile.reference_profile import fit_profile


def region(shape, error=1.0):
    """No background, and an error of each pixel."""
    return ColumnRegion(np.zeros(shape, bool), np.full(shape, error * LIMIT, np.float32), "none")


def test_profile_and_response_are_those_of_a_star_of_changing_level():
    light, share = np.array([8.0, 4.0]), np.array([[0.25, 0.5], [0.75, 0.5]])
    level = 1.0 - 0.1 * (np.arange(8) % 2)
    star = level[:, None, None] * share * light
    model = share * light
    scene = SimpleNamespace(
        band=Band(np.array([0, 0]), 2, (2, 2)), model=model.astype(np.float32),
        holes=np.zeros((2, 2), dtype=bool), weight=np.ones((2, 2), np.float32),
        region=region((2, 2)),
    )  # fmt: skip
    fitted = SimpleNamespace(
        coefficients=np.column_stack([level, np.zeros((8, 3))]),
        rejected=(np.zeros(0, int), np.zeros(0, int)), width_gain=0.0, spectrum=np.ones((8, 2)),
    )  # fmt: skip
    samples = (star - model).reshape(8, -1).astype(np.float32)
    profile, response, hole_light = fit_profile(samples, np.zeros((8, 4), bool), scene, fitted)
    # Eight integrations do not show how a profile moves.
    np.testing.assert_allclose(profile, share[None], rtol=1e-5)
    np.testing.assert_allclose(response, [light, [0.0, 0.0]], rtol=1e-5)
    assert not hole_light.any()


def moving(amplitude, noise, moves=(), hit=None, hole=None):
    """
    A star of 1000 counts and a width of 1 pixel, which moves along y: its profile's slope, and the true one.

    Moves are (integration, pixels); a hit is (integration, row, column, counts), a hole (row, column).
    """
    rows, count = np.arange(9.0), 60
    motion = amplitude * np.random.default_rng(1).normal(size=count)
    motion -= np.median(motion)
    for integration, shift in moves:
        motion[integration] = shift

    def star(shift):
        return 1000.0 * np.exp(-0.5 * (rows[:, None] - 4.0 - shift) ** 2) / np.sqrt(2.0 * np.pi)

    model = np.repeat(star(0.0), 3, axis=1)
    samples = np.stack([np.repeat(star(shift), 3, axis=1) for shift in motion]) - model
    samples += noise * np.random.default_rng(2).normal(size=samples.shape)
    if hit:
        samples[hit[:3]] += hit[3]
    holes = np.zeros((9, 3), dtype=bool)
    if hole:
        holes[hole] = True
        model[hole] = 0.0
    scene = SimpleNamespace(
        band=Band(np.zeros(3, int), 9, (9, 3)), model=model.astype(np.float32),
        holes=holes, weight=np.full((9, 3), noise**-2, np.float32),
        region=region((9, 3), noise),
    )  # fmt: skip
    coefficients = np.column_stack([np.ones(count), np.zeros(count), motion, np.zeros(count)])
    fitted = SimpleNamespace(
        coefficients=coefficients, rejected=(np.zeros(0, int), np.zeros(0, int)), width_gain=0.0,
        spectrum=np.ones((count, 3)),
    )  # fmt: skip
    slope = star(0.0) * (rows[:, None] - 4.0) / 1000.0
    samples = samples.reshape(count, -1).astype(np.float32)
    return fit_profile(samples, np.zeros(samples.shape, bool), scene, fitted)[0], slope


def test_slopes_are_measured_where_the_star_moves():
    profile, slope = moving(0.05, 0.1)
    np.testing.assert_allclose(profile[1], np.repeat(slope, 3, axis=1), atol=0.003)


def test_slopes_without_motion_are_the_numerical_ones_and_no_noise():
    # Of the samples alone, their error would be 10 / (sqrt(60) 0.0005) = 2600 of 1000 counts.
    profile, slope = moving(0.0005, 10.0)
    assert np.abs(profile[1] - slope).max() < 0.3 * np.abs(slope).max()


def test_a_hit_next_to_a_hole_does_not_make_the_slope_of_its_pixel():
    # Only two integrations move; without a prior half of the hit would go into the slope: 50 / 0.04 = 1.25 of 1000 counts.
    moves, hit = ((20, 0.04), (21, 0.04)), (20, 5, 1, 100.0)
    profile, slope = moving(0.0005, 10.0, moves, hit, hole=(4, 1))
    assert not profile[:, 4, 1].any()
    assert abs(profile[1, 5, 1] - slope[5, 0]) < 0.3 * np.abs(slope).max()
