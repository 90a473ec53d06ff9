import numpy as np

from scripts.lib.light_curves.spectral_series import sum_completed
from tests.support.light_curves import TEMPLATE, values_of


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
