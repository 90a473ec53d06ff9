import numpy as np

from scripts.lib.moving_profile.pixel_regression import regress_pixels

NAN = np.nan


def test_regression_ignores_gaps_and_hits():
    time = np.linspace(-1, 1, 40)
    regressors = np.column_stack([np.ones(40), time])
    rng = np.random.default_rng(1)
    values = (3.0 + 2.0 * time)[:, None] + rng.normal(size=(40, 3)) * 0.01
    values[5, 0], values[10:20, 1], values[:35, 2] = 1e4, NAN, NAN
    found = regress_pixels(values.astype(np.float32), regressors)
    np.testing.assert_allclose(found[:, :2], [[3.0, 3.0], [2.0, 2.0]], atol=0.02)
    assert np.isnan(found[:, 2]).all()


def test_a_regressor_that_does_not_vary_counts_nothing():
    regressors = np.column_stack([np.ones(30), np.zeros(30)])
    found = regress_pixels(np.full((30, 1), 2.0, np.float32), regressors)
    np.testing.assert_allclose(found[:, 0], [2.0, 0.0])
