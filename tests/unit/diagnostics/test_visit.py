import numpy as np

from scripts.lib.diagnostics.visit import dropped_integrations, json_value, split_curves


def test_dropped_integrations_are_those_in_no_segment():
    assert dropped_integrations(np.array([1, 2, 5]), 6) == [3, 4, 6]
    assert dropped_integrations(np.array([1, 2]), 2) == []


def test_curves_are_sorted_by_time():
    columns = {
        "detector": np.array(["a", "b", "a"]),
        "order": np.array([1, 1, 1]),
        "mjd_utc": np.array([2.0, 1.0, 1.0]),
        "flux": np.array([20.0, 1.0, 10.0]),
    }
    curves = split_curves(columns)
    assert list(curves) == [("a", 1), ("b", 1)]
    assert curves["a", 1]["flux"].tolist() == [10.0, 20.0]


def test_json_has_no_nan():
    found = json_value(
        {"a": np.array([1.0, np.nan]), "b": np.float64(1.23456789), "c": (True, None)}
    )
    assert found == {"a": [1.0, None], "b": 1.23457, "c": [True, None]}
