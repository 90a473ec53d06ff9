import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from scripts.lib.segment_data.dq import DO_NOT_USE, FLUX_ESTIMATED, NON_SCIENCE
from scripts.lib.segment_data.pixel_replacement import replace_pixels

NAN = np.nan


def image(horizontal, vertical, shape=(5, 5)):
    """Plane with a NaN at (2, 2) between two values to its sides and two above and below it."""
    plane = np.ones(shape, np.float32)
    plane[2, 2] = NAN
    plane[2, 1], plane[2, 3] = horizontal
    plane[1, 2], plane[3, 2] = vertical
    return plane


@pytest.mark.parametrize(
    ("horizontal", "vertical", "value"),
    [
        ((1, 3), (10, 20), 2),
        ((1, 30), (10, 20), 15),
        ((3, 1), (20, 10), 2),
        ((10, 20), (20, 30), 15),
        ((NAN, 3), (10, 20), 15),
        ((1, 3), (10, NAN), 2),
        ((np.inf, 3), (10, 20), 15),
        ((np.inf, np.inf), (10, 20), 15),
    ],
)
def test_pair_with_smaller_difference_is_averaged(horizontal, vertical, value):
    planes = {"SCI": image(horizontal, vertical)}
    assert replace_pixels(planes) >= 1
    assert planes["SCI"][2, 2] == value


@pytest.mark.parametrize(
    ("horizontal", "vertical"),
    [((NAN, 1), (1, NAN)), ((np.inf, 1), (NAN, 1)), ((np.inf, np.inf), (-np.inf, 1))],
)
def test_pixel_without_a_finite_pair_stays(horizontal, vertical):
    sci = image(horizontal, vertical)
    dq = np.full(sci.shape, DO_NOT_USE, np.uint32)
    planes = {"SCI": sci, "DQ": dq}
    replace_pixels(planes)
    assert np.isnan(planes["SCI"][2, 2])
    assert dq[2, 2] == DO_NOT_USE


def test_errors_are_averaged_and_variances_as_errors():
    planes = {
        "SCI": image((1, 3), (10, 20)),
        "ERR": image((2, 4), (0, 0)),
        "VAR_FLAT": image((4, 16), (0, 0)),
    }
    replace_pixels(planes)
    assert planes["ERR"][2, 2] == 3
    assert planes["VAR_FLAT"][2, 2] == 9


def test_direction_is_that_of_the_science_plane():
    planes = {"SCI": image((1, 30), (10, 20)), "ERR": image((2, 2), (4, 8))}
    replace_pixels(planes)
    assert planes["ERR"][2, 2] == 6


def test_missing_error_gives_nan():
    planes = {
        "SCI": image((1, 3), (10, 20)),
        "ERR": image((2, NAN), (0, 0)),
        "VAR_FLAT": image((-1, 4), (0, 0)),
    }
    replace_pixels(planes)
    assert np.isnan(planes["ERR"][2, 2])
    assert np.isnan(planes["VAR_FLAT"][2, 2])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (0, FLUX_ESTIMATED),
        (DO_NOT_USE | 4, FLUX_ESTIMATED | 4),
        (DO_NOT_USE | NON_SCIENCE, DO_NOT_USE | NON_SCIENCE | FLUX_ESTIMATED),
        (NON_SCIENCE, NON_SCIENCE | FLUX_ESTIMATED),
        (FLUX_ESTIMATED | DO_NOT_USE, FLUX_ESTIMATED),
    ],
)
def test_flags_mark_the_estimate(before, after):
    dq = np.full((5, 5), DO_NOT_USE, np.uint32)
    dq[2, 2] = before
    expected = dq.copy()
    expected[2, 2] = after
    replace_pixels({"SCI": image((1, 3), (10, 20)), "DQ": dq})
    np.testing.assert_array_equal(dq, expected)


def test_infinite_pixels_are_replaced():
    sci = image((1, 3), (10, 20))
    sci[2, 2] = np.inf
    replace_pixels({"SCI": sci})
    assert sci[2, 2] == 2


def test_borders_are_not_replaced():
    for y in range(6):
        for x in range(7):
            sci = np.ones((6, 7), np.float32)
            sci[y, x] = NAN
            count = replace_pixels({"SCI": sci})
            assert count == (1 < y < 5 and 1 < x < 6)
            assert np.isnan(sci[y, x]) == (count == 0)


@pytest.mark.parametrize("shape", [(1, 1), (2, 5), (3, 3), (4, 1, 9)])
def test_small_images_have_no_inner_pixels(shape):
    assert replace_pixels({"SCI": np.full(shape, NAN, np.float32)}) == 0


def test_neighbours_of_a_cube_are_in_the_same_integration():
    cube = np.stack([image((1, 3), (10, 20)), image((5, 7), (10, 20)), np.ones((5, 5))])
    cube = cube.astype(np.float32)
    assert replace_pixels({"SCI": cube}) == 2
    np.testing.assert_array_equal(cube[:, 2, 2], [2, 6, 1])


def test_replaced_values_are_not_used_for_others():
    sci = np.arange(49, dtype=np.float32).reshape(7, 7) ** 2
    sci[3, 3] = sci[3, 4] = NAN
    values = [(sci[2, 3] + sci[4, 3]) / 2, (sci[2, 4] + sci[4, 4]) / 2]
    assert replace_pixels({"SCI": sci}) == 2
    np.testing.assert_array_equal(sci[3, 3:5], values)


def test_planes_of_other_shape_are_not_changed():
    wavelength = np.full((5, 5), NAN, np.float32)
    planes = {"SCI": image((1, 3), (10, 20))[None], "VAR_FLAT": wavelength}
    assert replace_pixels(planes) == 1
    assert np.isnan(wavelength).all()


@given(
    hnp.arrays(
        np.float32,
        st.tuples(st.integers(1, 2), st.integers(3, 7), st.integers(3, 7)),
        elements=st.sampled_from([NAN, np.inf, 0.0, 1.0, 2.0, 5.0]),
    )
)
def test_only_invalid_pixels_change_and_transposing_does_not_matter(sci):
    before, turned = sci.copy(), np.ascontiguousarray(sci.swapaxes(1, 2))
    # A ramp avoids ties, in which left and right come first.
    ramp = np.arange(sci.shape[1], dtype=np.float32)[:, None] * np.float32(100)
    sci += ramp
    before += ramp
    turned += ramp.T
    count = replace_pixels({"SCI": sci})
    finite = np.isfinite(before)
    np.testing.assert_array_equal(sci[finite], before[finite])
    assert np.count_nonzero(np.isfinite(sci)) == np.count_nonzero(finite) + count
    assert replace_pixels({"SCI": turned}) == count
    np.testing.assert_array_equal(turned.swapaxes(1, 2), sci)
