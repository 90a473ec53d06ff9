from dataclasses import replace

import numpy as np
import pytest

from benchmarks.profile_scenes import QUIET, image_scene
from scripts.lib.moving_profile.reference_images import (
    ImageOptions,
    image_reference,
    numerical_terms,
    star_level,
)
from scripts.lib.moving_profile.sample import consecutive_pairs, sample_integrations
from scripts.lib.moving_profile.stamp_shape import motion_terms

MOVING = replace(QUIET, jitter=3.0)


def reference_of(scene, **options):
    """Reference of a visit."""
    sample = sample_integrations(len(scene.planes))
    return image_reference(scene.planes[sample], consecutive_pairs(sample), ImageOptions(**options))


@pytest.fixture(scope="module")
def reference():
    return reference_of(image_scene((32, 40), 120, seed=1, trouble=MOVING, electrons=1e7))


def test_star_stamp_and_ring_are_found(reference):
    assert (reference.x, reference.y) == (
        pytest.approx(20.2, abs=0.1),
        pytest.approx(15.7, abs=0.1),
    )
    assert len(reference.pixels) == pytest.approx(np.pi * (6 * reference.width) ** 2, rel=0.1)
    assert not reference.ring.used.reshape(-1)[reference.pixels].any()
    assert reference.level * 1.0 / reference.scale == pytest.approx(30.0, abs=2.0)


def test_profile_sums_to_one_and_its_slopes_to_nothing(reference):
    sums = reference.profile.sum(axis=1)
    np.testing.assert_allclose(sums, [1, *[0] * 10], atol=1e-9)
    assert reference.light[0] / reference.scale == pytest.approx(1e7, rel=0.03)


def test_slopes_of_the_profile_are_its_derivatives(reference):
    image = np.zeros((32, 40))
    image.reshape(-1)[reference.pixels] = reference.profile[0]
    down, right = np.gradient(image)
    for slope, derivative in zip(reference.profile[1:3], (right, down), strict=True):
        measured = -derivative.reshape(-1)[reference.pixels]
        assert np.corrcoef(slope, measured)[0, 1] > 0.97


def test_numerical_terms_are_those_of_a_taylor_series():
    y, x = np.mgrid[:9.0, :9.0] - 4.0

    def star(dx, dy):
        return 3.0 + (x - dx) ** 3 + 2.0 * (x - dx) ** 2 * (y - dy) - (y - dy) ** 2 + x - dx

    images = numerical_terms(star(0.0, 0.0))
    terms = motion_terms(np.array([[1.0, 0.3, -0.2, 0.0]]), 11)[0]
    moved = np.tensordot(terms, images, axes=1)
    # A central difference of a cube is too large by 1.
    moved += 0.3 * 1.0
    np.testing.assert_allclose(moved[2:-2, 2:-2], star(0.3, -0.2)[2:-2, 2:-2], atol=1e-12)


def test_level_of_the_star_by_hand():
    coefficients = np.array([[0.5, 2.0, 0.0, 0.0], [np.nan] * 4])
    level = star_level(coefficients, np.array([10.0, 1.0, 0.0]))
    np.testing.assert_array_equal(level, [[6.0], [10.0]])


def test_a_dip_is_not_in_the_profile():
    deep, none = (
        reference_of(image_scene((32, 40), 120, seed=1, trouble=QUIET, electrons=1e7, depth=depth))
        for depth in (0.3, 0.0)
    )
    _, one, other = np.intersect1d(deep.pixels, none.pixels, return_indices=True)
    assert len(one) > 100
    found, expected = deep.profile[0][one], none.profile[0][other]
    # Without motion, but with its noise, for which the positions of both have other zeros.
    np.testing.assert_allclose(found / found.sum(), expected / expected.sum(), atol=2e-4)


def test_a_dead_pixel_of_the_star_is_filled():
    scene = image_scene((32, 40), 120, seed=1, trouble=QUIET, electrons=1e7)
    whole = reference_of(scene)
    scene.planes.dq[:, 16, 21] = 1
    reference = reference_of(scene)
    index, other = (np.searchsorted(r.pixels, 16 * 40 + 21) for r in (reference, whole))
    assert reference.weight[index] == 0.0
    assert reference.model[index] == 0.0
    assert reference.profile[0][index] == pytest.approx(whole.profile[0][other], rel=0.1)


def test_a_star_that_fills_the_array_has_no_background():
    scene = image_scene((32, 40), 60, seed=1, trouble=QUIET, sigma=5.0)
    reference = reference_of(scene, whole=True)
    assert len(reference.pixels) == 32 * 40
    assert not reference.ring.used.any()
    assert reference.level == 0.0


def test_few_images_have_a_static_profile():
    scene = image_scene((32, 40), 12, seed=1, trouble=QUIET)
    assert reference_of(scene).profile.shape[0] == 1
