from types import SimpleNamespace

import numpy as np
import pytest

from scripts.lib.fits.reader import open_fits
from scripts.lib.segment_data.dq import DO_NOT_USE
from scripts.lib.segment_data.replacers import Replacer
from scripts.lib.spectra.blocks import VARIANCES, SpectralBlocks
from tests.support.spectral_segments import row_images, write_segment

ALL = slice(None)
MINGRAD = Replacer({"algorithm": "mingrad", "n_adjacent_cols": 3}, horizontal=True)
NAN = np.nan


def part(axis=1, rows=(1, 4), columns=(0, 5)):
    return SimpleNamespace(dispersion_axis=axis, rows=slice(*rows), columns=slice(*columns))


@pytest.fixture(name="planes")
def fixture_planes():
    planes = row_images()
    planes["SCI"] += np.arange(5, dtype="f4") / 10
    return planes


def read(tmp_path, planes, extraction, replacer=None, integrations=ALL, **primary):
    path = write_segment(tmp_path / "segment.fits", planes, primary=primary)
    with open_fits(path) as member:
        return SpectralBlocks(member, extraction, replacer).read(integrations)


def test_reads_the_part_of_some_integrations(tmp_path, planes):
    science, variances = read(tmp_path, planes, part(columns=(2, 4)), integrations=slice(1, 3))
    np.testing.assert_array_equal(science, planes["SCI"][1:3, 1:4, 2:4])
    assert [variance[0, 0, 0] for variance in variances] == [1, 2, 3]
    assert science.dtype == np.float32


def test_turns_vertical_dispersion(tmp_path, planes):
    extraction = part(axis=2, rows=(0, 2), columns=(2, 6))
    science, variances = read(tmp_path, planes, extraction)
    np.testing.assert_array_equal(science, planes["SCI"][:, 2:6, 0:2].swapaxes(1, 2))
    assert science.flags.c_contiguous
    assert variances[0].shape == science.shape


def test_missing_and_mismatched_variances_are_zero(tmp_path, planes):
    del planes["VAR_RNOISE"]
    planes["VAR_FLAT"] = planes["VAR_FLAT"][0]
    _, variances = read(tmp_path, planes, part())
    assert [variance.max() for variance in variances] == [1, 0, 0]


def test_trusts_outlier_detection_to_have_made_nan_and_flags_agree(tmp_path, planes):
    planes["DQ"][0, 2, 2] = DO_NOT_USE
    science, _ = read(tmp_path, planes, part())
    assert np.isfinite(science).all()


@pytest.mark.parametrize(
    "primary", [{"S_OUTLIR": "SKIPPED"}, {"S_OUTLIR": None}, {"CAL_VER": "1.8"}]
)
def test_makes_nan_and_flags_agree_where_that_was_not_done(tmp_path, planes, primary):
    planes["DQ"][0, 2, 2] = DO_NOT_USE
    planes["VAR_FLAT"][1, 3, 4] = NAN
    planes["ERR"][2, 1, 0] = NAN
    science, variances = read(tmp_path, planes, part(), **primary)
    expected = np.zeros(science.shape, bool)
    expected[[0, 1, 2], [1, 2, 0], [2, 4, 0]] = True
    for plane in (science, *variances):
        np.testing.assert_array_equal(np.isnan(plane), expected)


def test_replaces_pixels_by_neighbours_outside_the_part(tmp_path, planes):
    for name in ("SCI", "ERR", *VARIANCES):
        planes[name][0, 3, 2] = NAN
    planes["DQ"][0, 3, 2] = DO_NOT_USE
    science, variances = read(tmp_path, planes, part(rows=(3, 4), columns=(2, 3)), MINGRAD)
    assert science[0, 0, 0] == pytest.approx(3.2)
    assert [variance[0, 0, 0] for variance in variances] == pytest.approx([1, 2, 3])


def test_size_of_an_integration(tmp_path, planes):
    path = write_segment(tmp_path / "segment.fits", planes)
    with open_fits(path) as member:
        assert SpectralBlocks(member, part()).integration_bytes == 4 * 4 * 3 * 5
        assert SpectralBlocks(member, part(), MINGRAD).integration_bytes == 4 * 6 * 6 * 5
