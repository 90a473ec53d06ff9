import logging

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import QTable

from scripts.lib.errors import InputError
from scripts.lib.photometry.measurement import Settings
from scripts.lib.photometry.table import COLUMNS, read_photometry
from scripts.tso_photometry import apertures_sentence, process
from tests.support.imaging_segments import OPTIONS, write_gain, write_segment
from tests.support.imaging_segments import mid_times as time_rows
from tests.support.stars import stars
from tests.support.steps import run_step

NAN = np.nan


def test_the_sentence_shows_numbers_with_a_point():
    settings = Settings.from_options({"radius": 3, "radius_inner": 4, "radius_outer": 5.25})
    assert apertures_sentence(settings, False) == (
        "Photometry measured in a circular aperture of r=3.0 pixels.  Background calculated "
        "as the mean in a circular annulus with r_inner=4.0 pixels and r_outer=5.25 pixels."
    )
    assert apertures_sentence(settings, True) == (
        "Photometry measured as the sum of all values in the subarray.  "
        "No background subtraction was performed."
    )


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
        return read_photometry(out)

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

    def test_catalogue_of_a_segment_if_asked_for(self, tmp_path, monkeypatch):
        monkeypatch.setattr("scripts.tso_photometry.read_wcs", lambda _: lambda x, y: (x, 0 * y))
        segment = write_segment(tmp_path / "seg_crfints.fits", stars(), time_rows((1, 2, 3, 4, 5)))
        files = {"out_photometry": tmp_path / "p.fits", "out_catalog": tmp_path / "seg_phot.ecsv"}
        run_step(process, {"options": OPTIONS}, segment=segment, gain=[], **files)
        table = QTable.read(tmp_path / "seg_phot.ecsv")
        assert table.colnames == list(COLUMNS)
        np.testing.assert_array_equal(table["aperture_ra_icrs"].value, table["aperture_x"].value)
        assert "number_of_integrations" not in table.meta

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

    def test_an_annulus_beyond_the_array_from_where_the_star_was_found(self, tmp_path):
        options = {"radius_inner": 30, "radius_outer": 35}
        with pytest.raises(InputError, match="radius_inner: found 30, expected less than"):
            self.run(tmp_path, options=options)

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

    def test_one_message_with_all_errors(self, tmp_path):
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

    @pytest.mark.parametrize("value", [-1, 0, 1e-30, 0.0009, 1000.5, NAN, np.inf])
    def test_a_pixel_with_a_value_but_no_usable_gain_is_named(self, tmp_path, value):
        gain = write_gain(tmp_path / "gain.fits")
        with fits.open(gain, mode="update") as hdus:
            hdus["SCI"].data[:] = value
        with pytest.raises(
            InputError, match=r"gain\.fits: SCI: found .* at row 1, column 1 of the"
        ):
            self.run(tmp_path, gain=gain, BUNIT="DN/s")

    def test_gains_of_a_thousand_and_a_thousandth_are_used(self, tmp_path):
        tables = []
        for value in (1, 1000, 0.001):
            gain = write_gain(tmp_path / f"gain-{value}.fits")
            with fits.open(gain, mode="update") as hdus:
                hdus["SCI"].data[:] = value
            tables.append(self.run(tmp_path, gain=gain, BUNIT="DN/s"))
        first, second, third = (table.columns["aperture_sum"] for table in tables)
        np.testing.assert_allclose(second, 1000 * np.asarray(first), rtol=1e-6)
        np.testing.assert_allclose(third, np.asarray(first) / 1000, rtol=1e-6)

    def test_a_pixel_without_a_value_needs_no_gain(self, tmp_path):
        gain, planes = write_gain(tmp_path / "gain.fits"), stars()
        with fits.open(gain, mode="update") as hdus:
            hdus["SCI"].data[:, 100] = -1
        planes["SCI"][:, :, 0] = NAN
        table = self.run(tmp_path, planes, gain=gain, BUNIT="DN/s")
        assert (table.columns["aperture_sum"] > 0).all()

    def test_the_log_tells_what_was_found(self, tmp_path, caplog):
        planes = stars()
        planes["SCI"][2] = NAN
        with caplog.at_level(logging.INFO, logger="scripts.lib.photometry"):
            self.run(tmp_path, planes)
        assert "5 integrations: 1 without a centroid, 1 without a fitted width" in caplog.text
