from types import SimpleNamespace

import numpy as np

from scripts.lib.light_curves.table import (
    DESCRIPTIONS,
    FLUXES,
    flag_fractions,
    imaging_rows,
    normalise_flux,
    spectral_rows,
    split_curves,
)
from tests.support.light_curves import (
    image_model,
    photometry,
    series_of,
    spectral_model,
    write_images_model,
)

NAN = np.nan
STATISTICS = {
    "class_sizes": np.array([4, 9, 9]),
    "outliers": np.array([[1.0, 9.0, 9.0], [0.0, 0.0, 0.0]]),
    "invalid": np.array([[2.0, 0.0, 0.0], [4.0, 0.0, 0.0]]),
}


def test_flux_is_normalised_by_its_median():
    flux = np.array([2.0, 4.0, NAN, 6.0])
    found = normalise_flux({"flux_corrected": flux, "flux_corrected_error": np.full(4, 0.4)})
    np.testing.assert_allclose(found["flux_norm"], [0.5, 1.0, NAN, 1.5])
    np.testing.assert_allclose(found["flux_norm_error"], 0.1)


def test_a_light_curve_of_negative_flux_or_of_none_is_not_normalised():
    for flux in (np.full(3, -1.0), np.full(3, NAN)):
        found = normalise_flux({"flux_corrected": flux, "flux_corrected_error": np.ones(3)})
        assert np.isnan(found["flux_norm"]).all()
        assert np.isnan(found["flux_norm_error"]).all()


def test_fractions_of_flags_are_those_of_the_aperture():
    nothing = {
        "class_sizes": np.zeros(3, int),
        "outliers": np.zeros((1, 3)),
        "invalid": np.zeros((1, 3)),
    }
    found = flag_fractions([STATISTICS, nothing])
    assert found["outlier_fraction"].tolist() == [0.25, 0.0, 0.0]
    assert found["invalid_fraction"].tolist() == [0.5, 1.0, 0.0]


def test_rows_of_spectra(tmp_path):
    # Elements of 1 and 3; of the second integration the first is missing, and half of the second.
    model = spectral_model(
        [[1.0, 3.0], [NAN, 3.0]],
        valid=np.array([[1.0, 1.0], [0.0, 0.5]]),
        n_outliers=np.array([0, 3]),
        x=np.array([0.25, 0.5]),
        chi2=np.array([1.0, 1.5]),
    )
    rows, record = spectral_rows(series_of(tmp_path, [model]), (0.0, 9.0), [STATISTICS])
    assert list(rows) == list(DESCRIPTIONS)
    assert set(FLUXES) < set(rows)
    assert rows["detector"].tolist() == ["NRS1"] * 2
    assert rows["order"].tolist() == [1, 1]
    assert rows["mjd_utc"].tolist() == [100.0, 101.0]
    # The median of the first is 1: it is in half of the integrations only, and so in none of the sums.
    np.testing.assert_array_equal(rows["flux"], [3.0, 3.0])
    np.testing.assert_array_equal(rows["flux_raw"], [4.0, 3.0])
    np.testing.assert_array_equal(rows["missing"], [0.0, 0.5])
    np.testing.assert_array_equal(rows["flux_norm_error"], [1.0, 1.0])
    np.testing.assert_array_equal(rows["quality"], [0, 4])
    np.testing.assert_array_equal(rows["n_outliers"], [0, 3])
    assert rows["n_outliers"].dtype == np.int64
    # Without a reference nothing is known of the errors of positions.
    assert np.isnan(rows["x"]).all()
    np.testing.assert_array_equal(rows["outlier_fraction"], [0.25, 0.0])
    assert record["method"] == "profile"


def test_rows_of_images(tmp_path):
    parts = [photometry([90.0, 80.0]), photometry([70.0, 60.0])]
    models = [
        image_model([900.0, 910.0], valid=np.array([1.0, 0.8])),
        image_model(
            [890.0, NAN],
            x=np.array([0.5, NAN]),
            n_outliers=np.array([1, 0]),
            chi2=np.array([1.0, NAN]),
        ),
    ]
    paths = [
        write_images_model(tmp_path / f"{k}.fits", model, factor=0.1, origin=(10, 20))
        for k, model in enumerate(models)
    ]
    segments = [{"number": k, "detector": "NRCB1", "first": 2 * k - 1} for k in (1, 2)]
    ring = SimpleNamespace(used=np.ones((8, 9), bool))
    basis = {"basis": np.eye(4), "basis_weight": np.ones(4)}
    reference = SimpleNamespace(noise_factor=1.25, x=4.5, y=3.5, width=2.0, ring=ring, **basis)
    tables, statistics = zip(*parts, strict=True)
    rows, record = imaging_rows(tables, statistics, segments, paths, reference)
    assert list(rows) == list(DESCRIPTIONS)
    assert rows["detector"].tolist() == ["NRCB1"] * 4
    assert rows["order"].tolist() == [0] * 4
    assert rows["integration"].tolist() == [1, 2, 3, 4]
    assert rows["segment"].tolist() == [1, 1, 2, 2]
    assert rows["bjd_tdb"].tolist() == [1.1, 2.1, 1.1, 2.1]
    np.testing.assert_allclose(rows["flux"], [90.0, 91.0, 89.0, NAN])
    np.testing.assert_allclose(rows["flux_norm"], np.array([90.0, 91.0, 89.0, NAN]) / 90.0)
    np.testing.assert_allclose(rows["flux_error"], 0.4)
    np.testing.assert_allclose(rows["flux_raw"], [90.0, 80.0, 70.0, 60.0])
    np.testing.assert_allclose(rows["flux_raw_error"], 2.0)
    np.testing.assert_allclose(rows["x"], [14.5, 14.5, 15.0, NAN])
    np.testing.assert_allclose(rows["missing"], [0.0, 0.2, 0.0, 0.0])
    np.testing.assert_allclose(rows["outlier_fraction"], [0.0, 0.25, 0.0, 0.25])
    np.testing.assert_array_equal(rows["quality"], [0, 4, 0, 1 + 2])
    assert record["method"] == "large"


def test_a_detector_without_a_name_is_unknown(tmp_path):
    table, statistics = photometry([90.0, 80.0])
    path = write_images_model(tmp_path / "a.fits", 2, circles=())
    segments = [{"number": 1, "detector": "", "first": 1}]
    rows, _ = imaging_rows([table], [statistics], segments, [path], None)
    assert rows["detector"].tolist() == ["unknown"] * 2
    assert rows["quality"].tolist() == [1 + 2 + 4] * 2
    assert rows["n_outliers"].tolist() == [0, 0]


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
    as_they_are = split_curves(columns, by_time=False)
    assert as_they_are["a", 1]["flux"].tolist() == [20.0, 10.0]
