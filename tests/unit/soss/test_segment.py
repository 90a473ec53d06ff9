import tracemalloc
from tempfile import TemporaryFile

import numpy as np
import pytest
from astropy.io import fits
from numpy.testing import assert_array_equal

from scripts.lib.errors import InputError
from scripts.lib.fits.reader import open_fits
from scripts.lib.segment_data.dq import DO_NOT_USE, FLUX_ESTIMATED
from scripts.lib.segment_data.replacers import Replacer
from scripts.lib.soss.segment import SossSegment

SHAPE = (2, 96, 2048)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """Rows of the value of their number, plus 1000 in the second integration; one bad pixel."""
    science = np.arange(96.0)[None, :, None] + np.array([0.0, 1000.0])[:, None, None]
    science = np.broadcast_to(science, SHAPE).astype("f4").copy()
    dq = np.zeros(SHAPE, np.uint32)
    science[0, 50, 7], dq[0, 50, 7] = np.nan, DO_NOT_USE
    primary = fits.PrimaryHDU(header=fits.Header({"SUBARRAY": "SUBSTRIP96"}))
    planes = {"SCI": science, "ERR": np.ones(SHAPE, "f4"), "DQ": dq}
    hdus = [fits.ImageHDU(plane, name=name) for name, plane in planes.items()]
    file = tmp_path_factory.mktemp("segment") / "segment.fits"
    fits.HDUList([primary, *hdus]).writeto(file)
    return file


def test_rows_of_all_integrations(path):
    with open_fits(path) as member:
        segment = SossSegment(member)
        assert (segment.subarray, segment.shape) == ("SUBSTRIP96", SHAPE)
        science, error, dq = segment.read_rows(slice(50, 52))
    assert_array_equal(science[:, :, 0], [[50, 51], [1050, 1051]])
    assert np.isnan(science[0, 0, 7])
    assert error.shape == dq.shape == (2, 2, 2048)
    assert dq[0, 0, 7] == DO_NOT_USE


def test_images_of_some_integrations(path):
    with open_fits(path) as member:
        science, error = SossSegment(member).read_integrations(slice(1, 2))
    assert_array_equal(science[0, :, 3], 1000 + np.arange(96))
    assert (error == 1).all()


@pytest.mark.parametrize("algorithm", ["mingrad", "fit_profile"])
def test_a_replaced_pixel_is_the_same_by_rows_and_by_integrations(path, algorithm):
    with open_fits(path) as member, TemporaryFile() as scratch:
        replacer = Replacer({"algorithm": algorithm, "n_adjacent_cols": 2}, horizontal=True)
        segment = SossSegment(member, replacer, scratch)
        by_rows, _, dq = segment.read_rows(slice(50, 52))
        images, errors = segment.read_integrations(slice(0, 1))
        assert segment.read_rows(slice(0, 1))[0][1, 0, 3] == 1000
    # All of its row have the value 50.
    assert by_rows[0, 0, 7] == images[0, 50, 7] == pytest.approx(50, rel=1e-3)
    assert errors[0, 50, 7] == pytest.approx(1, rel=1e-3)
    assert dq[0, 0, 7] == FLUX_ESTIMATED
    assert segment.replaced == {algorithm: 1}


def write_bad(path, shape):
    """A segment in which every seventh sample of every third column is bad."""
    science, dq = np.ones(shape, "f4"), np.zeros(shape, np.uint32)
    science *= 1 + np.arange(shape[1])[:, None] + np.arange(shape[0])[:, None, None]
    dq[:, ::7, ::3] = DO_NOT_USE
    science[dq > 0] = np.nan
    primary = fits.PrimaryHDU(header=fits.Header({"SUBARRAY": "SUBSTRIP96"}))
    planes = {"SCI": science, "ERR": np.ones(shape, "f4"), "DQ": dq}
    hdus = [fits.ImageHDU(plane, name=name) for name, plane in planes.items()]
    fits.HDUList([primary, *hdus]).writeto(path)


def test_any_rows_and_integrations_are_those_of_the_whole_with_profiles_fitted(tmp_path):
    write_bad(tmp_path / "a.fits", (3, 96, 2048))
    options = {"algorithm": "fit_profile", "n_adjacent_cols": 2}
    with open_fits(tmp_path / "a.fits") as member, TemporaryFile() as scratch:
        segment = SossSegment(member, Replacer(options, horizontal=True), scratch)
        whole = {name: member.read(name, slice(None), slice(None)) for name in ("SCI", "ERR", "DQ")}
        Replacer(options, horizontal=True)(whole)
        assert np.isfinite(whole["SCI"]).all()
        for rows in (slice(0, 1), slice(5, 40), slice(90, 96)):
            for found, plane in zip(segment.read_rows(rows), whole.values(), strict=True):
                assert_array_equal(found, plane[:, rows])
        for block in (slice(0, 3), slice(2, 3)):
            images = zip(segment.read_integrations(block), whole.values(), strict=False)
            for found, plane in images:
                assert_array_equal(found, plane[block])


def test_memory_of_fitted_profiles_does_not_grow_with_the_integrations(tmp_path):
    peaks = []
    for length in (2, 12):
        path = tmp_path / f"{length}.fits"
        write_bad(path, (length, 96, 2048))
        replacer = Replacer({"algorithm": "fit_profile", "n_adjacent_cols": 1}, horizontal=True)
        with open_fits(path) as member, TemporaryFile() as scratch:
            tracemalloc.start()
            segment = SossSegment(member, replacer, scratch)
            segment.read_integrations(slice(0, 1))
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
            # 9562 samples an integration of 16 bytes.
            assert scratch.seek(0, 2) == length * 14 * 683 * 16
    assert peaks[1] < peaks[0] + 1e5


def test_planes_of_another_shape_are_refused(tmp_path):
    planes = [fits.ImageHDU(np.zeros((1, 90, 2048), "f4"), name=name) for name in ("SCI", "ERR")]
    planes.append(fits.ImageHDU(np.zeros((1, 90, 2048), np.uint32), name="DQ"))
    primary = fits.PrimaryHDU(header=fits.Header({"SUBARRAY": "SUBSTRIP96"}))
    fits.HDUList([primary, *planes]).writeto(tmp_path / "x.fits")
    with open_fits(tmp_path / "x.fits") as member, pytest.raises(InputError) as caught:
        SossSegment(member)
    assert "found shape (1, 90, 2048), expected (integrations, 96, 2048)" in str(caught.value)


def test_rows_that_are_read_at_a_time_fit_the_memory(path):
    with open_fits(path) as member:
        segment = SossSegment(member)
        # A row has 2 x 2048 samples of 64 bytes.
        assert [segment.slab_rows(mb) for mb in (0.01, 1, 100)] == [1, 3, 96]


def test_integrations_that_are_read_at_a_time_fit_the_memory(path):
    with open_fits(path) as member:
        segment = SossSegment(member)
        # An image has 96 x 2048 samples of 24 bytes.
        assert [segment.block_length(mb) for mb in (1, 20, 512)] == [1, 4, 32]
