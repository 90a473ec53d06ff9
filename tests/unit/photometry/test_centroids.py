import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from scripts.lib.photometry.centroids import (
    background_levels,
    centres_of_mass,
    group_by_count,
    source_disc,
)
from tests.support.imaging_segments import star

NAN, INF = np.nan, np.inf


def image_with(values, shape=(9, 9)):
    """One image that is 0 but for some pixels (y, x)."""
    image = np.zeros((1, *shape), np.float32)
    for (y, x), value in values.items():
        image[0, y, x] = value
    return image


def centre(image, x=4.0, y=4.0, width=9, bad=None, level=0.0):
    """Centre of mass of one image."""
    bad = np.isnan(image) if bad is None else bad
    levels = np.full(len(image), level, np.float32)
    return tuple(float(c[0]) for c in centres_of_mass(image, bad, levels, x, y, width))


def plain_centre(image, bad, level, x, y, width):
    """Centre of mass by its definition, pixel by pixel."""
    height, length = image.shape
    if not (0 <= x <= length - 1 and 0 <= y <= height - 1):
        return NAN, NAN
    left, bottom = (int(np.ceil(c - width / 2)) for c in (x, y))
    total = x_total = y_total = 0.0
    good = False
    for row in range(max(bottom, 0), min(bottom + width, height)):
        for column in range(max(left, 0), min(left + width, length)):
            value = float(image[row, column] - level)
            good |= not bad[row, column]
            if not bad[row, column] and np.isfinite(value):
                total += value
                x_total += column * value
                y_total += row * value
    if not good or abs(total) < 1e-30:
        return NAN, NAN
    x, y = x_total / total, y_total / total
    return (x, y) if 0 <= x < length and 0 <= y < height else (NAN, NAN)


def test_the_disc_leaves_out_its_edge():
    disc = source_disc((5, 7), 3.0, 2.0, 2.0)
    assert disc.shape == (5, 7)
    assert disc.sum() == 9
    assert not disc[2, 1]
    assert disc[2, 2]


def test_groups_cover_every_integration_once():
    good = np.array([[1, 1, 0], [0, 0, 0], [0, 1, 1], [1, 1, 1]], bool)
    groups = {count: rows.tolist() for rows, count in group_by_count(good)}
    assert groups == {0: [1], 2: [0, 2], 3: [3]}


class TestBackgroundLevels:
    outside = np.ones((2, 3), bool)

    def levels(self, *images):
        return background_levels(np.array(images, np.float32).reshape(-1, 2, 3), self.outside)

    def test_even_number_of_pixels(self):
        assert self.levels([5, 1, 9, 2, 7, 4]).tolist() == [4.5]

    def test_nan_is_left_out(self):
        np.testing.assert_array_equal(
            self.levels([5, 1, NAN, 2, 7, 4], [NAN] * 6, [3] + [NAN] * 5), [4, NAN, 3]
        )

    def test_only_pixels_outside_count(self):
        outside = np.array([[1, 0, 0], [0, 0, 1]], bool)
        image = np.array([[[1, 50, 50], [50, 50, 2]]], np.float32)
        assert background_levels(image, outside).tolist() == [1.5]

    def test_no_pixel_outside(self):
        levels = background_levels(np.ones((2, 2, 3), np.float32), ~self.outside)
        np.testing.assert_array_equal(levels, [NAN, NAN])

    @given(
        hnp.arrays(
            np.float32,
            st.tuples(st.integers(1, 5), st.just(3), st.integers(1, 6)),
            elements=st.floats(-(2.0**99), 2.0**99, width=32) | st.sampled_from([NAN, INF]),
        )
    )
    def test_bit_equal_to_numpy(self, images):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            expected = [np.nanmedian(image.ravel()) for image in images]
        levels = background_levels(images, np.ones(images.shape[1:], bool))
        assert levels.dtype == np.float32
        np.testing.assert_array_equal(levels, np.array(expected, np.float32))


class TestCentresOfMass:
    def test_weights_are_values_above_the_background(self):
        image = image_with({(2, 3): 3, (6, 5): 1}) + np.float32(10)
        assert centre(image, level=10) == (3.5, 3.0)

    def test_negative_values_pull_the_other_way(self):
        assert centre(image_with({(4, 4): 4, (4, 6): -1})) == (10 / 3, 4.0)

    def test_masked_pixels_count_as_background(self):
        image = image_with({(4, 4): 4, (4, 8): 4})
        assert centre(image, bad=image_with({(4, 8): 1}).astype(bool)) == (4.0, 4.0)

    @pytest.mark.parametrize("value", [NAN, INF])
    def test_values_that_are_not_finite_count_as_background(self, value):
        image = image_with({(4, 4): 4, (4, 8): value})
        assert centre(image, bad=np.isnan(image)) == (4.0, 4.0)

    def test_the_box_is_cut_at_the_edges(self):
        image = image_with({(0, 0): 2, (8, 8): 100})
        assert centre(image, x=1.0, y=1.0, width=7) == (0.0, 0.0)

    @pytest.mark.parametrize(("x", "first"), [(4.0, 3), (4.49, 3), (4.5, 3), (4.51, 4), (3.51, 3)])
    def test_position_of_the_box(self, x, first):
        image = np.ones((1, 9, 9), np.float32)
        assert centre(image, x=x, width=3) == (first + 1, 4.0)

    def test_a_sum_of_zero_has_no_centre(self):
        assert np.isnan(centre(image_with({(4, 4): 1, (4, 5): -1}))).all()

    def test_a_masked_box_has_no_centre(self):
        image = image_with({(4, 4): 1})
        assert np.isnan(centre(image, bad=np.ones(image.shape, bool))).all()

    def test_a_nan_background_has_no_centre(self):
        assert np.isnan(centre(image_with({(4, 4): 1}), level=NAN)).all()

    @pytest.mark.parametrize("x", [-0.1, 8.1, 100])
    def test_a_box_centred_beyond_the_image_has_no_centre(self, x):
        assert np.isnan(centre(image_with({(4, 4): 1}), x=x)).all()

    def test_a_centre_beyond_the_image_is_none(self):
        assert np.isnan(centre(image_with({(4, 6): 1.0, (4, 0): -0.9}))).all()

    def test_sub_pixel_position_of_a_star(self):
        image = star((31, 29), 13.37, 15.81, flux=1e4)[None].astype(np.float32)
        assert centre(image, 14.0, 15.0, 21) == pytest.approx((13.37, 15.81), abs=1e-5)

    @given(
        hnp.arrays(
            np.float32, (3, 5, 6), elements=st.integers(-8, 40) | st.sampled_from([NAN, INF])
        ),
        hnp.arrays(bool, (3, 5, 6)),
        st.floats(-1, 6),
        st.floats(-1, 5),
        st.sampled_from([1, 3, 5, 11]),
    )
    def test_against_the_definition(self, images, flags, x, y, width):
        bad = flags | np.isnan(images)
        levels = np.array([0, 2, -1], np.float32)
        result = np.transpose(centres_of_mass(images, bad, levels, x, y, width))
        expected = [
            plain_centre(*part, x, y, width) for part in zip(images, bad, levels, strict=True)
        ]
        np.testing.assert_allclose(result, expected, rtol=1e-12, atol=1e-12)

    @given(st.integers(0, 4), st.integers(0, 3), st.integers(-20, 20))
    def test_moves_with_the_image_and_ignores_the_unit(self, down, right, exponent):
        image = star((17, 16), 6.3, 5.8, flux=100)[None].astype(np.float32)
        moved = np.zeros((1, 24, 22), np.float32)
        moved[0, down : down + 17, right : right + 16] = image[0] * np.float32(2.0**exponent)
        x, y = centre(image, 6, 6, 11)
        assert centre(moved, 6 + right, 6 + down, 11) == pytest.approx(
            (x + right, y + down), rel=1e-13
        )

    def test_blocks_are_the_whole(self):
        images = np.random.default_rng(1).normal(3, 1, (7, 9, 9)).astype(np.float32)
        bad, levels = images > 5, np.full(7, 1, np.float32)
        whole = np.array(centres_of_mass(images, bad, levels, 4.2, 4.6, 7))
        parts = [
            centres_of_mass(images[k], bad[k], levels[k], 4.2, 4.6, 7)
            for k in (slice(0, 1), slice(1, 5), slice(5, 7))
        ]
        np.testing.assert_array_equal(whole, np.concatenate(parts, axis=1))


def test_bit_equal_to_photutils():
    from photutils.centroids import centroid_sources

    rng = np.random.default_rng(2)
    images = np.array([star((40, 44), 21.3, 18.2, 500)] * 20) + rng.normal(5, 1, (20, 40, 44))
    images = images.astype(np.float32)
    bad = rng.random(images.shape) < 0.01
    levels = background_levels(images, ~source_disc((40, 44), 21, 18, 4))
    for width in (11, 41):
        result = np.transpose(centres_of_mass(images, bad, levels, 21.4, 18.7, width))
        expected = [
            np.ravel(centroid_sources(i - b, 21.4, 18.7, box_size=width, mask=m))
            for i, m, b in zip(images, bad, levels, strict=True)
        ]
        np.testing.assert_array_equal(result, expected)
