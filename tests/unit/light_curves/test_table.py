import numpy as np

from scripts.lib.light_curves.table import (
    flag_fractions,
    imaging_rows,
    normalise_flux,
    segment_shifts,
)
from tests.support.light_curves import photometry
from tests.support.segment_cubes import trace_statistics


def test_flux_is_normalised_by_its_median():
    columns = {"flux": np.array([2.0, 4.0, np.nan, 6.0]), "flux_error": np.full(4, 0.4)}
    found = normalise_flux(columns)
    np.testing.assert_allclose(found["flux_norm"], [0.5, 1.0, np.nan, 1.5])
    np.testing.assert_allclose(found["flux_norm_error"], 0.1)


def test_rows_of_images():
    widths = {"psf_width_x": np.array([2.0, 2.0]), "psf_width_y": np.array([8.0, 8.0])}
    first, second = (
        photometry([90.0, 80.0], [10.0, 10.0], **widths),
        photometry([90.0, 8.0], [10.0, np.nan]),
    )
    second[1]["missing"][1] = 0.5
    segments = [{"number": k, "detector": "NRCB1", "first": 2 * k - 1} for k in (1, 2)]
    tables, statistics = zip(first, second, strict=True)
    rows = imaging_rows(tables, statistics, segments)
    assert rows["detector"].tolist() == ["NRCB1"] * 4
    assert rows["integration"].tolist() == [1, 2, 3, 4]
    assert rows["segment"].tolist() == [1, 1, 2, 2]
    # A fifth of the second's light is missing, and half of the last's, which is too much.
    np.testing.assert_allclose(rows["flux"], [90.0, 100.0, 90.0, np.nan])
    np.testing.assert_allclose(rows["flux_error"], [2.0, 2.5, 2.0, np.nan])
    np.testing.assert_allclose(rows["flux_raw"], [90.0, 80.0, 90.0, 8.0])
    # Of the median sum with background, 95: 100, 90, 100 and 8.
    np.testing.assert_allclose(rows["photon_error"], [0.95, 1.9, 0.95, 1.9])
    np.testing.assert_allclose(rows["width"], [4.0, 4.0, np.nan, np.nan])
    np.testing.assert_allclose(rows["outlier_fraction"], [0.0, 0.25, 0.0, 0.25])
    np.testing.assert_allclose(rows["invalid_fraction"], [0.0, 0.5, 0.0, 0.5])


def test_positions_of_later_segments_are_in_the_frame_of_the_first():
    columns = segment_shifts([trace_statistics(20, 10.0), trace_statistics(20, 10.1)])
    np.testing.assert_allclose(columns["y"], [10.0, 10.02, 10.1, 10.12], atol=2e-3)
    np.testing.assert_allclose(columns["x"], [0.0, 0.01, 0.0, 0.01], atol=1e-6)
    np.testing.assert_allclose(columns["width"], [2.0, 2.1, 2.0, 2.1], atol=1e-2)


def test_fractions_of_flags_are_those_of_the_aperture():
    segments = [
        {
            "class_sizes": np.array([4, 9, 9]),
            "outliers": np.array([[1.0, 9.0, 9.0], [0.0, 0.0, 0.0]]),
            "invalid": np.array([[2.0, 0.0, 0.0], [4.0, 0.0, 0.0]]),
        },
        {
            "class_sizes": np.array([0, 0, 0]),
            "outliers": np.zeros((1, 3)),
            "invalid": np.zeros((1, 3)),
        },
    ]
    found = flag_fractions(segments)
    assert found["outlier_fraction"].tolist() == [0.25, 0.0, 0.0]
    assert found["invalid_fraction"].tolist() == [0.5, 1.0, 0.0]


def test_segments_of_another_size_have_no_common_position():
    segments = [trace_statistics(rows, 10.0) for rows in (20, 24, 20)]
    columns = segment_shifts(segments)
    np.testing.assert_allclose(columns["y"], [10.0, 10.02, np.nan, np.nan, 10.0, 10.02], atol=1e-9)
