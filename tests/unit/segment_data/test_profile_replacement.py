import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from scripts.lib.segment_data.dq import DO_NOT_USE, FLUX_ESTIMATED, NON_SCIENCE
from scripts.lib.segment_data.profile_replacement import replace_by_profiles

NAN = np.nan
PROFILE = np.array([1, 2, 8, 3, 1], np.float32)
LEVELS = np.array([10, 20, 30, 20, 10, 40, 20], np.float32)


def make_planes(science=None):
    """One integration of a spectrum whose columns have the same profile, with errors of 1 %."""
    science = PROFILE[:, None] * LEVELS if science is None else science
    science = np.array(science, np.float32)[None]
    planes = {"SCI": science, "ERR": science / 100, "VAR_FLAT": (science / 200) ** 2}
    return planes | {"DQ": np.zeros(science.shape, np.uint32)}


def make_bad(planes, row, column, flags=DO_NOT_USE):
    for name, plane in planes.items():
        if name == "DQ":
            plane[0, row, column] |= np.uint32(flags)
        else:
            plane[0, row, column] = NAN


def test_a_pixel_gets_the_value_of_the_scaled_profile():
    planes = make_planes()
    make_bad(planes, 2, 3)
    assert replace_by_profiles(planes, True, 3) == 1
    assert planes["SCI"][0, 2, 3] == pytest.approx(160, rel=1e-3)
    assert planes["ERR"][0, 2, 3] == pytest.approx(1.6, rel=1e-3)
    assert planes["VAR_FLAT"][0, 2, 3] == pytest.approx(0.64, rel=2e-3)
    assert planes["DQ"][0, 2, 3] == FLUX_ESTIMATED


def test_other_pixels_keep_their_values():
    planes, before = make_planes(), make_planes()
    make_bad(planes, 2, 3)
    replace_by_profiles(planes, True, 1)
    for name, plane in planes.items():
        changed = plane != before[name]
        assert list(np.argwhere(changed)[:, 1:].ravel()) in ([2, 3], [])


def test_vertical_dispersion_is_the_transposed_image():
    planes = make_planes()
    make_bad(planes, 2, 3)
    make_bad(planes, 4, 0)
    turned = {name: plane.swapaxes(1, 2).copy() for name, plane in planes.items()}
    assert replace_by_profiles(turned, False, 2) == replace_by_profiles(planes, True, 2) == 2
    for name, plane in planes.items():
        np.testing.assert_array_equal(turned[name].swapaxes(1, 2), plane)


@pytest.mark.parametrize("n_adjacent", [0, -2])
def test_without_neighbours_nothing_is_replaced(n_adjacent):
    planes = make_planes()
    make_bad(planes, 2, 3)
    assert replace_by_profiles(planes, True, n_adjacent) == 0
    assert np.isnan(planes["SCI"][0, 2, 3])
    assert planes["DQ"][0, 2, 3] == DO_NOT_USE


def test_more_neighbours_than_columns_are_all_columns():
    few, many = make_planes(), make_planes()
    for planes, n_adjacent in ((few, 6), (many, 10**9)):
        make_bad(planes, 2, 3)
        replace_by_profiles(planes, True, n_adjacent)
    np.testing.assert_array_equal(few["SCI"], many["SCI"])


def test_columns_without_valid_pixels_are_neither_used_nor_replaced():
    planes = make_planes()
    make_bad(planes, slice(None), [2, 4])
    make_bad(planes, 2, 3)
    assert replace_by_profiles(planes, True, 1) == 0
    assert replace_by_profiles(planes, True, 2) == 1
    assert np.isnan(planes["SCI"][0, :, [2, 4]]).all()


def test_pixels_beyond_the_valid_rows_are_left():
    planes = make_planes()
    make_bad(planes, [0, 4], slice(None))
    make_bad(planes, 2, 3)
    assert replace_by_profiles(planes, True, 3) == 1
    assert (planes["DQ"][0, [0, 4]] == DO_NOT_USE).all()


def test_pixels_that_are_not_science_become_nan_beside_a_replaced_one():
    planes = make_planes()
    planes["DQ"][0, 1, 3] = DO_NOT_USE | NON_SCIENCE
    make_bad(planes, 2, 3)
    assert replace_by_profiles(planes, True, 3) == 1
    assert np.isnan(planes["SCI"][0, 1, 3])
    assert planes["ERR"][0, 1, 3] == pytest.approx(0.4)
    assert planes["DQ"][0, 1, 3] == DO_NOT_USE | NON_SCIENCE


def test_a_row_without_values_in_the_neighbours_stays_nan():
    planes = make_planes()
    make_bad(planes, 2, [2, 3, 4])
    assert replace_by_profiles(planes, True, 1) == 2
    np.testing.assert_array_equal(np.isnan(planes["SCI"][0, 2]), [0, 0, 0, 1, 0, 0, 0])
    assert planes["DQ"][0, 2, 3] == DO_NOT_USE


def test_an_earlier_estimate_loses_its_flag():
    planes = make_planes()
    make_bad(planes, 2, 3, DO_NOT_USE | FLUX_ESTIMATED)
    replace_by_profiles(planes, True, 3)
    assert planes["DQ"][0, 2, 3] == 0


def test_faint_neighbours_are_averaged_without_scale():
    planes = make_planes()
    planes["ERR"] *= 100
    make_bad(planes, 2, 3)
    replace_by_profiles(planes, True, 1)
    # Both neighbours are 8 times 30 and 10.
    assert planes["SCI"][0, 2, 3] == 160


def test_a_column_without_light_gets_the_normalised_profile():
    science = PROFILE[:, None] * LEVELS
    science[:, 3] = 0
    planes = make_planes(science)
    planes["ERR"][:] = 1
    make_bad(planes, 2, 3)
    replace_by_profiles(planes, True, 3)
    assert planes["SCI"][0, 2, 3] == 1


def test_planes_of_another_shape_and_missing_ones_do_not_matter():
    planes = make_planes()
    planes["VAR_POISSON"] = np.full((5, 7), 3, np.float32)
    del planes["VAR_FLAT"]
    make_bad({name: planes[name] for name in ("SCI", "ERR", "DQ")}, 2, 3)
    assert replace_by_profiles(planes, True, 3) == 1
    assert (planes["VAR_POISSON"] == 3).all()


def column_by_column(planes, n_adjacent):
    """Science after replacement of one integration, one column after the other, by scipy."""
    science, errors = planes["SCI"][0].copy(), planes["ERR"][0]
    bad = (planes["DQ"][0] & DO_NOT_USE) != 0
    rows = np.flatnonzero(~bad.all(axis=1))
    inside = np.zeros_like(bad)
    inside[rows[:1].sum() : rows[-1:].sum() + 1] = len(rows) > 0
    valid = np.where(bad, np.float32(NAN), science)
    for j in range(science.shape[1]):
        near = [k for k in range(j - n_adjacent, j + n_adjacent + 1) if k != j]
        near = [k for k in near if 0 <= k < science.shape[1] and not bad[:, k].all()]
        current = valid[:, j]
        known = ~np.isnan(current)
        if not near or not known.any() or not (bad & inside)[:, j].any():
            continue
        values = valid[:, near]
        scales = np.nanmax(np.abs(values), axis=0)
        if np.nanmax(np.abs(values / errors[:, near])) < 5:
            scales[:] = 1
        profile = np.nanmedian(values / scales, axis=1)
        relative = np.abs(current[known] / current[known].max())
        factor = level = np.float32(1)
        if np.nanmedian(scales) != 1 and np.nanmax(np.abs(profile[known])) < 1e20 > relative.max():
            shape = np.abs(profile[known])
            factor = minimize(
                lambda a, v=relative, p=shape: np.nansum((v - p * a) ** 2) / np.int64(len(v)),
                x0=np.abs(np.nanmax(relative)),
                method="Nelder-Mead",
            ).x
            level = current[known].max()
        science[:, j] = np.where((bad & inside)[:, j], profile * factor * level, science[:, j])
    return science


@settings(max_examples=40)
@given(st.integers(0, 2**32 - 1), st.sampled_from([1, 2, 4]), st.sampled_from([0.5, 20.0]))
def test_blocks_equal_columns_done_one_by_one(seed, n_adjacent, snr):
    rng = np.random.default_rng(seed)
    science = PROFILE[:, None] * LEVELS + rng.normal(size=(5, 7))
    planes = make_planes(science)
    planes["ERR"] = (np.abs(planes["SCI"]).max() / np.full_like(planes["SCI"], snr)).copy()
    row, column = np.nonzero(rng.random((5, 7)) < 0.25)
    make_bad(planes, row, column)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)
        expected = column_by_column(planes, n_adjacent)
    replace_by_profiles(planes, True, n_adjacent)
    np.testing.assert_array_equal(planes["SCI"][0], expected)
