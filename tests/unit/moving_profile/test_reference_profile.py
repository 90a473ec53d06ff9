from types import SimpleNamespace

import numpy as np

from scripts.lib.moving_profile.band import Band
from scripts.lib.moving_profile.reference_profile import fit_profile


def test_profile_and_response_are_those_of_a_star_of_changing_level():
    light, share = np.array([8.0, 4.0]), np.array([[0.25, 0.5], [0.75, 0.5]])
    level = 1.0 - 0.1 * (np.arange(8) % 2)
    star = level[:, None, None] * share * light
    model = share * light
    scene = SimpleNamespace(
        band=Band(np.array([0, 0]), 2, (2, 2)), model=model.astype(np.float32),
        holes=np.zeros((2, 2), dtype=bool), weight=np.ones((2, 2), np.float32),
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
