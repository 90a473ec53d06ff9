from dataclasses import fields, replace

import numpy as np
import pytest

from benchmarks.profile_scenes import QUIET, REALISTIC, fit_depth, image_scene, split
from scripts.lib.moving_profile.frames import Planes
from scripts.lib.moving_profile.images import model_images
from scripts.lib.moving_profile.reference_images import image_reference
from scripts.lib.moving_profile.sample import consecutive_pairs, sample_integrations
from scripts.lib.moving_profile.segment import Extent
from scripts.lib.moving_profile.tie import shape_terms, slow_width, tie_flux

SMALL = replace(REALISTIC, columns=False, hits_near_lost=60)


def reference_of(planes):
    """Reference of a visit."""
    sample = sample_integrations(len(planes))
    return image_reference(planes[sample], consecutive_pairs(sample))


def changed(planes):
    """Copy of planes."""
    return Planes(*(getattr(planes, name).copy() for name in ["sci", "err", "dq", "var_poisson"]))


@pytest.fixture(scope="module")
def scene():
    return image_scene((40, 44), 120, seed=5, trouble=SMALL)


@pytest.fixture(scope="module")
def reference(scene):
    return reference_of(scene.planes)


@pytest.fixture(scope="module")
def whole(scene, reference):
    return model_images([scene.planes], Extent(120), reference)


@pytest.mark.parametrize("size", [1, 5, 16, 120])
def test_blocks_of_any_size_give_the_same_bytes(scene, reference, whole, size):
    blocks = (scene.planes[first : first + size] for first in range(0, 120, size))
    given = model_images(blocks, Extent(120), reference)
    for field in fields(whole):
        assert getattr(given, field.name).tobytes() == getattr(whole, field.name).tobytes(), field


def test_segments_with_halos_equal_the_whole_visit(scene, reference, whole):
    parts = [model_images([planes], extent, reference) for planes, extent in split(scene)]
    for name in (field.name for field in fields(whole) if field.name != "outliers"):
        joined = np.concatenate([getattr(part, name) for part in parts])
        assert joined.tobytes() == getattr(whole, name).tobytes(), name
    outliers = [part.outliers + 40 * 40 * 44 * k for k, part in enumerate(parts)]
    np.testing.assert_array_equal(np.concatenate(outliers), whole.outliers)


def test_a_quiet_star_is_recovered():
    scene = image_scene((40, 44), 100, seed=1, trouble=QUIET, electrons=1e7)
    model = model_images([scene.planes], Extent(100), reference_of(scene.planes))
    ratio = model.flux / scene.ideal
    assert np.std(ratio) * np.median(model.flux / model.error) < 0.5
    assert np.std(ratio / np.median(ratio)) < 2e-4
    np.testing.assert_allclose(np.median(model.chi2), 1.0, atol=0.1)
    np.testing.assert_allclose(model.sums[:, 0] / model.flux, 1.0, atol=5e-3)
    # The gradient of the background is steeper than its noise.
    np.testing.assert_allclose(model.background, 30.0, atol=2.0)


def test_numbers_in_bad_samples_do_not_matter(scene, whole):
    planes = changed(scene.planes)
    bad = (planes.dq & 1) != 0
    for plane in (planes.sci, planes.err, planes.var_poisson):
        plane[bad] = np.nan
    model = model_images([planes], Extent(120), reference_of(planes))
    for field in fields(whole):
        assert getattr(model, field.name).tobytes() == getattr(whole, field.name).tobytes(), field


def test_wings_of_the_star_in_the_ring_do_not_dilute_a_deep_dip():
    given = {"shape": (64, 64), "electrons": 1e6, "depth": 0.3, "sky": 5.0}
    scene = image_scene(integrations=60, seed=2, trouble=QUIET, **given)
    planes = changed(scene.planes)
    y, x = np.indices((64, 64))
    distance = np.hypot(y - 31.7, x - 32.2)
    # 1 % of the light is outside of the stamp; the brightest of it would be clipped in the median, none in an image.
    wings = np.where(distance > 7, 5e3 / np.maximum(distance, 1.0) ** 2.5, 0.0)
    planes.sci[...] += (scene.star.reshape(60, 1, 1) * wings).astype(np.float32)
    depths = []
    for given in (scene.planes, planes):
        reference = reference_of(given)
        depths.append(fit_depth(model_images([given], Extent(60), reference).flux, scene.dip)[0])
    assert reference.ring.used.sum() < 0.95 * np.count_nonzero(distance > 1.2 * 6.0)
    assert depths[1] == pytest.approx(depths[0], rel=3e-5)


def test_motion_is_measured():
    quiet = image_scene((40, 44), 60, seed=2, trouble=replace(QUIET, drift=6.2), electrons=1e7)
    model = model_images([quiet.planes], Extent(60), reference_of(quiet.planes))
    expected = np.linspace(-0.1, 0.1, 60)
    np.testing.assert_allclose(model.x, expected, atol=0.008)
    np.testing.assert_allclose(model.y, 0.7 * expected, atol=0.008)


def test_an_image_of_nan_is_a_row_of_nan(scene, reference, whole):
    planes = changed(scene.planes)
    planes.sci[30] = np.nan
    model = model_images([planes], Extent(120), reference)
    assert np.isnan([model.flux[30], model.x[30], model.chi2[30], model.error[30]]).all()
    assert np.isnan(model.sums[30]).all()
    others = np.abs(np.arange(120) - 30) > 12
    np.testing.assert_array_equal(model.flux[others], whole.flux[others])


def test_a_hit_on_the_star_is_flagged_and_costs_no_flux(scene, reference, whole):
    planes = changed(scene.planes)
    y, x = round(reference.y), round(reference.x)
    planes.dq[:, y, x] = 0
    clean = model_images([planes], Extent(120), reference)
    planes.sci[70, y, x + 1] += 60 * planes.err[70, y, x + 1]
    model = model_images([planes], Extent(120), reference)
    assert 70 * 40 * 44 + y * 44 + x + 1 in model.outliers
    assert abs(model.flux[70] - clean.flux[70]) < 2.0 * clean.error[70]
    assert abs(model.sums[70, 0] - clean.sums[70, 0]) < 3.0 * clean.sum_errors[70, 0]


def test_a_dead_column_through_the_star_leaves_the_rest(scene, whole):
    planes = changed(scene.planes)
    planes.dq[:, :, 22] = 1
    reference = reference_of(planes)
    model = model_images([planes], Extent(120), reference)
    terms, _ = shape_terms(model.x, model.y, squares=True)
    good = fit_depth(whole.sums[:, 0], scene.dip)
    tied = tie_flux(model.flux, model.sums[:, 0], terms, slow_width(model.width))
    depth, error, scatter = fit_depth(tied, scene.dip)
    # Two fifths of the light are lost.
    assert scatter < 2.0 * good[2]
    assert abs(depth - scene.depth) < 4.0 * error
    assert (model.valid < 0.75).all()


def test_a_hit_beyond_the_stamp_is_found_while_the_star_moves():
    trouble = replace(QUIET, jitter=2.0)
    scene = image_scene((48, 48), 120, seed=4, trouble=trouble, electrons=3e7, depth=0.05)
    reference = reference_of(scene.planes)
    y, x = np.divmod(reference.apron, 48)
    assert np.hypot(y - reference.y, x - reference.x).min() > 6.0 * reference.width
    before = model_images([scene.planes], Extent(120), reference).outliers
    assert len(before) <= 2
    planes = changed(scene.planes)
    places = reference.apron[:: len(reference.apron) // 30]
    frames = np.arange(len(places)) * 3 + 10
    planes.sci.reshape(120, -1)[frames, places] += 9.0 * planes.err.reshape(120, -1)[frames, places]
    found = model_images([planes], Extent(120), reference).outliers
    assert np.isin(frames * 48 * 48 + places, found).all()


def test_twelve_images_give_a_product():
    scene = image_scene((40, 44), 12, seed=1, trouble=QUIET)
    model = model_images([scene.planes], Extent(12), reference_of(scene.planes))
    np.testing.assert_allclose(model.flux / np.median(model.flux), scene.star, atol=5e-3)


@pytest.mark.parametrize("factor", [0.8, 1.4])
def test_errors_are_right_where_err_is_wrong(factor):
    trouble = replace(SMALL, err_factor=factor, response=0.0)
    ratios = []
    for seed in range(4):
        scene = image_scene((40, 44), 150, seed=seed, trouble=trouble, depth=0.0)
        model = model_images([scene.planes], Extent(150), reference_of(scene.planes))
        terms, _ = shape_terms(model.x, model.y, squares=True)
        tied = tie_flux(model.flux, model.sums[:, 0], terms, slow_width(model.width))
        ratios.append(np.std(tied) / np.median(model.error))
    assert np.mean(ratios) == pytest.approx(1.0, abs=0.07)


def test_truth_of_a_realistic_visit():
    scatter, bias = [], []
    for seed in range(4):
        scene = image_scene((40, 44), 150, seed=seed, trouble=SMALL)
        reference = reference_of(scene.planes)
        parts = [model_images([planes], extent, reference) for planes, extent in split(scene)]
        depth, error, noise = fit_depth(np.concatenate([p.sums[:, 0] for p in parts]), scene.dip)
        ideal = fit_depth(scene.ideal, scene.dip)
        scatter.append(noise / ideal[2])
        bias.append((depth - ideal[0]) / error)
        found = np.concatenate([p.outliers + 50 * k * 40 * 44 for k, p in enumerate(parts)])
        jumping = np.broadcast_to(scene.rtn, scene.planes.sci.shape).reshape(-1)
        for amplitude in (10.0, 30.0, 200.0):
            hits = scene.hits[amplitude]
            assert np.isin(hits[~jumping[hits]], found).all()
    assert np.mean(scatter) < 1.12
    assert abs(np.mean(bias)) < 0.6


def test_a_small_change_of_width_is_measured_as_large_as_it_is():
    # In the last fifth the square of the core gets wider by 0.004 square pixels, and 0.0015 of the light by 5 more.
    trouble = replace(QUIET, tilt_event=True)
    scene = image_scene((32, 40), 150, seed=2, trouble=trouble, electrons=3e7, depth=0.0)
    model = model_images([scene.planes], Extent(150), reference_of(scene.planes))
    late = np.arange(150) >= 120
    noise = np.std(model.width[~late])
    step = np.mean(model.width[late]) - np.mean(model.width[~late])
    calm = image_scene((32, 40), 150, seed=2, trouble=QUIET, electrons=3e7, depth=0.0)
    usual = model_images([calm.planes], Extent(150), reference_of(calm.planes)).width
    assert step == pytest.approx(0.008, rel=0.6)
    assert step > 8.0 * noise / np.sqrt(30)
    # Without it, the same noise and no step.
    assert np.std(usual) == pytest.approx(noise, rel=0.3)
    assert abs(np.mean(usual[late]) - np.mean(usual[~late])) < 0.2 * step
