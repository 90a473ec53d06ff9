from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given
from hypothesis import strategies as st

from scripts.lib.errors import InputError
from scripts.lib.fits.reader import open_fits
from scripts.lib.light_curves import plane_reader
from scripts.lib.light_curves.plane_reader import (
    PlaneReader,
    VisitSample,
    blocks_with_halo,
    crop_about,
)

NAMES = ("sci", "err", "dq", "var_poisson")
SHAPE = (6, 4, 5)


def write_segment(path, shape=SHAPE, axis=1, first=0, **changed):
    """Segment whose SCI, ERR, DQ and VAR_POISSON are 1, 2, 3 and 4 times the number of the sample."""
    count = first * shape[1] * shape[2] + np.arange(np.prod(shape)).reshape(shape)
    planes = {"SCI": count, "ERR": 2 * count, "DQ": 3 * count, "VAR_POISSON": 4 * count} | changed
    hdus = [
        fits.ImageHDU(plane.astype("u4" if name == "DQ" else "f4"), name=name)
        for name, plane in planes.items()
        if plane is not None
    ]
    hdus[0].header["DISPAXIS"] = axis
    fits.HDUList([fits.PrimaryHDU(), *hdus]).writeto(path)
    return str(path)


@contextmanager
def reader_of(path, *args, **options):
    with open_fits(path) as file:
        yield PlaneReader(file, *args, **options)


def assert_counts(planes, expected):
    """Check all planes of a block against the numbers of its samples."""
    for factor, name in enumerate(NAMES, start=1):
        np.testing.assert_array_equal(getattr(planes, name), factor * expected)


def assert_sampled(planes, expected):
    """Check all planes of a sample, of which the variance is not read."""
    assert_counts(replace(planes, var_poisson=4 * expected), expected)
    np.testing.assert_array_equal(planes.var_poisson, np.zeros(expected.shape))


COUNT = np.arange(np.prod(SHAPE)).reshape(SHAPE)


@pytest.mark.parametrize("axis", [1, 2])
@pytest.mark.parametrize("crop", [(slice(0, 4), slice(0, 5)), (slice(1, 4), slice(2, 4))])
def test_planes_are_cropped_and_have_the_dispersion_along_x(tmp_path, axis, crop):
    expected = COUNT[:, *crop]
    expected = expected.transpose(0, 2, 1) if axis == 2 else expected
    with reader_of(write_segment(tmp_path / "a.fits", axis=axis), crop) as reader:
        assert reader.turned == (axis == 2)
        assert reader.shape == expected.shape
        assert_counts(reader.read(slice(0, 6)), expected)
        assert_counts(reader.read(slice(2, 5), slice(1, 2)), expected[2:5, 1:2])


def test_types_are_those_of_the_models(tmp_path):
    with reader_of(write_segment(tmp_path / "a.fits")) as reader:
        planes = reader.read(slice(0, 1))
    assert [getattr(planes, name).dtype.str for name in NAMES] == ["<f4", "<f4", "<u4", "<f4"]


def test_a_factor_is_that_of_each_pixel(tmp_path):
    factor = (1 + np.arange(20)).reshape(4, 5).astype(np.float32)
    crop = slice(1, 3), slice(1, 5)
    with reader_of(write_segment(tmp_path / "a.fits"), crop, factor) as reader:
        planes = reader.read(slice(1, 2), slice(1, 2))
    count, gain = COUNT[1:2, 2:3, 1:5], factor[2:3, 1:5]
    np.testing.assert_array_equal(planes.sci, count * gain)
    np.testing.assert_array_equal(planes.err, 2 * count * gain)
    np.testing.assert_array_equal(planes.var_poisson, 4 * count * gain**2)
    np.testing.assert_array_equal(planes.dq, 3 * count)


@pytest.mark.parametrize("variance", [None, np.ones((1, 1, 1))])
def test_a_segment_without_photon_variance_has_zeros(tmp_path, variance):
    with reader_of(write_segment(tmp_path / "a.fits", VAR_POISSON=variance)) as reader:
        planes = reader.read(slice(0, 2))
    np.testing.assert_array_equal(planes.var_poisson, np.zeros((2, 4, 5)))
    np.testing.assert_array_equal(planes.sci, COUNT[:2])


@pytest.mark.parametrize(
    ("planes", "found"),
    [
        ({"DQ": np.zeros((6, 4, 4))}, r"\[DQ\]: found shape \(6, 4, 4\), expected that of SCI"),
        (
            {name: np.zeros((4, 5)) for name in ("SCI", "ERR", "DQ")},
            r"\[SCI\]: found shape \(4, 5\), expected \(integrations, y, x\)",
        ),
    ],
)
def test_other_shapes_are_refused(tmp_path, planes, found):
    path = write_segment(tmp_path / "a.fits", **planes)
    with pytest.raises(InputError, match=rf"a\.fits{found}"), reader_of(path):
        pass


@given(size=st.integers(1, 150), first=st.integers(0, 6), last=st.integers(0, 6))
def test_blocks_together_are_all_integrations(tmp_path_factory, size, first, last):
    path = tmp_path_factory.mktemp("planes") / "a.fits"
    with pytest.MonkeyPatch.context() as patch, reader_of(write_segment(path)) as reader:
        patch.setattr(plane_reader, "_BLOCK", size)
        blocks = list(reader.blocks(slice(first, last)))
    assert all(len(block) == 1 or block.sci.size <= size for block in blocks)
    expected = COUNT[first:last]
    assert sum(map(len, blocks)) == len(expected)
    if len(expected):
        assert_counts_of(blocks, expected)


def assert_counts_of(blocks, expected):
    """Check consecutive blocks."""
    for factor, name in enumerate(NAMES, start=1):
        whole = np.concatenate([getattr(block, name) for block in blocks])
        np.testing.assert_array_equal(whole, factor * expected)


@pytest.mark.parametrize(
    ("before", "after", "halo", "numbers"),
    [
        (True, True, 2, (2, 2)),
        (False, True, 2, (0, 2)),
        (True, False, 2, (2, 0)),
        (True, True, 9, (6, 6)),
        (True, True, 0, (0, 0)),
    ],
)
def test_a_halo_is_the_ends_of_the_neighbours(tmp_path, before, after, halo, numbers):
    paths = [write_segment(tmp_path / f"{k}.fits", first=6 * k) for k in range(3)]
    with reader_of(paths[0]) as one, reader_of(paths[1]) as own, reader_of(paths[2]) as other:
        near = one if before else None, other if after else None
        found, blocks = blocks_with_halo(own, *near, halo)
        blocks = list(blocks)
    assert found == numbers
    whole = np.arange(18 * 20).reshape(18, 4, 5)
    assert_counts_of(blocks, whole[6 - numbers[0] : 12 + numbers[1]])


@pytest.fixture(name="paths")
def two_segments(tmp_path):
    lengths = [6, 3]
    paths = [
        write_segment(tmp_path / f"{k}.fits", (length, 4, 5), first=6 * k)
        for k, length in enumerate(lengths)
    ]
    return paths, lengths


@given(numbers=st.sets(st.integers(0, 8), min_size=1), rows=st.tuples(*[st.integers(0, 4)] * 2))
def test_a_sample_of_a_visit_is_what_its_files_hold(tmp_path_factory, numbers, rows):
    folder = tmp_path_factory.mktemp("sample")
    paths = [
        write_segment(folder / f"{k}.fits", (n, 4, 5), first=6 * k) for k, n in ((0, 6), (1, 3))
    ]
    whole, numbers = np.arange(9 * 20).reshape(9, 4, 5), np.array(sorted(numbers))
    rows = slice(min(rows), max(rows))
    with VisitSample(paths, [6, 3], numbers) as sample:
        assert sample.shape == (len(numbers), 4, 5)
        assert len(sample) == len(numbers)
        assert_sampled(sample.rows(rows), whole[numbers, rows])
        assert_sampled(sample[0 : len(numbers)], whole[numbers])
        assert_sampled(sample[-1:], whole[numbers[-1:]])


def test_a_sample_opens_only_the_segments_that_it_needs(paths, tmp_path):
    (first, _), lengths = paths
    with VisitSample([first, str(tmp_path / "missing.fits")], lengths, np.array([0, 5])) as sample:
        assert len(sample) == 2
        assert not sample.turned


@pytest.mark.parametrize(
    ("lengths", "shape", "found"),
    [
        ([6, 4], (3, 4, 5), r"1\.fits\[SCI\]: found shape \(3, 4, 5\), expected \(4, 4, 5\)"),
        ([6, 3], (3, 4, 6), r"1\.fits\[SCI\]: found shape \(3, 4, 6\), expected \(3, 4, 5\)"),
    ],
)
def test_segments_of_a_sample_have_one_size(tmp_path, lengths, shape, found):
    paths = [write_segment(tmp_path / "0.fits"), write_segment(tmp_path / "1.fits", shape)]
    with pytest.raises(InputError, match=found):
        VisitSample(paths, lengths, np.array([1, 7]))


@pytest.mark.parametrize(
    ("position", "expected"),
    [
        ((5.0, 90.0), ((82, 99), (0, 17))),
        ((10.4, 50.0), ((42, 59), (2, 19))),
        ((-40.0, 400.0), ((83, 100), (0, 17))),
        ((np.nan, 50.0), ((42, 59), (2, 19))),
    ],
)
def test_a_part_of_an_image_has_one_size_wherever_it_is(position, expected):
    rows, columns = crop_about(position, (100, 20), 8)
    assert ((rows.start, rows.stop), (columns.start, columns.stop)) == expected


def test_a_part_of_a_small_image_is_all_of_it():
    assert crop_about((3.0, 3.0), (10, 12), 8) == (slice(0, 10), slice(0, 12))
