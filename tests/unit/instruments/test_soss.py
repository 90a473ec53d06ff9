"""Subarrays of NIRISS SOSS."""

import pytest

from scripts.lib.instruments.soss import SHAPES, TOO_MANY_ROWS, soss_layout, why_not_extracted


@pytest.mark.parametrize(
    ("keywords", "expected"),
    [
        ({"FILTER": "CLEAR", "SUBARRAY": "SUBSTRIP96"}, None),
        ({"FILTER": "CLEAR", "SUBARRAY": "SUBSTRIP256"}, None),
        ({"FILTER": "CLEAR", "SUBARRAY": "SUB60STRIPE_SOSS"}, None),
        ({"FILTER": "F277W", "SUBARRAY": "SUBSTRIP256"}, "FILTER: found F277W, expected CLEAR"),
        (
            {"FILTER": "CLEAR", "SUBARRAY": "FULL"},
            "SUBARRAY: found FULL, expected one of SUBSTRIP96",
        ),
        ({"FILTER": "CLEAR"}, "SUBARRAY: found None"),
        ({}, "FILTER: found None"),
    ],
)
def test_only_clear_images_of_soss_subarrays_are_extracted(keywords, expected):
    reason = why_not_extracted(keywords)
    assert reason is None if expected is None else reason.startswith(expected)


def test_superstripes_have_the_layout_of_substrip256():
    assert soss_layout("SUB204STRIPE_SOSS") == "SUBSTRIP256"
    assert soss_layout("SUBSTRIP256") == "SUBSTRIP256"
    assert soss_layout("SUBSTRIP96") == "SUBSTRIP96"


def test_the_layouts_differ_by_their_rows_alone():
    (large, columns), (small, same) = SHAPES["SUBSTRIP256"], SHAPES["SUBSTRIP96"]
    assert (columns, same) == (2048, 2048)
    assert large - small == TOO_MANY_ROWS == 160
