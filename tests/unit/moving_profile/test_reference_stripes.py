from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np

from scripts.lib.moving_profile.background import LIMIT, ColumnRegion
from scripts.lib.moving_profile.band import Band
from scripts.lib.moving_profile.reference_stripes import find_stripes, weights_with_stripes


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
    stripes = SimpleNamespace(rest=np.array([0.0, 1.5]))
    found = weights_with_stripes(given, stripes, 0.003)
    # A variance of 4, and in the second row 2 columns of 1.5 besides.
    np.testing.assert_allclose(found.weight[0], 1.0 / 4.0)
    np.testing.assert_allclose(found.weight[1], 1.0 / 7.0)
