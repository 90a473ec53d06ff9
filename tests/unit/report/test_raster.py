"""Maps are images that a reader of PNG decodes to the colours of their values."""

import io

import numpy as np
import pytest
from matplotlib.image import imread

from scripts.lib.report.raster import PALETTES, map_png, strip_png
from scripts.lib.report.scales import Scale


def pixels(png):
    """Colours of an image, 0 to 255."""
    return np.round(255 * imread(io.BytesIO(png), format="png")[:, :, :3]).astype(int)


def test_values_have_their_colour_and_the_first_row_is_at_the_bottom():
    image = np.array([[0.0, 1.0], [0.5, np.nan]])
    shown = pixels(map_png(image, Scale(0.0, 1.0), "gray", (1.0, 1.0)))
    assert shown.shape == (2, 2, 3)
    assert shown[1, 0].tolist() == [0, 0, 0]
    assert shown[1, 1].tolist() == [255, 255, 255]
    assert abs(shown[0, 0] - 127.5).max() <= 1
    # What is unknown is grey, which is no colour of a palette in colours.
    assert shown[0, 1].tolist() == [214, 214, 214]


def test_values_beyond_the_scale_have_the_colours_of_its_ends():
    shown = pixels(map_png(np.array([[-9.0, 9.0]]), Scale(0.0, 1.0), "gray", (1.0, 0.5)))
    assert shown[0, :, 0].tolist() == [0, 255]


def test_an_image_has_twice_the_size_of_its_place():
    shown = pixels(map_png(np.eye(3), Scale(0.0, 1.0), "cividis", (100.0, 40.0)))
    assert shown.shape[:2] == (81, 201)
    assert (shown[:27, :67] == shown[0, 0]).all()


@pytest.mark.parametrize(("extreme", "value"), [(False, 64), (True, 255)])
def test_too_many_values_become_their_mean_or_the_largest(extreme, value):
    image = np.zeros((1, 8))
    image[0, 1] = 1.0
    shown = pixels(map_png(image, Scale(0.0, 1.0), "gray", (1.0, 0.5), extreme))
    assert shown.shape[:2] == (1, 2)
    assert abs(int(shown[0, 0, 0]) - value) <= 1
    assert shown[0, 1, 0] == 0


def test_means_leave_out_what_is_unknown():
    image = np.array([[1.0, np.nan, 1.0, 1.0, np.nan, np.nan, np.nan, np.nan]])
    shown = pixels(map_png(image, Scale(0.0, 1.0), "gray", (1.0, 0.5)))
    assert shown[0, :, 0].tolist() == [255, 214]


@pytest.mark.parametrize("palette", PALETTES)
def test_the_strip_has_the_highest_colour_at_the_top(palette):
    colours = PALETTES[palette].split()
    shown = pixels(strip_png(palette))
    assert shown.shape == (255, 1, 3)
    assert bytes(shown[0, 0].tolist()).hex() == colours[-1]
    assert bytes(shown[-1, 0].tolist()).hex() == colours[0]
