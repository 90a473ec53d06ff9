import numpy as np
import pytest

from scripts.lib.moving_profile.frames import Planes
from scripts.lib.moving_profile.segment import Extent, Segment, divide, threshold_image


def test_blocks_are_divided_into_groups():
    cube = np.zeros((40, 32, 512), np.float32)
    sizes = [len(part) for part in divide([Planes(cube, cube, cube, cube)], 32 * 512)]
    assert sizes == [16, 16, 8]


def test_own_integrations_are_those_without_the_halo():
    segment = Segment(Extent(5, 2, 1), (1, 1), 3)
    assert segment.own(0, 2) == slice(2, 2)
    assert segment.own(1, 3) == slice(1, 3)
    assert segment.own(6, 2) == slice(0, 1)


def test_the_window_of_a_short_series_is_uneven():
    assert Segment(Extent(12), (1, 1), 25).window == 11
    assert Segment(Extent(1), (1, 1), 25).window == 1
    assert Segment(Extent(30), (1, 1), 25).window == 25


@pytest.mark.parametrize(("extent", "window"), [(Extent(9), 4), (Extent(9), 1), (Extent(0), 5)])
def test_even_windows_and_empty_segments_are_refused(extent, window):
    with pytest.raises(ValueError, match=r"must be uneven|at least one"):
        Segment(extent, (1, 1), window)


def test_wrong_numbers_of_integrations_are_refused():
    segment = Segment(Extent(3), (1, 1), 3)
    with pytest.raises(ValueError, match="expected 3 integrations, found more"):
        segment.room(4)
    with pytest.raises(ValueError, match="expected 3 integrations, found 0"):
        segment.check_complete()


def test_pixels_without_noise_have_a_finite_threshold():
    image = threshold_image(np.array([np.nan, 2.0], np.float32), 5.0, 25)
    assert np.isfinite(image).all()
    assert image[1] == 2 * image[0]
