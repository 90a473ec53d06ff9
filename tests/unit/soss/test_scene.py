import numpy as np
import pytest
from numpy.testing import assert_array_equal

from scripts.lib.errors import InputError
from scripts.lib.soss.scene import Scene, SossReferences, build_scene, load_references
from scripts.lib.soss.trace_reference import read_traces
from tests.support import soss_files
from tests.support.soss_scene import SHAPE, geometry, optics


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    folder = soss_files.write_visit(tmp_path_factory.mktemp("soss"), 2)
    names = ("pastasoss", "specprofile", "speckernel")
    return {name: str(next(folder.glob(f"{name}.*"))) for name in names}


def test_pixels_outside_have_no_weight_or_are_reference_pixels():
    weights = {1: np.array([[1.0, 0.0, 0.5]]), 2: np.array([[0.0, 0.0, 1.0]])}
    reference = np.array([[False, False, True]])
    scene = Scene({}, {}, weights, np.zeros((1, 3), bool), reference, (0.7, 0.9), True)
    assert_array_equal(scene.outside(1), [[False, True, True]])
    assert_array_equal(scene.outside(2), [[True, True, True]])
    assert_array_equal(scene.outside_all, [[False, True, True]])


@pytest.mark.parametrize(("subarray", "whole"), [("SUBSTRIP256", False), ("SUBSTRIP96", True)])
def test_the_aperture_of_order_2_is_all_of_substrip96(subarray, whole):
    orders = {order: geometry(order) for order in (1, 2)}
    references = SossReferences(orders, {order: optics(order) for order in orders}, (0.77, 0.95))
    none = np.zeros(SHAPE, bool)
    scene = build_scene(references, subarray, 10, none, none)
    assert (scene.weights[2] == 1).all() == whole
    # A box of 10 pixels, away from the edges.
    assert scene.weights[1].sum(axis=0) == pytest.approx(10)
    assert scene.single_orders != whole


@pytest.mark.parametrize(
    ("subarray", "height", "order_3", "orders"),
    [
        ("SUBSTRIP256", 256, True, [1, 2, 3]),
        ("SUBSTRIP256", 256, False, [1, 2]),
        ("SUBSTRIP96", 96, True, [1, 2]),
    ],
)
def test_orders_that_are_extracted(paths, tmp_path, subarray, height, order_3, orders):
    profiles = tmp_path / "specprofile.fits"
    soss_files.write_profiles(profiles, height)
    files = paths | {"specprofile": str(profiles)}
    traces = read_traces(paths["pastasoss"])
    found = load_references(traces, files, 245.76, subarray, (height, 2048), order_3)
    assert list(found.geometry) == list(found.optics) == orders
    assert [optic.kernel is not None for optic in found.optics.values()] == [
        order < 3 for order in orders
    ]
    assert found.separation == (0.77, 0.95)


def test_images_of_another_width_are_refused(paths):
    traces = read_traces(paths["pastasoss"])
    with pytest.raises(InputError, match="soss_xdim: found 2048, expected 2040"):
        load_references(traces, paths, 245.76, "SUBSTRIP256", (256, 2040), False)
