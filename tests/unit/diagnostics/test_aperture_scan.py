"""Sums over apertures of all sizes, on frames whose light is known."""

import numpy as np
import pytest

from scripts.lib.diagnostics.aperture_scan import (
    fill_outliers,
    scan_radii,
    scan_star,
    scan_trace,
    scan_widths,
    static_background,
)

PROFILE = np.array([0.0, 0.1, 0.2, 0.4, 0.2, 0.1, 0.0])


def trace_sample(count=200, columns=30, noise=0.0, level=5.0):
    """Rows next to a trace of light 100 in each column, on a background, with noise."""
    frames = np.tile(100.0 * PROFILE[:, None] + level, (count, 1, columns))
    return frames + noise * np.random.default_rng(1).normal(size=frames.shape)


def test_share_of_the_light_is_the_sum_of_the_profile():
    found = scan_widths(trace_sample(), np.full((200, 30), 5.0), np.ones(200))
    assert found["scan_sizes"].tolist() == [0.5, 1.5, 2.5, 3.5]
    np.testing.assert_allclose(found["scan_share"], [0.4, 0.8, 1.0, 1.0])
    np.testing.assert_allclose(found["scan_scatter"], 0.0, atol=1e-6)
    assert found["scan_sample"] == "200 neighbouring integrations"


def test_scatter_is_the_noise_of_the_rows_over_their_light():
    found = scan_widths(trace_sample(noise=0.5), np.full((200, 30), 5.0), np.ones(200))
    rows = np.array([1, 3, 5, 7])
    expected = 1e6 * 0.5 * np.sqrt(30 * rows) / (3000.0 * np.array([0.4, 0.8, 1.0, 1.0]))
    np.testing.assert_allclose(found["scan_scatter"], expected, rtol=0.2)


def test_missing_samples_and_outliers_change_no_sum():
    frames = trace_sample()
    frames[7, 3, 4], frames[20, 2, :3] = 1e5, np.nan
    found = scan_widths(frames, np.full((200, 30), 5.0), np.ones(200))
    np.testing.assert_allclose(found["scan_scatter"], 0.0, atol=1e-6)


def test_a_transit_is_no_scatter():
    light = np.where(np.arange(200) < 100, 1.0, 0.99)
    frames = trace_sample(level=0.0) * light[:, None, None]
    found = scan_widths(frames, np.zeros((200, 30)), light)
    np.testing.assert_allclose(found["scan_scatter"], 0.0, atol=1e-6)


def test_a_transit_is_not_filled_in():
    frames = trace_sample(level=0.0, noise=0.1)
    frames[80:120] *= 0.9
    filled = fill_outliers(frames)
    assert filled[100].sum() == pytest.approx(frames[100].sum(), rel=1e-6)


def test_a_pixel_that_is_always_missing_counts_as_nothing():
    frames = trace_sample(level=0.0)
    frames[:, 3, 0] = np.nan
    assert (fill_outliers(frames)[:, 3, 0] == 0.0).all()


@pytest.mark.parametrize("frames", [trace_sample(9), -trace_sample(50), 0.0 * trace_sample(50)])
def test_without_light_or_in_a_short_series_there_is_no_scan(frames):
    assert scan_widths(frames, np.zeros((len(frames), 30)), np.ones(len(frames))) == {}


def test_background_is_that_beyond_the_trace():
    image = np.full((20, 3), 7.0)
    image[8:13] = 100.0
    image[:, 2] = np.nan
    np.testing.assert_array_equal(static_background(image, np.full(3, 10.0), 4), [7.0, 7.0, 0.0])


def test_static_background_is_the_lower_quartile_as_numpy_has_it():
    rng = np.random.default_rng(8)
    image = rng.normal(size=(23, 40)).astype(np.float32)
    image[rng.random(image.shape) < 0.3] = np.nan
    found = static_background(image, np.full(40, 11.0), 3)
    beyond = np.concatenate([image[:8], image[15:]])
    np.testing.assert_allclose(found, np.nanpercentile(beyond, 25, axis=0), rtol=1e-6, atol=1e-7)


def star_frames_of(count=50):
    """A star of light 1000 and 2 pixels wide at column 22, row 20, on a background of 3."""
    rows, columns = np.indices((40, 44))
    star = np.exp(-((rows - 20.0) ** 2 + (columns - 22.0) ** 2) / 8.0) / (8.0 * np.pi)
    return np.tile(1000.0 * star + 3.0, (count, 1, 1))


def test_circles_hold_the_light_of_a_gaussian():
    found = scan_radii(star_frames_of(), (22.0, 20.0), [2.0, 4.0, 10.0], (12.0, 16.0), np.ones(50))
    expected = 1.0 - np.exp(-0.5 * np.array([1.0, 2.0, 5.0]) ** 2)
    np.testing.assert_allclose(found["scan_share"], expected / expected[-1], atol=0.02)
    assert scan_radii(star_frames_of(), (22.0, 20.0), [1.0], (90.0, 99.0), np.ones(50)) == {}


class Frames:
    """Frames in memory."""

    def __init__(self, frames):
        self._frames, self.shape, self.lengths = frames, frames.shape[1:], [len(frames)]

    def stretch(self, _samples):
        """All integrations."""
        return 0, slice(0, len(self._frames))

    def blocks(self, _segment, integrations, rows):
        """All of them in one block."""
        yield self._frames[integrations, rows]


def test_a_star_is_scanned_beyond_its_aperture():
    found = scan_star(
        Frames(star_frames_of()),
        {"centre": np.array([22.0, 20.0]), "radii": np.array([2.0, 6.0, 8.0])},
    )
    assert (found["scan_sizes"][0], found["scan_sizes"][-1]) == pytest.approx((1.0, 9.6))
    assert found["scan_archive"] == 2.0


def test_a_trace_with_light_of_other_orders_or_beyond_the_array_is_not_scanned():
    frames = Frames(trace_sample())
    arrays = {"trace": np.full(30, 3.0), "median": np.zeros((7, 30))}
    mixed = {"order": 2, "contamination_mean": 0.5}
    assert scan_trace(frames, [], mixed, arrays) == {}
    assert scan_trace(frames, [], {"order": 1}, arrays | {"trace": np.full(30, 99.0)}) == {}
    assert scan_trace(frames, [], {"order": 1}, arrays | {"trace": np.full(30, np.nan)}) == {}
