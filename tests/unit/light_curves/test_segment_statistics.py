import numpy as np
import pytest

from scripts.lib.light_curves.segment_statistics import (
    Target,
    background_level,
    circle,
    measure_integrations,
    median_image,
    photon_part,
)
from scripts.lib.segment_data.dq import DO_NOT_USE, OUTLIER
from tests.support.segment_cubes import SHAPE, cube, region


def test_flags_count_in_every_aperture_that_has_the_pixel():
    member = cube()
    flags = member._planes["DQ"]
    flags[1, 3, 7] = OUTLIER | DO_NOT_USE
    flags[2, 7, 9] = OUTLIER | DO_NOT_USE
    targets = [
        Target(region(name, *rows), np.ones(SHAPE[1:]))
        for name, rows in (("1", (2, 8)), ("2", (6, 12)))
    ]
    arrays = measure_integrations(member, targets, 0)
    np.testing.assert_array_equal(arrays["1/outliers"][:, 0], [0, 1, 1, 0, 0])
    np.testing.assert_array_equal(arrays["2/outliers"][:, 0], [0, 0, 1, 0, 0])
    # Row 3 is in the wings of the second, which reach 3 pixels beyond it.
    np.testing.assert_array_equal(arrays["2/outliers"][:, 1], [0, 1, 0, 0, 0])
    assert arrays["outlier_map"].sum() == 2
    assert arrays["1/class_sizes"].tolist() == [6 * 40, 5 * 40, 9 * 40]
    missing = np.zeros((5, 40))
    missing[1, 7] = missing[2, 9] = 1 / 6
    np.testing.assert_allclose(arrays["1/missing"], missing, rtol=1e-6)


def test_what_the_extraction_fills_is_not_missing():
    arrays = measure_integrations(
        cube(), [Target(region("1", 2, 8, filled=True), np.ones(SHAPE[1:]))], 0
    )
    assert "1/missing" not in arrays


def test_part_of_the_photons_in_the_variance():
    member = cube()
    assert photon_part(member, region("1", 2, 8), 0).tolist() == [0.25] * 40
    # A filled sample, whose error is inflated, does not count.
    member._planes["ERR"][:, 4] = 100.0
    member._planes["VAR_POISSON"][:, 4] = np.nan
    np.testing.assert_allclose(photon_part(member, region("1", 2, 8), 0), 0.25)


def test_background_level_is_the_median_of_its_region():
    median = np.array([[1.0, 5.0], [9.0, 9.0], [3.0, np.nan]])
    region = np.array([[True, True], [False, False], [True, True]])
    assert background_level(median, region, 0).tolist() == [[2.0, 5.0]]
    assert background_level(median, np.zeros_like(region), 0).tolist() == [[0.0, 0.0]]


def test_circle_has_the_area_of_a_circle():
    weights = circle((20, 20), 9.3, 10.1, 3.0)
    assert weights.sum() == pytest.approx(9 * np.pi)
    assert weights.max() == 1.0


def test_flagged_samples_are_in_the_median_of_images_only():
    images = np.ones(SHAPE, np.float32)
    images[:2, 3, 4] = 9.0
    flags = np.zeros(SHAPE, np.uint32)
    flags[2:, 3, 4] = DO_NOT_USE
    images[:, 5, 6] = np.nan
    member = cube(SCI=images, DQ=flags)
    # Two of five samples are left, less than half.
    assert np.isnan(median_image(member, 0)[3, 4])
    assert median_image(member, None)[3, 4] == 1.0
    assert np.isnan(median_image(member, None)[5, 6])


def test_variances_of_another_shape_count_as_missing():
    member = cube(VAR_POISSON=np.ones(SHAPE, np.float32))
    targets = [Target(region("1", 2, 8), np.ones(SHAPE[1:]))]
    assert measure_integrations(member, targets, None)["1/photon_variance"].all()
    member._planes["VAR_POISSON"] = np.ones((SHAPE[0], 1, 1), np.float32)
    assert np.isnan(measure_integrations(member, targets, None)["1/photon_variance"]).all()
