from types import SimpleNamespace

import numpy as np
import pytest

from scripts.lib.light_curves.image_curves import image_curve, read_models
from tests.support.light_curves import image_model, write_images_model

LENGTH = 120
DIP = np.where(np.abs(np.arange(LENGTH) - 60) < 20, 0.02, 0.0)
RING = SimpleNamespace(used=np.ones((8, 9), bool))
# Errors of 0.25, 0.2 and 0.5 without the noise factor.
BASIS = {"basis": np.eye(4), "basis_weight": np.array([1.0, 16.0, 25.0, 4.0])}
REFERENCE = SimpleNamespace(noise_factor=1.25, x=4.5, y=3.5, width=2.0, ring=RING, **BASIS)
CIRCLES = ["large", "small"]


def noise(seed, size=1e-3):
    return size * np.random.default_rng(seed).normal(size=LENGTH)


def models(flux, **changed):
    """Columns of the models of images, as they are read."""
    return dict(vars(image_model(flux, **changed)))


def test_models_of_all_segments_are_one_in_the_unit_of_the_archive(tmp_path):
    parts = [image_model(np.arange(n) + 1.0, x=np.full(n, n)) for n in (3, 2)]
    paths = [
        write_images_model(tmp_path / f"{k}.fits", part, factor=10.0, origin=(20, 30))
        for k, part in enumerate(parts)
    ]
    found, circles, origin = read_models(paths)
    assert circles == CIRCLES
    assert origin == (20, 30)
    np.testing.assert_array_equal(found["flux"], [10.0, 20.0, 30.0, 10.0, 20.0])
    np.testing.assert_array_equal(found["sums"], found["flux"][:, None] * [1.0, 1.0])
    np.testing.assert_array_equal(found["sum_errors"], [[40.0, 50.0]] * 5)
    np.testing.assert_array_equal(found["sum_photon_errors"], [[30.0, 40.0]] * 5)
    np.testing.assert_array_equal(found["background"], 5.0)
    # Positions have no flux in their unit.
    np.testing.assert_array_equal(found["x"], [3.0, 3.0, 3.0, 2.0, 2.0])


@pytest.mark.parametrize("order", [1, -1])
def test_a_segment_of_which_nothing_is_known_has_rows_of_nan(tmp_path, order):
    paths = [
        write_images_model(tmp_path / "known.fits", image_model(np.ones(3))),
        write_images_model(tmp_path / "unknown.fits", 2, circles=()),
    ][::order]
    found, circles, _ = read_models(paths)
    assert circles == CIRCLES
    assert np.isfinite(found["flux"]).tolist() == [True, True, True, False, False][::order]
    assert np.isfinite(found["sums"]).all(axis=1).tolist() == [True] * 3 + [False] * 2 or order < 0
    assert found["sums"].shape == (5, 2)


def test_the_largest_circle_is_taken_unless_another_is_less_noisy():
    level = 1.0 - DIP
    rest = {"x": noise(3, 0.05), "y": noise(4, 0.05), "width": noise(5, 0.05)}
    quiet, noisy = level + noise(1), level + noise(2, 3e-3)
    for large, small, profile, expected in (
        (quiet, noisy, noisy, "large"),
        (noisy, quiet, noisy, "small"),
        (noisy, noisy, quiet, "profile"),
        # Less noise by less than a percent is no reason.
        (quiet, quiet, quiet, "large"),
    ):
        given = models(profile, sums=np.stack([large, small], axis=1), **rest)
        columns, record = image_curve(given, CIRCLES, REFERENCE, (0, 0))
        assert record["method"] == expected
        assert set(record["noise"]) == {"large", "small", "profile"}
        errors = {"large": (4.0, 3.0), "small": (5.0, 4.0), "profile": (3.0, 2.0)}[expected]
        np.testing.assert_array_equal(columns["flux_error"], errors[0])
        np.testing.assert_array_equal(columns["photon_error"], errors[1])
        np.testing.assert_allclose(columns["flux"], quiet, rtol=2e-3)


def test_a_dip_in_the_fluxes_survives():
    level = 1.0 - DIP + noise(1, 1e-4)
    rest = {"x": noise(3, 0.05), "y": noise(4, 0.05), "width": noise(5, 0.05)}
    columns, record = image_curve(models(level, **rest), CIRCLES, REFERENCE, (0, 0))
    np.testing.assert_array_equal(columns["flux"], level)
    np.testing.assert_array_equal(columns["flux_corrected"], level)
    assert not any(found["applied"] for found in record["decorrelation"].values())


def test_motion_is_taken_off_where_it_is_there():
    x, level = noise(3, 0.05), 1.0 - DIP + noise(1, 1e-4)
    moved = level * (1.0 + 0.1 * (x - np.median(x)))
    given = models(moved, x=x, y=noise(4, 0.05))
    columns, record = image_curve(given, CIRCLES, REFERENCE, (0, 0))
    assert record["decorrelation"]["x, y"]["applied"]
    np.testing.assert_allclose(columns["flux"], moved)
    np.testing.assert_allclose(columns["flux_corrected"], level, rtol=5e-4)
    kept, record = image_curve(given, CIRCLES, REFERENCE, (0, 0), wanted=False)
    np.testing.assert_array_equal(kept["flux_corrected"], kept["flux"])
    assert record["decorrelation"] == {}


def test_positions_are_in_the_frame_of_the_detector():
    given = models(np.ones(2), x=np.array([0.5, -0.5]), width=np.array([5.0, -9.0]))
    columns, record = image_curve(given, CIRCLES, REFERENCE, (20, 30))
    np.testing.assert_array_equal(columns["x"], [25.0, 24.0])
    np.testing.assert_array_equal(columns["y"], [33.5, 33.5])
    np.testing.assert_array_equal(columns["width"], [3.0, 0.0])
    assert record["noise_factor"] == 1.25
    assert "dilution_limit" not in record


def test_without_a_ring_the_faintest_pixels_are_the_limit_of_the_background():
    median = np.ones((8, 9), np.float32)
    median[3, 4] = 100.0
    ring = SimpleNamespace(used=np.zeros((8, 9), bool))
    whole = SimpleNamespace(**vars(REFERENCE) | {"ring": ring, "median": median})
    whole.pixels = np.array([30, 31, 32])
    _, record = image_curve(models(np.ones(3)), CIRCLES, whole, (0, 0))
    assert record["dilution_limit"] == pytest.approx(3.0 / 102.0)


def test_light_that_is_not_valid_is_missing():
    columns, _ = image_curve(
        models(np.ones(3), valid=np.array([0.75, np.nan, 1.1])), CIRCLES, REFERENCE, (0, 0)
    )
    np.testing.assert_array_equal(columns["missing"], [0.25, 1.0, 0.0])


def test_nothing_measured_is_nan(tmp_path):
    path = write_images_model(tmp_path / "a.fits", LENGTH, circles=())
    columns, record = image_curve(*read_models([path])[:2], None, (0, 0))
    assert record["method"] == "profile"
    assert record["noise_factor"] is None
    for name, values in columns.items():
        assert len(values) == LENGTH
        assert (values == 1.0).all() if name == "missing" else np.isnan(values).all(), name
