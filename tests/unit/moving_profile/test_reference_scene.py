import numpy as np

from scripts.lib.moving_profile.frames import Planes
from scripts.lib.moving_profile.reference_sample import read_sample
from scripts.lib.moving_profile.reference_scene import spectral_scene
from scripts.lib.moving_profile.reference_spectra import SpectralOptions


def test_the_own_light_of_an_order_is_its_share_without_background():
    image = np.full((21, 6), 3.0, np.float32)
    image[10] += 40.0
    cube = np.repeat(image[None], 4, axis=0)
    ones, zeros = np.ones_like(cube), np.zeros_like(cube)
    sample = read_sample(Planes(cube, ones, zeros.astype(np.uint32), zeros), np.arange(3))
    excluded = np.abs(np.arange(21)[:, None] - 10) <= np.full(6, 4)
    options = SpectralOptions(
        trace=np.full(6, 10.0), half_width=2, excluded=excluded,
        share=lambda light: np.full(light.shape, 0.25, np.float32),
    )  # fmt: skip
    scene = spectral_scene(sample, options)
    np.testing.assert_array_equal(scene.region.used, ~excluded)
    np.testing.assert_allclose(scene.model[10], 40.0)
    np.testing.assert_allclose(scene.own.model[10], 10.0)
    np.testing.assert_allclose(scene.region.light, scene.model)
    assert not scene.holes.any()
