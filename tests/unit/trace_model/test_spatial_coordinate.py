from types import SimpleNamespace

import numpy as np
import pytest

from scripts.lib.trace_model.spatial_coordinate import spatial_coordinate


def wcs(frame, box):
    """Stand for world coordinates whose frame is (x / 10, y / 10, 3)."""
    return SimpleNamespace(
        available_frames=["detector", frame, "world"],
        bounding_box=box,
        transform=lambda _, __, x, y: (x / 10, y / 10, 3 + 0 * x),
    )


@pytest.mark.parametrize(
    ("frame", "is_miri", "value"), [("slit_frame", False, -0.2), ("alpha_beta", True, 0.1)]
)
def test_coordinate_inside_the_box(frame, is_miri, value):
    found = spatial_coordinate(wcs(frame, ((0.5, 2.5), (-0.5, 3.5))), (4, 5), is_miri)
    assert found[2, 1] == pytest.approx(value)
    np.testing.assert_array_equal(np.isfinite(found[0]), [False, True, True, False, False])
    assert np.isfinite(found[:, 1]).all()


def test_without_a_box_every_pixel_has_one():
    assert np.isfinite(spatial_coordinate(wcs("slit_frame", None), (4, 5), False)).all()


def test_a_missing_frame_is_named():
    with pytest.raises(ValueError, match="found frames detector, slit_frame, world, expected alp"):
        spatial_coordinate(wcs("slit_frame", None), (4, 5), True)
