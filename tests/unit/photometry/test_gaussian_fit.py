import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.lib.photometry import gaussian_fit as module
from scripts.lib.photometry.gaussian_fit import Cutouts, cut_out, fit_gaussian
from tests.support.imaging_segments import star

NAN, INF = np.nan, np.inf
WIDTH = 11


def windows(images, x, y, bad=None, level=0.0, width=WIDTH):
    """Windows of images around one position each."""
    images = np.asarray(images)
    images = images[None] if images.ndim == 2 else images
    bad = np.isnan(images) if bad is None else np.broadcast_to(bad, images.shape)
    levels = np.full(len(images), level, images.dtype)
    x, y = (np.broadcast_to(c, len(images)).astype(float) for c in (x, y))
    return cut_out(images, bad, levels, x, y, width)


def noisy_stars(count, flux=3e4, fwhm=(2.6, 2.1), seed=0):
    """Windows of stars with noise of 10 at different positions."""
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(14, 16, (2, count))
    images = [star((31, 33), *position, flux, fwhm) for position in zip(x, y, strict=True)]
    images += 10 * rng.standard_normal((count, 31, 33))
    return windows(images.astype(np.float32), x, y)


def gradient(cutouts, parameters):
    """Gradient of the cost, its parameters taken relative and its unit the mean square sample."""
    terms = module._terms(cutouts, parameters)
    return terms["gradient"] * parameters / np.square(cutouts.values).sum(axis=(1, 2))[:, None]


class TestCutOut:
    image = np.arange(63, dtype=np.float32).reshape(7, 9)

    def test_values_without_background(self):
        cutouts = windows(self.image, 4.2, 3.4, level=2, width=3)
        np.testing.assert_array_equal(cutouts.values[0], self.image[2:5, 3:6] - 2)
        np.testing.assert_allclose(cutouts.x_edges[0], [-1.7, -0.7, 0.3, 1.3])
        np.testing.assert_allclose(cutouts.y_edges[0], [-1.9, -0.9, 0.1, 1.1])
        assert cutouts.good.all()

    def test_the_image_ends_in_the_window(self):
        cutouts = windows(self.image, 0.0, 6.0, width=3)
        np.testing.assert_array_equal(cutouts.good[0], [[0, 1, 1], [0, 1, 1], [0, 0, 0]])
        np.testing.assert_array_equal(cutouts.values[0, 1], [0, 54, 55])

    def test_bad_pixels_are_zero(self):
        bad = self.image == 31
        cutouts = windows(self.image, 4.0, 3.0, bad=bad, width=3)
        assert cutouts.values[0, 1, 1] == 0
        assert not cutouts.good[0, 1, 1]

    def test_each_image_has_its_own_window(self):
        cutouts = windows([self.image, self.image], [1.0, 7.0], [1.0, 5.0], width=1)
        np.testing.assert_array_equal(cutouts.values.ravel(), [10, 52])


class TestModel:
    def test_derivatives_against_differences(self):
        cutouts = noisy_stars(3)
        cutouts.good[:, 2, 3] = False
        cutouts.values[:, 2, 3] = 0
        parameters = np.array([[2e4, 3.0, 2.0], [3e4, 1.1, 5.0], [1e4, 8.0, 0.9]])
        terms = module._terms(cutouts, parameters)
        full = terms["gauss_newton"] + terms["second"]
        for k in range(3):
            step = np.zeros((3, 3))
            step[:, k] = 1e-5 * parameters[:, k]
            up, down = (module._terms(cutouts, parameters + s) for s in (step, -step))
            size = 2 * step[:, k]
            slope = (up["cost"] - down["cost"]) / size
            np.testing.assert_allclose(terms["gradient"][:, k], slope, rtol=1e-6)
            slopes = (up["gradient"] - down["gradient"]) / size[:, None]
            np.testing.assert_allclose(full[:, k], slopes, rtol=1e-5, atol=1e-6 * abs(slopes).max())

    def test_cost_is_half_the_sum_of_squares(self):
        image = star((31, 33), 15.0, 15.0, 50, (2.0, 3.0))
        cutouts = windows(image + 1, 15.0, 15.0)
        terms = module._terms(cutouts, np.array([[50, 2.0, 3.0]]))
        assert terms["cost"] == pytest.approx(0.5 * WIDTH**2)


class TestFitGaussian:
    @pytest.mark.parametrize(
        ("x", "y", "fwhm"),
        [
            (15.0, 15.0, (2.0, 2.0)),
            (15.37, 14.81, (2.6, 1.3)),
            (14.5, 15.49, (6.0, 9.5)),
            (1.2, 28.9, (2.6, 3.3)),
        ],
    )
    def test_a_star_without_noise(self, x, y, fwhm):
        image = star((31, 33), x, y, 4321.0, fwhm)
        parameters, single = fit_gaussian(windows(image, x, y))
        np.testing.assert_allclose(parameters, [[4321.0, *fwhm]], rtol=1e-10)
        assert single == 0

    def test_masked_pixels_do_not_matter(self):
        image = star((31, 33), 15.2, 14.9, 100.0)
        image[14, 16] = NAN
        image[15, 15] = 1e9
        parameters, _ = fit_gaussian(windows(image, 15.2, 14.9, bad=~(image < 1e6)))
        np.testing.assert_allclose(parameters, [[100.0, 2.4, 2.0]], rtol=1e-10)

    def test_the_gradient_vanishes_with_noise(self):
        cutouts = noisy_stars(40, flux=3000)
        parameters, single = fit_gaussian(cutouts)
        assert single == 0
        assert np.abs(gradient(cutouts, parameters)).max() < 1e-12

    def test_no_nearby_parameters_are_better(self):
        cutouts = noisy_stars(5)
        parameters, _ = fit_gaussian(cutouts)
        best = module._terms(cutouts, parameters)["cost"]
        rng = np.random.default_rng(1)
        for _ in range(50):
            other = parameters * rng.uniform(0.8, 1.25, parameters.shape)
            assert (module._terms(cutouts, other)["cost"] > best).all()

    def test_a_flat_image_ends_at_the_widest_gaussian(self):
        parameters, single = fit_gaussian(windows(np.full((31, 33), 7.0), 15.3, 15.1))
        assert parameters[0, 1:].tolist() == [WIDTH, WIDTH]
        assert parameters[0, 0] > 0
        assert single == 0

    def test_only_one_width_at_its_bound(self):
        image = np.broadcast_to(star((1, 33), 15.3, 0, 50, (2.5, 9.0)), (31, 33))
        parameters, _ = fit_gaussian(windows(image, 15.3, 15.0))
        assert parameters[0, 2] == WIDTH
        assert parameters[0, 1] == pytest.approx(2.5, rel=1e-9)

    @pytest.mark.parametrize("value", [-1.0, NAN, INF])
    def test_windows_that_jwst_does_not_fit(self, value):
        image = star((31, 33), 15.0, 15.0)
        image[14, 14] += value
        image = np.stack([image, star((31, 33), 15.0, 15.0)])
        parameters, _ = fit_gaussian(windows(image, 15.0, 15.0, bad=np.zeros((31, 33), bool)))
        assert np.isnan(parameters[0]).all()
        assert np.isfinite(parameters[1]).all()

    @pytest.mark.parametrize("count", [0, 2])
    def test_fewer_pixels_than_parameters(self, count):
        bad = np.ones((31, 33), bool)
        bad[15, 14 : 14 + count] = False
        parameters, _ = fit_gaussian(windows(star((31, 33), 15, 15), 15.0, 15.0, bad=bad))
        assert np.isnan(parameters).all()

    def test_no_windows(self):
        empty = np.zeros((0, WIDTH, WIDTH))
        edges = np.zeros((0, WIDTH + 1))
        parameters, single = fit_gaussian(Cutouts(empty, empty > 0, edges, edges))
        assert parameters.shape == (0, 3)
        assert single == 0

    def test_a_lone_hot_pixel_is_fitted_by_itself(self):
        image = np.zeros((31, 33))
        image[15, 15] = 100.0
        parameters, single = fit_gaussian(windows(image, 15.1, 14.9))
        assert single == 1
        assert parameters[0, 0] == pytest.approx(100, rel=0.05)
        assert (parameters[0, 1:] < 0.6).all()

    def test_an_empty_image(self):
        parameters, single = fit_gaussian(windows(np.zeros((31, 33)), 15.0, 15.0))
        assert single == 1
        assert parameters[0, 0] == pytest.approx(0, abs=1e-9)

    @given(st.integers(-120, 60))
    def test_the_unit_does_not_matter(self, exponent):
        cutouts = noisy_stars(4, flux=2000)
        parameters, _ = fit_gaussian(cutouts)
        scaled, _ = fit_gaussian(cutouts / np.full(4, 2.0**exponent))
        np.testing.assert_array_equal(scaled[:, 1:], parameters[:, 1:])
        np.testing.assert_array_equal(scaled[:, 0], parameters[:, 0] / 2.0**exponent)

    def test_a_batch_is_every_window_alone(self):
        cutouts = noisy_stars(12, flux=2000)
        together, _ = fit_gaussian(cutouts)
        alone = np.concatenate([fit_gaussian(cutouts[k : k + 1])[0] for k in range(12)])
        np.testing.assert_allclose(together, alone, rtol=1e-12)

    def test_transposed_images_have_transposed_widths(self):
        cutouts = noisy_stars(6)
        turned = Cutouts(
            cutouts.values.swapaxes(1, 2), cutouts.good, cutouts.y_edges, cutouts.x_edges
        )
        np.testing.assert_allclose(
            fit_gaussian(turned)[0], fit_gaussian(cutouts)[0][:, [0, 2, 1]], rtol=1e-11
        )


def photutils_fit(image, x, y, start):
    """Parameters as `photutils.psf.PSFPhotometry` fits them in jwst."""
    from astropy.table import QTable
    from photutils.psf import GaussianPRF, PSFPhotometry

    model = GaussianPRF(flux=start, x_0=x, y_0=y, x_fwhm=WIDTH / 2, y_fwhm=WIDTH / 2)
    model.x_0.fixed = model.y_0.fixed = True
    model.flux.min = 0.0
    for width in (model.x_fwhm, model.y_fwhm):
        width.fixed, width.min, width.max = False, 0.0, WIDTH
    values = {"x": x, "y": y, "flux": start, "x_fwhm": WIDTH / 2, "y_fwhm": WIDTH / 2}
    table = QTable({name: [value] for name, value in values.items()})
    result = PSFPhotometry(model, (WIDTH, WIDTH))(image, init_params=table)
    return [result[f"{name}_fit"][0] for name in ("flux", "x_fwhm", "y_fwhm")]


@pytest.mark.parametrize("tiny", [False, True])
def test_against_photutils(tiny):
    rng = np.random.default_rng(6)
    image = star((31, 33), 15.2, 14.8, 4e4, (0.2, 0.2) if tiny else (2.5, 2.2))
    image = (image + 10 * rng.standard_normal(image.shape)).astype(np.float32)
    cutouts = windows(image, 15.2, 14.8)
    parameters, single = fit_gaussian(cutouts)
    assert single == tiny
    expected = photutils_fit(image, 15.2, 14.8, cutouts.values.astype(np.float32).sum())
    np.testing.assert_allclose(parameters[0], expected, rtol=1e-6)
