import numpy as np
import pytest

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


@pytest.mark.parametrize("hit", [-10.0, 10.0])
def test_a_hit_in_one_of_the_few_integrations_with_a_shift_is_left_out(hit):
    # Only two of 60 integrations know the slope: a hit in one of them takes half of its residual away.
    shift = np.zeros(60)
    shift[[40, 41]] = 0.03
    regressors = np.column_stack([np.ones(60), shift])
    rng = np.random.default_rng(3)
    values = 100.0 + 300.0 * shift[:, None] + rng.normal(size=(60, 500))
    values[40] += hit
    # The slope is expected to 30 %, which decides less than the two integrations do.
    expected = np.array([[0.0], [300.0]]) * np.ones(500)
    tightness = np.array([[0.0], [1.0 / 90.0**2]]) * np.ones(500)
    prior = expected, tightness
    slope = regress_pixels(values.astype(np.float32), regressors, prior=prior)[1]
    assert np.median(slope) == pytest.approx(300.0, abs=10.0)
    assert np.mean(np.abs(slope - 300.0) > 90.0) < 0.05
