from types import SimpleNamespace

import numpy as np
import pytest

from scripts.lib.light_curves import model_series as module
from scripts.lib.light_curves.model_series import model_series
from scripts.lib.light_curves.spectral_series import open_series
from tests.support.light_curves import series_of, spectral_model, write_archive, write_spectra_model

LEVELS = np.array([1.0, 2.0, 3.0, 4.0])


def two_segments(**changed):
    """Models of three and two integrations, the first 1 to 3 and 4 to 5 times the levels."""
    return [
        spectral_model(times[:, None] * LEVELS, **changed)
        for times in (np.arange(1.0, 4.0), np.arange(4.0, 6.0))
    ]


def test_blocks_are_those_of_all_segments_in_the_unit_of_the_archive(tmp_path):
    factors = np.array([1.0, 10.0, 100.0, 1000.0])
    series = series_of(tmp_path, two_segments(), columns=np.array([3, 1]), factors=factors)
    np.testing.assert_array_equal(series.factors, [1000.0, 10.0])
    (first, one), (second, other) = series.blocks()
    assert (first, second) == (slice(0, 3), slice(3, 5))
    flux = np.concatenate([one["flux"], other["flux"]])
    np.testing.assert_allclose(flux, np.arange(1.0, 6.0)[:, None] * [4000.0, 20.0])
    np.testing.assert_allclose(one["filled"], one["flux"])
    np.testing.assert_allclose(one["error"], [[3000.0, 30.0]] * 3)
    np.testing.assert_allclose(one["photon_error"], [[2000.0, 20.0]] * 3)
    np.testing.assert_allclose(one["valid"], 1.0)


@pytest.mark.parametrize("size", [1, 400, 1 << 24])
def test_blocks_of_any_size_have_the_same_values(tmp_path, monkeypatch, size):
    series = series_of(tmp_path, two_segments())
    monkeypatch.setattr(module, "_BLOCK_BYTES", size)
    rows, flux = zip(*((rows, values["flux"]) for rows, values in series.blocks()), strict=True)
    assert [row.start for row in rows[1:]] == [row.stop for row in rows[:-1]]
    np.testing.assert_array_equal(np.concatenate(flux), np.arange(1.0, 6.0)[:, None] * LEVELS)


def test_chosen_rows_may_reach_over_two_segments(tmp_path):
    series = series_of(tmp_path, two_segments())
    found = [(rows, values["flux"][:, 0].tolist()) for rows, values in series.blocks([slice(2, 4)])]
    assert found == [(slice(2, 3), [3.0]), (slice(3, 4), [4.0])]


def test_integrations_of_all_segments_follow_each_other(tmp_path):
    models = [
        spectral_model(np.ones((n, 4)), x=np.full(n, n), n_outliers=np.arange(n)) for n in (3, 2)
    ]
    # Errors of level, x, y and width are 0.0016 of the roots of 1, 4, 9 and 16.
    basis = SimpleNamespace(sigma=0.0016, normal=np.diag([1.0, 1 / 4, 1 / 9, 1 / 16]))
    series = series_of(tmp_path, models, SimpleNamespace(basis=basis))
    np.testing.assert_allclose(series.position_errors, [0.0032, 0.0048, 0.0064])
    found = series.integrations()
    # Shifts along the dispersion that are worse than 0.003 pixels are not given.
    assert np.isnan(found["x"]).all()
    basis.sigma = 0.0014
    found = series_of(tmp_path, models, SimpleNamespace(basis=basis)).integrations()
    assert found["x"].tolist() == [3.0, 3.0, 3.0, 2.0, 2.0]
    assert found["n_outliers"].tolist() == [0.0, 1.0, 2.0, 0.0, 1.0]


def test_the_template_is_the_median_of_what_is_mostly_there(tmp_path):
    models = two_segments()
    # Of five integrations: missing in two, in three, and never positive.
    models[0].flux[0:2, 0] = np.nan
    models[0].flux[:, 1] = np.nan
    for model in models:
        model.flux[:, 2] = -1.0
    np.testing.assert_array_equal(
        series_of(tmp_path, models).template, [4.0, np.nan, np.nan, 4.0 * 3]
    )


def test_the_template_of_a_long_visit_is_that_of_a_sample(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_SAMPLE", 2)
    # Only the first and the last count: the mean of one and five.
    np.testing.assert_allclose(series_of(tmp_path, two_segments()).template, 3.0 * LEVELS)


def test_references_and_segments_are_found_by_order_and_file(tmp_path):
    paths = [
        write_archive(tmp_path / f"spectra{k}.fits", np.ones((2, 4)), order=2) for k in range(2)
    ]
    segments = [
        {"number": 1, "detector": "NIS", "first": 1},
        {"number": 2, "detector": "NIS", "first": 3},
    ]
    models = {
        path: write_spectra_model(tmp_path / f"model{k}.fits", spectral_model(np.ones((2, 4))))
        for k, path in enumerate(paths)
    }
    (archive,) = open_series(paths, segments)
    for references, expected in (({"1": "a", "2": "b"}, "b"), ({"all": "c"}, "c"), ({}, None)):
        series = model_series(archive, models, references, np.arange(4), True)
        assert series.reference == expected
    assert series.paths == list(models.values())
    assert series.rows == [slice(0, 2), slice(2, 4)]
    assert series.turned


def test_elements_of_unknown_columns_are_those_of_the_same_number(tmp_path):
    series = series_of(tmp_path, two_segments())
    found = model_series(
        series.archive,
        dict(zip([str(part.path) for part in series.archive.parts], series.paths, strict=True)),
        {},
        (),
        False,
    )
    assert found.columns.tolist() == [0, 1, 2, 3]
