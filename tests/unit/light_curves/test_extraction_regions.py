import numpy as np
import pytest

from scripts.lib.files.atomic import write_arrays
from scripts.lib.light_curves.extraction_regions import SINGLE, read_regions, read_statistics
from tests.support.segment_cubes import Cube


@pytest.mark.parametrize(("across", "pixels"), [(0, [1, 2]), (1, [2])])
def test_a_segment_of_one_order_has_one_region(across, pixels):
    images = np.zeros((2, 4, 5), np.float32)
    images[0, 2, 1:3] = 0.5, 1.0
    images[1, 0] = 1.0
    (region,) = read_regions(Cube(APERTURE=images), across, (4, 5))
    assert region.name == SINGLE
    assert region.pixels.tolist() == pixels
    np.testing.assert_array_equal(region.weights, images[0])
    np.testing.assert_array_equal(region.background, images[1])


def test_spectra_without_an_aperture_have_no_region():
    assert read_regions(Cube(), 0, (4, 5)) == []


def test_single_region_is_that_of_every_order(tmp_path):
    write_arrays(tmp_path / "a", {"all/outliers": np.ones(1)})
    assert read_statistics(tmp_path / "a", -1)["outliers"].tolist() == [1.0]


def test_statistics_are_those_of_the_segment_and_of_one_order(tmp_path):
    arrays = {"median": np.ones(2), "1/outliers": np.ones(1), "2/outliers": np.zeros(1)}
    write_arrays(tmp_path / "a", arrays)
    assert read_statistics(tmp_path / "a", 2)["outliers"].tolist() == [0.0]
    assert read_statistics(tmp_path / "a", 3).keys() == {"median"}
    assert read_statistics(tmp_path / "a", 1, ("outliers",)).keys() == {"outliers"}
