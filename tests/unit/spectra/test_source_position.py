import logging

import numpy as np
import pytest

from scripts.lib.spectra.source_position import central_trace, locate_on_sky, locate_source

BOX = ((-0.5, 9.5), (-0.5, 7.5))


class SlitWcs:
    """
    A slit whose image leans: row = 10 * (position in the slit) + 2 * wavelength.

    Wavelength is 1 + x / 10 (um); in the slit plane it is counted in metres if
    there is a frame ``gwa``.
    """

    def __init__(self, frames=("detector", "gwa", "slit_frame", "world"), unknown=()):
        self.available_frames = frames
        self.unit = 1e-6 if "gwa" in frames else 1.0
        self.unknown = unknown

    def __call__(self, x, y):
        wavelength = 1 + np.asarray(x) / 10 + 0 * np.asarray(y)
        wavelength = np.where(np.isin(y, self.unknown), np.nan, wavelength)
        return wavelength, wavelength, wavelength

    def get_transform(self, start, end):
        if (start, end) == ("detector", "slit_frame"):
            return lambda x, y: (0, 0, self(x, y)[2] * self.unit)
        return lambda xpos, ypos, wl: (
            (wl / self.unit - 1) * 10,
            10 * np.asarray(ypos) + 2 * wl / self.unit,
        )


@pytest.mark.parametrize("frames", [("detector", "gwa", "slit_frame"), ("detector", "slit_frame")])
def test_row_at_the_middle_column_and_trace(frames):
    source = locate_source(SlitWcs(frames), BOX, 10, (0.0, 0.1))
    # The middle is column 4.5, of 1.45 um; round half to even gives column 4.
    assert source.column == 4
    assert source.row == pytest.approx(1 + 2 * 1.45)
    np.testing.assert_allclose(source.trace, 1 + 2 * (1 + np.arange(10) / 10), rtol=1e-12)


def test_rows_without_wavelength_do_not_count():
    source = locate_source(SlitWcs(unknown=(0, 1, 5)), BOX, 10, (0.0, 0.1))
    assert source.row == pytest.approx(3.9)


def test_trace_counts_from_the_start_of_the_box():
    source = locate_source(SlitWcs(), ((1.5, 7.5), BOX[1]), 10, (0.0, 0.1))
    np.testing.assert_array_equal(np.isnan(source.trace), [1, 1, 0, 0, 0, 0, 0, 0, 1, 1])
    # As in jwst 3.0.0, column 2 gets the row of column 0, extrapolated.
    np.testing.assert_allclose(source.trace[2:8], 1 + 2 * (1 + np.arange(6) / 10), rtol=1e-12)


def test_trace_ends_with_the_image():
    source = locate_source(SlitWcs(), BOX, 8, (0.0, 0.1))
    np.testing.assert_allclose(source.trace, 1 + 2 * (1 + np.arange(8) / 10), rtol=1e-12)


@pytest.mark.parametrize("position", [-0.5, 0.9])
def test_no_position_outside_the_box(position, caplog):
    with caplog.at_level(logging.WARNING):
        assert locate_source(SlitWcs(), BOX, 10, (0.0, position)) is None
    assert "outside the bounding box" in caplog.text


def test_no_position_without_wavelengths(caplog):
    with caplog.at_level(logging.WARNING):
        assert locate_source(SlitWcs(unknown=range(10)), BOX, 10, (0.0, 0.1)) is None
    assert "no position" in caplog.text


class SkyWcs:
    """
    Vertical dispersion: wavelength is 1 + y / 10 (um), right ascension x + 2 * wavelength.

    Declination is 7 everywhere.
    """

    def __init__(self, unknown=()):
        self.unknown = unknown

    def __call__(self, x, y):
        wavelength = 1 + np.asarray(y) / 10 + 0 * np.asarray(x)
        wavelength = np.where(np.isin(x, self.unknown), np.nan, wavelength)
        return x + 2 * wavelength, 7 + 0 * wavelength, wavelength

    def backward_transform(self, ra, dec, wavelength):
        assert np.all(dec == 7)
        return ra - 2 * wavelength, (wavelength - 1) * 10


TALL_BOX = BOX[::-1]


def test_source_on_the_sky_at_the_middle_row_and_trace():
    source = locate_on_sky(SkyWcs(), TALL_BOX, 10, (6.0, 7.0))
    # The middle is row 4.5, of 1.45 um; round half to even gives row 4.
    assert source.column == 4
    assert source.row == pytest.approx(6 - 2 * 1.45)
    np.testing.assert_allclose(source.trace, 6 - 2 * (1 + np.arange(10) / 10), rtol=1e-12)


def test_columns_without_wavelength_do_not_count():
    source = locate_on_sky(SkyWcs(unknown=(0, 1, 5)), TALL_BOX, 10, (6.0, 7.0))
    assert source.row == pytest.approx(3.1)


def test_no_position_on_the_sky_outside_the_box(caplog):
    with caplog.at_level(logging.WARNING):
        assert locate_on_sky(SkyWcs(), TALL_BOX, 10, (2.0, 7.0)) is None
    assert "outside the bounding box -0.5..7.5" in caplog.text


class TestCentralTrace:
    """Traces where no source position is known, with wavelengths of the world coordinates."""

    BOX = ((-0.5, 4.5), (0.5, 6.5))

    @staticmethod
    def world(slope):
        """Stand for world coordinates whose wavelength rises along x and, by a slope, along y."""

        def wcs(x, y):
            inside = (np.asarray(y) > 0.5) & (np.asarray(y) < 6.5)
            return 0 * x, 0 * x, np.where(inside, 1 + 0.1 * x + slope * y, np.nan)

        return wcs

    @pytest.mark.parametrize("slope", [0.0, 0.01])
    def test_straight_in_the_middle_of_the_pixels_with_a_wavelength(self, slope):
        trace = central_trace(self.world(slope), self.BOX, 7, True, None)
        # Rows 1 to 5 below the upper limit of the box have one.
        np.testing.assert_allclose(trace, [3, 3, 3, 3, 3, np.nan, np.nan])

    def test_without_any_wavelength_in_the_middle_of_the_pixels(self):
        def wcs(x, y):
            return x, y, np.full(np.shape(y), np.nan)

        assert central_trace(wcs, self.BOX, 5, True, None)[0] == 2.5
