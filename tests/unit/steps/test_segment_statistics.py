import numpy as np
import pytest

from scripts.lib.diagnostics.visit import contamination_metrics, frame_arrays, order_statistics
from scripts.lib.files.atomic import write_arrays
from scripts.lib.light_curves.extraction_regions import read_statistics
from scripts.lib.light_curves.table import segment_shifts
from scripts.lib.segment_data.dq import DO_NOT_USE
from scripts.segment_statistics import imaging_statistics, spectral_statistics
from tests.support.segment_cubes import SHAPE, Cube, cube, trace_statistics


def test_segment_without_an_aperture_has_its_image_still(caplog):
    spectra = Cube()
    arrays = spectral_statistics(cube(), spectra)
    assert "no aperture is known" in caplog.text
    assert (arrays["median"] == 1.0).all()
    assert arrays["all/class_sizes"].tolist() == [0, 0, 800]
    assert arrays["all/missing"].shape == (5, 0)


class Photometry:
    """Table of a segment's photometry with the aperture on one pixel."""

    def read_columns(self, name, columns):
        return {"aperture_x": np.full(5, 20.0), "aperture_y": np.full(5, 10.0)}


def test_missing_light_of_images_is_that_above_the_background():
    # A background of 100 and a star of 300 in one pixel; the aperture is no larger than this pixel.
    images = np.full(SHAPE, 100.0, np.float32)
    images[:, 10, 20], images[:, 10, 21] = 400.0, 200.0
    flags = np.zeros(SHAPE, np.uint32)
    images[2, 10, 21] = np.nan
    # What is flagged but a number is in the sum of the photometry.
    flags[2:4, 10, 21] = DO_NOT_USE
    radii = {"radius": 1.5, "radius_inner": 3.0, "radius_outer": 6.0}
    arrays = imaging_statistics(cube(SCI=images, DQ=flags), Photometry(), radii)
    weight = arrays["all/aperture"][10, 21]
    assert weight > 0.9
    missing = np.zeros((5, 1))
    missing[2] = 100 * weight / (300 + 100 * weight)
    np.testing.assert_allclose(arrays["all/missing"], missing, rtol=1e-6)
    # The variances are 1, the sum is that with the background.
    total = (images[0] * arrays["all/aperture"]).sum()
    share = np.sqrt(arrays["all/aperture"].sum()) / total
    np.testing.assert_allclose(arrays["all/photon_share"], share, rtol=1e-6)


def test_segments_of_another_size_have_no_common_place():
    segments = [trace_statistics(rows, 10.0) for rows in (20, 24, 20)]
    columns = segment_shifts(segments)
    np.testing.assert_allclose(columns["y"], [10.0, 10.02, np.nan, np.nan, 10.0, 10.02], atol=1e-9)
    found = frame_arrays(segments)
    assert found["outlier_map"].shape == (20, SHAPE[2])
    assert (found["outlier_map"] == 2).all()
    assert found["outlier_fractions"].shape == (6, 3)


@pytest.fixture(name="files")
def statistics_of_two_segments(tmp_path):
    common = {"median": np.ones((2, 3))}
    write_arrays(tmp_path / "a", common | {"1/outliers": np.ones(1), "2/outliers": np.zeros(1)})
    write_arrays(tmp_path / "b", common | {"1/outliers": np.full(1, 3.0)})
    return [tmp_path / "a", tmp_path / "b"]


def test_statistics_of_one_order(files):
    assert read_statistics(files[0], 2)["outliers"].tolist() == [0.0]
    assert read_statistics(files[0], 1, ("outliers",)).keys() == {"outliers"}
    segments = [{"detector": "NIS"}, {"detector": "NIS"}]
    assert len(order_statistics(files, segments, "NIS", 1)) == 2
    # The second segment has no order 2, as where F277W leaves orders out.
    assert len(order_statistics(files, segments, "NIS", 2)) == 1


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
