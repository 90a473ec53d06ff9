from types import SimpleNamespace

import numpy as np
import pytest

from scripts.lib.spectra.background import BackgroundModel
from scripts.lib.spectra.profile_fit import ProfileFit
from scripts.lib.spectra.scene_model import profile_image, scene_images

SHAPE = (6, 5)
WEIGHTS = np.full((2, 5), 0.5)


def box(background=None, axis=1):
    """Rows 2 and 3 with half of their light; the background from rows 0 and 5."""
    return SimpleNamespace(
        dispersion_axis=axis,
        rows=slice(0, 6),
        columns=slice(0, 5),
        aperture_rows=slice(2, 4),
        weights=WEIGHTS,
        background=background,
        background_rows=np.array([0, 5]),
        fit=None,
    )


def level(kind, order=0):
    return BackgroundModel(
        fit=kind,
        order=order,
        smoothing_length=0,
        region=np.ones((2, 5), bool),
        region_position=np.array([-1.0, 1.0]),
        aperture=WEIGHTS,
        aperture_position=np.array([-0.2, 0.2]),
    )


def block(rows):
    science = np.repeat(np.array(rows, np.float32)[None, :, None], 5, axis=2)
    return science, [np.ones_like(science)] * 3


def test_a_box_has_its_mean_in_its_pixels():
    # The sum is 2 + 3, of one pixel altogether.
    images = scene_images(box(), *block([0, 0, 4, 6, 0, 0]))
    np.testing.assert_array_equal(images[0, :, 0], [0, 0, 2.5, 2.5, 0, 0])


def test_bad_pixels_of_a_box_are_left_out():
    science, variances = block([0, 0, 4, 6, 0, 0])
    science[0, 2, 1] = np.nan
    images = scene_images(box(), science, variances)
    np.testing.assert_array_equal(images[0, :, 1], [0, 0, 0, 3, 0, 0])


@pytest.mark.parametrize(
    ("kind", "order", "expected"),
    [
        ("poly", 0, [3, 3, 3, 3, 3, 3]),
        ("median", 0, [3] * 6),
        ("poly", 1, [1, 1.8, 2.6, 3.4, 4.2, 5]),
    ],
)
def test_the_background_of_a_box_is_everywhere(kind, order, expected):
    images = scene_images(box(level(kind, order)), *block([1, 7, 9, 9, 7, 5]))
    expected = np.array(expected, float)
    expected[2:4] += (9 - expected[2:4]).sum() / 4
    np.testing.assert_allclose(images[0, :, 0], expected)


def test_a_fit_is_drawn_as_it_is():
    profile = np.repeat(np.array([0, 0.2, 0.3, 0.3, 0.2, 0])[:, None], 5, axis=1)
    extraction = SimpleNamespace(fit=ProfileFit(profile, 0, np.ones(SHAPE, bool)))
    science, variances = block(2 + 10 * profile[:, 0])
    np.testing.assert_allclose(scene_images(extraction, science, variances), science, rtol=1e-5)


@pytest.mark.parametrize("axis", [1, 2])
def test_profile_lies_in_the_image(axis):
    shape = SHAPE if axis == 1 else SHAPE[::-1]
    image = profile_image(box(axis=axis), shape)
    assert image.shape == shape
    assert image.sum() == 5
    assert (image if axis == 1 else image.T)[2, 0] == 0.5
