import logging

import numpy as np
import pytest

from scripts.lib.errors import InputError
from scripts.lib.fits.reader import open_fits
from scripts.lib.fits.writer import ProductWriter
from scripts.lib.segment_data.int_times import (
    TIME_COLUMNS,
    copy_int_times,
    integration_times,
    mid_times,
    read_int_times,
    spectrum_times,
)
from tests.support.imaging_segments import mid_times as time_rows
from tests.support.spectral_segments import TIMES, int_times, write_segment

NAN = np.nan


def test_times_of_a_segment_in_the_table_of_the_exposure():
    times = integration_times(int_times(range(1, 11)), 3, 4, 6)
    np.testing.assert_array_equal(times["INT_NUM"], [4, 5, 6])
    for k, name in enumerate(TIME_COLUMNS):
        np.testing.assert_array_equal(times[name], [400 + k, 500 + k, 600 + k])
    assert tuple(TIME_COLUMNS.values()) == TIMES


def test_a_time_of_0_is_none():
    table = int_times([1, 2, 3])
    table[TIMES[4]][[0, 2]] = 0.0
    times = integration_times(table, 3, 1, 3)
    np.testing.assert_array_equal(times["TDB-MID"], [NAN, 204, NAN])
    np.testing.assert_array_equal(times["MJD-AVG"], [101, 201, 301])
    utc, tdb = mid_times(table, 1, 3)
    np.testing.assert_array_equal(utc, [101, 201, 301])
    np.testing.assert_array_equal(tdb, [NAN, 204, NAN])


@pytest.mark.parametrize(
    ("table", "found"),
    [
        (None, "no table"),
        (int_times([]), "0 rows"),
        (int_times([5, 6, 7]), "3 rows for integrations 5 to 7"),
    ],
)
def test_without_times_integrations_count_from_one(table, found, caplog):
    with caplog.at_level(logging.WARNING):
        times = integration_times(table, 3, 8, 10)
    np.testing.assert_array_equal(times["INT_NUM"], [1, 2, 3])
    assert all(np.isnan(times[name]).all() and len(times[name]) == 3 for name in TIME_COLUMNS)
    assert found in caplog.text
    assert "from 8 to 10" in caplog.text


def test_reads_the_table_of_a_segment(tmp_path):
    with open_fits(write_segment(tmp_path / "a.fits")) as member:
        np.testing.assert_array_equal(read_int_times(member), int_times([1, 2, 3]))


def test_refuses_a_table_without_all_columns(tmp_path):
    times = int_times([1, 2, 3])[["integration_number", *TIMES[1:]]]
    with (
        open_fits(write_segment(tmp_path / "a.fits", times=times)) as member,
        pytest.raises(InputError, match=rf"a\.fits\[INT_TIMES\]: found no {TIMES[0]}, expected"),
    ):
        read_int_times(member)


@pytest.mark.parametrize(
    ("column", "dtype", "expected"),
    [
        ("integration_number", "f8", "whole numbers"),
        (TIMES[0], "i8", "floating-point numbers"),
        (TIMES[-1], "S8", "floating-point numbers"),
    ],
)
def test_refuses_columns_that_are_not_numbers(tmp_path, column, dtype, expected):
    table = int_times([1, 2, 3])
    kinds = {name: dtype if name == column else table.dtype[name] for name in table.dtype.names}
    path = write_segment(tmp_path / "a.fits", times=table.astype(list(kinds.items())))
    message = rf"a\.fits\[INT_TIMES\]: {column}: found type .*, expected {expected}$"
    with open_fits(path) as member, pytest.raises(InputError, match=message):
        read_int_times(member)


def test_columns_of_a_table_without_rows_do_not_count(tmp_path):
    path = write_segment(tmp_path / "a.fits", times=np.zeros(0, [("integration_number", "i4")]))
    with open_fits(path) as member:
        assert len(read_int_times(member)) == 0


def test_times_of_the_spectra_of_a_segment_are_those_of_its_table(tmp_path):
    with open_fits(write_segment(tmp_path / "a.fits")) as member:
        times = spectrum_times(member)
    np.testing.assert_array_equal(times["INT_NUM"], [1, 2, 3])
    np.testing.assert_array_equal(times["MJD-BEG"], [100, 200, 300])


def test_spectra_are_not_given_times_of_a_table_without_all_columns(tmp_path):
    times = int_times([1, 2, 3])[["integration_number", *TIMES[1:]]]
    with (
        open_fits(write_segment(tmp_path / "a.fits", times=times)) as member,
        pytest.raises(InputError, match=rf"found no {TIMES[0]}"),
    ):
        spectrum_times(member)


def test_tables_of_times_are_copied_byte_for_byte(tmp_path):
    names = ("INT_TIMES", "INT_TIMES_STRIPE")
    with (
        open_fits(write_segment(tmp_path / "a.fits")) as member,
        ProductWriter(tmp_path / "b.fits") as product,
    ):
        product.append_hdu(list(member.hdus[0].cards))
        copy_int_times(member, product, names)
        expected = member.read_bytes("INT_TIMES")
    with open_fits(tmp_path / "b.fits") as copy:
        assert [hdu.name for hdu in copy.hdus] == ["PRIMARY", "INT_TIMES"]
        assert copy.read_bytes("INT_TIMES") == expected


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
