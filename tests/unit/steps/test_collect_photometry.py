import logging

import numpy as np
import pytest
from astropy.table import QTable

from scripts.collect_photometry import process, stack
from scripts.lib.errors import InputError
from scripts.lib.photometry.table import COLUMNS, META_KEYWORDS, make_table, write_photometry
from tests.support.imaging_segments import star_planes, write_segment
from tests.support.steps import run_step

NAN = np.nan
META = dict.fromkeys(META_KEYWORDS) | {"instrument": "MIRI", "target_name": 'HD 1: b\'s, "x"'}
MEASURED = [name for name in COLUMNS if "icrs" not in name]


def table(rows=2, first=0.0, names=MEASURED, unit="Jy", **meta):
    """Table whose column k counts from first + k / 100."""
    columns = {n: first + np.arange(rows) + k / 100 for k, n in enumerate(COLUMNS) if n in names}
    return make_table(columns, unit, META | meta)


def read(path):
    return QTable.read(path, format="ascii.ecsv")


class TestStack:
    def test_rows_follow_each_other(self):
        stacked = stack([table(2), table(1, first=10.0)], ["a", "b"])
        assert stacked.columns["MJD"].tolist() == [0, 1, 10]
        assert stacked.meta["number_of_integrations"] == 3
        assert list(stacked.meta)[:-1] == list(META_KEYWORDS)
        assert stacked.units == table().units

    def test_the_given_order_is_kept(self):
        stacked = stack([table(1, first=10.0), table(2)], ["b", "a"])
        assert stacked.columns["MJD"].tolist() == [10, 0, 1]

    def test_columns_that_a_segment_lacks_are_nan(self):
        short = table(names=[name for name in MEASURED if not name.startswith("psf")])
        for tables, missing in (([short, table()], [1, 1, 0, 0]), ([table(), short], [0, 0, 1, 1])):
            stacked = stack(tables, ["a", "b"])
            assert list(stacked.columns) == MEASURED
            np.testing.assert_array_equal(np.isnan(stacked.columns["psf_flux"]), missing)
            assert stacked.units["psf_flux"] == "Jy"

    def test_units_must_agree(self):
        with pytest.raises(
            InputError, match=r"b: aperture_sum: found unit electron, expected Jy as in a"
        ):
            stack([table(), table(unit="electron")], ["a", "b"])

    def test_differing_descriptions_are_those_of_the_last(self, caplog):
        parts = [table(), table(filter="F770W"), table(filter="F1500W", target_name=None)]
        stacked = stack(parts, ["a", "b", "c"])
        assert stacked.meta["filter"] == "F1500W"
        assert stacked.meta["target_name"] == META["target_name"]
        assert caplog.messages == ["c: filter is 'F1500W', not 'F770W' as before it"]

    def test_rows_of_each_detector_follow_each_other_and_name_it(self, caplog):
        parts = [
            table(2, first, detector=name) for first in (0.0, 10.0) for name in ("NRCA3", "NRCA1")
        ]
        stacked = stack(parts, list("abcd"))
        assert list(stacked.columns) == ["detector", *MEASURED]
        assert stacked.columns["detector"].tolist() == ["NRCA3"] * 4 + ["NRCA1"] * 4
        assert stacked.columns["MJD"].tolist() == [0, 1, 10, 11] * 2
        assert stacked.meta["detector"] == "NRCA3, NRCA1"
        assert caplog.messages == []

    def test_one_detector_has_no_column_of_it(self):
        stacked = stack([table(1, detector="NRCB1")] * 2, ["a", "b"])
        assert list(stacked.columns) == MEASURED
        assert stacked.meta["detector"] == "NRCB1"

    def test_single_precision_stays(self):
        single = table()
        single.columns["aperture_sum"] = single.columns["aperture_sum"].astype(np.float32)
        assert stack([single, single], ["a", "b"]).columns["aperture_sum"].dtype == np.float32


class TestProcess:
    def run(self, folder, tables, found=(), **params):
        segments, photometry = [], []
        for k, table in enumerate(tables):
            name = folder / f"seg{k}_crfints.fits"
            segments.append(write_segment(name, star_planes([(14.0, 13.0)])))
            photometry.append(str(folder / f"seg{k}_photometry.fits"))
            write_photometry(photometry[-1], table, found)
        out = folder / "x_phot.ecsv"
        run_step(process, params, photometry=photometry, segments=segments, out_phot=out)
        return read(out)

    def test_product(self, tmp_path, caplog):
        with caplog.at_level(logging.INFO):
            found = self.run(tmp_path, [table(2), table(1, first=10.0)])
        assert found.colnames == list(COLUMNS)
        assert found["MJD"].tolist() == [0, 1, 10]
        # World coordinates of the segments: (30 + x / 1000, -5 + y / 1000) deg.
        np.testing.assert_allclose(found["aperture_ra_icrs"].value, [30.00012, 30.00112, 30.01012])
        np.testing.assert_allclose(found["aperture_dec_icrs"].value, [-4.99987, -4.99887, -4.98987])
        assert "x_phot.ecsv: 3 integrations" in caplog.text

    def test_warnings_about_the_input_are_in_the_meta(self, tmp_path):
        warnings = ["a.fits: INT_TIMES: found 0 rows, expected 3 or more"]
        assert (
            self.run(tmp_path, [table(1)], input_warnings=warnings).meta["input_warnings"]
            == warnings
        )
        assert "input_warnings" not in self.run(tmp_path, [table(1)]).meta

    def test_what_the_steps_found_in_the_data_follows_once(self, tmp_path):
        found, known = ["seg0_calints.fits: VAR_FLAT: found -1"], ["a.fits: file: found 1"]
        table_of_all = self.run(tmp_path, [table(1), table(1)], found, input_warnings=known)
        assert table_of_all.meta["input_warnings"] == [*known, *found]

    def test_an_aperture_beyond_the_bounding_box_has_no_coordinates(self, tmp_path):
        found = self.run(tmp_path, [table(2, first=29.0)])
        np.testing.assert_array_equal(np.isnan(found["aperture_ra_icrs"].value), [0, 1])

    def test_an_aperture_without_a_place_has_no_coordinates(self, tmp_path):
        lost = table(2)
        lost.columns["aperture_x"][0] = NAN
        found = self.run(tmp_path, [lost])
        np.testing.assert_array_equal(np.isnan(found["aperture_dec_icrs"].value), [1, 0])

    def test_a_unit_that_astropy_does_not_know(self, tmp_path):
        with pytest.raises(InputError, match=r"seg0_crfints.fits: BUNIT in SCI: found 'furlong/s'"):
            self.run(tmp_path, [table(unit="furlong/s")])
