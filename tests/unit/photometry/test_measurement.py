import numpy as np
import pytest

from scripts.lib.photometry import image_series
from scripts.lib.photometry.image_series import ImageSeries
from scripts.lib.photometry.measurement import (
    Settings,
    aperture_centre,
    locate,
    measure,
    measure_apertures,
    measure_whole_array,
)
from scripts.lib.photometry.table import BACKGROUND_COLUMNS, COLUMNS
from tests.support.imaging_segments import FWHM_TO_SIGMA, OPTIONS
from tests.support.stars import POSITIONS, stars

NAN = np.nan
PLANNED = (14.0, 13.0)
SETTINGS = Settings.from_options(OPTIONS)


def series(planes):
    return ImageSeries(lambda name, block: planes[name][block], planes["SCI"].shape)


def photometry(planes, planned=PLANNED, whole_array=False, **options):
    settings = Settings.from_options(OPTIONS | options)
    return measure(series(planes), planned, settings, whole_array)


class TestSettings:
    def test_defaults_are_those_of_jwst(self):
        assert Settings.from_options({}) == Settings(3.0, 4.0, 5.0, True, 41, 11, False)

    @pytest.mark.parametrize(("width", "used"), [(41, 41), (20, 19), (2, 1), (1, 1)])
    def test_even_boxes_are_made_odd(self, caplog, width, used):
        assert Settings.from_options({"search_box_width": width}).search_box_width == used
        assert ("is even; using" in caplog.text) is (width != used)


class TestLocate:
    def test_positions_and_widths_of_stars_without_noise(self):
        columns = locate(series(stars(noise=0, background=0)), PLANNED, SETTINGS)
        centroids = np.column_stack([columns["centroid_x"], columns["centroid_y"]])
        np.testing.assert_allclose(centroids, POSITIONS, atol=1e-4)
        np.testing.assert_allclose(columns["psf_width_x"], 2.4 * FWHM_TO_SIGMA, rtol=1e-4)
        np.testing.assert_allclose(columns["psf_width_y"], 2.0 * FWHM_TO_SIGMA, rtol=1e-4)
        np.testing.assert_allclose(columns["psf_flux"], 1000, rtol=1e-4)

    def test_the_first_pass_finds_a_star_that_is_not_where_it_was_planned(self):
        planes = stars(noise=0, background=0)
        found = locate(series(planes), (8.0, 20.0), SETTINGS)["centroid_x"]
        expected = locate(series(planes), PLANNED, SETTINGS)["centroid_x"]
        np.testing.assert_allclose(found, expected, rtol=1e-6)

    def test_an_integration_without_a_sample(self):
        planes = stars()
        planes["SCI"][2] = NAN
        columns = locate(series(planes), PLANNED, SETTINGS)
        for values in columns.values():
            np.testing.assert_array_equal(np.isnan(values), [0, 0, 1, 0, 0])

    def test_flags_count_as_missing(self):
        planes = stars()
        planes["DQ"][2] = 1
        planes["DQ"][3] = 4
        columns = locate(series(planes), PLANNED, SETTINGS)
        np.testing.assert_array_equal(np.isnan(columns["psf_flux"]), [0, 0, 1, 0, 0])

    def test_no_star_anywhere(self):
        planes = stars()
        planes["SCI"][:] = 5
        columns = locate(series(planes), PLANNED, SETTINGS)
        assert list(columns) == ["centroid_x", "centroid_y"]
        assert np.isnan(list(columns.values())).all()

    def test_planned_position_beyond_the_image(self):
        assert list(locate(series(stars()), (-20, 5), SETTINGS)) == ["centroid_x", "centroid_y"]

    def test_a_guess_at_the_very_edge_keeps_the_fit_columns(self):
        # A centre of mass between the last pixel and its edge is no centre for the second box.
        planes = stars(noise=0, background=0)
        planes["SCI"][:] = 0
        planes["SCI"][:, 15, 29] = 9
        planes["SCI"][:, 15, 28] = -1
        columns = locate(series(planes), (20.0, 15.0), Settings(radius_inner=1.0))
        assert np.isnan(columns["centroid_x"]).all()
        assert np.isnan(columns["psf_flux"]).all()


class TestApertureCentre:
    @pytest.fixture
    def columns(self):
        return {"centroid_x": np.array([1.0, NAN, 4]), "centroid_y": np.array([5.0, NAN, 7])}

    def test_planned(self):
        assert aperture_centre({}, PLANNED, True) == PLANNED

    def test_median(self, columns):
        assert aperture_centre(columns, PLANNED, False) == (2.5, 6.0)

    def test_moving(self, columns):
        assert aperture_centre(columns, PLANNED, True)[0] is columns["centroid_x"]

    def test_no_centroid_at_all(self, columns, caplog):
        lost = {name: values * NAN for name, values in columns.items()}
        assert aperture_centre(lost, PLANNED, True) == PLANNED
        assert "no centroid in any integration" in caplog.text


class TestMeasure:
    def test_flat_images_have_no_net_flux(self):
        planes = stars(flux=0, noise=0)
        columns = photometry(planes, centroid_source=False)
        area = 9 * np.pi
        np.testing.assert_allclose(columns["aperture_sum"], 5 * area)
        np.testing.assert_allclose(columns["aperture_bkg"], 5 * area)
        np.testing.assert_allclose(columns["annulus_mean"], 5)
        np.testing.assert_allclose(columns["annulus_sum"], 5 * 45 * np.pi)
        np.testing.assert_allclose(columns["net_aperture_sum"], 0, atol=1e-12)
        error, annulus_error = 1e-3 * np.sqrt(area), 1e-3 / np.sqrt(45 * np.pi)
        np.testing.assert_allclose(columns["aperture_sum_err"], error)
        np.testing.assert_allclose(columns["annulus_mean_err"], annulus_error)
        np.testing.assert_allclose(
            columns["net_aperture_sum_err"], np.hypot(error, area * annulus_error)
        )

    def test_the_star_is_measured_without_its_background(self):
        columns = photometry(stars(noise=0), radius=5)
        np.testing.assert_allclose(columns["net_aperture_sum"], 1000, rtol=1e-3)
        assert set(columns["aperture_x"]) == {np.median(columns["centroid_x"])}

    def test_lost_pixels_are_compensated_in_the_background_alone(self):
        planes = stars(flux=0, noise=0)
        planes["SCI"][1, 13, 14] = NAN
        planes["SCI"][1, 13, 21] = NAN
        columns = photometry(planes, centroid_source=False)
        np.testing.assert_allclose(columns["aperture_sum"][1], 5 * (9 * np.pi - 1))
        np.testing.assert_allclose(columns["annulus_mean"], 5)
        np.testing.assert_allclose(columns["net_aperture_sum"], 0, atol=1e-12)

    def test_an_integration_without_a_sample_is_a_row_of_nan(self):
        planes = stars()
        planes["SCI"][2] = NAN
        for moving in (False, True):
            columns = photometry(planes, moving_centroid=moving)
            fixed = () if moving else ("aperture_x", "aperture_y")
            for name, values in columns.items():
                expected = np.zeros(5) if name in fixed else [0, 0, 1, 0, 0]
                np.testing.assert_array_equal(np.isnan(values), expected, err_msg=name)

    def test_a_moving_aperture_is_at_the_centroid(self):
        columns = photometry(stars(), moving_centroid=True)
        np.testing.assert_array_equal(columns["aperture_x"], columns["centroid_x"])
        assert np.unique(columns["aperture_sum"]).size == 5

    def test_a_star_that_saturates_to_nan(self):
        planes = stars()
        planes["SCI"][:, 2:25, 3:26] = NAN
        columns = photometry(planes)
        assert "psf_flux" not in columns
        assert set(columns["aperture_x"]) == {PLANNED[0]}
        assert np.isnan(columns["aperture_sum"]).all()

    def test_blocks_are_the_whole(self, monkeypatch):
        planes = stars()
        planes["SCI"][3, 14, 15] = NAN
        whole = photometry(planes, moving_centroid=True)
        for images in (1, 2):
            monkeypatch.setattr(image_series, "_BLOCK_BYTES", images * 4 * 32 * 30)
            parts = photometry(planes, moving_centroid=True)
            for name, values in whole.items():
                if name.startswith("psf"):
                    np.testing.assert_allclose(parts[name], values, rtol=1e-12)
                else:
                    np.testing.assert_array_equal(parts[name], values)

    def test_the_unit_scales_fluxes_alone(self):
        planes = stars()
        scaled = planes | {name: planes[name] * np.float32(2.0**-40) for name in ("SCI", "ERR")}
        first, second = photometry(planes), photometry(scaled)
        for name, values in first.items():
            factor = 2.0**-40 if COLUMNS[name] == "flux" else 1
            np.testing.assert_allclose(second[name], values * factor, rtol=1e-12)


class TestWholeArray:
    def test_sums_are_those_of_numpy_in_single_precision(self):
        planes = stars()
        planes["SCI"][1, 3, 4] = planes["ERR"][1, 3, 4] = NAN
        columns = measure_whole_array(series(planes))
        for k in range(5):
            assert columns["aperture_sum"][k] == np.nansum(planes["SCI"][k])
            assert columns["aperture_sum_err"][k] == np.sqrt(np.nansum(planes["ERR"][k] ** 2))
        assert columns["aperture_sum"].dtype == np.float32
        np.testing.assert_array_equal(columns["net_aperture_sum"], columns["aperture_sum"])

    def test_there_is_no_background(self):
        columns = measure_whole_array(series(stars()))
        for name in BACKGROUND_COLUMNS:
            assert columns[name].dtype == np.float64
            assert np.isnan(columns[name]).all()

    def test_an_image_without_a_sample_is_nan_not_zero(self):
        planes = stars()
        planes["SCI"][2] = planes["ERR"][2] = NAN
        columns = measure_whole_array(series(planes))
        for name in ("aperture_sum", "net_aperture_sum_err"):
            np.testing.assert_array_equal(np.isnan(columns[name]), [0, 0, 1, 0, 0])

    def test_the_star_is_looked_for_all_the_same(self):
        columns = photometry(stars(), whole_array=True)
        assert {"centroid_x", "psf_flux", "aperture_x"} <= set(columns)


class TestApertures:
    def test_net_flux_is_the_sum_without_the_mean_of_the_annulus(self):
        planes = {"SCI": np.full((1, 21, 21), 2.0, np.float32)}
        planes |= {"ERR": np.ones_like(planes["SCI"]), "DQ": np.zeros((1, 21, 21), np.uint32)}
        planes["SCI"][0, 10, 10] += 7.0
        settings = Settings(radius=3.0, radius_inner=4.0, radius_outer=5.0)
        columns = measure_apertures(series(planes), np.array([10.0]), np.array([10.0]), settings)
        assert columns["aperture_sum"] == pytest.approx(2 * 9 * np.pi + 7.0)
        assert columns["annulus_sum"] == pytest.approx(2 * 9 * np.pi)
        assert columns["annulus_mean"] == pytest.approx(2.0)
        assert columns["net_aperture_sum"] == pytest.approx(7.0)
        # The annulus has the aperture's area here, and so the same error.
        assert columns["net_aperture_sum_err"] == pytest.approx(np.sqrt(2 * 9 * np.pi))

    def test_without_a_centre_nothing_is_measured(self):
        found = measure_apertures(series(stars()), np.full(5, NAN), np.full(5, 13.0), SETTINGS)
        assert np.isnan(list(found.values())).all()
