import numpy as np
import pytest

from scripts.lib.diagnostics.dip_model import (
    FixedDip,
    FreeDip,
    Geometry,
    dip_light,
    light_and_slopes,
)

TIMES = np.linspace(0.0, 0.2, 41)
GEOMETRY = Geometry(0.1, 0.08, 0.3, 0.1)


def test_contacts_are_half_the_duration_from_the_middle():
    separation = GEOMETRY.separation(np.array([0.06, 0.1, 0.14]))
    np.testing.assert_allclose(separation, [1.1, 0.3, 1.1], rtol=1e-12)


@pytest.mark.parametrize("limb", [(0.0, 0.0), (0.4, 0.2)])
def test_a_brightening_is_the_mirror_of_a_dip(limb):
    separation = GEOMETRY.separation(TIMES)
    dip, brightening = (dip_light(separation, depth, *limb) for depth in (0.01, -0.01))
    np.testing.assert_allclose(dip + brightening, 2.0, rtol=1e-15)
    assert dip.min() < 0.991


@pytest.mark.parametrize(
    ("model", "more"),
    [
        (FixedDip(TIMES, GEOMETRY, 0.01), []),
        (FreeDip(TIMES, GEOMETRY, 0.01, 0.3), [0.1, np.log(0.08)]),
        (FreeDip(TIMES, GEOMETRY, 0.01), [0.1, np.log(0.08), 0.09]),
    ],
)
def test_all_models_have_the_light_and_its_derivatives(model, more):
    vector = np.array([0.01, 0.3, 0.1, *more])
    light, slopes = light_and_slopes(model, vector)
    np.testing.assert_allclose(light, dip_light(GEOMETRY.separation(TIMES), *vector[:3]), atol=1e-9)
    assert slopes.shape == (41, len(vector))
    for index, scale in enumerate(model.scales):
        step = np.zeros(len(vector))
        step[index] = 1e-3 * scale
        after, before = (light_and_slopes(model, vector + sign * step)[0] for sign in (1, -1))
        central = (after - before) / (2.0 * step[index])
        inside = np.abs(np.abs(TIMES - 0.1) - 0.036) > 0.006
        np.testing.assert_allclose(
            slopes[inside, index], central[inside], atol=5e-3 * np.abs(slopes[:, index]).max()
        )
