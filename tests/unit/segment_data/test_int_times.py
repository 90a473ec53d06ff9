import logging

import numpy as np
import pytest

from scripts.lib.errors import InputError
from scripts.lib.fits.reader import open_fits
from scripts.lib.segment_data.int_times import (
    TIME_COLUMNS,
    first_row,
    integration_times,
    read_int_times,
)
from tests.support.spectral_segments import TIMES, int_times, write_segment


@pytest.mark.parametrize(
    ("numbers", "n", "first", "last", "row"),
    [
        (range(1, 4), 3, 1, 3, 0),
        (range(1, 11), 3, 4, 6, 3),
        (range(4, 7), 3, 4, 6, 0),
        (range(4, 11), 3, 8, 10, 4),
        (range(1, 4), 3, None, None, 0),
        (range(1, 4), 3, None, 3, 0),
        (range(4, 7), 3, 1, 3, None),
        (range(1, 4), 3, 2, 4, None),
        (range(1, 3), 3, 1, 2, None),
        (range(1, 5), 3, 1, 5, None),
        (range(1, 11), 3, 9, 10, None),
        (range(0), 3, 1, 3, None),
        (range(1, 4), 0, 1, 0, None),
    ],
)
def test_row_of_the_first_integration(numbers, n, first, last, row):
    assert first_row(np.array(numbers, dtype="i4"), n, first, last) == row


def test_times_of_a_segment_in_the_table_of_the_exposure():
    times = integration_times(int_times(range(1, 11)), 3, 4, 6)
    np.testing.assert_array_equal(times["INT_NUM"], [4, 5, 6])
    for k, name in enumerate(TIME_COLUMNS):
        np.testing.assert_array_equal(times[name], [400 + k, 500 + k, 600 + k])
    assert tuple(TIME_COLUMNS.values()) == TIMES


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


def test_columns_of_a_table_without_rows_do_not_count(tmp_path):
    path = write_segment(tmp_path / "a.fits", times=np.zeros(0, [("integration_number", "i4")]))
    with open_fits(path) as member:
        assert len(read_int_times(member)) == 0
