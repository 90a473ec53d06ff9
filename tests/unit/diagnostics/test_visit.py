import numpy as np
import pytest

from scripts.lib.diagnostics.visit import (
    contamination_metrics,
    dropped_integrations,
    frame_arrays,
    read_order_statistics,
)
from scripts.lib.files.atomic import write_arrays


def test_dropped_integrations_are_those_in_no_segment():
    assert dropped_integrations(np.array([1, 2, 5]), [6]) == [3, 4, 6]
    assert dropped_integrations(np.array([1, 2]), [2]) == []


def test_dropped_integrations_of_two_exposures_are_not_hidden_by_each_other():
    numbers = np.array([1, 2, 1, 3])
    assert dropped_integrations(numbers, [2, 4]) == [2, 4]
    assert dropped_integrations(np.array([1, 2]), [2, 2]) == [1, 2]


def statistics(rows):
    """Statistics of a segment of two integrations whose pixels are all outliers once."""
    return {
        "outliers": np.zeros((2, 3)),
        "outlier_map": np.ones((rows, 40), int),
        "class_sizes": np.array([4, 0, 0]),
    }


def test_segments_of_another_size_are_not_in_the_map_of_outliers():
    found = frame_arrays([statistics(rows) for rows in (20, 24, 20)])
    assert found["outlier_map"].shape == (20, 40)
    assert (found["outlier_map"] == 2).all()
    assert found["outlier_fractions"].shape == (6, 3)


def test_segments_without_the_order_are_left_out(tmp_path):
    common = {"median": np.ones((2, 3))}
    write_arrays(tmp_path / "a", common | {"1/outliers": np.ones(1), "2/outliers": np.zeros(1)})
    write_arrays(tmp_path / "b", common | {"1/outliers": np.full(1, 3.0)})
    files, segments = [tmp_path / "a", tmp_path / "b"], [{"detector": "NIS"}] * 2
    first, second = read_order_statistics(files, segments, "NIS", 1)
    assert first["outliers"].tolist() == [1.0]
    # Of all but the first, only the flags.
    assert second.keys() == {"outliers"}
    # The second segment has no order 2, as where F277W leaves orders out.
    assert len(read_order_statistics(files, segments, "NIS", 2)) == 1


def test_statistics_are_those_of_the_detector_or_of_all_segments(tmp_path):
    for name, value in (("a", 1.0), ("b", 2.0)):
        write_arrays(tmp_path / name, {"all/outliers": np.full(1, value)})
    files, segments = [tmp_path / "a", tmp_path / "b"], [{"detector": "NRS1"}, {"detector": "NRS2"}]
    (found,) = read_order_statistics(files, segments, "NRS2", 1)
    assert found["outliers"].tolist() == [2.0]
    assert len(read_order_statistics(files, segments, "unknown", 1)) == 2


def test_contamination_is_weighted_by_the_light_of_the_order():
    ratios = np.array([0.3, 0.1, np.nan, 70.0, 0.2, 5.0, 5.0])
    # A hundred parts of light: 70 times the hundredth part of a column that is nearly dark.
    spectrum = np.array([9.99, 50.0, 30.0, 0.01, 40.0, -1.0, np.nan])
    metrics = contamination_metrics(ratios, spectrum)
    mean = (0.3 * 9.99 + 0.1 * 50 + 70 * 0.01 + 0.2 * 40) / 100
    assert metrics == {
        "contamination_mean": pytest.approx(mean),
        "contamination_p95": pytest.approx(0.3),
    }
    spectrum[[0, 3]] = 0.01, 9.99
    assert contamination_metrics(ratios, spectrum)["contamination_p95"] == 70.0


def test_contamination_without_models_or_light():
    assert contamination_metrics(np.full(3, np.nan), np.ones(3)) == {}
    assert contamination_metrics(np.ones(3), np.zeros(3)) == {}
