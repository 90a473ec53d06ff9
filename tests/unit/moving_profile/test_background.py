from dataclasses import replace

import numpy as np

from scripts.lib.moving_profile.background import (
    ColumnRegion,
    Stripes,
    column_background,
    row_stripes,
    star_level,
    subtract_background,
)

NONE = np.zeros(0, np.int64)


def region(shape=(14, 3), star=slice(6, 8), mode="column", limit=3.5):
    """Region of all rows but those of the star."""
    used = np.ones(shape, dtype=bool)
    used[star] = False
    return ColumnRegion(used, np.full(shape, limit, np.float32), mode)


def frames(levels, shape=(14, 3)):
    """Frames with a level for each column, (frames, columns), and a star."""
    cube = np.repeat(np.array(levels, np.float32)[:, None, :], shape[0], axis=1)
    cube[:, 6:8] += 500.0
    return cube


def test_each_column_has_its_level():
    cube = frames([[1.0, 2.0, 3.0], [0.0, -1.0, 5.0]])
    cube[1, 2, 2] = 400.0
    level, number = column_background(cube, NONE, region())
    np.testing.assert_array_equal(level, [[1, 2, 3], [0, -1, 5]])
    np.testing.assert_array_equal(number, [[12, 12, 12], [12, 12, 11]])


def test_bad_samples_are_left_out():
    cube = frames([[2.0, 2.0, 2.0]])
    cube[0, 3, 1] = 0.0
    level, number = column_background(cube, np.array([3 * 3 + 1]), region())
    np.testing.assert_array_equal(level, [[2.0, 2.0, 2.0]])
    np.testing.assert_array_equal(number, [[12, 11, 12]])


def test_a_column_with_few_good_pixels_takes_the_frame_s_level():
    cube = frames([[2.0, 9.0, 2.0]])
    bad = np.arange(3, 11) * 3 + 1
    cube[0, 3:11, 1] = 0.0
    level, number = column_background(cube, bad, region())
    # 12 + 12 samples of 2, and 6 of 9: three rows on either side; two of the bad ones are the star.
    np.testing.assert_array_equal(number[0, [0, 2]], [12, 12])
    np.testing.assert_allclose(level[0], [2.0, 9.0, 2.0])
    bad = np.arange(3, 12) * 3 + 1
    cube[0, 11, 1] = 0.0
    level, number = column_background(cube, bad, region())
    np.testing.assert_allclose(level[0, 1], (24 * 2.0 + 5 * 9.0) / 29.0, rtol=1e-6)
    assert number[0, 1] == 29


def test_one_level_for_the_frame():
    level, number = column_background(frames([[1.0, 2.0, 3.0]]), NONE, region(mode="frame"))
    np.testing.assert_array_equal(level, [[2.0, 2.0, 2.0]])
    assert (number == 36).all()


def test_no_background_is_zero_and_has_no_error():
    level, number = column_background(frames([[1.0, 2.0, 3.0]]), NONE, region(mode="none"))
    assert not level.any()
    assert np.isinf(number).all()


def striped(gain=1.0):
    """A star of unit level in rows 6 and 7 of the left half; the right half is dark but for 1 %."""
    model = np.zeros((14, 40), np.float32)
    model[6:8, :20], model[6:8, 20:] = 1000.0, 10.0
    parts = np.arange(20, 40), model, np.ones_like(model), np.full_like(model, 30.0)
    good = np.ones(model.shape, dtype=bool)
    return Stripes(*parts, good, gain * np.eye(14), np.zeros((14, 14)))


def test_stripes_are_measured_without_the_dip():
    stripes = striped()
    rows = np.arange(14.0) - 6.5
    cube = (-0.1 * stripes.model + rows[:, None])[None].astype(np.float32)
    level = star_level(cube, NONE, stripes.star)
    # Stripes of opposite sign in the two rows of the star leave its level alone.
    np.testing.assert_allclose(level, [-0.1], rtol=1e-5)
    found, number = row_stripes(cube, NONE, level, stripes)
    np.testing.assert_allclose(found[0], rows, atol=1e-4)
    assert (number == 20).all()


def test_level_of_the_star_leaves_out_bad_samples():
    stripes = striped()
    cube = (-0.1 * stripes.model)[None].astype(np.float32)
    cube[0, 6, 3] = 0.0
    np.testing.assert_allclose(
        star_level(cube, np.array([6 * 40 + 3]), stripes.star), [-0.1], rtol=1e-5
    )


def test_stripes_and_columns_are_subtracted():
    stripes = striped()
    rows = np.arange(14.0) - 6.5
    columns = np.arange(40.0) * 0.1
    cube = (rows[:, None] + columns)[None].astype(np.float32)
    cube[0, 2, 5] = 0.0
    bad = np.array([2 * 40 + 5])
    found = subtract_background(cube, bad, region((14, 40), limit=60.0), stripes)
    level, number = found.level, found.number
    np.testing.assert_allclose(cube, 0.0, atol=1e-2)
    np.testing.assert_allclose(level[0, 6:], columns[6:], atol=1e-2)
    assert number[0, 5] == 11
    assert cube[0, 2, 5] == 0.0


def test_the_wings_of_a_star_that_dips_stay_no_background_when_stripes_are_taken_off():
    stripes = striped()
    light = stripes.model + np.float32(5.0)
    stripes = replace(stripes, model=light)
    where = region((14, 40), limit=60.0)
    plain = ColumnRegion(where.used, where.limit, "column", light)
    columns = np.arange(40.0) * 0.1
    cube = (-0.2 * light + columns)[None].astype(np.float32)
    dip = -0.2 * light[6:8]
    found = subtract_background(cube, NONE, plain, stripes)
    # The wings of the star are 5 of 1000, or -1 in this integration: columns keep their level.
    np.testing.assert_allclose(found.level[0], columns, atol=0.02)
    np.testing.assert_allclose(cube[0, 6:8], dip, atol=0.03)
