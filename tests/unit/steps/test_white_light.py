import numpy as np
import pytest
from astropy.table import QTable
from hypothesis import given
from hypothesis import strategies as st

from scripts.lib.errors import InputError
from scripts.lib.fits.cards import format_card
from scripts.lib.fits.writer import ProductWriter
from scripts.lib.spectra.table import COUNT_RATE_UNITS, fill_rows, row_dtype, table_cards
from scripts.white_light import (
    SummedSpectra,
    light_curve_columns,
    mark_first,
    process,
    sum_in_range,
)
from tests.support.steps import run_step


def spectra(mjd, flux, detector=None, order=1, first=1):
    mjd = np.asarray(mjd, float)
    return SummedSpectra(
        detector=detector,
        order=order,
        mjd=mjd,
        bjd=mjd + 0.5,
        flux=np.asarray(flux, float),
        integration=first + np.arange(len(mjd)),
    )


class TestSumInRange:
    wavelength = np.tile([1.0, 2.0, 3.0, 4.0], (2, 1))

    def test_limits_are_inclusive(self):
        flux = np.array([[1, 10, 100, 1000], [2, 20, 200, 2000]], float)
        np.testing.assert_array_equal(sum_in_range(self.wavelength, flux, 2, 3), [110, 220])

    def test_nan_samples_are_left_out(self):
        flux = np.array([[1, np.nan, 100, 1000], [2, 20, 200, 2000]], float)
        np.testing.assert_array_equal(sum_in_range(self.wavelength, flux, 2, 3), [100, 220])

    def test_a_spectrum_without_a_finite_sample_is_nan_not_zero(self):
        flux = np.array([[1, np.nan, np.nan, 1000], [2, 0, 0, 2000]], float)
        np.testing.assert_array_equal(sum_in_range(self.wavelength, flux, 2, 3), [np.nan, 0])

    def test_nan_wavelengths_are_left_out(self):
        wavelength = np.array([[1, np.nan, 3, 4.0]])
        assert sum_in_range(wavelength, np.ones((1, 4)), -1, 1e10) == 3


def test_mark_first_time():
    first = mark_first(np.array([3.0, 1.0, 3.0, np.nan, np.nan, 2.0]))
    np.testing.assert_array_equal(first, [True, True, False, False, False, True])


class TestLightCurve:
    def test_one_detector_has_plain_names(self):
        columns, dropped = light_curve_columns([spectra([1, 2], [5, 6]), spectra([3], [7])])
        assert list(columns) == ["MJD_UTC", "BJD_TDB", "whitelight_flux"]
        np.testing.assert_array_equal(columns["whitelight_flux"], [5, 6, 7])
        np.testing.assert_array_equal(columns["BJD_TDB"], [1.5, 2.5, 3.5])
        assert dropped == 0

    def test_fluxes_follow_their_times_when_segments_are_reversed(self):
        columns, _ = light_curve_columns([spectra([3, 4], [30, 40]), spectra([1, 2], [10, 20])])
        np.testing.assert_array_equal(columns["MJD_UTC"], [1, 2, 3, 4])
        np.testing.assert_array_equal(columns["whitelight_flux"], [10, 20, 30, 40])

    def test_a_repeated_time_keeps_its_first_flux(self):
        columns, dropped = light_curve_columns(
            [spectra([1, 2, 2], [10, 20, 21]), spectra([2, 3], [22, 30])]
        )
        np.testing.assert_array_equal(columns["MJD_UTC"], [1, 2, 3])
        np.testing.assert_array_equal(columns["whitelight_flux"], [10, 20, 30])
        assert dropped == 2

    def test_rows_without_a_time_are_dropped(self):
        columns, dropped = light_curve_columns([spectra([1, np.nan, 3], [10, 20, 30])])
        np.testing.assert_array_equal(columns["whitelight_flux"], [10, 30])
        assert dropped == 1

    def test_detectors_have_their_own_times_padded_to_the_longest(self):
        parts = [spectra([1, 2, 3], [1, 2, 3], "NRS1"), spectra([1.1], [9], "NRS2")]
        columns, _ = light_curve_columns(parts)
        assert list(columns) == [
            *("MJD_UTC_NRS1", "BJD_TDB_NRS1", "whitelight_flux_NRS1"),
            *("MJD_UTC_NRS2", "BJD_TDB_NRS2", "whitelight_flux_NRS2"),
        ]
        np.testing.assert_array_equal(columns["whitelight_flux_NRS2"], [9, np.nan, np.nan])
        np.testing.assert_array_equal(columns["MJD_UTC_NRS2"], [1.1, np.nan, np.nan])

    @pytest.mark.parametrize(
        ("detector", "suffix"), [("NRS1", "_NRS1"), ("NRCALONG", ""), (None, "")]
    )
    def test_only_nirspec_names_a_single_detector(self, detector, suffix):
        columns, _ = light_curve_columns([spectra([1], [1], detector)])
        assert f"whitelight_flux{suffix}" in columns

    def test_orders_share_the_times_of_their_detector(self):
        parts = [spectra([1, 2], [10, 20], order=1), spectra([2], [5], order=2)]
        columns, _ = light_curve_columns(parts)
        np.testing.assert_array_equal(columns["whitelight_flux_order_1"], [10, 20])
        np.testing.assert_array_equal(columns["whitelight_flux_order_2"], [np.nan, 5])

    def test_integration_numbers_stand_in_when_no_spectrum_has_a_time(self):
        parts = [spectra([np.nan] * 2, [30, 40], first=7), spectra([np.nan] * 2, [10, 20], first=5)]
        columns, dropped = light_curve_columns(parts)
        np.testing.assert_array_equal(columns["integration_number"], [5, 6, 7, 8])
        np.testing.assert_array_equal(columns["whitelight_flux"], [10, 20, 30, 40])
        assert np.isnan(columns["MJD_UTC"]).all()
        assert dropped == 0

    def test_integration_numbers_of_a_second_exposure_start_again_and_none_is_lost(self):
        nan = [np.nan, np.nan]
        parts = [spectra(nan, [1, 2]), spectra(nan, [3, 4]), spectra(nan, [5, 6], first=3)]
        columns, dropped = light_curve_columns(parts)
        np.testing.assert_array_equal(columns["integration_number"], [1, 2, 1, 2, 3, 4])
        np.testing.assert_array_equal(columns["whitelight_flux"], [1, 2, 3, 4, 5, 6])
        assert dropped == 0

    @given(st.permutations(range(6)))
    def test_the_order_of_the_tables_does_not_matter(self, order):
        parts = [spectra([10 * k, 10 * k + 1], [k, -k]) for k in range(6)]
        columns, _ = light_curve_columns([parts[k] for k in order])
        expected, _ = light_curve_columns(parts)
        for name, values in expected.items():
            np.testing.assert_array_equal(columns[name], values)


class TestProcess:
    def run(self, folder, options=None, times=((1.0, 2.0), (3.0, 4.0)), **params):
        """Meta and columns of the light curve of NRS1 (1 to 3 µm) and NRS2 (4 to 6 µm)."""
        with ProductWriter(folder / "x1dints.fits") as product:
            cards = {"SIMPLE": True, "BITPIX": 8, "NAXIS": 0}
            product.append_hdu([format_card(name, value) for name, value in cards.items()])
            for version, first in enumerate((1.0, 4.0), start=1):
                keywords = {"SPORDER": 1, "DETECTOR": f"NRS{version}"}
                columns = dict.fromkeys(row_dtype(3).names, 0.0)
                columns |= {"INT_NUM": np.array([1, 2]), "FLUX": np.ones((2, 3))}
                columns |= {"WAVELENGTH": first + np.arange(3.0)}
                columns |= {"MJD-AVG": np.array(times[version - 1])}
                rows = fill_rows(columns, 3)
                cards = table_cards(2, 3, COUNT_RATE_UNITS, keywords)
                product.write(rows.view(np.uint8), product.append_hdu(cards, rows.nbytes))
        options = {"min_wavelength": None, "max_wavelength": None} | (options or {})
        files = {"x1dints": folder / "x1dints.fits", "out_whtlt": folder / "whtlt.ecsv"}
        run_step(process, {"options": options, **params}, **files)
        table = QTable.read(folder / "whtlt.ecsv")
        return {name: np.array(table[name]) for name in table.colnames}, table.meta

    def test_sound_spectra_carry_no_warning(self, tmp_path):
        columns, meta = self.run(tmp_path)
        assert "input_warnings" not in meta
        assert columns["whitelight_flux_NRS2"].tolist() == [3.0, 3.0]

    def test_limits_beyond_all_spectra_are_an_error(self, tmp_path):
        message = (
            "config: white_light/min_wavelength, max_wavelength: found from 50, expected a part"
        )
        with pytest.raises(InputError, match=message):
            self.run(tmp_path, {"min_wavelength": 50.0})

    def test_limits_beyond_one_spectrum_are_a_carried_warning(self, tmp_path):
        columns, meta = self.run(tmp_path, {"max_wavelength": 2.0}, input_warnings=["a warning"])
        assert np.isnan(columns["whitelight_flux_NRS2"]).all()
        first, second = meta["input_warnings"]
        assert first == "a warning"
        assert second.endswith("the white light of NRS2 order 1 is NaN")

    def test_spectra_without_a_time_are_counted_in_a_carried_warning(self, tmp_path):
        columns, meta = self.run(tmp_path, times=((1.0, np.nan), (3.0, 4.0)))
        assert meta["input_warnings"] == [
            "1 of 4 spectra have no mid time of their own: not in this table"
        ]
        np.testing.assert_array_equal(columns["whitelight_flux_NRS1"], [3.0, np.nan])
