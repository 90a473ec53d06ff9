from types import SimpleNamespace

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import QTable

from scripts.lib.diagnostics.visit import dropped_integrations, json_value, split_curves
from scripts.lib.errors import InputError
from scripts.lib.files.atomic import write_arrays
from scripts.lib.files.ecsv import read_ecsv, write_ecsv
from scripts.lib.light_curves.binned_light_curves import (
    bin_edges,
    membership,
    sum_bins,
    write_light_curves,
)
from scripts.lib.light_curves.spectral_series import sum_completed
from scripts.lib.light_curves.table import imaging_rows, normalised
from scripts.lib.photometry.table import PhotometryTable, make_table, write_segment
from scripts.light_curve import process
from tests.support import builders
from tests.support.steps import run_step

TEMPLATE = np.array([1.0, 2.0, 3.0, 4.0])


def values_of(flux):
    flux = np.array(flux, dtype=float)
    return {
        "FLUX": flux,
        "raw": flux,
        "missing": np.zeros(flux.shape),
        "FLUX_ERROR": np.full(flux.shape, 0.3),
        "FLUX_VAR_POISSON": np.full(flux.shape, 0.04),
    }


def test_table_reads_back_here_and_in_astropy(tmp_path):
    columns = {
        "detector": np.array(["nrs1", "", "x"]),
        "order": np.array([1, -1, 2]),
        "flux": np.array([1.5, np.nan, 1 / 3]),
        "good": np.array([True, False, True]),
    }
    path = tmp_path / "table.ecsv"
    write_ecsv(path, columns, {"flux": "Jy"}, {"flux": "sum: of all"}, {"name": "WASP-39 b: é"})
    found, units, meta = read_ecsv(path)
    assert units == {"flux": "Jy"}
    assert meta == {"name": "WASP-39 b: é"}
    table = QTable.read(path)
    assert table.meta["name"] == "WASP-39 b: é"
    assert table["flux"].unit == "Jy"
    assert table["flux"].info.description == "sum: of all"
    for name, values in columns.items():
        np.testing.assert_array_equal(found[name], values)
        read = table[name].filled("") if name == "detector" else table[name]
        np.testing.assert_array_equal(getattr(read, "value", read), values)


def test_empty_table(tmp_path):
    write_ecsv(tmp_path / "t.ecsv", {"a": np.array([], float)}, {}, {}, {})
    assert len(read_ecsv(tmp_path / "t.ecsv")[0]["a"]) == 0


def test_lacking_samples_are_no_dips():
    flux = np.array([TEMPLATE, 1.1 * TEMPLATE, 0.9 * TEMPLATE])
    flux[1, 3] = np.nan
    sums = sum_completed(values_of(flux), TEMPLATE, np.ones(4, dtype=bool))
    np.testing.assert_allclose(sums["flux"], [10.0, 11.0, 9.0])
    np.testing.assert_allclose(sums["flux_raw"], [10.0, 6.6, 9.0])
    np.testing.assert_allclose(sums["flux_error"], [0.6, 0.3 * np.sqrt(3) / 0.6, 0.6])
    np.testing.assert_allclose(sums["photon_error"][0], 0.4)
    np.testing.assert_allclose(sums["missing"], [0.0, 0.4, 0.0], atol=1e-12)


def test_most_of_the_light_must_be_there():
    sums = sum_completed(values_of([[1.0, 2.0, np.nan, np.nan]]), TEMPLATE, np.ones(4, dtype=bool))
    assert np.isnan(sums["flux"]).all()


def test_elements_that_are_never_there_do_not_count():
    template = np.array([1.0, np.nan, 3.0, 4.0])
    sums = sum_completed(values_of([[1.0, 7.0, 3.0, 4.0]]), template, np.ones(4, dtype=bool))
    assert sums["flux"].tolist() == [8.0]
    assert sums["flux_raw"].tolist() == [15.0]


def test_normalised_by_the_median():
    columns = {"flux": np.array([2.0, 4.0, np.nan, 6.0]), "flux_error": np.full(4, 0.4)}
    found = normalised(columns)
    np.testing.assert_allclose(found["flux_norm"], [0.5, 1.0, np.nan, 1.5])
    np.testing.assert_allclose(found["flux_norm_error"], 0.1)


def test_bins_by_pixels_edges_and_resolving_power():
    wavelength = np.array([1.0, 1.1, 1.2, 1.3, 1.4])
    pixels = membership(wavelength, bin_edges(wavelength, pixels=2, resolving_power=100))
    assert pixels.sum(axis=0).tolist() == [2, 2, 1]
    single = membership(wavelength, bin_edges(wavelength, pixels=1))
    np.testing.assert_array_equal(single, np.eye(5))
    edges = membership(wavelength, bin_edges(wavelength, edges=[1.05, 1.25], pixels=1))
    assert edges[:, 0].tolist() == [0, 1, 1, 0, 0]
    power = bin_edges(np.linspace(1, 2, 1000), resolving_power=50)
    np.testing.assert_allclose(power[1:] / power[:-1], 1.02, rtol=2e-3)
    assert membership(np.linspace(1, 2, 1000), power).sum() == 1000


def test_edges_must_ascend():
    with pytest.raises(InputError, match="expected two or more ascending"):
        bin_edges(np.arange(3.0), edges=[2.0, 1.0])


def test_bins_make_up_for_lacking_samples():
    flux = np.array([TEMPLATE, TEMPLATE])
    flux[1, 3] = np.nan
    member = membership(np.arange(4.0), np.array([0.0, 1.5, 4.0]))
    total, error, photon = sum_bins(values_of(flux), TEMPLATE, member)
    np.testing.assert_allclose(total, [[3.0, 7.0], [3.0, np.nan]])
    np.testing.assert_allclose(error[0], 0.3 * np.sqrt(2))
    np.testing.assert_allclose(photon[0], 0.2 * np.sqrt(2))
    flux[1] = [1.0, np.nan, 3.0, 4.0]
    total, _, _ = sum_bins(values_of(flux), TEMPLATE, np.ones((4, 1)))
    np.testing.assert_allclose(total, [[10.0], [10.0]])


def test_bins_count_the_elements_that_they_sum(tmp_path):
    template = np.array([1.0, np.nan, 3.0, 4.0, np.nan, np.nan])
    flux = np.tile([1.0, 9.0, 3.0, 4.0, 9.0, 9.0], (2, 1))
    series = SimpleNamespace(
        detector="NIS",
        order=1,
        unit="MJy",
        wavelength=np.arange(1.0, 7.0),
        template=template,
        n_integrations=2,
        parts=[],
        blocks=lambda: iter([(slice(0, 2), values_of(flux))]),
    )
    options = {"resolving_power": 100, "pixels": 2, "edges": None}
    write_light_curves(tmp_path / "speclc.fits", [series], options)
    with fits.open(tmp_path / "speclc.fits") as hdus:
        bins = hdus["BINS"].data
        # The last two elements are never there, and so neither is their bin.
        assert bins["ELEMENTS"].tolist() == [1, 2]
        assert bins["WAVELENGTH"].tolist() == [1.0, 3.5]
        assert hdus["FLUX"].data.tolist() == [[1.0, 7.0]] * 2


def photometry(net, background, **columns):
    """Photometry and statistics of a segment of two integrations; the first lacks no light."""
    columns |= {"MJD": np.array([1.0, 2.0]), "BJD_TDB": np.array([1.1, 2.1])}
    columns |= {"net_aperture_sum": np.array(net), "net_aperture_sum_err": np.array([2.0, 2.0])}
    columns |= {"aperture_bkg": np.array(background)}
    statistics = {
        "missing": np.array([[0.0], [0.2]]),
        "photon_share": np.array([0.01, 0.02]),
        "class_sizes": np.array([4, 0, 0]),
        "outliers": np.array([[0.0], [1.0]]),
        "invalid": np.array([[0.0], [2.0]]),
    }
    return PhotometryTable(columns, {}, {}), statistics


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
    # The second lacks a fifth of its light, the last a half, which is too much.
    np.testing.assert_allclose(rows["flux"], [90.0, 100.0, 90.0, np.nan])
    np.testing.assert_allclose(rows["flux_error"], [2.0, 2.5, 2.0, np.nan])
    np.testing.assert_allclose(rows["flux_raw"], [90.0, 80.0, 90.0, 8.0])
    # Of the median sum with background, 95: 100, 90, 100 and 8.
    np.testing.assert_allclose(rows["photon_error"], [0.95, 1.9, 0.95, 1.9])
    np.testing.assert_allclose(rows["width"], [4.0, 4.0, np.nan, np.nan])
    np.testing.assert_allclose(rows["outlier_fraction"], [0.0, 0.25, 0.0, 0.25])
    np.testing.assert_allclose(rows["invalid_fraction"], [0.0, 0.5, 0.0, 0.5])


def test_table_of_images_of_two_detectors(tmp_path):
    files = {"photometry": [], "statistics": [], "segments": []}
    segments = []
    for number, level in (("1", 90.0), ("2", 45.0)):
        table, statistics = photometry([level, level], [10.0, 10.0])
        statistics["missing"][:] = 0.0
        for name, paths in files.items():
            paths.append(tmp_path / f"{name}{number}")
        write_segment(files["photometry"][-1], make_table(table.columns, "Jy", {}))
        write_arrays(
            files["statistics"][-1], {f"all/{name}": values for name, values in statistics.items()}
        )
        builders.write_segment(files["segments"][-1], EXP_TYPE="NRC_TSIMAGE")
        segments.append({"number": 1, "detector": f"NRCB{number}", "first": 1})
    run_step(process, {"segments": segments}, **files, out_light_curve=tmp_path / "lc.ecsv")
    columns, units, meta = read_ecsv(tmp_path / "lc.ecsv")
    assert columns["detector"].tolist() == ["NRCB1", "NRCB1", "NRCB2", "NRCB2"]
    assert columns["flux"].tolist() == [90.0, 90.0, 45.0, 45.0]
    assert columns["flux_norm"].tolist() == [1.0] * 4
    np.testing.assert_allclose(columns["photon_error"], [1.0, 2.0, 0.55, 1.1])
    assert units["flux"] == "Jy"
    assert meta["EXP_TYPE"] == "NRC_TSIMAGE"


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
