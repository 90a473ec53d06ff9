import logging

import numpy as np
import pytest

from scripts.lib.errors import InputError
from scripts.lib.photometry import image_series
from scripts.lib.photometry.image_series import ImageSeries
from scripts.lib.photometry.measurement import (
    Settings,
    aperture_centre,
    locate,
    measure,
    measure_whole_array,
)
from scripts.lib.photometry.table import BACKGROUND_COLUMNS, COLUMNS, read_segment
from scripts.lib.segment_data.int_times import mid_times
from scripts.tso_photometry import apertures_sentence, process
from tests.support.imaging_segments import (
    FWHM_TO_SIGMA,
    OPTIONS,
    star_planes,
    write_gain,
    write_segment,
)
from tests.support.imaging_segments import (
    mid_times as time_rows,
)
from tests.support.steps import run_step

NAN = np.nan
PLANNED = (14.0, 13.0)
POSITIONS = [(14.3, 15.2), (14.4, 15.1), (14.2, 15.3), (14.3, 15.2), (14.5, 15.2)]
SETTINGS = Settings.from_options(OPTIONS)


def series(planes):
    return ImageSeries(lambda name, block: planes[name][block], planes["SCI"].shape)


def stars(**kwargs):
    return star_planes(POSITIONS, **kwargs)


def photometry(planes, planned=PLANNED, whole_array=False, **options):
    settings = Settings.from_options(OPTIONS | options)
    return measure(series(planes), planned, settings, whole_array)


class TestSettings:
    def test_defaults_are_those_of_the_peer(self):
        assert Settings.from_options({}) == Settings(3.0, 4.0, 5.0, True, 41, 11, False)

    @pytest.mark.parametrize(("width", "used"), [(41, 41), (20, 19), (2, 1), (1, 1)])
    def test_even_boxes_are_made_odd(self, caplog, width, used):
        assert Settings.from_options({"search_box_width": width}).search_box_width == used
        assert ("is even; using" in caplog.text) is (width != used)

    def test_the_sentence_shows_numbers_with_a_point(self):
        settings = Settings.from_options({"radius": 3, "radius_inner": 4, "radius_outer": 5.25})
        assert apertures_sentence(settings, False) == (
            "Photometry measured in a circular aperture of r=3.0 pixels.  Background calculated "
            "as the mean in a circular annulus with r_inner=4.0 pixels and r_outer=5.25 pixels."
        )
        assert apertures_sentence(settings, True) == (
            "Photometry measured as the sum of all values in the subarray.  "
            "No background subtraction was performed."
        )


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

    def test_lost_pixels_are_made_up_for_in_the_background_alone(self):
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


class TestMidTimes:
    def test_rows_of_the_segment(self):
        utc, tdb = mid_times(time_rows([31, 32, 33]), 31, 3)
        np.testing.assert_array_equal(utc, [60031, 60032, 60033])
        np.testing.assert_array_equal(tdb, utc + 0.25)

    def test_rows_of_the_exposure(self):
        assert mid_times(time_rows(range(1, 9)), 4, 2)[0].tolist() == [60004, 60005]

    def test_only_the_first_number_matters(self):
        table = time_rows([32767, 1, 2])
        assert mid_times(table, 32768, 2)[0].tolist() == [60001, 60002]

    @pytest.mark.parametrize(
        ("table", "first", "expected"),
        [
            (None, 1, [NAN, NAN]),
            (time_rows([]), 1, [NAN, NAN]),
            (time_rows([1]), 1, [60001, NAN]),
            (time_rows([2, 3]), 1, [NAN, 60002]),
            (time_rows([1, 2]), 31, [NAN, NAN]),
            (time_rows([1, 2])[["integration_number"]], 1, [NAN, NAN]),
        ],
    )
    def test_missing_rows(self, caplog, table, first, expected):
        np.testing.assert_array_equal(mid_times(table, first, 2)[0], expected)
        assert f"expected 2 from number {first} on" in caplog.text

    def test_times_that_are_texts_are_none(self, caplog):
        table = time_rows([1, 2])
        types = [(name, "S8" if "BJD" in name else table.dtype[name]) for name in table.dtype.names]
        assert np.isnan(mid_times(table.astype(types), 1, 2)).all()
        assert "found times of 0 integrations, expected 2" in caplog.text


class TestProcess:
    def run(
        self, tmp_path, planes=None, times=(1, 2, 3, 4, 5), gain=None, options=None, **keywords
    ):
        planes = stars() if planes is None else planes
        rows = None if times is None else time_rows(times)
        segment = write_segment(tmp_path / "seg_crfints.fits", planes, rows, **keywords)
        out = tmp_path / "photometry.fits"
        params = {"options": OPTIONS | (options or {})}
        run_step(process, params, segment=segment, gain=gain or [], out_photometry=out)
        return read_segment(out)

    def test_calibrated_data(self, tmp_path):
        planes = stars(noise=0)
        table = self.run(tmp_path, planes, options={"radius": 5})
        np.testing.assert_allclose(table.columns["net_aperture_sum"], 1000, rtol=1e-3)
        assert table.units["net_aperture_sum"] == "Jy"
        assert table.columns["MJD"].tolist() == [60001, 60002, 60003, 60004, 60005]
        assert list(table.columns) == [name for name in COLUMNS if "icrs" not in name]
        assert table.meta == {
            "instrument": "NIRCAM",
            "detector": "NRCB1",
            "channel": "SHORT",
            "subarray": "SUB64P",
            "filter": "F182M",
            "pupil": "CLEAR",
            "target_name": "WASP-0",
            "apertures": apertures_sentence(Settings.from_options(OPTIONS | {"radius": 5}), False),
        }

    def test_the_planned_position_counts_from_one(self, tmp_path):
        table = self.run(tmp_path, options={"centroid_source": False})
        assert set(table.columns["aperture_x"]) == {14.0}
        assert set(table.columns["aperture_y"]) == {13.0}

    def test_count_rates_are_multiplied_by_the_gain_of_their_pixels(self, tmp_path):
        planes = stars(flux=0, noise=0)
        gain = write_gain(tmp_path / "gain.fits")
        table = self.run(
            tmp_path, planes, gain=gain, BUNIT="DN/s", options={"centroid_source": False}
        )
        # Row 13 and column 14 of an array that starts at (201, 101), counted from 1.
        centre = 1 + 200 + 13 + (100 + 14) / 1000
        expected = 2 * 5 * centre * 9 * np.pi
        np.testing.assert_allclose(table.columns["aperture_sum"], expected, rtol=1e-6)
        assert table.units["aperture_sum"] == "electron"

    def test_weak_lens_in_the_smallest_array(self, tmp_path):
        table = self.run(tmp_path, primary={"PUPIL": "WLP8", "CHANNEL": None})
        assert table.columns["aperture_sum"].dtype == np.float32
        assert table.units["annulus_sum"] is None
        assert table.meta["channel"] is None
        assert table.meta["apertures"].startswith("Photometry measured as the sum of all values")

    @pytest.mark.parametrize("times", [None, (1, 2)])
    def test_missing_times_do_not_stop_the_job(self, tmp_path, times):
        table = self.run(tmp_path, times=times)
        assert np.isnan(table.columns["MJD"]).sum() == (5 if times is None else 3)
        assert np.isfinite(table.columns["net_aperture_sum"]).all()

    def test_one_error_with_all_problems(self, tmp_path):
        with pytest.raises(InputError) as caught:
            self.run(tmp_path, XREF_SCI=None, err_unit=None, options={"radius_inner": 10})
        assert len(str(caught.value).splitlines()) == 3
        assert not (tmp_path / "photometry.fits").exists()

    @pytest.mark.parametrize(
        ("keywords", "message"),
        [
            ({"XREF_SCI": None}, "XREF_SCI in SCI: found None"),
            ({"BUNIT": None}, "BUNIT in SCI: found None"),
            ({"options": {"radius": 16}}, "radius: found 16, expected at most 15"),
            ({"options": {"radius_outer": 2.0}}, "radius_inner: found 6.0, expected less than"),
            ({"BUNIT": "DN/s"}, "references/gain: found null"),
        ],
    )
    def test_mistakes(self, tmp_path, keywords, message):
        with pytest.raises(InputError, match=message):
            self.run(tmp_path, **keywords)

    def test_gain_of_a_wrong_shape(self, tmp_path):
        gain = write_gain(tmp_path / "gain.fits", (32, 30), corner=(100, 201))
        with pytest.raises(InputError, match=r"gain.fits: SCI: found shape \(32, 30\)"):
            self.run(tmp_path, gain=gain, BUNIT="DN/s")

    def test_the_log_tells_what_was_found(self, tmp_path, caplog):
        planes = stars()
        planes["SCI"][2] = NAN
        with caplog.at_level(logging.INFO, logger="scripts.lib.photometry"):
            self.run(tmp_path, planes)
        assert "5 integrations: 1 without a centroid, 1 without a fitted width" in caplog.text
