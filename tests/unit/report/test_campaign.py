import numpy as np
import pytest

from scripts.lib.report.campaign import (
    CURVE_DESCRIPTIONS,
    DEPTH_DESCRIPTIONS,
    cost_frame,
    curve_frame,
    depth_frame,
    sum_costs,
)
from tests.support.diagnostics import depth_columns, light_curve, visit


def only_row(curve, depths=None):
    """Row of the summary of a visit with one light curve."""
    (row,) = curve_frame([visit("a", "look", [], curve)], depth_frame(depths or {})).to_dict(
        "records"
    )
    return row


def test_row_has_the_most_significant_seam_and_nan_for_what_is_not_known():
    row = only_row(light_curve())
    assert (row["worst_seam"], row["worst_seam_significance"]) == (-90.0, 9.0)
    assert (row["integrations"], row["segments"], row["findings"]) == (60, 4, 1)
    assert (row["jumps"], row["bad_columns"], row["outlier_fraction"]) == (0, 0, 0.01)
    assert np.isnan([row["ratio_to_error"], row["beta"], row["depth"]]).all()


def test_row_of_a_light_curve_that_is_too_short():
    curve = light_curve(too_short=True, n_integrations=3)
    for name in ("scatter_ppm", "seams", "tilt_events", "correlations", "n_outlying"):
        del curve[name]
    row = only_row(curve)
    assert np.isnan([row["scatter"], row["worst_seam"], row["worst_seam_significance"]]).all()
    assert row["findings"] == 0


def test_each_light_curve_has_the_depth_of_its_white_light():
    visits = [
        visit(name, "good", [], light_curve(), light_curve(detector="NRS2")) for name in ("a", "b")
    ]
    depths = depth_frame(
        {
            "b": depth_columns(NRS1=[0.01, 0.02], NRS2=[0.03]),
            "a": depth_columns(NRS1=[0.04, 0.05]),
        }
    )
    curves = curve_frame(visits, depths)
    assert list(curves.columns) == list(CURVE_DESCRIPTIONS)
    assert curves["product"].tolist() == ["a", "a", "b", "b"]
    np.testing.assert_array_equal(curves["depth"], [0.04, np.nan, 0.01, 0.03])
    assert len(depths) == 5
    assert list(depths.columns) == list(DEPTH_DESCRIPTIONS)
    assert depths["product"].tolist() == ["b", "b", "b", "a", "a"]


def test_a_light_curve_has_one_depth_of_white_light():
    twice = {"a": {name: np.tile(column, 2) for name, column in depth_columns(NRS1=[0.01]).items()}}
    with pytest.raises(ValueError, match="one-to-one"):
        only_row(light_curve(), twice)


def test_costs_are_summed_by_visit_and_step_and_over_the_visits(tmp_path):
    logs = {}
    for product, step, name, text in [
        ("a", "extract_1d", "a1", "CPU 1.50 s, peak memory 100 MB"),
        ("a", "extract_1d", "a2", "CPU 9.00 s, peak memory 900 MB\nCPU 2.25 s, peak memory 90 MB"),
        ("a", "report_visit", "a", "CPU 4.00 s, peak memory 200 MB"),
        ("b", "extract_1d", "b1", "CPU 0.25 s, peak memory 300 MB"),
        ("b", "extract_1d", "b2", "stopped"),
    ]:
        path = tmp_path / step / f"{name}.log"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        logs.setdefault(product, []).append(path)
    logs["b"].append(tmp_path / "missing.log")
    costs = cost_frame(logs)
    assert costs.to_dict("list") == {
        "product": ["a", "a", "b"],
        "step": ["extract_1d", "report_visit", "extract_1d"],
        "jobs": [2, 1, 1],
        "cpu_time": [3.75, 4.0, 0.25],
        "peak_memory": [100, 200, 300],
    }
    assert sum_costs(costs).to_dict("list") == {
        "step": ["extract_1d", "report_visit"],
        "jobs": [3, 1],
        "cpu_time": [4.0, 4.0],
        "peak_memory": [300, 200],
    }


def test_without_logs_there_are_no_costs():
    assert len(cost_frame({"a": []})) == 0
    assert len(sum_costs(cost_frame({}))) == 0
