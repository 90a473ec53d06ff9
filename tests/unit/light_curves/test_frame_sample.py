"""Frames of a sample are those of the segments, where they are, without bad samples."""

import numpy as np
import pytest
from astropy.io import fits

from scripts.lib.light_curves.frame_sample import Frames, frames_at_jump, star_frames, trace_frames

COUNTS, SHAPE = (12, 20), (9, 6)


def write_segments(folder, counts=COUNTS, shape=SHAPE):
    """Segments whose samples are 1000 t + 10 y + x, t counted over all of them."""
    paths, start = [], 0
    rows, columns = np.indices(shape)
    for number, count in enumerate(counts):
        times = start + np.arange(count)[:, None, None]
        samples = (1000.0 * times + 10.0 * rows + columns).astype(np.float32)
        flags = np.zeros((count, *shape), np.uint32)
        if number == 0:
            flags[3, 4, 2] = 1 + 16
        hdus = [
            fits.PrimaryHDU(),
            fits.ImageHDU(samples, name="SCI"),
            fits.ImageHDU(flags, name="DQ"),
        ]
        paths.append(str(folder / f"{number}.fits"))
        fits.HDUList(hdus).writeto(paths[-1])
        start += count
    return paths


@pytest.fixture(name="paths")
def two_segments(tmp_path):
    return write_segments(tmp_path)


def test_integrations_are_read_across_segments(paths):
    frames = Frames(paths)
    assert (frames.lengths, frames.shape) == ([12, 20], SHAPE)
    block = frames.read(10, 4, slice(2, 4))
    assert block.shape == (4, 2, 6)
    assert block[:, 0, 1].tolist() == [10021.0, 11021.0, 12021.0, 13021.0]
    assert len(frames.read(30, 9)) == 2


def test_bad_samples_are_nan_and_turned_images_have_exchanged_axes(paths):
    assert np.isnan(Frames(paths).read(3, 1)[0, 4, 2])
    turned = Frames(paths, turned=True)
    assert turned.shape == (6, 9)
    assert np.isnan(turned.read(3, 1)[0, 2, 4])
    assert turned.read(0, 1, slice(1, 3))[0, 0, 5] == 51.0


def test_a_stretch_is_in_the_middle_of_the_longest_segment(paths):
    assert Frames(paths).stretch(1) == (1, slice(0, 20))
    # Ten integrations at least, however large they are.
    assert Frames(paths).stretch(1 << 30) == (1, slice(5, 15))


def test_rows_next_to_a_trace_follow_it(paths):
    trace = np.array([2.0, 2.4, 3.0, 3.6, 0.0, np.nan])
    segment, integrations, sample = trace_frames(Frames(paths), trace, 1)
    assert (segment, integrations) == (1, slice(0, 20))
    assert sample.shape == (20, 3, 5)
    assert sample[0, :, 0].tolist() == [12010.0, 12020.0, 12030.0]
    assert sample[0, 1].tolist()[1:4] == [12021.0, 12032.0, 12043.0]
    # There is no row below the first.
    assert np.isnan(sample[0, 0, 4])
    assert sample[0, 1, 4] == 12004.0


def test_a_star_is_cut_out(paths):
    segment, integrations, sample, origin = star_frames(Frames(paths), (4.2, 1.0), 1.5)
    assert (segment, integrations) == (1, slice(0, 20))
    assert origin == (2, 0)
    assert sample.shape == (20, 4, 4)
    assert sample[0, 1, 2] == 12014.0


def test_frames_before_and_after_a_jump_are_means(paths):
    found = frames_at_jump(Frames(paths), 12)
    assert found["before"][0, 0] == np.mean(1000.0 * np.arange(2, 12))
    assert found["after"][0, 0] == np.mean(1000.0 * np.arange(12, 22))
    # The bad sample of integration 3 is left out.
    expected = 42.0 + 1000.0 * (np.arange(2, 12).sum() - 3) / 9.0
    assert found["before"][4, 2] == pytest.approx(expected, rel=1e-6)
    early = frames_at_jump(Frames(paths), 2)
    assert early["before"][0, 1] == 501.0


def test_a_pixel_without_good_samples_stays_unknown(tmp_path):
    (path,) = write_segments(tmp_path, (5,))
    with fits.open(path, mode="update") as hdus:
        hdus["DQ"].data[:, 0, 0] = 1
    assert np.isnan(frames_at_jump(Frames([path]), 2)["before"][0, 0])
