import tracemalloc

import numpy as np
import pytest

from benchmarks.profile_scenes import STRESS, image_scene, spectral_scene
from scripts.lib.moving_profile.frames import Planes
from scripts.lib.moving_profile.reference_file import save_references
from scripts.lib.moving_profile.reference_images import image_reference
from scripts.lib.moving_profile.reference_passes import gather_star, measure_noise
from scripts.lib.moving_profile.reference_sample import read_sample
from scripts.lib.moving_profile.reference_spectra import SpectralOptions, spectral_reference

FIRSTS = np.arange(39)


def noisy_sample(block):
    """Sample of 40 integrations of 9 by 4 pixels with errors of 1, more rows than are read at a time; two samples are bad."""
    sci = np.random.default_rng(3).normal(size=(40, 9, 4)).astype(np.float32)
    dq = np.zeros(sci.shape, np.uint32)
    dq[5, 1, 2] = dq[7, 0, 0] = 1
    ones = np.ones_like(sci)
    return sci, read_sample(Planes(sci, ones, dq, ones), FIRSTS, block)


def subtract_two(samples, lost):
    """Take 1 off each row but the bad samples, and 1 off all."""
    rows = np.ones((len(samples), 9, 1), np.float32)
    samples -= rows
    samples.reshape(-1)[lost] = 0.0
    whole = np.ones((len(samples), 1, 1), np.float32)
    samples -= whole
    return [rows, whole]


@pytest.mark.parametrize("block", [1, 30, 10**6])
def test_the_star_is_gathered_without_background(block):
    sci, sample = noisy_sample(block)
    values, bad, background = gather_star(sample, subtract_two, np.array([6, 27]))
    np.testing.assert_array_equal(np.argwhere(bad), [[5, 0]])
    expected = (sci - sample.median - 1.0 - 1.0).reshape(40, 36)[:, [6, 27]]
    np.testing.assert_array_equal(values[~bad], expected[~bad])
    assert [part.shape for part in background] == [(40, 9, 1), (40, 1, 1)]


@pytest.mark.parametrize("block", [1, 30, 10**6])
def test_the_noise_is_that_of_the_samples_and_near_the_star_of_what_is_left(block):
    _, sample = noisy_sample(block)
    time = np.arange(40.0)[:, None, None]
    slow = [1000.0 * np.broadcast_to(time, (40, 1, 4)).astype(np.float32)]
    star = np.random.default_rng(4).normal(size=(40, 2)) * [9.0, 1.0]
    rows = np.zeros((40, 9, 1), np.float32)
    factor, noise = measure_noise(sample, [slow[0] * 0.0, rows], np.array([6, 27]), star)
    assert factor == pytest.approx(1.0, abs=0.15)
    assert np.argwhere(noise > 1.01 * factor).tolist() == [[1, 2]]
    # What is subtracted is no noise of pairs only if it was there: here it was not.
    assert measure_noise(sample, slow, np.array([6, 27]), star)[0] > 100.0


@pytest.mark.parametrize("block", [1, 5000])
@pytest.mark.parametrize("case", ["straight", "curved", "stripes", "image"])
def test_blocks_change_no_byte_of_a_reference(case, block, tmp_path):
    if case == "image":
        planes = image_scene((32, 40), 40, seed=7, trouble=STRESS).planes
        references = [image_reference(planes, FIRSTS, block=n) for n in (block, 10**9)]
    else:
        shape, options = (28, 90 if case != "stripes" else 400), {}
        options = {"curved": {"tilt": 4.0}, "stripes": {"dark_columns": 0.3}}.get(case, {})
        planes = spectral_scene(shape, 40, seed=7, trouble=STRESS, **options).planes
        known = SpectralOptions(stripes=case == "stripes")
        references = [spectral_reference(planes, FIRSTS, known, n) for n in (block, 10**9)]
    for number, reference in enumerate(references):
        save_references(tmp_path / f"{number}.npz", {"all": reference})
    assert (tmp_path / "0.npz").read_bytes() == (tmp_path / "1.npz").read_bytes()


@pytest.mark.parametrize("image", [False, True])
def test_memory_is_that_of_the_star_of_a_block_and_of_some_images(image):
    scene = (image_scene if image else spectral_scene)((120, 64), 120, seed=7, trouble=STRESS)
    block, make = 1 << 14, image_reference if image else spectral_reference
    tracemalloc.start()
    reference = make(scene.planes, np.arange(119), block=block)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # The band has fewer pixels than are fitted at a time.
    star = 100 * len(reference.pixels) if image else (25 + 50) * reference.band.pixels.size
    assert peak < 120 * star + 50 * block + (250 if image else 100) * reference.median.size
    # Samples and errors of all integrations are more than that.
    assert peak < 8 * scene.planes.sci.size
