import numpy as np
import pytest

from scripts.lib.segment_data.integrations import (
    first_integration,
    first_row,
    last_integration,
    segment_number,
    table_row,
)


@pytest.mark.parametrize(
    ("numbers", "n", "first", "last", "row"),
    [
        (range(1, 4), 3, 1, 3, 0),
        (range(1, 11), 3, 4, 6, 3),
        (range(4, 7), 3, 4, 6, 0),
        (range(4, 11), 3, 8, 10, 4),
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
    assert first_row(tuple(numbers), n, first, last) == row


@pytest.mark.parametrize(
    ("primary", "first", "last"),
    [
        ({"INTSTART": 4, "INTEND": 6, "NINTS": 10}, 4, 6),
        ({"INTSTART": 4, "NINTS": 10}, 4, 10),
        ({"INTSTART": 4, "INTEND": None, "NINTS": 10}, 4, 10),
        ({"INTSTART": 4}, 4, 6),
        ({}, 1, 3),
        ({"INTSTART": 0, "INTEND": 0, "NINTS": 10}, 0, 0),
    ],
)
def test_first_and_last_integration_of_three(primary, first, last):
    assert first_integration(primary) == first
    assert last_integration(primary, 3) == last


@pytest.mark.parametrize(
    ("primary", "number"), [({}, 1), ({"EXSEGNUM": None}, 1), ({"EXSEGNUM": 3}, 3)]
)
def test_number_of_a_segment(primary, number):
    assert segment_number(primary) == number


def test_a_row_is_counted_from_the_first_number_and_may_be_outside_the_table():
    # An unsigned difference would wrap around.
    numbers = np.array([5, 6], dtype="u2")
    assert [table_row(first, numbers) for first in (4, 5, 6, 9)] == [-1, 0, 1, 4]
