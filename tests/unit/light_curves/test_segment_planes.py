import numpy as np
import pytest

from scripts.lib.fits.reader import open_fits
from scripts.lib.light_curves.segment_planes import open_planes, planned_position
from tests.support.imaging_segments import write_gain, write_segment


@pytest.mark.parametrize(
    ("sci", "position"),
    [
        ({"XREF_SCI": 15.0, "YREF_SCI": 14.5}, (14.0, 13.5)),
        ({"XREF_SCI": 15, "YREF_SCI": 14}, (14.0, 13.0)),
        ({"XREF_SCI": 15.0}, None),
        ({"XREF_SCI": 15.0, "YREF_SCI": "14"}, None),
        ({}, None),
    ],
)
def test_the_planned_position_counts_from_zero(sci, position):
    assert planned_position(sci) == position


def images(path, shape=(2, 270, 300), **sci):
    """Segment of images whose samples are their column."""
    count = np.broadcast_to(np.arange(shape[2]), shape)
    planes = {"SCI": count, "ERR": count + 1}
    planes = {name: plane.astype(np.float32) for name, plane in planes.items()}
    planes["DQ"] = np.zeros(shape, np.uint32)
    return write_segment(path, planes, **sci)


@pytest.mark.parametrize(
    ("xref", "columns"), [(200.0, (43, 300)), (140.0, (11, 268)), (1.0, (0, 257)), (None, (0, 300))]
)
def test_large_images_are_cut_about_the_star(tmp_path, xref, columns):
    with open_fits(images(tmp_path / "a.fits", XREF_SCI=xref, YREF_SCI=136.0)) as file:
        reader, crop = open_planes(file)
        planes = reader.read(slice(0, 1))
    assert (crop[1].start, crop[1].stop) == columns
    np.testing.assert_array_equal(planes.sci[0, 0], np.arange(*columns))
    assert (crop[0].start, crop[0].stop) == ((7, 264) if xref else (0, 270))
    assert reader.shape[1:] == planes.sci.shape[1:]


def test_counts_become_electrons(tmp_path):
    path = images(tmp_path / "a.fits", shape=(2, 6, 5), BUNIT="DN/s", XREF_SCI=3.0, YREF_SCI=3.0)
    with open_fits(path) as file:
        # 1 + row + column / 1000 from row 200 and column 100 on, and 2 s.
        reader, _ = open_planes(file, write_gain(tmp_path / "gain.fits"))
        planes = reader.read(slice(0, 1))
    rows, columns = np.indices((6, 5))
    factor = 2.0 * (1 + rows + 200 + (columns + 100) / 1000)
    np.testing.assert_allclose(planes.sci[0], columns * factor, rtol=1e-6)
    np.testing.assert_allclose(planes.err[0], (columns + 1) * factor, rtol=1e-6)


def test_fluxes_need_no_gain(tmp_path):
    with open_fits(images(tmp_path / "a.fits", shape=(2, 6, 5))) as file:
        reader, _ = open_planes(file, write_gain(tmp_path / "gain.fits"))
        np.testing.assert_array_equal(reader.read(slice(0, 1)).sci[0, 0], np.arange(5))
