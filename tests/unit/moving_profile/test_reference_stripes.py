from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np

from scripts.lib.moving_profile.background import LIMIT, ColumnRegion
from scripts.lib.moving_profile.band import Band
from scripts.lib.moving_profile.reference_stripes import (
    best_rows,
    find_stripes,
    weights_with_stripes,
)


@dataclass(frozen=True)
class Scene:
    band: Band
    model: np.ndarray
    holes: np.ndarray
    weight: np.ndarray
    region: ColumnRegion


def scene(dark):
    """Two lit columns and some dark ones, with errors of 2."""
    shape = (2, 2 + dark)
    model = np.zeros(shape, np.float32)
    model[:, :2] = 50.0
    region = ColumnRegion(np.zeros(shape, bool), np.full(shape, 2.0 * LIMIT, np.float32), "none")
    weight = np.full(shape, 0.25, np.float32)
    return Scene(Band(np.zeros(2 + dark, int), 2, shape), model, model > 99, weight, region)


def test_few_dark_columns_show_no_stripes():
    given = scene(63)
    assert find_stripes(SimpleNamespace(median=given.model, frame_blocks=list), given) is None


def test_what_is_left_of_a_stripe_counts_for_each_lit_column():
    given = scene(4)
    stripes = SimpleNamespace(rest=np.array([[0.0, 0.7], [0.7, 1.5]]))
    found = weights_with_stripes(given, stripes, 0.003)
    # A variance of 4, and in the second row 2 columns of 1.5 besides.
    np.testing.assert_allclose(found.weight[0], 1.0 / 4.0)
    np.testing.assert_allclose(found.weight[1], 1.0 / 7.0)


def test_white_stripes_are_estimated_row_by_row():
    generator = np.random.default_rng(3)
    measured = 2.0 * generator.normal(size=(2000, 12)) + generator.normal(size=(2000, 12))
    gain, rest = best_rows(measured, np.ones(12))
    # 4 / (4 + 1) of what a row shows about the level of all, which is known to 1 / 12 of a row.
    np.testing.assert_allclose(np.diag(gain), 0.8 + 0.2 / 12.0, atol=0.03)
    np.testing.assert_allclose(gain.sum(axis=1), 1.0, atol=1e-3)
    np.testing.assert_allclose(np.diag(rest), 0.8 + 0.2 / 12.0, atol=0.03)


def test_rows_of_a_slow_noise_help_each_other():
    generator = np.random.default_rng(4)
    walk = np.cumsum(0.3 * generator.normal(size=(3000, 24)), axis=1)
    noise = generator.normal(size=walk.shape)
    gain, rest = best_rows(walk + noise, np.ones(24))
    left = np.einsum("yk,nk->ny", gain, walk + noise) - walk
    assert left[:, 4:20].std() < 0.65
    assert np.sqrt(np.diag(rest))[4:20].mean() < 0.85


def test_no_stripes_leave_one_level_for_all_rows():
    measured = np.random.default_rng(5).normal(size=(3000, 10))
    gain, rest = best_rows(measured, np.full(10, 1.1))
    np.testing.assert_allclose(gain, 0.1, atol=1e-3)
    np.testing.assert_allclose(rest, 0.11, rtol=0.01)
