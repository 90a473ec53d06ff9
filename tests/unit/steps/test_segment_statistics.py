import numpy as np
import pytest

from scripts.lib.diagnostics.visit import contamination_metrics, frame_arrays, order_statistics
from scripts.lib.files.atomic import write_arrays
from scripts.lib.light_curves.extraction_regions import Region, read_statistics
from scripts.lib.light_curves.segment_statistics import Target, measure_integrations, photon_part
from scripts.lib.light_curves.table import segment_shifts
from scripts.lib.segment_data.dq import DO_NOT_USE, OUTLIER
from scripts.segment_statistics import imaging_statistics, spectral_statistics

SHAPE = (5, 20, 40)


class Cube:
    """Planes of a segment in memory, with the interface of an open file."""

    def __init__(self, exp_type="NRS_BRIGHTOBJ", **planes):
        self.path = "segment.fits"
        self.primary = {"EXP_TYPE": exp_type}
        self._planes = planes

    def shape(self, name):
        return self._planes[name].shape

    def header(self, name):
        return {"DISPAXIS": 1}

    def read(self, name, integrations=slice(None), rows=slice(None)):
        return self._planes[name][integrations, rows].copy()

    def __contains__(self, name):
        return name in self._planes


def box(first, last):
    weights = np.zeros(SHAPE[1:])
    weights[first:last] = 1.0
    return weights


def region(name, first, last, **options):
    weights = box(first, last)
    return Region(name, weights, np.zeros_like(weights), np.arange(SHAPE[2]), **options)


def cube(**options):
    planes = {
        "SCI": np.ones(SHAPE, np.float32),
        "DQ": np.zeros(SHAPE, np.uint32),
        "ERR": np.full(SHAPE, 2.0, np.float32),
        "VAR_POISSON": np.ones(SHAPE, np.float32),
    }
    return Cube(**(planes | options))


def test_flags_count_in_every_aperture_that_has_the_pixel():
    member = cube()
    flags = member._planes["DQ"]
    flags[1, 3, 7] = OUTLIER | DO_NOT_USE
    flags[2, 7, 9] = OUTLIER | DO_NOT_USE
    targets = [
        Target(region(name, *rows), np.ones(SHAPE[1:]))
        for name, rows in (("1", (2, 8)), ("2", (6, 12)))
    ]
    arrays = measure_integrations(member, targets, 0)
    np.testing.assert_array_equal(arrays["1/outliers"][:, 0], [0, 1, 1, 0, 0])
    np.testing.assert_array_equal(arrays["2/outliers"][:, 0], [0, 0, 1, 0, 0])
    # Row 3 is in the wings of the second, which reach 3 pixels beyond it.
    np.testing.assert_array_equal(arrays["2/outliers"][:, 1], [0, 1, 0, 0, 0])
    assert arrays["outlier_map"].sum() == 2
    assert arrays["1/class_sizes"].tolist() == [6 * 40, 5 * 40, 9 * 40]
    missing = np.zeros((5, 40))
    missing[1, 7] = missing[2, 9] = 1 / 6
    np.testing.assert_allclose(arrays["1/missing"], missing, rtol=1e-6)


def test_what_the_extraction_fills_is_not_missing():
    arrays = measure_integrations(
        cube(), [Target(region("1", 2, 8, filled=True), np.ones(SHAPE[1:]))], 0
    )
    assert "1/missing" not in arrays


def test_part_of_the_photons_in_the_variance():
    member = cube()
    assert photon_part(member, region("1", 2, 8), 0).tolist() == [0.25] * 40
    # A filled sample, whose error is inflated, does not count.
    member._planes["ERR"][:, 4] = 100.0
    member._planes["VAR_POISSON"][:, 4] = np.nan
    np.testing.assert_allclose(photon_part(member, region("1", 2, 8), 0), 0.25)


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


def trace_statistics(rows, centre):
    """Statistics of a segment of two integrations with a trace along x."""
    y = np.arange(float(rows))[:, None]
    lines = 1.0 + 0.2 * np.sin(np.arange(SHAPE[2]) / 4.0)
    median = np.exp(-0.5 * ((y - centre) / 2.0) ** 2) * lines
    aperture = (np.abs(y - 10.0) < 7.0) * np.ones(SHAPE[2])
    return {
        "median": median,
        "aperture": aperture,
        "background": np.zeros_like(median),
        "across": np.array(0),
        "trace_moments": np.array([centre, 2.0]),
        "shapes": np.array([[0.0, 0.0, 0.0, 0.0], [0.0, 0.01, 0.02, 0.41]]),
        "outliers": np.zeros((2, 3)),
        "outlier_map": np.ones((rows, SHAPE[2]), int),
        "class_sizes": np.array([4, 0, 0]),
    }


def test_places_of_later_segments_are_in_the_frame_of_the_first():
    columns = segment_shifts([trace_statistics(20, 10.0), trace_statistics(20, 10.1)])
    np.testing.assert_allclose(columns["y"], [10.0, 10.02, 10.1, 10.12], atol=2e-3)
    np.testing.assert_allclose(columns["x"], [0.0, 0.01, 0.0, 0.01], atol=1e-6)
    np.testing.assert_allclose(columns["width"], [2.0, 2.1, 2.0, 2.1], atol=1e-2)


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


def test_single_region_is_that_of_every_order(tmp_path):
    write_arrays(tmp_path / "a", {"all/outliers": np.ones(1)})
    assert read_statistics(tmp_path / "a", -1)["outliers"].tolist() == [1.0]


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
