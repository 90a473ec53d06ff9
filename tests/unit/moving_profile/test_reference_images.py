from dataclasses import replace

import numpy as np
import pytest

from benchmarks.profile_scenes import QUIET, image_scene
from scripts.lib.moving_profile import reference_images
from scripts.lib.moving_profile.reference_images import ImageOptions, image_reference
from scripts.lib.moving_profile.sample import consecutive_pairs, sample_integrations
from scripts.lib.moving_profile.stamp_shape import fit_motion
from scripts.lib.moving_profile.star_motion import star_level

MOVING = replace(QUIET, jitter=3.0)


def reference_of(scene, **options):
    """Reference of a visit."""
    sample = sample_integrations(len(scene.planes))
    return image_reference(scene.planes[sample], consecutive_pairs(sample), ImageOptions(**options))


def stamps(scene, reference):
    """Samples of the stamp without background, and whether they are good."""
    sci = scene.planes.sci.reshape(len(scene.planes), -1)[:, reference.pixels].astype(np.float64)
    good = (scene.planes.dq.reshape(len(sci), -1)[:, reference.pixels] == 0) & np.isfinite(sci)
    return np.where(good, sci * reference.scale - reference.level, 0.0), good


def normal_matrix(reference):
    """Normal matrix of level, x, y and width."""
    images = reference.basis[:4]
    return (images * reference.basis_weight) @ images.T


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
    assert reference.profile[0][index] == pytest.approx(whole.profile[0][other], rel=0.03)


@pytest.mark.parametrize("dead", [[(16, 20)], [(16, 21), (15, 20)]])
def test_light_that_moves_into_dead_pixels_is_known(dead):
    scene = image_scene((32, 40), 120, seed=1, trouble=MOVING, electrons=1e7)
    for y, x in dead:
        scene.planes.dq[:, y, x] = 1
    reference = reference_of(scene)
    fit = fit_motion(*stamps(scene, reference), reference.basis, reference.basis_weight)[0]
    fit[:, 1:] -= reference.centre
    level = star_level(fit, reference.light)[:, 0]
    x, y = scene.extra["motion"]
    design = np.column_stack([np.ones(120), x, y])
    slopes = np.linalg.lstsq(design, level / np.median(level), rcond=None)[0][1:]
    # These pixels have a tenth of the light, and a motion of a pixel moves as much into them.
    np.testing.assert_allclose(slopes, 0.0, atol=0.02)
    assert np.std(fit[:, 1] - x) < 0.006


def test_a_jumping_pixel_of_the_star_has_little_weight():
    scene = image_scene((32, 40), 120, seed=1, trouble=MOVING, electrons=1e7)
    usual = reference_of(scene)
    jumps = np.random.default_rng(1).random(120) < 0.3
    scene.planes.sci[jumps, 16, 21] += 8.0 * scene.planes.err[jumps, 16, 21]
    reference = reference_of(scene)
    index = np.searchsorted(reference.pixels, 16 * 40 + 21)
    assert reference.noise[16, 21] > 2.0 * reference.noise_factor
    for one, other in zip(
        (reference.weight, reference.basis_weight), (usual.weight, usual.basis_weight), strict=True
    ):
        assert one[index] < 0.3 * other[index]
        np.testing.assert_allclose(np.delete(one, index), np.delete(other, index), rtol=1e-3)


def test_widths_that_are_noise_are_held_where_they_are(reference):
    # There is no change of width: what is measured is noise, of which a thousandth counts.
    noise = np.sqrt(np.linalg.inv(normal_matrix(reference))[3, 3])
    assert reference.basis_tightness > 4.0 / noise**2


def test_holding_a_width_does_not_hold_it_more_the_next_time(reference, monkeypatch):
    # It is measured on widths that nothing holds: the first pass and the tenth find the same.
    noise = np.sqrt(np.linalg.inv(normal_matrix(reference))[3, 3])
    assert reference.basis_tightness < 2000.0 / noise**2
    monkeypatch.setattr(reference_images, "_LIMITS", (20.0, 8.0, *[5.0] * 8))
    scene = image_scene((32, 40), 120, seed=1, trouble=MOVING, electrons=1e7)
    again = reference_of(scene).basis_tightness
    assert again == pytest.approx(reference.basis_tightness, rel=0.5)


def test_a_star_that_fills_the_array_has_no_background():
    scene = image_scene((32, 40), 60, seed=1, trouble=QUIET, sigma=5.0)
    reference = reference_of(scene, whole=True)
    assert len(reference.pixels) == 32 * 40
    assert not reference.ring.used.any()
    assert reference.level == 0.0


def test_few_images_have_a_static_profile():
    scene = image_scene((32, 40), 12, seed=1, trouble=QUIET)
    assert reference_of(scene).profile.shape[0] == 1


def test_hot_and_dead_pixels_about_the_stamp_have_no_slopes():
    scene = image_scene((48, 48), 120, seed=1, trouble=MOVING, electrons=1e7)
    usual = reference_of(scene)
    hot, dead = usual.apron[40], usual.apron[160]
    scene.planes.sci.reshape(120, -1)[:, hot] += 3e3
    scene.planes.dq.reshape(120, -1)[:, dead] = 1
    reference = reference_of(scene)
    np.testing.assert_array_equal(reference.apron, usual.apron)
    # The hot pixel alone would add a slope of 1500 to its neighbours.
    slopes = (reference.wings[1:3] - usual.wings[1:3]) / reference.scale
    assert np.abs(slopes).max() < 100.0
    assert (reference.noise.reshape(-1)[usual.apron] < 1.5 * reference.noise_factor).all()
