import json

import numpy as np
import pytest

from scripts.lib.files.plain_values import plain_value


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (np.float32(0.5), 0.5),
        (np.int64(3), 3),
        (np.bool_(True), True),
        (np.str_("a"), "a"),
        (float("nan"), None),
        (np.float64("-inf"), None),
        (123.4567891, 123.457),
        (9999.123456, 9999.12),
        (59771.123456789, 59771.123456789),
        (-59771.123456789, -59771.123456789),
        (None, None),
        ("text", "text"),
        ((1, np.array([[1.0, np.nan]])), [1, [[1.0, None]]]),
        ({1: {"a": np.zeros(2, int)}}, {"1": {"a": [0, 0]}}),
        (np.array([]), []),
    ],
)
def test_values_are_those_of_json(value, plain):
    found = plain_value(value)
    assert found == plain
    assert type(found) is type(plain)
    assert json.loads(json.dumps(found, allow_nan=False)) == plain
