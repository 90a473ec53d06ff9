from types import SimpleNamespace

import numpy as np
import pytest

from scripts.lib.light_curves.frame_images import frame_images
from scripts.lib.light_curves.segment_models import (
    MaskWriter,
    write_image_model,
    write_spectral_models,
)
from tests.support.light_curves import image_model, spectral_model

NAN = np.nan


def spectral_reference():
    """Reference of three rows and two columns, of which one has no data, in units of a half."""
    return SimpleNamespace(
        median=np.array([[2.0, 4.0], [6.0, 8.0], [NAN, 12.0]], np.float32),
        scale=2.0,
        band=SimpleNamespace(pixels=np.array([[2, 3], [4, 5]])),
        profile=np.array([[[0.75, 0.5], [0.25, 0.5]], [[9.0, 9.0], [9.0, 9.0]]]),
        noise=np.full((3, 2), 2.5, np.float32),
        noise_factor=1.25,
        trace=np.array([1.5, 1.0]),
    )


def write_spectra(path, outliers, turned=False):
    frame = (2, 3) if turned else (3, 2)
    masks = MaskWriter((2, 3, 2), frame, (slice(0, frame[0]), slice(0, frame[1])), turned)
    model = spectral_model(np.ones((2, 2)), outliers=np.array(outliers, int))
    write_spectral_models(path, (2, 3, 2), {"all": np.ones(2)}, [{"all": model}], masks)
    return str(path)


@pytest.mark.parametrize("turned", [False, True])
def test_images_of_spectra_are_in_the_frame_of_the_detector(tmp_path, turned):
    # Pixel 5 of both integrations of the first segment, and pixel 1 of the second's last.
    paths = [
        write_spectra(tmp_path / f"{k}.fits", outliers, turned)
        for k, outliers in enumerate(([5, 11], [7]))
    ]
    images = frame_images(spectral_reference(), paths, 1, turned)
    expected = {
        "median": [[1.0, 2.0], [3.0, 4.0], [NAN, 6.0]],
        "profile": [[NAN, NAN], [0.75, 0.5], [0.25, 0.5]],
        "noise": [[2.0, 2.0], [2.0, 2.0], [NAN, 2.0]],
        "own_outlier_map": [[0, 1], [0, 0], [0, 2]],
    }
    for name, image in expected.items():
        found = images[name].T if turned else images[name]
        np.testing.assert_array_equal(found, image, err_msg=name)
    assert images["trace"].tolist() == [1.5, 1.0]


def test_images_of_a_part_are_in_their_place(tmp_path):
    crop = slice(2, 4), slice(1, 4)
    masks = MaskWriter((1, 2, 3), (5, 6), crop, False)
    model = image_model(np.ones(1), outliers=np.array([4]))
    keywords = {"X0": 1, "Y0": 2, "FACTOR": 1.0}
    write_image_model(tmp_path / "a.fits", keywords, 1, ["a", "b"], [model], masks)
    reference = SimpleNamespace(
        median=np.arange(6.0, dtype=np.float32).reshape(2, 3),
        scale=1.0,
        pixels=np.array([1, 4]),
        profile=np.array([[0.25, 0.75], [9.0, 9.0]]),
        noise=np.ones((2, 3), np.float32),
        noise_factor=1.0,
    )
    images = frame_images(reference, [str(tmp_path / "a.fits")], 0, False)
    assert "trace" not in images
    expected = np.full((5, 6), NAN)
    expected[crop] = [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]
    np.testing.assert_array_equal(images["median"], expected)
    assert np.argwhere(images["own_outlier_map"]).tolist() == [[3, 2]]
    assert np.argwhere(np.isfinite(images["profile"])).tolist() == [[2, 2], [3, 2]]
    assert images["profile"][3, 2] == 0.75


def test_without_a_reference_nothing_but_the_outliers_is_known(tmp_path):
    images = frame_images(None, [write_spectra(tmp_path / "a.fits", [])], 1, False)
    assert not images["own_outlier_map"].any()
    for name in ("median", "profile", "noise"):
        assert images[name].shape == (3, 2)
        assert np.isnan(images[name]).all()
