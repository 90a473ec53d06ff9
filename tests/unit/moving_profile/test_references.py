from types import SimpleNamespace

import numpy as np
import pytest

from scripts.lib.moving_profile.band import Band
from scripts.lib.moving_profile.references import SpectralReference


def reference(rest, **values):
    """Reference of 3 rows and 2 columns whose band is the two lower rows."""
    parts = dict.fromkeys(SpectralReference.__dataclass_fields__)
    parts |= {
        "scale": 2.0,
        "median": np.zeros((3, 2), np.float32),
        "band": Band(np.array([0, 0]), 2, (3, 2)),
        "trace": np.zeros(2),
        "stripes": None if rest is None else SimpleNamespace(rest=np.array(rest)),
        "profile": np.full((1, 2, 2), 0.5, np.float32),
        "weight": np.ones((2, 2), np.float32),
        "crosstalk": {},
    }
    return SpectralReference(**parts | values)


def test_without_stripes_columns_have_no_noise_in_common():
    assert reference(None).common_variance(np.ones(2, bool)) == 0.0


@pytest.mark.parametrize(("members", "variance"), [((True, True), 2.0), ((True, False), 0.5)])
def test_noise_in_common_grows_with_the_square_of_the_number_of_columns(members, variance):
    # A flux is the sum of both rows of its column: with a variance of 1 of each row, 2 for one column and
    # 8 for two, over the square of the scale.
    found = reference(np.diag([1.0, 1.0, 9.0])).common_variance(np.array(members))
    np.testing.assert_allclose(found, variance)


def test_a_column_without_light_has_no_share():
    profile = np.array([[[0.5, 0.0], [0.5, 0.0]]], np.float32)
    dark = reference(np.eye(3), profile=profile)
    assert dark.lit.tolist() == [True, False]
    np.testing.assert_allclose(dark.common_variance(np.ones(2, bool)), 0.5)


def test_contamination_is_the_sum_over_the_other_orders():
    shares = {"2": np.full((3, 2), 0.1), "3": np.full((3, 2), 0.2)}
    assert reference(None).contamination.tolist() == [0.0, 0.0]
    np.testing.assert_allclose(reference(None, crosstalk=shares).contamination, 0.3)
