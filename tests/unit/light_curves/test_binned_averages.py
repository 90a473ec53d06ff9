import numpy as np

from scripts.lib.light_curves import binned_averages as module
from scripts.lib.light_curves.binned_averages import read_averages
from scripts.lib.light_curves.binned_light_curves import write_light_curves
from tests.support.light_curves import series_of, spectral_model

OPTIONS = {"resolving_power": 100, "pixels": 2, "edges": None}


def averages_of(folder, flux, step):
    """Averages of bins of two elements."""
    series = series_of(folder, [spectral_model(flux)])
    write_light_curves(folder / "speclc.fits", [series], OPTIONS, {})
    key = (series.archive.detector or "unknown", series.archive.order)
    return read_averages(folder / "speclc.fits", {key: step}), key


def test_neighbours_are_averaged_and_flagged_integrations_left_out(tmp_path):
    flux = np.tile([1.0, 3.0, 4.0, 4.0], (5, 1))
    flux[0, :2] = [2.0, 6.0]
    flux[2] = [np.nan, np.nan, 4.0, 4.0]
    averages, key = averages_of(tmp_path, flux, 2)
    found = averages[key]
    # Equal errors: the mean of 8 and 4, then 4 alone, and the last integration by itself.
    np.testing.assert_allclose(found.flux, [[6.0, 8.0], [4.0, 8.0], [4.0, 8.0]])
    np.testing.assert_allclose(
        found.weight / found.weight[2, 1], np.sqrt([[2.0, 2.0], [1.0, 2.0], [1.0, 1.0]]), rtol=0.4
    )
    assert found.integrations.tolist() == [4, 5]


def test_averages_do_not_depend_on_the_size_of_blocks(tmp_path, monkeypatch):
    flux = np.random.default_rng(1).uniform(1.0, 2.0, (7, 4))
    whole, key = averages_of(tmp_path, flux, 3)
    monkeypatch.setattr(module, "_BLOCK_BYTES", 1)
    parts, _ = averages_of(tmp_path, flux, 3)
    np.testing.assert_allclose(parts[key].flux, whole[key].flux)
    np.testing.assert_allclose(parts[key].weight, whole[key].weight)


def test_other_light_curves_are_not_read(tmp_path):
    series = series_of(tmp_path, [spectral_model(np.ones((3, 4)))])
    write_light_curves(tmp_path / "speclc.fits", [series], OPTIONS, {})
    assert read_averages(tmp_path / "speclc.fits", {("NRCB5", 1): 1}) == {}
