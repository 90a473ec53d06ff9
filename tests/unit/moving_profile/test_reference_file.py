from dataclasses import fields, is_dataclass

import numpy as np
import pytest

from benchmarks.profile_scenes import QUIET, image_scene, spectral_scene
from scripts.lib.errors import InputError
from scripts.lib.moving_profile.images import model_images
from scripts.lib.moving_profile.reference_file import load_references, save_references
from scripts.lib.moving_profile.reference_images import image_reference
from scripts.lib.moving_profile.reference_spectra import SpectralOptions, spectral_reference
from scripts.lib.moving_profile.segment import Extent
from scripts.lib.moving_profile.spectra import model_spectra


def assert_equal(one, other):
    """Check that two dataclasses hold the same."""
    for field in fields(one):
        left, right = getattr(one, field.name), getattr(other, field.name)
        if is_dataclass(left):
            assert_equal(left, right)
        elif isinstance(left, dict):
            assert list(left) == list(right)
            for name, array in left.items():
                np.testing.assert_array_equal(array, right[name])
        else:
            assert type(left) is type(right), field.name
            np.testing.assert_array_equal(left, right)


@pytest.mark.parametrize("stripes", [False, True])
def test_a_spectral_reference_is_read_as_it_was_written(tmp_path, stripes):
    planes = spectral_scene((28, 400), 40, seed=1, trouble=QUIET, dark_columns=0.3).planes
    options = SpectralOptions(stripes=stripes)
    reference = spectral_reference(planes, np.arange(39), options)
    save_references(tmp_path / "reference.npz", {"all": reference})
    read = load_references(tmp_path / "reference.npz")["all"]
    assert (read.stripes is None) != stripes
    assert_equal(reference, read)
    one, other = (model_spectra([planes], Extent(40), given) for given in (reference, read))
    assert one.flux.tobytes() == other.flux.tobytes()


def test_a_reference_of_images_is_read_as_it_was_written(tmp_path):
    planes = image_scene((32, 40), 40, seed=1, trouble=QUIET).planes
    reference = image_reference(planes, np.arange(39))
    save_references(tmp_path / "reference.npz", {"all": reference})
    read = load_references(tmp_path / "reference.npz")["all"]
    assert_equal(reference, read)
    one, other = (model_images([planes], Extent(40), given) for given in (reference, read))
    assert one.sums.tobytes() == other.sums.tobytes()


def test_the_same_reference_has_the_same_bytes(tmp_path):
    planes = image_scene((32, 40), 40, seed=1, trouble=QUIET).planes
    for name in ("one.npz", "other.npz"):
        save_references(tmp_path / name, {"all": image_reference(planes, np.arange(39))})
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "other.npz").read_bytes()


@pytest.mark.parametrize("content", [b"", b"nothing", b"PK\x03\x04"])
def test_another_file_is_refused(tmp_path, content):
    path = tmp_path / "reference.npz"
    path.write_bytes(content)
    with pytest.raises(InputError, match="found no reference"):
        load_references(path)


def test_a_visit_without_data_has_no_reference(tmp_path):
    save_references(tmp_path / "reference.npz", {})
    assert load_references(tmp_path / "reference.npz") == {}
