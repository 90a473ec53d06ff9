import numpy as np
import pytest

from scripts.lib.diagnostics.depths import DESCRIPTIONS, depth_rows, white_lights
from scripts.lib.diagnostics.dip_model import Geometry, dip_light
from scripts.lib.light_curves.binned_averages import BinnedAverages

COUNT = 240
TIMES = 59000.0 + np.linspace(0.0, 0.2, COUNT)
GEOMETRY = Geometry(59000.1, 0.08, 0.3, 0.1)


def rows_of(flux, error=1e-4, **changed):
    """Rows of a light-curve table."""
    ones = np.ones(COUNT, dtype=int)
    rows = {"flux_norm": flux, "flux_norm_error": np.full(COUNT, error), "bjd_tdb": TIMES}
    rows |= {"mjd_utc": TIMES, "segment": ones, "integration": np.arange(1, COUNT + 1)}
    return rows | {"quality": 0 * ones} | changed


def dip(depth, seed, noise=1e-4):
    """A transit with noise."""
    light = dip_light(GEOMETRY.separation(TIMES), depth, 0.2, 0.2)
    return light + np.random.default_rng(seed).normal(0.0, noise, COUNT)


def bins_of(*fluxes):
    """Bins of wavelength without averages."""
    flux = np.stack(fluxes, axis=1)
    wavelength = np.arange(1.0, 1.0 + len(fluxes))
    counts = np.full(len(fluxes), COUNT)
    weight = np.where(np.isfinite(flux), 1e4, 0.0)
    return BinnedAverages(wavelength, wavelength - 0.5, wavelength + 0.5, flux, weight, counts)


def test_white_light_and_bins_have_depths_with_the_geometry_of_white_light():
    lights = white_lights({("NRS1", 1): rows_of(dip(0.01, 1))})
    rows = depth_rows(lights, {("NRS1", 1): bins_of(5.0 * dip(0.009, 2), dip(0.011, 3))})
    assert [row["kind"] for row in rows] == ["white", "bin", "bin"]
    assert [row["reason"] for row in rows] == ["", "", ""]
    assert all(set(row) == set(DESCRIPTIONS) for row in rows)
    for row, depth in zip(rows, (0.01, 0.009, 0.011), strict=True):
        assert row["depth"] == pytest.approx(depth, abs=4.0 * row["depth_error"])
        assert row["mid"] == rows[0]["mid"] == pytest.approx(59000.1, abs=1e-4)
    assert rows[1]["wavelength"] == 1.0
    assert rows[0]["duration"] == pytest.approx(0.08 * 24.0, rel=0.01)
    assert rows[1]["scatter"] == pytest.approx(1e-4, rel=0.2)


def test_a_visit_without_a_dip_has_no_depths_and_says_so():
    flat = np.random.default_rng(1).normal(1.0, 1e-4, COUNT)
    lights = white_lights({("NRS1", 1): rows_of(flat)})
    rows = depth_rows(lights, {("NRS1", 1): bins_of(flat)})
    assert [row["reason"] for row in rows] == ["no_dip", "no_dip"]
    assert np.isnan([row["depth"] for row in rows]).all()


def test_a_bin_without_light_has_no_depth_and_the_others_have():
    lights = white_lights({("NRS1", 1): rows_of(dip(0.01, 1))})
    bins = bins_of(np.full(COUNT, np.nan), dip(0.01, 2))
    rows = depth_rows(lights, {("NRS1", 1): bins})
    assert [row["reason"] for row in rows] == ["", "too_few", ""]
    assert np.isnan(rows[1]["depth"])


def test_the_most_certain_dip_gives_the_geometry_of_all_detectors():
    noisy = rows_of(dip(0.01, 2, noise=4e-3), error=4e-3)
    lights = white_lights({("NRS2", 1): noisy, ("NRS1", 1): rows_of(dip(0.01, 1))})
    rows = depth_rows(lights, {})
    assert [row["detector"] for row in rows] == ["NRS2", "NRS1"]
    assert rows[0]["mid"] == rows[1]["mid"]
    assert rows[0]["depth"] == pytest.approx(0.01, abs=4.0 * rows[0]["depth_error"])
    assert rows[0]["depth_error"] > 2.0 * rows[1]["depth_error"]


def test_flagged_integrations_do_not_count():
    flux = dip(0.01, 1)
    flux[110:120] = 0.5
    quality = np.zeros(COUNT, dtype=int)
    quality[110:120] = 2
    (row,) = depth_rows(white_lights({("NRS1", 1): rows_of(flux, quality=quality)}), {})
    assert row["depth"] == pytest.approx(0.01, abs=4.0 * row["depth_error"])
    assert row["integrations"] <= COUNT - 10


def test_times_that_are_not_known_leave_no_depth():
    unknown = np.full(COUNT, np.nan)
    rows = rows_of(dip(0.01, 1), bjd_tdb=unknown, mjd_utc=unknown)
    (row,) = depth_rows(white_lights({("NRS1", 1): rows}), {})
    assert row["reason"] == "no_times"


def test_a_short_curve_has_no_depth():
    rows = {name: values[:10] for name, values in rows_of(dip(0.01, 1)).items()}
    (row,) = depth_rows(white_lights({("NRS1", 1): rows}), {})
    assert row["reason"] == "no_dip"


def test_long_visits_are_averaged():
    times = np.linspace(0.0, 0.2, 2500)
    rows = {"flux_norm": np.ones(2500), "flux_norm_error": np.ones(2500), "bjd_tdb": times}
    rows |= {"mjd_utc": times, "segment": np.ones(2500), "integration": np.arange(2500)}
    (light,) = white_lights({("NRS1", 1): rows | {"quality": np.zeros(2500, dtype=int)}})
    assert light.step == 3
    np.testing.assert_allclose(light.average(np.arange(4.0))[:2], [1.0, 3.0])
