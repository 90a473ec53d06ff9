import logging

import numpy as np
import pytest

from scripts.lib.photometry import image_series as module
from scripts.lib.photometry.image_series import ImageSeries, conversion

PLANES = {
    "SCI": np.arange(24, dtype=np.float32).reshape(4, 2, 3),
    "ERR": np.ones((4, 2, 3), np.float32),
    "DQ": np.zeros((4, 2, 3), np.uint32),
}


def series(factor=None, **planes):
    planes = PLANES | planes
    return ImageSeries(lambda name, block: planes[name][block], planes["SCI"].shape, factor)


class TestBlocks:
    @pytest.mark.parametrize(("size", "lengths"), [(1, [1, 1, 1, 1]), (72, [3, 1]), (999, [4])])
    def test_cover_the_series(self, monkeypatch, size, lengths):
        monkeypatch.setattr(module, "_BLOCK_BYTES", size)
        blocks = series().blocks()
        assert [block.stop - block.start for block in blocks] == lengths
        assert [k for block in blocks for k in range(4)[block]] == [0, 1, 2, 3]


class TestPlane:
    def test_without_conversion(self):
        plane = series().plane("SCI", slice(1, 3))
        np.testing.assert_array_equal(plane, PLANES["SCI"][1:3])

    def test_one_factor_in_single_precision(self):
        plane = series(0.1).plane("SCI", slice(0, 4))
        assert plane.dtype == np.float32
        np.testing.assert_array_equal(plane, PLANES["SCI"] * np.float32(0.1))
        assert PLANES["SCI"][0, 0, 1] == 1

    def test_a_factor_for_each_pixel(self):
        factor = np.array([[1, 2, 3], [4, 5, np.nan]], np.float32)
        plane = series(factor).plane("ERR", slice(2, 4))
        np.testing.assert_array_equal(plane, [factor, factor])

    def test_double_precision_in_the_file(self):
        values = np.full((4, 2, 3), 0.1)
        plane = series(SCI=values).plane("SCI", slice(0, 1))
        assert plane.dtype == np.float32


def test_bad_pixels_are_flagged_or_nan():
    dq = np.zeros((4, 2, 3), np.uint32)
    dq[1, 0, 0], dq[1, 0, 1] = 5, 4
    images = PLANES["SCI"][1:2].copy()
    images[0, 1, 2] = np.nan
    bad = series(DQ=dq).bad(slice(1, 2), images)
    np.testing.assert_array_equal(bad, [[[1, 0, 0], [0, 0, 1]]])


class TestConversion:
    def test_surface_brightness(self):
        assert conversion("MJy/sr", pixel_area=2e-14) == (2e-8, "Jy")

    def test_count_rate(self):
        gain = np.array([[1.5, 2]], np.float32)
        factor, unit = conversion("DN/s", integration_time=3.0, gain=gain)
        assert unit == "electron"
        assert factor.dtype == np.float32
        np.testing.assert_array_equal(factor, [[4.5, 6]])

    def test_another_unit_stays(self, caplog):
        with caplog.at_level(logging.WARNING):
            assert conversion("mJy") == (None, "mJy")
        assert "BUNIT: found mJy, expected MJy/sr or DN/s" in caplog.text
