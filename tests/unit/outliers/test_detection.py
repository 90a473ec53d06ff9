import numpy as np
import pytest

from scripts.lib.outliers import search
from scripts.lib.outliers.blocks import plan_blocks
from scripts.lib.outliers.detection import Settings, detect_outliers, mask_bits
from scripts.lib.segment_data.dq import DO_NOT_USE, OUTLIER
from tests.support.outlier_cubes import JUMP, assert_same, cube, plain_flags, plain_result

NAN = np.nan


def detect(planes, settings, samples=10**9):
    """Run over the blocks of a cube in memory; return the planes and the number of outliers."""
    shape = planes["SCI"].shape
    result, count = {name: np.empty_like(plane) for name, plane in planes.items()}, 0
    for block in plan_blocks(shape, settings.window, samples):
        frames = {
            name: block.frames if name in ("SCI", "DQ") else block.integrations for name in planes
        }
        part = {name: plane[frames[name], block.rows].copy() for name, plane in planes.items()}
        count += detect_outliers(part, block, shape[0], settings)
        for name, plane in part.items():
            tested = plane[block.tested] if name in ("SCI", "DQ") else plane
            result[name][block.integrations, block.rows] = tested
    return result, count


@pytest.mark.parametrize("window", [2, 3, 4, 24, 25, 26, 59, 60, 61, 1, 0])
@pytest.mark.parametrize("samples", [10**9, 300, 1])
def test_blocks_give_what_the_definition_gives(window, samples):
    planes = cube()
    flagged = plain_flags(planes, window=window)
    result, count = detect(planes, Settings(window=window), samples)
    assert_same(result, plain_result(planes, flagged))
    assert count == np.count_nonzero(flagged) > 0


@pytest.mark.parametrize("integrations", [2, 3, 24, 25, 26, 41])
def test_any_length_of_series(integrations):
    planes = cube((integrations, 5, 6), hits=0.05)
    result, _ = detect(planes, Settings())
    assert_same(result, plain_result(planes, plain_flags(planes)))


def test_pixels_are_done_in_pieces(monkeypatch):
    monkeypatch.setattr(search, "PIXELS_AT_A_TIME", 5)
    planes = cube()
    result, _ = detect(planes, Settings())
    assert_same(result, plain_result(planes, plain_flags(planes)))


def test_one_hit_is_flagged_in_all_planes():
    planes = cube(hits=0, bad=0)
    planes["SCI"][30, 1, 2] = 200
    result, count = detect(planes, Settings())
    assert count == 1
    assert result["DQ"][30, 1, 2] & ~np.uint32(JUMP) == OUTLIER | DO_NOT_USE
    for name in ("SCI", "ERR", "VAR_POISSON", "VAR_FLAT"):
        assert np.argwhere(np.isnan(result[name])).tolist() == [[30, 1, 2]]


def test_nan_hides_hits_in_its_windows():
    planes = cube((100, 1, 1), hits=0, bad=0)
    planes["SCI"][50] = NAN
    planes["SCI"][[30, 37, 38, 62, 63, 80]] = 200
    result, _ = detect(planes, Settings())
    flagged = np.nonzero(result["DQ"][:, 0, 0] & OUTLIER)[0]
    np.testing.assert_array_equal(flagged, [30, 37, 63, 80])


def test_flag_hides_hits_only_if_it_is_masked():
    planes = cube((100, 1, 1), hits=0, bad=0)
    planes["DQ"][:] = 0
    planes["DQ"][50] = JUMP
    planes["SCI"][60] = 200
    assert detect(planes, Settings(mask=DO_NOT_USE))[1] == 1
    assert detect(planes, Settings(mask=DO_NOT_USE | JUMP))[1] == 0


def test_samples_masked_by_another_flag_keep_their_values():
    planes = cube((100, 2, 2), hits=0, bad=0)
    result, _ = detect(planes, Settings(mask=JUMP))
    assert_same(result, planes)


def test_median_of_all_integrations_does_not_mask_flags():
    planes = cube((3, 1, 1), hits=0, bad=0)
    planes["SCI"][:, 0, 0] = [0, 1, 100]
    planes["DQ"][:, 0, 0] = [0, DO_NOT_USE, 0]
    result, count = detect(planes, Settings())
    assert count == 1
    np.testing.assert_array_equal(result["DQ"][:, 0, 0], [0, 1, 17])


def test_difference_to_the_median_of_all_is_taken_in_single_precision():
    """In float32 the difference is exactly 5 errors, in float64 a little more."""
    planes = cube((3, 1, 1), hits=0, bad=0)
    planes["SCI"][:, 0, 0] = [5, -(2.0**-30), -1]
    assert detect(planes, Settings())[1] == 0


def test_all_samples_masked_gives_no_outlier():
    planes = cube(bad=0)
    result, count = detect(planes, Settings(mask=None))
    assert count == 0
    assert_same(result, planes)


@pytest.mark.parametrize(
    ("maskpt", "any_good", "mask"),
    [
        (0.7, True, 5),
        (1.0, True, 5),
        (0.0, True, 0),
        (-1.0, True, 0),
        (1.1, True, None),
        (0.7, False, 0),
    ],
)
def test_mask_follows_the_mean_weight(maskpt, any_good, mask):
    assert mask_bits(5, maskpt, any_good) == mask
