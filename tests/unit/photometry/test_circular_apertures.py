import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.lib.photometry.circular_apertures import Ring, overlap, ring_sums, windows

NAN, INF = np.nan, np.inf
SHAPE = (21, 24)
CIRCLE, ANNULUS = Ring(3.0), Ring(6.0, 4.5)


def sums(images, ring, x, y, errors=None):
    """Sums of images, one or more, at one centre or one each."""
    images = np.asarray(images, np.float32).reshape(-1, *SHAPE)
    errors = np.ones_like(images) if errors is None else np.asarray(errors, np.float32)
    x, y = (np.broadcast_to(c, len(images)).astype(float) for c in (x, y))
    return ring_sums(images, np.broadcast_to(errors, images.shape), ring, x, y)


def flat(value=1.0):
    """An image of one value."""
    return np.full(SHAPE, value, np.float32)


def plain_overlap(ring, x, y, pixel_x, pixel_y, steps=400):
    """Share of a pixel's area in a ring, by counting points."""
    offsets = (np.arange(steps) + 0.5) / steps - 0.5
    distance = np.hypot(pixel_x + offsets - x, (pixel_y + offsets - y)[:, None])
    return ((distance < ring.outer) & (distance >= ring.inner)).mean()


class TestOverlap:
    @pytest.mark.parametrize("ring", [CIRCLE, ANNULUS, Ring(0.3), Ring(2.0, 1.9)])
    @pytest.mark.parametrize(("x", "y"), [(10.0, 9.0), (10.31, 8.77), (10.5, 9.5)])
    def test_shares_of_pixels(self, ring, x, y):
        limits = windows(ring, np.array([x]), np.array([y]), SHAPE)[0]
        window = slice(*limits[:2]), slice(*limits[2:])
        weights, central = overlap(ring, x, y, window)
        pixels = np.mgrid[window].reshape(2, -1)
        expected = [plain_overlap(ring, x, y, column, row) for row, column in pixels.T]
        np.testing.assert_allclose(weights, expected, atol=3e-3)
        distance = np.hypot(pixels[1] - x, pixels[0] - y)
        np.testing.assert_array_equal(central, (distance < ring.outer) & (distance >= ring.inner))

    @given(st.floats(-9, 33), st.floats(-9, 30), st.floats(0.1, 8))
    def test_the_window_holds_all_of_the_circle_that_is_in_the_image(self, x, y, radius):
        limits = windows(Ring(radius), np.array([x]), np.array([y]), SHAPE)[0]
        assert (limits >= 0).all()
        assert limits[0] <= limits[1] <= SHAPE[0]
        assert limits[2] <= limits[3] <= SHAPE[1]
        nearest = np.hypot(
            *(np.maximum(abs(np.mgrid[:21, :24][k] - c) - 0.5, 0) for k, c in ((0, y), (1, x)))
        )
        outside = np.ones(SHAPE, bool)
        outside[limits[0] : limits[1], limits[2] : limits[3]] = False
        assert (nearest[outside] >= radius * (1 - 1e-12)).all()


class TestRingSums:
    def test_area_of_a_flat_image(self):
        total, error, area = sums(flat(2), CIRCLE, 10.3, 9.6)
        assert area == pytest.approx(9 * np.pi, rel=1e-14)
        assert total == pytest.approx(18 * np.pi, rel=1e-14)
        assert error == pytest.approx(3 * np.sqrt(np.pi), rel=1e-14)

    def test_area_of_an_annulus(self):
        total, _, area = sums(flat(3), ANNULUS, 10.3, 9.6)
        assert area == pytest.approx((36 - 4.5**2) * np.pi, rel=1e-14)
        assert total == pytest.approx(3 * area)

    def test_half_of_the_aperture_off_the_array(self):
        assert sums(flat(), CIRCLE, -0.5, 9.0)[2] == pytest.approx(4.5 * np.pi, rel=1e-13)
        assert sums(flat(), CIRCLE, 23.5, 20.5)[0] == pytest.approx(2.25 * np.pi, rel=1e-13)

    @pytest.mark.parametrize("x", [-3.6, 26.6, 1e6, -1e6])
    def test_all_of_the_aperture_off_the_array(self, x):
        assert np.isnan(sums(flat(), CIRCLE, x, 9.0)).all()

    @pytest.mark.parametrize("x", [NAN, INF])
    def test_a_centre_that_is_not_finite(self, x):
        total = sums([flat(), flat()], CIRCLE, [x, 9.0], 9.0)
        assert np.isnan([part[0] for part in total]).all()
        assert np.isfinite([part[1] for part in total]).all()

    @pytest.mark.parametrize("value", [NAN, INF, -INF])
    def test_samples_that_are_not_finite_are_left_out(self, value):
        image = flat()
        image[9, 10] = value
        total, error, area = sums(image, CIRCLE, 10.0, 9.0)
        assert area == pytest.approx(9 * np.pi - 1)
        assert total == pytest.approx(9 * np.pi - 1)
        assert error == pytest.approx(np.sqrt(9 * np.pi - 1))

    def test_a_nan_error_spoils_the_error_alone(self):
        errors = flat()
        errors[9, 10] = NAN
        total, error, area = sums(flat(), CIRCLE, 10.0, 9.0, errors)
        assert total == pytest.approx(9 * np.pi)
        assert area == pytest.approx(9 * np.pi)
        assert np.isnan(error)

    def test_the_square_of_an_error_is_weighted_linearly(self):
        errors = np.zeros(SHAPE)
        errors[9, 7] = 5.0
        weight = sums(np.where(errors, 1, 0), CIRCLE, 10.0, 9.0)[0]
        assert 0.4 < weight < 0.6
        assert sums(flat(), CIRCLE, 10.0, 9.0, errors)[1] == pytest.approx(5 * np.sqrt(weight))

    def test_an_image_without_samples(self):
        assert np.isnan(sums(flat(NAN), CIRCLE, 10.0, 9.0)).all()

    def test_no_area_without_a_pixel_centre_but_a_sum(self):
        total, _, area = sums(flat(2), Ring(0.3), 10.5, 9.5)
        assert total == pytest.approx(2 * 0.09 * np.pi)
        assert np.isnan(area)

    def test_no_area_if_the_central_pixels_are_left_out(self):
        image = flat()
        image[9, 10] = NAN
        total, _, area = sums(image, Ring(0.6), 10.0, 9.0)
        assert 0 < total < 0.36 * np.pi
        assert np.isnan(area)

    def test_a_moving_aperture_is_one_aperture_each(self):
        rng = np.random.default_rng(3)
        images = rng.normal(5, 1, (9, *SHAPE)).astype(np.float32)
        images[rng.random(images.shape) < 0.02] = NAN
        x, y = rng.normal(10, 1, 9), rng.normal(9, 1, 9)
        together = np.array(sums(images, ANNULUS, x, y))
        alone = [sums(image, ANNULUS, *centre) for image, *centre in zip(images, x, y, strict=True)]
        np.testing.assert_array_equal(together, np.concatenate(alone, axis=1))

    @given(st.integers(0, 8), st.integers(0, 9), st.integers(-30, 30))
    def test_moves_with_the_image_and_scales_with_it(self, down, right, exponent):
        rng = np.random.default_rng(down)
        image, factor = np.zeros((2, *SHAPE)), 2.0**exponent
        image[0, :10, :12] = rng.normal(5, 1, (10, 12))
        image[1, down : down + 10, right : right + 12] = image[0, :10, :12] * factor
        total, _, area = sums(image, Ring(2.5, 1.0), [5.3, 5.3 + right], [4.9, 4.9 + down])
        assert total[1] == pytest.approx(total[0] * factor, rel=1e-12)
        assert area[1] == pytest.approx(area[0], rel=1e-12)


@pytest.mark.parametrize("ring", [CIRCLE, ANNULUS])
def test_bit_equal_to_photutils(ring):
    from photutils.aperture import ApertureStats, CircularAnnulus, CircularAperture

    rng = np.random.default_rng(4)
    images = rng.normal(1, 30, (25, *SHAPE)).astype(np.float32)
    errors = rng.uniform(1, 9, images.shape).astype(np.float32)
    images[rng.random(images.shape) < 0.05] = NAN
    x, y = rng.uniform(7, 15, 25), rng.uniform(7, 13, 25)
    x[:10], y[:10] = x[0], y[0]
    shape = CircularAnnulus if ring.inner else CircularAperture
    radii = (ring.inner, ring.outer) if ring.inner else (ring.outer,)
    expected = []
    for image, error, *centre in zip(images, errors, x, y, strict=True):
        stats = ApertureStats(image, shape(centre, *radii), error=error)
        expected.append((stats.sum, stats.sum_err, stats.sum_aper_area.value))
    np.testing.assert_array_equal(np.transpose(ring_sums(images, errors, ring, x, y)), expected)
